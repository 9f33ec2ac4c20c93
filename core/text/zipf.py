"""How frequency falls with rank, and the exponent of Zipf's law on a range of ranks."""

import math
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
    low = require_integer("low", low, 1)
    high = require_integer("high", high, low + 1)
    counts = np.asarray(frequencies, np.float64)[low - 1 : high]
    if len(counts) < 2:
        raise CoreError(
            f"`low` (={low}) must leave at least two ranks, of the {len(frequencies)} there are: "
            "choose a lower rank or a longer text."
        )
    if not np.isfinite(counts).all() or counts[-1] <= 0 or (np.diff(counts) > 0).any():
        raise CoreError("`frequencies` must be above 0 and fall from the first to the last.")
    # From the first rank used: far from rank 1 the logs themselves lie too close together.
    ranks = np.log1p(np.arange(len(counts)) / low)
    fitted = _least_squares if estimator == "least squares" else _most_likely
    exponent, at_low = fitted(ranks, counts)
    intercept = at_low + exponent * math.log(low)
    return ZipfFit(exponent, intercept, low, low + len(counts) - 1, estimator)


def _least_squares(ranks: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[float, float]:
    """Exponent, and log of the line where `ranks`, logs from the first one used, is 0."""
    logs = np.log(counts)
    centred = ranks - ranks.mean()
    slope = float(centred @ (logs - logs.mean()) / (centred @ centred))
    return -slope + 0.0, float(logs.mean() - slope * ranks.mean())


def _most_likely(ranks: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[float, float]:
    """The same. Newton's method on the mean log rank, which falls with s, between two bounds."""
    total = counts.sum()
    wanted = float(counts @ ranks / total)
    low, high, exponent = 0.0, np.inf, 1.0
    for _ in range(_STEPS):
        weights = np.exp(-exponent * ranks)
        shares = weights / weights.sum()
        mean = float(shares @ ranks)
        # Counts never rise, so s is at least 0.
        low, high = (exponent, high) if mean > wanted else (low, exponent)
        spread = float(shares @ (ranks - mean) ** 2)
        after = exponent + (mean - wanted) / spread if spread > 0 else exponent
        if not low <= after <= high:
            after = (low + high) / 2 if np.isfinite(high) else 2 * exponent
        if abs(after - exponent) <= 1e-14 * max(1.0, exponent):
            break
        exponent = after
    return exponent, float(np.log(total / np.exp(-exponent * ranks).sum()))
