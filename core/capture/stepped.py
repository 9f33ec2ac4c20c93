"""An `nn.RNNCell`, `nn.GRUCell` or `nn.LSTMCell` that the user's own loop calls step by step.

Every call is one time step of one trace. Here autograd itself delivers the *total* gradient at each
h_t, because the one tensor h_t feeds both its own output and the next step; what the closed form
adds is everything inside the cell, and the part of dL/dh_t that the next step handed back, so that
the direct part is the difference.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.capture.arrivals import Arrival, ArrivalGroup, Clock, watch
from core.capture.calls import Place, analysis_dtype, cell_of, states_given, undisturbed
from core.capture.cells import Elman, Gru, Lstm, States, Weights
from core.capture.layout import Layout
from core.capture.recursion import Adjoint
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


@dataclass
class _Handed:
    """What a step hands back to the step before it: dL/dh, dL/dc, and the size of dL/dh's terms."""

    hidden: Tensor
    cell: Tensor
    scale: Tensor


class SteppedCell:
    """All calls of one cell inside one capture, in the order they were made."""

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
            with undisturbed(self._steps[0].hidden):
                for step in self._steps[len(self._replayed) :]:
                    self._replayed.append(self._replay(step))
                self._joined = (len(self._steps), _joined(self._replayed))
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
            parts = [
                rows @ self._weights(step).weight_ih
                for rows, step in zip(projected, self._steps, strict=True)
            ]
            return torch.stack(parts)

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

    def _replay(self, step: _Step) -> States:
        """One step's states; in another precision it starts from our own last ones."""
        w, before = self._weights(step), step.hidden_prev.to(self.dtype)
        x, hidden = step.input.to(self.dtype), step.hidden.to(self.dtype)
        cell = None if step.cell_prev is None else step.cell_prev.to(self.dtype)
        if step.hidden.dtype != self.dtype:
            last = self._replayed[-1] if self._replayed else None
            if last is not None and step.continues_hidden:
                before = last.hidden[0]
            if last is not None and last.cell_state is not None and step.continues_cell:
                cell = last.cell_state[0]
            hidden = self.cell.run(x.unsqueeze(0), before, cell, w)[0]
        cell = None if cell is None else cell.unsqueeze(0)
        return self.cell.states(x.unsqueeze(0), before.unsqueeze(0), hidden.unsqueeze(0), cell, w)

    def _gradients(self) -> tuple[Adjoint, Tensor]:
        moment = (self._clock.last_arrival, len(self._steps))
        if self._results is None or self._results[0] != moment:
            self._require()
            states = self.forward(Place())
            with undisturbed(states.hidden):
                self._results = (moment, *self._recur(states))
        return self._results[1], self._results[2]

    def _require(self) -> None:
        """Refuse unless all gradients are known; steps after the last trainable one have none."""
        trainable = [step for step in self._steps if step.arrivals.trainable]
        needed = self._steps[: self._steps.index(trainable[-1]) + 1] if trainable else self._steps
        self._steps[0].arrivals.require()
        for step in needed:
            if not step.arrivals.trainable or step.arrivals.skipped:
                step.arrivals.require()
            if any(arrival.spoiled for arrival in step.arrivals.arrivals):
                step.arrivals.require()

    def _recur(self, states: States) -> tuple[Adjoint, Tensor]:
        zero = torch.zeros_like(states.hidden[0])
        handed, later = _Handed(zero, zero, zero), None
        columns: list[tuple[Tensor, ...]] = []
        for t in reversed(range(len(self._steps))):
            step, local = self._steps[t], _at(states, t)
            back = handed if later is not None and later.continues_hidden else None
            carry = handed.cell if later is not None and later.continues_cell else zero
            dh, own = _total_and_own(step.at_hidden, back, zero)
            dc = self._total_cell(step, local, dh, carry)
            recurrent, projected, handed = self._local(local, dh, dc, self._weights(step))
            columns.append((dh, dc, recurrent, projected, own))
            later = step
        dh, dc, recurrent, projected, own = (
            torch.stack(column[::-1]) for column in zip(*columns, strict=True)
        )
        lstm = isinstance(self.cell, Lstm)
        initial_cell = handed.cell if lstm else None
        grad_cell = dc if lstm else None
        return Adjoint(dh, grad_cell, recurrent, projected, handed.hidden, initial_cell), own

    def _total_cell(self, step: _Step, local: States, dh: Tensor, carry: Tensor) -> Tensor:
        """dL/dc_t: what arrived, completed by what autograd's c lacks on this device."""
        if not isinstance(self.cell, Lstm):
            return carry
        through_hidden = dh * self.cell.factors(local)[1][0, :, 1]
        inside = carry + through_hidden
        scale = carry.abs() + through_hidden.abs()
        seen = inside if step.cell_sees_all else carry
        total, own = _total_and_own(step.at_cell, _Handed(seen, seen, scale), carry)
        return total if step.cell_sees_all else own + inside

    def _local(
        self, local: States, dh: Tensor, dc: Tensor, w: Weights
    ) -> tuple[Tensor, Tensor, _Handed]:
        """dL/da of one step for both projections, and what the step hands back."""
        carry, cell_carry = torch.zeros_like(dh), torch.zeros_like(dh)
        match self.cell:
            case Elman(name="rnn_relu"):
                # Selected, not multiplied, as autograd does: 0 · inf would be NaN.
                recurrent = projected = torch.where(self.cell.factors(local)[0] > 0, dh, 0.0)
            case Elman():
                recurrent = projected = dh * self.cell.factors(local)[0]
            case Gru():
                rows = dh.unsqueeze(1) * self.cell.factors(local)[0]
                recurrent = rows[:, :3].flatten(1)
                projected = rows[:, [0, 1, 4]].flatten(1)
                carry = rows[:, 3]
            case Lstm():
                of_cell, of_hidden = self.cell.factors(local)
                rows = dc.unsqueeze(1) * of_cell[0]
                out = dh * of_hidden[0, :, 0]
                recurrent = projected = torch.cat([rows[:, 1:].flatten(1), out], 1)
                cell_carry = rows[:, 0]
        scale = recurrent.abs() @ w.weight_hh.abs() + carry.abs()
        handed = _Handed(recurrent @ w.weight_hh + carry, cell_carry, scale)
        return recurrent, projected, handed


