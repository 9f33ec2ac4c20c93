"""The picture of a training run and of a writing network in a real browser, without Streamlit."""

import base64
import dataclasses
import math
from types import ModuleType

import numpy as np
import pytest
from playwright.sync_api import Page

from app.components import training as training_component
from app.components import writing as writing_component
from app.components.bundle import javascript, stylesheet
from app.components.training import TrainingView
from app.components.training.pack import pack as pack_training
from app.components.writing import BeamNode, BeamTree, Choice, WritingView
from app.components.writing.pack import pack as pack_writing
from tests.components import CUT, scroll_by_hand
from tests.waiting import drawn, scrolls, stop_clock, until

pytestmark = pytest.mark.browser

INF = float("inf")
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
BEGIN = """([name, block]) => {
  const data = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const setStateValue = (name, value) => (window.told ??= []).push([name, value]);
  window.leave = window[name]({
    data, parentElement: document.getElementById("here"), setStateValue,
  });
}"""
SHOW = f"""async ([name, block, painted]) => {{
  ({BEGIN})([name, block]);
  const root = document.querySelector(`[data-testid="${{name}}"]`);
  while (root.dataset.painted !== painted) await new Promise((go) => setTimeout(go, 5));
  await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 0)));
}}"""
# How many different colours the middle of a picture has: 1 (or 0) when it is blank.
COLOURS = """(name) => {
  const canvas = document.querySelector(`.panel.${name} canvas`);
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
# Samples all three pictures as often as it can, until `window.watched` is true.
WATCH = """() => {
  window.fewest = Infinity;
  const count = (canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const pixels = new Uint32Array(data.buffer);
    let drawn = 0;
    for (let at = 0; at < pixels.length; at += 7) if (pixels[at]) drawn += 1;
    return drawn;
  };
  window.samples = 0;
  const look = () => {
    for (const canvas of document.querySelectorAll(".panel canvas:first-child")) {
      window.fewest = Math.min(window.fewest, count(canvas));
    }
    window.samples += 1;
    if (!window.watched) requestAnimationFrame(() => setTimeout(look, 0));
  };
  look();
}"""


@pytest.fixture
def blank(browser):
    """An empty page with one component's code, and no Streamlit; it must see no error."""
    pages, seen = [], []

    def heard(line) -> None:
        # Reading pixels back is what these tests do, not the components.
        if line.type != "log" and not line.text.startswith("Canvas2D: Multiple readback"):
            seen.append(line.text)

    def open_page(module: ModuleType, width=1280, height=720, theme=LIGHT, motion="reduce") -> Page:
        page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion=motion)
        pages.append(page)
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("console", heard)
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


def show(page: Page, view: TrainingView | WritingView) -> None:
    if isinstance(view, TrainingView):
        name, block, painted = "training", pack_training(view), f"{view.identity}:{view.version}"
    else:
        name, block, painted = "writing", pack_writing(view), view.identity
    page.evaluate(SHOW, [name, base64.b64encode(block).decode(), painted])


def begin(page: Page, view: WritingView) -> None:
    """Hand a view over without waiting for its picture: the page's clock stands."""
    block = base64.b64encode(pack_writing(view)).decode()
    page.evaluate(BEGIN, ["writing", block])


def told(page: Page) -> list:
    return page.evaluate("window.told ?? []")


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


# --- a training run

TOTAL, WINDOW, EVERY = 400, 8, 50


def training_view(step=120, version=1, **changes) -> TrainingView:
    noise = np.random.default_rng(3)
    every = np.arange(TOTAL + 1)
    perplexity = (7 + 67 * np.exp(-every / 90)) * np.exp(noise.normal(0, 0.02, TOTAL + 1))
    before = np.exp(noise.normal(0, 0.4, TOTAL + 1))
    logs = noise.normal(-3, 1, (TOTAL + 1, WINDOW)).astype(np.float32)
    taken, seen = every[: step + 1], every[EVERY : step + 1 : EVERY]
    fields = {
        "identity": "run",
        "version": version,
        "steps_total": TOTAL,
        "step": step,
        "epoch": step / EVERY,
        "running": "running",
        "message": "",
        "train": (taken, perplexity[: step + 1]),
        "validation": (seen, 1.05 * perplexity[seen]),
        "references": (("a blind guess V = 74", 74.0), ("bigram", 9.6), ("trigram", 6.6)),
        "norm": (taken[1:], before[1 : step + 1], np.minimum(before, 1)[1 : step + 1]),
        "threshold": 1.0,
        "per_step": (taken[1::4], logs[1 : step + 1 : 4]),
        "snapshots": tuple(range(0, step + 1, 100)),
        "sample": f"the time\n  of <b>{step // 40}</b>",
        "sample_step": step // 40 * 40,
        "seconds_left": 42.0,
        "tokens_per_second": 31234.0,
    }
    return TrainingView(**(fields | changes))


