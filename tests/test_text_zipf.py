"""Zipf's exponent by both estimators."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CoreError
from core.text import fit_zipf

BOTH = ("least squares", "maximum likelihood")
tables = st.lists(st.integers(1, 10**6), min_size=2, max_size=60).map(
    lambda counts: np.array(sorted(counts, reverse=True))
)


def log_likelihood(counts, low, exponent):
    ranks = np.arange(low, low + len(counts), dtype=float)
    shares = ranks**-exponent / (ranks**-exponent).sum()
    return float((counts * np.log(shares)).sum())


@pytest.mark.parametrize("estimator", BOTH)
@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.5])
def test_a_true_power_law_is_found(estimator, exponent):
    counts = np.round(1e12 * np.arange(1, 501.0) ** -exponent).astype(np.int64)
    for low, high in ((1, 500), (10, 100), (1, 2), (400, 10_000)):
        fit = fit_zipf(counts, low, high, estimator)
        assert fit.exponent == pytest.approx(exponent, abs=1e-5)
        assert math.exp(fit.log_intercept) == pytest.approx(1e12, rel=1e-4)
        assert (fit.low, fit.high) == (low, min(high, 500))


@given(tables, st.data())
def test_least_squares_is_the_fitted_line(counts, data):
    low = data.draw(st.integers(1, len(counts) - 1))
    high = data.draw(st.integers(low + 1, len(counts) + 5))
    fit = fit_zipf(counts, low, high, "least squares")
    used = counts[low - 1 : high]
    ranks = np.arange(low, low + len(used))
    slope, intercept = np.polyfit(np.log(ranks), np.log(used), 1)
    assert fit.exponent == pytest.approx(-slope, abs=1e-8)
    assert fit.log_intercept == pytest.approx(intercept, abs=1e-7)


@given(tables, st.data())
def test_no_other_exponent_is_likelier(counts, data):
    low = data.draw(st.integers(1, len(counts) - 1))
    fit = fit_zipf(counts, low, len(counts) + 1, "maximum likelihood")
    used = counts[low - 1 :]
    best = log_likelihood(used, low, fit.exponent)
    assert fit.exponent >= 0
    for other in (fit.exponent * 1.01 + 1e-3, max(0.0, fit.exponent * 0.99 - 1e-3), 0.5, 1, 2):
        assert log_likelihood(used, low, other) <= best + 1e-9 * abs(best)
    ranks = np.arange(low, low + len(used), dtype=float)
    line = np.exp(fit.log_intercept) * ranks**-fit.exponent
    assert line.sum() == pytest.approx(used.sum(), rel=1e-9)


@given(st.integers(2, 10**9), st.integers(1, 10**9), st.integers(1, 10**5))
def test_on_two_ranks_both_are_the_slope_between_them(first, second, low):
    first, second = max(first, second), min(first, second)
    counts = np.array([first] * low + [second])
    wanted = math.log(first / second) / math.log1p(1 / low)
    for estimator in BOTH:
        fit = fit_zipf(counts, low, low + 1, estimator)
        assert fit.exponent == pytest.approx(wanted, rel=1e-7, abs=1e-7)
        assert not math.copysign(1, fit.exponent) < 0


@pytest.mark.parametrize("estimator", BOTH)
def test_equal_counts_have_exponent_zero(estimator):
    assert fit_zipf(np.full(30, 4), 3, 20, estimator).exponent == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((np.array([5, 3]), 2, 9, "least squares"), "`low` (=2) must leave at least two ranks"),
        ((np.array([5, 3]), 0, 9, "least squares"), "`low` (=0)"),
        ((np.array([5, 3]), 4, 4, "least squares"), "`high` (=4)"),
        ((np.array([3, 5]), 1, 2, "least squares"), "must be above 0 and fall"),
        ((np.array([3, 0]), 1, 2, "maximum likelihood"), "must be above 0 and fall"),
        ((np.array([np.inf, 3]), 1, 2, "maximum likelihood"), "must be above 0 and fall"),
        ((np.array([5, np.nan]), 1, 2, "least squares"), "must be above 0 and fall"),
        ((np.array([5, 3]), 1, 2, "by eye"), "`estimator` (='by eye')"),
    ],
)
def test_what_cannot_be_fitted(arguments, words):
    with pytest.raises(CoreError) as refused:
        fit_zipf(*arguments)
    assert words in str(refused.value)
