"""Work that takes minutes, of several visitors of one server: asked for, ended, begun again."""

import re

import psutil
import pytest
from playwright.sync_api import expect

from tests.serving import served
from tests.waiting import settled, until

pytestmark = pytest.mark.browser
LARGE = "lab=reach&weights=untrained&units=512&layers=4&both=true&steps=500&cell="
SMALL = "?weights=untrained&cell=gru&units=4&steps=20&seed={}"
TRAINING = "train?text=lighthouse&units=128&budget=20000&span=64&batch=32&seed={}"
WORKER = "core.learning.worker"
TAKES = re.compile(r"This takes about \d+ min on this server: an? .* of 4 layers")
COMPUTING = re.compile(r"Computing: \d+ %")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of these tests' own, for they look at its processes, and its address."""
    with served("app/main.py", tmp_path_factory.mktemp("app") / "log") as (process, address):
        yield psutil.Process(process.pid), address


@pytest.fixture(scope="module")
def app_address(server):
    return server[1]


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def begin(page) -> None:
    """Ask for the work that the page offers."""
    button(page, "Compute it").click()
    button(page, "Cancel").wait_for()
    expect(button(page, "Compute it")).to_be_hidden()  # asked for once is enough


def test_long_work_is_asked_for_first_ended_at_a_click_and_begun_again(visit):
    page = visit(f"gradients?{LARGE}lstm", ready="")
    expect(page.get_by_text(TAKES)).to_be_visible()
    assert button(page, "Cancel").count() == 0  # nothing is computed that was not asked for
    begin(page)
    expect(page.get_by_text(COMPUTING)).to_be_visible()
    expect(page.get_by_text(TAKES)).to_be_visible()
    # Meanwhile another visitor is answered, and a third waits for the same place.
    visit(SMALL.format(1)).close()
    other = visit(f"gradients?{LARGE}gru", ready="")
    begin(other)
    button(page, "Cancel").click()
    expect(page.get_by_text("Cancelled. This takes about")).to_be_visible()
    assert button(page, "Cancel").count() == 0
    assert page.get_by_text(COMPUTING).count() == 0
    expect(other.get_by_text(COMPUTING)).to_be_visible()  # the place is free
    button(other, "Cancel").click()
    expect(button(other, "Compute it")).to_be_visible()
    begin(page)
    expect(page.get_by_text(COMPUTING)).to_be_visible()
    page.get_by_role("link", name="Text").click()  # another page ends the wait as well
    page.locator('[data-testid="stages"][data-painted]').wait_for()
    begin(other)
    expect(other.get_by_text(COMPUTING)).to_be_visible()
    button(other, "Cancel").click()
    expect(button(other, "Compute it")).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


def trainings(server) -> set[int]:
    """The processes that train, by their numbers, of those of a server that are still there."""
    found = set()
    for process in server.children(recursive=True):
        try:
            if WORKER in process.cmdline():
                found.add(process.pid)
        except psutil.Error:
            continue  # it has just ended
    return found


def train(page, server) -> int:
    """Start a training; its process, once it learns."""
    before = trainings(server)
    button(page, "Start training").click()
    live = page.get_by_test_id("training")
    expect(live).to_have_attribute("data-state", "running")
    expect(live).not_to_have_attribute("data-step", "0")
    (process,) = trainings(server) - before
    return process


def test_trainings_leave_other_visitors_answered_and_end_with_their_tabs(visit, server):
    process, _ = server
    assert trainings(process) == set()
    first, second = (visit(TRAINING.format(seed), ready="") for seed in (1, 2))
    closed, stays = train(first, process), train(second, process)
    third = visit(SMALL.format(3))  # returns once the explorer is painted
    settled(third)
    third.get_by_role("spinbutton", name="Seed").fill("4")
    painted = third.get_by_test_id("explorer").get_attribute("data-painted")
    third.get_by_role("spinbutton", name="Seed").press("Enter")
    expect(third.get_by_test_id("explorer")).not_to_have_attribute("data-painted", painted)
    assert trainings(process) == {closed, stays}
    first.close()
    until(lambda: trainings(process), {stays})
    live = second.get_by_test_id("training")
    expect(live).to_have_attribute("data-state", "running")
    button(second, "Stop training").click()
    expect(live).to_have_attribute("data-state", "stopped")
    until(lambda: trainings(process), set())
