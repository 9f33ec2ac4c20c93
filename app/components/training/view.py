"""What the picture of a training run shows: plain arrays and words, checked at the boundary."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_CELLS", "MOST_POINTS", "Running", "TrainingView"]

MOST_POINTS = 5000
"""points of one curve; the caller thins a longer one"""
MOST_CELLS = 250_000
"""cells of the picture of norms over time steps: training steps times time steps"""
MOST_REFERENCES = 6
MOST_STEP = 2**31 - 1  # steps travel as int32
Running = Literal["queued", "running", "paused", "stopped", "finished", "failed"]
Curve = tuple[NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class TrainingView:
    """A training run as it stands.

    N, M and K are numbers of training steps, T is the number of time steps in a window. Steps are
    training steps, counted from 0 (untrained) and rising in each array.

    Attributes:
        identity: Of the run. Another one forgets the axes and the cursor.
        version: Rises with every update; `data-painted` is "identity:version" once it is drawn.
        steps_total: How many steps the run is to take, at least 1.
        step: The last one taken.
        epoch: Passes through the text so far, at least 0.
        running: "queued", "running", "paused", "stopped", "finished" or "failed".
        message: A sentence for the reader: the place in the queue, why it failed; "" for none.
        train: Steps int64 (N,) and perplexity float64 (N,), at least 1; inf and NaN are drawn at
            the upper edge with a mark.
        validation: The same at the ends of epochs, (K,).
        references: Dashed lines: a label and a perplexity, at least 1 and finite. The first one
            ("a blind guess V = 74") is where the axis starts.
        norm: Steps int64 (N,), the gradient's global norm before clipping float64 (N,) and after;
            at least 0, inf and NaN allowed.
        threshold: Where norms are clipped, above 0; None when they are not.
        per_step: Steps int64 (M,) and log10 of the gradient's norm at each time step of the
            window, float32 (M, T); -inf is an exact zero, NaN not finite. None when not asked for.
        snapshots: Steps at which the weights were kept.
        sample: What the network writes now, as it is; "" before there is any.
        sample_step: The step at which it wrote that.
        seconds_left: At least 0; None where it is not known.
        tokens_per_second: At least 0; None where it is not known.

    Raises:
        ValueError: These do not fit together.
    """

    identity: str
    version: int
    steps_total: int
    step: int
    epoch: float
    running: Running
    message: str
    train: Curve
    validation: Curve
    references: tuple[tuple[str, float], ...]
    norm: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]
    threshold: float | None
    per_step: tuple[NDArray[np.int64], NDArray[np.float32]] | None
    snapshots: tuple[int, ...]
    sample: str
    sample_step: int
    seconds_left: float | None
    tokens_per_second: float | None

    def __post_init__(self) -> None:
        """Refuse values that do not fit together, naming the argument."""
        if self.running not in get_args(Running):
            allowed = ", ".join(map(repr, get_args(Running)))
            raise ValueError(f"`running` (={self.running!r}) must be one of {allowed}.")
        if not 1 <= self.steps_total <= MOST_STEP:
            raise ValueError(f"`steps_total` (={self.steps_total}) must be 1 to {MOST_STEP}.")
        for name in ("version", "step", "sample_step"):
            if not 0 <= getattr(self, name) <= MOST_STEP:
                raise ValueError(f"`{name}` (={getattr(self, name)}) must be 0 to {MOST_STEP}.")
        if self.step > self.steps_total:
            raise ValueError(
                f"`step` (={self.step}) must be at most `steps_total` (={self.steps_total})."
            )
        self._check_numbers()
        self._check_curves()
        self._check_per_step()

    def _check_numbers(self) -> None:
        for name in ("epoch", "seconds_left", "tokens_per_second"):
            value: float | None = getattr(self, name)
            if value is None:
                continue
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"`{name}` (={value}) must be finite and at least 0.")
        if self.threshold is not None and not (
            math.isfinite(self.threshold) and self.threshold > 0
        ):
            raise ValueError(
                f"`threshold` (={self.threshold}) must be finite and above 0, or None."
            )
        for step in self.snapshots:
            if not 0 <= step <= self.steps_total:
                raise ValueError(f"`snapshots` ({step} in it) must be 0 to {self.steps_total}.")
        if len(self.references) > MOST_REFERENCES:
            raise ValueError(
                f"`references` (of {len(self.references)}) must be at most {MOST_REFERENCES}."
            )
        for label, perplexity in self.references:
            if not (math.isfinite(perplexity) and perplexity >= 1):
                raise ValueError(
                    f"`references` ({label!r}: {perplexity}) must be finite and at least 1."
                )

    def _check_curves(self) -> None:
        for name, (steps, *curves), least in (
            ("train", self.train, 1),
            ("validation", self.validation, 1),
            ("norm", self.norm, 0),
        ):
            self._check_steps(name, steps)
            if len(steps) > MOST_POINTS:
                raise ValueError(
                    f"`{name}` (of {len(steps)}) must be at most {MOST_POINTS} points."
                )
            for values in curves:
                if values.shape != steps.shape:
                    raise ValueError(
                        f"`{name}` (shape {values.shape}) must have a value for each of its "
                        f"{len(steps)} steps."
                    )
                for value in values[values < least][:1]:
                    raise ValueError(f"`{name}` ({value} in it) must be at least {least}.")

    def _check_per_step(self) -> None:
        if self.per_step is None:
            return
        steps, norms = self.per_step
        self._check_steps("per_step", steps)
        if norms.ndim != 2 or norms.shape[0] != len(steps) or norms.shape[1] < 1:
            raise ValueError(
                f"`per_step` (shape {norms.shape}) must have a row for each of its {len(steps)} "
                "steps and a column for each time step."
            )
        if norms.size > MOST_CELLS:
            raise ValueError(f"`per_step` (of {norms.size}) must be at most {MOST_CELLS} cells.")
        if np.isposinf(norms).any():
            raise ValueError("`per_step` must not hold inf: log10 of what is not finite is NaN.")

    def _check_steps(self, name: str, steps: NDArray[np.int64]) -> None:
        if steps.ndim != 1 or steps.dtype.kind not in "iu":
            raise ValueError(
                f"`{name}` (steps {steps.dtype} of shape {steps.shape}) must have whole steps in "
                "one dimension."
            )
        if (np.diff(steps.astype(np.int64)) < 1).any():
            raise ValueError(f"`{name}` must have steps that rise.")
        if len(steps) and not (steps[0] >= 0 and steps[-1] <= self.steps_total):
            raise ValueError(
                f"`{name}` (steps {steps[0]} to {steps[-1]}) must lie in 0 to {self.steps_total}."
            )
