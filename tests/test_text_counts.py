"""n-gram counts against dictionaries of tuples, and what is computed from counts."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CoreError
from core.text import MAX_ORDER, NgramCounts, Vocabulary, entropy, share_seen_once, tokenize
from tests.ngram_oracle import ngrams

SIZE = 4
texts = st.lists(st.integers(0, SIZE - 1), max_size=40)
orders = st.integers(1, MAX_ORDER)


def table(counts: NgramCounts, order: int) -> dict[tuple[int, ...], int]:
    """The counts of one order as a dictionary, those of 0 left out."""
    level = counts.levels[order - 1]
    rows = counts.ngrams(order, np.arange(len(level.keys)))
    pairs = zip(rows.tolist(), level.counts.tolist(), strict=True)
    return {tuple(row): count for row, count in pairs if count}


@given(texts, orders, st.integers(0, 12))
def test_every_ngram_is_counted(text, order, first):
    counts = NgramCounts.of(text, SIZE, order, first)
    for n in range(1, order + 1):
        assert table(counts, n) == ngrams(text, n, first)


@given(st.lists(st.integers(0, 10**6 - 1), min_size=1, max_size=60))
def test_a_large_vocabulary_is_counted_too(text):
    counts = NgramCounts.of(text + text, 10**6, 3)
    assert table(counts, 3) == ngrams(text + text, 3)


@given(texts, orders, st.data())
def test_a_text_without_a_stretch_is_what_stands_before_and_after(text, order, data):
    stop = data.draw(st.integers(0, len(text)))
    start = data.draw(st.integers(0, stop))
    counts = NgramCounts.of(text, SIZE, order).without(text, start, stop)
    for n in range(1, order + 1):
        rest = ngrams(text[:start], n) + ngrams(text[stop:], n)
        if start == stop:
            rest = ngrams(text, n)
        assert table(counts, n) == rest
    assert counts.total == len(text) - (stop - start)


@given(texts, orders, st.data())
def test_what_follows_a_context(text, order, data):
    counts = NgramCounts.of(text, SIZE, order)
    context = data.draw(st.lists(st.integers(0, SIZE - 1), max_size=order - 1))
    tokens, numbers, followed = counts.continuations(context)
    wanted = {
        gram[-1]: number
        for gram, number in ngrams(text, len(context) + 1).items()
        if gram[:-1] == tuple(context)
    }
    assert dict(zip(tokens.tolist(), numbers.tolist(), strict=True)) == wanted
    assert followed == sum(wanted.values())


@given(texts, orders)
def test_frequencies_fall_and_add_up(text, order):
    counts = NgramCounts.of(text, SIZE, order)
    places, numbers = counts.frequencies(order)
    assert (np.diff(numbers) <= 0).all()
    assert numbers.sum() == max(0, len(text) - order + 1)
    assert counts.ngrams(order, places).shape == (len(places), order)


def test_ties_keep_the_order_of_their_indices():
    counts = NgramCounts.of([3, 1, 2, 0, 2, 1], SIZE, 1)
    places, numbers = counts.frequencies(1)
    assert counts.ngrams(1, places)[:, 0].tolist() == [1, 2, 0, 3]
    assert numbers.tolist() == [2, 2, 1, 1]


def test_the_counts_cannot_be_changed():
    counts = NgramCounts.of([0, 1], SIZE, 2)
    with pytest.raises(ValueError, match="read-only"):
        counts.levels[1].counts[0] = 9


@given(st.text(max_size=60), st.sampled_from(["graphemes", "words"]))
def test_any_script_is_counted_through_its_vocabulary(text, scheme):
    try:
        tokens = tokenize(text, scheme)
    except CoreError:
        return
    vocabulary = Vocabulary.from_tokens(tokens)
    counts = NgramCounts.of(vocabulary.encode(tokens), len(vocabulary), 2)
    rows = table(counts, 2)
    assert {tuple(vocabulary.decode(row)): n for row, n in rows.items()} == ngrams(tokens, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0, 4], 4, 2), "`indices` holds 4, which must be between 0 and 3"),
        (([0, -1], 4, 2), "`indices` holds -1"),
        (([0.5], 4, 2), "whole numbers in one row"),
        (([[0]], 4, 2), "whole numbers in one row"),
        (([0], 0, 2), "`vocabulary_size` (=0)"),
        (([0], 2**40, 2), "`vocabulary_size`"),
        (([[0], [0, 1]], 4, 2), "whole numbers in one row"),
        ((np.array([2**64 - 1], np.uint64), 4, 2), "holds 18446744073709551615"),
        (([0], 4, 6), "`order` (=6) must be between 1 and 5"),
        (([0], 4, True), "`order` (=True)"),
        (([0], 4, 2, -1), "`first` (=-1)"),
    ],
)
def test_what_cannot_be_counted(arguments, words):
    with pytest.raises(CoreError) as refused:
        NgramCounts.of(*arguments)
    assert words in str(refused.value)


def test_a_stretch_of_another_text_cannot_be_taken_out():
    counts = NgramCounts.of([0, 1, 2, 0], SIZE, 2)
    for text, start, stop in (([0, 1], 0, 1), ([3, 3, 3, 3], 0, 3), ([0, 1, 2, 0], 3, 2)):
        with pytest.raises(CoreError):
            counts.without(text, start, stop)
    with pytest.raises(CoreError, match="shorter than the counted order"):
        counts.continuations([0, 1])
    with pytest.raises(CoreError, match="`order`"):
        counts.frequencies(3)


def test_entropy_and_the_share_seen_once():
    assert entropy(np.array([5, 5, 0, 5, 5])) == pytest.approx(math.log(4), rel=1e-15)
    assert entropy(np.array([7])) == 0
    assert share_seen_once(np.array([1, 1, 0, 3, 2])) == 0.5
    assert not np.signbit(entropy(np.array([7])))
    for number in (entropy, share_seen_once):
        for counts in ([0, 0], [-5, 3], [math.nan, 3], [math.inf, 3], []):
            with pytest.raises(CoreError, match="above 0"):
                number(np.array(counts))


def test_what_a_stretch_took_away_has_no_rank():
    counts = NgramCounts.of([0, 1, 0, 2], SIZE, 1).without([0, 1, 0, 2], 1, 2)
    places, numbers = counts.frequencies(1)
    assert counts.ngrams(1, places)[:, 0].tolist() == [0, 2]
    assert numbers.tolist() == [2, 1]


def test_places_of_foreign_numbers_are_refused():
    counts = NgramCounts.of([0, 1, 0, 2, 0, 1], SIZE, 3)
    with pytest.raises(CoreError, match="`indices` holds 4"):
        counts.places(np.array([0, 4]))
    for places in ([-1], [99]):
        with pytest.raises(CoreError, match="`places`"):
            counts.ngrams(2, np.array(places))
    with pytest.raises(CoreError, match="`order`"):
        counts.ngrams(4, np.array([0]))
    with pytest.raises(CoreError, match="`stop`"):
        counts.without([0, 1, 0, 2, 0, 1], 0, 7)


def test_many_ties_keep_the_order_of_their_indices():
    counts = NgramCounts.of(list(range(99, -1, -1)), 100, 1)
    places, _ = counts.frequencies(1)
    assert counts.ngrams(1, places)[:, 0].tolist() == list(range(100))
