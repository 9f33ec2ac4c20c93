"""The reach picture in a real browser, without Streamlit: numbers, links, choices, odd input."""

import base64
import dataclasses
import re

import numpy as np
import pytest
from playwright.sync_api import Page

from app.components import reach as component
from app.components.bundle import javascript, stylesheet
from app.components.reach import ReachView
from app.components.reach.pack import pack
from tests.components import CUT, scroll_by_hand
from tests.waiting import scrolls, stop_clock, until

pytestmark = pytest.mark.browser

HOSTILE = (
    "<b>bold</b>",
    "<img src=x onerror=alert(1)>",
    "&amp;",
    "\u202eturned",
    "שלום",
    "👩‍👩‍👧",
    "a" + "\u0301" * 300,
    "x" * 5000,
    " ",
    "\n",
)
LIGHT = {"background-color": "#ffffff", "text-color": "#1b1f27", "primary-color": "#0072b2"}
DARK = {"background-color": "#12151b", "text-color": "#e8ebf0", "primary-color": "#56b4e9"}
SHOW = """async ([block, identity]) => {
  const data = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const setStateValue = (name, value) => (window.told ??= []).push([name, value]);
  window.leave = window.reach({
    data, parentElement: document.getElementById("here"), setStateValue,
  });
  const root = document.querySelector(".reach");
  while (root.dataset.painted !== identity) await new Promise((go) => setTimeout(go, 5));
  await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 0)));
}"""
FRAME = "() => new Promise((go) => requestAnimationFrame(() => setTimeout(go, 0)))"
# The colour of a canvas at a place given as shares of its width and height.
PIXEL = """([x, y]) => {
  const canvas = document.querySelector(".matrix canvas");
  const pen = canvas.getContext("2d");
  const data = pen.getImageData(Math.floor(x), Math.floor(y), 1, 1).data;
  return [...data].slice(0, 3).join(", ");
}"""
# How many different colours there are around a place.
SHADES = """([x, y]) => {
  const pen = document.querySelector(".matrix canvas").getContext("2d");
  const { data } = pen.getImageData(x - 8, y - 8, 16, 16);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
# Pointer events of a finger on the matrix: [[kind, x, y], ...] from its upper left corner.
TOUCH = """(moves) => {
  const node = document.querySelector(".matrix .overlay");
  node.setPointerCapture = () => {};
  const box = node.getBoundingClientRect();
  for (const [kind, x, y] of moves) {
    node.dispatchEvent(new PointerEvent(kind, {
      pointerType: "touch", pointerId: 7, button: kind === "pointermove" ? -1 : 0, bubbles: true,
      clientX: box.left + x, clientY: box.top + y, cancelable: true,
    }));
  }
}"""
STEPS = 12
TEXT = "the cat sat "


@pytest.fixture
def blank(browser):
    """An empty page with the component's code, and no Streamlit; it must see no error."""
    pages, seen = [], []

    def heard(line) -> None:
        # Reading pixels back is what these tests do, not the component.
        if line.type != "log" and not line.text.startswith("Canvas2D: Multiple readback"):
            seen.append(line.text)

    def open_page(width=966, height=720, theme=LIGHT, ratio=1) -> Page:
        page = browser.new_page(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            device_scale_factor=ratio,
        )
        pages.append(page)
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("console", heard)
        page.on("request", lambda asked: seen.append(asked.url))
        own = ";".join(f"--st-{key}: {value}" for key, value in theme.items())
        page.set_content(
            f"<!doctype html><style>{stylesheet(component.FOLDER, component.STYLES)}</style>"
            f'<body style="margin: 8px; {own}"><div id="here"></div></body>'
        )
        code = javascript(component.FOLDER, component.MODULES).replace(
            "export default function reachComponent", "window.reach = function"
        )
        page.add_script_tag(content=code, type="module")
        page.wait_for_function("() => 'reach' in window")  # a module script runs when it likes
        return page

    yield open_page
    for page in pages:
        page.close()
    assert seen == []


