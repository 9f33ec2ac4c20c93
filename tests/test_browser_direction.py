"""Texts that run from right to left: every strip keeps its tokens in the order of the text."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.waiting import until

pytestmark = pytest.mark.browser

HEBREW = "שלום (abc) 12 + 34 = 46! <unk> a-b עולם. "
LATIN = "Say שלום, 12 + 34; <unk> then مرحبا 5 and c. "
# In a browser: the tokens of a box that stand before the token before them on their line, in the
# direction of the box; whether it holds several; its direction.
ORDER = """(box) => {
  const { direction } = getComputedStyle(box);
  const ahead = direction === "rtl" ? -1 : 1;
  const nodes = [...box.querySelectorAll("[data-t], [data-place], .prefix > span, .cell")];
  const places = nodes.map((node) => node.getClientRects()[0]).filter((rect) => rect?.width > 0);
  const wrong = places.filter((rect, at) => {
    const before = places[at - 1];
    const together = before && Math.abs(rect.top - before.top) < rect.height / 2;
    return together && ahead * (rect.left - before.left) <= 0;
  });
  return [wrong.length, places.length > 2, direction];
}"""
# page, the component that is ready first, the box, its direction by the text's: the pictures whose
# axis is time run from left to right always
STRIPS = {
    "explore": ("?weights=untrained&", "explorer", '[data-testid="strip"]', True),
    "lanes": ("?weights=untrained&", "lanes", '[data-testid="lanes-strip"]', True),
    "reach": (
        "gradients?lab=reach&weights=untrained&",
        "reach",
        '[data-testid="reach-strip"]',
        True,
    ),
    "surprise": ("text?view=ngrams&", "surprise", '[data-testid="surprise-strip"]', True),
    "writing": ("generate?weights=untrained&length=60&", "writing", ".writing .text", True),
    "tokens": ("text?view=stages&", "stages", '[data-testid="stages-tokens"]', False),
    "indices": ("text?view=stages&", "stages", '[data-testid="stages-indices"]', False),
    "windows": ("text?view=windows&", "windows", ".windows .strip .tokens", False),
    "inputs": ("text?view=windows&", "windows", '[data-testid="inputs"]', False),
}


def read(page: Page, component: str, text: str) -> None:
    """Let the page read a text, and wait until the component shows it."""
    first = page.get_by_test_id(component).first
    before = first.get_attribute("data-painted")
    page.get_by_label("Your text").fill(text)
    page.get_by_label("Your text").press("Control+Enter")
    until(lambda: first.get_attribute("data-painted"), lambda now: now not in (None, before))


def order(box: Locator) -> list:
    return box.evaluate(ORDER)


@pytest.mark.parametrize("scheme", ["graphemes", "words"])
@pytest.mark.parametrize("name", STRIPS)
def test_tokens_stand_in_the_order_of_the_text(visit, name, scheme):
    address, component, place, turns = STRIPS[name]
    page = visit(
        f"{address}text=paste&steps=60&tokens={scheme}",
        ready="explorer" if name == "writing" else component,
    )
    for text, direction in ((HEBREW * 9, "rtl"), (LATIN * 9, "ltr")):
        read(page, component, text)
        box = page.locator(place).first
        expect(box).to_be_attached()
        until(lambda box=box: order(box), [0, True, direction if turns else "ltr"])
