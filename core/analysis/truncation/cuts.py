"""Where the gradient is cut: the steps at which segments start.

A segment that starts at step s > 0 hands its gradient to no step before s. Steps are in reading
order, from 0: step 0 is the step that the layer's direction reads first.
"""

from collections.abc import Iterable

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from core.errors import CoreError


def segment_starts(steps: int, length: int) -> tuple[int, ...]:
    """The first steps of equal segments, counted from the beginning; the last may be shorter.

    Args:
        steps: T, at least 1.
        length: steps in a segment, at least 1.

    Raises:
        CoreError: if either is below 1.
    """
    _at_least_one("steps", steps)
    _at_least_one("length", length)
    return tuple(range(0, steps, length))


def random_starts(steps: int, keep: float, seed: int) -> tuple[int, ...]:
    """The first steps of random segments: each step but the first starts one with 1 - `keep`.

    The lengths are geometric with mean 1 / (1 - keep), but for the text's ends.

    Args:
        steps: T, at least 1.
        keep: π, the probability that the gradient passes a step, above 0 and at most 1.
        seed: of the generator that draws; the first draw of `draw_truncations` with this seed.

    Raises:
        CoreError: if `steps` or `keep` is out of its range.
    """
    passes = draw_passes(steps, keep, 1, seed)[0]
    return (0, *(s for s in range(1, steps) if not passes[s]))


def handed_on(steps: int, starts: Iterable[int]) -> Float64[Tensor, " time"]:
    """What the gradient that step s hands to s - 1 is multiplied by: 0 where a segment starts.

    Args:
        steps: T.
        starts: first steps of the segments, each from 0 to T - 1; 0 itself may be left out.

    Raises:
        CoreError: if a start is no step.
    """
    factor = torch.ones(steps, dtype=torch.float64)
    for start in starts:
        if not 0 <= start < steps:
            raise CoreError(f"`starts` (with {start}) must lie between 0 and {steps - 1}.")
        factor[start] = 0
    return factor


def draw_passes(steps: int, keep: float, draws: int, seed: int) -> Bool[Tensor, "draw time"]:
    """Whether the gradient passes from s to s - 1, drawn anew for each row.

    Args:
        steps: T, at least 1.
        keep: π, above 0 and at most 1.
        draws: rows, at least 1. The first rows are the same whatever their number.
        seed: of the generator.

    Raises:
        CoreError: if an argument is out of its range.
    """
    _at_least_one("steps", steps)
    _at_least_one("draws", draws)
    require_keep(keep)
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(draws, steps, generator=generator, dtype=torch.float64) < keep


def require_keep(keep: float) -> None:
    """Refuse a probability that is none.

    Raises:
        CoreError: if `keep` is not above 0 and at most 1.
    """
    if not 0 < keep <= 1:
        raise CoreError(f"`keep` (={keep}) must be above 0 and at most 1.")


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise CoreError(f"`{name}` (={value}) must be at least 1.")
