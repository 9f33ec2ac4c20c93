"""No test rests on how fast a machine is, and the waiting of the browser tests does wait."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import waiting
from tests.waiting import settled, until

TESTS = Path(__file__).parent
HARNESS = {"waiting.py", "serving.py"}
"""What waits for all others; it looks again after each short sleep."""

SLEEPS = {
    "test_app_jobs.py": "threads: what a job must not do in the meantime has no later sign",
    "test_app_train.py": "polls a thread until it has got there",
    "test_lanes.py": "polls threads; what a lane must not do in the meantime has no later sign",
    "test_learning_process.py": "polls other processes, and gives one something long to do",
    "test_learning_command.py": "polls the file of another process",
    "test_models_checkpoint.py": "polls the file of another process, and reads it at odd moments",
    "test_analysis_sweep.py": "polls the file of another process",
    "test_server_guard.py": "a peer that says nothing, or little, is what is tested",
    "test_server.py": "the moment of a signal, after which the server must end in any case",
    "test_text_download.py": "polls threads and the file of another process",
}
"""Files without a browser in them, or with a server alone, that may sleep: why."""


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file, by the name that is called."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            yield name or getattr(node.func, "id", ""), node


def drives_a_browser(path: Path) -> bool:
    return path.name.startswith("test_browser_") or path.name == "components.py"


FILES = [path for path in sorted(TESTS.glob("*.py")) if path.name not in HARNESS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_test_waits_for_a_number_of_milliseconds(path):
    found = [
        f"{name} in line {call.lineno}"
        for name, call in calls(path)
        if name in ("wait_for_timeout", "wait_for_load_state")
        or (name == "sleep" and path.name not in SLEEPS)
        # A limit of its own would be shorter than what a loaded machine is given.
        or (drives_a_browser(path) and any(word.arg == "timeout" for word in call.keywords))
    ]
    text = path.read_text(encoding="utf-8")
    in_the_page = re.findall(r"setTimeout\((?:go|resolve|done), *(\d+)\)", text)
    found += [f"setTimeout of {each} ms" for each in in_the_page if int(each) > 10]  # else it polls
    assert found == []


def test_only_what_sleeps_is_excused():
    for name in SLEEPS:
        assert "sleep" in {called for called, _ in calls(TESTS / name)}, name
        assert not drives_a_browser(TESTS / name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_servers_are_started_in_one_place(path):
    """Which chooses a port again where somebody else has taken it."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r'"-m", *"streamlit"', text) or path.name == Path(__file__).name


def test_waiting_for_what_never_comes_says_what_came(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(waiting, "PATIENCE", 0.05)
        with pytest.raises(AssertionError, match="3 is not what was waited for, 4"):
            until(lambda: 3, 4)
    numbers = iter(range(9))
    assert until(lambda: next(numbers), 4) == 4
    assert until(lambda: next(numbers), lambda number: number > 6) == 7


APP = '<div data-testid="stApp" data-test-connection-state="CONNECTED" {state}>{inside}</div>'
RESTS = 'data-test-script-state="notRunning"'
PICTURE = '<div data-testid="explorer" data-identity="b" data-painted="{}">picture</div>'
SLIDES = "<style>@keyframes go {{ to {{ margin-left: 99px }} }}</style>"
SLIDES += '<p style="animation: go 9s linear {}">slides</p>'
UNSETTLED = {
    "the script runs": APP.format(state='data-test-script-state="running"', inside=""),
    "a rerun is asked for": APP.format(state='data-test-script-state="rerunRequested"', inside=""),
    "nothing yet": "",
    "stale": APP.format(state=RESTS, inside='<p data-stale="true">old</p>'),
    "another picture is painted": APP.format(state=RESTS, inside=PICTURE.format("a")),
    "a chart is to come": APP.format(
        state=RESTS, inside='<div data-testid="stPlotlyChart">…</div>'
    ),
    "it slides": APP.format(state=RESTS, inside=SLIDES.format("")),
}
SETTLED = {
    "all is painted": APP.format(state=RESTS, inside=PICTURE.format("b")),
    "a picture out of sight": APP.format(
        state=RESTS, inside=f'<div style="display: none">{PICTURE.format("a")}</div>'
    ),
    "something turns for ever": APP.format(state=RESTS, inside=SLIDES.format("infinite")),
}


@pytest.mark.browser
@pytest.mark.parametrize("name", [*UNSETTLED, *SETTLED])
def test_a_page_is_settled_when_nothing_is_to_come(browser, name, monkeypatch):
    monkeypatch.setattr(waiting, "PATIENCE", 0.4 if name in UNSETTLED else waiting.PATIENCE)
    page = browser.new_page()
    page.set_content((UNSETTLED | SETTLED)[name])
    if name in SETTLED:
        settled(page)
    else:
        with pytest.raises(Exception, match="Timeout"):
            settled(page)
    page.close()


@pytest.mark.browser
def test_a_page_whose_parts_still_move_is_not_settled(browser, monkeypatch):
    page = browser.new_page()
    page.set_content(APP.format(state=RESTS, inside=PICTURE.format("b")))
    grow = """setInterval(() => { const { style } = document.querySelector('[data-identity]');
      style.height = `${Date.now() % 700}px`; }, 5)"""
    page.evaluate(f"window.growing = {grow}; null")
    with monkeypatch.context() as patch:
        patch.setattr(waiting, "PATIENCE", 0.4)
        with pytest.raises(Exception, match="Timeout"):
            settled(page)
    page.evaluate("clearInterval(window.growing)")
    settled(page)
    page.close()