def reach_view(steps=STEPS, **changes) -> ReachView:
    noise = np.random.default_rng(5)
    lag = np.subtract.outer(np.arange(steps), np.arange(steps))
    fields = {
        "identity": "one",
        "title": "LSTM",
        "tokens": tuple((TEXT * steps)[:steps]),
        "targets": tuple((TEXT * steps)[1 : steps + 1]),
        "kind": "character",
        "log10": np.float64(-0.9 * lag + noise.uniform(-0.3, 0.3, lag.shape)),
        "status": np.zeros(lag.shape, np.uint8),
        "what": "‖∂Lₜ/∂hₛ‖",
        "how": "Each row is a loss.",
        "unit": "nats per unit of h",
        "colour": "#CC79A7",
    }
    return ReachView(**(fields | changes))


def flagged_view(**changes) -> ReachView:
    """Zeros in column 0, underflow in column 1, row 6 not finite."""
    view = reach_view(identity="flags")
    status = view.status.copy()
    status[:, 0], status[:, 1], status[6] = 1, 2, 3
    log10 = np.where(status == 0, view.log10, np.nan)
    return dataclasses.replace(view, status=status, log10=log10, **changes)


def show(page: Page, view: ReachView) -> None:
    page.evaluate(SHOW, [base64.b64encode(pack(view)).decode(), view.identity])


def told(page: Page) -> list:
    return page.evaluate("window.told ?? []")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    page.evaluate(FRAME)


def place(page: Page) -> tuple[str, str]:
    root = page.get_by_test_id("reach")
    return root.get_attribute("data-cursor"), root.get_attribute("data-source")


def token(page: Page, t: int):
    return page.locator(f'.strip [data-t="{t}"]')


def cell(page: Page, t: int, column: int, columns=STEPS, steps=STEPS) -> tuple[float, float]:
    """The middle of a cell from the matrix's corner, in px: the plan of matrix.js by hand."""
    box = page.get_by_test_id("reach-matrix").bounding_box()
    small = 13.2 * min(max((page.viewport_size["width"] - 36) / 960, 0.95), 1.5)
    left, right = round(3.2 * small), box["width"] - round(0.8 * small)
    top, bottom = round(1.7 * small), box["height"] - round(3 * small)
    return (
        left + (right - left) * (column + 0.5) / columns,
        top + (bottom - top) * (t + 0.5) / steps,
    )


def point(page: Page, t: int, column: int, columns=STEPS) -> None:
    box = page.get_by_test_id("reach-matrix").bounding_box()
    x, y = cell(page, t, column, columns)
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.evaluate(FRAME)


def test_the_numbers_on_screen_are_those_of_the_view(blank):
    page, view = blank(), reach_view()
    show(page, view)
    assert place(page) == ("11", "")
    page.get_by_test_id("reach").focus()
    press(page, "Home")
    for t in range(STEPS - 1, 8, -1):
        for s in range(t + 1):
            shown = page.get_by_test_id("reach-chosen")
            assert float(shown.get_attribute("data-log10")) == np.float32(view.log10[t, s])
            assert float(shown.inner_text()) == pytest.approx(10 ** view.log10[t, s], rel=5.1e-3)
            press(page, "ArrowRight" if s < t else "Home")
        own = page.get_by_test_id("reach-own")
        assert float(own.inner_text()) == pytest.approx(10 ** view.log10[t, t], rel=5.1e-3)
        most = page.get_by_test_id("reach-most")
        assert int(most.get_attribute("data-s")) == view.log10[t, : t + 1].argmax()
        press(page, "ArrowUp")


