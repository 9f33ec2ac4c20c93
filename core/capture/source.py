"""Where a trace takes its numbers from, and the equations that it gives out with them."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from core.capture.cells import Cell, States, Weights
from core.capture.layout import Layout
from core.capture.modules import Place
from core.capture.recursion import Adjoint


class Source(Protocol):
    """A call of a module, several calls joined, or a cell called step by step."""

    cell: Cell
    layout: Layout

    def forward(self, place: Place) -> States:
        """All states and gates, in reading order."""
        ...

    def backward(self, place: Place) -> Adjoint:
        """All gradients, in reading order."""
        ...

    def direct(self, place: Place) -> Tensor:
        """The gradient through each step's own output, in text order."""
        ...

    def grad_input(self, place: Place) -> Tensor:
        """dL/dx_t, in text order."""
        ...

    def grad_input_own(self, place: Place) -> Tensor:
        """This direction's part of dL/dx_t, in reading order."""
        ...

    def initial(self, place: Place) -> tuple[Tensor, Tensor | None]:
        """The state before the first step read."""
        ...

    def weights(self, place: Place) -> Weights:
        """The parameters as they were."""
        ...

    def mask(self, place: Place) -> Tensor | None:
        """What dropout multiplied h_t by on its way to the layer above, in text order."""
        ...


@dataclass(frozen=True)
class Recurrence:
    """The equations of one layer and direction, and everything that went through them.

    For computations of one's own on the recurrence: `cell.factors(states)` gives the elementwise
    derivatives of every step. The tensors are the trace's own, not copies: change none of them.

    Attributes:
        cell: the equations and their derivatives.
        states: inputs, states and gates of all steps, (T, B, ·), in reading order: step 0 is the
            step this direction reads first.
        weights: the parameters as they were, in the dtype of the states.
    """

    cell: Cell
    states: States
    weights: Weights
