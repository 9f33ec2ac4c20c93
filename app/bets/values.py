"""What a question is, what it is asked about, and how its answer is told."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64
from numpy.typing import NDArray
from torch import Tensor

from app.digits import magnitude, trimmed
from core.analysis import Status, gradient_norms
from core.analysis.tracing import trace_text
from core.capture import LayerTrace
from core.errors import CoreError
from core.models import CellName, LossAt, ModelSpec, SequenceModel
from core.models.checkpoints import Checkpoint

Array = NDArray[np.float64]

FAR = 50
"""steps back at which sizes are compared, where the text is long enough"""
FEWEST = 12
"""steps that a text needs for the questions to make sense"""
TIE = 1.05
"""factor between two numbers below which neither wins"""


@dataclass(frozen=True, eq=False)
class Stage:
    """What the class has before it.

    Attributes:
        spec: the network of the sidebar.
        inputs: the indices read, (T,), T at least 12.
        targets: the index that comes next at each step, (T,).
        checkpoint: where its weights are from; None for the drawn ones.
        step: of the checkpoint's snapshot; None for its final state.

    Raises:
        CoreError: the text is too short.
    """

    spec: ModelSpec
    inputs: Int64[Tensor, " time"]
    targets: Int64[Tensor, " time"]
    checkpoint: Checkpoint | None = None
    step: int | None = None

    def __post_init__(self) -> None:
        if len(self.inputs) < FEWEST:
            raise CoreError(
                f"`inputs` (of {len(self.inputs)} steps) must have at least {FEWEST}: "
                "take a longer stretch of text."
            )

    @property
    def far(self) -> int:
        """Steps back at which sizes are compared."""
        return min(FAR, len(self.inputs) - 1)

    @property
    def plain(self) -> CellName:
        """The plain RNN, in the variant that is chosen."""
        return "rnn_relu" if self.spec.cell == "rnn_relu" else "rnn_tanh"

    def model(self) -> SequenceModel:
        """The network at hand, float64."""
        if self.checkpoint is None:
            return SequenceModel(self.spec, torch.float64)
        return self.checkpoint.model(torch.float64, self.step)

    def trace(self, model: SequenceModel, at: LossAt = "last") -> LayerTrace:
        """The highest forward layer after reading the text, with the gradient of the loss."""
        tape = trace_text(model, self.inputs, self.targets, at)
        return next(trace for trace in reversed(tape.layers) if not trace.reverse)


@dataclass(frozen=True)
class Option:
    """One answer to bet on.

    Attributes:
        key: a short name.
        text: in words.
        curve: name of the curve in the picture that stands for it, "" if none does alone.
    """

    key: str
    text: str
    curve: str = ""


@dataclass(frozen=True, eq=False)
class Reveal:
    """How a bet came out.

    Attributes:
        right: key of the option; None where the numbers do not decide.
        numbers: those that say so, by what they are.
        because: one or two sentences.
        curves: log10 of a size over steps back 0, 1, 2 …, by name; -inf for an exact 0, NaN where
            the size is not known.
        cells: of the network that each curve is of, by the same names.
        measure: what the curves show.
    """

    right: str | None
    numbers: dict[str, float]
    because: str
    curves: dict[str, Array]
    cells: dict[str, CellName]
    measure: str


@dataclass(frozen=True, eq=False)
class Bet:
    """A question.

    Attributes:
        key: a short name.
        question: in words.
        options: to bet on.
        reveal: runs the computation.
    """

    key: str
    question: str
    options: tuple[Option, ...]
    reveal: Callable[[], Reveal]


LAST_LOSS = "‖∂L/∂h‖ of the last step’s loss"
"""what most of the pictures show"""


def backwards(trace: LayerTrace) -> Array:
    """log10 ‖dL_T/dh_(T-k)‖ over k; -inf for an exact 0, NaN where it is not known."""
    norms = gradient_norms(trace)
    zero = norms.status[:, 0] == Status.EXACT_ZERO
    return norms.log10[:, 0].masked_fill(zero, -math.inf).flip(0).numpy().copy()


def size(log10: float) -> str:
    """A size as people write it, also beyond float64."""
    if not math.isfinite(log10):
        return "0" if log10 < 0 else "unknown"
    return trimmed(magnitude(log10))


def largest(sizes: dict[str, float]) -> str | None:
    """The name of the largest log10, None on a tie or where one is not known."""
    first, second = sorted(sizes, key=sizes.__getitem__, reverse=True)[:2]
    if any(math.isnan(log10) for log10 in sizes.values()) or sizes[first] == -math.inf:
        return None
    return first if sizes[first] - sizes[second] > math.log10(TIE) else None


def undecided(sizes: dict[str, float]) -> str:
    """Why none of them is the largest; of sizes for which `largest` gives None."""
    unknown = [name for name, log10 in sizes.items() if math.isnan(log10)]
    if unknown:
        return f"the size is not known for {', '.join(unknown)}"
    if max(sizes.values()) == -math.inf:
        return "all of them are exactly 0"
    return f"the two largest are within {100 * (TIE - 1):.0f} % of each other"


def listed(sizes: dict[str, float]) -> str:
    """Names and sizes, given as log10."""
    return ", ".join(f"{name} {size(log10)}" for name, log10 in sizes.items())
