"""An `nn.RNNCell`, `nn.GRUCell` or `nn.LSTMCell` that the user's own loop calls step by step.

Every call is one time step of one trace. Here autograd itself delivers the *total* gradient at each
h_t, because the one tensor h_t feeds both its own output and the next step; what the closed form
adds is everything inside the cell, and the part of dL/dh_t that the next step handed back, so that
the direct part is the difference.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.capture.arrivals import Arrival, Clock, watch
from core.capture.calls import Place, analysis_dtype, cell_of, require_backward
from core.capture.cells import Elman, Gru, Lstm, States, Weights
from core.capture.layout import Layout
from core.capture.recursion import Adjoint
from core.errors import CaptureError


@dataclass
class _Step:
    """One call: copies of what went in and came out, and what arrives later."""

    input: Tensor
    hidden_prev: Tensor
    cell_prev: Tensor | None
    hidden: Tensor
    cell_state: Tensor | None
    weights: Weights
    at_hidden: Arrival
    at_cell: Arrival | None
    continues_hidden: bool
    continues_cell: bool
    cell_sees_all: bool
    trainable: bool


@dataclass
class _Handed:
    """What a step hands back to the step before it: parts of dL/dh and dL/dc, and their noise."""

    hidden: Tensor
    cell: Tensor
    scale: Tensor


class SteppedCell:
    """All calls of one cell inside one capture, in the order they were made."""

    def __init__(self, name: str, dtype: torch.dtype | None, clock: Clock) -> None:
        """Start with no steps; `name` is the module's."""
        self.name = name
        self.layout = Layout(batched=True, batch_first=False)
        self._asked, self._clock, self._stamp = dtype, clock, 0
        self._steps: list[_Step] = []
        self._last: list[tuple[Tensor, int]] = []
        self._states: States | None = None
        self._results: tuple[int, Adjoint, Tensor] | None = None

    def add(
        self,
        module: nn.RNNCellBase,
        given: Tensor,
        state: Tensor | tuple[Tensor, Tensor] | None,
        result: Tensor | tuple[Tensor, Tensor],
        weights: Weights,
    ) -> None:
        """Record one call."""
        self.cell = cell_of(module)
        self.dtype = analysis_dtype(self._asked, weights.weight_hh.dtype)
        ends = result if isinstance(result, tuple) else (result,)
        starts = state if isinstance(state, tuple) else () if state is None else (state,)
        continues = [self._continues(start, k) for k, start in enumerate(starts)] + [False] * 2
        before = [_copy(start) for start in starts] or [torch.zeros_like(_copy(e)) for e in ends]
        after = [_copy(end) for end in ends]
        arrivals = [watch(end, self._clock) for end in ends]
        self._steps.append(
            _Step(
                _copy(given), before[0], before[1] if len(ends) == 2 else None,
                after[0], after[1] if len(ends) == 2 else None, weights,
                arrivals[0], arrivals[1] if len(ends) == 2 else None,
                continues[0], continues[1],
                len(ends) == 1 or ends[0].grad_fn is not ends[1].grad_fn,
                ends[0].requires_grad,
            )
        )  # fmt: skip
        self._last = [(end, end._version) for end in ends]
        self._stamp = self._clock.tick()
        self._states = None

    def release(self) -> None:
        """Take all hooks off and let go of the user's tensors."""
        self._last = []
        for step in self._steps:
            step.at_hidden.release()
            if step.at_cell is not None:
                step.at_cell.release()

    def weights(self, place: Place) -> Weights:
        """The parameters at the first step."""
        return self._steps[0].weights.to(self.dtype)

    def initial(self, place: Place) -> tuple[Tensor, Tensor | None]:
        """The state that the first call was given: (B, H) each."""
        first = self._steps[0]
        cell = None if first.cell_prev is None else first.cell_prev.to(self.dtype)
        return first.hidden_prev.to(self.dtype), cell

    def forward(self, place: Place) -> States:
        """All states and gates."""
        if self._states is None:
            sizes = sorted({len(step.hidden) for step in self._steps})
            if len(sizes) > 1:
                raise CaptureError(
                    f"`{self.name}` was called with batches of {sizes} sequences, and one trace "
                    "needs one batch size: keep the batch the same, or capture each part by itself."
                )
            with torch.no_grad():
                self._states = self._replay()
        return self._states

    def backward(self, place: Place) -> Adjoint:
        """All gradients."""
        return self._gradients()[0]

    def direct(self, place: Place) -> Tensor:
        """The gradient that reaches h_t in any way but through the next call's state."""
        return self._gradients()[1]

    def grad_input(self, place: Place) -> Tensor:
        """dL/dx_t of every call."""
        projected = self.backward(place).grad_projected
        w = [step.weights.weight_ih.to(self.dtype) for step in self._steps]
        return torch.stack([rows @ weight for rows, weight in zip(projected, w, strict=True)])

    def grad_input_own(self, place: Place) -> Tensor:
        """The same: a cell has one direction."""
        return self.grad_input(place)

    def _continues(self, start: Tensor, which: int) -> bool:
        """Whether a state given to a call is the very tensor that the call before returned."""
        if not self._last:
            return False
        tensor, version = self._last[which]
        return start is tensor and tensor._version == version and tensor.requires_grad

    def _replay(self) -> States:
        """The states of all steps; in another precision each step starts from our own last one."""
        parts: list[States] = []
        for step in self._steps:
            w = step.weights.to(self.dtype)
            x, hidden = step.input.to(self.dtype), step.hidden.to(self.dtype)
            before = step.hidden_prev.to(self.dtype)
            cell = None if step.cell_prev is None else step.cell_prev.to(self.dtype)
            if step.hidden.dtype != self.dtype:
                if parts and step.continues_hidden:
                    before = parts[-1].hidden[0]
                if parts and step.continues_cell and parts[-1].cell_state is not None:
                    cell = parts[-1].cell_state[0]
                hidden = self.cell.run(x.unsqueeze(0), before, cell, w)[0]
            cell = None if cell is None else cell.unsqueeze(0)
            whole = (x.unsqueeze(0), before.unsqueeze(0), hidden.unsqueeze(0))
            parts.append(self.cell.states(*whole, cell, w))
        return _joined(parts)

    def _gradients(self) -> tuple[Adjoint, Tensor]:
        if self._clock.last_arrival < self._stamp:
            require_backward(self.name, any(step.trainable for step in self._steps))
        moment = self._clock.last_arrival
        if self._results is None or self._results[0] != moment:
            with torch.no_grad():
                self._results = (moment, *self._recur(self.forward(Place())))
        return self._results[1], self._results[2]

    def _recur(self, states: States) -> tuple[Adjoint, Tensor]:
        zero = torch.zeros_like(states.hidden[0])
        handed = _Handed(zero, zero, zero)
        columns: list[tuple[Tensor, ...]] = []
        for t in reversed(range(len(self._steps))):
            step, local = self._steps[t], _at(states, t)
            after = self._steps[t + 1] if t + 1 < len(self._steps) else None
            nothing = _Handed(zero, zero, zero)
            back = handed if after is not None and after.continues_hidden else nothing
            carry = handed.cell if after is not None and after.continues_cell else zero
            own = _own_part(_total(step.at_hidden, zero), back.hidden, back.scale)
            dh = own + back.hidden
            dc = self._total_cell(step, local, dh, carry)
            recurrent, projected, handed = self._local(local, dh, dc, step.weights.to(self.dtype))
            columns.append((dh, dc, recurrent, projected, own))
        dh, dc, recurrent, projected, own = (
            torch.stack(column[::-1]) for column in zip(*columns, strict=True)
        )
        lstm = isinstance(self.cell, Lstm)
        initial_cell = handed.cell if lstm else None
        grad_cell = dc if lstm else None
        return Adjoint(dh, grad_cell, recurrent, projected, handed.hidden, initial_cell), own

    def _total_cell(self, step: _Step, local: States, dh: Tensor, carry: Tensor) -> Tensor:
        """dL/dc_t. Where h and c leave one fused node, autograd's c lacks the part through h."""
        if not isinstance(self.cell, Lstm) or step.at_cell is None:
            return carry
        through_hidden = dh * self.cell.factors(local)[1][0, :, 1]
        arrived = _total(step.at_cell, carry)
        known = carry + through_hidden if step.cell_sees_all else carry
        scale = carry.abs() + through_hidden.abs()
        return _own_part(arrived, known, scale) + carry + through_hidden

    def _local(
        self, local: States, dh: Tensor, dc: Tensor, w: Weights
    ) -> tuple[Tensor, Tensor, _Handed]:
        """dL/da of one step for both projections, and what the step hands back."""
        carry, cell_carry = torch.zeros_like(dh), torch.zeros_like(dh)
        match self.cell:
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
        return (
            recurrent, projected, _Handed(recurrent @ w.weight_hh + carry, cell_carry, scale)
        )  # fmt: skip


