"""What moves in the explorer's diagram, in a real browser under a clock that the test sets."""

import base64
import datetime
import re

import numpy as np
import pytest
from playwright.sync_api import Page

from app.components.bundle import javascript, stylesheet
from app.components.explorer import FOLDER, MODULES, STYLES, ExplorerView
from app.components.explorer.pack import pack
from tests.motion_views import MOUNT, SPY, T, long_view, make_layers

pytestmark = pytest.mark.browser


@pytest.fixture
def filmed(browser):
    """Open the component with a view; its clock stands until the test runs it."""
    pages, seen = [], []

    def open_page(view: ExplorerView, still: bool = False, width: int = 1100) -> Page:
        motion = "reduce" if still else "no-preference"
        page = browser.new_page(viewport={"width": width, "height": 720}, reduced_motion=motion)
        pages.append(page)
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.on("console", lambda line: seen.append(line.text) if line.type != "log" else None)
        page.clock.install()
        page.set_content(f"<style>{stylesheet(FOLDER, STYLES)}</style>")
        code = javascript(FOLDER, MODULES).replace(
            "export default function explorerComponent", "window.explorer = function"
        )
        page.add_script_tag(content=code, type="module")
        page.wait_for_function("() => 'explorer' in window")
        page.clock.pause_at(datetime.datetime(2035, 1, 1, tzinfo=datetime.UTC))
        page.evaluate(SPY)
        page.evaluate(MOUNT, base64.b64encode(pack(view)).decode())
        page.clock.run_for(1000)
        page.get_by_test_id("explorer").focus()
        return page

    yield open_page
    for page in pages:
        page.close()
    assert seen == []


def press(page: Page, *keys: str, after: int = 40) -> None:
    for key in keys:
        page.keyboard.press(key)
        page.clock.run_for(after)


def step_of(page: Page) -> int:
    return int(page.get_by_test_id("explorer").get_attribute("data-step"))


def run_of(page: Page) -> str:
    return page.get_by_test_id("explorer").get_attribute("data-run")


def words_of(page: Page) -> str:
    return page.locator(".motion + .how").inner_text()


def picture(page: Page) -> str:
    return page.get_by_test_id("diagram").evaluate("(canvas) => canvas.toDataURL()")


def spread(page: Page) -> float:
    """How far apart the outermost nodes stand, in px."""
    return page.evaluate("Math.max(...drawn.nodes) - Math.min(...drawn.nodes)")


@pytest.mark.parametrize("layers", [make_layers(), make_layers(4), make_layers(2, both=True)])
def test_the_columns_run_together_into_the_loop_and_out_again(filmed, layers):
    page = filmed(long_view(layers=layers, cursor=12))
    heading = page.locator("h3").first
    unrolled, wide = picture(page), spread(page)
    assert heading.inner_text() == "Unrolled around t = 13"
    page.keyboard.press("u")
    spreads = []
    for _ in range(8):
        page.clock.run_for(100)
        spreads.append(spread(page))
    assert spreads == sorted(spreads, reverse=True)
    assert wide > spreads[2] > spreads[4] > spreads[-1]
    assert page.evaluate("drawn.nodes.length") == len(layers)
    assert heading.inner_text() == "Folded, at t = 13"
    press(page, "ArrowRight")
    assert heading.inner_text() == "Folded, at t = 14"
    press(page, "ArrowLeft", after=400)
    page.get_by_role("button", name="Unfold").click()
    page.clock.run_for(1500)
    assert picture(page) == unrolled


def test_folding_is_at_once_where_motion_is_unwelcome(filmed):
    page = filmed(long_view(cursor=12), still=True)
    press(page, "u", after=20)
    assert page.evaluate("drawn.nodes.length") == 1


def test_pointing_at_the_loop_lights_every_copy(filmed):
    page = filmed(long_view(cursor=12))
    before = picture(page)
    box = page.get_by_test_id("diagram").bounding_box()
    found = False
    for x in range(60, 104, 2):  # somewhere there the loop bows out of its box
        page.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
        page.clock.run_for(40)
        said = page.locator(".tip.shown")
        found = said.count() == 1 and said.inner_text() == "W_hh: the same weights at every step"
        if found:
            break
    assert found
    assert picture(page) != before
    by_pointer = picture(page)
    page.mouse.move(5, 5)
    page.clock.run_for(40)
    assert picture(page) == before
    page.get_by_role("button", name="Show all copies of the recurrent weights").hover()
    page.clock.run_for(40)
    assert picture(page) == by_pointer