def value(page: Page, name: str) -> float | None:
    given = page.get_by_test_id(f"value-{name}").get_attribute("data-value")
    return None if given in (None, "null") else float(given.replace("Infinity", "inf"))


def test_the_numbers_on_screen_are_those_of_the_view(blank):
    page = blank(training_component, 966)
    view = training_view()
    show(page, view)
    assert value(page, "train") == view.train[1][-1]
    assert value(page, "validation") == view.validation[1][-1]
    assert (value(page, "before"), value(page, "after")) == (view.norm[1][-1], view.norm[2][-1])
    assert value(page, "heat") is None
    root = page.get_by_test_id("training")
    assert root.get_attribute("data-painted") == "run:1"
    assert root.get_attribute("data-state") == "running"
    words = page.get_by_test_id("progress").inner_text().split()
    assert " ".join(words) == "step 120 of 400, epoch 2.4, 31,000 tokens a second, 0:42 left"
    bar = page.get_by_role("progressbar")
    assert (bar.get_attribute("aria-valuenow"), bar.get_attribute("aria-valuemax")) == (
        "120",
        "400",
    )
    assert page.get_by_test_id("sample").inner_text() == view.sample
    assert page.locator(".sample b").count() == 0
    assert root.bounding_box()["height"] < 580
    label = page.locator(".panel.perplexity canvas").first.get_attribute("aria-label")
    assert all(f"{name}: " in label for name, _ in view.references)


def test_twenty_updates_keep_the_canvases_and_never_blank_a_picture(blank):
    page = blank(training_component, 966, motion="no-preference")
    show(page, training_view(20, 0))
    page.evaluate(
        "window.first = [...document.querySelectorAll('canvas, pre')];"
        "window.changes = [];"
        "new MutationObserver((all) => window.changes.push(all.length))"
        ".observe(document.querySelector('pre'), { childList: true, characterData: true,"
        " subtree: true });"
    )
    page.evaluate(WATCH)
    heights = set()
    for version in range(1, 21):
        show(page, training_view(20 + 15 * version, version))
        heights.add(page.get_by_test_id("training").bounding_box()["height"])
    page.evaluate("window.watched = true")
    assert page.evaluate("window.samples") > 20
    assert page.evaluate("window.fewest") > 100
    assert len(heights) == 1
    assert page.evaluate(
        "(() => { const now = [...document.querySelectorAll('canvas, pre')];"
        "return now.length === first.length && now.every((node, at) => node === first[at]); })()"
    )
    # The sample is written again only where it is another text: steps 20 to 320 in forties.
    assert page.evaluate("window.changes.length") == 8


def test_axes_stand_still_while_points_come(blank):
    page = blank(training_component, 966)
    left = "document.querySelector('.panel.perplexity canvas').getContext('2d')"
    strips = []
    for version, step in enumerate((210, 260, 330, 380)):
        show(page, training_view(step, version))
        strips.append(page.evaluate(f"[...{left}.getImageData(0, 0, 44, 400).data].join()"))
    assert strips[0].count(",") > 1000
    assert len(set(strips)) == 1


def test_a_sliding_axis_comes_to_rest(blank):
    page = blank(training_component, 966, motion="no-preference")
    picture = "document.querySelector('.panel.perplexity canvas').toDataURL()"
    page.clock.install()
    show(page, training_view(20, 0))
    show(page, training_view(150, 1))
    page.clock.run_for(2000)
    rested = page.evaluate(picture)
    page.clock.run_for(500)
    assert page.evaluate(picture) == rested
    fresh = blank(training_component, 966)
    show(fresh, training_view(150, 1))
    assert fresh.evaluate(picture) == rested


