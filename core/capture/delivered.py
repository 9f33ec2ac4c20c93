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

from core.capture.arithmetic import Arithmetic, arithmetic_for, loop_device
from core.capture.cells import Cell, Elman, Gru, Lstm, States, Weights
from core.capture.recursion import Adjoint, least_part, rounding

Spans = list[tuple[slice, Weights]]
"""Runs of steps with the same parameters; together they are all steps."""

Flow = Literal["added", "included", "cut"]
"""How what a step hands back meets what was delivered at the state before it: it is added to that,
it is a part of that, or it does not reach that state."""

Native = Callable[[Tensor], Any]


@dataclass(frozen=True)
class Delivered:
    """What autograd brought to the states of each step.

    Attributes:
        hidden: the gradient of h_t.
        cell: that of c_t (LSTM), else None.
        hidden_flow: of each step, how what the next one hands back meets `hidden`.
        cell_flow: the same for `cell`.
        cell_sees_all: whether the gradient of c_t includes the part through h_t.
    """

    hidden: Float[Tensor, "time batch unit"]
    cell: Float[Tensor, "time batch cell"] | None
    hidden_flow: Sequence[Flow]
    cell_flow: Sequence[Flow]
    cell_sees_all: Sequence[bool]


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
        delivered: what autograd brought to the states, in the precision of the model.
        spans: the parameters, in the dtype of the states.
        direct: what reaches h_t besides and is in no delivery; None for nothing.
    """
    home, products = states.hidden.device, spans[0][1].weight_hh.numel()
    place = loop_device(home, states.hidden.shape[1] * products)
    on = arithmetic_for(torch.empty(0, device=place))

    def native(tensor: Tensor) -> Any:
        return on.native(tensor.to(place, states.hidden.dtype))

    form = torch.finfo(delivered.hidden.dtype)
    arrived, floor = native(delivered.hidden), native(_floor(delivered.hidden, states.hidden))
    own = None if direct is None else native(direct)
    weights = _by_step(spans, lambda w: native(w.weight_hh))
    sizes = _by_step(spans, lambda w: native(w.weight_hh.abs() * rounding(form)))
    inside = _inside_of(cell, states, delivered, spans, native, on)
    dh, apart = (torch.empty_like(states.hidden, device=place) for _ in range(2))
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
            dhs[t] = total if own is None else total + own[t]
            da, carry = inside(t, dhs[t])
            handed = on.dot(da, weights[t])
            if carry is not None:
                handed = handed + carry
            if t > 0 and flows[t - 1] != "added":
                slack = on.dot(abs(da), sizes[t])
                if carry is not None:
                    slack = slack + rounding(form) * abs(carry)
    found = inside.adjoint(dh, torch.as_tensor(handed)).to(home)
    return Recurred(found, apart.to(home), cut)


def _floor(total: Tensor, like: Tensor) -> Tensor:
    """What may be rounding of a delivered total, in the dtype of the analysis."""
    return least_part(total.to(like.dtype), torch.finfo(total.dtype))


def _by_step(spans: Spans, of: Callable[[Weights], Any]) -> list[Any]:
    """What belongs to the parameters of every step, made once for each span."""
    return [made for span, w in spans for made in [of(w)] * (span.stop - span.start)]


class _ElmanInside:
    """From dL/dh_t to dL/da_t of the plain recurrent network."""

    def __init__(self, cell: Elman, states: States, native: Native, on: Arithmetic) -> None:
        factors = cell.factors(states)
        # Selected, not multiplied, as autograd does: 0 · inf would be NaN.
        self._selects, self._on = cell.name == "rnn_relu", on
        self._slope = native(factors) > 0 if self._selects else native(factors)
        self._das = native(torch.empty_like(factors))

    def __call__(self, t: int, dh: Any) -> tuple[Any, None]:
        """The gradient of the recurrent rows; nothing is handed on elementwise."""
        k = self._slope[t]
        self._das[t] = self._on.where(k, dh, 0.0) if self._selects else dh * k
        return self._das[t], None

    def adjoint(self, dh: Tensor, initial: Tensor) -> Adjoint:
        """All gradients, once every step is done."""
        da = torch.as_tensor(self._das)
        return Adjoint(dh, None, da, da, initial, None)


class _GruInside:
    """The same for the GRU, whose update gate hands on a part elementwise."""

    def __init__(self, cell: Gru, states: States, native: Native, on: Arithmetic) -> None:
        factors = cell.factors(states)
        self._factors, self._rows = native(factors), native(torch.empty_like(factors))
        self._shape = factors.shape[1], 3 * factors.shape[3]

    def __call__(self, t: int, dh: Any) -> tuple[Any, Any]:
        """The gradient of the recurrent rows, and what is handed on elementwise."""
        self._rows[t] = dh[:, None, :] * self._factors[t]
        rows = self._rows[t]
        return rows[:, :3].reshape(self._shape), rows[:, 3]

    def adjoint(self, dh: Tensor, initial: Tensor) -> Adjoint:
        """All gradients, once every step is done."""
        rows = torch.as_tensor(self._rows)
        recurrent, projected = rows[:, :, :3], rows[:, :, [0, 1, 4]]
        return Adjoint(dh, None, recurrent.flatten(2), projected.flatten(2), initial, None)


class _LstmInside:
    """The same for the LSTM, whose c_t has a flow and deliveries of its own."""

    def __init__(
        self,
        cell: Lstm,
        states: States,
        delivered: Delivered,
        spans: Spans,
        native: Native,
        on: Arithmetic,
    ) -> None:
        assert delivered.cell is not None
        of_cell, of_hidden = cell.factors(states)
        self._of_cell, self._of_hidden, self._on = native(of_cell), native(of_hidden), on
        self._share = rounding(torch.finfo(delivered.cell.dtype))
        self._arrived = native(delivered.cell)
        self._floor = native(_floor(delivered.cell, states.hidden))
        self._delivered = delivered
        self._projections = _by_step(
            spans, lambda w: None if w.weight_hr is None else native(w.weight_hr)
        )
        self._dc = native(torch.empty_like(of_cell[:, :, 0]))
        self._das = native(torch.empty_like(of_cell))
        self._shape = of_cell.shape[1], 4 * of_cell.shape[3]
        self._carry = native(torch.zeros_like(of_cell[0, :, 0]))

    def __call__(self, t: int, dh: Any) -> tuple[Any, None]:
        """The gradient of the recurrent rows; what c_{t-1} is handed stays here."""
        projection = self._projections[t]
        dm = dh if projection is None else self._on.dot(dh, projection)
        through = dm * self._of_hidden[t, :, 1]
        self._dc[t] = self._at_cell(t, through) + through
        dc, das = self._dc[t], self._das[t]
        rows = dc[:, None, :] * self._of_cell[t]
        das[:, :3] = rows[:, 1:]
        das[:, 3] = dm * self._of_hidden[t, :, 0]
        self._carry = rows[:, 0]
        return das.reshape(self._shape), None

    def _at_cell(self, t: int, through: Any) -> Any:
        """What reaches c_t besides the part through h_t."""
        flow, rest = self._delivered.cell_flow[t], self._arrived[t]
        included = [self._carry] if flow == "included" else []
        if self._delivered.cell_sees_all[t]:
            included.append(through)
        if included:
            slack = self._floor[t] + self._share * sum(abs(part) for part in included)
            rest = rest - sum(included)
            rest = self._on.where(abs(rest) <= slack, 0.0, rest)
        return rest if flow == "cut" else rest + self._carry

    def adjoint(self, dh: Tensor, initial: Tensor) -> Adjoint:
        """All gradients, once every step is done."""
        da = torch.as_tensor(self._das).flatten(2)
        dc, carry = torch.as_tensor(self._dc), torch.as_tensor(self._carry)
        return Adjoint(dh, dc, da, da, initial, carry)


def _inside_of(
    cell: Cell,
    states: States,
    delivered: Delivered,
    spans: Spans,
    native: Native,
    on: Arithmetic,
) -> _ElmanInside | _GruInside | _LstmInside:
    match cell:
        case Elman():
            return _ElmanInside(cell, states, native, on)
        case Gru():
            return _GruInside(cell, states, native, on)
        case Lstm():
            return _LstmInside(cell, states, delivered, spans, native, on)
