"""Checks at the boundary that several parts of `core.text` share."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import CoreError


def require_integer(name: str, value: object, low: int, high: int | None = None) -> None:
    """Refuses what is no whole number from `low` to `high`.

    Args:
        name: What the argument is called.
        value: What was given.
        low: The least allowed.
        high: The most allowed, None for any.

    Raises:
        CoreError: It is no whole number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise CoreError(f"`{name}` (={value!r}) must be a whole number of at least {low}.")
    if value < low or (high is not None and value > high):
        rule = f"at least {low}" if high is None else f"between {low} and {high}"
        raise CoreError(f"`{name}` (={value}) must be {rule}.")


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
    require_integer("vocabulary_size", vocabulary_size, 1)
    array = np.asarray(indices)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        raise CoreError(
            f"`{name}` (of shape {array.shape} and type {array.dtype}) must be whole numbers in "
            "one row: give the indices of one text."
        )
    array = array.astype(np.int64, copy=False)
    wrong = array[(array < 0) | (array >= vocabulary_size)]
    if wrong.size:
        raise CoreError(
            f"`{name}` holds {wrong[0]}, which must be between 0 and {vocabulary_size - 1}, the "
            "last index of the vocabulary."
        )
    return array
