"""What all tests share: one thread, reproducible examples in CI, and the running app."""

import os
import re
from urllib.parse import urlparse

import pytest
import torch
from hypothesis import settings

from tests.install_browser import installed
from tests.serving import running
from tests.waiting import PATIENCE

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")

# As the app does: small networks run fastest so, and results do not depend on the machine's cores.
torch.set_num_threads(1)

# The tests' own servers are on this machine, also where a proxy leads to all others.
for _name in ("no_proxy", "NO_PROXY"):
    os.environ[_name] = ",".join(filter(None, ["localhost,127.0.0.1", os.environ.get(_name)]))


@pytest.fixture(autouse=True)
def _seeded():
    """Stock modules draw their weights from the global state; every test starts from the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture(scope="session")
def app_address(tmp_path_factory):
    """The address of the running app, started as the README says."""
    with running("app/main.py", tmp_path_factory.mktemp("app") / "log") as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    """A real Chromium without a window."""
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - only where needed

    expect.set_options(timeout=1000 * PATIENCE)
    path = installed()
    assert path, "no browser: run `python -m tests.install_browser` first (see README.md)"
    flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-component-update"
    flags += " --disable-background-networking --disable-sync"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags.split())
        yield chromium
        chromium.close()


@pytest.fixture
def visit(app_address, browser):
    """Open the app with a query; afterwards nothing may have gone wrong in the browser."""
    contexts, wrong = [], []

    def open_page(query: str = "", ready: str = "explorer", script: str = "", **options):
        window = {"viewport": {"width": 1280, "height": 720}}
        context = browser.new_context(**(window | options))
        contexts.append(context)
        page = context.new_page()
        if script:
            page.add_init_script(script)
        page.set_default_timeout(1000 * PATIENCE)
        page.on("console", lambda m: wrong.append(m.text) if is_wrong(m) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        page.on("request", lambda r: wrong.append(r.url) if foreign(r.url) else None)
        page.goto(f"{app_address}/{query}")
        if ready:
            page.locator(f'[data-testid="{ready}"][data-painted]').wait_for()
            page.get_by_test_id("presenter").wait_for(state="attached")  # it hears the keys
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def is_wrong(message) -> bool:
    """Whether a line on the console is an error of ours.

    On a page other than the first, Streamlit looks for its server below the page's address before
    it looks at the root.
    """
    probing = re.search(
        r"/(text|train|generate|gradients)/_stcore/(health|host-config)$", message.location["url"]
    )
    return message.type == "error" and not probing


def foreign(url: str) -> bool:
    """Whether a request leaves this machine."""
    return urlparse(url).hostname not in {"localhost", "127.0.0.1", None}
