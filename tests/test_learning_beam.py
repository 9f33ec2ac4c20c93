"""Beam search against the enumeration of every text, and the laws of its tree."""

import math
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from core.errors import CoreError
from core.learning.beam import BeamTree, beam_search
from core.learning.decoding import DecodingSpec, decode, warm_up
from core.models import ModelSpec, SequenceModel

CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")


def model_of(cell: str = "gru", vocabulary: int = 4, seed: int = 0, **attributes) -> SequenceModel:
    spec = ModelSpec(
        cell=cell, vocabulary_size=vocabulary, hidden_size=5, initialisation="normal", sigma=1.0,
        seed=seed, **attributes,
    )  # fmt: skip
    return SequenceModel(spec, torch.float64)


def log_probability(model: SequenceModel, prefix: list[int], tokens: tuple[int, ...]) -> float:
    """The log probability of the tokens after the prefix, by reading the whole text at once."""
    text = torch.tensor([*prefix, *tokens]).unsqueeze(1)
    log_p = model(text)[0].detach()[:, 0].log_softmax(-1)
    log_p = torch.cat([warm_up(model, [])[1].log_softmax(-1).unsqueeze(0), log_p])
    return sum(log_p[len(prefix) + at, token].item() for at, token in enumerate(tokens))


@given(
    cell=st.sampled_from(CELLS),
    seed=st.integers(0, 100),
    prefix=st.lists(st.integers(0, 2), max_size=3),
    alpha=st.floats(0, 2),
    layers=st.integers(1, 2),
)
@settings(max_examples=25)
def test_a_wide_beam_finds_every_text_in_order(cell, seed, prefix, alpha, layers):
    model = model_of(cell, vocabulary=3, seed=seed, num_layers=layers)
    tree = beam_search(model, prefix, 3, 27, alpha)
    expected = {
        tokens: log_probability(model, prefix, tokens) for tokens in product(range(3), repeat=3)
    }
    found = {each.tokens: each.log_probability for each in tree.hypotheses}
    assert found.keys() == expected.keys()
    for tokens, value in expected.items():
        assert_close(found[tokens], value, rtol=1e-10, atol=1e-12)
    assert_close(sum(math.exp(value) for value in found.values()), 1.0)
    scores = [each.score for each in tree.hypotheses]
    assert scores == sorted(scores, reverse=True)
    assert_close(scores, [each.log_probability / 3**alpha for each in tree.hypotheses])


@given(seed=st.integers(0, 100), alpha=st.floats(0, 3))
@settings(max_examples=25)
def test_a_wide_beam_finds_every_text_that_ends(seed, alpha):
    model, stop = model_of("lstm", vocabulary=3, seed=seed), 1
    tree = beam_search(model, [0], 3, 27, alpha, stop=stop)
    going = [0, 2]
    ended = [(*head, stop) for size in range(3) for head in product(going, repeat=size)]
    expected = {*ended, *product(going, repeat=3)}
    assert {each.tokens for each in tree.hypotheses} == expected
    assert all(each.finished == (each.tokens[-1] == stop) for each in tree.hypotheses)
    values = {tokens: log_probability(model, [0], tokens) for tokens in expected}
    best = max(expected, key=lambda tokens: values[tokens] / len(tokens) ** alpha)
    top = tree.hypotheses[0]
    assert_close(top.score, values[best] / len(best) ** alpha, rtol=1e-10, atol=1e-12)
    assert_close(sum(math.exp(each.log_probability) for each in tree.hypotheses), 1.0)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("stop", [None, 2])
def test_width_one_is_greedy(cell, stop):
    for seed in range(5):
        model = model_of(cell, vocabulary=6, seed=seed)
        greedy = list(decode(model, [1], 12, DecodingSpec(strategy="greedy", stop=stop)))
        (best,) = beam_search(model, [1], 12, 1, stop=stop).hypotheses
        assert list(best.tokens) == [choice.index for choice in greedy]
        assert_close(best.log_probability, sum(choice.log_probability for choice in greedy))


def likeliest_first(tree: BeamTree, step: int, statuses: set[str]) -> list[float]:
    return [node.cumulative for node in tree.nodes if node.step == step and node.status in statuses]