def test_an_infinite_perplexity_stands_at_the_upper_edge_with_a_mark(blank):
    page = blank(training_component, 966)
    view = training_view()
    show(page, view)
    note = page.locator(".beyond")
    assert not note.is_visible()
    perplexity = view.train[1].copy()
    perplexity[-3:] = INF
    show(page, dataclasses.replace(view, version=2, train=(view.train[0], perplexity)))
    assert note.is_visible()
    assert value(page, "train") == INF
    assert page.get_by_test_id("value-train").inner_text() == "∞"
    assert page.evaluate(COLOURS, "perplexity") > 50


def test_one_crosshair_by_mouse_and_by_keys(blank):
    page = blank(training_component, 966)
    view = training_view()
    show(page, view)
    root = page.get_by_test_id("training")
    box = page.locator(".panel.norm .overlay").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 60)
    page.wait_for_function("document.querySelector('.training').dataset.cursor !== ''")
    step = int(root.get_attribute("data-cursor"))
    assert 0 < step < 120
    assert value(page, "train") == view.train[1][step]
    assert value(page, "before") == view.norm[1][step - 1]
    drawn = page.evaluate(
        "[...document.querySelectorAll('.overlay')].map((canvas) => canvas.getContext('2d')"
        ".getImageData(0, 0, canvas.width, canvas.height).data.some((part) => part > 0))"
    )
    assert drawn == [True, True, True]
    show(page, training_view(200, 2))  # an update leaves it where it is
    assert int(root.get_attribute("data-cursor")) == step
    page.mouse.move(5, 5)
    page.wait_for_function("document.querySelector('.training').dataset.cursor === ''")

    cursor = page.get_by_test_id("cursor")
    cursor.focus()
    for key, expected in [("Home", 0), ("ArrowRight", 1), ("Shift+ArrowRight", 11), ("End", 200)]:
        page.keyboard.press(key)
        page.wait_for_function(
            f"document.querySelector('.training').dataset.cursor === '{expected}'"
        )
    view = training_view(200, 2)
    page.keyboard.press("ArrowUp")
    page.wait_for_function("document.querySelector('[data-testid=value-heat]').textContent")
    assert view.per_step is not None
    assert value(page, "heat") == float(view.per_step[1][-1, -1])
    heard = cursor.get_attribute("aria-valuetext")
    assert heard.startswith("step 200: training perplexity ")
    assert f"time step {WINDOW} of {WINDOW}" in heard
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelector('.training').dataset.cursor === ''")


def test_only_another_state_is_spoken(blank):
    page = blank(training_component, 966)
    show(page, training_view(0, 0, running="queued", message="Two runs are before yours."))
    live = page.get_by_test_id("live")
    assert live.inner_text() == "Waiting: Two runs are before yours."
    page.evaluate(
        "window.spoken = 0; new MutationObserver(() => { spoken += 1; })"
        ".observe(document.querySelector('[data-testid=live]'), { childList: true, subtree: true })"
    )
    for version in range(1, 5):
        show(page, training_view(50 * version, version))
    assert live.inner_text() == "Training"
    show(page, training_view(210, 5, running="failed", message="The loss was not finite."))
    assert live.inner_text() == "Failed: The loss was not finite."
    assert page.evaluate("spoken") == 2
    assert page.get_by_test_id("message").inner_text() == "The loss was not finite."


def test_without_norms_over_time_steps_the_sample_takes_the_room(blank):
    page = blank(training_component, 966)
    show(page, training_view(per_step=None))
    assert not page.locator(".panel.heat").is_visible()
    assert page.get_by_test_id("sample").bounding_box()["width"] > 900
    show(page, training_view(130, 2))  # as soon as there are some
    assert page.locator(".panel.heat").is_visible()
    assert page.evaluate(COLOURS, "heat") > 20


