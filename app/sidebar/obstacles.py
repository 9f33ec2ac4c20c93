"""Why a training cannot start, in the user's words, and the size that one click sets."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.compute.parts import LEAST_TOKENS, SHARE, Parts
from app.theme import plural
from core.learning import (
    Size,
    StepLimits,
    TrainingSpec,
    fits_text,
    size_for_text,
    sizes_for_limits,
    step_cost,
)
from core.models import ModelSpec
from core.text import Split

WIDGETS = {"batch_size": "batch", "time_steps": "span", "hidden_size": "units"}
"""the widget of each size"""
_SIZES = {"batch_size": "batch size {}", "time_steps": "{} time steps", "hidden_size": "{} units"}


@dataclass(frozen=True)
class Obstacle:
    """What keeps a training from starting.

    Attributes:
        sentence: what and why.
        offer: what the button says that removes it; "" where nothing would.
        widgets: what that button sets, by the widgets' keys.
    """

    sentence: str
    offer: str
    widgets: Mapping[str, int]


def obstacle(
    model: ModelSpec, training: TrainingSpec, parts: Parts | None, limits: StepLimits
) -> Obstacle | None:
    """What keeps this training from starting, or None.

    Args:
        model: the network.
        training: as chosen.
        parts: of the text; None where it is too short to be cut.
        limits: what a step may take.
    """
    if parts is None:
        return _too_short(LEAST_TOKENS - 1)
    sizes = len(parts.train), len(parts.validation)
    if not fits_text(training, *sizes):
        size = size_for_text(training, *sizes)
        return _too_short(sum(sizes)) if size is None else _windows(training, sizes, (size,))
    cost = step_cost(model, training, *sizes)
    if limits.allow(cost):
        return None
    fitting = sizes_for_limits(model, training, *sizes, limits)
    asked = (
        f"Batch size {training.batch_size:,} with {training.time_steps:,} time steps and "
        f"{plural(model.num_layers, 'layer')} of {plural(model.hidden_size, 'unit')} would take "
        f"about {_memory(cost.bytes)} and {_duration(cost.seconds)} a step, the validation "
        f"included. This server allows {_memory(limits.bytes)} and {_duration(limits.seconds)}."
    )
    if not fitting:
        return Obstacle(f"{asked} Choose fewer layers, or letters as tokens.", "", {})
    return Obstacle(f"{asked} {_would_fit(fitting)}", *_set(fitting))


def _windows(training: TrainingSpec, sizes: tuple[int, int], fitting: tuple[Size, ...]) -> Obstacle:
    streams = (
        f", one in each of {training.batch_size:,} streams"
        if training.windows == "consecutive"
        else ""
    )
    return Obstacle(
        f"This text is too short for windows of {training.time_steps:,} time steps and the token "
        f"after them{streams}: it has {sizes[0]:,} tokens to learn from and {sizes[1]:,} to judge "
        f"by. {_would_fit(fitting)}",
        *_set(fitting),
    )


def _too_short(tokens: int) -> Obstacle:
    """Whatever the windows."""
    smallest = TrainingSpec(time_steps=2, batch_size=1, windows="disjoint")
    needed = max(tokens, LEAST_TOKENS) + 1
    while True:
        split = Split.at_end(needed, SHARE)
        if fits_text(smallest, split.train[1], needed - split.train[1]):
            break
        needed += 1
    return Obstacle(
        f"This text is too short to train on, whatever the windows: choose or paste one of at "
        f"least {needed} tokens.", "", {},
    )  # fmt: skip


def _words(sizes: tuple[Size, ...]) -> str:
    return " with ".join(_SIZES[size.name].format(f"{size.value:,}") for size in sizes)


def _would_fit(sizes: tuple[Size, ...]) -> str:
    words = _words(sizes)
    return f"{words[:1].upper()}{words[1:]} would fit."


def _set(sizes: tuple[Size, ...]) -> tuple[str, dict[str, int]]:
    return f"Use {_words(sizes)}", {WIDGETS[size.name]: size.value for size in sizes}


def _memory(amount: float) -> str:
    gigabytes = amount / 1e9
    return f"{gigabytes:,.0f} GB" if gigabytes >= 10 else f"{gigabytes:.2g} GB"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.2g} seconds" if seconds < 10 else f"{seconds:.0f} seconds"
    return f"{seconds / 60:,.0f} minutes" if seconds < 7200 else f"{seconds / 3600:,.0f} hours"
