"""From training to writing, and a network from a file, in a real browser."""

import re

import pytest
import torch
from playwright.sync_api import expect
from torch import nn

from tests.checkpoint_files import saved

pytestmark = pytest.mark.browser


# Remembers what is on screen for a moment only: that the text is being written, and how many
# tokens of it the explorer leaves for later.
REMEMBER = """(() => {
  window.played = new Set();
  window.ahead = 0;
  const look = (root) => {
    const { playing } = root.querySelector('[data-testid="writing"]')?.dataset ?? {};
    if (playing) window.played.add(playing);
    const later = root.querySelectorAll('[data-testid="explorer"] .token.ahead').length;
    window.ahead = Math.max(window.ahead, later);
  };
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (...options) {
    const root = attach.apply(this, options);
    const watched = { subtree: true, childList: true, attributeFilter: ["data-playing", "class"] };
    new MutationObserver(() => look(root)).observe(root, watched);
    return root;
  };
})()"""


def test_the_text_is_written_and_its_states_unfold_with_it(visit):
    page = visit("generate?length=60&drawn=3", script=REMEMBER)
    live, explorer = page.get_by_test_id("writing").first, page.get_by_test_id("explorer")
    page.wait_for_function("window.played.has('true')")  # by itself
    page.wait_for_function("window.ahead > 0")  # and below, what is not written yet
    expect(live).to_have_attribute("data-shown", "60")
    expect(live).to_have_attribute("data-playing", "false")
    expect(live).to_have_attribute("data-shown", "60")
    expect(explorer.locator(".token.ahead")).to_have_count(0)
    expect(explorer).to_have_attribute("data-step", "71")  # the 12th token and 59 written ones read
    expect(page).to_have_url(re.compile(r"g=60"))
    live.locator('.token[data-t="9"]').click()
    expect(explorer).to_have_attribute("data-step", "21")
    said = live.get_by_test_id("token").get_attribute("data-probability")
    shown = explorer.get_by_label("This step in numbers")
    expect(shown).to_contain_text(f"{float(said):.4f}")
    explorer.focus()
    page.keyboard.press("ArrowRight")
    expect(live).to_have_attribute("data-cursor", "10")
    expect(page).to_have_url(re.compile(r"g=11"))
    page.reload()
    page.locator('[data-testid="writing"][data-painted]').first.wait_for()
    expect(page.get_by_test_id("writing").first).to_have_attribute("data-cursor", "10")


def test_beam_search_shows_its_tree(visit):
    page = visit("generate?rule=beam&searched=8&width=3")
    live = page.get_by_test_id("writing").first
    expect(live.get_by_test_id("tree")).to_be_visible()
    expect(live.get_by_test_id("hypotheses").locator("tr")).not_to_have_count(0)
    compact = page.get_by_test_id("writing").nth(1)
    expect(compact.get_by_test_id("options")).to_be_hidden()


def test_from_training_to_writing_with_what_was_trained(visit):
    page = visit("train?text=lighthouse&units=8&budget=10&span=16&batch=8", ready="")
    page.get_by_role("button", name="Start training").click()
    live = page.get_by_test_id("training")
    expect(live).to_have_attribute("data-state", "finished")
    page.get_by_role("link", name="Write with it").click()
    page.locator('[data-testid="explorer"][data-painted]').wait_for()
    said = (
        "An LSTM of 8 units, trained for 10 steps on The lighthouse, reads 131 characters, of which"
    )
    page.get_by_text(re.compile(said)).wait_for()
    page.get_by_role("link", name="Explore").click()
    page.get_by_text("An LSTM of 8 units, trained for 10 steps on The lighthouse, reads").wait_for()


class Stranger(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.encoder = nn.Embedding(size, 5)
        self.lstm = nn.LSTM(5, 6)
        self.decoder = nn.Linear(6, size)


def test_somebody_elses_file_is_looked_into_with_its_vocabulary_or_with_numbers(visit):
    page = visit("?text=lighthouse&weights=own")
    page.get_by_text("Ours, a safetensors file, or a state_dict").wait_for()
    upload = page.get_by_test_id("stFileUploader").locator("input")
    torch.manual_seed(0)
    file = {"name": "mine.pt", "mimeType": "application/octet-stream"}
    explorer = page.get_by_test_id("explorer")
    upload.set_input_files({**file, "buffer": b"\x80\x04no weights at all"})
    expect(page.get_by_test_id("stAlert").first).to_contain_text("Your file")
    expect(explorer).to_be_visible()
    upload.set_input_files({**file, "buffer": saved(Stranger(33).state_dict())})
    page.get_by_text(
        "An LSTM of 6 units, trained on a text that its file does not name,"
    ).wait_for()
    expect(explorer.locator(".token").first).to_contain_text("#")
    page.get_by_role("link", name="Generate").click()
    page.locator('[data-testid="writing"][data-painted]').first.wait_for()
    page.get_by_text(re.compile("of which it wrote the last 120")).wait_for()
    assert page.get_by_test_id("stException").count() == 0
