"""One sequence through an `nn.RNNCell`, `nn.GRUCell` or `nn.LSTMCell` called step by step.

Every call is one time step of one trace; `chains` tells which calls belong to one sequence. What
follows from the steps is computed for all of them at once where it can be: see
`stepped_gradients` for the gradients.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.capture.arrivals import Arrival, ArrivalGroup, Clock, watch
from core.capture.cells import States, Weights
from core.capture.delivered import Delivered, Flow
from core.capture.layout import Layout
from core.capture.modules import Place, analysis_dtype, cell_of, states_given, undisturbed
from core.capture.recursion import Adjoint
from core.capture.stepped_gradients import gradients_of_steps
from core.errors import CaptureError


@dataclass(eq=False)
class _Step:
    """One call: copies of what went in and came out, and what arrives later.

    Attributes:
        continues_hidden: whether the hidden state it was given is the very tensor that the call
            before returned; only then does its gradient flow back there as a recurrence.
        continues_cell: the same for the LSTM's cell state.
        cell_sees_all: whether autograd's gradient at c_t includes the part through h_t. It does
            where h_t is computed from c_t by a node of its own (the CPU), and does not where one
            fused node gives both (CUDA).
    """

    input: Tensor
    hidden_prev: Tensor
    cell_prev: Tensor | None
    hidden: Tensor
    weights: Weights
    arrivals: ArrivalGroup
    continues_hidden: bool
    continues_cell: bool
    cell_sees_all: bool

    @property
    def at_hidden(self) -> Arrival:
        return self.arrivals.arrivals[0]

    @property
    def at_cell(self) -> Arrival:
        return self.arrivals.arrivals[1]


class SteppedCell:
    """The calls of one cell that make one sequence, in the order they were made."""

    def __init__(self, name: str, dtype: torch.dtype | None, clock: Clock) -> None:
        """Start with no steps; `name` is the module's."""
        self.name = name
        self.layout = Layout(batched=True, batch_first=False)
        self._asked, self._clock = dtype, clock
        self._steps: list[_Step] = []
        self._last: list[tuple[Tensor, int]] = []
        self._replayed: list[States] = []
        self._joined: tuple[int, States] | None = None
        self._results: tuple[tuple[int, int], Adjoint, Tensor] | None = None
        self._converted: dict[int, Weights] = {}

    def add(
        self,
        module: nn.RNNCellBase,
        given: Tensor,
        state: object,
        result: Tensor | tuple[Tensor, Tensor],
        weights: Weights,
    ) -> None:
        """Record one call."""
        if not self._steps:
            self.cell = cell_of(module)
            self.dtype = analysis_dtype(self._asked, weights.weight_hh.dtype)
        ends, starts = states_given(result), states_given(state)
        continues = [self._continues(start, k) for k, start in enumerate(starts)] + [False] * 2
        before = [_copy(start) for start in starts] or [torch.zeros_like(_copy(e)) for e in ends]
        arrivals = [watch(end, self._clock, own_base=True) for end in ends]
        self._steps.append(
            _Step(
                input=_copy(given),
                hidden_prev=before[0],
                cell_prev=before[1] if len(before) == 2 else None,
                hidden=_copy(ends[0]),
                weights=weights,
                arrivals=ArrivalGroup(self.name, arrivals, self._clock),
                continues_hidden=continues[0],
                continues_cell=continues[1],
                cell_sees_all=len(ends) == 1 or ends[0].grad_fn is not ends[1].grad_fn,
            )
        )
        self._last = [(end, _version(end)) for end in ends]

    def release(self) -> None:
        """Take all hooks off and let go of the user's tensors."""
        self._last = []
        for step in self._steps:
            step.arrivals.release()

    def weights(self, place: Place) -> Weights:
        """The parameters at the first step."""
        return self._weights(self._steps[0])

    def mask(self, place: Place) -> None:
        """There is no dropout after a cell."""

    def initial(self, place: Place) -> tuple[Tensor, Tensor | None]:
        """The state that the first call was given: (B, H) each."""
        first = self._steps[0]
        cell = None if first.cell_prev is None else first.cell_prev.to(self.dtype)
        return first.hidden_prev.to(self.dtype), cell

    def forward(self, place: Place) -> States:
        """All states and gates."""
        if self._joined is None or self._joined[0] != len(self._steps):
            sizes = sorted({len(step.hidden) for step in self._steps})
            if len(sizes) > 1:
                raise CaptureError(
                    f"`{self.name}` was called with batches of {sizes} sequences, and one trace "
                    "needs one batch size: keep the batch the same, or capture each part by itself."
                )
            done = 0 if self._joined is None else self._joined[0]
            with undisturbed(self._steps[0].hidden):
                for first, last in self._stretches(done, self._extends):
                    self._replayed.append(self._replay(first, last))
                whole = self._replayed[0] if len(self._replayed) == 1 else _joined(self._replayed)
            self._joined, self._replayed = (len(self._steps), whole), [whole]
        return self._joined[1]

    def backward(self, place: Place) -> Adjoint:
        """All gradients."""
        return self._gradients()[0]

    def direct(self, place: Place) -> Tensor:
        """The gradient that reaches h_t in any way but through the next call's state."""
        return self._gradients()[1]

    def grad_input(self, place: Place) -> Tensor:
        """dL/dx_t of every call."""
        projected = self.backward(place).grad_projected
        with undisturbed(projected):
            parts = [projected[span] @ w.weight_ih for span, w in self._spans()]
            return torch.cat(parts)

    def grad_input_own(self, place: Place) -> Tensor:
        """The same: a cell has one direction."""
        return self.grad_input(place)

    def _weights(self, step: _Step) -> Weights:
        """A step's parameters in the dtype of the analysis; steps share what did not change."""
        key = id(step.weights)  # alive as long as the step is
        if key not in self._converted:
            self._converted[key] = step.weights.to(self.dtype)
        return self._converted[key]

    def _continues(self, start: Tensor, which: int) -> bool:
        """Whether a state given to a call is the very tensor that the call before returned."""
        if not self._last:
            return False
        tensor, version = self._last[which]
        return start is tensor and _version(tensor) == version and tensor.requires_grad

    def _stretches(
        self, begin: int, extends: Callable[[_Step, _Step], bool]
    ) -> Iterator[tuple[int, int]]:
        """First and last + 1 of the longest runs of steps from `begin` on that belong together."""
        first = begin
        for t in range(begin + 1, len(self._steps) + 1):
            if t == len(self._steps) or not extends(self._steps[t - 1], self._steps[t]):
                yield first, t
                first = t

    def _spans(self) -> list[tuple[slice, Weights]]:
        """Runs of steps with the same parameters."""
        return [
            (slice(first, last), self._weights(self._steps[first]))
            for first, last in self._stretches(0, lambda one, next_: one.weights is next_.weights)
        ]

    def _extends(self, one: _Step, following: _Step) -> bool:
        """Whether two steps can be replayed at once: both as recorded, or both run again."""
        if one.weights is not following.weights:
            return False
        if one.hidden.dtype == following.hidden.dtype == self.dtype:
            return True
        both = following.continues_hidden and (
            following.cell_prev is None or following.continues_cell
        )
        return both and self.dtype not in (one.hidden.dtype, following.hidden.dtype)

    def _replay(self, first: int, last: int) -> States:
        """The states of some steps; in another precision they start from our own last ones."""
        steps = self._steps[first:last]
        start, w = steps[0], self._weights(steps[0])
        x, before = (
            self._stacked(s.input for s in steps),
            self._stacked(s.hidden_prev for s in steps),
        )
        cell = None
        if start.cell_prev is not None:
            cell = self._stacked(s.cell_prev for s in steps)
        if start.hidden.dtype == self.dtype:
            hidden = self._stacked(s.hidden for s in steps)
            return self.cell.states(x, before, hidden, cell, w)
        h0, c0 = before[0], None if cell is None else cell[0]
        last_states = self._replayed[-1] if self._replayed else None
        if last_states is not None and start.continues_hidden:
            h0 = last_states.hidden[-1]
        if last_states is not None and last_states.cell_state is not None and start.continues_cell:
            c0 = last_states.cell_state[-1]
        hidden = self.cell.run(x, h0, c0, w)
        before = torch.cat([h0.unsqueeze(0), hidden[:-1]])
        return self.cell.states(x, before, hidden, c0, w)

    def _stacked(self, values: Iterable[Tensor | None]) -> Tensor:
        """Over time, in the dtype of the analysis: converted at once where all are alike."""
        kept = [value for value in values if value is not None]
        if len({value.dtype for value in kept}) > 1:
            kept = [value.to(self.dtype) for value in kept]
        return torch.stack(kept).to(self.dtype)

    def _gradients(self) -> tuple[Adjoint, Tensor]:
        moment = (self._clock.last_arrival, len(self._steps))
        if self._results is None or self._results[0] != moment:
            self._require()
            states = self.forward(Place())
            with undisturbed(states.hidden):
                found = gradients_of_steps(
                    self.cell, states, self._delivered(states), self._spans()
                )
            self._results = (moment, *found)
        return self._results[1], self._results[2]

    def _require(self) -> None:
        """Refuse unless all gradients are known; steps after the last trainable one have none."""
        trainable = [t for t, step in enumerate(self._steps) if step.arrivals.trainable]
        needed = self._steps[: trainable[-1] + 1] if trainable else self._steps
        self._steps[0].arrivals.require()
        for step in needed:
            if not step.arrivals.trainable or step.arrivals.skipped:
                step.arrivals.require()
            if any(arrival.spoiled for arrival in step.arrivals.arrivals):
                step.arrivals.require()

    def _delivered(self, states: States) -> Delivered:
        """What autograd brought to every state, and which states flow on as they are."""
        zero = torch.zeros_like(self._steps[0].hidden)
        at_hidden = [_total(step.at_hidden, zero) for step in self._steps]
        at_cell = None
        if states.cell_state is not None:
            at_cell = torch.stack([_total(step.at_cell, zero) for step in self._steps])
        return Delivered(
            torch.stack(at_hidden),
            at_cell,
            _flows([step.continues_hidden for step in self._steps]),
            _flows([step.continues_cell for step in self._steps]),
            [step.cell_sees_all for step in self._steps],
            torch.finfo(zero.dtype),
        )


def _flows(continues: list[bool]) -> list[Flow]:
    """Of each step, whether its state's gradient includes what the next step hands back."""
    return ["included" if next_ else "cut" for next_ in [*continues[1:], False]]


def _total(arrival: Arrival, zero: Tensor) -> Tensor:
    return zero if arrival.total is None else _batched(arrival.total)


def _version(tensor: Tensor) -> int:
    """How often a tensor was changed in place; inference tensors do not count."""
    return 0 if tensor.is_inference() else tensor._version


def _batched(tensor: Tensor) -> Tensor:
    return tensor.unsqueeze(0) if tensor.ndim == 1 else tensor


def _copy(tensor: Tensor) -> Tensor:
    return _batched(tensor.detach().clone())


def _joined(parts: list[States]) -> States:
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return States(*(None if c[0] is None else torch.cat(c) for c in columns))  # type: ignore[arg-type]