def _own_part(total: Tensor, known: Tensor, scale: Tensor) -> Tensor:
    """`total` - `known`, and exactly 0 where the two differ by no more than their rounding.

    `scale` is the sum of the absolute values that went into `known`; 32 units in the last place
    of it (in the precision in which `total` arrived) is what the sums of a step of a few hundred
    units lose at most in practice.
    """
    unit = torch.finfo(total.dtype)
    slack = 32 * unit.eps * (scale + total.abs()) + 32 * unit.smallest_normal
    difference = total.to(known.dtype) - known
    return torch.where(difference.abs() <= slack, torch.zeros_like(difference), difference)


def _total(arrival: Arrival, like: Tensor) -> Tensor:
    return torch.zeros_like(like) if arrival.total is None else _batched(arrival.total)


def _batched(tensor: Tensor) -> Tensor:
    return tensor.unsqueeze(0) if tensor.ndim == 1 else tensor


def _copy(tensor: Tensor) -> Tensor:
    return _batched(tensor.detach().clone())


def _at(states: States, t: int) -> States:
    return States(*(None if v is None else v[t : t + 1] for v in vars(states).values()))  # type: ignore[arg-type]


def _joined(parts: list[States]) -> States:
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return States(*(None if c[0] is None else torch.cat(c) for c in columns))  # type: ignore[arg-type]
