"""The rank-frequency plot and the picture of windows in a real browser, without Streamlit."""

import base64
import json
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
from playwright.sync_api import Page

from app.components import windows as windows_component
from app.components import zipf as zipf_component
from app.components.bundle import javascript, stylesheet
from app.components.windows import Row, WindowsView
from app.components.windows.pack import pack as pack_windows
from app.components.zipf import Curve, Fit, ZipfView
from app.components.zipf.pack import pack as pack_zipf
from tests.waiting import stop_clock

pytestmark = pytest.mark.browser

NAN = float("nan")
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
SHOW = """async ([name, block, identity]) => {
  const data = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const setStateValue = (name, value) =>
    (window.told ??= []).push([name, value, performance.now()]);
  window.leave = window[name]({
    data, parentElement: document.getElementById("here"), setStateValue,
  });
  const root = document.querySelector(`[data-testid="${name}"]`);
  while (root.dataset.painted !== identity) await new Promise((go) => setTimeout(go, 5));
  await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 0)));
}"""


@pytest.fixture
def blank(browser):
    """An empty page with one component's code, and no Streamlit; it must see no error."""
    pages, seen = [], []

    def open_page(module: ModuleType, width=1280, height=720, theme=LIGHT) -> Page:
        page = browser.new_page(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        pages.append(page)
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("console", lambda line: seen.append(line.text) if line.type != "log" else None)
        page.on("request", lambda asked: seen.append(asked.url))
        name = module.FOLDER.name
        own = ";".join(f"--st-{key}: {value}" for key, value in theme.items())
        page.set_content(
            f"<!doctype html><style>{stylesheet(module.FOLDER, module.STYLES)}</style>"
            f'<body style="margin: 8px; {own}"><div id="here"></div></body>'
        )
        code = javascript(module.FOLDER, module.MODULES).replace(
            f"export default function {name}Component", f"window.{name} = function"
        )
        page.add_script_tag(content=code, type="module")
        page.wait_for_function(f"() => '{name}' in window")  # a module script runs when it likes
        return page

    yield open_page
    for page in pages:
        page.close()
    assert seen == []


def show(page: Page, view: ZipfView | WindowsView) -> None:
    name, pack = ("zipf", pack_zipf) if isinstance(view, ZipfView) else ("windows", pack_windows)
    block = base64.b64encode(pack(view)).decode()  # type: ignore[arg-type]
    page.evaluate(SHOW, [name, block, view.identity])


def told(page: Page) -> list:
    return page.evaluate("(window.told ?? []).map(([name, value]) => [name, value])")


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


# --- rank and frequency


def fits(exponent: float, low: int, high: int) -> tuple[Fit, Fit]:
    return (
        Fit("least squares", exponent, 7.0, low, high),
        Fit("maximum likelihood", exponent + 0.06, 7.0, low, high),
    )


def zipf_view(low=10, high=1000, exponent=1.04449, identity="one", **changes) -> ZipfView:
    ranks = np.unique(np.geomspace(1, 4000, 300).astype(np.int64))
    curves = tuple(
        Curve(
            f"{order + 1}-grams",
            order,
            ranks,
            np.maximum(1, 3000 // (order + 1) // ranks),
            tuple(f"gram {rank}" for rank in ranks),
            4000 + order,
            fits(exponent - order / 4, low, high),
        )
        for order in range(3)
    )
    fields = {"curves": curves, "low": low, "high": high, "fit_identity": f"{low} {high}"}
    return ZipfView(identity=identity, **(fields | changes))


def drag(page: Page, name: str, away: int, *, steps: int = 20, wait: int = 0) -> None:
    box = page.get_by_test_id(f"handle-{name}").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, steps + 1):
        page.mouse.move(x + away * step / steps, y)
        if wait:
            page.clock.run_for(wait)


def legend(page: Page) -> list[str]:
    return page.get_by_test_id("exponent").all_inner_texts()


def test_the_legend_holds_the_exponents_of_the_view(blank):
    page = blank(zipf_component)
    show(page, zipf_view())
    expected = []
    for curve in zipf_view().curves:
        expected += [f"{fit.exponent:.3f}" for fit in curve.fits]
    assert legend(page) == expected
    words = page.get_by_test_id("legend").inner_text()
    assert all(each in words for each in ("4,000", "4,001", "4,002", "1-grams", "3-grams"))
    assert told(page) == []


def test_a_dragged_handle_tells_ranges_now_and_then_and_the_last_one(blank):
    page = blank(zipf_component)
    show(page, zipf_view())
    low = page.get_by_test_id("handle-low")
    stop_clock(page)
    drag(page, "low", 120, steps=40, wait=20)
    during = told(page)
    assert len(during) >= 2
    shown = int(low.get_attribute("aria-valuenow"))
    assert shown > 20
    page.mouse.up()
    after = told(page)
    assert after[-1] == ["range", [shown, 1000]]
    assert [value for _, value in after] == sorted(value for _, value in after)
    times = page.evaluate("window.told.map(([, , at]) => at)")
    assert all(later - sooner > 240 for sooner, later in pairwise(times[:-1]))
    assert low.get_attribute("aria-valuetext") == f"rank {shown}"
    page.clock.run_for(2000)
    assert told(page) == after


def test_fits_are_marked_stale_until_the_answer_comes_and_the_handle_stays(blank):
    page = blank(zipf_component)
    show(page, zipf_view())
    root = page.get_by_test_id("zipf")
    high = page.get_by_test_id("handle-high")
    drag(page, "high", -60)
    page.wait_for_function("document.querySelector('.zipf').dataset.stale === 'true'")
    assert set(legend(page)) == {"…"}
    first = told(page)[0][1]
    while_held = high.get_attribute("aria-valuenow")
    place = high.bounding_box()["x"]
    # The answer to an early telling comes while the handle is held elsewhere.
    show(page, zipf_view(*first, exponent=0.5))
    assert root.get_attribute("data-fits") == f"{first[0]} {first[1]}"
    assert high.get_attribute("aria-valuenow") == while_held
    assert high.bounding_box()["x"] == place
    assert set(legend(page)) == {"…"}
    page.mouse.up()
    last = told(page)[-1][1]
    assert last == [10, int(while_held)]
    show(page, zipf_view(*last, exponent=0.75))
    assert root.get_attribute("data-stale") == "false"
    assert legend(page)[:2] == ["0.750", "0.810"]
    assert high.get_attribute("aria-valuenow") == while_held
    # Python's own word, another range than any it heard, does move the handle.
    show(page, zipf_view(5, 50))
    assert high.get_attribute("aria-valuenow") == "50"


def test_keys_move_a_handle(blank):
    page = blank(zipf_component)
    page.clock.install()
    show(page, zipf_view())
    low, high = page.get_by_test_id("handle-low"), page.get_by_test_id("handle-high")
    low.focus()
    for key, rank in [
        ("ArrowRight", 11),
        ("ArrowLeft", 10),
        ("Shift+ArrowRight", 20),
        ("Home", 1),
        ("ArrowLeft", 1),
        ("End", 999),
    ]:
        page.keyboard.press(key)
        page.wait_for_function(
            "rank => document.querySelector('.low').ariaValueNow === rank", arg=str(rank)
        )
    high.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.high').ariaValueNow === '4002'")
    assert low.get_attribute("aria-valuemax") == "4001"
    page.wait_for_function("() => String(window.told.at(-1)[1]) === '999,4002'")
    page.clock.run_for(2000)
    assert told(page)[-1] == ["range", [999, 4002]]
    outline = page.locator(".high .pill").evaluate("node => getComputedStyle(node).outlineStyle")
    assert outline == "solid"


def test_a_point_says_what_it_is_by_pointer_and_by_keys(blank):
    page = blank(zipf_component)
    show(page, zipf_view())
    points = page.get_by_test_id("points")
    points.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    tip = page.get_by_test_id("tip")
    assert tip.inner_text() == "1-grams\nrank 2: “gram 2”, 1,500 times"
    page.keyboard.press("ArrowDown")
    assert tip.inner_text() == "2-grams\nrank 2: “gram 2”, 750 times"
    page.keyboard.press("Escape")
    assert "shown" not in tip.get_attribute("class")
    # The last point of all stands at the right end of the lowest grid line.
    box = points.bounding_box()
    shade = page.get_by_test_id("shade").bounding_box()
    bottom = shade["y"] + shade["height"] - 14
    page.mouse.move(box["x"] + box["width"] - 24, bottom)
    assert tip.inner_text().endswith("rank 4,000: “gram 4000”, once")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 45)
    assert "shown" not in tip.get_attribute("class")


