"""The explorer component in a real browser, without Streamlit: numbers, commits, odd input."""

import base64
import dataclasses

import numpy as np
import pytest
from playwright.sync_api import Page

from app.components.explorer import ExplorerView, Lane
from app.components.explorer.bundle import javascript, stylesheet
from app.components.explorer.pack import pack
from tests.explorer_views import ARRAYS, H, K, N, T, make_view

pytestmark = pytest.mark.browser

SHOW = """async ([block, identity]) => {
  const bytes = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const setStateValue = (name, value) => (window.told ??= []).push([name, value]);
  window.leave = explorer({ data: bytes, parentElement: document.body, setStateValue });
  const root = document.querySelector('[data-testid="explorer"]');
  while (root.dataset.painted !== identity) await new Promise((go) => setTimeout(go, 5));
}"""


@pytest.fixture
def blank(browser):
    """An empty page with the component's code, and no Streamlit; it must see no error."""
    page = browser.new_page(viewport={"width": 960, "height": 720}, reduced_motion="reduce")
    seen: list[str] = []
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("console", lambda line: seen.append(line.text) if line.type != "log" else None)
    page.set_content(f"<style>{stylesheet()}</style>")
    code = javascript().replace(
        "export default function explorerComponent", "window.explorer = function"
    )
    page.add_script_tag(content=code, type="module")
    page.wait_for_function("() => 'explorer' in window")  # a module script runs when it likes
    yield page
    page.close()
    assert seen == []


def show(page: Page, view: ExplorerView) -> None:
    block = base64.b64encode(pack(view)).decode()
    page.evaluate(SHOW, [block, view.identity])


def test_the_numbers_on_screen_are_the_arrays_of_the_step(blank):
    view = make_view()
    show(blank, view)
    root = blank.get_by_test_id("explorer")
    assert root.get_attribute("data-steps") == str(T)
    root.focus()
    for t in range(T):
        blank.wait_for_function(
            "step => document.querySelector('.explorer').dataset.step === step", arg=str(t + 1)
        )
        rows = blank.locator('[data-testid="inspector-top"] [data-token]')
        said = [float(rows.nth(at).get_attribute("data-probability")) for at in range(K)]
        assert said == view.top_probability[t].astype(float).tolist()
        beyond = view.truth_rank[t] > K
        assert rows.count() == K + beyond
        true = blank.locator('[data-testid="inspector-top"] [data-true="true"]')
        assert true.count() == 1
        assert true.get_attribute("data-rank") == str(view.truth_rank[t])
        if beyond:
            assert true.get_attribute("data-token") == view.targets[t]
        norm = float(blank.get_by_test_id("gradient-value").inner_text())
        assert norm == pytest.approx(10 ** view.gradient[1, t], rel=5e-3)
        blank.keyboard.press("ArrowRight")


def test_python_hears_of_the_cursor_once_it_rests_and_not_again(blank):
    show(blank, make_view())
    blank.get_by_test_id("explorer").focus()
    for _ in range(4):
        blank.keyboard.press("ArrowRight")
    assert blank.evaluate("window.told") is None
    blank.wait_for_function("window.told?.length")
    blank.keyboard.press("ArrowRight")
    blank.keyboard.press("ArrowLeft")
    blank.wait_for_timeout(500)
    assert blank.evaluate("window.told") == [["cursor", 4]]
    show(blank, make_view(identity="two", cursor=0))
    assert blank.get_by_test_id("explorer").get_attribute("data-step") == "5"
    blank.get_by_label("What the heatmap shows").select_option("reset")
    assert blank.evaluate("window.told.at(-1)") == ["lane", "reset"]


def test_user_text_never_becomes_markup_and_the_component_leaves_nothing(blank):
    tokens = ("<b>", "x", "</b>", "<img src=x onerror=alert(1)>", "&amp;", '"', "'")
    show(blank, make_view(inputs=tokens, title="<b>bold</b>", vocabulary=(*tokens, "y", "z")))
    assert blank.locator(".explorer b, .explorer img").count() == 0
    assert blank.locator(".title").inner_text() == "<b>bold</b>"
    blank.evaluate("leave()")
    assert blank.locator(".explorer").count() == 0


@pytest.mark.parametrize("size", ["one step, one unit", "nothing but NaN", "no gradient"])
def test_odd_numbers_are_drawn_without_an_error(blank, size):
    view = make_view(identity=size)
    if size == "nothing but NaN":
        lost = np.full((T, H), np.nan, np.float32)
        lane = Lane("h", "h", lost, "signed_own")
        view = dataclasses.replace(view, hidden=np.stack([lost, lost]), lanes=(lane,))
    elif size == "no gradient":
        none = np.full((N, T), np.nan)
        flags = np.arange(N * T, dtype=np.uint8).reshape(N, T) % 3 + 1
        view = dataclasses.replace(view, gradient=none, gradient_flags=flags, fit=None)
    else:
        fields = {each.name: getattr(view, each.name) for each in dataclasses.fields(view)}
        cut = {name: fields[name][:1] for name in ("inputs", "targets", "share_own")}
        cut |= {name: fields[name][:1] for name in ARRAYS if fields[name].shape[0] == T}
        cut |= {name: fields[name][:, :1] for name in ARRAYS if fields[name].shape[0] == N}
        cut["hidden"] = fields["hidden"][:, :1, :1]
        lane = Lane("h", "h", cut["hidden"][1])
        cut |= {"lanes": (lane,), "hidden_size": 1, "similarity": None, "fit": None}
        view = ExplorerView(**(fields | cut))
    show(blank, view)
    blank.get_by_test_id("explorer").focus()
    for key in ("End", "ArrowDown", "Home", "Space", "ArrowUp", "Shift+ArrowRight"):
        blank.keyboard.press(key)
    blank.get_by_role("button", name="gradient back").click()
    blank.get_by_label("Colour of the text").select_option("gradient")
    blank.get_by_test_id("gradient").hover()
    blank.get_by_test_id("diagram").hover()
    blank.wait_for_timeout(100)
    if size == "no gradient":
        words = ["0 (exactly)", "underflow", "not finite"]
        assert any(word in blank.get_by_test_id("gradient-value").inner_text() for word in words)
        for word in ("exact zero", "underflow", "non-finite"):
            assert word in blank.locator(".flags").inner_text()
