"""The decades of a log axis: one definition, which the screen is sent and the exports use."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["LEAST", "decades"]

LEAST = 2
"""decades that an axis has at least"""


def decades(log10: ArrayLike) -> tuple[int, int] | None:
    """Whole powers of ten around all finite values, at least two apart; None where none is finite.

    Args:
        log10: Logarithms to base 10, of any shape.
    """
    values = np.asarray(log10, np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    low, high = int(np.floor(finite.min())), int(np.ceil(finite.max()))
    return min(low, high - LEAST), high
