"""Networks in lanes in a real browser, without Streamlit: numbers, the one cursor, odd input."""

import base64
import math

import numpy as np
import pytest
from playwright.sync_api import Page

from app.components import explorer as explorer_component
from app.components import lanes as component
from app.components.bundle import javascript, stylesheet
from app.components.explorer.pack import pack as pack_explorer
from app.components.lanes import LaneNetwork, LanesView
from app.components.lanes.pack import levels, pack, sizes
from tests.components import CUT, scroll_by_hand
from tests.explorer_views import T as EXPLORED
from tests.explorer_views import make_view as make_explorer_view
from tests.waiting import drawn, scrolls, until

pytestmark = pytest.mark.browser

LIGHT = {"background-color": "#ffffff", "text-color": "#1b1f27", "primary-color": "#0072b2"}
DARK = {"background-color": "#12151b", "text-color": "#e8ebf0", "primary-color": "#56b4e9"}
STEPS = 40
SHOW = """async ([name, block, identity, place]) => {
  const data = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const setStateValue = (name, value) => (window.told ??= []).push([name, value]);
  const parentElement = document.getElementById(place);
  (window.leaves ??= {})[place] = window[name]({ data, parentElement, setStateValue });
  const root = parentElement.querySelector(`[data-testid="${name}"]`);
  const last = performance.now() + 10_000;
  while (root.dataset.painted !== identity) {
    if (performance.now() > last) throw new Error(`"${identity}" is not painted`);
    await new Promise((go) => setTimeout(go, 5));
  }
  await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 0)));
}"""
# One key, and where both cursors are in the frame that it asked for.
PRESS = """async ([from, to, key]) => {
  const at = (name) => document.querySelector(`[data-testid="${name}"]`);
  at(from).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  await new Promise((go) => requestAnimationFrame(go));
  return [at(from).dataset.step, at(to).dataset.step];
}"""
# The colour at a share of the width and height of the picture that a network's units make.
COLOUR_AT = """([at, left, right, x, y]) => {
  const canvas = document.querySelectorAll(".lane canvas:first-child")[at];
  const ratio = canvas.width / canvas.clientWidth;
  const [px, py] = [left + x * (right - left), 4 + y * (canvas.clientHeight - 8)];
  const { data } = canvas.getContext("2d").getImageData(px * ratio, py * ratio, 1, 1);
  return [...data];
}"""
WIDTHS = """() => {
  const canvas = document.querySelector(".lane canvas");
  return canvas.clientWidth;
}"""


@pytest.fixture
def blank(browser):
    """An empty page with the code of both components, and no Streamlit; it must see no error."""
    pages, seen = [], []

    def heard(line) -> None:
        # Reading pixels back is what these tests do, not the components.
        if line.type != "log" and not line.text.startswith("Canvas2D: Multiple readback"):
            seen.append(line.text)

    def open_page(width=1280, height=720, theme=LIGHT, modules=(component,), **more) -> Page:
        page = browser.new_page(
            viewport={"width": width, "height": height}, reduced_motion="reduce", **more
        )
        pages.append(page)
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("console", heard)
        page.on("request", lambda asked: seen.append(asked.url))
        own = ";".join(f"--st-{key}: {value}" for key, value in theme.items())
        styles = "".join(stylesheet(each.FOLDER, each.STYLES) for each in modules)
        ground = theme["background-color"]
        page.set_content(
            f"<!doctype html><style>{styles}</style><body style='margin: 8px; {own}; "
            f"background: {ground}'><div id='above'></div><div id='here'></div></body>"
        )
        for module in modules:
            name = module.FOLDER.name
            code = javascript(module.FOLDER, module.MODULES).replace(
                f"export default function {name}Component", f"window.{name} = function"
            )
            page.add_script_tag(content=code, type="module")
            page.wait_for_function(f"() => '{name}' in window")  # a module runs when it likes
        return page

    yield open_page
    for page in pages:
        page.close()
    assert seen == []


def show(page: Page, view: LanesView) -> None:
    block = base64.b64encode(pack(view)).decode()
    page.evaluate(SHOW, ["lanes", block, view.identity, "here"])


def told(page: Page) -> list:
    return page.evaluate("window.told ?? []")


def wait_step(page: Page, t: int) -> None:
    page.wait_for_function(
        "step => document.querySelector('.lanes').dataset.step === step", arg=str(t + 1)
    )


