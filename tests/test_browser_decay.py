"""Gradient norms against lag, and truncation on a text, in a real browser, without Streamlit."""

import base64
import dataclasses
from types import ModuleType

import numpy as np
import pytest
from playwright.sync_api import Page

from app.components import decay as decay_component
from app.components import truncation as truncation_component
from app.components.bundle import javascript, stylesheet
from app.components.decay import DecayNetwork, DecayPrediction, DecayView
from app.components.decay.pack import pack as pack_decay
from app.components.truncation import TruncationRow, TruncationView
from app.components.truncation.pack import pack as pack_truncation
from tests.waiting import drawn, stop_clock, until

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
SHOW = """async ([name, block, identity]) => {
  const data = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const setStateValue = (name, value) => (window.told ??= []).push([name, value]);
  window.leave = window[name]({
    data, parentElement: document.getElementById("here"), setStateValue,
  });
  const root = document.querySelector(`[data-testid="${name}"]`);
  while (root.dataset.painted !== identity) await new Promise((go) => setTimeout(go, 5));
  await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 0)));
}"""
PICTURE = "document.querySelector('.decay canvas').toDataURL()"
# The least that is drawn in any of the frames from now on.
WATCH = """() => {
  const canvas = document.querySelector('.decay canvas');
  window.fewest = Infinity;
  const look = () => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const pixels = new Uint32Array(data.buffer);
    window.fewest = Math.min(window.fewest, pixels.reduce((sum, each) => sum + (each !== 0), 0));
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

    def open_page(module: ModuleType, width=1280, height=720, theme=LIGHT) -> Page:
        page = browser.new_page(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
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


def show(page: Page, view: DecayView | TruncationView) -> None:
    if isinstance(view, DecayView):
        name, block = "decay", pack_decay(view)
    else:
        name, block = "truncation", pack_truncation(view)
    page.evaluate(SHOW, [name, base64.b64encode(block).decode(), view.identity])


def told(page: Page) -> list:
    return page.evaluate("window.told ?? []")


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def wait_at(page: Page, root: str, name: str, value) -> None:
    page.wait_for_function(
        "([root, name, value]) => document.querySelector(root).dataset[name] === value",
        arg=[f".{root}", name, str(value)],
    )


# --- gradient norms against lag

LAGS = 100


def network(key="rnn", rate=-0.2, colour="#E69F00", name="RNN", **changes) -> DecayNetwork:
    lag = np.arange(LAGS)
    measured = -1 + rate * lag
    predictions = (
        DecayPrediction("bound", "bound", "bound", measured + 0.05 * lag, "too high", "slack"),
        DecayPrediction("rho", "(ρ φ′)^k", "estimate", measured - 0.01 * lag, "low"),
    )
    fields = {"key": key, "name": name, "colour": colour, "word": "vanishing", "text": "falls"}
    fields |= {"measured": measured, "status": np.zeros(LAGS, np.uint8)}
    return DecayNetwork(**(fields | {"predictions": predictions} | changes))


def pair(shift=0.0) -> tuple[DecayNetwork, ...]:
    return (
        network(rate=-0.2 - shift),
        network("lstm", -0.01 - shift, "#CC79A7", "LSTM", word="healthy"),
    )


def decay_view(networks=None, identity="one", **changes) -> DecayView:
    fields = {"x_label": "steps back from the loss", "y_label": "|∂L_T/∂h_{T−k}|"}
    fields |= {"networks": networks or pair(), "y_range": (-25.0, 5.0), "how_to_read": "how"}
    return DecayView(identity=identity, **(fields | changes))


def value(page: Page, network_key: str, theory="") -> str:
    cell = page.locator(f'td[data-network="{network_key}"][data-theory="{theory}"]')
    return cell.inner_text().replace("\n", " ")


def switch(page: Page, key: str):
    return page.locator(f'button[data-key="{key}"]')


def test_the_cursor_reads_every_curve_with_its_distance_in_decades(blank):
    page = blank(decay_component)
    show(page, decay_view())
    assert value(page, "rnn") == "1.58e-21"  # -1 - 0.2 * 99, the last lag
    page.get_by_test_id("decay-cursor").focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    wait_at(page, "decay", "cursor", 30)
    assert value(page, "rnn") == "1.00e-07"
    assert "3.16e-06" in value(page, "rnn", "bound")
    assert "+1.50 decades" in value(page, "rnn", "bound")
    assert "5.01e-08" in value(page, "rnn", "rho")
    assert "−0.30 decades" in value(page, "rnn", "rho")
    assert value(page, "lstm") == "0.0501"
    said = page.get_by_test_id("decay-cursor").get_attribute("aria-valuetext")
    assert said.startswith("lag 30. RNN: measured 1.00e-07; bound 3.16e-06, +1.50 decades;")
    assert page.get_by_test_id("decay-word").all_inner_texts() == ["↘ vanishing", "→ healthy"]
    assert page.get_by_test_id("decay-title").locator("sub").all_inner_texts() == ["T", "T−k"]


def test_the_pointer_moves_it_and_python_hears_once_it_rests(blank):
    page = blank(decay_component)
    show(page, decay_view())
    box = page.get_by_test_id("decay-cursor").bounding_box()
    stop_clock(page)
    for share in (0.3, 0.35, 0.4):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 100)
        page.clock.run_for(200)
    assert told(page) == []
    page.clock.run_for(2000)
    [[name, lag]] = told(page)
    page.clock.resume()
    assert name == "cursor"
    assert page.get_by_test_id("decay").get_attribute("data-cursor") == str(lag)
    assert 20 < lag < 60
    show(page, decay_view(cursor=lag))  # the echo
    page.get_by_test_id("decay-cursor").focus()
    page.keyboard.press("Escape")
    wait_at(page, "decay", "cursor", "")
    page.wait_for_function("() => window.told.length === 2")
    assert told(page)[-1] == ["cursor", None]
    show(page, decay_view(cursor=7))  # Python's own word
    wait_at(page, "decay", "cursor", 7)


def test_a_curve_is_switched_off_by_pointer_and_keys_and_back_on(blank):
    page = blank(decay_component)
    show(page, decay_view())
    whole = page.evaluate(PICTURE)
    switch(page, "bound").click()
    wait_at(page, "decay", "hidden", "bound")
    assert switch(page, "bound").get_attribute("aria-pressed") == "false"
    without = page.evaluate(PICTURE)
    assert without != whole
    switch(page, "lstm").focus()
    page.keyboard.press("Enter")
    wait_at(page, "decay", "hidden", "bound lstm")
    assert told(page) == [["hidden", ["bound"]], ["hidden", ["bound", "lstm"]]]
    said = page.get_by_test_id("decay-cursor")
    assert "LSTM" not in page.locator(".decay canvas").first.get_attribute("aria-label")
    page.keyboard.press("Space")
    wait_at(page, "decay", "hidden", "bound")
    assert page.evaluate(PICTURE) == without
    switch(page, "bound").click()
    wait_at(page, "decay", "hidden", "")
    assert page.evaluate(PICTURE) == whole
    show(page, decay_view(hidden=("rnn", "lstm", "gone")))  # all of them: the axes stay
    wait_at(page, "decay", "hidden", "rnn lstm gone")
    assert said.is_visible()


def test_a_theory_pointed_at_says_why(blank):
    page = blank(decay_component)
    show(page, decay_view())
    detail = page.get_by_test_id("decay-detail")
    switch(page, "rho").focus()
    page.wait_for_function("document.querySelector('.detail').textContent.includes('low')")
    switch(page, "bound").hover()
    page.wait_for_function("document.querySelector('.detail').textContent.includes('slack')")
    assert detail.inner_text() == "a bound. RNN: too high; slack. LSTM: too high; slack."


def test_before_that_the_first_theory_that_is_drawn_does(blank):
    page = blank(decay_component)
    show(page, decay_view(hidden=("bound",)))
    detail = page.get_by_test_id("decay-detail")
    assert detail.inner_text() == "b (ρ φ′)^k. RNN: low. LSTM: low."
    tall = detail.bounding_box()["height"]
    switch(page, "rho").click()
    wait_at(page, "decay", "hidden", "bound rho")
    page.mouse.move(5, 5)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_function("document.querySelector('.detail').textContent === ''")
    assert detail.bounding_box()["height"] == tall


def test_how_to_read_it_stands_over_the_picture(blank):
    page = blank(decay_component, 980)
    show(page, decay_view(how_to_read="one line is one network " * 9))
    how = page.get_by_test_id("decay-how").bounding_box()
    title = page.get_by_test_id("decay-title").bounding_box()
    picture = page.get_by_test_id("decay-cursor").bounding_box()
    assert title["y"] + title["height"] <= how["y"]
    assert how["y"] + how["height"] <= picture["y"]


def test_on_a_phone_no_word_of_a_theory_is_broken(blank):
    page = blank(decay_component, 390, 800)
    long = DecayPrediction("t", "gates, largest unit " * 3, "estimate", network().measured)
    show(page, decay_view((network(predictions=(long,)),)))
    lines = page.locator(".kind").first.evaluate("kind => kind.getClientRects().length")
    tall = page.locator(".kind").first.bounding_box()["height"]
    assert lines == 1
    assert tall < 25


def test_together_and_apart(blank):
    page = blank(decay_component)
    show(page, decay_view())
    whole = page.evaluate(PICTURE)
    page.locator('[data-layout="apart"] >> nth=-1').click()
    wait_at(page, "decay", "layout", "apart")
    assert told(page) == [["layout", "apart"]]
    assert page.evaluate(PICTURE) != whole
    box = page.get_by_test_id("decay-cursor").bounding_box()
    lags = []
    for share in (0.25, 0.75):  # one in each panel, at about the same lag
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 100)
        drawn(page)
        lags.append(int(page.get_by_test_id("decay").get_attribute("data-cursor")))
    assert 0 <= lags[0] < LAGS
    assert abs(lags[0] - lags[1]) < 20
    show(page, decay_view((network(),), "alone"))
    assert not page.locator(".toggle").is_visible()


def test_a_dragged_slider_redraws_in_place_and_the_axis_stands_still(blank):
    page = blank(decay_component)
    show(page, decay_view(layout="apart"))
    box = page.get_by_test_id("decay-cursor").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.up()
    cursor = page.get_by_test_id("decay").get_attribute("data-cursor")
    switch(page, "rho").click()
    wait_at(page, "decay", "hidden", "rho")
    page.mouse.move(box["x"] + 200, 715)
    page.evaluate(WATCH)
    pictures = set()
    for step in range(12):
        show(page, decay_view(pair(step / 20), f"drag {step}", layout="apart"))
        pictures.add(page.evaluate(PICTURE))
        root = page.get_by_test_id("decay")
        assert root.get_attribute("data-range") == "-25 5"
        assert root.get_attribute("data-cursor") == cursor
        assert root.get_attribute("data-hidden") == "rho"
        assert page.get_by_test_id("decay-cursor").bounding_box() == box
        assert page.evaluate("document.activeElement.dataset.key") == "rho"
    assert len(pictures) == 12
    page.evaluate("window.watched = true")
    assert page.evaluate("window.fewest") > 3000
    show(page, decay_view(pair(11 / 20), "drag again", layout="apart"))
    assert page.evaluate(PICTURE) in pictures  # the same curves, the same pixels


def test_what_is_no_number_is_marked_and_counted(blank):
    page = blank(decay_component)
    plain = network()
    status = np.zeros(LAGS, np.uint8)
    show(page, decay_view((plain,), "plain"))
    pictures = {page.evaluate(PICTURE)}
    for flag, words in ((1, "○ exact zero"), (2, "▽ underflow"), (3, "× non-finite")):
        status[60:] = flag
        measured = np.where(status == 0, plain.measured, np.nan)
        flagged = dataclasses.replace(plain, measured=measured, status=status.copy())
        show(page, decay_view((flagged,), f"flag {flag}"))
        assert page.get_by_test_id("decay-flags").inner_text() == f"{words} at 40 lags"
        pictures.add(page.evaluate(PICTURE))
    assert len(pictures) == 4
    assert page.get_by_test_id("decay").get_attribute("data-beyond") == "0"
    far = network(rate=-4.0)
    show(page, decay_view((far,), "far"))
    assert page.get_by_test_id("decay").get_attribute("data-beyond") == "3"
    assert page.locator(".marks").is_visible()
    assert value(page, "rnn") == "1.00e-397"


# --- truncation

TEXT = "the time traveller for so it will be convenient to speak of him was expounding " * 3
STARTS = {
    "whole": (0,),
    "equal": tuple(range(0, len(TEXT), 8)),
    "random": (0, 3, 10, 11, 40, 45, 60, 61, 90, 200),
}


def truncation_view(tokens=tuple(TEXT), identity="one", **changes) -> TruncationView:
    rows = tuple(TruncationRow(key, f"{key} cut", starts) for key, starts in STARTS.items())
    rows += (TruncationRow("slide", "sliding", sliding=9, note="cosine 0.93"),)
    fields = {"kind": "character", "start": 50, "rows": rows, "cursor": 56}
    return TruncationView(identity=identity, tokens=tokens, **(fields | changes))


def first_reached(key: str, step: int) -> int:
    if key == "slide":
        return max(step - 8, 0)
    return max(start for start in STARTS[key] if start <= step)


def reaches(page: Page) -> dict[str, str]:
    return dict(
        page.locator("[data-row]").evaluate_all(
            "rows => rows.map(({dataset}) => [dataset.row, dataset.reach])"
        )
    )


def expect_step(page: Page, step: int) -> None:
    wait_at(page, "truncation", "cursor", step)
    keys = (*STARTS, "slide")
    assert reaches(page) == {key: f"{first_reached(key, step)} {step}" for key in keys}


def test_all_rows_follow_the_pointer_and_say_how_far_it_reaches(blank):
    page = blank(truncation_component)
    show(page, truncation_view())
    expect_step(page, 56)
    assert page.get_by_test_id("truncation-sentence").all_inner_texts() == [
        "Loss at step 57 reaches back to step 1 (56 steps), the first; not cut.",
        "Loss at step 57 reaches no earlier step; cut right before it.",
        "Loss at step 57 reaches back to step 46 (11 steps); cut there.",
        "Loss at step 57 reaches back to step 49 (8 steps); cut there.",
    ]
    first, stop = map(int, page.locator(".truncation").get_attribute("data-window").split())
    stop_clock(page)
    for row in range(4):
        box = page.locator(".truncation canvas").nth(row).bounding_box()
        step = first + 5 + 3 * row
        cell = box["width"] / (stop - first)
        page.mouse.move(box["x"] + (step - first + 0.5) * cell, box["y"] + 40)
        page.clock.run_for(200)
        expect_step(page, step)
    assert told(page) == []
    page.clock.run_for(2000)
    assert told(page) == [["cursor", first + 14]]
    words = page.get_by_test_id("truncation-step").inner_text()
    assert words.startswith(f"Step {first + 15} of {len(TEXT)}: ")
    assert words.endswith(f"character {first + 65} of the text")


def test_filled_boxes_are_just_those_the_loss_reaches(blank):
    page = blank(truncation_component)
    show(page, truncation_view(tuple(TEXT[:40]), rows=truncation_view().rows[3:], cursor=30))
    filled = page.evaluate(
        """(steps) => {
          const canvas = document.querySelector(".truncation canvas");
          const context = canvas.getContext("2d");
          const cell = canvas.width / steps;
          const column = (step) => {
            const x = Math.floor((step + 0.5) * cell);
            const { data } = context.getImageData(x, 0, 1, canvas.height);
            return Array.from({ length: canvas.height },
              (_, y) => [...data.slice(4 * y, 4 * y + 3)].join());
          };
          const loss = column(30);
          let [best, from] = [0, 0];
          for (let y = 0, run = 0; y < loss.length; y++) {
            run = loss[y] === "106,53,212" ? run + 1 : 0;
            if (run >= best) [best, from] = [run, y - run + 1];
          }
          const middle = Math.floor(from + best / 2);
          return Array.from({ length: steps }, (_, step) => column(step)[middle]);
        }""",
        40,
    )
    reached = [step for step, colour in enumerate(filled) if colour == "176,82,138"]
    assert reached == list(range(22, 30))
    assert filled[30] == "106,53,212"


def test_keys_move_pin_and_free_it(blank):
    page = blank(truncation_component)
    show(page, truncation_view())
    page.get_by_test_id("truncation").focus()
    for key, step in [
        ("ArrowRight", 57),
        ("Shift+ArrowLeft", 47),
        ("End", len(TEXT) - 1),
        ("Home", 0),
        ("ArrowLeft", 0),
    ]:
        page.keyboard.press(key)
        expect_step(page, step)
        first, stop = map(int, page.locator(".truncation").get_attribute("data-window").split())
        assert first <= step < stop
    # On a busy machine the cursor may rest between two keys long enough to be told of.
    page.wait_for_function("() => window.told?.at(-1)?.[1] === 0")
    assert {name for name, _ in told(page)} == {"cursor"}
    said = "Step 1 of 237: “t”, character 51 of the text. whole cut: Loss at step 1"
    live = page.get_by_test_id("truncation-live")
    until(live.inner_text, lambda words: words.startswith(said))
    page.keyboard.press("Enter")
    wait_at(page, "truncation", "pinned", "true")
    box = page.locator(".truncation canvas").first.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 40)
    drawn(page)
    expect_step(page, 0)
    page.keyboard.press("Escape")
    wait_at(page, "truncation", "pinned", "false")
    show(page, truncation_view(cursor=56))  # a page that always passes the same does not fight
    expect_step(page, 0)
    show(page, truncation_view(cursor=20))
    expect_step(page, 20)


def test_the_bar_of_all_steps_leads_anywhere(blank):
    page = blank(truncation_component)
    show(page, truncation_view())
    box = page.locator(".truncation canvas").nth(1).bounding_box()
    y = box["y"] + box["height"] - 9
    page.mouse.move(box["x"] + 0.2 * box["width"], y)
    expect_step(page, 56)  # only pressed it leads: the pointer passes over it all the time
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], y)
    expect_step(page, int(0.7 * len(TEXT)))
    page.mouse.move(box["x"] + 0.9 * box["width"], y - 30)  # held, it may leave the bar
    page.mouse.up()
    page.wait_for_function(  # Python may hear of a step in the frame before it is drawn
        "() => String(window.told?.at(-1)[1]) ==="
        " document.querySelector('.truncation').dataset.cursor"
    )
    show(page, truncation_view(tuple(TEXT[:20]), "short", rows=truncation_view().rows[:1]))
    assert page.locator(".truncation").get_attribute("data-window") == "0 20"


# --- both


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", ["character", "word"])
def test_hostile_words_stay_text_and_the_page_keeps_its_width(blank, width, kind):
    page = blank(truncation_component, width, 800)
    rows = (TruncationRow("a", "<b>so</b> " + "y" * 300, (0, 4), note="<i>n</i>" + "z" * 300),)
    show(page, truncation_view(HOSTILE * 4, rows=rows, kind=kind))
    page.get_by_test_id("truncation").focus()
    for _ in HOSTILE:
        page.keyboard.press("ArrowLeft")
        assert overflow(page) == 0
    assert page.locator(".truncation img, .truncation .label b, .truncation i").count() == 0
    page.evaluate("leave()")
    assert page.get_by_test_id("truncation").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_hostile_names_stay_text_and_the_page_keeps_its_width(blank, width):
    page = blank(decay_component, width, 800)
    bad = "<b>x</b> " + "y" * 300
    theory = DecayPrediction("t", bad, "bound", network().measured, bad, bad)
    networks = tuple(
        network(key, name=bad, text=bad, predictions=(theory,)) for key in ("a", "b", "c")
    )
    for layout in ("together", "apart"):
        show(page, decay_view(networks, layout, note=bad, x_label=bad, layout=layout))
        assert overflow(page) == 0
    assert page.locator(".decay bdi b").count() == 0
    assert page.get_by_test_id("decay-note").inner_text() == bad
    page.evaluate("leave()")
    assert page.get_by_test_id("decay").count() == 0


def test_both_follow_the_theme(blank):
    for module, view in (
        (decay_component, decay_view()),
        (truncation_component, truncation_view()),
    ):
        page = blank(module, 966)
        show(page, view)
        picture = f"document.querySelector('.{module.FOLDER.name} canvas').toDataURL()"
        light = page.evaluate(picture)
        for name, colour in DARK.items():
            page.evaluate(f"document.body.style.setProperty('--st-{name}', '{colour}')")
        show(page, view)
        drawn(page)
        assert page.evaluate(picture) != light
        assert "dark" in page.locator(".unrolled").get_attribute("class")
