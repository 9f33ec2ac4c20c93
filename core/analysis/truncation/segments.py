"""The gradient of W_hh under given cuts, many patterns of cuts in one pass."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from core.analysis.truncation.backward import Backward
from core.analysis.truncation.closeness import Closeness, Reference
from core.analysis.truncation.cuts import handed_on, segment_starts
from core.capture import LayerTrace
from core.capture.modules import undisturbed
from core.errors import CoreError
from core.progress import checkpoint, portion

WORKSPACE = 32 * 2**20
"""bytes of dL/da held at once: patterns are taken in blocks of this size"""


@dataclass(frozen=True, eq=False)
class SegmentCurve:
    """Truncated backpropagation in equal segments, over their length.

    Attributes:
        lengths: steps in a segment, k, (K,).
        kept: the gradient of W_hh with segments of k steps against the whole, (K,) each. The
            curve has jumps: where the last segment starts matters to the last losses.
    """

    lengths: NDArray[np.int64]
    kept: Closeness


def segment_gradient(trace: LayerTrace, starts: Iterable[int]) -> Float[Tensor, "rows unit"]:
    """dL/dW_hh with the state handed on between segments and the gradient cut.

    Every loss reaches back to the start of its own segment. Any cuts will do: equal segments from
    `segment_starts`, random ones from `random_starts`.

    Args:
        trace: one layer and direction, after a backward pass.
        starts: first steps of the segments, in reading order, each from 0 to T - 1.

    Returns:
        (G·H, H), in the trace's dtype.

    Raises:
        CoreError: if a start is no step.
        CaptureError: if no backward pass ran.
    """
    backward = Backward.of(trace)
    factor = handed_on(backward.steps, starts).unsqueeze(0)
    return next(weighted_gradients(backward, factor))[0]


def segment_curve(trace: LayerTrace, lengths: Sequence[int] | None = None) -> SegmentCurve:
    """How near equal segments come to the whole gradient, over their length.

    Args:
        trace: one layer and direction, after a backward pass.
        lengths: which, each at least 1; 1 … T by default.

    Raises:
        CoreError: if there is no length, or one is below 1.
        CaptureError: if no backward pass ran.
    """
    backward = Backward.of(trace)
    chosen = range(1, backward.steps + 1) if lengths is None else lengths
    if not len(chosen):
        raise CoreError("`lengths` is empty and must have at least one length.")
    patterns = [handed_on(backward.steps, segment_starts(backward.steps, k)) for k in chosen]
    reference = Reference(trace.grad_weight_hh)
    each = []
    for block in weighted_gradients(backward, torch.stack(patterns)):
        for gradient in block:
            checkpoint()
            each.append(reference.compare(gradient))
    return SegmentCurve(np.array(chosen, np.int64), Closeness.collect(each))


def weighted_gradients(
    backward: Backward, factor: Float[Tensor, "pattern time"]
) -> Iterator[Float[Tensor, "block rows unit"]]:
    """dL/dW_hh where what step s hands to s - 1 is multiplied by factor[pattern, s].

    Yields:
        The gradients in blocks of patterns, (block, G·H, H), in order.
    """
    before = backward.hidden_before.flatten(0, 1)
    for first in range(0, len(factor), patterns_at_once(backward)):
        block = factor[first : first + patterns_at_once(backward)]
        with portion(first / len(factor), (first + len(block)) / len(factor)):
            rows = weighted_rows(backward, block)
        with undisturbed(rows):
            gradients = rows.flatten(1, 2).transpose(1, 2) @ before
        yield gradients


def patterns_at_once(backward: Backward) -> int:
    """How many patterns fit the workspace, at least 1."""
    rows = backward.hidden_before[..., 0].numel() * len(backward.weight_hh)
    return max(1, WORKSPACE // (rows * backward.weight_hh.element_size()))


def weighted_rows(
    backward: Backward,
    factor: Float[Tensor, "pattern time"],
    last: Sequence[int] | None = None,
) -> Float[Tensor, "pattern time batch rows"]:
    """dL/da_t under each pattern, all patterns side by side from the last step to the first.

    Args:
        backward: the layer's backward pass.
        factor: what the gradient that step s hands to s - 1 is multiplied by, (P, T).
        last: the last step whose loss counts, one for each pattern, ascending; T - 1 by default.

    Returns:
        (P, T, B, G·H), 0 beyond the last step that counts.
    """
    steps, count, like = backward.steps, len(factor), backward.arriving
    factor = factor.to(like.dtype).unsqueeze(-1).unsqueeze(-1)
    wide = len(backward.weight_hh)
    shape = (count, steps, like.shape[1], wide)
    rows = like.new_empty(shape) if last is None else like.new_zeros(shape)
    dh = like.new_zeros(count, *like.shape[1:])
    dc = None if backward.cell_factors is None else torch.zeros_like(dh)
    lasts = [steps - 1] * count if last is None else list(last)
    with undisturbed(like):
        for s in reversed(range(steps)):
            checkpoint(steps - 1 - s, steps)
            # Patterns whose last step is still to come have no gradient yet.
            on = slice(sum(end < s for end in lasts), None)
            here = dh[on] + like[s]
            cell = None if dc is None else dc[on]
            if cell is not None and backward.arriving_cell is not None:
                cell = cell + backward.arriving_cell[s]
            rows[on, s], handed, handed_cell = backward.step(slice(s, s + 1), here, cell)
            dh[on] = _passed(handed, factor[on, s])
            if dc is not None and handed_cell is not None:
                dc[on] = _passed(handed_cell, factor[on, s])
    return rows


def _passed(handed: Tensor, factor: Tensor) -> Tensor:
    """A cut selects: an exploded gradient times 0 would be no number."""
    return torch.where(factor == 0, 0.0, handed * factor)