def _total_and_own(arrival: Arrival, back: _Handed | None, zero: Tensor) -> tuple[Tensor, Tensor]:
    """The total gradient of a state, and the part that no later call handed back.

    What autograd delivered is the total, in the precision of the model; in a higher precision the
    recurrence is run anew from the own parts. The own part is total - handed back, and exactly 0
    where the two differ by no more than their rounding: 32 units in the last place of the terms
    that were added up, which is what the sums of a few hundred units lose at most in practice.
    """
    total = torch.zeros_like(zero) if arrival.total is None else _batched(arrival.total)
    exact = total.to(zero.dtype)
    if back is None:
        return exact, exact
    form = torch.finfo(total.dtype)
    slack = 32 * form.eps * (back.scale + exact.abs()) + 32 * form.smallest_normal
    difference = exact - back.hidden
    own = torch.where(difference.abs() <= slack, torch.zeros_like(difference), difference)
    return (exact if total.dtype == zero.dtype else own + back.hidden), own


def _version(tensor: Tensor) -> int:
    """How often a tensor was changed in place; inference tensors do not count."""
    return 0 if tensor.is_inference() else tensor._version


def _batched(tensor: Tensor) -> Tensor:
    return tensor.unsqueeze(0) if tensor.ndim == 1 else tensor


def _copy(tensor: Tensor) -> Tensor:
    return _batched(tensor.detach().clone())


def _at(states: States, t: int) -> States:
    return States(*(None if v is None else v[t : t + 1] for v in vars(states).values()))  # type: ignore[arg-type]


def _joined(parts: list[States]) -> States:
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return States(*(None if c[0] is None else torch.cat(c) for c in columns))  # type: ignore[arg-type]