def network(at=0, units=None, steps=STEPS, **changes) -> LaneNetwork:
    rng = np.random.default_rng(at)
    fields = {
        "key": f"n{at}",
        "name": ("RNN", "GRU", "LSTM")[at],
        "colour": ("#E69F00", "#009E73", "#CC79A7")[at],
        "word": ("vanishing", "healthy", "exploding")[at],
        "verdict": ("vanishes", "stays healthy", "explodes")[at],
        "values": rng.uniform(-1, 1, (steps, units or 8 + at)).astype(np.float32),
        "scale": "signed_unit",
        "gradient": np.linspace(-6 - at, 0, steps),
        "flags": np.zeros(steps, np.uint8),
        "surprise": rng.uniform(0, 4, steps),
        "perplexity": 3.25 + at,
        "similarity": rng.permutation(units or 8 + at),
        "guesses": tuple("abcde"[place % 5] for place in range(steps)),
        "guess_probability": rng.uniform(0, 1, steps),
    }
    return LaneNetwork(**(fields | changes))


def make_view(identity="one", count=3, steps=STEPS, **changes) -> LanesView:
    text = tuple("the lamp must never sleep said the keeper"[place % 41] for place in range(steps))
    fields = {
        "inputs": text,
        "targets": (*text[1:], "."),
        "kind": "character",
        "start": 0,
        "vocabulary_size": 30,
        "networks": tuple(network(at, steps=steps) for at in range(count)),
        "quantity": "h",
        "quantities": (("h", "hidden state h"), ("c", "cell state c")),
        "decades": (-9.0, 1.0),
        "how": "How to read it.",
        "note": "A note.",
    }
    return LanesView(identity=identity, **(fields | changes))


def row(page: Page, name: str) -> list[str]:
    return page.locator(f'.lanes tr[data-row="{name}"] td').all_inner_texts()


def test_the_numbers_at_the_cursor_are_the_arrays_of_the_step(blank):
    page = blank()
    view = make_view(pair=("n2", "n0"))
    show(page, view)
    page.get_by_test_id("lanes").focus()
    for t in (0, 1, 2, 12):
        if t:
            page.keyboard.press("Shift+ArrowRight" if t == 12 else "ArrowRight")
        wait_step(page, t)
        sign = {" ": "␣"}.get(view.inputs[t], view.inputs[t])
        assert page.get_by_test_id("lanes-step").inner_text() == f"t = {t + 1} reads “{sign}”"
        norms = [float(each) for each in row(page, "size")]
        np.testing.assert_allclose(norms, [sizes(each)[t] for each in view.networks], atol=6e-5)
        gradient = [float(each) for each in row(page, "gradient")]
        wanted = [10 ** each.gradient[t] for each in view.networks]
        np.testing.assert_allclose(gradient, wanted, rtol=5e-3)
        said = page.get_by_test_id("lanes-gap").inner_text()
        if t == 0:
            assert row(page, "surprise") == ["–"] * 3
            assert said == "Nothing predicted the first token."
            continue
        nats = [each.surprise[t - 1] for each in view.networks]
        np.testing.assert_allclose([float(each) for each in row(page, "surprise")], nats, atol=6e-5)
        gap = float(said.split(": ")[1].split(" nats")[0].replace("−", "-"))
        assert gap == pytest.approx(nats[2] - nats[0], abs=6e-5)
        assert said.endswith(f"so {'LSTM' if gap < 0 else 'RNN'} expected it more.")
        for text, each in zip(row(page, "guess"), view.networks, strict=True):
            right = each.guesses[t] == view.targets[t]
            words = f"“{each.guesses[t]}” {each.guess_probability[t]:.4f}{' ✓' if right else ''}"
            assert text == words
    assert page.get_by_test_id("lanes-verdict").all_inner_texts() == [
        "↘ vanishes", "✓ stays healthy", "↗ explodes",
    ]  # fmt: skip
    assert page.locator(".perplexity").all_inner_texts() == [
        f"perplexity {each}" for each in ("3.25", "4.25", "5.25")
    ]
    live = page.get_by_test_id("lanes-live")
    heard = until(live.inner_text, lambda words: words.startswith("t = 13 reads “"))
    assert all(f"{each.name}: ‖h‖" in heard for each in view.networks)


