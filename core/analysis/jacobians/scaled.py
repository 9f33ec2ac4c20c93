"""Numbers beyond float64: a matrix with a binary exponent of its own.

A product of a few hundred Jacobians is easily 1e-400 or 1e+400. Scaling by a power of two is exact,
so a product that is rescaled after each factor has the rounding of the factors and no other.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.norms import Status

LOG10_2 = math.log10(2.0)


def normalised(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Values over a power of two that brings the largest to [0.5, 1), and its exponent.

    All zero, or not finite: the values as they are, and 0.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if not math.isfinite(largest) or largest == 0:
        return values, 0
    exponent = math.frexp(largest)[1]
    # ldexp, not a product with 2^-exponent, which is itself out of range for subnormal values.
    return np.ldexp(values, -exponent), exponent


@dataclass(frozen=True, eq=False)
class Scaled:
    """The matrix mantissa · 2^exponent.

    Entries more than 308 decades below the largest read as 0; norms do not feel that.

    Attributes:
        mantissa: float64, largest absolute entry in [0.5, 1); all 0 or not finite as `status` says.
        exponent: of base 2; 0 unless `status` is FINITE.
        status: FINITE; EXACT_ZERO, mathematically 0; UNDERFLOW, 0 by rounding alone, its size not
            known; NON_FINITE.
    """

    mantissa: Float[Tensor, "row column"]
    exponent: int
    status: Status = Status.FINITE

    @classmethod
    def of(cls, values: Float[Tensor, "row column"], exponent: int = 0) -> "Scaled":
        """The matrix values · 2^exponent; a zero is taken for an exact one."""
        mantissa, shift = normalised(values.detach().double().numpy())
        status = Status.FINITE
        if not np.isfinite(mantissa).all():
            status, exponent = Status.NON_FINITE, 0
        elif not mantissa.any():
            status, exponent = Status.EXACT_ZERO, 0
        return cls(torch.from_numpy(mantissa), exponent + shift, status)

    def __matmul__(self, other: "Scaled") -> "Scaled":
        """The product; 0 is exact only if a factor is, else it underflowed or cancelled."""
        product = Scaled.of(self.mantissa @ other.mantissa, self.exponent + other.exponent)
        zeros = {self.status, other.status}
        if product.status == Status.EXACT_ZERO and Status.EXACT_ZERO not in zeros:
            return Scaled(product.mantissa, 0, Status.UNDERFLOW)
        return product

    def to_tensor(self) -> Float[Tensor, "row column"]:
        """The matrix in plain float64, where small entries become 0 and large ones inf."""
        with np.errstate(all="ignore"):
            return torch.from_numpy(np.ldexp(self.mantissa.numpy(), self.exponent))

    def log10_abs(self) -> Float[Tensor, "row column"]:
        """log10 of the absolute value of every entry; -inf where it is 0."""
        return self.mantissa.abs().log10() + self.exponent * LOG10_2

    @property
    def log10_frobenius(self) -> float:
        """log10 of the Frobenius norm; -inf for an exact zero, NaN where `status` says unknown."""
        return self._log10(float(torch.linalg.matrix_norm(self.mantissa)))

    @property
    def log10_spectral(self) -> float:
        """log10 of the largest singular value; -inf and NaN as in `log10_frobenius`."""
        if not self.mantissa.isfinite().all():
            return math.nan
        return self._log10(float(torch.linalg.matrix_norm(self.mantissa, 2)))

    def _log10(self, norm: float) -> float:
        if self.status == Status.FINITE:
            return math.log10(norm) + self.exponent * LOG10_2
        return -math.inf if self.status == Status.EXACT_ZERO else math.nan
