"""Files that the uploader refuses: the last one's reason is seen, earlier ones do not pile up."""

import pytest
from playwright.sync_api import Page, expect

from app.sidebar.own_text import MOST_UPLOADED
from tests.waiting import until

pytestmark = pytest.mark.browser

LARGE = b"a line of text\n" * (MOST_UPLOADED * 1_048_576 // 15 + 1)


def choose(page: Page, name: str, data: bytes) -> None:
    file = {"name": name, "mimeType": "text/plain", "buffer": data}
    page.locator('input[type="file"]').first.set_input_files([file])


def rows(page: Page) -> list[str]:
    """The names of the files that are seen in the uploader."""
    chips = page.get_by_test_id("stFileUploader").get_by_test_id("stFileChip")
    return [chip.inner_text().split("\n")[0] for chip in chips.all() if chip.is_visible()]


def test_of_several_refused_files_the_last_one_is_seen_beside_the_picture_that_stays(visit):
    page = visit("?text=upload&steps=20")
    for name in ("first.txt", "second.txt"):
        choose(page, name, LARGE)
        until(lambda: rows(page), [name])
    choose(page, "good.txt", b"A text that can be read. " * 9)
    expect(page.get_by_test_id("strip")).to_contain_text("A text that can be")
    until(lambda: "good.txt" in rows(page), True)
    choose(page, "fourth.txt", LARGE)
    until(lambda: "fourth.txt" in rows(page), True)
    choose(page, "fifth.txt", LARGE)
    until(lambda: "fourth.txt" in rows(page), False)
    assert "fifth.txt" in rows(page)
    expect(page.get_by_test_id("strip")).to_contain_text("A text that can be")
    refused = page.get_by_test_id("stFileChip").filter(has_text="fifth.txt")
    reason = refused.get_by_role("alert")  # Streamlit says it to screen readers alone
    assert reason.evaluate("(said) => said.clientHeight > 12 && said.clientWidth > 100")
    expect(reason).to_be_in_viewport(ratio=1)
    expect(refused).to_contain_text(f"{MOST_UPLOADED}")
