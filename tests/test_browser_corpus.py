"""Stages and surprise strip in a real browser, without Streamlit: links, numbers, odd text."""

import base64
import itertools
import math
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.components import stages, surprise
from app.components.bundle import javascript, stylesheet
from app.components.stages import Piece
from app.components.stages.pack import pack as pack_stages
from app.components.surprise.pack import pack as pack_surprise
from tests.test_stages_component import make_stages
from tests.test_surprise_component import make_surprise
from tests.waiting import drawn, stop_clock

pytestmark = pytest.mark.browser

COLUMNS = ("raw", "cleaned", "tokens", "indices")
THEMES = {
    "light": {"background": "#ffffff", "secondary-background": "#f4f6f9", "text": "#1b1f27"},
    "dark": {"background": "#12151b", "secondary-background": "#1b2029", "text": "#e8ebf0"},
}
HOSTILE = (
    *("<img src=x onerror=alert(1)>", "</script>", "z" + "\u0301" * 10_000, "عربي", "עברית"),
    *("👩‍👩‍👧", "\u202e", "x" * 3000, "&amp;", "\n", "\t", "é", "\x00"),
)
SHOW = """async ([name, block, identity]) => {
  const bytes = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const setStateValue = (key, value) => (window.told ??= []).push([key, value]);
  window.leave = component({ data: bytes, parentElement: document.body, setStateValue });
  const root = document.querySelector(`[data-testid="${name}"]`);
  while (root.dataset.painted !== identity) await new Promise((go) => setTimeout(go, 5));
}"""
PACKS = {stages: ("stages", pack_stages), surprise: ("surprise", pack_surprise)}


