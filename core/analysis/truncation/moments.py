"""Randomised truncation: its exact mean and variance, for any losses.

What step s hands to s - 1 is multiplied by ξ_s q, with ξ_s = 1 with probability π, else 0, and
q = 1/π (randomised truncation, unbiased) or 1 (random segments). Cuts divide the steps into runs.
The gradient ĝ is the sum of what the runs give, and a run from a to b gives

    C(a, b) = Σ_{a ≤ s ≤ t ≤ b} q^{t-s} G_ts,      G_ts = da_s^{(t)} h_{s-1}ᵀ.

The mean is plain, each handing on being π q on average: E ĝ = Σ_{s ≤ t} (π q)^{t-s} G_ts. The
second moment follows from where the last run of the first n steps begins, with probability
P(a) = (1 - π) π^{n-1-a}, for a = 0 π^{n-1}. What lies before a cut is independent of the run
after it, so that with M_a = E ĝ of the first a steps and Q_a = E ‖ĝ‖² of them

    Q_n = Σ_a P(a) (‖C(a, n-1)‖² + 2 ⟨C(a, n-1), M_a⟩ + Q_a),      variance = Q_T - ‖M_T‖².

The norms and products come from inner products of the rows da and h, for all a and n together.

Source: Tallec & Ollivier, Unbiasing truncated backpropagation through time (2017).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.truncation.backward import Backward
from core.analysis.truncation.closeness import Reference
from core.analysis.truncation.cuts import require_keep
from core.analysis.truncation.segments import (
    patterns_at_once,
    weighted_gradients,
    weighted_rows,
)
from core.capture import LayerTrace
from core.capture.modules import undisturbed
from core.errors import CoreError
from core.progress import checkpoint, portion

MAX_BYTES = 2**30
"""limit of the rows da of all ends and steps that the exact variance holds"""


@dataclass(frozen=True, eq=False)
class RandomTruncation:
    """The gradient of W_hh under random cuts: exact moments over all draws of the cuts.

    Attributes:
        keep: π, the probability that the gradient passes a step.
        reweighted: True: divided by π where it passes (unbiased); False: random segments.
        mean: E ĝ, (G·H, H).
        cosine: of the angle between the mean and the full gradient.
        bias: ‖E ĝ - g‖ / ‖g‖; 0 up to rounding if reweighted.
        standard_deviation: √(E ‖ĝ - E ĝ‖²), all entries together, absolute. From a difference of
            squares: below 1e-7 of `mean` it is rounding. NaN where float64 does not hold it.
        relative_deviation: the same divided by ‖g‖.
    """

    keep: float
    reweighted: bool
    mean: Float[Tensor, "rows unit"]
    cosine: float
    bias: float
    standard_deviation: float
    relative_deviation: float


def random_truncation(
    trace: LayerTrace, keep: float, *, reweighted: bool = True
) -> RandomTruncation:
    """Exact mean and standard deviation of dL/dW_hh under random cuts.

    One cut is drawn for each step, for all sequences and losses alike. Takes O(T³) operations and
    (losses)·T·B rows of memory; for a loss at the last step alone O(T²) and T·B.

    Args:
        trace: one layer and direction, after a backward pass.
        keep: π, above 0 and at most 1.
        reweighted: see `RandomTruncation`.

    Raises:
        CoreError: if `keep` is out of its range, or the text too long for the memory allowed:
            `draw_truncations` estimates the same from draws.
        CaptureError: if no backward pass ran.
    """
    require_keep(keep)
    backward = Backward.of(trace)
    factor = 1 / keep if reweighted else 1.0
    reference = Reference(trace.grad_weight_hh)
    average = 1.0 if reweighted else keep
    handed = torch.full((1, backward.steps), average, dtype=torch.float64)
    with portion(0, 0.1):
        mean = next(weighted_gradients(backward, handed))[0]
    cosine, _, bias = reference.compare(mean)
    with portion(0.1, 1):
        deviation = math.sqrt(_variance(backward, keep, (factor, average), mean))
    return RandomTruncation(
        keep, reweighted, mean, cosine, bias, deviation, reference.relative(deviation)
    )


def _variance(backward: Backward, keep: float, factors: tuple[float, float], mean: Tensor) -> float:
    factor, average = factors
    steps, first = backward.steps, backward.first_source
    if first == steps or keep == 1:
        return 0.0
    ends = list(range(first, steps))
    held = len(ends) * backward.hidden_before[..., 0].numel() * len(backward.weight_hh) * 8
    if held > MAX_BYTES:
        raise CoreError(
            f"`trace` (of {steps} steps) needs {held / 2**30:.1f} GiB for the exact variance, more "
            "than 1 GiB: take fewer steps, the loss at the last step alone, or draws."
        )
    # A common scale keeps squares from overflow and underflow.
    scale = float(mean.abs().max()) or 1.0
    runs = torch.full((len(ends), steps), factor, dtype=torch.float64)
    with undisturbed(mean):
        with portion(0, 0.2):
            rows = weighted_rows(backward, runs, ends).double().div_(scale)
        before = backward.hidden_before.double()
        with portion(0.2, 0.5):
            own = _own_squares(rows, before)
        with portion(0.5, 1):
            cross = _cross_products(backward, rows, before, average, ends, scale)
        square = _second_moment((own + 2 * cross).tolist(), keep, first, steps)
        variance = square - float(mean.double().div(scale).square().sum())
    return max(variance, 0.0) * scale**2 if math.isfinite(variance) else math.nan


def _own_squares(
    rows: Float[Tensor, "end time batch rows"], before: Float[Tensor, "time batch unit"]
) -> Float[Tensor, "end time"]:
    """‖C(a, b)‖² for every end b and beginning a."""
    steps, batch = before.shape[:2]
    flat = before.flatten(0, 1)
    of_states = flat @ flat.T
    squares = rows.new_empty(len(rows), steps)
    for end, row in enumerate(rows):
        checkpoint(end, len(rows))
        pairs = (row.flatten(0, 1) @ row.flatten(0, 1).T).mul_(of_states)
        if batch > 1:
            pairs = pairs.view(steps, batch, steps, batch).sum((1, 3))
        # From step a on: each pair once by its earlier step, all but the diagonal counting twice.
        by_earlier = 2 * pairs.triu().sum(1) - pairs.diagonal()
        squares[end] = by_earlier.flip(0).cumsum(0).flip(0)
    return squares


def _cross_products(
    backward: Backward,
    rows: Float[Tensor, "end time batch rows"],
    before: Float[Tensor, "time batch unit"],
    average: float,
    ends: list[int],
    scale: float,
) -> Float[Tensor, "end time"]:
    """⟨C(a, b), M_a⟩ for every end b and beginning a; M_a is 0 unless a loss lies before a."""
    steps = len(before)
    cross = rows.new_zeros(len(ends), steps)
    flat = before.flatten(0, 1)
    begins = [end + 1 for end in ends if end + 1 < steps]
    for low in range(0, len(begins), patterns_at_once(backward)):
        block = begins[low : low + patterns_at_once(backward)]
        factor = torch.full((len(block), steps), average, dtype=torch.float64)
        with portion(low / len(begins), (low + len(block) / 2) / len(begins)):
            earlier = weighted_rows(backward, factor, [a - 1 for a in block]).double().div_(scale)
        means = earlier.flatten(1, 2).transpose(1, 2) @ flat
        # M_a h_{s-1}, whose product with da_s of the run is ⟨da_s h_{s-1}ᵀ, M_a⟩.
        met = (flat @ means.transpose(1, 2)).view_as(earlier)
        for s in range(block[0], steps):
            checkpoint()
            inside = sum(a <= s for a in block)
            reached = max(s - ends[0], 0)
            cross[reached:, block[0] : block[0] + inside] += (
                rows[reached:, s].flatten(1) @ met[:inside, s].flatten(1).T
            )
    return cross


def _second_moment(products: list[list[float]], keep: float, first: int, steps: int) -> float:
    """Q_T from ‖C‖² + 2⟨C, M⟩, one row for each end from `first` on."""
    moments = [0.0] * (first + 1)
    for n in range(first + 1, steps + 1):
        checkpoint()
        moment = keep ** (n - 1) * products[n - 1 - first][0]
        for a in range(1, n):
            chance = (1 - keep) * keep ** (n - 1 - a)
            moment += chance * (products[n - 1 - first][a] + moments[a])
        moments.append(moment)
    return moments[-1]
