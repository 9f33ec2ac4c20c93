"""The Gradients page in a real browser: the slider, what is switched off, cursors, the link."""

import re

import pytest
from playwright.sync_api import expect

from tests.waiting import drawn, settled, until

pytestmark = pytest.mark.browser
RADIUS = "gradients?compare=radius&weights=untrained&cell=rnn_tanh&units=8&steps=40"


def measured(page) -> list[float]:
    """The norm of each network at the last lag, as the legend says it."""
    cells = page.locator('[data-testid="decay-value"][data-theory=""]')
    return [float(cell.get_attribute("data-value")) for cell in cells.all()]


def test_the_slider_moves_one_curve_and_the_link_reproduces_the_screen(visit):
    page = visit(RADIUS, ready="decay")
    picture = page.get_by_test_id("decay")
    before = measured(page)
    painted = picture.get_attribute("data-painted")
    thumb = page.get_by_role("slider", name="Spectral radius")
    for _ in range(30):
        thumb.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"rho=1\.3"))
    expect(picture).not_to_have_attribute("data-painted", painted)
    expect(page.get_by_test_id("decay-legend")).to_contain_text("ρ = 1.3")
    settled(page)
    after = measured(page)
    assert after[1:] == before[1:]  # radii 0.9 and 1.1 stand where they stood
    assert after[0] != before[0]
    page.locator('[data-testid="decay-switch"][data-key="radius"]').click()
    expect(page).to_have_url(re.compile(r"off=step_bound(\+|%20)radius"))
    page.get_by_test_id("decay-cursor").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"lag=2"))
    shown = measured(page)
    page.reload()
    page.locator('[data-testid="decay"][data-painted]').wait_for()
    assert measured(page) == shown
    switched = page.locator('[data-testid="decay-switch"][data-key="radius"]')
    expect(switched).to_have_attribute("aria-pressed", "false")


def test_reach_and_truncation_follow_one_loss(visit):
    page = visit("gradients?lab=reach&steps=40", ready="reach")
    picture = page.get_by_test_id("reach")
    expect(page.get_by_test_id("reach-sentence")).to_contain_text("The loss at step 40")
    picture.focus()
    for _ in range(4):
        page.keyboard.press("PageUp")
    expect(page).to_have_url(re.compile(r"loss_step=1(&|$)"))
    page.get_by_role("button", name="each row by its largest").click()
    expect(page).to_have_url(re.compile(r"scale=relative"))
    page.get_by_test_id("stMain").get_by_text("Truncation", exact=True).click()
    cuts = page.locator('[data-testid="truncation"][data-painted]')
    cuts.wait_for()
    page.get_by_text("Dividing by π what passes").wait_for()  # the last of the page
    settled(page)
    expect(page.get_by_test_id("truncation-step")).to_contain_text("Step 1 of 40")
    painted = cuts.get_attribute("data-painted")
    page.get_by_role("slider", name="Steps k").press("ArrowRight")
    expect(cuts).not_to_have_attribute("data-painted", painted)
    expect(cuts).to_contain_text("equal segments of 9")
    assert page.get_by_test_id("stException").count() == 0


CHARTS = (
    "gradients?lab=gates&weights=untrained&cell=gru&units=8&steps=40",  # one of equal scales
    "gradients?lab=truncation&weights=untrained&cell=gru&units=8&steps=40",  # of two panels each
    "gradients?lab=clipping&weights=untrained&cell=gru&units=8&steps=40",
    "text?view=ngrams&steps=40",
)


@pytest.mark.parametrize("query", CHARTS)
def test_a_finger_on_a_chart_scrolls_the_page_and_a_mouse_still_reads_it(visit, query):
    page = visit(query, ready="", has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_text("How to read it").first.wait_for()
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    settled(page)
    main, charts = page.get_by_test_id("stMain"), page.locator(".js-plotly-plot").all()
    for chart in reversed(charts):
        before = chart.evaluate(AXES)
        chart.evaluate("element => element.scrollIntoView({block: 'center'})")
        settled(page)
        start = main.evaluate("main => main.scrollTop")
        box = chart.bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        drag(page, middle, (0, 150 if start > 150 else -150))
        until(lambda: main.evaluate("main => main.scrollTop"), lambda at: abs(at - start) > 100)  # noqa: B023
        assert chart.evaluate(AXES) == before
    chart.evaluate("element => element.scrollIntoView({block: 'center'})")
    settled(page)
    marks = chart.locator(".points .point, .hm image, .points path").first.bounding_box()
    page.mouse.move(marks["x"] + marks["width"] / 2, marks["y"] + marks["height"] / 2)
    expect(chart.locator(".hoverlayer .hovertext").first).to_be_visible()


AXES = """chart => Object.entries(chart._fullLayout).filter(([name]) => /^[xy]axis/.test(name))
  .map(([name, axis]) => [name, ...axis.range])"""


def drag(page, start: tuple[float, float], by: tuple[float, float]) -> None:
    """Draw a finger over the screen."""
    session = page.context.new_cdp_session(page)
    send = "Input.dispatchTouchEvent"
    for step in range(11):
        point = {"x": start[0] + by[0] * step / 10, "y": start[1] + by[1] * step / 10}
        kind = "touchMove" if step else "touchStart"
        session.send(send, {"type": kind, "touchPoints": [point]})
        drawn(page)
    session.send(send, {"type": "touchEnd", "touchPoints": []})


def test_charts_take_the_colours_of_the_theme_that_is_on(visit):
    query = "gradients?lab=clipping&weights=untrained&cell=gru&units=8&steps=40"
    page = visit(query, ready="", color_scheme="dark")
    diamond = page.locator(".js-plotly-plot").first.locator(".trace.scatter path.point").last
    diamond.wait_for()
    expect(diamond).to_have_css("fill", "rgb(86, 180, 233)")
    page.emulate_media(color_scheme="light")
    page.get_by_role("slider", name="Threshold").press("ArrowRight")  # lines follow when drawn anew
    expect(diamond).to_have_css("fill", "rgb(0, 114, 178)")


def test_the_loss_is_in_sight_only_where_it_acts_and_stays_as_it_was_set(visit):
    page = visit("gradients?weights=untrained&units=4&steps=20&loss=mean", ready="decay")
    loss = page.get_by_test_id("stSidebar").get_by_text("Loss", exact=True)
    expect(loss).to_be_hidden()
    for lab, seen in (("Clipping", True), ("How far back", False), ("Truncation", True)):
        page.get_by_test_id("stMain").get_by_role("radio", name=lab, exact=True).click()
        if seen:
            expect(loss).to_be_visible()
            chosen = page.get_by_test_id("stSidebar").get_by_role("radio", name="all steps")
            expect(chosen).to_be_checked()
        else:
            expect(loss).to_be_hidden()
        expect(page).to_have_url(re.compile(r"loss=all\+steps|loss=all%20steps"))


def test_the_sidebar_follows_another_comparison(visit):
    page = visit("gradients?weights=untrained&units=4&steps=20", ready="decay")
    cell = page.get_by_test_id("stSidebar").get_by_text("Cell", exact=True)
    expect(cell).to_be_visible()
    for compared in ("tanh and ReLU", "three spectral radii"):
        page.get_by_role("combobox", name="Networks").click()
        page.get_by_role("option", name=compared, exact=True).click()
        expect(cell).to_be_visible(visible=compared != "tanh and ReLU")
