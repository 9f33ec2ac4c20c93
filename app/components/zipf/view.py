"""What the rank-frequency plot draws: plain arrays and words, checked once at the boundary."""

import math
from dataclasses import dataclass

import numpy as np

__all__ = ["ESTIMATORS", "MOST_POINTS", "Curve", "Fit", "ZipfView"]

ESTIMATORS = ("least squares", "maximum likelihood")
KINDS = ("character", "word")
MOST_POINTS = 5000
MOST_COUNT = 2**53  # JavaScript's numbers are exact up to here


@dataclass(frozen=True)
class Fit:
    """One straight line on log axes: log count = log_intercept - exponent * log rank.

    Attributes:
        estimator: "least squares" or "maximum likelihood".
        exponent: Above 0 where the counts fall; NaN where nothing can be fitted.
        log_intercept: Natural log of the count that the line has at rank 1; NaN with `exponent`.
        low: First rank really used.
        high: Last rank really used; a curve may end before the chosen range does.
        why: Why nothing was fitted, a clause for the reader; "" leaves the words to the plot.
    """

    estimator: str
    exponent: float
    log_intercept: float
    low: int
    high: int
    why: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no line, naming the argument."""
        _one_of("estimator", self.estimator, ESTIMATORS)
        if math.isinf(self.exponent) or math.isinf(self.log_intercept):
            raise ValueError(
                f"`exponent` (={self.exponent}) and `log_intercept` (={self.log_intercept}) "
                "must be finite, or both NaN."
            )
        if math.isnan(self.exponent) != math.isnan(self.log_intercept):
            raise ValueError(
                f"`log_intercept` (={self.log_intercept}) must be NaN exactly where `exponent` "
                f"(={self.exponent}) is."
            )
        if math.isfinite(self.exponent) and not 1 <= self.low < self.high:
            raise ValueError(f"`low` (={self.low}) must be at least 1 and below {self.high}.")


@dataclass(frozen=True, eq=False)
class Curve:
    """The n-grams of one length from the most frequent to the rarest, or some of them.

    Attributes:
        label: The name on screen ("1-grams").
        order: 0, 1 or 2: which colour and which mark.
        ranks: int64 (M,), rising from 1 at least; at most MOST_POINTS of them.
        counts: int64 (M,), how often the n-gram of that rank occurs, never rising.
        examples: M texts, the n-gram of that rank as it stands in the text.
        distinct: How many ranks there are, also those not sent.
        fits: At most one for each estimator.
    """

    label: str
    order: int
    ranks: np.ndarray
    counts: np.ndarray
    examples: tuple[str, ...]
    distinct: int
    fits: tuple[Fit, ...] = ()

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together, naming the argument."""
        if self.order not in (0, 1, 2):
            raise ValueError(f"`order` (={self.order}) must be 0, 1 or 2.")
        points = len(self.examples)
        if points > MOST_POINTS:
            raise ValueError(f"`examples` (={points} points) must be at most {MOST_POINTS}.")
        for name, array in (("ranks", self.ranks), ("counts", self.counts)):
            if array.shape != (points,):
                raise ValueError(f"`{name}` (shape {array.shape}) must have shape ({points},).")
            if array.dtype.kind not in "iu":
                raise ValueError(f"`{name}` (dtype {array.dtype}) must hold whole numbers.")
            if points and not (1 <= array.min() and array.max() <= MOST_COUNT):
                raise ValueError(f"`{name}` must be at least 1 and at most 2**53.")
        if (np.diff(self.ranks.astype(np.int64)) < 1).any():
            raise ValueError("`ranks` must rise.")
        if (np.diff(self.counts.astype(np.int64)) > 0).any():
            raise ValueError("`counts` must not rise: rank 1 is the most frequent.")
        if self.distinct < (self.ranks[-1] if points else 0):
            raise ValueError(f"`distinct` (={self.distinct}) must be at least the last rank.")
        if len({fit.estimator for fit in self.fits}) < len(self.fits):
            raise ValueError("`fits` must hold each estimator once.")


@dataclass(frozen=True, eq=False)
class ZipfView:
    """Everything the plot shows.

    Attributes:
        identity: Changes whenever the curves do (not the fits); is `data-painted` once drawn.
        fit_identity: Changes whenever a fit does; appears as `data-fits` once drawn.
        curves: One for each length; no two with the same `order`.
        low: First rank of the range that the fits are of.
        high: Its last rank; may be beyond the ranks there are, and is then drawn at their end.
        kind: "character" or "word" (words are set apart by spaces in `examples`).
    """

    identity: str
    fit_identity: str
    curves: tuple[Curve, ...]
    low: int
    high: int
    kind: str = "word"

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn together, naming the argument."""
        _one_of("kind", self.kind, KINDS)
        if not self.curves or len({curve.order for curve in self.curves}) < len(self.curves):
            raise ValueError("`curves` must hold at least one, each with its own `order`.")
        if not 1 <= self.low <= self.high:
            raise ValueError(
                f"`low` (={self.low}) must be at least 1 and at most `high` (={self.high})."
            )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"`{name}` (={value!r}) must be one of {', '.join(map(repr, allowed))}.")
