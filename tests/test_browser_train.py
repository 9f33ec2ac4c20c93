"""The Train page in a real browser: start, other pages meanwhile, pause, stop, a look inside."""

import re

import pytest
from playwright.sync_api import expect

from tests.waiting import settled

pytestmark = pytest.mark.browser


def test_from_start_to_a_look_inside(visit):
    # So much to do that it is not over before the test has looked, however slow the browser is.
    page = visit("train?text=lighthouse&units=64&budget=20000&span=32&batch=32", ready="")
    page.get_by_role("button", name="Start training").click()
    live = page.get_by_test_id("training")
    live.wait_for()
    expect(live).to_have_attribute("data-state", "running")
    expect(live).not_to_have_attribute("data-step", "0")
    page.get_by_role("link", name="Text").click()
    page.locator('[data-testid="stages"][data-painted]').wait_for()
    page.get_by_role("link", name="Train").click()
    expect(live).to_have_attribute("data-state", "running")
    page.get_by_role("button", name="Pause").click()
    expect(live).to_have_attribute("data-state", "paused")
    step = live.get_attribute("data-step")
    assert int(step) > 0
    page.get_by_role("link", name="Text").click()
    page.locator('[data-testid="stages"][data-painted]').wait_for()
    page.get_by_role("link", name="Train").click()
    expect(live).to_have_attribute("data-state", "paused")
    settled(page)
    expect(live).to_have_attribute("data-step", step)
    page.get_by_role("button", name="Resume").click()
    expect(live).to_have_attribute("data-state", "running")
    page.get_by_role("button", name="Stop training").click()
    expect(live).to_have_attribute("data-state", "stopped")
    inside, stop = page.get_by_role("link", name="Look inside"), page.get_by_text("Stop training")
    assert inside.bounding_box()["y"] < live.bounding_box()["y"]  # a phone shows them at once
    expect(inside).to_have_css("border-top-width", "1px")  # as the buttons beside it
    box, beside = (each.bounding_box() for each in (inside, stop.locator("xpath=ancestor::button")))
    assert (box["y"], box["height"]) == pytest.approx((beside["y"], beside["height"]), abs=0.5)
    inside.click()
    page.locator('[data-testid="explorer"][data-painted]').wait_for()
    said = re.compile(r"An LSTM of 64 units, trained for [\d,]+ steps? on The lighthouse, reads")
    page.get_by_text(said).wait_for()
    assert page.get_by_test_id("stException").count() == 0
