"""Random truncation by draws: what a training run would see, with the error of the estimates."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from core.analysis.truncation.backward import Backward
from core.analysis.truncation.closeness import Closeness, Reference
from core.analysis.truncation.cuts import draw_passes
from core.analysis.truncation.segments import weighted_gradients
from core.capture import LayerTrace
from core.progress import checkpoint


@dataclass(frozen=True, eq=False)
class TruncationDraws:
    """Seeded draws ĝ_1 … ĝ_N of the gradient of W_hh under random cuts.

    `random_truncation` gives the exact values of what is estimated here.

    Attributes:
        keep: π, the probability that the gradient passes a step.
        reweighted: True: divided by π where it passes (unbiased); False: random segments.
        passes: whether the gradient passes from s to s - 1 in each draw, (N, T), in reading order;
            a segment starts where it does not.
        each: every draw against the full gradient, (N,).
        mean: of the draws, (G·H, H).
        bias: ‖mean - g‖ / ‖g‖. Not 0 for an unbiased kind either: N draws leave a distance of
            about `bias_error`.
        bias_error: standard deviation / √N, relative to ‖g‖: the root-mean-square distance of the
            mean of N draws from its expectation.
        standard_deviation: √(Σ ‖ĝ_i - E ĝ‖² / N) / ‖g‖, all entries together; the expectation is
            known exactly, from one more backward pass.
        deviation_error: standard error of `standard_deviation`, from the spread of the squares;
            NaN for one draw. Too small where the rarest draws carry the variance, which is so
            where it grows without bound.
    """

    keep: float
    reweighted: bool
    passes: NDArray[np.bool_]
    each: Closeness
    mean: Float[Tensor, "rows unit"]
    bias: float
    bias_error: float
    standard_deviation: float
    deviation_error: float


def draw_truncations(
    trace: LayerTrace, keep: float, *, draws: int, seed: int, reweighted: bool = True
) -> TruncationDraws:
    """Draw random cuts and take the gradient of W_hh under each.

    Args:
        trace: one layer and direction, after a backward pass.
        keep: π, above 0 and at most 1.
        draws: N, at least 1.
        seed: of the generator; the same seed gives the same cuts, and more draws add to them.
        reweighted: see `TruncationDraws`.

    Raises:
        CoreError: if `keep` or `draws` is out of its range.
        CaptureError: if no backward pass ran.
    """
    backward = Backward.of(trace)
    reference = Reference(trace.grad_weight_hh)
    passes = draw_passes(backward.steps, keep, draws, seed)
    factor = passes.double() / (keep if reweighted else 1.0)
    average = torch.full((1, backward.steps), 1.0 if reweighted else keep, dtype=torch.float64)
    expected = next(weighted_gradients(backward, average))[0]
    each, distances = [], []
    total = torch.zeros_like(backward.weight_hh, dtype=torch.float64)
    for block in weighted_gradients(backward, factor):
        for gradient in block:
            checkpoint()
            each.append(reference.compare(gradient))
            distances.append(reference.compare(gradient - expected)[1])
        total += block.double().sum(0)
    mean = total / draws
    deviation, error = _deviation(np.square(distances))
    return TruncationDraws(
        keep=keep,
        reweighted=reweighted,
        passes=passes.numpy(),
        each=Closeness.collect(each),
        mean=mean.to(backward.weight_hh.dtype),
        bias=reference.compare(mean)[2],
        bias_error=deviation / math.sqrt(draws),
        standard_deviation=deviation,
        deviation_error=error,
    )


def _deviation(squares: NDArray[np.float64]) -> tuple[float, float]:
    """The root of the mean square, and its standard error from that of the mean square."""
    deviation = math.sqrt(squares.mean())
    if len(squares) == 1:
        return deviation, math.nan
    error = squares.std(ddof=1) / math.sqrt(len(squares))
    return deviation, float(error / (2 * deviation)) if deviation else 0.0