@pytest.fixture
def blank(browser):
    """Empty pages with one component's code each; none of them may see an error."""
    pages, seen = [], []

    def open_page(module, theme="light", width=1280, height=720) -> Page:
        page = browser.new_page(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        pages.append(page)
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("console", lambda line: seen.append(line.text) if line.type != "log" else None)
        page.on("dialog", lambda dialog: seen.append(dialog.message))
        colours = ";".join(f"--st-{key}-color:{value}" for key, value in THEMES[theme].items())
        styles = stylesheet(module.FOLDER, module.STYLES)
        page.set_content(f"<style>:root{{{colours}}} body{{margin:8px}} {styles}</style>")
        code = javascript(module.FOLDER, module.MODULES)
        code = re.sub(r"export default function \w+", "window.component = function", code)
        page.add_script_tag(content=code, type="module")
        page.wait_for_function("() => 'component' in window")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert seen == []


def show(page: Page, module, view) -> None:
    name, pack = PACKS[module]
    page.evaluate(SHOW, [name, base64.b64encode(pack(view)).decode(), view.identity])


def column(page: Page, name: str):
    return page.get_by_test_id(f"stages-{name}")


def places(page: Page, name: str, mark: str) -> list[int]:
    """The tokens whose pieces or chips carry a mark in one column."""
    nodes = column(page, name).locator(f".{mark}")
    return [int(nodes.nth(at).get_attribute("data-t") or "") for at in range(nodes.count())]


def long_stages(**changes):
    """A text of 500 letters, of which every other one is the same."""
    tokens = tuple("a" if t % 2 else "bcdefgh"[t % 7] for t in range(500))
    vocabulary = ("<unk>", *"abcdefgh")
    indices = tuple(vocabulary.index(token) for token in tokens)
    counts = tuple(indices.count(index) for index in range(len(vocabulary)))
    pieces = tuple(Piece(token, t) for t, token in enumerate(tokens))
    fields = {"raw": pieces, "cleaned": pieces, "tokens": tokens, "indices": indices}
    fields |= {"vocabulary": vocabulary, "counts": counts, "total": 500, "start": 0}
    return make_stages(**(fields | {"kind": "character", "identity": "long"} | changes))


def hostile_stages(kind: str):
    pieces = tuple(Piece(token, t) for t, token in enumerate(HOSTILE))
    vocabulary = ("<unk>", *HOSTILE[1:])
    size = len(HOSTILE)
    return make_stages(
        raw=(*pieces, Piece("<b>!</b>", -1)), cleaned=pieces, tokens=HOSTILE,
        indices=tuple(range(size)), vocabulary=vocabulary, counts=(1,) * size, total=size,
        start=0, kind=kind, scheme_label="<i>all</i>",
    )  # fmt: skip


@pytest.mark.parametrize("where", COLUMNS)
def test_pointing_at_a_token_lights_it_and_its_like_at_every_stage(blank, where):
    page = blank(stages)
    show(page, stages, make_stages())
    expect(page.get_by_test_id("stages-readout")).to_contain_text("Tap or point at any token")
    column(page, where).locator('[data-t="3"]').hover()
    expect(page.get_by_test_id("stages")).to_have_attribute("data-cursor", "3")
    for name in COLUMNS:
        assert places(page, name, "here") == [3]
        assert places(page, name, "like") == [0]
    said = "Token 11 of the text: “a” → index 1 of 4 · occurs 5 times (38.5 %) · rank 1"
    expect(page.get_by_test_id("stages-readout")).to_have_text(said)
    page.mouse.move(2, 2)
    expect(page.get_by_test_id("stages")).to_have_attribute("data-cursor", "")
    assert all(places(page, name, "here") == [] for name in COLUMNS)


def test_dropped_text_is_struck_says_so_and_lights_nothing_else(blank):
    page = blank(stages)
    show(page, stages, make_stages())
    raw = column(page, "raw")
    assert raw.locator("s").all_inner_texts() == [",", "!"]
    raw.locator("s").first.hover()
    expect(page.get_by_test_id("stages-readout")).to_have_text("“, ” is dropped.")
    assert page.get_by_test_id("stages").get_attribute("data-cursor") == ""
    assert places(page, "raw", "here") == [-1]
    assert all(places(page, name, "here") == [] for name in COLUMNS[1:])
    struck = raw.locator("s").first.evaluate("node => getComputedStyle(node).textDecorationLine")
    assert struck == "line-through"


def test_unknown_tokens_are_hatched_in_both_and_named(blank):
    page = blank(stages)
    show(page, stages, make_stages())
    for name in ("tokens", "indices"):
        (node,) = column(page, name).locator(".unknown").all()
        assert node.get_attribute("data-t") == "4"
        assert node.get_attribute("title").startswith("<unk>")
        assert "gradient" in node.evaluate("node => getComputedStyle(node).backgroundImage")
    column(page, "tokens").locator(".unknown").hover()
    expect(page.get_by_test_id("stages-readout")).to_contain_text(
        "“q” → index 0 of 4, <unk>: not in the vocabulary · 2 tokens are read so"
    )


def test_keys_move_pin_and_free_and_a_screen_reader_hears_the_token(blank):
    page = blank(stages)
    show(page, stages, long_stages())
    root = page.get_by_test_id("stages")
    root.focus()
    for key, at in (
        *(("ArrowRight", "0"), ("ArrowRight", "1"), ("Shift+ArrowRight", "11"), ("End", "499")),
        *(("ArrowRight", "499"), ("Shift+ArrowLeft", "489"), ("Home", "0"), ("ArrowLeft", "0")),
    ):
        page.keyboard.press(key)
        expect(root).to_have_attribute("data-cursor", at)
    page.keyboard.press("Enter")
    expect(root).to_have_attribute("data-pinned", "true")
    expect(page.get_by_test_id("stages-live")).to_contain_text("Token 1 of the text: “b” → index 2")
    page.keyboard.press("Escape")
    expect(root).to_have_attribute("data-pinned", "false")
    expect(root).to_have_attribute("data-cursor", "0")
    page.keyboard.press("Escape")
    expect(root).to_have_attribute("data-cursor", "")


def test_a_click_pins_until_clicked_again(blank):
    page = blank(stages)
    show(page, stages, make_stages())
    root = page.get_by_test_id("stages")
    chip = column(page, "indices").locator('[data-t="2"]')
    chip.click()
    column(page, "tokens").locator('[data-t="0"]').hover()
    page.mouse.move(2, 2)
    assert root.get_attribute("data-cursor") == "2"
    expect(root).to_have_attribute("data-pinned", "true")
    chip.click()
    expect(root).to_have_attribute("data-pinned", "false")
    column(page, "tokens").locator('[data-t="0"]').hover()
    expect(root).to_have_attribute("data-cursor", "0")


def in_sight(page: Page, name: str, t: int) -> bool:
    return (
        column(page, name)
        .locator(f'[data-t="{t}"]')
        .evaluate(
            """node => {
          const [own, box] = [node, node.closest(".box")].map((n) => n.getBoundingClientRect());
          return own.top >= box.top && own.bottom <= box.bottom;
        }"""
        )
    )


def test_the_other_columns_scroll_to_the_token_and_the_pointed_one_stays(blank):
    page = blank(stages)
    show(page, stages, long_stages())
    tokens = column(page, "tokens")
    tokens.evaluate("node => { node.scrollTop = 600; }")
    last = tokens.evaluate(
        """node => {
          const floor = node.getBoundingClientRect().bottom;
          const seen = [...node.children].filter((n) => n.getBoundingClientRect().bottom < floor);
          return Number(seen.at(-1).dataset.t);
        }"""
    )
    assert not in_sight(page, "raw", 0) or not in_sight(page, "indices", last)
    tokens.locator(f'[data-t="{last}"]').hover()
    expect(page.get_by_test_id("stages")).to_have_attribute("data-cursor", str(last))
    assert tokens.evaluate("node => node.scrollTop") == 600
    assert all(in_sight(page, name, last) for name in COLUMNS)
    box = tokens.locator(f'[data-t="{last}"]').bounding_box()
    resting = [round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)]
    page.mouse.move(*resting)
    page.get_by_test_id("stages").focus()
    page.keyboard.press("End")  # now the tokens scroll too, under the resting pointer
    expect(page.get_by_test_id("stages")).to_have_attribute("data-cursor", "499")
    tokens.locator('[data-t="495"]').evaluate(  # some browsers send a move that moved nothing
        """(node, [clientX, clientY]) => node.dispatchEvent(
          new PointerEvent("pointermove", { bubbles: true, clientX, clientY }))""",
        resting,
    )
    drawn(page)
    assert page.get_by_test_id("stages").get_attribute("data-cursor") == "499"
    assert all(in_sight(page, name, 499) for name in COLUMNS)


