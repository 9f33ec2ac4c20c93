"""Vanishing, healthy or exploding: a verdict on a curve of gradient norms, with its rate.

How the rate is found. Going back from the last step with a gradient, the log10 norms of all
consecutive finite steps are fitted by a straight line (least squares). If the curve is not straight
enough, up to a quarter of the points is left out at either end (close to the loss the head shapes
the gradient, far from it a gated cell often levels off), and the longest straight piece is taken.
Straight enough: the root-mean-square distance from the line is at most 0.1 decades or a tenth of
the decades that the line itself spans. If no piece is, the line through all points stands as the
mean rate and `straight` is False.

Where the borders lie. Healthy is a factor per step within 10^±0.01 (0.977 to 1.023): less than one
decade gained or lost in a hundred steps. A hundred steps is the order of a truncation window or of
a paragraph in class, and a gradient that keeps a tenth of its size over that distance still moves
the weights together with the nearest ones; one decade more and it does not.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.analysis.norms import GradientNorms, Status
from core.errors import CoreError

Word = Literal["vanishing", "healthy", "exploding", "undecided"]

HEALTHY_SLOPE = 0.01
"""decades per step that a healthy gradient gains or loses at most"""
FEWEST_STEPS = 3
"""points that a line needs to be more than the two points it passes through"""
SPARE = 0.25
"""share of the points that may be left out at either end"""
STRAIGHT_DECADES, STRAIGHT_SHARE = 0.1, 0.1
"""distance from the line that still is straight: in decades, as a share of the line's own span"""


@dataclass(frozen=True)
class Verdict:
    """What a gradient does on its way back.

    Attributes:
        word: the verdict; "undecided" where fewer than three consecutive steps have a gradient.
        slope: decades per step back in time (negative: it shrinks), NaN if undecided.
        intercept: the line's log10 norm at step index 0, so that it can be drawn as
            intercept + direction · slope · t, see `line_at`.
        first: first step (0-based, in text order) of the fitted piece.
        last: its last step.
        straight: whether the piece is straight enough for the rate to be a rate.
        span: decades between the largest and the smallest finite norm on the way back.
        reverse: whether the gradient runs towards the end of the text.
        reason: one sentence for the reader.
    """

    word: Word
    slope: float
    intercept: float
    first: int
    last: int
    straight: bool
    span: float
    reverse: bool
    reason: str

    @property
    def factor(self) -> float:
        """What one step back multiplies the gradient by."""
        return 10.0**self.slope

    @property
    def half_life(self) -> float | None:
        """Steps back after which half of the gradient is left; None unless it shrinks."""
        return math.log10(0.5) / self.slope if self.slope < 0 else None

    @property
    def doubling_time(self) -> float | None:
        """Steps back after which the gradient has doubled; None unless it grows."""
        return math.log10(2.0) / self.slope if self.slope > 0 else None

    def line_at(self, step: int) -> float:
        """The fitted log10 norm at a step (0-based, text order)."""
        return self.intercept + (self.slope if self.reverse else -self.slope) * step


def judge(norms: GradientNorms, sequence: int = 0) -> Verdict:
    """Judge the curve of one sequence of the batch.

    Args:
        norms: from `gradient_norms`, for a loss at the last step: with a loss at every step each
            step adds a gradient of its own, and the curve is level whatever the network does.
        sequence: which sequence of the batch.

    Raises:
        CoreError: if there is no such sequence.
    """
    batch = norms.log10.shape[1]
    if not 0 <= sequence < batch:
        raise CoreError(f"`sequence` (={sequence}) must be from 0 to {batch - 1}.")
    log10, status = norms.log10[:, sequence], norms.status[:, sequence]
    if norms.reverse:
        log10, status = log10.flip(0), status.flip(0)
    return _judged(log10.numpy(), status.numpy(), norms.reverse)