def test_a_curve_without_a_fit_says_why(blank):
    page = blank(zipf_component)
    one = np.array([1])
    lost = tuple(Fit(name, NAN, NAN, 1, 1) for name in ("least squares", "maximum likelihood"))
    short = Curve("1-grams", 0, one, one, ("a",), 1, lost)
    longer = Curve("2-grams", 1, np.arange(1, 8), np.ones(7, int), ("b",) * 7, 7, fits(0.0, 2, 7))
    none = Curve("3-grams", 2, one[:0], one[:0], (), 0, ())
    show(page, zipf_view(2, 1000, curves=(short, longer, none)))
    cells = page.get_by_test_id("exponent")
    assert "no rank" in cells.nth(0).get_attribute("title")
    assert cells.nth(0).locator(".number").inner_text() == "–"
    assert cells.nth(2).inner_text() == "0.000"
    assert cells.nth(4).locator(".number").inner_text() == "–"
    assert page.get_by_test_id("handle-high").get_attribute("aria-valuenow") == "7"
    page.get_by_test_id("handle-high").focus()
    for key in ("Home", "End", "ArrowLeft", "Shift+ArrowRight"):
        page.keyboard.press(key)
    show(page, zipf_view(10, 1000, curves=(short,), identity="two", fit_identity="two"))
    for name in ("low", "high"):
        handle = page.get_by_test_id(f"handle-{name}")
        assert handle.get_attribute("aria-valuenow") == "1"
        assert handle.get_attribute("aria-disabled") == "true"
    drag(page, "high", -100)
    page.mouse.up()
    assert page.get_by_test_id("zipf").get_attribute("data-range") == "1 1"


