"""n-gram models against the recursion written out, and the laws they must keep."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CoreError
from core.text import MAX_ORDER, NgramCounts, NgramModel, perplexity
from tests.ngram_oracle import probability

SIZE = 4
tokens = st.integers(0, SIZE - 1)
epsilon = st.sampled_from([0.0, 5e-324, 1e-300, 1e308, math.inf]) | st.floats(1e-6, 1e6)
backoffs = st.sampled_from(["unigram", "shorter"])


@st.composite
def models(draw, minimum=0):
    """A text and a model of it, each order with a smoothing of its own."""
    text = draw(st.lists(tokens, min_size=minimum, max_size=30))
    epsilons = tuple(draw(st.lists(epsilon, min_size=1, max_size=MAX_ORDER)))
    counts = NgramCounts.of(text, SIZE, draw(st.integers(len(epsilons), MAX_ORDER)))
    return text, NgramModel(counts, epsilons, draw(backoffs))


@given(models(), st.lists(tokens, max_size=MAX_ORDER + 2))
def test_the_distribution_is_the_recursion_and_sums_to_one(both, context):
    text, model = both
    guess = model.distribution(context)
    assert guess.min() >= 0
    assert math.isclose(guess.sum(), 1, rel_tol=1e-12)
    used = tuple(context[max(0, len(context) - model.order + 1) :])
    for token in range(SIZE):
        wanted = probability(
            [text], used, token, SIZE, model.epsilons[: len(used) + 1], model.backoff
        )
        assert guess[token] == pytest.approx(wanted, rel=1e-12, abs=1e-300)


@given(models(), st.lists(tokens, max_size=12))
def test_a_whole_text_is_guessed_as_token_by_token(both, other):
    _, model = both
    wanted = [model.distribution(other[:t])[token] for t, token in enumerate(other)]
    np.testing.assert_allclose(model.probabilities(other), wanted, rtol=1e-13)
    for k, row in enumerate(model.probabilities_by_order(other), 1):
        lower = NgramModel(model.counts, model.epsilons[:k], model.backoff)
        np.testing.assert_array_equal(row, lower.probabilities(other))


@given(models(), st.data())
def test_without_a_stretch_the_model_has_not_seen_it(both, data):
    text, model = both
    stop = data.draw(st.integers(0, len(text)))
    start = data.draw(st.integers(0, max(stop - 1, 0)))
    counts = model.counts.without(text, start, stop)
    rest = NgramModel(counts, model.epsilons, model.backoff)
    pieces = [text[:start], text[stop:]] if stop > start else [text]
    context = tuple(data.draw(st.lists(tokens, max_size=model.order - 1)))
    epsilons = model.epsilons[: len(context) + 1]
    wanted = [probability(pieces, context, x, SIZE, epsilons, model.backoff) for x in range(SIZE)]
    np.testing.assert_allclose(rest.distribution(context), wanted, rtol=1e-12, atol=1e-300)


@given(models(minimum=1), st.lists(tokens, max_size=MAX_ORDER))
def test_smoothing_goes_from_maximum_likelihood_to_uniform(both, context):
    _, model = both
    n = model.order
    nearly, exactly = (
        NgramModel(model.counts, (value,) * n, model.backoff).distribution(context)
        for value in (1e-13, 0.0)
    )
    np.testing.assert_allclose(nearly, exactly, atol=1e-9)
    nearly, exactly = (
        NgramModel(model.counts, (value,) * n, model.backoff).distribution(context)
        for value in (1e13, math.inf)
    )
    np.testing.assert_allclose(nearly, exactly, atol=1e-9)
    np.testing.assert_array_equal(exactly, np.full(SIZE, 1 / SIZE))


@given(st.lists(tokens, min_size=MAX_ORDER, max_size=60), backoffs)
def test_maximum_likelihood_foresees_its_own_text_better_with_every_order(text, backoff):
    counts = NgramCounts.of(text, SIZE, MAX_ORDER, first=MAX_ORDER - 1)
    model = NgramModel(counts, (0.0,) * MAX_ORDER, backoff)
    rows = model.probabilities_by_order(text)[:, MAX_ORDER - 1 :]
    found = [perplexity(row) for row in rows]
    assert all(after <= before * (1 + 1e-12) for before, after in itertools.pairwise(found))
    assert found[0] <= SIZE * (1 + 1e-12)


@given(models(), st.integers(0, 2**53 - 1), st.lists(tokens, max_size=4))
def test_a_sample_is_reproducible_and_never_impossible(both, seed, context):
    _, model = both
    written = model.sample(context, 12, seed)
    assert written == model.sample(context, 12, seed)
    assert len(written) == 12
    for t, token in enumerate(written):
        assert model.distribution(context + written[:t])[token] > 0


@pytest.mark.parametrize("draw", [0.0, 5e-324, 1 - 2**-53])
def test_no_draw_however_extreme_gives_an_impossible_token(monkeypatch, draw):
    monkeypatch.setattr(torch, "rand", lambda n, **_: torch.full((n,), draw, dtype=torch.float64))
    model = NgramModel(NgramCounts.of([1, 2, 1, 2, 2, 1], SIZE, 2), (0.0, 0.0))
    assert set(model.sample([1], 30, 0)) <= {1, 2}


def test_a_model_accepts_its_own_probabilities():
    model = NgramModel(NgramCounts.of([1] * 3, 2, 2), (0.0, 0.01))
    assert model.probabilities([1] * 3).max() <= 1
    assert perplexity(model.probabilities([1] * 3)) == pytest.approx(1)


def test_numpys_numbers_are_numbers():
    model = NgramModel(
        NgramCounts.of(np.array([1, 2, 1], np.int8), np.int16(4), np.int64(2)), (1.0,)
    )
    assert model.sample(np.array([1]), np.int8(3), np.int64(5)) == model.sample([1], 3, 5)


def test_samples_follow_the_distribution():
    model = NgramModel(NgramCounts.of([0, 1, 0, 2, 0, 1, 0, 1], SIZE, 2), (1.0, 1.0))
    firsts = [model.sample([0], 1, seed)[0] for seed in range(4000)]
    shares = np.bincount(firsts, minlength=SIZE) / len(firsts)
    wanted = model.distribution([0])
    # Four standard deviations of a share of 4,000 draws.
    assert (np.abs(shares - wanted) < 4 * np.sqrt(wanted * (1 - wanted) / 4000)).all()


def test_an_impossible_token_is_infinitely_surprising():
    model = NgramModel(NgramCounts.of([0, 1, 0, 1], SIZE, 2), (0.0, 0.0))
    assert model.surprise([0, 1, 3])[-1] == math.inf
    assert perplexity(model.probabilities([0, 1, 3])) == math.inf


def test_a_certain_token_is_no_surprise():
    model = NgramModel(NgramCounts.of([2] * 9, SIZE, 3), (0.0, 0.0, 0.0))
    assert model.surprise([2, 2, 2]).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((),), "`order` (=0)"),
        (((1.0,) * 3,), "`order` (=3) must be between 1 and 2"),
        (((1.0, -1.0),), "`epsilons` holds -1.0"),
        (((math.nan,),), "`epsilons` holds nan"),
        ((("a",),), "`epsilons` holds 'a'"),
        ((1.0,), "`epsilons` (=1.0) must be a tuple"),
        (((1.0,), "none"), "`backoff` (='none') must be one of unigram, shorter"),
    ],
)
def test_models_that_cannot_be(arguments, words):
    with pytest.raises(CoreError) as refused:
        NgramModel(NgramCounts.of([0, 1], SIZE, 2), *arguments)
    assert words in str(refused.value)


def test_samples_that_cannot_be():
    model = NgramModel(NgramCounts.of([0, 1], SIZE, 2), (1.0, 1.0))
    for context, length, seed in (
        ([9], 1, 0),
        ([0], 0, 0),
        ([0], 10_001, 0),
        ([0], 1, -1),
        ([0], 1, 2**53),
        ([[0], [0, 1]], 1, 0),
    ):
        with pytest.raises(CoreError):
            model.sample(context, length, seed)
