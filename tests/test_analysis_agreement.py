"""How the self-check compares: relative to the larger, and only what float64 determines."""

import math

import numpy as np
import pytest

from core.analysis.selfcheck import Check
from core.analysis.selfcheck.agreement import between_entries, between_sizes, summary


def test_sizes_differ_relative_to_the_larger():
    inf, nan = math.inf, math.nan
    found = np.array([[0.0, -inf, 2.0, -inf, nan, 3.0, 305.0, -310.0]])
    reference = np.array([[math.log10(2), -inf, 2.0, 2.0, 2.0, -inf, 3.0, 3.0]])
    difference = between_sizes(found, reference)
    np.testing.assert_allclose(difference, [[0.5, 0, 0, 1, 1, 1, 1, 1]], rtol=1e-14)


@pytest.mark.parametrize(
    ("found", "reference"),
    [(-310.0, -310.0), (-310.0, -math.inf), (math.nan, math.nan), (math.nan, -math.inf),
     (305.0, math.nan), (305.0, 306.0), (math.nan, -310.0)],
)  # fmt: skip
def test_sizes_outside_the_format_are_not_compared(found, reference):
    row = np.array([[1.0, found]]), np.array([[1.0, reference]])
    np.testing.assert_array_equal(between_sizes(*row), [[0.0, math.nan]])


@pytest.mark.parametrize(("found", "reference"), [(-math.inf, -310.0), (305.0, -math.inf)])
def test_a_wrong_zero_outside_the_format_is_found(found, reference):
    assert between_sizes(np.array([found]), np.array([reference])) == 1.0


def test_what_came_through_an_underflow_is_not_compared():
    found = np.array([[1.0, -305.0, -290.0, 5.0]])
    reference = np.array([[1.0, -305.0, -291.0, -math.inf]])
    expected = [[0.0, math.nan, math.nan, math.nan]]
    np.testing.assert_array_equal(between_sizes(found, reference), expected)


def test_entries_with_a_sign():
    found = np.array([1.0, -1.0, 0.0, 0.0, 1e-310, math.inf, math.inf, 4.0])
    reference = np.array([1.0, 1.0, 0.0, 1.0, 2e-310, math.inf, 1.0, 3.0])
    expected = [0, 1, 0, 1, math.nan, math.nan, 1, 0.25]
    np.testing.assert_array_equal(between_entries(found, reference), expected)


def test_an_entry_that_rounding_moves_must_still_be_near():
    difference = np.array([[1e-12, 0.01, 0.01, 1e-11]])
    rounding = np.array([[1e-13, 1e-3, 1e-5, 0.5]])
    places = [["first", "second", "third", "fourth"]]
    check = summary("", difference, rounding, places, 0.0)
    assert (check.compared, check.beyond, check.rounding) == (3, 1, 1e-13)
    assert (check.largest, check.worst, check.outcome) == (0.01, "third", "differs")


def test_a_check_of_nothing_is_undecided():
    check = Check("", 0, 3, math.nan, "", math.nan, 0.0)
    assert check.outcome == "undecided"