def test_pointing_changes_classes_and_the_readout_and_builds_no_column_anew(blank):
    page = blank(stages)
    show(page, stages, long_stages())
    page.evaluate(
        """() => {
          window.changes = [];
          const watch = new MutationObserver((all) => changes.push(...all.map((each) =>
            each.type + " " + (each.attributeName ?? ""))));
          const options = { subtree: true, childList: true, attributes: true };
          watch.observe(document.querySelector(".columns"), options);
        }"""
    )
    for t in (3, 4, 9):
        column(page, "tokens").locator(f'[data-t="{t}"]').hover()
        expect(page.get_by_test_id("stages")).to_have_attribute("data-cursor", str(t))
    assert set(page.evaluate("changes")) == {"attributes class"}


@pytest.mark.parametrize("kind", ["character", "word"])
def test_chips_show_the_arrays_and_both_columns_break_alike(blank, kind):
    page = blank(stages)
    view = hostile_stages(kind)
    show(page, stages, view)
    assert column(page, "indices").locator(".chip").all_inner_texts() == [
        str(index) for index in view.indices
    ]
    boxes = """node => [...node.querySelectorAll(".chip")].map((chip) => [
      chip.offsetLeft, chip.offsetTop, chip.offsetWidth, chip.offsetHeight])"""
    tokens, indices = (column(page, name).evaluate(boxes) for name in ("tokens", "indices"))
    assert tokens == indices
    assert max(height for *_, height in tokens) < 60


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["character", "word"])
def test_user_text_never_becomes_markup_nor_breaks_the_page(blank, kind, theme, width):
    for module, view in (
        (stages, hostile_stages(kind)),
        (surprise, hostile_surprise(kind)),
    ):
        page = blank(module, theme, width)
        show(page, module, view)
        name, _ = PACKS[module]
        root = page.get_by_test_id(name)
        root.focus()
        for _ in HOSTILE:
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Home")
        expect(root).to_have_attribute("data-cursor", "0")
        assert page.locator(f".{name} :is(img, b b, script)").count() == 0
        first = page.locator('[data-t="0"]').first
        assert first.text_content() == HOSTILE[0]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert ("dark" in root.get_attribute("class").split()) == (theme == "dark")
        ground = page.evaluate(
            "getComputedStyle(document.body).getPropertyValue('--st-text-color')"
        )
        assert ground == THEMES[theme]["text"]
        page.evaluate("leave()")
        assert root.count() == 0


def hostile_surprise(kind: str):
    size = len(HOSTILE)
    return make_surprise(
        tokens=HOSTILE, read=HOSTILE, kind=kind, surprise=np.full(size, math.log(2)),
        probability=np.full(size, 0.5), model="<b>model</b>",
        guesses=tuple(((token, 0.5), (HOSTILE[0], 0.5)) for token in HOSTILE),
    )  # fmt: skip


