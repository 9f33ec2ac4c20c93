"""Keys, presenting, and a history that Back follows, in a real browser."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PAGES = {
    "explore": "",
    "how far back": "gradients?steps=40",
    "reach": "gradients?lab=reach&steps=40",
    "truncation": "gradients?lab=truncation&steps=40",
    "bets": "gradients?lab=bets&steps=40",
    "generate": "generate?rule=beam&searched=6",
    "train": "train?text=lighthouse",
    "text": "text?steps=40",
    "n-grams": "text?view=ngrams&steps=40",
}
SERIOUS = ("serious", "critical")


DARK = ("explore", "how far back", "train")


@pytest.mark.parametrize(
    ("name", "scheme"), [*((name, "light") for name in PAGES), *((name, "dark") for name in DARK)]
)
def test_axe_finds_no_serious_fault(visit, name, scheme):
    page = visit(PAGES[name], ready="", color_scheme=scheme)
    page.get_by_text("The link in the address bar").wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    found = Axe().run(page).response["violations"]
    faults = [
        (fault["id"], node["html"][:120], [each["message"] for each in node["any"]][:1])
        for fault in found
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]
    assert faults == []


def test_a_question_mark_lists_the_keys_of_this_page(visit):
    page = visit("gradients?lab=reach&steps=30", ready="reach")
    page.keyboard.press("?")
    help_ = page.get_by_test_id("help")
    expect(help_).to_contain_text("Which token reaches which")
    expect(help_).not_to_contain_text("The explorer")
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    page.get_by_test_id("keys").click()
    expect(help_).to_be_visible()
    page.get_by_test_id("help-close").click()
    expect(help_).to_be_hidden()


def test_typing_a_question_mark_or_a_p_is_typing(visit):
    page = visit("generate?length=10")
    field = page.get_by_test_id("stTextInputField")
    field.click()
    page.keyboard.type("what?pp")
    expect(field).to_have_value("what?pp")
    expect(page.get_by_test_id("help")).to_be_hidden()
    expect(page.get_by_test_id("presenter")).to_have_attribute("data-presenting", "false")


def test_presenting_shows_the_pictures_alone_and_a_clicker_steps(visit):
    page = visit("?steps=40")
    explorer = page.get_by_test_id("explorer")
    before = explorer.bounding_box()["width"]
    page.keyboard.press("p")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page).to_have_url(re.compile("present=1"))
    page.wait_for_timeout(1000)
    assert explorer.bounding_box()["width"] > before
    expect(explorer).to_have_attribute("data-step", "40")
    page.keyboard.press("PageUp")
    expect(explorer).to_have_attribute("data-step", "39")
    page.get_by_test_id("present").focus()
    page.keyboard.press("PageUp")
    expect(explorer).to_have_attribute("data-step", "38")
    page.reload()
    page.locator('[data-testid="explorer"][data-painted]').wait_for()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    page.get_by_test_id("present").click()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))


def test_back_goes_page_by_page_and_each_page_is_as_it_was(visit):
    page = visit("?weights=untrained&cell=gru&units=8&steps=30")
    cell = page.get_by_test_id("stSidebar").get_by_text("Units (to 512)")
    for link in ("Gradients", "Generate", "Explore"):
        page.get_by_role("link", name=link).click()
        expect(page).to_have_url(re.compile("units=8"))
        cell.wait_for()
        page.wait_for_timeout(1000)
    for address in ("generate", "gradients", r":\d+/"):
        page.go_back()
        expect(page).to_have_url(re.compile(rf"{address}\?.*units=8"))
        cell.wait_for()
        page.wait_for_timeout(1000)
    page.go_forward()
    expect(page).to_have_url(re.compile(r"gradients\?.*units=8"))
    cell.wait_for()
