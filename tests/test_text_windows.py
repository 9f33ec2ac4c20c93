"""Windows tile the text as promised; training and validation share nothing unless it is said."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import CoreError, TextError
from core.text import Split, Windows, random_offset

lengths, steps = st.integers(2, 200), st.integers(1, 40)


def assert_shifted_by_one(windows: Windows) -> None:
    text = np.arange(1000, 1000 + windows.length)  # each token is its place
    inputs, targets = windows.cut(text)
    assert inputs.shape == targets.shape == (*windows.starts.shape, windows.steps)
    np.testing.assert_array_equal(targets, inputs + 1)
    np.testing.assert_array_equal(inputs[..., 0], windows.starts + 1000)
    np.testing.assert_array_equal(np.diff(inputs, axis=-1), 1)
    places, times = np.unique(inputs, return_counts=True)
    read = windows.times_read()
    np.testing.assert_array_equal(np.flatnonzero(read), places - 1000)
    np.testing.assert_array_equal(read[read > 0], times)


@given(lengths, steps)
def test_every_overlapping_window_is_there_once(length, steps):
    assume(length > steps)
    windows = Windows.overlapping(length, steps)
    assert_shifted_by_one(windows)
    assert windows.starts.tolist() == list(range(length - steps))


@given(lengths, steps, st.data())
def test_disjoint_windows_tile_the_text(length, steps, data):
    offset = data.draw(st.integers(0, steps - 1))
    assume(length > offset + steps)
    windows = Windows.disjoint(length, steps, offset)
    assert_shifted_by_one(windows)
    read = windows.times_read()
    stop = offset + steps * len(windows)
    assert read.tolist() == [0] * offset + [1] * (stop - offset) + [0] * (length - stop)
    assert stop + steps >= length  # no room for one more window and its last target
    assert stop < length


@given(lengths, st.integers(1, 12), st.integers(1, 6), st.data())
def test_consecutive_windows_go_on_where_the_one_before_stopped(length, steps, batch, data):
    offset = data.draw(st.integers(0, steps - 1))
    assume(length > offset + batch * steps)
    windows = Windows.consecutive(length, steps, batch, offset)
    assert_shifted_by_one(windows)
    np.testing.assert_array_equal(np.diff(windows.starts, axis=0), steps)
    read = windows.times_read()
    stop = offset + windows.starts.size * steps
    assert read.tolist() == [0] * offset + [1] * (stop - offset) + [0] * (length - stop)
    assert len(windows) % batch == 0
    assert length - 1 - stop < batch * steps
    inputs, _ = windows.cut(np.arange(length))
    for stream in range(batch):
        flat = inputs[:, stream].ravel()
        np.testing.assert_array_equal(np.diff(flat), 1)


def test_the_offset_is_reproducible_and_takes_every_value():
    drawn = [random_offset(5, seed) for seed in range(200)]
    assert drawn == [random_offset(5, seed) for seed in range(200)]
    assert set(drawn) == set(range(5))


@given(st.integers(4, 5000), st.floats(0.001, 0.999))
def test_the_end_of_the_text_judges_and_is_not_learnt_from(length, share):
    split = Split.at_end(length, share)
    assert split.shared == 0
    assert split.note == ""
    assert split.train[0] == 0
    assert split.train[1] == split.validation[0]
    assert split.validation[1] == length
    assert min(split.train[1], length - split.train[1]) >= 2
    assert length - split.train[1] == min(max(round(share * length), 2), length - 2)


def test_inputs_and_targets_share_memory_and_cannot_be_changed():
    for windows in (Windows.overlapping(9, 3), Windows.disjoint(9, 3, 1)):
        inputs, _ = windows.cut(np.arange(9))
        with pytest.raises(ValueError, match="read-only"):
            inputs[0, 1] = 5
        with pytest.raises(ValueError, match="read-only"):
            windows.starts[0] = 1


def test_narrow_numbers_do_not_overflow():
    assert len(Windows.consecutive(np.int16(300), np.int8(100), np.int8(2))) == 2
    with pytest.raises(TextError):
        Windows.disjoint(np.int8(100), np.int8(99), np.int8(98))


def test_the_chapters_split_shares_a_window_and_says_so():
    split = Split.of_chapter(173_428)
    assert split.train == (0, 10_032)
    assert split.validation == (10_000, 15_032)
    assert split.shared == 32
    assert "share 32 tokens" in split.note
    train = Windows.overlapping(10_032, 32)
    assert len(train) == 10_000
    assert len(Windows.overlapping(5_032, 32)) == 5_000
    assert Split.of_chapter(15_032).validation == (10_000, 15_032)
    assert "share 7 tokens" in Split.of_chapter(99, 7, 50, 20).note


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: Windows.overlapping(5, 5), TextError, "at least 6 tokens"),
        (lambda: Windows.disjoint(9, 5, 4), TextError, "at least 10 tokens"),
        (lambda: Windows.disjoint(99, 5, 5), CoreError, "`offset` (=5) must be between 0 and 4"),
        (lambda: Windows.consecutive(15, 5, 3), TextError, "in each of 3 streams"),
        (lambda: Windows.consecutive(15, 5, 0), CoreError, "`batch` (=0)"),
        (lambda: Windows.overlapping(5, 0), CoreError, "`steps` (=0)"),
        (lambda: Windows.overlapping(5, 2).cut(np.arange(6)), CoreError, "the 5 tokens"),
        (lambda: Windows.overlapping(5, 2).cut([0.5] * 5), CoreError, "whole numbers in one row"),
        (lambda: Windows.overlapping(10**12, 2), CoreError, "`length` (=1000000000000)"),
        (lambda: Split.at_end(10, "a"), CoreError, "`share` (='a')"),
        (lambda: Split.of_chapter(float("nan")), CoreError, "`length` (=nan)"),
        (lambda: random_offset(2**70, 1), CoreError, "`steps`"),
        (lambda: random_offset(5, 2**53), CoreError, "`seed`"),
        (lambda: Split.at_end(3), TextError, "`length` (=3)"),
        (lambda: Split.at_end(30, 1.0), CoreError, "`share` (=1.0)"),
        (lambda: Split.of_chapter(15_031), TextError, "15,032 tokens"),
        (lambda: Split.of_chapter(10**6, train=0), CoreError, "`train` (=0)"),
        (lambda: random_offset(0, 1), CoreError, "`steps` (=0)"),
    ],
)
def test_what_cannot_be_cut(call, kind, words):
    with pytest.raises(kind) as refused:
        call()
    assert words in str(refused.value)