def test_another_run_forgets_the_axes_of_the_one_before(blank):
    page, fresh = blank(training_component, 966), blank(training_component, 966)
    wild = training_view(identity="wild", per_step=None)
    show(page, dataclasses.replace(wild, train=(wild.train[0], 900 * wild.train[1] ** 0)))
    for each in (page, fresh):
        show(each, training_view(30))
    picture = "document.querySelector('.panel.perplexity canvas').toDataURL()"
    assert page.evaluate(picture) == fresh.evaluate(picture)


def test_nothing_yet_is_drawn(blank):
    page = blank(training_component, 966)
    nothing = (np.empty(0, np.int64), np.empty(0))
    show(
        page,
        training_view(
            0,
            train=nothing,
            validation=nothing,
            norm=(*nothing, np.empty(0)),
            per_step=(nothing[0], np.empty((0, WINDOW), np.float32)),
            references=(),
            threshold=None,
            snapshots=(),
            sample="",
        ),
    )
    assert page.get_by_test_id("sample").inner_text() == "Nothing yet."
    page.get_by_test_id("cursor").focus()
    for key in ("ArrowRight", "ArrowUp", "Home", "Escape"):
        page.keyboard.press(key)


# --- writing


def choices(text: str | tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            token,
            0.3,
            2,
            (("e", 0.5, 0.75), (token, 0.3, 0.25), ("z", 0.1, 0.0), ("<b>q</b>", 0.05, 0.0)),
            math.log(3.4) + place * 1e-3,
        )
        for place, token in enumerate(text)
    )


def make_tree(tokens: tuple[str, ...] = ("a", "b", "c", "d"), steps=4) -> BeamTree:
    nodes, alive = [], [-1]
    for step in range(steps):
        kept = []
        for parent in alive:
            for rank in range(3 if step == 0 else 2):
                log = -0.2 - rank
                above = nodes[parent].cumulative if parent >= 0 else 0.0
                state = "pruned" if rank == 1 and step else "alive"
                state = "finished" if step == steps - 1 and rank == 0 else state
                token = tokens[(step + rank) % len(tokens)]
                nodes.append(BeamNode(parent, token, log, above + log, step, state, above / 2))
                if state == "alive":
                    kept.append(len(nodes) - 1)
        alive = kept
    best = [next(index for index, node in enumerate(nodes) if node.state == "finished")]
    while nodes[best[0]].parent >= 0:
        best.insert(0, nodes[best[0]].parent)
    return BeamTree(tuple(nodes), tuple(best), ((tokens[0] * 3, -1.5, -0.75), ("b", -2.5, -0.9)))


def writing_view(text="ller said the time of the time of", **changes) -> WritingView:
    fields = {
        "identity": "one",
        "prefix": tuple("the trave"),
        "choices": choices(text),
        "rule": "temperature 0.8, top-k 2",
        "kind": "character",
        "vocabulary_size": 28,
        "cursor": 4,
    }
    return WritingView(**(fields | changes))


def place(page: Page) -> tuple[int, int]:
    root = page.get_by_test_id("writing")
    cursor = root.get_attribute("data-cursor")
    return int(cursor or -1), int(root.get_attribute("data-shown"))


def wait_at(page: Page, name: str, wanted: object) -> None:
    page.wait_for_function(f"document.querySelector('.writing').dataset.{name} === '{wanted}'")


