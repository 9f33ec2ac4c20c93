"""The choices along a given text are those a network has when it writes that text itself."""

import pytest
import torch
from torch.testing import assert_close

from core.errors import CoreError
from core.learning.decoding import DecodingSpec, decode
from core.learning.following import follow
from core.models import ModelSpec, SequenceModel

CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")


def model_of(cell: str) -> SequenceModel:
    spec = ModelSpec(cell=cell, vocabulary_size=7, hidden_size=5, num_layers=2, seed=3)
    return SequenceModel(spec, torch.float64)


@pytest.mark.parametrize("cell", CELLS)
def test_following_what_was_written_gives_the_choices_it_was_written_from(cell):
    model = model_of(cell)
    written = list(decode(model, [1, 4], 9, DecodingSpec(), seed=5, top=7))
    followed = list(follow(model, [1, 4], [choice.index for choice in written], top=7))
    assert [each.likeliest for each in followed] == [each.likeliest for each in written]
    for found, drawn in zip(followed, written, strict=True):
        assert (found.step, found.index, found.kept) == (drawn.step, drawn.index, 7)
        assert found.log_probability == drawn.log_probability
        assert found.entropy == drawn.entropy
        assert_close(found.chance, drawn.chance)
        assert_close(sum(chance for _, chance in found.drawn_from), 1.0)


def test_following_agrees_with_reading_the_whole_text_at_once():
    model, text = model_of("gru"), [2, 0, 6, 6, 3]
    followed = list(follow(model, text[:1], text[1:], top=2))
    log_p = model(torch.tensor(text[:-1]).unsqueeze(1))[0].detach()[:, 0].log_softmax(-1)
    for place, choice in enumerate(followed):
        assert_close(choice.log_probability, log_p[place, text[place + 1]].item())
        assert [index for index, _ in choice.likeliest] == log_p[place].topk(2).indices.tolist()


@pytest.mark.parametrize(
    ("prefix", "tokens", "top", "words"),
    [
        ([0], [7], 3, r"`tokens` \(=7\) must be a whole number between 0 and 6"),
        ([0], [1.0], 3, "`tokens`"),
        ([9], [1], 3, "`prefix`"),
        ([0], [1], 0, "`top`"),
    ],
)
def test_what_cannot_be_followed_is_refused_at_once(prefix, tokens, top, words):
    with pytest.raises(CoreError, match=words):
        follow(model_of("gru"), prefix, tokens, top)


def test_nothing_to_follow_is_nothing():
    assert list(follow(model_of("lstm"), [], [])) == []
