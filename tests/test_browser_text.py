"""The Text page in a real browser: what a teacher and a student do with it."""

import re

import pytest
from playwright.sync_api import expect

from tests.waiting import settled

pytestmark = pytest.mark.browser
VIEWS = {
    "Rank and frequency": "zipf",
    "Windows": "windows",
    "Text to indices": "stages",
    "n-gram models": "surprise",
}


def show(page, view: str) -> None:
    page.get_by_test_id("stMain").get_by_role("radio", name=view).or_(
        page.get_by_test_id("stMain").get_by_role("button", name=view)
    ).first.click()


def painted(page, component: str) -> None:
    page.locator(f'[data-testid="{component}"][data-painted]').wait_for()


@pytest.mark.parametrize(("view", "component"), VIEWS.items())
def test_on_a_phone_no_view_is_wider_than_the_screen(visit, view, component):
    page = visit(f"text?view={view.replace(' ', '+')}&steps=40", ready="", is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 844})
    painted(page, component)
    settled(page)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth") == 390
    for table in page.locator('[data-testid="stMarkdownContainer"] table').all():
        assert table.evaluate("table => table.getBoundingClientRect().right") <= 390


def test_from_explore_to_every_view_and_back(visit):
    page = visit("?cell=gru&steps=40")
    page.get_by_role("link", name="Text").click()
    painted(page, "stages")
    assert "steps=40" in page.url
    for view, component in VIEWS.items():
        show(page, view)
        painted(page, component)
    page.get_by_role("link", name="Explore").click()
    painted(page, "explorer")
    page.get_by_text("An untrained GRU of 32 units reads 40 characters").wait_for()
    assert page.get_by_test_id("stException").count() == 0


def test_explore_remembers_where_one_looked(visit):
    page = visit("?steps=60&units=8")
    page.get_by_test_id("explorer").focus()
    page.keyboard.press("Home")
    page.wait_for_url(re.compile(r"[?&]t=1(&|$)"))
    page.get_by_role("link", name="Text").click()
    painted(page, "stages")
    page.get_by_role("link", name="Explore").click()
    painted(page, "explorer")
    expect(page.get_by_test_id("explorer")).to_have_attribute("data-step", "1")
    assert re.search(r"[?&]t=1(&|$)", page.url)


def test_a_link_reproduces_the_view_and_its_choices(visit):
    page = visit("text?view=ranks&tokens=words", ready="zipf")
    plot = page.get_by_test_id("zipf")
    low = plot.get_by_role("slider").first
    low.focus()
    before = low.get_attribute("aria-valuenow")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(r"[?&]ranks=\d+-\d+"))
    after = low.get_attribute("aria-valuenow")
    assert int(after) > int(before)
    expect(plot).to_have_attribute("data-fits", re.compile(f":{after}:"))
    numbers = plot.inner_text()
    other = visit(page.url[page.url.index("text?") :], ready="zipf")
    assert (
        other.get_by_test_id("zipf").get_by_role("slider").first.get_attribute("aria-valuenow")
        == after
    )
    assert other.get_by_test_id("zipf").inner_text() == numbers


def test_the_model_follows_its_controls(visit):
    page = visit("text?view=ngrams&text=lighthouse&n=1", ready="surprise")
    strip = page.get_by_test_id("surprise")
    first = strip.get_attribute("data-painted")
    page.get_by_text("nothing: order 1 looks at no context").wait_for()
    page.get_by_test_id("stSidebar").get_by_text("4", exact=True).click()
    page.locator(f'[data-testid="surprise"]:not([data-painted="{first}"])').wait_for()
    page.get_by_text("the last 3 tokens of the context").wait_for()
    page.get_by_role("textbox", name="Context").fill("The lamp must never s")
    page.get_by_role("textbox", name="Context").press("Enter")
    page.get_by_test_id("stCode").get_by_text("The lamp must never s").wait_for()


def test_own_text_stays_out_of_the_address_and_never_becomes_html(visit):
    page = visit("text?view=ngrams&text=paste&steps=60", ready="surprise")
    hostile = "<img src=x onerror=alert(1)> **b** $x$ :red[no] `code` </script> & ab" * 4
    page.get_by_label("Your text").fill(hostile)
    page.get_by_label("Your text").press("Control+Enter")
    page.get_by_text("your text stays on this page").wait_for()
    for view, component in VIEWS.items():
        show(page, view)
        painted(page, component)
    page.get_by_role("spinbutton", name="Least count (min_freq)").fill("9")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("min_freq=9"))
    assert page.locator('img[src="x"]').count() == 0
    assert "onerror" not in page.url
    page.get_by_role("link", name="Explore").click()
    painted(page, "explorer")
    expect(page.get_by_test_id("strip")).to_contain_text("<img src=x onerror")


def test_an_uploaded_file_is_still_there_on_the_other_page(visit, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("An uploaded text, not in the box at all. " * 5, encoding="utf-8")
    page = visit("?text=upload&steps=30")
    page.locator('input[type="file"]').set_input_files(str(file))
    page.get_by_text("your text stays on this page").wait_for()
    expect(page.get_by_test_id("strip")).to_contain_text("An uploaded text")
    page.get_by_role("link", name="Text").click()
    painted(page, "stages")
    expect(page.get_by_test_id("stages")).to_contain_text("An uploaded text")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_light_dark_and_a_phone(visit, scheme, view):
    component = VIEWS[view]
    page = visit(f"text?view={view}", ready=component, color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 780})
    painted(page, component)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_test_id("stException").count() == 0