def test_the_choices_at_the_cursor_are_those_of_the_view(blank):
    page = blank(writing_component, 966)
    view = writing_view()
    show(page, view)
    assert place(page) == (4, len(view.choices))
    assert page.get_by_test_id("prefix").inner_text() == "the trave"
    tokens = page.locator(".token[data-t]")
    assert "".join(tokens.all_text_contents()) == "ller said the time of the time of"
    assert "Token 5" in page.get_by_test_id("token").inner_text()
    assert page.get_by_test_id("unsure").inner_text() == "as unsure as among 3.4 equal choices"
    assert page.get_by_test_id("rule").inner_text() == f"after the rule: {view.rule}"
    rows = page.locator(".option[data-token]")
    found = [
        (row.get_attribute("data-token"), float(row.get_attribute("data-model")),
         float(row.get_attribute("data-ruled")), row.get_attribute("data-chosen"))
        for row in rows.all()
    ]  # fmt: skip
    expected = view.choices[4].among
    assert [each[:3] for each in found] == list(expected)
    assert [each[3] for each in found] == ["false", "true", "false", "false"]
    cut = page.locator(".option.cut .name")
    assert cut.count() == 2
    style = "node => getComputedStyle(node).textDecorationLine"
    assert cut.first.evaluate(style) == "line-through"
    assert told(page) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_text_rests_on_whole_lines_and_fades_where_it_goes_on(blank, width):
    page = blank(writing_component, width, 640)
    text = page.get_by_test_id("text")
    for times in (28, 40, 60, 90):  # how many fill the box depends on the font
        whole = "ller said the time of the time of" * times
        show(page, writing_view(text=whole, cursor=len(whole) - 20, identity=str(times)))
        if scrolls(text):
            break
    assert scrolls(text)
    until(lambda: text.evaluate(CUT)[:2], [0, True])
    page.get_by_test_id("writing").focus()
    for _ in range(20):
        page.keyboard.press("Shift+ArrowLeft")
        drawn(page)
        assert text.evaluate(CUT)[0] == 0
    page.keyboard.press("Home")
    until(lambda: text.evaluate(CUT), [0, False, True])
    scroll_by_hand(text, 17)


def test_the_legends_swatches_stand_beside_their_words_on_a_phone(blank):
    page = blank(writing_component, 390, 844)
    show(page, writing_view(rule="beam search of width 4 (on whole texts: see its tree)"))
    for kind in ("", ".ruled"):
        swatch = page.locator(f".heads .key{kind or ':not(.ruled)'}").bounding_box()
        words = page.locator(".heads .meant", has=page.locator(f".key{kind or ':not(.ruled)'}"))
        rest = words.locator("> :last-child").evaluate(
            "(node) => { const [{ left, top, bottom }] = node.getClientRects();"
            " return [left, top, bottom]; }"
        )
        assert swatch["x"] + swatch["width"] <= rest[0]
        assert rest[1] < swatch["y"] + swatch["height"] / 2 < rest[2]
    heads, first = (page.locator(each).first.bounding_box() for each in (".heads", ".options"))
    assert first["y"] - heads["y"] - heads["height"] >= 3  # the frame of a row is 2 px wide


def test_it_writes_token_by_token_and_pauses(blank):
    page = blank(writing_component, 966, motion="no-preference")
    view = writing_view(cursor=None)
    stop_clock(page)
    begin(page, view)
    page.clock.run_for(300)
    wait_at(page, "playing", "true")
    page.wait_for_function("Number(document.querySelector('.writing').dataset.shown) > 2")
    button = page.get_by_test_id("play")
    assert button.inner_text() == "❚❚ Pause"
    tall = page.get_by_test_id("text").bounding_box()["height"]
    button.click()
    page.clock.run_for(40)
    wait_at(page, "playing", "false")
    cursor, shown = place(page)
    assert cursor == shown - 1
    assert 2 < shown < len(view.choices)
    assert page.locator(".token.ahead").count() == len(view.choices) - shown
    page.clock.run_for(2000)
    assert place(page) == (cursor, shown)
    assert told(page) == [["cursor", cursor]]
    page.locator("[data-speed='50']").click()
    page.get_by_test_id("writing").focus()
    page.keyboard.press("Space")
    page.clock.run_for(2000)
    wait_at(page, "shown", len(view.choices))
    wait_at(page, "playing", "false")
    assert page.locator(".token.ahead").count() == 0
    assert page.get_by_test_id("text").bounding_box()["height"] == tall
    assert told(page)[-1] == ["cursor", len(view.choices) - 1]
    assert len(told(page)) == 2
    begin(page, view)  # the same again: nothing moves
    page.clock.run_for(2000)
    assert place(page) == (len(view.choices) - 1, len(view.choices))
    button.click()  # again from the start
    page.clock.run_for(40)
    page.wait_for_function(
        f"Number(document.querySelector('.writing').dataset.shown) < {len(view.choices)}"
    )


