"""How frequency falls with rank, and the exponent of Zipf's law on a range of ranks."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.errors import CoreError
from core.text.limits import require_integer

Estimator = Literal["least squares", "maximum likelihood"]
_STEPS = 60  # of Newton's method; five to eight are enough, the rest are for odd tables


@dataclass(frozen=True, slots=True)
class ZipfFit:
    """A power law through the counts of the ranks `low` to `high`.

    Attributes:
        exponent: s in count ~ rank ** -s.
        log_intercept: log of the count that the line has at rank 1, in nats.
        low: First rank used, from 1.
        high: Last rank used.
        estimator: "least squares" or "maximum likelihood".
    """

    exponent: float
    log_intercept: float
    low: int
    high: int
    estimator: Estimator


def fit_zipf(
    frequencies: NDArray[np.integer], low: int, high: int, estimator: Estimator
) -> ZipfFit:
    """Fits Zipf's law to a range of ranks. There is no single exponent: it depends on the range.

    - "least squares": the line through (log rank, log count), every rank weighing the same.
    - "maximum likelihood": the s under which the occurrences of these ranks are likeliest, each
      falling on rank r with probability r ** -s / sum of k ** -s over the range: every
      occurrence weighs the same, so the frequent ranks count most.

    Args:
        frequencies: Counts from the most frequent to the rarest, all above 0.
        low: First rank, from 1.
        high: Last rank, above `low`; the last there is if there are fewer.
        estimator: One of the two.

    Returns:
        The fit and the ranks really used.

    Raises:
        CoreError: Fewer than two ranks are left, or an argument is out of range.

    Source: Clauset, Shalizi and Newman, "Power-law distributions in empirical data", 2009, for
        why the two differ.
    """
    if estimator not in get_args(Estimator):
        raise CoreError(
            f"`estimator` (={estimator!r}) must be one of {', '.join(get_args(Estimator))}."
        )
    require_integer("low", low, 1)
    require_integer("high", high, low + 1)
    counts = np.asarray(frequencies, np.float64)[low - 1 : high]
    if len(counts) < 2:
        raise CoreError(
            f"`low` (={low}) must leave at least two ranks, of the {len(frequencies)} there are: "
            "choose a lower rank or a longer text."
        )
    if counts[-1] <= 0 or (np.diff(counts) > 0).any():
        raise CoreError("`frequencies` must be above 0 and fall from the first to the last.")
    ranks = np.log(np.arange(low, low + len(counts)))
    fitted = _least_squares if estimator == "least squares" else _most_likely
    exponent, intercept = fitted(ranks, counts)
    return ZipfFit(exponent, intercept, low, low + len(counts) - 1, estimator)


def _least_squares(ranks: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[float, float]:
    logs = np.log(counts)
    centred = ranks - ranks.mean()
    slope = float(centred @ (logs - logs.mean()) / (centred @ centred))
    return -slope + 0.0, float(logs.mean() - slope * ranks.mean())


def _most_likely(ranks: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[float, float]:
    """Newton's method on the mean log rank, which falls with s; halving where it overshoots."""
    total = counts.sum()
    wanted = float(counts @ ranks / total)
    low, high, exponent = 0.0, np.inf, 1.0
    for _ in range(_STEPS):
        weights = np.exp(-exponent * (ranks - ranks[0]))
        shares = weights / weights.sum()
        mean = float(shares @ ranks)
        # Counts never rise, so s is at least 0.
        low, high = (exponent, high) if mean > wanted else (low, exponent)
        spread = float(shares @ (ranks - mean) ** 2)
        step = (mean - wanted) / spread if spread > 0 else 0.0
        after = exponent + step
        if not low <= after <= high:
            after = 2 * exponent + 1 if np.isinf(high) else (low + high) / 2
        if abs(after - exponent) <= 1e-14 * max(1.0, exponent):
            break
        exponent = after
    weights = np.exp(-exponent * (ranks - ranks[0]))
    return exponent, float(np.log(total / weights.sum()) + exponent * ranks[0])
