"""Gradient clipping as PyTorch does it, before and after.

By norm: with one norm over all parameters together, every entry is multiplied by

    min(1, θ / (‖g‖ + 10⁻⁶)),

which keeps the direction. By value: every entry is limited to [-θ, θ] by itself, which turns it.

Source: Pascanu, Mikolov & Bengio (2013), algorithm 1; torch.nn.utils.clip_grad_norm_, whose 10⁻⁶
keeps the division finite, and clip_grad_value_.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.errors import CoreError
from core.progress import checkpoint

SMALL = 1e-6
"""what torch.nn.utils.clip_grad_norm_ adds to the norm"""


@dataclass(frozen=True, eq=False)
class Clipping:
    """A gradient before and after clipping, all parameters together.

    Attributes:
        before: the gradient of each parameter, as given (a copy).
        after: the same after clipping, in the same shapes and dtypes.
        threshold: θ.
        norm_before: ‖g‖ over all parameters; inf also where its square is beyond the number
            format, as in PyTorch.
        norm_after: the same after clipping.
        factor: what every entry was multiplied by; None for clipping by value, which has none.
        cosine: of the angle between before and after: 1 where the direction is kept; NaN where
            either is 0 or not finite.
        share_cut: of the entries, those that clipping changed, 0 to 1.
        reason: one sentence for the reader.
    """

    before: tuple[Tensor, ...]
    after: tuple[Tensor, ...]
    threshold: float
    norm_before: float
    norm_after: float
    factor: float | None
    cosine: float
    share_cut: float
    reason: str


def clip_by_norm(gradients: Sequence[Float[Tensor, "..."]], threshold: float) -> Clipping:
    """Scale the whole gradient so that its norm is at most `threshold`, as clip_grad_norm_ does.

    The norm that remains is below the threshold by about 10⁻⁶ / ‖g‖ of it. With a norm of inf the
    factor is 0: finite entries become 0 and infinite ones NaN; with NaN everything does.

    Args:
        gradients: of all parameters, any shapes, at least one entry. They are not changed.
        threshold: θ, above 0 and finite.

    Raises:
        CoreError: if `threshold` or `gradients` is out of its range.
    """
    before = _taken(gradients, threshold)
    norm = torch.nn.utils.get_total_norm(before)
    # In the norm's own precision, as PyTorch does, so that the outcome is the same to the bit.
    factor = torch.clamp(threshold / (norm + SMALL), max=1.0)
    after = tuple(gradient * factor.to(gradient.device) for gradient in before)
    limit = float(norm.new_tensor(threshold))  # as the division rounds it
    reason = _reason_by_norm(float(norm), limit, float(factor))
    return _outcome(before, after, threshold, float(factor), reason)


def clip_by_value(gradients: Sequence[Float[Tensor, "..."]], threshold: float) -> Clipping:
    """Limit every entry to [-`threshold`, `threshold`], as clip_grad_value_ does.

    Infinite entries become ±θ; NaN stays NaN.

    Args:
        gradients: of all parameters, any shapes, at least one entry. They are not changed.
        threshold: θ, above 0 and finite.

    Raises:
        CoreError: if `threshold` or `gradients` is out of its range.
    """
    before = _taken(gradients, threshold)
    after = tuple(gradient.clamp(-threshold, threshold) for gradient in before)
    reason = _reason_by_value(_flat(before), _flat(after), threshold)
    return _outcome(before, after, threshold, None, reason)


def _reason_by_norm(size: float, threshold: float, factor: float) -> str:
    if size == math.inf:
        return "The norm is inf: the factor is 0, finite entries become 0 and infinite ones NaN."
    if math.isnan(size):
        return "The norm is nan: so is the factor, and every entry becomes NaN."
    side = "above" if size > threshold else "below" if size < threshold else "at the threshold"
    norm, limit = _apart(size, threshold)
    if factor == 1:
        return f"The norm {norm} is {side} {limit}: nothing changes."
    cut = f"every entry is multiplied by {_below_one(factor)}, the direction stays."
    if side == "above":
        return f"The norm {norm} is above {limit}: {cut}"
    return f"The norm {norm} is {side} {limit}, but not with the 10⁻⁶ that is added to it: {cut}"


def _reason_by_value(before: Tensor, after: Tensor, threshold: float) -> str:
    largest = float(before.abs().max())
    if math.isnan(largest):
        return "Some entries are NaN, and stay so."
    shown, limit = _apart(largest, threshold)
    if largest <= threshold:
        return f"The largest entry, {shown}, is at most {limit}: nothing changes."
    cut = f"Entries beyond ±{limit} are set to it (the largest is {shown}); "
    if largest == math.inf:
        return cut + "of an infinite one only the sign is left."
    entries = before != 0
    factors = after[entries] / before[entries]
    if bool((factors == factors[0]).all()):
        return cut + "all are cut by the same factor, so the direction stays."
    return cut + "not all are cut by the same factor, so the direction turns."


def _apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers with as many digits, four at least, as it takes to tell them apart."""
    for digits in range(4, 17):
        shown = f"{one:.{digits}g}", f"{other:g}" if digits == 4 else f"{other:.{digits}g}"
        if one == other or float(shown[0]) != float(shown[1]):
            return shown
    return repr(one), repr(other)


def _below_one(factor: float) -> str:
    """A factor that is never rounded to 1."""
    return next(
        (shown for digits in range(4, 17) if float(shown := f"{factor:.{digits}g}") != 1),
        repr(factor),
    )


def _taken(gradients: Sequence[Tensor], threshold: float) -> tuple[Tensor, ...]:
    if not 0 < threshold < float("inf"):
        raise CoreError(f"`threshold` (={threshold}) must be above 0 and finite.")
    before = []
    for place, gradient in enumerate(gradients):
        checkpoint(place, len(gradients))
        before.append(gradient.detach().clone())
    if not sum(gradient.numel() for gradient in before):
        raise CoreError("`gradients` is empty: give at least one tensor with at least one entry.")
    return tuple(before)


def _outcome(
    before: tuple[Tensor, ...],
    after: tuple[Tensor, ...],
    threshold: float,
    factor: float | None,
    reason: str,
) -> Clipping:
    old, new = _flat(before), _flat(after)
    # NaN differs from itself, and was not changed by becoming NaN again.
    changed = (old != new) & ~(old.isnan() & new.isnan())
    return Clipping(
        before=before,
        after=after,
        threshold=threshold,
        norm_before=float(torch.nn.utils.get_total_norm(before)),
        norm_after=float(torch.nn.utils.get_total_norm(after)),
        factor=factor,
        cosine=_cosine(old, new),
        share_cut=float(changed.double().mean()),
        reason=reason,
    )


def _flat(gradients: tuple[Tensor, ...]) -> Tensor:
    return torch.cat([gradient.flatten().double() for gradient in gradients])


def _cosine(one: Tensor, other: Tensor) -> float:
    peaks = float(one.abs().max()), float(other.abs().max())
    if not all(0 < peak < float("inf") for peak in peaks):
        return float("nan")
    one, other = one / peaks[0], other / peaks[1]
    lengths = torch.linalg.vector_norm(one) * torch.linalg.vector_norm(other)
    return float(((one @ other) / lengths).clamp(-1, 1))
