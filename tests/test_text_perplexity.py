"""Perplexity: its limits, its arithmetic, and what it refuses."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CoreError
from core.text import bits_per_character, perplexity, perplexity_of_surprise, surprise

likely = st.floats(1e-300, 1)


def test_the_limits():
    assert perplexity([1 / 28] * 5) == pytest.approx(28, rel=1e-14)
    assert perplexity([1.0, 1.0, 1.0]) == 1
    assert perplexity([0.9, 0.0, 0.9]) == math.inf
    assert perplexity([0.5, 0.25, 0.125, 0.125]) == pytest.approx(4.756828, abs=5e-7)


@given(st.lists(likely, min_size=1, max_size=20))
def test_it_is_the_reciprocal_of_the_geometric_mean(probabilities):
    logs = [math.log(p) for p in probabilities]
    assert perplexity(probabilities) == pytest.approx(math.exp(-math.fsum(logs) / len(logs)))
    assert perplexity(probabilities) >= 1
    assert perplexity(probabilities * 3) == pytest.approx(perplexity(probabilities), rel=1e-12)


@given(st.lists(likely, min_size=1, max_size=20), st.integers(1, 60))
def test_bits_and_perplexity_tell_the_same(probabilities, characters):
    nats = surprise(probabilities)
    bits = bits_per_character(nats, len(probabilities))
    assert 2**bits == pytest.approx(perplexity(probabilities), rel=1e-10)
    assert bits_per_character(nats, characters) * characters == pytest.approx(
        bits * len(probabilities)
    )


def test_surprise_keeps_shape_and_is_never_minus_zero():
    nats = surprise(np.array([[1.0, 0.0], [0.5, math.exp(-3)]]))
    np.testing.assert_allclose(nats, [[0, math.inf], [math.log(2), 3]])
    assert not np.signbit(nats).any()


def test_surprise_beyond_what_a_float_can_exponentiate():
    assert perplexity_of_surprise([1000.0, 1000.0]) == math.inf
    assert perplexity_of_surprise([709.7]) == pytest.approx(math.exp(709.7))
    assert perplexity_of_surprise([709.79]) == math.inf
    assert perplexity_of_surprise([1.7e308, 1.7e308]) == math.inf
    assert bits_per_character([math.inf, 1], 2) == math.inf


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: perplexity([]), "at least one token"),
        (lambda: perplexity([0.5, 1.5]), "`probabilities` holds 1.5"),
        (lambda: perplexity([-0.1]), "`probabilities` holds -0.1"),
        (lambda: perplexity([math.nan]), "`probabilities` holds nan"),
        (lambda: perplexity_of_surprise([-1.0]), "`nats` holds -1"),
        (lambda: perplexity_of_surprise([]), "at least one token"),
        (lambda: perplexity_of_surprise([math.nan]), "`nats` holds nan"),
        (lambda: bits_per_character([1.0], math.nan), "`characters` (=nan)"),
        (lambda: bits_per_character([1.0], True), "`characters` (=True)"),
        (lambda: bits_per_character([1.0], 0), "`characters` (=0)"),
    ],
)
def test_what_is_no_probability(call, words):
    with pytest.raises(CoreError) as refused:
        call()
    assert words in str(refused.value)