def _judged(log10: NDArray[np.float64], status: NDArray[np.int8], reverse: bool) -> Verdict:
    """Judge a curve in reading order: the gradient runs from the last index to the first."""
    total, infinite = len(log10), bool((status == Status.NON_FINITE).any())
    finite = np.flatnonzero(status == Status.FINITE)
    last = int(finite[-1]) if len(finite) else -1
    first = last
    while first > 0 and status[first - 1] == Status.FINITE:
        first -= 1
    faded = first > 0 and status[first - 1] == Status.UNDERFLOW
    if last - first + 1 < FEWEST_STEPS:
        alone = last >= 0 and bool((status[:last] == Status.EXACT_ZERO).all())
        return _undecided(total, reverse, infinite, alone)
    backwards = log10[first : last + 1][::-1]
    slope, intercept, low, high, straight = _fit(backwards)
    span = float(np.ptp(backwards))
    word: Word = "healthy"
    if infinite and (slope > 0 or first > 0):
        word = "exploding"
    elif slope > HEALTHY_SLOPE:
        word = "exploding"
    elif slope < -HEALTHY_SLOPE:
        word = "vanishing"
    begin, end = last - high, last - low
    at_zero = intercept + slope * last
    if reverse:
        begin, end = total - 1 - end, total - 1 - begin
        at_zero = intercept + slope * (last - (total - 1))
    reason = _reason(word, slope, straight, span, faded, infinite)
    return Verdict(word, slope, at_zero, begin, end, straight, span, reverse, reason)


def _fit(y: NDArray[np.float64]) -> tuple[float, float, int, int, bool]:
    """Slope and intercept over steps back, and which points of the curve they were fitted to."""
    back = np.arange(len(y), dtype=np.float64)
    # Sixteen places to cut at either end are enough to find a straight piece, at any length.
    count, step = len(y), max(1, len(y) // 64)
    spare = int(SPARE * count)
    pieces = sorted(
        ((i, count - j) for i in range(0, spare + 1, step) for j in range(0, spare + 1, step)),
        key=lambda piece: (piece[0] - piece[1], piece[0]),
    )
    for low, high in pieces:
        if high - low < FEWEST_STEPS:
            break
        slope, intercept, distance = _line(back[low:high], y[low:high])
        allowed = max(STRAIGHT_DECADES, STRAIGHT_SHARE * abs(slope) * (high - low - 1))
        if distance <= allowed:
            return slope, intercept, low, high - 1, True
    slope, intercept, _ = _line(back, y)
    return slope, intercept, 0, count - 1, False


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float, float]:
    """Least squares: slope, intercept, and the root-mean-square distance from the line."""
    centre_x, centre_y = x.mean(), y.mean()
    dx = x - centre_x
    slope = float(dx @ (y - centre_y) / (dx @ dx))
    intercept = float(centre_y - slope * centre_x)
    return slope, intercept, float(np.sqrt(np.mean((y - intercept - slope * x) ** 2)))


def _undecided(total: int, reverse: bool, infinite: bool, alone: bool) -> Verdict:
    reason = "Fewer than three steps in a row have a gradient, too few to tell a rate."
    if alone and total >= FEWEST_STEPS:
        reason = "No path leads further back: at all other steps the gradient is exactly 0."
    if infinite:
        reason = "The gradient is not finite: states or gradients overflowed."
    word: Word = "exploding" if infinite else "undecided"
    return Verdict(word, math.nan, math.nan, 0, total - 1, False, 0.0, reverse, reason)


def _reason(
    word: Word, slope: float, straight: bool, span: float, faded: bool, infinite: bool
) -> str:
    change = f"Each step back multiplies the gradient by {10.0**slope:.3g}"
    if not straight:
        change += " on average (the curve is not a straight line)"
    sentence = f"{change}; from its largest to its smallest it spans {span:.1f} decades"
    if faded:
        sentence += ", until it is too small for float64"
    if infinite:
        sentence += ", and where it is not finite it overflowed"
    borders = {
        "vanishing": "below 0.977, where a decade is lost in a hundred steps, it is vanishing",
        "healthy": "from 0.977 to 1.023, within a decade in a hundred steps, it is healthy",
        "exploding": "above 1.023, where a decade is gained in a hundred steps, it is exploding",
    }
    return sentence + (f" ({borders[word]})." if not infinite else ".")
