"""Keys, presenting, and a history that Back follows, in a real browser."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.waiting import settled, until

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
PHONE = {
    "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True,
    "device_scale_factor": 2,
}  # fmt: skip
# Buttons, lists and fields of the components that are drawn and less tall than a finger needs.
SMALL = """(least) => [...document.querySelectorAll("*")].flatMap((host) => [
  ...(host.shadowRoot?.querySelectorAll(".unrolled :is(button, select, input)") ?? []),
]).map((node) => [node.textContent.slice(0, 20), node.getBoundingClientRect().height])
  .filter(([, tall]) => tall > 0 && tall < least)"""
TYPE = "(node) => parseFloat(getComputedStyle(node).fontSize)"
# Pictures whose keys are heard by an element inside the component, and their names in the help.
INSIDE = {
    "decay": ("gradients?steps=40", "How far back"),
    "zipf": ("text?view=ranks&steps=40", "Rank and frequency"),
    "windows": ("text?view=windows&steps=40", "Windows"),
}


@pytest.mark.parametrize(
    ("name", "scheme"), [*((name, "light") for name in PAGES), *((name, "dark") for name in DARK)]
)
def test_axe_finds_no_serious_fault(visit, name, scheme):
    page = visit(PAGES[name], ready="", color_scheme=scheme)
    page.get_by_text("The link in the address bar").wait_for()
    settled(page)  # what is being drawn anew is pale: pale words have too little contrast
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
    until(lambda: explorer.bounding_box()["width"], lambda width: width > before)
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
        expect(page.get_by_test_id("page-name")).to_have_text(link)
        expect(page).to_have_url(re.compile("units=8"))
        cell.wait_for()
        settled(page)
    for name, address in (
        *(("Generate", "generate"), ("Gradients", "gradients"), ("Explore", r":\d+/")),
    ):
        page.go_back()
        expect(page.get_by_test_id("page-name")).to_have_text(name)
        expect(page).to_have_url(re.compile(rf"{address}\?.*units=8"))
        cell.wait_for()
        settled(page)
    page.go_forward()
    expect(page).to_have_url(re.compile(r"gradients\?.*units=8"))
    cell.wait_for()


def test_on_a_phone_the_sidebar_shuts_and_nothing_else_happens(visit):
    page = visit("?steps=40", **PHONE)
    expect(page.get_by_test_id("page-name")).to_have_text("Explore")
    expect(page.get_by_test_id("page-name")).to_be_visible()
    page.get_by_test_id("stExpandSidebarButton").tap()
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_be_visible()
    settled(page)  # it slides in
    last = sidebar.get_by_role("link").last.bounding_box()
    label = sidebar.get_by_test_id("stWidgetLabel").first.bounding_box()
    assert last["y"] + last["height"] <= label["y"]
    shut = sidebar.get_by_role("button", name="Collapse sidebar").bounding_box()
    for share in (0.1, 0.5, 0.9):  # its whole width, also where a button of ours stood
        place = page.evaluate(
            "([x, y]) => document.elementFromPoint(x, y).closest('section')?.dataset.testid",
            [shut["x"] + share * shut["width"], shut["y"] + shut["height"] / 2],
        )
        assert place == "stSidebar"
    page.touchscreen.tap(shut["x"] + 0.9 * shut["width"], shut["y"] + shut["height"] / 2)
    expect(sidebar).to_be_hidden()
    expect(page.get_by_test_id("presenter")).to_have_attribute("data-presenting", "false")
    expect(page).not_to_have_url(re.compile("present"))


def test_on_a_phone_another_page_says_its_name_and_a_wide_window_needs_none(visit):
    page = visit("gradients?steps=40", ready="decay", **PHONE)
    expect(page.get_by_test_id("page-name")).to_have_text("Gradients")
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(page.get_by_test_id("page-name")).to_be_hidden()


@pytest.mark.parametrize(
    ("query", "ready"),
    [("?steps=40", "lanes"), ("generate?rule=beam&searched=6", "explorer"),
     ("gradients?lab=reach&steps=40", "reach")],
)  # fmt: skip
def test_what_a_finger_shall_hit_is_tall_enough(visit, query, ready):
    page = visit(query, ready, **PHONE)
    settled(page)
    assert page.evaluate(SMALL, 31.5) == []
    page.get_by_test_id("keys").tap()
    expect(page.get_by_test_id("help")).to_contain_text("Touch")
    assert page.evaluate(SMALL, 31.5) == []


@pytest.mark.parametrize("name", INSIDE)
def test_a_picture_with_its_keys_inside_lists_them_and_hears_a_clicker(visit, name):
    query, title = INSIDE[name]
    page = visit(query, ready=name)
    picture = page.get_by_test_id(name)
    page.keyboard.press("?")
    expect(page.get_by_test_id("help")).to_contain_text(title)
    expect(page.get_by_test_id("help")).not_to_contain_text("Touch")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.get_by_test_id("present").focus()  # a clicker's keys arrive wherever the focus is
    read = {
        "decay": lambda: picture.get_attribute("data-cursor"),
        "zipf": lambda: picture.locator(".tip.shown").all_inner_texts(),
        "windows": lambda: picture.get_attribute("data-chosen"),
    }[name]
    seen = [read()]
    for key in ("PageDown", "PageDown"):
        page.keyboard.press(key)
        seen.append(until(read, lambda now: now != seen[-1]))
    page.keyboard.press("PageUp")
    until(read, seen[1])


@pytest.mark.parametrize("options", [{}, PHONE], ids=["laptop", "phone"])
def test_presenting_is_larger_and_its_button_lies_on_nothing(visit, options):
    page = visit("?steps=40&weights=untrained", ready="lanes", **options)
    lanes = page.get_by_test_id("lanes")
    before = lanes.evaluate(TYPE)
    page.keyboard.press("p")
    until(lambda: lanes.evaluate(TYPE), lambda size: size >= 1.19 * before)
    settled(page)
    button, main = (page.get_by_test_id(each).bounding_box() for each in ("present", "stMain"))
    assert main["y"] + main["height"] <= button["y"] + 0.5
    assert button["y"] + button["height"] <= page.viewport_size["height"]
    page.keyboard.press("p")
    until(lambda: lanes.evaluate(TYPE), pytest.approx(before))