def test_narrow_screens_stack_what_stands_side_by_side(blank):
    for width, stacked in ((1280, False), (390, True)):
        page = blank(stages, width=width)
        show(page, stages, make_stages())
        tops = [column(page, name).bounding_box()["y"] for name in COLUMNS]
        assert (len(set(tops)) == len(COLUMNS)) == stacked
        page = blank(surprise, width=width)
        show(page, surprise, make_surprise())
        strip = page.get_by_test_id("surprise-strip").bounding_box()
        panel = page.locator(".panel").bounding_box()
        assert (panel["y"] > strip["y"] + strip["height"]) == stacked


def test_new_content_replaces_the_old_and_forgets_the_pin(blank):
    page = blank(stages)
    show(page, stages, make_stages())
    column(page, "tokens").locator('[data-t="4"]').click()
    show(page, stages, long_stages())
    root = page.get_by_test_id("stages")
    assert root.get_attribute("data-cursor") == ""
    assert root.get_attribute("data-pinned") == "false"
    assert column(page, "tokens").locator(".chip").count() == 500


def test_the_strip_shows_every_surprise_and_tells_the_odd_apart(blank):
    page = blank(surprise)
    view = make_surprise()
    show(page, surprise, view)
    tokens = page.get_by_test_id("surprise-strip").locator(".token")
    said = [float(node.get_attribute("data-surprise")) for node in tokens.all()]
    np.testing.assert_array_equal(said, view.surprise)
    assert [node.get_attribute("data-t") for node in page.locator(".strip .never").all()] == ["2"]
    assert [node.get_attribute("data-t") for node in page.locator(".strip .unguessed").all()] == [
        "0"
    ]
    sign = "node => getComputedStyle(node, '::after').content"
    assert tokens.nth(2).evaluate(sign) == '"∞"'
    assert tokens.nth(1).evaluate(sign) == "none"
    assert "gradient" in tokens.nth(0).evaluate("n => getComputedStyle(n).backgroundImage")
    ground = "node => getComputedStyle(node).backgroundColor"
    certain, plain, odd, most = (tokens.nth(at).evaluate(ground) for at in (5, 3, 1, 4))
    assert certain == "rgb(255, 255, 255)"
    assert len({certain, plain, odd, most}) == 4
    legend = page.get_by_test_id("surprise-legend").inner_text().split()
    assert {"0", "3.33", "6.66", "nats"} <= set(legend)  # 2 ln 28 = 6.664
    mean = page.get_by_test_id("surprise-mean")
    finite = view.surprise[np.isfinite(view.surprise)]
    assert float(mean.get_attribute("data-mean")) == pytest.approx(finite.mean(), rel=1e-15)
    assert "mean ∞" in mean.inner_text()


def test_the_numbers_at_the_cursor_are_those_of_the_arrays(blank):
    page = blank(surprise)
    view = make_surprise(cursor=0)
    show(page, surprise, view)
    root = page.get_by_test_id("surprise")
    root.focus()
    for t in range(len(view.tokens)):
        expect(root).to_have_attribute("data-cursor", str(t))
        numbers = page.get_by_test_id("surprise-numbers")
        said = [
            float(numbers.get_attribute(f"data-{name}")) for name in ("surprise", "probability")
        ]
        np.testing.assert_array_equal(said, [view.surprise[t], view.probability[t]])
        rows = page.get_by_test_id("surprise-guesses").locator("[data-token]").all()
        shown = [
            (row.get_attribute("data-token"), float(row.get_attribute("data-probability")))
            for row in rows
        ]
        expected = list(view.guesses[t])
        if view.read[t] not in dict(expected) and not math.isnan(view.surprise[t]):
            expected.append((view.read[t], view.probability[t]))
        assert shown == expected
        true = [row.get_attribute("data-token") for row in rows
                if row.get_attribute("data-true") == "true"]  # fmt: skip
        assert true == ([] if math.isnan(view.surprise[t]) else [view.read[t]])
        page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("surprise-numbers")).to_have_text(
        "p = 1, surprise 0.00 nats (0.00 bits)"
    )
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("surprise-live")).to_have_text(
        "Token “h”: p = 0.0123, surprise 4.40 nats (6.35 bits); the model’s best guesses: "
        "“e” .31, “␣” .25, “a” .10, “i” .05, “h” .01"
    )


