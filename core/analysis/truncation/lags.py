"""The gradient of W_hh, split by how far the loss is from where W_hh acted.

The gradient of the recurrent weights is a sum over pairs of steps: a loss at step t, and a step s
at which W_hh acted, t - s = j steps back. With da_s^{(t)} the gradient of the loss at t with
respect to W_hh h_{s-1} + b_hh, the part of lag j is

    G_j = Σ_t da_{t-j}^{(t)} h_{t-j-1}ᵀ,        dL/dW_hh = Σ_j G_j.

All losses are followed back together, at lag j each stands at its own step t - j: one matrix
product a lag, and nothing kept but the current lag. The sum of the first k parts is what
backpropagation gives when every loss reaches the last k steps only.

In a stacked network the lag of the highest layer is the distance to the loss. In a lower layer it
is the distance inside this layer, from the step at which the layer above hands a gradient in: that
layer may have carried it through time itself. What arrives at the final state (a loss on h_n, or
the next call of the module) counts at the last step.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from core.analysis.norms import Status
from core.analysis.truncation.backward import Backward
from core.analysis.truncation.closeness import Array, Closeness, Reference
from core.capture import LayerTrace
from core.capture.modules import undisturbed
from core.errors import CoreError
from core.progress import checkpoint


@dataclass(frozen=True, eq=False)
class LagContributions:
    """dL/dW_hh split by lag j = 0 … T - 1.

    Attributes:
        full: dL/dW_hh, (G·H, H).
        log10_norm: log10 of ‖G_j‖ (Frobenius), (T,); NaN where `status` is not FINITE.
        status: a `Status` for each lag, (T,).
        share: ⟨G_j, G⟩ / ‖G‖² with G the full gradient, (T,). The shares add up to 1; one below 0
            pulls the other way. NaN where G is 0 or not finite.
        kept: entry k - 1 compares Σ_{j<k} G_j with G, (T,) each: every loss reaches the last k
            steps only.
    """

    full: Float[Tensor, "rows unit"]
    log10_norm: Array
    status: NDArray[np.uint8]
    share: Array
    kept: Closeness


def lag_gradients(trace: LayerTrace) -> Iterator[Float[Tensor, "rows unit"]]:
    """G_0, G_1 … G_{T-1}, one after the other: the parts of dL/dW_hh by lag.

    Args:
        trace: one layer and direction, after a backward pass.

    Yields:
        G_j, (G·H, H), in the trace's dtype; a new tensor each.

    Raises:
        CaptureError: if no backward pass ran.
    """
    for _, _, part in _parts(Backward.of(trace)):
        yield part


def sliding_gradient(trace: LayerTrace, length: int) -> Float[Tensor, "rows unit"]:
    """dL/dW_hh when every loss reaches the last `length` steps only: Σ_{j<length} G_j.

    Args:
        trace: one layer and direction, after a backward pass.
        length: steps that a loss reaches, its own included, at least 1; T or more is the whole
            gradient.

    Returns:
        (G·H, H), in the trace's dtype.

    Raises:
        CoreError: if `length` is below 1.
        CaptureError: if no backward pass ran.
    """
    if length < 1:
        raise CoreError(f"`length` (={length}) must be at least 1.")
    backward = Backward.of(trace)
    total = torch.zeros_like(backward.weight_hh)
    for j, (_, _, part) in enumerate(_parts(backward)):
        total += part
        if j + 1 == length:
            break
    return total


def weight_gradient_by_lag(trace: LayerTrace) -> LagContributions:
    """How much each distance contributes to dL/dW_hh, and what is left of it without the far ones.

    T products of at most T·B rows with W_hh, in the memory of one of them.

    Args:
        trace: one layer and direction, after a backward pass.

    Raises:
        CaptureError: if no backward pass ran.
    """
    full = trace.grad_weight_hh
    reference, norms = Reference(full), _LagNorms(full.dtype)
    total = torch.zeros_like(full)
    share, kept = [], []
    for da, before, part in _parts(Backward.of(trace)):
        total += part
        norms.add(da, before, part)
        share.append(reference.share(part))
        kept.append(reference.compare(total))
    return LagContributions(
        full=full,
        log10_norm=np.array(norms.log10),
        status=np.array(norms.status, np.uint8),
        share=np.array(share),
        kept=Closeness.collect(kept),
    )


def _parts(backward: Backward) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Of each lag: da and h_{t-1} of every loss that has come so far, and G_j."""
    steps, first = backward.steps, backward.first_source
    dh = backward.arriving[first:]
    dc = None if backward.arriving_cell is None else backward.arriving_cell[first:]
    for j in range(steps):
        checkpoint(j, steps)
        if j > first:
            # The earliest loss has come to the beginning.
            dh, dc = dh[1:], None if dc is None else dc[1:]
        at = slice(max(first - j, 0), steps - j)
        before = backward.hidden_before[at]
        with undisturbed(dh):
            da, dh, dc = backward.step(at, dh, dc)
            part = da.flatten(0, 1).T @ before.flatten(0, 1)
        yield da, before, part


class _LagNorms:
    """The norm of each lag's part on a log scale, zeros told apart as `norms.Status` does."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.log10: list[float] = []
        self.status: list[Status] = []
        self._smallest = float(torch.finfo(dtype).smallest_normal)
        self._safe = np.sqrt(self._smallest) * 2.0**20
        self._faded = False

    def add(self, da: Tensor, before: Tensor, part: Tensor) -> None:
        """Take the part Σ da h_{t-1}ᵀ of the next lag; da and h_{t-1} are (rows, B, ·)."""
        norm = float(torch.linalg.vector_norm(part))
        # Far from either end of the format nothing can have been lost.
        if self._safe < norm < 1 / self._safe:
            self._keep(Status.FINITE, float(np.log10(norm)))
            return
        present = da.abs().amax(2) if da.numel() else da.new_zeros(1, 1)
        peak = float(present.max())
        # Once the gradient is so small that a step may make it 0, a 0 is not known to be exact.
        self._faded |= 0 < peak < self._smallest * 2.0**100
        largest = float(part.abs().max())
        if not part.isfinite().all():
            self._keep(Status.NON_FINITE)
        elif largest == 0:
            met = bool(((present > 0) & (before.abs().amax(2) > 0)).any()) if da.numel() else False
            lost = met or (peak == 0 and self._faded)
            self._keep(Status.UNDERFLOW if lost else Status.EXACT_ZERO)
        elif largest < self._smallest:
            self._keep(Status.UNDERFLOW)
        else:
            scaled = float(torch.linalg.vector_norm(part.double() / largest))
            self._keep(Status.FINITE, float(np.log10(largest) + np.log10(scaled)))

    def _keep(self, status: Status, log10: float = np.nan) -> None:
        self.status.append(status)
        self.log10.append(log10)