def test_a_step_is_read_in_three_phases_at_the_tempo(filmed):
    page = filmed(long_view(cursor=12))
    full = picture(page)
    page.keyboard.press("Space")
    seen = []
    for _ in range(3):
        page.clock.run_for(160)
        seen.append((step_of(page), words_of(page)))
    assert [step for step, _ in seen] == [13, 13, 13]
    for (_, words), phase in zip(
        seen, ("token enters", "state updates", "prediction appears"), strict=True
    ):
        assert phase in words
    assert picture(page) != full  # what lies ahead has not been read
    page.clock.run_for(1100)
    assert step_of(page) == 16
    press(page, "+", "+")
    page.clock.run_for(500)
    assert step_of(page) >= 19
    page.keyboard.press("Space")
    held = step_of(page)
    page.clock.run_for(2000)
    assert step_of(page) == held and run_of(page) == "forward paused"
    press(page, "Escape")
    assert run_of(page) == ""


def test_a_single_step_and_a_start_from_the_end(filmed):
    page = filmed(long_view(cursor=12))
    page.get_by_role("button", name="Step", exact=True).click()
    page.clock.run_for(900)
    assert (step_of(page), run_of(page)) == (14, "forward paused")
    press(page, ".", after=900)
    assert step_of(page) == 15
    press(page, "End", "Space")
    assert (step_of(page), run_of(page)) == (1, "forward moving")
    press(page, "+", "+", "+", after=10)
    page.clock.run_for(2500)
    assert (step_of(page), run_of(page)) == (T, "")
    assert page.evaluate("told.at(-1)") == ["cursor", T - 1]


def test_a_hand_on_the_cursor_ends_what_runs(filmed):
    page = filmed(long_view(cursor=12))
    press(page, "Space", "ArrowRight")
    assert run_of(page) == ""
    press(page, "b")
    assert run_of(page) == "backward moving"
    page.get_by_test_id("heatmap").click()
    page.clock.run_for(40)
    assert run_of(page) == ""


def test_the_gradient_dies_out_where_it_does_and_says_so(filmed):
    page = filmed(long_view(slope=0.4, cursor=12))
    press(page, "b")
    assert page.evaluate("told") == [["edges", "gradient"]]
    assert (step_of(page), run_of(page)) == (T, "backward moving")
    steps = [T]
    while run_of(page) != "backward ended":
        page.clock.run_for(40)
        if step_of(page) != steps[-1]:
            steps.append(step_of(page))
            assert f"Back at t = {steps[-1]}:" in words_of(page) or "Died out" in words_of(page)
    dies = 9  # 0.4 decades a step: 21 steps back the norm is 10 ** -8.4
    assert steps == list(range(T, dies - 1, -1))
    assert f"Loss at the last step, t = {T}. Died out at t = {dies}, 21 steps" in words_of(page)
    assert "3.98e-09" in words_of(page)
    page.clock.run_for(1000)
    assert "Died out" in page.get_by_test_id("live").inner_text()
    assert page.evaluate("told.at(-1)") == ["cursor", dies - 1]


def test_a_gradient_that_grows_comes_to_the_first_step(filmed):
    page = filmed(long_view(slope=-0.5))
    press(page, "+", "+", "+", after=10)
    press(page, "b", after=1500)
    assert (step_of(page), run_of(page)) == (1, "backward ended")
    assert "3.16e+14 times that at t = 30" in words_of(page)


def test_the_window_cuts_the_way_and_says_whose_numbers_they_are(filmed):
    page = filmed(long_view(slope=0.1, cursor=20))
    before = picture(page)
    press(page, "k")
    page.keyboard.type("4")
    page.clock.run_for(40)
    assert picture(page) != before
    assert "the numbers are the full gradient's" in words_of(page)
    press(page, "Enter", "b", after=2000)
    assert (step_of(page), run_of(page)) == (27, "backward ended")
    words = words_of(page)
    assert "Stopped at t = 27, where k = 4 cuts: ‖∂L/∂h‖ = 0.501" in words
    assert "Beyond the cut the full gradient has 0.398 at t = 26" in words
    field = page.get_by_test_id("window")
    field.fill("")
    page.clock.run_for(40)
    assert run_of(page) == ""
    field.press("Escape")
    press(page, "+", "+", "+", after=10)
    press(page, "b", after=1500)
    assert step_of(page) == 1


def test_a_loss_at_every_step_is_named_and_the_run_begins_at_the_cursor(filmed):
    page = filmed(long_view(slope=0.1, at="mean", cursor=20))
    press(page, "b")
    assert step_of(page) == 21
    assert "Mean loss of all 30 steps, from t = 21, with what later losses sent back" in words_of(
        page
    )
    page.keyboard.press("b")
    held = step_of(page)
    page.clock.run_for(1000)
    assert (step_of(page), run_of(page)) == (held, "backward paused")
    press(page, "Space", after=500)
    assert step_of(page) < held


