"""How far two computations of the same sizes are apart, and whether that is more than rounding."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.progress import checkpoint

Array = NDArray[np.float64]

DECADES = 300.0
"""a size within 10^±300 is a normal float64 with room for smaller entries beside it"""
SAME = 1e-10
"""difference that plain rounding over a few hundred steps stays below"""
MARGIN = 100.0
"""times what a change in the last digit does: what is still put down to rounding"""
SETTLED = 1e-6
"""share of an entry that a change in the last digit may move for float64 to determine it"""


@dataclass(frozen=True)
class Check:
    """What a comparison with the independent computation gave.

    Attributes:
        what: in words, for the reader.
        compared: entries compared.
        beyond: entries not compared because plain float64 does not determine them: out of its
            range; or apart by more than 1e-10 where changed last digits move them by more than a
            millionth, and by a hundredth of that distance at least.
        largest: the largest relative difference, 0 to 1; NaN if nothing was compared.
        worst: where it is, in words; steps count from 1.
        rounding: the largest relative difference, at what was compared, between the independent
            computation and itself with every weight and activation changed in its last digit, at
            most a millionth; NaN if nothing was compared.
        seconds: it took.
    """

    what: str
    compared: int
    beyond: int
    largest: float
    worst: str
    rounding: float
    seconds: float

    @property
    def outcome(self) -> Literal["agrees", "differs", "undecided"]:
        """Whether the two are the same but for rounding.

        Up to 1e-10, or 100 times `rounding` if that is more, it "agrees"; "undecided" where nothing
        was compared.
        """
        if not self.compared:
            return "undecided"
        return "agrees" if self.largest <= max(SAME, MARGIN * self.rounding) else "differs"


def between_sizes(found: Array, reference: Array) -> Array:
    """Relative differences of sizes given as log10, (rows, T), going back along the last axis.

    Args:
        found: -inf for an exact 0, NaN for a size that is not known.
        reference: as plain float64 gave it: -inf for 0, NaN for what is not finite.

    Returns:
        From 0 to 1; NaN where there is nothing to compare because float64's range was left, at
        this entry or at one that the reference passed on its way.
    """
    with np.errstate(all="ignore"):
        apart = -np.expm1(-math.log(10) * np.abs(found - reference))
    known = np.isfinite(found) & np.isfinite(reference)
    zero, zero_too = np.isneginf(found), np.isneginf(reference)
    difference = np.where(known, apart, 1.0)
    difference[zero & zero_too] = 0.0
    left, left_too = ~(np.abs(found) <= DECADES), ~(np.abs(reference) <= DECADES)
    # Both outside: no evidence, unless a number stands against a zero, or large against small.
    contrary = (zero & np.isfinite(reference)) | (zero_too & (found > 0))
    contrary |= (zero & zero_too) | (known & (np.sign(found) != np.sign(reference)))
    beyond = left & left_too & ~contrary
    # What came through a number that float64 does not hold well is not held well either.
    broken = left_too & ~zero_too
    passed = np.maximum.accumulate(broken, axis=-1)
    beyond[..., 1:] |= passed[..., :-1]
    return np.where(beyond, np.nan, difference)


def between_entries(found: Array, reference: Array) -> Array:
    """Relative differences of numbers with a sign; NaN where both are out of float64's range."""
    largest = np.maximum(np.abs(found), np.abs(reference))
    with np.errstate(all="ignore"):
        difference = np.abs(found / largest - reference / largest)
    difference = np.where(largest == 0, 0.0, np.minimum(difference, 1.0))
    difference[np.isfinite(found) != np.isfinite(reference)] = 1.0
    low, high = 10.0**-DECADES, 10.0**DECADES
    inside = np.isfinite(found) & np.isfinite(reference) & (largest <= high)
    outside = (largest > 0) & (largest < low) | ~inside & (difference != 1.0)
    return np.where(outside, np.nan, difference)


def summary(
    what: str, difference: Array, rounding: Array, places: Sequence[Sequence[str]], started: float
) -> Check:
    """The result of one check.

    Args:
        what: in words.
        difference: of what is checked from the reference, NaN where nothing is compared.
        rounding: of the nudged reference from the reference, likewise.
        places: the entries' names.
        started: by `perf_counter`.
    """
    moved = rounding > SETTLED  # False for NaN: the nudged run left the range, as if not moved
    vague = moved & (difference > SAME) & (difference <= MARGIN * rounding)
    difference = np.where(vague, np.nan, difference)
    held = ~np.isnan(difference)
    compared, seconds = int(held.sum()), perf_counter() - started
    if not compared:
        return Check(what, 0, held.size, math.nan, "", math.nan, seconds)
    row, column = np.unravel_index(np.nanargmax(difference), difference.shape)
    alike = rounding[held & (rounding <= SETTLED)]
    return Check(
        what=what,
        compared=compared,
        beyond=held.size - compared,
        largest=float(difference[row, column]),
        worst=places[int(row)][int(column)],
        rounding=float(alike.max(initial=0.0)),
        seconds=seconds,
    )


def log10_norms(vectors: Sequence[Tensor]) -> Array:
    """log10 of the Euclidean norm of each; -inf for 0, NaN for what is not finite."""
    return np.array([log10_norm(length, vector) for vector in vectors])


def log10_norm(norm: Callable[[Tensor], Tensor], values: Tensor) -> float:
    """Of the values over their largest, whose squares neither overflow nor underflow."""
    checkpoint()
    largest = float(values.abs().max())
    if not math.isfinite(largest):
        return math.nan
    return math.log10(largest) + math.log10(float(norm(values / largest))) if largest else -math.inf


def length(values: Tensor) -> Tensor:
    """The Euclidean norm; of a matrix the Frobenius norm."""
    return torch.linalg.vector_norm(values)


def spectral(matrix: Tensor) -> Tensor:
    """The largest singular value."""
    return torch.linalg.matrix_norm(matrix, 2)