def test_every_token_has_the_colour_of_its_difference_and_the_pair_can_be_chosen(blank):
    page = blank()
    view = make_view()
    show(page, view)

    def shown() -> list[int]:
        spans = page.get_by_test_id("lanes-strip").locator(".token")
        return [int(each) for each in spans.evaluate_all("all => all.map((e) => e.dataset.level)")]

    def wanted(one: int, other: int) -> list[int]:
        by = [each.surprise[:-1] for each in view.networks]
        most = math.log(view.vocabulary_size)
        return [256, *levels(by[one] - by[other], (-most, most)).tolist()]

    assert shown() == wanted(0, 1)
    page.get_by_label("Second network of the difference").select_option("n2")
    assert told(page) == [["pair", ["n0", "n2"]]]
    page.wait_for_function("() => document.querySelector('.lanes').dataset.pair === 'n0 n2'")
    assert shown() == wanted(0, 2)
    page.get_by_label("First network of the difference").select_option("n2")  # swaps them
    page.wait_for_function("() => document.querySelector('.lanes').dataset.pair === 'n2 n0'")
    assert shown() == wanted(2, 0)
    show(page, make_view())  # Python has not heard yet: what the user chose stays
    assert page.get_by_test_id("lanes").get_attribute("data-pair") == "n2 n0"
    two = make_view("two", count=2)
    show(page, two)  # the third is gone
    assert shown() == wanted(0, 1)
    assert page.get_by_test_id("lanes").get_attribute("data-pair") == "n0 n1"
    assert page.get_by_label("First network of the difference").is_hidden()
    assert page.locator(".lanes .minus").inner_text() == "RNN − GRU"