def test_reduced_motion_shows_all_at_once_and_still_plays_when_asked(blank):
    page = blank(writing_component, 966)
    view = writing_view(cursor=None)
    show(page, view)
    last = len(view.choices) - 1
    assert place(page) == (last, last + 1)
    assert page.get_by_test_id("writing").get_attribute("data-playing") == "false"
    stop_clock(page)
    page.get_by_test_id("play").click()
    page.clock.run_for(300)
    assert 0 < place(page)[1] <= last
    page.clock.run_for(20_000)
    assert place(page) == (last, last + 1)


def test_a_longer_text_is_written_on(blank):
    page = blank(writing_component, 966, motion="no-preference")
    stop_clock(page)
    begin(page, writing_view("abcde", cursor=None))
    page.clock.run_for(2000)
    wait_at(page, "shown", 5)
    wait_at(page, "playing", "false")
    begin(page, writing_view("abcde" + "f" * 30, cursor=None, identity="two"))
    page.clock.run_for(40)
    assert place(page)[1] == 5
    wait_at(page, "playing", "true")
    page.clock.run_for(500)
    assert place(page)[1] > 5
    begin(page, writing_view("zbcde" + "f" * 30, cursor=None, identity="three"))
    page.clock.run_for(40)
    assert place(page)[1] < 5


def test_keys_move_the_cursor_and_python_hears_where_it_rests(blank):
    page = blank(writing_component, 966)
    show(page, writing_view())
    page.get_by_test_id("writing").focus()
    stop_clock(page)
    for key, at in [("ArrowRight", 5), ("Shift+ArrowRight", 15), ("ArrowLeft", 14), ("Home", 0)]:
        page.keyboard.press(key)
        page.clock.run_for(200)
        wait_at(page, "cursor", at)
    assert told(page) == []
    page.clock.run_for(2000)
    page.clock.resume()
    assert told(page) == [["cursor", 0]]
    assert page.get_by_test_id("live").inner_text().startswith("Token 1 of 33, “l”: p = 0.3000")
    show(page, writing_view(cursor=0))  # the echo
    assert place(page)[0] == 0
    page.locator("[data-t='20']").hover()
    wait_at(page, "cursor", 20)
    page.locator("[data-t='20']").click()
    wait_at(page, "pinned", "true")
    page.locator("[data-t='3']").hover()
    assert place(page)[0] == 20


def test_a_loop_is_bracketed_and_said(blank):
    page = blank(writing_component, 966)
    show(page, writing_view(loop=(10, 12)))
    words = page.get_by_test_id("loop").inner_text()
    assert "the same 12 characters again and again, “the time of ”" in words
    assert page.locator(".token.round").count() == 33 - 10
    assert page.locator(".token.opens").count() == 2
    edge = "node => getComputedStyle(node).borderLeftColor"
    opening = page.locator(".token.opens").first
    assert opening.evaluate(edge) == "rgb(27, 31, 39)"
    stop_clock(page)
    page.get_by_test_id("play").click()  # again from the start: no loop is known yet
    page.clock.run_for(300)
    assert place(page)[1] < 20
    assert opening.evaluate(edge) == "rgba(0, 0, 0, 0)"
    assert not page.get_by_test_id("loop").is_visible()
    page.clock.resume()
    show(page, writing_view(identity="two"))
    assert not page.get_by_test_id("loop").is_visible()