def test_the_sentence_is_worked_out_from_the_numbers(blank):
    page, view = blank(), reach_view(cursor=10)
    show(page, view)
    row = view.log10[10, :11]
    s = int(np.flatnonzero(row < row[10] - 2)[-1])
    said = page.get_by_test_id("reach-sentence").inner_text()
    found = re.fullmatch(
        r"The loss at step 11 \(“t” → “␣”\) reaches back (\d+) steps? before it falls below a "
        r"hundredth of its value at its own step: (\S+) at step (\d+) \(“.”\), against (\S+) at "
        r"step 11\.",
        said,
    )
    assert found, said
    assert (int(found[1]), int(found[3])) == (10 - s, s + 1)
    assert float(found[2]) == pytest.approx(10 ** row[s], rel=5.1e-3)
    assert float(found[4]) == pytest.approx(10 ** row[10], rel=5.1e-3)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("scale", ["absolute", "relative"])
def test_text_and_matrix_have_the_same_colour_for_the_same_number(blank, theme, scale):
    page = blank(theme=theme)
    show(page, reach_view(scale=scale, scale_range=(-6.0, 1.0), cursor=8))
    colours = [
        token(page, s).evaluate("(node) => getComputedStyle(node).backgroundColor")
        for s in range(STEPS)
    ]
    drawn = [f"rgb({page.evaluate(PIXEL, list(cell(page, 8, s)))})" for s in range(9)]
    assert colours[:9] == drawn
    assert len(set(drawn)) >= 6
    assert set(colours[9:]) == {"rgba(0, 0, 0, 0)"}
    page.get_by_test_id("axis-lag").click()
    page.evaluate(FRAME)
    label = page.locator(".matrix canvas").first.get_attribute("aria-label")
    columns = int(re.search(r"(\d+) lags across", label)[1])
    lags = [
        f"rgb({page.evaluate(PIXEL, list(cell(page, 8, lag, columns)))})"
        for lag in range(min(9, columns))
    ]
    assert lags == drawn[::-1][: len(lags)]


def test_the_scale_is_switched_here_and_told_once(blank):
    page, view = blank(), reach_view()
    show(page, view)
    before = page.evaluate("document.querySelector('.matrix canvas').toDataURL()")
    page.get_by_test_id("scale-relative").click()
    page.get_by_test_id("scale-relative").click()
    page.evaluate(FRAME)
    assert told(page) == [["scale", "relative"]]
    assert page.get_by_test_id("scale-relative").get_attribute("aria-pressed") == "true"
    assert page.get_by_test_id("scale-absolute").get_attribute("aria-pressed") == "false"
    assert "relative to its own largest" in page.get_by_test_id("reach-legend").inner_text()
    assert page.evaluate("document.querySelector('.matrix canvas').toDataURL()") != before
    show(page, view)  # Python's old choice does not fight the user's
    assert page.get_by_test_id("reach").get_attribute("data-scale") == "relative"


def test_pointing_at_a_token_moves_the_loss_and_python_hears_when_it_rests(blank):
    page = blank()
    show(page, reach_view())
    stop_clock(page)
    for t in (2, 5, 9):
        token(page, t).hover()
        page.clock.run_for(200)
        page.wait_for_function(
            "(t) => document.querySelector('.reach').dataset.cursor === t", arg=str(t)
        )
    assert told(page) == []
    page.clock.run_for(2000)
    assert told(page) == [["cursor", 9]]
    assert "here" in token(page, 9).get_attribute("class")
    assert page.locator(".strip .here").count() == 1
    assert page.get_by_test_id("reach-loss").inner_text() == "Loss at step 10: “a” → “t”"


def test_a_pinned_loss_stays_while_the_pointer_chooses_earlier_steps(blank):
    page = blank()
    show(page, reach_view())
    token(page, 8).click()
    assert told(page) == [["cursor", 8]]
    token(page, 3).hover()
    page.evaluate(FRAME)
    assert place(page) == ("8", "3")
    assert "source" in token(page, 3).get_attribute("class")
    token(page, 10).hover()  # later than the loss: nothing
    page.evaluate(FRAME)
    assert place(page) == ("8", "3")
    point(page, 5, 2)
    assert place(page) == ("8", "2")
    assert page.locator(".pin").is_visible()
    press(page, "Escape")
    assert place(page) == ("8", "")
    assert not page.locator(".pin").is_visible()


