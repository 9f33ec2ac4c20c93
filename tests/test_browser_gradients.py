"""The Gradients page in a real browser: the slider, what is switched off, cursors, the link."""

import re

import pytest
from playwright.sync_api import expect

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
    page.wait_for_timeout(500)
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
    page.wait_for_timeout(1000)
    expect(page.get_by_test_id("truncation-step")).to_contain_text("Step 1 of 40")
    painted = cuts.get_attribute("data-painted")
    page.get_by_role("slider", name="Steps k").press("ArrowRight")
    expect(cuts).not_to_have_attribute("data-painted", painted)
    expect(cuts).to_contain_text("equal segments of 9")
    assert page.get_by_test_id("stException").count() == 0
