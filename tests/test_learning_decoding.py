"""Laws of decoding, on small random networks: what may be chosen, and what it was chosen from."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from core.errors import CoreError
from core.learning.decoding import (
    Choice,
    DecodingSpec,
    decode,
    loop_of,
    warm_up,
)
from core.models import ModelSpec, SequenceModel

CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
VOCABULARY = 7
GREEDY = DecodingSpec(strategy="greedy")
PREFIX = [3, 1, 6]


def model_of(cell: str = "gru", **attributes) -> SequenceModel:
    """Weights wide enough for the guesses to differ."""
    spec = ModelSpec(
        cell=cell, vocabulary_size=VOCABULARY, hidden_size=5, initialisation="normal", sigma=1.0,
        **attributes,
    )  # fmt: skip
    return SequenceModel(spec, torch.float64)


def written(*arguments, **options) -> list[Choice]:
    return list(decode(*arguments, **options))


def indices(choices: list[Choice]) -> list[int]:
    return [choice.index for choice in choices]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("prefix", [[], [2], PREFIX])
@pytest.mark.parametrize("attributes", [{}, {"num_layers": 2}, {"input": "embedding"}])
def test_the_carried_state_gives_what_reading_the_whole_text_gives(cell, prefix, attributes):
    model = model_of(cell, **attributes)
    choices = written(model, prefix, 9, DecodingSpec(), seed=4, top=VOCABULARY)
    text = torch.tensor([*prefix, *indices(choices)]).unsqueeze(1)
    logits = model(text)[0].detach()[:, 0]
    for choice in choices:
        place = len(prefix) + choice.step - 1
        expected = model.head.bias.detach() if place < 0 else logits[place]
        log_p = expected.log_softmax(0)
        for index, value in choice.likeliest:
            assert_close(value, log_p[index].item(), rtol=1e-10, atol=0)
        assert choice.log_probability == dict(choice.likeliest)[choice.index]
        assert choice.probability == pytest.approx(log_p[choice.index].exp().item())
        assert choice.entropy == pytest.approx(-(log_p.exp() * log_p).sum().item())


def test_a_token_costs_one_step(monkeypatch):
    model, read = model_of(), []
    forward = model.forward
    monkeypatch.setattr(model, "forward", lambda x, s=None: read.append(x.shape) or forward(x, s))
    written(model, PREFIX, 5, GREEDY)
    assert read == [(3, 1), (1, 1), (1, 1), (1, 1), (1, 1)]


@pytest.mark.parametrize("cell", CELLS)
def test_warm_up_gives_the_models_own_state_and_guess(cell):
    model = model_of(cell, num_layers=2)
    logits, expected = model(torch.tensor(PREFIX).unsqueeze(1))
    state, after = warm_up(model, PREFIX)
    assert_close(state, expected)
    assert_close(after, logits[-1, 0])
    state, first = warm_up(model, [])
    _, whole = model(torch.tensor([PREFIX]).T, state)
    assert_close(whole, expected)
    assert_close(first, model.head(torch.zeros(5, dtype=torch.float64)))


def test_decoding_records_no_gradient_and_leaves_the_callers_mode_alone():
    model = model_of()
    for _ in decode(model, PREFIX, 3, GREEDY):
        assert torch.is_grad_enabled()
    assert not warm_up(model, PREFIX)[1].requires_grad
    assert not warm_up(model, [])[1].requires_grad


@pytest.mark.parametrize("cell", CELLS)
def test_greedy_takes_the_likeliest(cell):
    for choice in written(model_of(cell), PREFIX, 8, GREEDY):
        assert choice.index == choice.likeliest[0][0]
        assert (choice.chance, choice.kept) == (1.0, 1)
        assert choice.drawn_from == ((choice.index, 1.0),)


@given(seed=st.integers(0, 2**63 - 1), cell=st.sampled_from(CELLS))
@settings(max_examples=20)
def test_a_seed_gives_its_text_again(seed, cell):
    model, spec = model_of(cell), DecodingSpec(temperature=1.5, top_p=0.9)
    assert written(model, PREFIX, 12, spec, seed=seed) == written(
        model, PREFIX, 12, spec, seed=seed
    )


def test_seeds_differ_and_the_global_state_is_left_alone():
    model = model_of()
    before = torch.get_rng_state()
    texts = {tuple(indices(written(model, [], 12, DecodingSpec(), seed=s))) for s in range(9)}
    assert len(texts) == 9
    assert torch.equal(torch.get_rng_state(), before)


def test_a_cold_sample_is_greedy():
    model = model_of("lstm")
    cold = written(model, PREFIX, 20, DecodingSpec(temperature=1e-9), seed=1)
    assert indices(cold) == indices(written(model, PREFIX, 20, GREEDY))


def test_an_impossible_token_is_never_written():
    model = model_of()
    with torch.no_grad():
        model.head.bias[[0, 4]] = -math.inf
    choices = written(model, PREFIX, 60, DecodingSpec(temperature=50.0), seed=2)
    assert set(indices(choices)) == {1, 2, 3, 5, 6}
    assert {choice.kept for choice in choices} == {5}
    assert all(math.isfinite(choice.entropy) for choice in choices)


def test_tokens_are_drawn_as_often_as_their_chance_says():
    """1,000 first tokens; each count within five standard deviations."""
    model, spec = model_of(), DecodingSpec(temperature=2.0, top_k=4)
    drawn = [written(model, [2], 1, spec, seed=seed)[0] for seed in range(1000)]
    for index, chance in drawn[0].drawn_from:
        count = indices(drawn).count(index)
        assert abs(count - 1000 * chance) < 5 * math.sqrt(1000 * chance * (1 - chance))
    assert {choice.index for choice in drawn} == {index for index, _ in drawn[0].drawn_from}


def test_decoding_ends_after_the_stop_token():
    model = model_of()
    free = indices(written(model, PREFIX, 30, DecodingSpec(), seed=5))
    stop = free[10]
    ended = indices(written(model, PREFIX, 30, DecodingSpec(stop=stop), seed=5))
    assert ended == free[: free.index(stop) + 1]
    assert written(model, PREFIX, 0, GREEDY) == []


@pytest.mark.parametrize(
    ("text", "loop"),
    [
        ("", None),
        ("aa", None),
        ("aaa", (0, 1)),
        ("baaa", (1, 1)),
        ("the the the ", (0, 4)),
        ("so the the the t", (2, 4)),
        ("ababab", (0, 2)),
        ("abab", None),
        ("xababa", None),
        ("abababx", None),
        ("aabaabaab", (0, 3)),
        ("aabaabaaa", (6, 1)),
        ("abcabbabbabb", (3, 3)),
    ],
)
def test_loops(text, loop):
    assert loop_of([ord(character) for character in text]) == loop


@given(
    head=st.lists(st.integers(0, 2), max_size=6),
    block=st.lists(st.integers(0, 2), min_size=1, max_size=4),
    repeats=st.integers(3, 5),
)
def test_a_loop_repeats_to_the_end_and_no_other_begins_earlier(head, block, repeats):
    text = head + block * repeats
    found = loop_of(text)
    assert found is not None
    start, period = found
    assert start <= len(head)
    assert start <= len(text) - 3 * period
    assert all(text[at] == text[at + period] for at in range(start, len(text) - period))
    assert start == 0 or text[start - 1] != text[start - 1 + period]
    if start == len(head):
        assert period <= len(block)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prefix": [7]}, "`prefix` (=7) must be an index between 0 and 6"),
        ({"prefix": ["a"]}, "`prefix` (='a') must be an index between 0 and 6"),
        ({"length": -1}, "`length` (=-1) must be a whole number between 0 and 100000."),
        ({"seed": 2**63}, "`seed` (=9223372036854775808) must be a whole number between"),
        ({"top": 0}, "`top` (=0) must be a whole number of at least 1."),
        ({"spec": DecodingSpec(stop=7)}, "`stop` (=7) must be an index between 0 and 6"),
    ],
)
def test_what_cannot_be_written_is_refused_at_once(arguments, message):
    given_to = {"prefix": PREFIX, "length": 3, "spec": GREEDY} | arguments
    with pytest.raises(CoreError) as refusal:
        decode(model_of(), **given_to)
    assert message in str(refusal.value)


def test_networks_that_cannot_write_are_refused():
    with pytest.raises(CoreError, match=r"`model` \(bidirectional=True\) cannot write"):
        decode(model_of(bidirectional=True), [], 3, GREEDY)
    broken = model_of()
    with torch.no_grad():
        broken.rnn.weight_hh_l0.fill_(math.nan)
    with pytest.raises(CoreError, match="logits that are not finite"):
        written(broken, PREFIX, 3, GREEDY)


def test_the_loop_that_covers_most_is_found_not_the_shortest_at_the_end():
    inner = [0, 1, 1, 2, 2, 2, 2]
    assert loop_of([9, 1, *inner * 16]) == (2, 7)
    assert loop_of([5, *[3] * 9]) == (1, 1)