def test_pointing_at_the_matrix_by_step_and_by_lag(blank):
    page, view = blank(), reach_view(lags=5)
    show(page, view)
    point(page, 7, 3)
    assert place(page) == ("7", "3")
    tip = page.locator(".tip")
    assert tip.inner_text().startswith("‖∂Lₜ/∂hₛ‖ at t = 8, s = 4 (“␣”, 4 steps back): ")
    point(page, 4, 9)  # above the diagonal: the loss's own step
    assert place(page) == ("4", "4")
    page.get_by_test_id("axis-lag").click()
    page.evaluate(FRAME)
    assert "Lags up to 5 of 11 are drawn." in page.get_by_test_id("reach-note").inner_text()
    point(page, 9, 4, columns=6)
    assert place(page) == ("9", "5")
    point(page, 2, 5, columns=6)  # before the text: its first step
    assert place(page) == ("2", "0")
    page.mouse.move(5, 715)
    page.evaluate(FRAME)
    assert not tip.is_visible()


def test_keys_and_what_a_screen_reader_hears(blank):
    page = blank()
    show(page, reach_view(steps=40, cursor=20))
    page.get_by_test_id("reach").focus()
    for key, expected in [
        ("ArrowDown", ("21", "")),
        ("PageUp", ("11", "")),
        ("ArrowLeft", ("11", "10")),
        ("Shift+ArrowLeft", ("11", "0")),
        ("End", ("11", "11")),
        ("Home", ("11", "0")),
        ("Shift+ArrowDown", ("21", "0")),
        ("PageDown", ("31", "0")),
        ("PageDown", ("39", "0")),
        ("Enter", ("39", "0")),
        ("Escape", ("39", "")),
    ]:
        press(page, key)
        assert place(page) == expected, key
    press(page, "ArrowUp")
    live = page.get_by_test_id("reach-live")  # between two keys it may have spoken as well
    until(live.inner_text, lambda words: words.startswith("The loss at step 39 (“"))
    press(page, "ArrowLeft")
    until(live.inner_text, lambda words: words[0] == "‖" and "at t = 39, s = 38" in words)
    page.get_by_test_id("axis-lag").focus()
    press(page, "Enter")  # on a button it presses the button
    assert page.get_by_test_id("reach").get_attribute("data-axis") == "lag"
    assert page.get_by_test_id("reach").get_attribute("data-pinned") == "false"


def test_a_finger_chooses_and_a_scroll_gives_back(blank):
    page = blank(390, 844)
    show(page, reach_view())
    at = {(t, s): list(cell(page, t, s)) for t, s in [(6, 2), (7, 1)]}
    page.evaluate(TOUCH, [["pointerdown", *at[6, 2]], ["pointerup", *at[6, 2]]])
    page.evaluate(FRAME)
    assert place(page) == ("6", "2")
    assert told(page) == [["cursor", 6]]
    page.evaluate(
        TOUCH,
        [["pointerdown", *at[7, 1]], ["pointermove", *at[7, 1]], ["pointercancel", *at[7, 1]]],
    )
    page.evaluate(FRAME)
    assert place(page) == ("6", "2")
    assert told(page) == [["cursor", 6]]


