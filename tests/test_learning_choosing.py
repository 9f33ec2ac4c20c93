"""Which tokens may come next and with which chances, against the definitions and known values."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from core.errors import CoreError
from core.learning.choosing import DecodingSpec, kept_distribution

GREEDY = DecodingSpec(strategy="greedy")


def log_p_of(*probabilities: float) -> Tensor:
    return torch.tensor(probabilities, dtype=torch.float64).log()


distributions = st.lists(st.floats(0, 1), min_size=1, max_size=12).filter(lambda p: sum(p) > 1e-6)


def normalised(weights: list[float]) -> Tensor:
    p = torch.tensor(weights, dtype=torch.float64)
    return (p / p.sum()).log()


@given(
    weights=distributions,
    temperature=st.floats(0.05, 20),
    top_k=st.none() | st.integers(1, 14),
    top_p=st.none() | st.floats(0.01, 1),
)
def test_what_is_kept(weights, temperature, top_k, top_p):
    log_p = normalised(weights)
    spec = DecodingSpec(temperature=temperature, top_k=top_k, top_p=top_p)
    tokens, chances = kept_distribution(log_p, spec)
    kept = tokens.tolist()
    assert_close(chances.sum().item(), 1.0)
    assert (chances > 0).all()
    assert (log_p[tokens] > -math.inf).all()
    assert len(kept) == len(set(kept)) <= (top_k or len(weights))
    # No token left out comes before one that is kept: by probability, then by index.
    rank = sorted(range(len(weights)), key=lambda token: (-log_p[token].item(), token))
    assert kept == rank[: len(kept)]
    # Ratios are those of p^(1/t).
    assert_close(chances.log(), (log_p[tokens] - log_p[tokens[0]]) / temperature + chances[0].log())


@given(weights=distributions, top_p=st.floats(0.01, 0.999))
def test_the_nucleus_is_the_smallest_set_that_reaches_p(weights, top_p):
    log_p = normalised(weights)
    tokens, _ = kept_distribution(log_p, DecodingSpec(top_p=top_p))
    share = log_p.exp()[tokens]
    assert share.sum() >= top_p - 1e-12
    assert len(tokens) == 1 or share[:-1].sum() < top_p + 1e-12


@given(weights=distributions, alpha=st.floats(0.1, 10))
def test_the_chapters_power_is_the_temperature_of_its_reciprocal(weights, alpha):
    log_p = normalised(weights)
    spec = DecodingSpec.sharpened(alpha)
    assert spec == DecodingSpec(temperature=1 / alpha)
    tokens, chances = kept_distribution(log_p, spec)
    powers = log_p.exp() ** alpha
    assert_close(chances, (powers / powers.sum())[tokens], rtol=1e-9, atol=1e-12)


def test_known_distributions():
    log_p = log_p_of(0.1, 0.4, 0.1, 0.4)
    for spec, kept, expected in (
        (DecodingSpec(), [1, 3, 0, 2], [0.4, 0.4, 0.1, 0.1]),
        (DecodingSpec(top_k=3), [1, 3, 0], [4 / 9, 4 / 9, 1 / 9]),
        (DecodingSpec(top_p=0.4), [1], [1.0]),
        (DecodingSpec(top_p=0.41), [1, 3], [0.5, 0.5]),
        (DecodingSpec(top_k=3, top_p=0.88), [1, 3], [0.5, 0.5]),
        (DecodingSpec(temperature=0.5), [1, 3, 0, 2], [8 / 17, 8 / 17, 1 / 34, 1 / 34]),
        (GREEDY, [1], [1.0]),
    ):
        tokens, chances = kept_distribution(log_p, spec)
        assert tokens.tolist() == kept
        assert_close(chances.tolist(), expected)


@given(weights=distributions)
def test_the_limits_of_temperature(weights):
    log_p = normalised(weights)
    tokens, chances = kept_distribution(log_p, DecodingSpec(temperature=1e-300))
    best = (log_p == log_p.max()).nonzero()[:, 0]
    assert tokens.tolist() == best.tolist()
    assert tokens[0] == kept_distribution(log_p, GREEDY)[0][0]
    hot, chances = kept_distribution(log_p, DecodingSpec(temperature=1e300))
    assert sorted(hot.tolist()) == (log_p > -math.inf).nonzero()[:, 0].tolist()
    assert_close(chances, torch.full_like(chances, 1 / len(chances)))


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"strategy": "best"}, "`strategy` (='best') must be 'greedy' or 'sample'."),
        ({"temperature": 0}, "`temperature` (=0) must be a finite number above 0; for its limit"),
        ({"temperature": math.nan}, "`temperature` (=nan) must be a finite number above 0"),
        ({"temperature": math.inf}, "`temperature` (=inf) must be a finite number above 0"),
        ({"top_k": 0}, "`top_k` (=0) must be a whole number of at least 1."),
        ({"top_k": True}, "`top_k` (=True) must be a whole number of at least 1."),
        ({"top_p": 0}, "`top_p` (=0) must be a number above 0, at most 1."),
        ({"top_p": 1.1}, "`top_p` (=1.1) must be a number above 0, at most 1."),
        ({"stop": -1}, "`stop` (=-1) must be a whole number of at least 0."),
    ],
)
def test_strategies_that_make_no_sense_are_refused(attributes, message):
    with pytest.raises(CoreError) as refusal:
        DecodingSpec(**attributes)
    assert message in str(refusal.value)


def test_alpha_is_refused_out_of_its_range():
    for alpha in (0, -1, math.nan, math.inf, True, "1", 1e-320):
        with pytest.raises(CoreError, match="`alpha`"):
            DecodingSpec.sharpened(alpha)