def test_python_hears_of_the_surprise_cursor_once_it_rests_and_not_again(blank):
    page = blank(surprise)
    show(page, surprise, make_surprise())
    root = page.get_by_test_id("surprise")
    assert root.get_attribute("data-cursor") == "1"
    root.focus()
    stop_clock(page)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        page.clock.run_for(200)
    assert page.evaluate("window.told") is None
    page.clock.run_for(400)
    assert page.evaluate("window.told") == [["cursor", 4]]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.clock.run_for(2000)
    assert page.evaluate("window.told") == [["cursor", 4]]
    page.clock.resume()
    show(page, surprise, make_surprise(cursor=4))  # the echo
    page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-cursor", "5")
    show(page, surprise, make_surprise(cursor=4))
    assert root.get_attribute("data-cursor") == "5"
    show(page, surprise, make_surprise(cursor=2))  # Python's own word
    expect(root).to_have_attribute("data-cursor", "2")


def test_pointing_moves_the_cursor_a_click_pins_it_and_the_chart_drags_it(blank):
    page = blank(surprise)
    show(page, surprise, make_surprise())
    root = page.get_by_test_id("surprise")
    tokens = page.get_by_test_id("surprise-strip").locator(".token")
    tokens.nth(3).hover()
    expect(root).to_have_attribute("data-cursor", "3")
    tokens.nth(5).click()
    expect(root).to_have_attribute("data-pinned", "true")
    tokens.nth(0).hover()
    drawn(page)
    assert root.get_attribute("data-cursor") == "5"
    page.keyboard.press("Escape")
    expect(root).to_have_attribute("data-pinned", "false")
    chart = page.get_by_test_id("surprise-chart").bounding_box()
    page.mouse.move(chart["x"] + 0.3 * chart["width"], chart["y"] + 40)
    page.mouse.down()
    page.mouse.move(chart["x"] + 2, chart["y"] + 40, steps=4)
    expect(root).to_have_attribute("data-cursor", "0")
    page.mouse.move(chart["x"] + chart["width"] - 2, chart["y"] + 40, steps=4)
    expect(root).to_have_attribute("data-cursor", "5")
    page.mouse.up()
    assert page.evaluate("window.told.at(-1)") == ["cursor", 5]


@pytest.mark.parametrize(
    ("perplexity", "place", "said"),
    [
        (1.0, 0.0, "every token was foreseen"),
        (math.sqrt(28), 0.31, "among 5.29 of 28 tokens"),
        (28.0, 0.62, "among 28.0 of 28 tokens"),
        (28.0**2, 0.74, "worse than a blind guess"),
        (math.inf, 1.0, "thought impossible"),
        (math.nan, None, "there is no perplexity"),
    ],
)
def test_the_model_stands_at_its_place_among_the_choices(blank, perplexity, place, said):
    page = blank(surprise)
    show(page, surprise, make_surprise(perplexity=perplexity))
    axis = page.get_by_test_id("surprise-choices")
    assert said in page.get_by_test_id("surprise-perplexity").inner_text()
    assert said in axis.get_attribute("aria-label")
    words = axis.inner_text()
    for limit in ("1: every token foreseen", "V = 28: a blind guess",
                  "∞: one token thought impossible"):  # fmt: skip
        assert limit in words
    if place is None:
        assert axis.locator(".needle").count() == 0
        return
    assert float(axis.get_attribute("data-place")) == pytest.approx(place, abs=1e-9)
    box, needle = axis.bounding_box(), axis.locator(".needle").bounding_box()
    middle = (needle["x"] + needle["width"] / 2 - box["x"]) / box["width"]
    assert middle == pytest.approx(place, abs=2e-3)
    value = axis.locator(".value").bounding_box()
    assert box["x"] - 1 <= value["x"] <= box["x"] + box["width"] - value["width"] + 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_of_the_axis_and_rows_of_the_panel_do_not_overlap(blank, theme):
    for width in (390, 800, 1920):
        page = blank(surprise, theme, width)
        show(page, surprise, make_surprise(vocabulary_size=123_456, perplexity=2e9))
        boxes = [node.bounding_box() for node in page.locator(".axis .words").all()]
        for left, right in itertools.pairwise(boxes):
            assert left["x"] + left["width"] <= right["x"]
        axis = page.get_by_test_id("surprise-choices").bounding_box()
        floor = max(box["y"] + box["height"] for box in boxes)
        assert floor <= axis["y"] + axis["height"] + 1