# --- windows


TOKENS = tuple("the time traveller for so it will be convenient to speak of him")


def disjoint(steps=8, tokens=TOKENS, **changes) -> WindowsView:
    rows = tuple(
        Row(
            f"offset {offset}",
            "",
            tuple((at, at + steps) for at in range(offset, 80 - steps, steps)),
            ((0, offset),) if offset else (),
        )
        for offset in (0, 3, 5)
    )
    fields = {"identity": "one", "tokens": tokens, "steps": steps, "scheme": "disjoint"}
    return WindowsView(**(fields | {"rows": rows} | changes))


def side(page: Page, name: str) -> list[tuple[int, str | None]]:
    """(place, token) of each cell of the lower picture."""
    return [
        (int(place), token)
        for place, token in page.locator(f'[data-testid="{name}"] .big').evaluate_all(
            "cells => cells.map(({dataset}) => [dataset.place, dataset.token ?? null])"
        )
    ]


def expect_window(page: Page, start: int, stop: int, tokens=TOKENS) -> None:
    def at(place):
        return (place, tokens[place] if place < len(tokens) else None)

    assert side(page, "inputs") == [at(place) for place in range(start, stop)]
    assert side(page, "targets") == [at(place) for place in range(start + 1, stop + 1)]


def test_the_chosen_window_shows_its_inputs_over_its_targets(blank):
    page = blank(windows_component)
    show(page, disjoint())
    expect_window(page, 0, 8)
    page.locator("#window-1-2").click()
    page.wait_for_function("() => document.querySelector('.windows').dataset.chosen === '1 2'")
    expect_window(page, 19, 27)
    assert page.get_by_test_id("sentence").inner_text() == (
        "Window 3 of row offset 3: reads tokens 20 to 27 and must guess tokens 21 to 28; "
        "its state starts at zero."
    )
    assert told(page) == [["chosen", [1, 2]]]
    assert page.locator('[aria-selected="true"]').get_attribute("id") == "window-1-2"
    assert page.get_by_test_id("bands").get_attribute("aria-activedescendant") == "window-1-2"
    # The bars over the columns are one column apart.
    bars = page.locator(".bar:visible")
    cell = page.locator(".cell").first.bounding_box()["width"]
    away = bars.nth(1).bounding_box()["x"] - bars.nth(0).bounding_box()["x"]
    assert away == pytest.approx(cell, abs=0.5)


def test_keys_choose_and_python_hears_once_they_rest(blank):
    page = blank(windows_component)
    show(page, disjoint())
    page.get_by_test_id("bands").focus()
    stop_clock(page)
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
        page.clock.run_for(200)
    assert told(page) == []
    page.clock.run_for(2000)
    assert told(page) == [["chosen", [1, 2]]]
    page.clock.resume()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.windows').dataset.chosen === '1 7'")
    # The last window goes on beyond the tokens shown: torn, and its last cells are not known.
    assert "torn-right" in page.locator("#window-1-7").get_attribute("class")
    assert side(page, "inputs") == [(at, TOKENS[at]) for at in range(59, len(TOKENS))]
    assert side(page, "targets")[-1] == (len(TOKENS), None)
    assert page.locator(".gap.torn").count() == 2
    show(page, disjoint(chosen=(0, 0)))  # a page that always passes the same does not fight
    assert page.get_by_test_id("windows").get_attribute("data-chosen") == "1 7"
    page.wait_for_function("() => String(window.told.at(-1)[1]) === '1,7'")
    show(page, disjoint(chosen=(2, 1)))
    page.wait_for_function("() => document.querySelector('.windows').dataset.chosen === '2 1'")


