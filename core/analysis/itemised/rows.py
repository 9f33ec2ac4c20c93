"""Rows of numbers with an exponent each: many gradients that neither underflow nor overflow.

Row i stands for `values[i] · 2^exponents[i]`. As long as the norms stay in a comfortable range
nothing is done to them, which is nearly always; a row that leaves it is brought back by a power of
two, which is exact. So a gradient of 1e-400 is a number.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from core.analysis.norms import Status

Array = NDArray[np.float64]
Exponents = NDArray[np.int64]
Statuses = NDArray[np.uint8]

NEVER = -(2**40)
"""the exponent of a row that is 0: below that of any other"""


@dataclass(frozen=True)
class _Range:
    """Powers of two between which the norm of a row is left alone, and its largest entry."""

    norm: int
    entry: int
    largest: int

    @classmethod
    def of(cls, dtype: torch.dtype) -> "_Range":
        # Squares of norms within 2^±norm, times what one step multiplies by, are normal numbers.
        return cls(200, 100, 1000) if dtype == torch.float64 else cls(30, 10, 120)


def times(values: Float[Tensor, "row size"], powers: Exponents) -> Float[Tensor, "row size"]:
    """Row i times 2^powers[i], powers from -2^40 to 1,000 (float64) or 120 (float32)."""
    factors = np.exp2(powers.astype(np.float64))
    return values * torch.from_numpy(factors).to(values).unsqueeze(1)


def add_rows(
    own: Float[Tensor, "row size"],
    own_exponents: Exponents,
    part: slice,
    other: Float[Tensor, "row part"],
    exponents: Exponents,
) -> None:
    """Adds scaled rows to the columns `part` of others in place, the larger exponent standing."""
    if np.array_equal(own_exponents, exponents):
        own[:, part] += other
        return
    if (own_exponents == NEVER).all():
        own[:, part] = other
        own_exponents[:] = exponents
        return
    common = np.maximum(own_exponents, exponents)
    if (own_exponents != common).any():
        own.copy_(times(own, own_exponents - common))
    own[:, part] += times(other, exponents - common)
    own_exponents[:] = common


def rescale(rows: Float[Tensor, "row size"], exponents: Exponents) -> NDArray[np.bool_]:
    """Brings rows back into range in place; which of them had lost digits before that."""
    within = _Range.of(rows.dtype)
    largest = rows.abs().amax(1).double().cpu().numpy()
    powers = np.frexp(largest)[1].astype(np.int64)
    powers[~np.isfinite(largest) | (np.abs(powers) <= within.entry)] = 0
    powers = np.clip(powers, -within.largest, within.largest)
    if powers.any():
        rows.copy_(times(rows, -powers))
        exponents += powers
    exponents[largest == 0] = NEVER
    return (largest > 0) & (largest < torch.finfo(rows.dtype).smallest_normal)


def in_range(norms: Array, dtype: torch.dtype) -> bool:
    """Whether norms could be taken without a second thought (False for NaN)."""
    bound = 2.0 ** _Range.of(dtype).norm
    return bool(norms.min() > 1 / bound and norms.max() < bound)


def plain_norms(rows: Float[Tensor, "row size"]) -> Array:
    """The Euclidean norm of each row as the number format has it."""
    return torch.linalg.vector_norm(rows, dim=1).double().cpu().numpy()


def log2_norms(
    rows: Float[Tensor, "row size"], norms: Array | None = None
) -> tuple[Array, Statuses | None]:
    """The base-2 logarithm of each row's norm, and what it is; None: all are FINITE.

    Args:
        rows: the values alone; their exponents are the caller's to add.
        norms: from `plain_norms`, if known.
    """
    norms = plain_norms(rows) if norms is None else norms
    if in_range(norms, rows.dtype):
        return np.log2(norms), None
    largest = rows.abs().amax(1)
    fine = (largest > 0) & largest.isfinite()
    scale = torch.where(fine, largest, torch.ones_like(largest)).unsqueeze(1)
    # Two roundings of a division of subnormal numbers would be worse than float64's one.
    scaled = plain_norms(rows.double() / scale.double())
    log2 = np.full(len(rows), np.nan)
    status = np.full(len(rows), Status.NON_FINITE, np.uint8)
    size = largest.double().cpu().numpy()
    status[size == 0] = Status.EXACT_ZERO
    status[fine.cpu().numpy()] = Status.FINITE
    status[(size > 0) & (size < torch.finfo(rows.dtype).smallest_normal)] = Status.UNDERFLOW
    known = status == Status.FINITE
    log2[known] = np.log2(scaled[known]) + np.log2(size[known])
    return log2, status
