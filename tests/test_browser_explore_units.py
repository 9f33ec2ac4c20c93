"""Units, equations and a changed token in a real browser, on the page and without Streamlit."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.explorer_views import T, make_view
from tests.test_browser_component import blank, show  # noqa: F401 - `blank` is a fixture
from tests.test_explorer_details import change, feature, make_sums

pytestmark = pytest.mark.browser
OFFERS = ("mean", "reach", "equations", "units", "change")


def explorer(page):
    return page.get_by_test_id("explorer")


def parts(page, name: str) -> np.ndarray:
    """The numbers behind one kind of cell, a row per gate."""
    rows = page.get_by_test_id("sums").locator("tbody tr")
    return np.array([
        [float(each.get_attribute("data-value"))
         for each in row.locator(f"[data-part={name}]").all()]
        for row in rows.all()
    ])  # fmt: skip


def test_every_number_of_the_equations_is_pythons_and_the_sum_checks(blank):  # noqa: F811
    sums = make_sums()
    show(blank, make_view(offers=OFFERS, detail="equations", unit=1, sums=sums, layer="rnn.l0"))
    explorer(blank).focus()
    for t in range(T):
        expect(explorer(blank)).to_have_attribute("data-step", str(t + 1))
        assert parts(blank, "total")[:, 0].tolist() == sums.pre_activation[t].tolist()
        assert parts(blank, "active")[:, 0].tolist() == sums.activation[t].tolist()
        assert parts(blank, "term").tolist() == sums.largest_term[t].tolist()
        said = [float(parts(blank, name)[2, 0]) for name in ("input", "bias", "rest", "inside")]
        inner = parts(blank, "term")[2].sum() + said[2] + said[3]
        assert said[0] + said[1] + sums.factor[t, 2] * inner == pytest.approx(
            sums.pre_activation[t, 2]
        )
        texts = blank.locator("[data-part=active]").all_inner_texts()
        shown = [float(text.split("=")[1].replace("−", "-")) for text in texts]
        assert shown == pytest.approx(sums.activation[t], abs=6e-5)
        blank.keyboard.press("ArrowRight")
    assert blank.locator(".formulas math .hq").count() == 1


def test_on_a_phone_the_sums_stand_upright(blank):  # noqa: F811
    blank.set_viewport_size({"width": 390, "height": 844})
    sums = make_sums()
    show(blank, make_view(offers=OFFERS, detail="equations", unit=1, sums=sums))
    table = blank.get_by_test_id("sums")
    rows = table.locator("tbody tr").all()
    boxes = [[cell.bounding_box() for cell in row.locator("> *").all()] for row in rows]
    for gate in boxes:
        assert len({round(cell["x"]) for cell in gate}) == 1  # one column a gate …
        assert [cell["y"] for cell in gate] == sorted(cell["y"] for cell in gate)
    lefts = [gate[0]["x"] for gate in boxes]
    assert lefts == sorted(set(lefts))  # … beside each other
    assert max(cell["x"] + cell["width"] for gate in boxes for cell in gate) <= 390


def test_a_unit_is_told_once_it_rests_and_waits_for_its_sums(blank):  # noqa: F811
    view = make_view(offers=OFFERS, detail="equations", unit=1, sums=make_sums())
    show(blank, view)
    explorer(blank).focus()
    blank.keyboard.press("ArrowDown")
    expect(blank.get_by_test_id("detail")).to_contain_text("Taking unit 3 apart")
    blank.wait_for_function("window.told?.length")
    assert blank.evaluate("window.told") == [["unit", 2]]


def test_a_features_unit_is_followed_when_it_is_pressed(blank):  # noqa: F811
    found = (feature(unit=2, held_out=0.81), feature(key="line", lane="", unit=-1))
    show(blank, make_view(offers=OFFERS, detail="units", features=found, order="feature:quotes"))
    lines = blank.get_by_test_id("features").locator("li")
    expect(lines.nth(0)).to_contain_text("r = .81 on held-out text")
    expect(lines.nth(1)).to_contain_text("none: all the same")
    lines.nth(0).get_by_role("button").click()
    expect(blank.get_by_label("Colour of the text")).to_have_value("unit")
    expect(blank.locator(".inspector")).to_contain_text("Unit 3")
    expect(lines.nth(0).get_by_role("button")).to_have_attribute("aria-pressed", "true")
    blank.wait_for_function("window.told?.some(([name]) => name === 'unit')")
    assert blank.evaluate("window.told") == [["strip", "unit"], ["unit", 2]]


def test_the_text_shows_means_reach_and_change(blank):  # noqa: F811
    reach = np.where(np.tri(T) > 0, np.arange(T)[None, :] - 9.0, np.nan)
    made = change(relative=np.array([0, 0, 1, 0.1, 0.01, 0, np.inf]))
    show(blank, make_view(offers=OFFERS, reach=reach, change=made, asked="3-3", cursor=3))
    colour = blank.get_by_label("Colour of the text")
    seen = {}
    for value, words in (
        ("mean:reset", "mean of all 3"),
        ("reach", "at step 4"),
        ("change", "‖Δh‖"),
    ):
        colour.select_option(value)
        blank.wait_for_function(
            "said => document.querySelector('.how').textContent.includes(said)", arg=words
        )
        seen[value] = blank.locator(".token").evaluate_all(
            "all => all.map(({ style }) => style.backgroundColor)"
        )
    assert [each == "transparent" for each in seen["reach"]] == [False] * 4 + [True] * 3
    assert seen["change"][0] == seen["change"][1] == seen["change"][5]
    assert len(set(seen["change"][2:5])) == 3
    colour.select_option("reach")
    explorer(blank).focus()
    blank.keyboard.press("ArrowLeft")
    blank.wait_for_function("document.querySelector('.how').textContent.includes('at step 3')")
    assert blank.locator(".token").nth(3).evaluate("({ style }) => style.backgroundColor") == (
        "transparent"
    )


def test_on_the_page_a_token_is_changed_and_the_link_reproduces_it(visit):
    page = visit("?weights=untrained&steps=40&t=20")
    page.get_by_role("button", name="Change a token").click()
    page.get_by_test_id("alternatives").get_by_role("button").first.click()
    said = page.get_by_test_id("change")
    expect(said).to_contain_text("at step 20 changes ‖h‖ by")
    page.wait_for_url(re.compile("asked=20-[0-9]+"))
    words, link = said.inner_text(), page.url
    again = visit(link[link.index("?") :])
    expect(again.get_by_test_id("change")).to_have_text(words)
    again.get_by_role("button", name="Equations in numbers").click()
    again.wait_for_selector('[data-testid="sums"]')
    explorer(again).focus()
    again.keyboard.press("ArrowDown")
    again.wait_for_url(re.compile("unit=2"))
    expect(again.get_by_test_id("sums")).to_be_visible()
