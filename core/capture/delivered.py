"""The adjoint of a sequence along which autograd delivered gradients of the states themselves.

A cell called step by step returns every h_t to the user, and a module called several times the last
state of each call. What autograd delivers there is a total: it includes what the next step handed
back. In a higher precision than the model ran in that part is computed again, from the last step to
the first, because what was delivered may have underflowed; the rest of the total is the difference.

Whether a difference is more than rounding depends on what was handed back, so this is a loop over
the steps, on NumPy's arrays as in `arithmetic`. Reading order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.capture.arithmetic import arithmetic_for, loop_device
from core.capture.cells import Cell, Elman, Gru, Lstm, States, Weights
from core.capture.recursion import Adjoint, least_part, rounding

Spans = list[tuple[slice, Weights]]
"""Runs of steps with the same parameters; together they are all steps."""

Flow = Literal["added", "included", "cut"]
"""How what a step hands back meets what was delivered at the state before it: it is added to that,
it is a part of that, or it does not reach that state."""


@dataclass(frozen=True)
class Delivered:
    """What autograd brought to the states of each step.

    Attributes:
        hidden: the gradient of h_t.
        cell: that of c_t (LSTM), else None.
        hidden_flow: of each step, how what the next one hands back meets `hidden`.
        cell_flow: the same for `cell`.
        cell_sees_all: whether the gradient of c_t includes the part through h_t.
        form: the precision in which all this was delivered.
    """

    hidden: Float[Tensor, "time batch unit"]
    cell: Float[Tensor, "time batch cell"] | None
    hidden_flow: Sequence[Flow]
    cell_flow: Sequence[Flow]
    cell_sees_all: Sequence[bool]
    form: torch.finfo


@dataclass(frozen=True)
class Recurred:
    """What the loop found.

    Attributes:
        adjoint: every gradient.
        apart: the part of dL/dh_t that was delivered and that no next step handed back.
        cut: of each step whose flow is "cut", what the next one handed back all the same, and the
            size of the terms that it is the sum of.
    """

    adjoint: Adjoint
    apart: Float[Tensor, "time batch unit"]
    cut: dict[int, tuple[Tensor, Tensor]]


def recur_delivered(
    cell: Cell,
    states: States,
    delivered: Delivered,
    spans: Spans,
    direct: Float[Tensor, "time batch unit"] | None = None,
) -> Recurred:
    """Run dL/dh_t = direct_t + apart_t + (what step t + 1 hands back) from the last step on.

    Args:
        cell: the equations.
        states: the states and gates of all steps.
        delivered: what autograd brought to the states.
        spans: the parameters, in the dtype of the states.
        direct: what reaches h_t besides and is in no delivery; None for nothing.
    """
    home, products = states.hidden.device, spans[0][1].weight_hh.numel()
    native = _Native(loop_device(home, states.hidden.shape[1] * products), states.hidden.dtype)
    on, form = native.on, delivered.form
    arrived = list(native(delivered.hidden))
    floor = list(native(least_part(native.tensor(delivered.hidden), form)))
    own = None if direct is None else list(native(direct))
    weights = _by_step(spans, lambda w: native(w.weight_hh))
    sizes = _by_step(spans, lambda w: native(w.weight_hh.abs() * rounding(form)))
    inside = _inside_of(cell, states, delivered, spans, native)
    dh, apart = (torch.empty_like(states.hidden, device=native.device) for _ in range(2))
    dhs, aparts, flows = on.native(dh), on.native(apart), delivered.hidden_flow
    handed = slack = native(torch.zeros_like(states.hidden[0]))
    cut = {}
    # Overflow is an answer here (an exploding gradient), so NumPy shall not warn about it.
    with np.errstate(all="ignore"):
        for t in reversed(range(len(dhs))):
            rest = arrived[t]
            if flows[t] == "included":
                rest = rest - handed
                rest = on.where(abs(rest) <= floor[t] + slack, 0.0, rest)
            elif flows[t] == "cut":
                cut[t] = torch.as_tensor(handed), torch.as_tensor(slack / rounding(form))
            aparts[t] = rest
            total = rest if flows[t] == "cut" else handed + rest
            total = dhs[t] = total if own is None else total + own[t]
            da, carry = inside(t, total)
            handed = on.dot(da, weights[t])
            if carry is not None:
                handed = handed + carry
            if t > 0 and flows[t - 1] != "added":
                slack = on.dot(abs(da), sizes[t])
                if carry is not None:
                    slack = slack + rounding(form) * abs(carry)
    found = inside.adjoint(dh, torch.as_tensor(handed)).to(home)
    return Recurred(found, apart.to(home), cut)


def _by_step(spans: Spans, of: Callable[[Weights], Any]) -> list[Any]:
    """What belongs to the parameters of every step, made once for each span."""
    return [made for span, w in spans for made in [of(w)] * (span.stop - span.start)]


class _Native:
    """Tensors as the loop takes them, on the device where it runs fastest."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self.device, self._dtype = device, dtype
        self.on = arithmetic_for(torch.empty(0, device=device))

    def __call__(self, tensor: Tensor) -> Any:
        """An array, of the same memory where the tensor is there already."""
        return self.on.native(self.tensor(tensor))

    def tensor(self, tensor: Tensor) -> Tensor:
        """The tensor on this device, in the dtype of the analysis."""
        return tensor.to(self.device, self._dtype)