def test_what_is_no_number_has_words_and_a_pattern(blank):
    page = blank()
    show(page, flagged_view(cursor=9))
    marks = page.locator(".mark")
    assert marks.all_inner_texts() == ["exact zero: 11", "underflow: 10", "non-finite: 7"]
    kinds = [token(page, s).get_attribute("class") for s in range(4)]
    assert ["flag1" in kinds[0], "flag2" in kinds[1], "flag" in kinds[2]] == [True, True, False]
    for t, s in [(9, 0), (9, 1), (6, 4)]:  # dots, stripes, lattice: none is one colour
        assert page.evaluate(SHADES, [round(each) for each in cell(page, t, s)]) > 2
    assert page.evaluate(SHADES, [round(each) for each in cell(page, 9, 5)]) == 1
    page.get_by_test_id("reach").focus()
    press(page, "Home")
    assert page.get_by_test_id("reach-chosen").inner_text() == "0 (exactly)"
    press(page, "ArrowRight")
    assert page.get_by_test_id("reach-chosen").inner_text() == "underflow"
    press(page, "ArrowUp", "ArrowUp", "ArrowUp")
    assert page.get_by_test_id("reach-own").inner_text() == "not finite"
    assert "there is no reach to tell" in page.get_by_test_id("reach-sentence").inner_text()
    assert page.get_by_test_id("reach-most").count() == 0


def test_python_moves_the_cursor_by_another_value_only(blank):
    page, view = blank(), reach_view(cursor=3)
    show(page, view)
    page.get_by_test_id("reach").focus()
    press(page, "ArrowDown")
    show(page, view)
    assert place(page)[0] == "4"
    show(page, dataclasses.replace(view, cursor=9))
    assert place(page)[0] == "9"
    show(page, reach_view(steps=5, identity="shorter", cursor=9))
    assert place(page)[0] == "4"
    assert page.locator(".strip .token").count() == 5


def test_hostile_tokens_stay_text_and_nothing_sticks_out(blank):
    tokens = (*HOSTILE, "a", "b")
    for width in (390, 966, 1280):
        page = blank(width)
        show(page, reach_view(tokens=tokens, targets=tokens[::-1], kind="word", cursor=7))
        page.get_by_test_id("reach").focus()
        for _ in range(0, STEPS, 2):
            press(page, "ArrowUp", "ArrowUp", "Home")
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.locator(".reach b, .reach img").count() == 0
        strip = page.get_by_test_id("reach-strip")
        assert strip.evaluate("(node) => node.scrollWidth - node.clientWidth") <= 0


@pytest.mark.parametrize("width", [390, 1280])
def test_the_text_rests_on_whole_lines_and_fades_where_it_goes_on(blank, width):
    page = blank(width)
    strip = page.get_by_test_id("reach-strip")
    for steps in (900, 1300, 1800, 2500):  # how many fill the box depends on the font
        show(page, reach_view(steps=steps, identity=str(steps)))
        if scrolls(strip):
            break
    assert scrolls(strip)
    until(lambda: strip.evaluate(CUT), [0, True, False])  # the loss is that of the last step
    page.get_by_test_id("reach").focus()
    for _ in range(steps // 20):  # to the middle
        press(page, "PageUp")
        assert strip.evaluate(CUT)[0] == 0
    until(lambda: strip.evaluate(CUT), [0, True, True])
    scroll_by_hand(strip, 11)


@pytest.mark.parametrize(("steps", "ratio"), [(1, 1), (2, 2), (2000, 1)])
def test_the_shortest_and_the_longest_text(blank, steps, ratio):
    page = blank(ratio=ratio)
    show(page, reach_view(steps=steps))
    assert place(page)[0] == str(steps - 1)
    x, y = cell(page, 0, 0, steps, steps)
    assert page.evaluate(PIXEL, [(x + 1) * ratio, (y + 1) * ratio]) != "0, 0, 0"
    for name in ("axis-lag", "scale-relative"):
        page.get_by_test_id(name).click()
    page.evaluate(FRAME)
    note = page.get_by_test_id("reach-note").inner_text()
    assert ("share a pixel" in note) == (steps == 2000)
    assert ("Numbers to within" in note) == (steps == 2000)


def test_leaving_stops_everything(blank):
    page = blank()
    show(page, reach_view())
    stop_clock(page)
    token(page, 4).hover()
    page.evaluate("window.leave()")
    page.clock.run_for(2000)
    assert page.locator(".reach").count() == 0
    assert told(page) == []