def test_the_beam_tree_is_drawn_and_read(blank):
    page = blank(writing_component, 966)
    tree = make_tree()
    show(page, writing_view(tree=tree))
    nodes = page.locator("[data-node]")
    assert nodes.count() == len(tree.nodes)
    states = [node.get_attribute("data-state") for node in nodes.all()]
    assert states == [node.state for node in tree.nodes]
    best = [index for index in range(len(states))
            if nodes.nth(index).get_attribute("data-best") == "true"]  # fmt: skip
    assert tuple(best) == tree.best
    lines = [float(line.get_attribute("stroke-width")) for line in page.locator(".edge").all()]
    logs = [node.log_probability for node in tree.nodes]
    assert all((a > b) == (p > q) for a, p in zip(lines, logs) for b, q in zip(lines, logs))  # noqa: B905
    pruned = states.index("pruned")
    dash = "node => getComputedStyle(node).strokeDasharray"
    assert page.locator(".edge").nth(pruned).evaluate(dash) != "none"
    nodes.nth(pruned).hover()
    page.wait_for_function(
        f"document.querySelector('[data-testid=tree-reading]').dataset.read === '{pruned}'"
    )
    said = page.get_by_test_id("tree-reading").inner_text()
    node = tree.nodes[pruned]
    assert f"log p −{-node.cumulative:.2f}, score −{-(node.score or 0):.2f}; cut" in said
    table = page.get_by_test_id("hypotheses").inner_text()
    assert "aaa" in table
    assert "−0.75" in table
    page.mouse.move(2, 2)
    page.get_by_test_id("tree").focus()
    for key, at in [("ArrowRight", tree.best[0]), ("ArrowRight", tree.best[1]), ("ArrowLeft", 0)]:
        page.keyboard.press(key)
        page.wait_for_function(
            f"document.querySelector('[data-testid=tree-reading]').dataset.read === '{at}'"
        )
    assert place(page)[0] == 4  # the cursor of the text stays
    boxes = [node.locator("rect").first.bounding_box() for node in nodes.all()]
    for at, one in enumerate(boxes):
        for other in boxes[:at]:
            apart = abs(one["x"] - other["x"]) >= one["width"] or (
                abs(one["y"] - other["y"]) >= one["height"]
            )
            assert apart


def test_a_large_tree_scrolls_inside(blank):
    page = blank(writing_component, 966)
    show(page, writing_view(tree=make_tree(tuple("unbelievable words".split()), steps=30)))
    box = page.get_by_test_id("tree")
    assert box.evaluate("node => node.scrollWidth > node.clientWidth + 200")
    assert overflow(page) == 0
    page.get_by_test_id("tree").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    assert box.evaluate("node => node.scrollLeft") > 200


# --- both


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", ["character", "word"])
def test_hostile_tokens_stay_text_and_the_page_keeps_its_width(blank, width, kind):
    page = blank(writing_component, width, 800)
    tree = make_tree(HOSTILE, steps=6)
    many = choices(HOSTILE * 3)
    show(page, writing_view(prefix=HOSTILE, choices=many, kind=kind, tree=tree, loop=(10, 10)))
    assert page.get_by_text("<b>bold</b>").count()
    assert page.locator(".writing img, .writing b").count() == 0
    assert overflow(page) == 0
    page.get_by_test_id("writing").focus()
    for _ in HOSTILE:
        page.keyboard.press("ArrowLeft")
        panel = page.get_by_test_id("options").bounding_box()
        assert panel["x"] + panel["width"] <= width
    page.evaluate("leave()")
    assert page.get_by_test_id("writing").count() == 0


def test_a_hostile_sample_stays_text_and_the_page_keeps_its_width(blank):
    page = blank(training_component, 390, 800)
    message = "<b>so</b> " + "x" * 300
    references = (("<i>blind</i> " + "y" * 80, 74.0),)
    show(page, training_view(sample="".join(HOSTILE), message=message, references=references))
    assert "<img src=x onerror=alert(1)>" in page.get_by_test_id("sample").inner_text()
    assert page.locator(".training img, .training i, .sample b, .message b").count() == 0
    assert overflow(page) == 0
    page.evaluate("leave()")
    assert page.get_by_test_id("training").count() == 0


def test_both_follow_the_theme(blank):
    for module, view in (
        (training_component, training_view()),
        (writing_component, writing_view(tree=make_tree())),
    ):
        found = []
        for theme in (LIGHT, DARK):
            page = blank(module, theme=theme)
            show(page, view)
            root = page.locator(".unrolled")
            assert ("dark" in root.get_attribute("class")) == (theme is DARK)
            found.append(root.evaluate("node => node.style.getPropertyValue('--xh')"))
        assert found[0] != found[1]


def test_a_change_of_theme_redraws_in_place(blank):
    page = blank(training_component, 966)
    show(page, training_view())
    picture = "document.querySelector('.panel.norm canvas').toDataURL()"
    light = page.evaluate(picture)
    for name, colour in DARK.items():
        page.evaluate(f"document.body.style.setProperty('--st-{name}', '{colour}')")
    show(page, training_view())
    drawn(page)
    assert page.evaluate(picture) != light
    assert "dark" in page.get_by_test_id("training").get_attribute("class")