@given(
    cell=st.sampled_from(CELLS),
    width=st.integers(1, 6),
    rejected=st.none() | st.integers(0, 9),
    stop=st.none() | st.integers(0, 3),
    seed=st.integers(0, 100),
)
@settings(max_examples=40)
def test_the_tree_adds_up(cell, width, rejected, stop, seed):
    model = model_of(cell, seed=seed)
    tree = beam_search(model, [2, 0], 5, width, stop=stop, rejected=rejected)
    parents = [node.parent for node in tree.nodes]
    for place, node in enumerate(tree.nodes):
        before = 0.0 if node.parent is None else tree.nodes[node.parent].cumulative
        assert_close(node.cumulative, before + node.log_probability)
        assert (node.parent is None) == (node.step == 0)
        if node.parent is not None:
            assert tree.nodes[node.parent].step == node.step - 1
            assert tree.nodes[node.parent].status == "alive"
        if node.status != "alive":
            assert place not in parents
        if node.status != "pruned":
            assert (node.status == "finished") == (node.token == stop)
            tokens = tuple(tree.nodes[each].token for each in tree.path(place))
            assert_close(node.cumulative, log_probability(model, [2, 0], tokens))
    for step in range(5):
        taken = likeliest_first(tree, step, {"alive", "finished"})
        pruned = likeliest_first(tree, step, {"pruned"})
        assert len(taken) <= width
        assert len(pruned) <= (width if rejected is None else rejected)
        ranked = taken + pruned
        assert ranked == sorted(ranked, reverse=True)
    assert len({(node.parent, node.token) for node in tree.nodes}) == len(tree.nodes)
    assert tree == beam_search(model, [2, 0], 5, width, stop=stop, rejected=rejected)


def test_one_step_of_the_network_for_the_whole_beam(monkeypatch):
    model, read = model_of("lstm"), []
    forward = model.forward
    monkeypatch.setattr(model, "forward", lambda x, s=None: read.append(x.shape) or forward(x, s))
    beam_search(model, [0, 1, 2], 4, 3)
    assert read == [(3, 1), (1, 3), (1, 3), (1, 3)]


def test_ties_go_to_the_earlier_parent_and_the_lower_index():
    model = model_of(vocabulary=3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    tree = beam_search(model, [], 2, 4, rejected=0)
    assert [each.tokens for each in tree.hypotheses] == [(0, 0), (0, 1), (0, 2), (1, 0)]


def test_an_impossible_token_is_in_no_tree():
    model = model_of()
    with torch.no_grad():
        model.head.bias[2] = -math.inf
    tree = beam_search(model, [1], 3, 50)
    assert {node.token for node in tree.nodes} == {0, 1, 3}
    assert len(tree.hypotheses) == 27


def test_a_larger_power_favours_longer_texts():
    """Two hypotheses of unlike length: the longer one overtakes as alpha grows."""
    lengths = []
    for alpha in (0.0, 0.5, 1.0, 2.0, 5.0):
        tree = beam_search(model_of("rnn_tanh", seed=3), [0], 6, 60, alpha, stop=1)
        lengths.append(len(tree.hypotheses[0].tokens))
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length": 0}, "`length` (=0) must be a whole number between 1 and 1000."),
        ({"width": 101}, "`width` (=101) must be a whole number between 1 and 100."),
        ({"length_power": -0.1}, "`length_power` (=-0.1) must be a number between 0 and 10."),
        ({"length_power": math.nan}, "`length_power` (=nan) must be a number between 0 and 10."),
        ({"stop": 4}, "`stop` (=4) must be a whole number between 0 and 3."),
        ({"rejected": -1}, "`rejected` (=-1) must be a whole number of at least 0."),
        ({"prefix": [4]}, "`prefix` (=4) must be an index between 0 and 3"),
    ],
)
def test_searches_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(CoreError) as refusal:
        beam_search(model_of(), **({"prefix": [0], "length": 3, "width": 2} | arguments))
    assert message in str(refusal.value)


def test_a_network_that_overflowed_is_refused():
    model = model_of()
    with torch.no_grad():
        model.rnn.weight_hh_l0.fill_(math.nan)
    with pytest.raises(CoreError, match="logits that are not finite"):
        beam_search(model, [0], 3, 2)
