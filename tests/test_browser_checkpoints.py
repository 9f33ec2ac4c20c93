"""The boxes for other people's networks in a real browser: defaults, offers, refusals, doubts."""

import pytest
import safetensors.torch
import torch
from playwright.sync_api import expect
from torch import nn

from tests.waiting import settled, until

pytestmark = pytest.mark.browser

TOKENS, UNITS = 40, 12
PAGE = "?text=lighthouse&weights=own&steps=30"


def file_of(**parts) -> dict:
    """A file of weights as safetensors writes it, sorted by name."""
    torch.manual_seed(3)
    state = {name: tensor.clone() for name, tensor in nn.ModuleDict(parts).state_dict().items()}
    content = safetensors.torch.save(state)
    return {"name": "net.safetensors", "mimeType": "application/octet-stream", "buffer": content}


def ends(table: str, head: str, bias: bool = False) -> dict:
    """Embedding size = hidden size: only bias, name and order say which is which."""
    return file_of(**{
        table: nn.Embedding(TOKENS, UNITS), "rnn": nn.GRU(UNITS, UNITS),
        head: nn.Linear(UNITS, TOKENS, bias=bias),
    })  # fmt: skip


def opened(visit, file: dict):
    page = visit(PAGE)
    side = page.get_by_test_id("stSidebar")
    side.locator('input[type="file"]').set_input_files(file)
    side.get_by_text("Its vocabulary").wait_for()
    settled(page)
    return page, side


def identities(page) -> list[str]:
    """What the explorers on the page show: two of them while one takes the other's place."""
    return page.get_by_test_id("explorer").evaluate_all(
        "(nodes) => nodes.map(({ dataset }) => dataset.identity)"
    )


def box(side, label: str):
    return side.get_by_test_id("stSelectbox").filter(has_text=label)


def test_the_boxes_begin_with_what_the_library_would_choose(visit):
    for file in (ends("emb", "z"), ends("a", "fc"), ends("y", "z", bias=True)):
        page, side = opened(visit, file)
        expect(box(side, "Output layer")).to_have_count(0)  # nothing to choose: one pair fits
        expect(box(side, "Embedding")).to_have_count(0)
        expect(side.get_by_text("Assumed:")).to_have_count(0)
        expect(side.get_by_test_id("stAlert")).to_have_count(0)
        expect(page.get_by_test_id("explorer")).to_be_visible()
        page.context.close()


def test_where_the_file_does_not_say_which_is_which_one_click_exchanges_them(visit):
    page, side = opened(visit, ends("a", "z"))
    doubt = side.get_by_text("Assumed: ")
    expect(doubt).to_contain_text("nothing in the file says which")
    explorer = page.get_by_test_id("explorer")
    before = explorer.get_attribute("data-identity")
    outputs = box(side, "Output layer")
    outputs.locator("input").click()
    options = page.get_by_role("option")
    expect(options).to_have_text(["z.", "a."])
    options.filter(has_text="a.").click()
    expect(doubt).to_have_count(0)
    until(lambda: identities(page), lambda found: len(found) == 1 and found != [before])
    settled(page)
    expect(side.get_by_test_id("stAlert")).to_have_count(0)


@pytest.mark.parametrize(
    ("file", "named"),
    [
        (file_of(lstm=nn.LSTM(7, UNITS), linear=nn.Linear(UNITS, 3)), "reads 7 numbers"),
        (file_of(emb=nn.Embedding(TOKENS, 5), rnn=nn.GRU(5, UNITS), fc=nn.Linear(UNITS, 1)),
         "gives one number"),
        (file_of(emb=nn.Embedding(TOKENS, UNITS), rnn=nn.GRU(UNITS, UNITS),
                 norm=nn.LayerNorm(UNITS), fc=nn.Linear(UNITS, TOKENS)), "norm"),
    ],
    ids=["a forecaster", "a classifier", "a norm between"],
)  # fmt: skip
def test_what_is_shown_of_another_kind_of_network_is_said(visit, file, named):
    page, side = opened(visit, file)
    expect(side.get_by_test_id("stAlert")).to_contain_text(named)
    alone = side.get_by_text("Look at its recurrent layers alone")
    expect(alone).to_be_visible()
    expect(side.get_by_text("output layer was drawn at random")).not_to_have_count(0)
    explorer = page.get_by_test_id("explorer")
    expect(explorer).to_be_visible()
    wide = explorer.locator(".tokens").first  # tokens without spaces are wrapped, not cut off
    assert wide.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    shown = explorer.get_attribute("data-identity")
    alone.click()  # without them, an untrained network is shown, as before the file came
    until(lambda: identities(page), lambda found: len(found) == 1 and found != [shown])
