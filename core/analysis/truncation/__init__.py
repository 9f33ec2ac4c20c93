"""Truncated backpropagation through time against the whole: what cutting costs.

Four ways to shorten the way back, each by its name:

- equal segments: the state is handed on, the gradient is cut at every k-th step (what a training
  loop with `state.detach()` does);
- sliding: every loss reaches the last k steps (`core.analysis.truncation.lags`);
- randomised truncation (Tallec & Ollivier 2017): at each step the gradient is cut with
  probability 1 - π, and divided by π where it is not, which leaves its mean unbiased;
- random segments: cut in the same way but not divided, as the chapter's picture draws them; biased.

All act inside one layer: the layers above it stay whole, so that in a stacked network only a
highest layer is what a training loop with `detach()` gives.
"""

from core.analysis.truncation.closeness import Closeness
from core.analysis.truncation.cuts import handed_on, random_starts, segment_starts
from core.analysis.truncation.draws import TruncationDraws, draw_truncations
from core.analysis.truncation.lags import (
    LagContributions,
    lag_gradients,
    sliding_gradient,
    weight_gradient_by_lag,
)
from core.analysis.truncation.moments import RandomTruncation, random_truncation
from core.analysis.truncation.segments import (
    SegmentCurve,
    segment_curve,
    segment_gradient,
)

__all__ = [
    "Closeness",
    "LagContributions",
    "RandomTruncation",
    "SegmentCurve",
    "TruncationDraws",
    "draw_truncations",
    "handed_on",
    "lag_gradients",
    "random_starts",
    "random_truncation",
    "segment_curve",
    "segment_gradient",
    "segment_starts",
    "sliding_gradient",
    "weight_gradient_by_lag",
]