def alone(step: int) -> ExplorerView:
    """The same text, and the gradient of one loss alone: half a decade less a step back."""
    log10 = 0.5 * (np.arange(T)[None] - step)
    later = np.arange(T)[None] > step
    return long_view(
        identity=f"of {step}", origin=str(step + 1), cursor=step, offers=("origin",),
        loss={"at": "step", "step": step, "value": 1.5, "perplexity": 4.48},
        gradient=np.where(later, np.nan, log10), gradient_flags=later.astype(np.uint8),
        edges_gradient=np.repeat(np.where(later, 0, 10**log10)[..., None], 2, -1),
        head_gradient=np.eye(T)[step],
    )  # fmt: skip


def test_one_loss_alone_is_asked_for_waited_for_and_run_back_from(filmed):
    page = filmed(long_view(offers=("origin",), cursor=12))
    press(page, "l")
    assert page.get_by_test_id("origin").input_value() == "13"
    assert page.get_by_role("button", name="gradient back").get_attribute("aria-pressed") == "true"
    press(page, "b")
    assert (run_of(page), step_of(page)) == ("", 13)
    assert page.locator(".backward").inner_text() == "◀ Waiting …"
    page.clock.run_for(300)
    assert ["origin", "13"] in page.evaluate("told")
    before = picture(page)
    page.evaluate(MOUNT, base64.b64encode(pack(alone(12))).decode())
    page.clock.run_for(40)
    assert picture(page) != before
    assert (run_of(page), step_of(page)) == ("backward moving", 13)
    assert "Loss at step 13 alone: 1.50 nats" in page.locator(".headline").inner_text()
    assert "the loss at t = 13 alone feels each step" in page.locator(".main").inner_text()
    press(page, "+", "+", "+", after=20)
    page.clock.run_for(1500)
    assert (run_of(page), step_of(page)) == ("backward ended", 1)
    assert words_of(page).startswith("Loss at t = 13 alone. Came to t = 1: ‖∂L/∂h‖ = 1.00e-06")
    press(page, "b", after=20)
    assert run_of(page) == "backward moving" and step_of(page) > 8
    press(page, "Escape", "ArrowRight", "l", "l", after=300)  # of the cursor's, and of none
    assert page.evaluate("told").count(["origin", ""]) == 1
    page.get_by_test_id("origin").fill("99")
    page.clock.run_for(300)
    assert page.evaluate("told.filter(([name]) => name === 'origin').at(-1)") == ["origin", "30"]
    assert step_of(page) == 30


def test_where_the_page_cannot_compute_one_loss_alone_it_is_not_offered(filmed):
    page = filmed(long_view())
    press(page, "l")
    assert not page.get_by_test_id("origin").is_visible()
    assert step_of(page) == 1 and page.evaluate("window.told ?? null") is None


@pytest.mark.parametrize("layers", [make_layers(4), make_layers(2, both=True)])
@pytest.mark.parametrize("still", [False, True])
def test_stacks_and_two_directions_do_all_of_it(filmed, layers, still):
    page = filmed(long_view(layers=layers, cursor=5, slope=0.1), still=still)
    press(page, "Space", after=700)
    assert step_of(page) == 7
    press(page, "u", after=700)
    assert run_of(page) == "forward moving"  # it reads on, folded
    press(page, "b", after=1000)
    assert run_of(page) == "backward moving"
    press(page, "+", "+", "+", "u", after=10)
    page.clock.run_for(2700)
    assert run_of(page) == "backward ended"
    assert "layer 1 →" in words_of(page)


def test_while_something_moves_no_other_picture_is_drawn_anew(filmed):
    page = filmed(long_view(cursor=5, slope=0.1, edges="gradient"))
    press(page, "ArrowRight", after=500)
    page.evaluate("() => { drawn.clear = {}; drawn.put = 0; }")
    press(page, "b", after=2000)
    press(page, "Escape", "u", after=1000)
    cleared = page.evaluate("drawn.clear")
    assert cleared["diagram"] > 100
    bases = [name for name in cleared if re.search("Heatmap|Gradient norm", name)]
    assert bases == [] and page.evaluate("drawn.put") == 0


def test_every_control_has_a_key_and_fits_a_phone(filmed):
    page = filmed(long_view(offers=("origin",)), width=390)
    root = page.get_by_test_id("explorer")
    shortcuts = root.get_attribute("aria-keyshortcuts").split()
    assert {"u", "b", "l", "k", ".", "+", "-", "Space", "Escape"} <= set(shortcuts)
    label = root.get_attribute("aria-label")
    for words in (
        "space plays",
        "u folds",
        "b runs the gradient back",
        "l takes the loss",
        "truncation window",
    ):
        assert words in label
    for control in page.locator(".explorer .motion > *, .explorer .play").all():
        box = control.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