def test_streams_carry_the_state(blank):
    page = blank(windows_component)
    rows = tuple(
        Row(
            f"stream {stream + 1}",
            "",
            tuple((first + at, first + at + 5) for at in range(0, 20, 5)),
            (),
            TOKENS[first : first + 21],
            first,
        )
        for stream, first in enumerate((0, 30))
    )
    show(page, disjoint(5, (), scheme="consecutive", rows=rows, chosen=(1, 1)))
    assert page.locator(".carry").count() == 6
    assert (
        page.get_by_test_id("sentence")
        .inner_text()
        .endswith("its state is carried over from the window before.")
    )
    expect_window(page, 35, 40)
    page.get_by_test_id("bands").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => document.querySelector('.windows').dataset.chosen === '1 0'")
    assert page.get_by_test_id("sentence").inner_text().endswith("its state starts at zero.")


def test_a_long_window_shows_both_ends_and_one_that_fits_nowhere_says_so(blank):
    page = blank(windows_component)
    tokens = tuple(f"w{at}" for at in range(120))
    long = Row("offset 0", "", ((0, 119),))
    show(page, disjoint(119, tokens, rows=(long,), kind="word"))
    inputs, targets = side(page, "inputs"), side(page, "targets")
    assert inputs[0] == (0, "w0")
    assert inputs[-1] == (118, "w118")
    assert targets[-1] == (119, "w119")
    assert [place + 1 for place, _ in inputs] == [place for place, _ in targets]
    show(page, disjoint(rows=(Row("too short"),), identity="two"))
    assert "No window" in page.get_by_test_id("sentence").inner_text()
    page.get_by_test_id("bands").focus()
    page.keyboard.press("ArrowRight")


# --- both


@pytest.mark.parametrize("name", ["zipf", "windows"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", ["character", "word"])
def test_hostile_tokens_stay_text_and_the_page_keeps_its_width(blank, name, width, kind):
    module = {"zipf": zipf_component, "windows": windows_component}[name]
    page = blank(module, width, 800)
    if name == "zipf":
        ranks = np.arange(1, len(HOSTILE) + 1)
        curve = Curve("<b>1</b>", 0, ranks, ranks[::-1], HOSTILE, len(HOSTILE), fits(1.0, 1, 9))
        show(page, zipf_view(1, 9, curves=(curve,), kind=kind))
        page.get_by_test_id("points").focus()
        for token in HOSTILE:
            page.keyboard.press("ArrowRight")
            tip = page.get_by_test_id("tip")
            assert token.strip()[:3] in tip.inner_text() or "\u202e" in token
            box = tip.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["height"] < 240
    else:
        rows = tuple(
            Row(f"<b>{at}</b>", "<i>n</i>" * 9, ((at, at + 4), (at + 4, at + 8))) for at in range(3)
        )
        show(page, disjoint(4, HOSTILE * 12, rows=rows, kind=kind, chosen=(0, 1)))
        tall = page.locator(".head").bounding_box()["height"]
        assert tall < 260
        assert page.get_by_text("<b>bold</b>").count()
        detail = page.get_by_test_id("detail").bounding_box()
        assert detail["x"] + detail["width"] <= width
    assert page.locator("b:not(.tip b), i, img").count() == 0
    assert overflow(page) == 0
    page.evaluate("leave()")
    assert page.get_by_test_id(name).count() == 0


def test_both_follow_the_theme(blank):
    for module, view in ((zipf_component, zipf_view()), (windows_component, disjoint())):
        found = []
        for theme in (LIGHT, DARK):
            page = blank(module, theme=theme)
            show(page, view)
            root = page.locator(".unrolled")
            assert ("dark" in root.get_attribute("class")) == (theme is DARK)
            found.append(root.evaluate("node => node.style.getPropertyValue('--xh')"))
            assert page.locator(".unrolled p").first.evaluate(
                "node => getComputedStyle(node).color"
            ) == ("rgb(27, 31, 39)" if theme is LIGHT else "rgb(232, 235, 240)")
        assert found[0] != found[1]


def test_nothing_of_a_view_is_lost_on_the_way(blank):
    page = blank(zipf_component)
    view = zipf_view()
    show(page, view)
    heard = page.evaluate("document.querySelector('[data-testid=plot]').ariaLabel")
    assert "1-grams: 4,000 ranks, from 3,000 to 1 times seen" in heard
    assert json.loads(pack_zipf(view))["curves"][0]["ranks"][-1] == 4000
