"""Checks at the boundary that several parts of `core.text` share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import CoreError

MAX_VOCABULARY = 2**31 - 1
"""so that no key of an n-gram overflows in a text of 2³² tokens"""
MOST = 2**53
"""above every count and every seed: whole numbers up to here are exact everywhere"""


def require_integer(name: str, value: object, low: int, high: int | None = None) -> int:
    """Refuses what is no whole number from `low` to `high`.

    Args:
        name: What the argument is called.
        value: What was given; NumPy's whole numbers too.
        low: The least allowed.
        high: The most allowed, None for 2⁵³.

    Returns:
        The value as a plain int, which does not overflow as NumPy's narrow ones do.

    Raises:
        CoreError: It is no whole number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise CoreError(f"`{name}` (={value!r}) must be a whole number of at least {low}.")
    number = int(value)
    if number < low or number > (MOST if high is None else high):
        rule = f"at least {low}" if high is None else f"between {low} and {high}"
        if high is None and number > low:
            rule = f"at most {MOST}"
        shown = (
            number if abs(number) < 10**20 else f"{number:.3g}" if abs(number) < 10**300 else "…"
        )
        raise CoreError(f"`{name}` (={shown}) must be {rule}.")
    return number


def require_indices(
    name: str, indices: Sequence[int] | NDArray[np.integer], vocabulary_size: int
) -> NDArray[np.int64]:
    """Takes a text in indices as an array.

    Args:
        name: What the argument is called.
        indices: (T,), each from 0 to vocabulary_size - 1.
        vocabulary_size: At least 1.

    Returns:
        The same as int64.

    Raises:
        CoreError: They are no whole numbers, not in one row, or out of range.
    """
    require_integer("vocabulary_size", vocabulary_size, 1, MAX_VOCABULARY)
    try:
        array = np.asarray(indices)
    except ValueError:
        array = np.empty((0, 0))  # rows of different lengths: refused below
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise CoreError(
            f"`{name}` (of shape {array.shape} and type {array.dtype}) must be whole numbers in "
            "one row: give the indices of one text."
        )
    wrong = array[(array < 0) | (array >= vocabulary_size)]
    if wrong.size:
        raise CoreError(
            f"`{name}` holds {wrong[0]}, which must be between 0 and {vocabulary_size - 1}, the "
            "last index of the vocabulary."
        )
    return array.astype(np.int64, copy=False)
