"""Features of a text, and the unit that follows each, judged where it was not chosen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.features import FEATURES, correlation, match_features, text_features
from core.errors import CoreError

T, H = 40, 6


def marks(name: str, text: str) -> str:
    """The feature as digits under the text."""
    return "".join(str(int(value)) for value in text_features(text)[name])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("quotes", 'a "bc" d', "00111000"),
        ("quotes", "a “b” c «d» e", "0011000011000"),
        ("quotes", 'a "b\n\nc "d"', "00111000110"),
        ("quotes", 'a "b\nc" d', "001111000"),
        ("brackets", "a (b [c] d) e", "0011111111000"),
        ("brackets", "a ) b (", "0000001"),
        ("brackets", "([)]", "1111"),
        ("brackets", "(a\n \nb", "111100"),
        ("line", "ab\ncd", "12012"),
        ("space", "a b\n\tc", "010110"),
        ("capital", "aBc É", "01001"),
    ],
)
def test_each_feature_says_what_was_read_so_far(name, text, expected):
    assert marks(name, text) == expected


def test_words_are_read_sign_by_sign():
    found = text_features(("He", "said", '"yes', 'indeed"', "(", "x", ")", "new\n", "Line"))
    assert found["quotes"].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert found["brackets"].tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 0]
    assert found["capital"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert found["line"][-2:].tolist() == [0, 4]
    assert found["space"].tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 0]


@given(st.text(alphabet='a "(\n)[]“”«»A{}', max_size=60), st.integers(0, 60))
def test_a_feature_depends_on_what_was_read_and_on_nothing_later(text, cut):
    whole, part = text_features(text), text_features(text[:cut])
    assert tuple(whole) == FEATURES
    for name in FEATURES:
        assert whole[name].shape == (len(text),)
        np.testing.assert_array_equal(whole[name][:cut], part[name])


def states(seed=0):
    return np.random.default_rng(seed).normal(size=(T, H))


def test_r_is_pearsons():
    values, feature = states(), states(1)[:, 0]
    expected = [np.corrcoef(values[:, unit], feature)[0, 1] for unit in range(H)]
    np.testing.assert_allclose(correlation(values, feature), expected, rtol=1e-12)


def test_for_a_feature_of_two_values_it_is_the_point_biserial_correlation():
    values, feature = states(), (states(1)[:, 0] > 0.3).astype(float)
    on, off = values[feature == 1], values[feature == 0]
    share = feature.mean()
    expected = (on.mean(0) - off.mean(0)) / values.std(0) * np.sqrt(share * (1 - share))
    np.testing.assert_allclose(correlation(values, feature), expected, rtol=1e-12)


def test_huge_and_tiny_units_are_compared_and_constant_ones_are_none():
    values, feature = states(), states(1)[:, 0]
    scaled = values * np.array([1e200, 1e-200, 1, 1, 1, 1])
    scaled[:, 3] = 0.1
    found = correlation(scaled, feature)
    expected = correlation(values, feature)
    expected[3] = np.nan
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert np.isnan(correlation(values, np.full(T, 0.1))).all()
    values[2, 4] = np.nan
    assert np.isnan(correlation(values, feature)[4])


def test_the_unit_is_chosen_on_the_first_half_and_judged_on_the_second():
    feature = np.tile([0.0, 1, 1, 0], T // 4)
    hidden, cell = states() * 0.1, states(2) * 0.1
    hidden[: T // 2, 4] -= feature[: T // 2]
    hidden[:, 5] += 0.2 * feature
    cell[T // 2 :, 2] += 50 * feature[T // 2 :]
    (match,) = match_features({"h": hidden, "c": cell}, {"quotes": feature})
    assert (match.feature, match.state, match.unit) == ("quotes", "h", 4)
    assert match.chosen < -0.9
    expected = np.corrcoef(hidden[T // 2 :, 4], feature[T // 2 :])[0, 1]
    assert match.held_out == pytest.approx(expected)
    assert abs(match.held_out) < 0.6
    np.testing.assert_allclose(match.correlations, correlation(hidden[: T // 2], feature[: T // 2]))


def test_the_cell_state_is_chosen_where_it_follows_better():
    feature = np.tile([0.0, 1, 1, 0], T // 4)
    hidden, cell = states(), states(2) * 0.1
    cell[:, 1] += feature
    (match,) = match_features({"h": hidden, "c": cell}, {"quotes": feature})
    assert (match.state, match.unit) == ("c", 1)
    assert match.held_out > 0.9


@pytest.mark.parametrize("part", ["whole", "first half", "second half"])
def test_a_constant_feature_gets_no_score(part):
    feature = states(1)[:, 0].copy()
    where = {"whole": slice(None), "first half": slice(T // 2), "second half": slice(T // 2, None)}
    feature[where[part]] = 1.0
    (match,) = match_features({"h": states()}, {"brackets": feature})
    assert np.isnan(match.held_out) == (part != "never")
    assert (match.unit == -1) == (part != "second half")
    assert np.isnan(match.chosen) == (part != "second half")


def test_texts_that_are_too_short_or_of_other_lengths_are_refused():
    with pytest.raises(CoreError, match=r"of \[3\] steps\) must have as many steps, at least 4"):
        match_features({"h": states()[:3]}, {"line": np.arange(3.0)})
    with pytest.raises(CoreError, match=r"of \[39, 40\] steps"):
        match_features({"h": states()}, {"line": np.arange(39.0)})
