"""How large the gradient is at every time step, on an absolute log scale, and when it is no number.

A norm of 0 can mean two things that teach opposite lessons: no path leads from the loss to this
step, or the gradient is too small for the number format. They are told apart here, and both from
a gradient that is no longer finite.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from core.capture import Also, LayerTrace
from core.errors import CaptureError


class Status(IntEnum):
    """What a norm is."""

    FINITE = 0
    """a positive number that float64 (or the trace's own dtype) holds to full precision"""
    EXACT_ZERO = 1
    """zero because no path leads from the loss to this step"""
    UNDERFLOW = 2
    """too small for the number format: not zero, but not known"""
    NON_FINITE = 3
    """inf or NaN: the gradient, or the state it belongs to, overflowed"""


@dataclass(frozen=True)
class GradientNorms:
    """The Euclidean norm of dL/dh_t over the units, per step and sequence.

    Attributes:
        log10: log10 of the norm, (time, batch), float64; NaN where `status` is not FINITE.
        status: a `Status` for each entry, (time, batch).
        reverse: whether the layer reads from the end, so that gradients run towards the end.
    """

    log10: Float[Tensor, "time batch"]
    status: Int[Tensor, "time batch"]
    reverse: bool = False


def gradient_norms(
    trace: LayerTrace | Also | Sequence[Also],
    above: Sequence[GradientNorms] = (),
    *,
    batch_first: bool = False,
) -> GradientNorms:
    """The norm of the total dL/dh_t of one layer at every step, or of any module's output.

    Capture with `dtype=torch.float64` (or run a float64 model) for the full range: float32 ends at
    1e-38, which a plain RNN passes within a few hundred steps.

    Args:
        trace: of the layer; or one call of a module in `also`, whose output has a time axis; or all
            its calls, `tape.also[name]`, if it was called once a step. Of a tuple or list of
            outputs the first counts.
        above: norms of the layer that reads this one, of both its directions, so that a gradient
            that underflows there is not taken for none here.
        batch_first: whether the output of a module in `also` is (batch, time, unit) and not
            (time, batch, unit). Without a batch axis it is (time, unit).

    Raises:
        CaptureError: if no backward pass ran, or the output has no time axis.
    """
    if isinstance(trace, LayerTrace):
        gradient, reverse = trace.grad_hidden, trace.reverse
    else:
        gradient, reverse = _over_time(trace, batch_first), False
    near = math.log10(_near(gradient.dtype))
    faded = torch.zeros(gradient.shape[:2], dtype=torch.bool)
    for norms in above:
        faded |= (norms.status == Status.UNDERFLOW) | (norms.log10 < near)
    return norms_of(gradient, reverse, faded)


def _over_time(calls: Also | Sequence[Also], batch_first: bool) -> Float[Tensor, "time batch unit"]:
    """The gradient of a module's output, of one call or of one call a step."""
    if isinstance(calls, Also):
        gradient, axes = _of_output(calls), "(time, batch, unit)"
    else:
        steps = [_of_output(call) for call in calls]
        if len({step.shape for step in steps}) != 1 or steps[0].ndim not in (1, 2):
            shapes = ", ".join(str(tuple(step.shape)) for step in steps[:3]) or "none"
            raise CaptureError(
                f"The calls (outputs of shape {shapes}) are not one a step, each (batch, unit): "
                'give one of them, as in `tape.also["name"][0]`.'
            )
        gradient, axes, batch_first = torch.stack(steps), "", False
    if gradient.ndim < 2:
        raise CaptureError(
            f"The output (of shape {tuple(gradient.shape)}) has no time axis: it must be {axes}, "
            "or give all calls of a module that was called once a step."
        )
    if gradient.ndim == 2:
        return gradient.unsqueeze(1)
    return (gradient.transpose(0, 1) if batch_first else gradient).flatten(2)


def _of_output(call: Also) -> Tensor:
    """The gradient of a call's output, of the first of several; padded if it was packed."""
    output, gradient = call
    # A packed sequence is a tuple too, as is Also itself.
    while isinstance(output, tuple | list) and not isinstance(output, PackedSequence) and output:
        output, gradient = output[0], None if gradient is None else gradient[0]
    if isinstance(output, PackedSequence) and isinstance(gradient, PackedSequence):
        return pad_packed_sequence(gradient)[0]
    if not isinstance(output, Tensor):
        raise CaptureError(
            f"The output (a {type(output).__name__}) is not a tensor: take the one you mean, as in "
            "`norms_of(call.gradient[...])`."
        )
    if not isinstance(gradient, Tensor):
        raise CaptureError(
            "No gradient has arrived at this output: call `loss.backward()` inside the "
            "`with capture(...)` block, on a loss that depends on it and where it requires one."
        )
    return gradient


def stack_norms(traces: Sequence[LayerTrace]) -> list[GradientNorms]:
    """The norms of all layers and directions of one network.

    Args:
        traces: as a tape has them, in the order data flows.

    Raises:
        CaptureError: if no backward pass ran.
    """
    found: list[GradientNorms] = []
    for trace in reversed(traces):
        levels = zip(traces[len(traces) - len(found) :], reversed(found), strict=True)
        above = [norms for other, norms in levels if other.layer == trace.layer + 1]
        found.append(gradient_norms(trace, above))
    return found[::-1]


def norms_of(
    gradient: Float[Tensor, "time batch unit"],
    reverse: bool = False,
    faded_above: Bool[Tensor, "time batch"] | None = None,
) -> GradientNorms:
    """The same for any gradient that flows backwards through time.

    A step whose entries are all 0 counts as UNDERFLOW if what hands its gradient on to it (the next
    step, or the one before in a reverse direction, or this step of the layer above) is itself that,
    or is within 2^100 of the smallest number of the format; else as EXACT_ZERO. A step whose
    largest entry is subnormal has lost digits and counts as UNDERFLOW too.

    Args:
        gradient: of any loss, (time, batch, unit).
        reverse: whether the layer reads from the end.
        faded_above: where the layer above is such, (time, batch); None for nowhere.
    """
    form = torch.finfo(gradient.dtype)
    ordered = gradient.flip(0) if reverse else gradient
    largest = ordered.abs().amax(-1).double()
    # Scaled by the largest entry, so that squares neither overflow nor underflow.
    scale = torch.where((largest > 0) & largest.isfinite(), largest, torch.ones_like(largest))
    scaled = ordered.double() / scale.unsqueeze(-1)
    log10 = scale.log10() + 0.5 * scaled.square().sum(-1).log10()

    status = torch.zeros(largest.shape, dtype=torch.int8)
    status[~ordered.isfinite().all(-1)] = Status.NON_FINITE
    status[(largest > 0) & (largest < form.smallest_normal)] = Status.UNDERFLOW
    near = _near(gradient.dtype)
    if faded_above is None:
        faded_above = torch.zeros(largest.shape, dtype=torch.bool)
    from_above = faded_above.flip(0) if reverse else faded_above
    for t in reversed((largest == 0).any(-1).nonzero()[:, 0].tolist()):
        zero = largest[t] == 0
        faded = from_above[t]
        if t + 1 < len(status):
            faded = faded | (status[t + 1] == Status.UNDERFLOW)
            faded = faded | ((status[t + 1] == Status.FINITE) & (largest[t + 1] < near))
        status[t] = torch.where(
            zero, torch.where(faded, int(Status.UNDERFLOW), int(Status.EXACT_ZERO)), status[t]
        )
    log10 = torch.where(status == Status.FINITE, log10, torch.full_like(log10, torch.nan))
    if reverse:
        log10, status = log10.flip(0), status.flip(0)
    return GradientNorms(log10, status, reverse)


def _near(dtype: torch.dtype) -> float:
    """Below this a product with a weight may be too small for the format."""
    return float(torch.finfo(dtype).smallest_normal) * 2.0**100
