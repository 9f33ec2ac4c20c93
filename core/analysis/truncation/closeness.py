"""How near an approximation of a gradient comes to the gradient: direction, size, error."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]

SQUARES = 1e-100
"""norms above it, and below its inverse, have squares that float64 holds to full precision"""


@dataclass(frozen=True, eq=False)
class Closeness:
    """How near approximations g_k of a gradient come to the gradient g, one entry for each.

    Attributes:
        cosine: of the angle between g_k and g; NaN where either is 0 or not finite.
        relative_size: ‖g_k‖ / ‖g‖; NaN where g is 0 or not finite.
        relative_error: ‖g_k - g‖ / ‖g‖; NaN likewise.
    """

    cosine: Array
    relative_size: Array
    relative_error: Array

    @classmethod
    def collect(cls, each: list[tuple[float, float, float]]) -> "Closeness":
        """From the answers of `Reference.compare`."""
        cosine, size, error = np.array(each, dtype=np.float64).reshape(-1, 3).T.copy()
        return cls(cosine, size, error)


class Reference:
    """The full gradient, to compare others with; squares neither overflow nor underflow.

    Args:
        full: g, any shape.

    Attributes:
        norm: ‖g‖ (Frobenius) in float64; 0 where g is 0, inf or NaN where it is not finite.
    """

    def __init__(self, full: Float[Tensor, "..."]) -> None:
        full = full.double()
        self._scale = float(full.abs().max())
        known = 0 < self._scale < np.inf
        self._divisor = self._scale if known else np.nan
        self._full = full / self._divisor
        self._length = float(torch.linalg.vector_norm(self._full))
        self.norm = self._length * self._scale if known else self._scale

    def compare(self, gradient: Float[Tensor, "..."]) -> tuple[float, float, float]:
        """Cosine, relative size and relative error of one gradient, as in `Closeness`."""
        scaled = gradient.double() / self._divisor
        size = float(torch.linalg.vector_norm(scaled))
        error = float(torch.dist(scaled, self._full)) / self._length
        if SQUARES < size < 1 / SQUARES:
            product = float(torch.dot(scaled.flatten(), self._full.flatten()))
            cosine = product / (size * self._length)
        else:
            cosine = self._cosine(gradient.double())
        return float(np.clip(cosine, -1, 1)), size / self._length, error

    def _cosine(self, gradient: Tensor) -> float:
        """By its own largest entry: a gradient far smaller than the full one has a direction."""
        peak = float(gradient.abs().max())
        if not 0 < peak < np.inf:
            return np.nan
        own = gradient / peak
        length = float(torch.linalg.vector_norm(own)) * self._length
        return float((own * self._full).sum()) / length

    def share(self, gradient: Float[Tensor, "..."]) -> float:
        """⟨g_k, g⟩ / ‖g‖²; NaN where g is 0 or not finite."""
        scaled = gradient.double() / self._divisor
        return float(torch.dot(scaled.flatten(), self._full.flatten())) / self._length**2

    def relative(self, norm: float) -> float:
        """A norm as a multiple of ‖g‖; NaN where g is 0 or not finite."""
        return norm / self._divisor / self._length