def test_each_value_has_the_colour_of_its_step_and_unit(blank):
    page = blank()
    values = np.zeros((STEPS, 2), np.float32)
    values[STEPS // 2 :, 0] = 1
    values[: STEPS // 2, 1] = -1
    rest = {"similarity": np.array([1, 0])}
    networks = (network(0, values=values, **rest), network(1))
    show(page, make_view(networks=networks))
    right = page.evaluate(WIDTHS) - 2
    left = round(52 * min(max(min((1264 - 10) / 960, 616 / 610), 0.9), 1.6))

    def colour(x: float, y: float) -> list[int]:
        return page.evaluate(COLOUR_AT, [0, left, right, x, y])[:3]

    orange, blue, none = [168, 67, 0], [8, 74, 130], [255, 255, 255]
    drawn = [colour(x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    # 256 levels have none in the middle: 0 is drawn a half of one beside the ground.
    np.testing.assert_allclose(drawn, [none, orange, blue, none], atol=2)
    page.get_by_label("Order of the units").select_option("similarity")
    page.wait_for_function("() => document.querySelector('.lanes').dataset.order === 'similarity'")
    assert [colour(0.25, 0.25), colour(0.75, 0.75)] == [blue, orange]
    assert told(page) == [["order", "similarity"]]


def test_another_quantity_is_asked_of_python_and_drawn_when_it_comes(blank):
    page = blank()
    show(page, make_view())
    box = page.get_by_test_id("lanes-states").first.bounding_box()
    page.get_by_label("What the lanes show").select_option("c")
    assert told(page) == [["quantity", "c"]]
    assert page.locator('.lanes section[aria-busy="true"]').count() == 1
    wide = [network(at, scale="signed_own", values=network(at).values * 9) for at in range(3)]
    show(page, make_view("two", quantity="c", networks=tuple(wide)))
    assert page.locator('.lanes section[aria-busy="true"]').count() == 0
    assert page.get_by_label("What the lanes show").input_value() == "c"
    assert page.locator('tr[data-row="size"] th').inner_text() == "‖c‖"
    most = max(np.abs(each.values).max() for each in wide)
    ends = page.locator(".lanes section:has(.stack) > .row .end").all_inner_texts()
    assert float(ends[1]) == pytest.approx(most, abs=6e-5)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tip = page.locator(".lanes .tip.shown")
    tip.wait_for()
    words = tip.inner_text()
    unit, t = (int(each.split(" ")[-1].rstrip(":")) for each in words.split(", ")[1:3] for each in [
        each.replace("t = ", "t ").split(":")[0]])  # fmt: skip
    value = float(words.split(": ")[1].split(" ±")[0].replace("−", "-"))
    within = float(words.split("± ")[1].split(",")[0])
    assert abs(value - wide[0].values[t - 1, unit - 1]) <= within + 6e-4
    alone = make_view("three", networks=(wide[0], network(1), network(2)))
    show(page, alone)  # no bar tells all colours: each lane has its own
    assert page.locator(".lane .scale:visible").count() == 3
    assert "Each lane has its own scale" in page.locator(".lanes .how").nth(1).inner_text()


def test_the_pointer_moves_it_and_python_hears_once_it_is_let_go(blank):
    page = blank()
    show(page, make_view())
    for name in ("lanes-states", "lanes-gradient"):
        page.evaluate("window.told = []")
        box = page.get_by_test_id(name).last.bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 0.3 * box["width"], middle)
        page.mouse.down()
        for share in (0.4, 0.5, 0.8):
            page.mouse.move(box["x"] + share * box["width"], middle)
        assert told(page) == []
        page.mouse.up()
        [[key, step]] = told(page)
        assert key == "cursor"
        wait_step(page, step)
        assert 0.7 * STEPS < step < 0.85 * STEPS
        page.keyboard.press("Home")
        wait_step(page, 0)
        page.wait_for_function("() => window.told.length === 2")
        assert told(page)[-1] == ["cursor", 0]
    page.get_by_test_id("lanes-strip").locator('[data-t="17"]').click()
    wait_step(page, 17)
    assert told(page)[-1] == ["cursor", 17]
    show(page, make_view(cursor=17))  # the echo
    page.keyboard.press("ArrowLeft")
    wait_step(page, 16)
    show(page, make_view(cursor=5))  # Python's own word
    wait_step(page, 5)


def test_it_shares_its_cursor_with_the_explorer_in_the_same_frame(blank):
    page = blank(modules=(explorer_component, component))
    above = make_explorer_view(link="explore")
    block = base64.b64encode(pack_explorer(above)).decode()
    page.evaluate(SHOW, ["explorer", block, above.identity, "above"])
    show(page, make_view(steps=EXPLORED, link="explore"))
    steps = [page.evaluate(PRESS, ["explorer", "lanes", "ArrowRight"]) for _ in range(3)]
    assert steps == [["2", "2"], ["3", "3"], ["4", "4"]]
    assert page.evaluate(PRESS, ["lanes", "explorer", "End"]) == [str(EXPLORED)] * 2
    assert page.evaluate(PRESS, ["lanes", "explorer", "ArrowLeft"]) == [str(EXPLORED - 1)] * 2
    show(page, make_view("two", steps=EXPLORED, link="", cursor=0))
    assert page.evaluate(PRESS, ["explorer", "lanes", "Home"]) == ["1", str(EXPLORED - 1)]


def test_steps_without_a_number_are_marked_and_counted(blank):
    page = blank()
    flags = np.zeros(STEPS, np.uint8)
    flags[:20] = 2
    flags[20] = 1
    gradient = np.where(flags == 0, -3.0, np.nan)
    lost = np.full((STEPS, 4), np.nan, np.float32)
    dead = {"flags": np.full(STEPS, 3, np.uint8), "gradient": np.full(STEPS, np.nan)}
    networks = (
        network(0, flags=flags, gradient=gradient),
        network(1, values=lost, similarity=None, surprise=np.full(STEPS, np.nan),
                perplexity=float("nan"), **dead),
    )  # fmt: skip
    show(page, make_view(networks=networks))
    legend = page.locator(".lanes .legend .flag").all_inner_texts()
    assert legend == ["○ exact zero: RNN 1", "▽ underflow: RNN 20", "× non-finite: GRU 40"]
    assert row(page, "gradient") == ["underflow", "non-finite"]
    assert row(page, "size")[1] == "NaN"
    page.get_by_test_id("lanes").focus()
    page.keyboard.press("End")
    wait_step(page, STEPS - 1)
    assert row(page, "gradient") == ["0.00100", "non-finite"]
    assert "not a number" in page.get_by_test_id("lanes-gap").inner_text()
    assert "Grey, hatched: not finite." in page.locator(".lanes .how").nth(1).inner_text()
    page.get_by_test_id("lanes-states").last.hover()
    assert "not finite" in page.locator(".lanes .tip").inner_text()


def test_a_curve_that_leaves_the_axis_says_so(blank):
    page = blank()
    show(page, make_view(decades=(-3.0, -1.0)))
    assert "▲ ▼ the curve goes on" in page.locator(".lanes .how").nth(2).inner_text()
    show(page, make_view("two"))
    assert "▲" not in page.locator(".lanes .how").nth(2).inner_text()


@pytest.mark.parametrize("steps", [1, 2, 500])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (944, 720), (1900, 1080)])
def test_nothing_sticks_out_at_any_size(blank, width, height, steps):
    page = blank(width, height, DARK)
    networks = tuple(
        network(at, 128 if steps == 500 else at + 1, steps, name="x" * 60 + str(at))
        for at in range(3)
    )
    long = ("<img src=x onerror=alert(1)>", "a" + "\u0301" * 300, "\u202eturned", "\n", "y" * 24)
    text = tuple(long[at % 5] for at in range(steps))
    show(page, make_view(steps=steps, networks=networks, inputs=text, targets=text, kind="word"))
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator(".lanes img").count() == 0
    page.get_by_test_id("lanes").focus()
    for key in ("End", "Home", "PageDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    wait_step(page, min(steps - 1, 11))
    if height == 720:
        assert page.get_by_test_id("lanes").bounding_box()["height"] <= 720
    if width == 390:  # the numbers stand below, without a gap
        ends = [page.locator(each).bounding_box() for each in (".lanes", ".side .how >> nth=1")]
        assert abs(ends[0]["y"] + ends[0]["height"] - ends[1]["y"] - ends[1]["height"]) < 12
    page.evaluate("leaves.here()")
    assert page.locator(".lanes").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_the_text_rests_on_whole_lines_and_fades_where_it_goes_on(blank, width):
    page = blank(width)
    strip = page.get_by_test_id("lanes-strip")
    for steps in (500, 700, 1000, 1400, 2000):  # how many fill the box depends on the font
        show(page, make_view(str(steps), steps=steps))
        if scrolls(strip):
            break
    assert scrolls(strip)
    page.get_by_test_id("lanes").focus()
    page.keyboard.press("Home")
    until(lambda: strip.evaluate(CUT), [0, False, True])
    for _ in range(steps // 10):
        page.keyboard.press("Shift+ArrowRight")
        drawn(page)
        assert strip.evaluate(CUT)[0] == 0
    until(lambda: strip.evaluate(CUT), [0, True, False])
    scroll_by_hand(strip, -31)


def test_no_word_of_the_heads_is_broken(blank):
    page = blank(1280)
    names = [f"{cell}, untrained" for cell in ("RNN", "GRU", "LSTM")]
    show(page, make_view(networks=tuple(network(at, name=names[at]) for at in range(3))))
    heads = page.locator(".lanes thead th bdi")
    assert heads.all_inner_texts() == ["RNN", "GRU", "LSTM"]
    assert page.locator(".lanes thead .common").inner_text() == "untrained"
    assert heads.evaluate_all("all => all.map((e) => e.getClientRects().length)") == [1, 1, 1]
    both = tuple(network(at, name=name) for at, name in enumerate(["LSTM, trained", names[2]]))
    show(page, make_view("two", networks=both))
    assert heads.all_inner_texts() == ["trained", "untrained"]
    assert heads.evaluate_all("all => all.map((e) => e.getClientRects().length)") == [1, 1]


def test_touch_moves_it_and_scrolling_takes_it_back(blank):
    page = blank(390, 844, has_touch=True)
    show(page, make_view())
    box = page.get_by_test_id("lanes-states").first.bounding_box()
    page.touchscreen.tap(box["x"] + 0.6 * box["width"], box["y"] + 20)
    page.wait_for_function("() => window.told?.length")
    step = told(page)[0][1]
    assert 0.4 * STEPS < step < 0.65 * STEPS
    page.get_by_test_id("lanes-states").first.evaluate(
        """(node) => {
          const { left, top, width } = node.getBoundingClientRect();
          const send = (type, share) => node.dispatchEvent(new PointerEvent(type, {
            pointerId: 1, clientX: left + share * width, clientY: top + 9, bubbles: true,
          }));
          node.setPointerCapture = () => {};
          send("pointerdown", 0.9);
          send("pointercancel", 0.9);
        }"""
    )
    wait_step(page, step)
    assert len(told(page)) == 1


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_focus_shows_and_words_stand_out_from_their_ground(blank, theme):
    page = blank(theme=theme)
    show(page, make_view())
    page.keyboard.press("Tab")
    ring = page.get_by_test_id("lanes").evaluate("node => getComputedStyle(node).boxShadow")
    assert ring != "none"
    contrasts = page.evaluate(
        """([ground]) => {
          const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
          const light = (rgb) => rgb.slice(0, 3).map((part) => part / 255).map((part) =>
            part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
          const hex = [1, 3, 5].map((at) => parseInt(ground.slice(at, at + 2), 16));
          const all = [...document.querySelectorAll(".lanes .how, .lanes td, .lanes th," +
            ".lanes h2, .lanes .verdict, .lanes .perplexity, .lanes .gap, .lanes bdi," +
            ".lanes .end")];
          return all.filter((node) => node.textContent.trim()).map((node) => {
            const [red, green, blue, alpha = 1] = parts(getComputedStyle(node).color);
            const mixed = [red, green, blue].map((part, at) =>
              alpha * part + (1 - alpha) * hex[at]);
            const [low, high] = [light(mixed), light(hex)].sort((a, b) => a - b);
            return (high + 0.05) / (low + 0.05);
          });
        }""",
        [theme["background-color"]],
    )
    assert len(contrasts) > 20
    assert min(contrasts) >= 4.5