class _ElmanInside:
    """From dL/dh_t to dL/da_t of the plain recurrent network."""

    def __init__(self, cell: Elman, states: States, native: _Native) -> None:
        factors = cell.factors(states)
        # Selected, not multiplied, as autograd does: 0 · inf would be NaN.
        self._selects, self._on = cell.name == "rnn_relu", native.on
        slope = native(factors)
        self._slope = list(slope > 0 if self._selects else slope)
        self._da = torch.empty_like(factors, device=native.device)
        self._das = native(self._da)

    def __call__(self, t: int, dh: Any) -> tuple[Any, None]:
        """The gradient of the recurrent rows; nothing is handed on elementwise."""
        k = self._slope[t]
        da = self._das[t] = self._on.where(k, dh, 0.0) if self._selects else dh * k
        return da, None

    def adjoint(self, dh: Tensor, initial: Tensor) -> Adjoint:
        """All gradients, once every step is done."""
        return Adjoint(dh, None, self._da, self._da, initial, None)


class _GruInside:
    """The same for the GRU, whose update gate hands on a part elementwise."""

    def __init__(self, cell: Gru, states: States, native: _Native) -> None:
        factors = cell.factors(states)
        self._factors, self._all = (
            list(native(factors)),
            factors.new_empty(factors.shape, device=native.device),
        )
        self._rows, self._da = list(native(self._all)), self._all[:, :, :3].flatten(2)
        self._das, self._carried = list(native(self._da)), list(native(self._all[:, :, 3]))
        self._on = native.on

    def __call__(self, t: int, dh: Any) -> tuple[Any, Any]:
        """The gradient of the recurrent rows, and what is handed on elementwise."""
        self._on.mul(dh[:, None, :], self._factors[t], out=self._rows[t])
        return self._das[t], self._carried[t]

    def adjoint(self, dh: Tensor, initial: Tensor) -> Adjoint:
        """All gradients, once every step is done."""
        projected = self._all[:, :, [0, 1, 4]].flatten(2)
        return Adjoint(dh, None, self._da, projected, initial, None)


class _LstmInside:
    """The same for the LSTM, whose c_t has a flow and deliveries of its own."""

    def __init__(
        self,
        cell: Lstm,
        states: States,
        delivered: Delivered,
        spans: Spans,
        native: _Native,
    ) -> None:
        assert delivered.cell is not None
        of_cell, of_hidden = cell.factors(states)
        self._of_cell, self._on = list(native(of_cell)), native.on
        self._to_output, self._to_cell = (list(native(part)) for part in of_hidden.unbind(2))
        self._share = rounding(delivered.form)
        self._arrived = list(native(delivered.cell))
        self._floor = list(native(least_part(native.tensor(delivered.cell), delivered.form)))
        self._flow, self._sees_all = delivered.cell_flow, delivered.cell_sees_all
        self._projections = _by_step(
            spans, lambda w: None if w.weight_hr is None else native(w.weight_hr)
        )
        self._dc = native(torch.empty_like(of_cell[:, :, 0]))
        # Rows: what c_{t-1} is handed, da_i, da_f, da_g, da_o.
        steps, batch, _, size = of_cell.shape
        rows = of_cell.new_empty(steps, batch, 5, size, device=native.device)
        self._through_cell, self._through_output = (
            list(native(part)) for part in (rows[:, :, :4], rows[:, :, 4])
        )
        self._handed, self._da = list(native(rows[:, :, 0])), rows[:, :, 1:].flatten(2)
        self._das = list(native(self._da))
        self._dc = rows.new_empty(steps, batch, size)
        self._dcs, self._wide = list(native(self._dc)), list(native(self._dc.unsqueeze(2)))
        self._carry = native(torch.zeros_like(self._dc[0]))

    def __call__(self, t: int, dh: Any) -> tuple[Any, None]:
        """The gradient of the recurrent rows; what c_{t-1} is handed stays here."""
        projection, on = self._projections[t], self._on
        dm = dh if projection is None else on.dot(dh, projection)
        through = dm * self._to_cell[t]
        on.add(self._at_cell(t, through), through, out=self._dcs[t])
        on.mul(self._wide[t], self._of_cell[t], out=self._through_cell[t])
        on.mul(dm, self._to_output[t], out=self._through_output[t])
        self._carry = self._handed[t]
        return self._das[t], None

    def _at_cell(self, t: int, through: Any) -> Any:
        """What reaches c_t besides the part through h_t."""
        rest, flow, carry = self._arrived[t], self._flow[t], self._carry
        if flow == "included" or self._sees_all[t]:
            seen, size = (carry, abs(carry)) if flow == "included" else (0.0, 0.0)
            if self._sees_all[t]:
                seen, size = seen + through, size + abs(through)
            rest = rest - seen
            rest = self._on.where(abs(rest) <= self._floor[t] + self._share * size, 0.0, rest)
        return rest if flow == "cut" else rest + carry

    def adjoint(self, dh: Tensor, initial: Tensor) -> Adjoint:
        """All gradients, once every step is done."""
        return Adjoint(dh, self._dc, self._da, self._da, initial, torch.as_tensor(self._carry))


def _inside_of(
    cell: Cell,
    states: States,
    delivered: Delivered,
    spans: Spans,
    native: _Native,
) -> _ElmanInside | _GruInside | _LstmInside:
    match cell:
        case Elman():
            return _ElmanInside(cell, states, native)
        case Gru():
            return _GruInside(cell, states, native)
        case Lstm():
            return _LstmInside(cell, states, delivered, spans, native)
