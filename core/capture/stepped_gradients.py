"""The gradients of a sequence of single steps, from what autograd delivered at their states.

Here autograd itself delivers the *total* gradient at each h_t, because the one tensor h_t feeds
both its own output and the next step. What the closed form adds is everything inside the cell, for
all steps in one go, and the part of dL/dh_t that the next step handed back, so that the direct part
is the difference. In a higher precision than the model ran in see `delivered`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.capture.cells import Cell, Elman, Gru, Lstm, States, Weights
from core.capture.delivered import Delivered, Spans, recur_delivered
from core.capture.recursion import Adjoint, difference


@dataclass(frozen=True)
class _Inside:
    """dL/da of both projections, and what a step hands on elementwise: to h_{t-1} and c_{t-1}."""

    recurrent: Tensor
    projected: Tensor
    carry: Tensor | None
    cell_carry: Tensor | None


def gradients_of_steps(
    cell: Cell, states: States, delivered: Delivered, spans: Spans
) -> tuple[Adjoint, Tensor]:
    """Every gradient of the sequence, and the direct part of dL/dh_t."""
    if delivered.hidden.dtype == states.hidden.dtype:
        return _at_once(cell, states, delivered, spans)
    found = recur_delivered(cell, states, delivered, spans)
    return found.adjoint, found.apart


def _at_once(
    cell: Cell, states: States, delivered: Delivered, spans: Spans
) -> tuple[Adjoint, Tensor]:
    dh, dc, factors = delivered.hidden, delivered.cell, _factors(cell, states)
    if dc is not None:
        lacks = _column([not sees for sees in delivered.cell_sees_all], dc)
        dc = torch.where(lacks, dc + dh * factors[1][..., 1, :], dc)
    inside = _inside(cell, factors, dh, dc)
    parts = [_handed(_of(inside, span), w) for span, w in spans]
    handed, scale = (torch.cat(column) for column in zip(*parts, strict=True))
    own = dh.clone()
    apart = difference(dh[:-1], handed[1:], scale[1:], torch.finfo(dh.dtype))
    flows = _column([flow == "included" for flow in delivered.hidden_flow[:-1]], dh)
    own[:-1] = torch.where(flows, apart, dh[:-1])
    initial_cell = None if inside.cell_carry is None else inside.cell_carry[0]
    found = Adjoint(dh, dc, inside.recurrent, inside.projected, handed[0], initial_cell)
    return found, own


def _factors(cell: Cell, states: States) -> tuple[Tensor, ...]:
    found = cell.factors(states)
    return found if isinstance(found, tuple) else (found,)


def _inside(cell: Cell, factors: tuple[Tensor, ...], dh: Tensor, dc: Tensor | None) -> _Inside:
    """The elementwise part of the adjoint of all steps."""
    match cell:
        case Elman(name="rnn_relu"):
            # Selected, not multiplied, as autograd does: 0 · inf would be NaN.
            da = torch.where(factors[0] > 0, dh, 0.0)
            return _Inside(da, da, None, None)
        case Elman():
            da = dh * factors[0]
            return _Inside(da, da, None, None)
        case Gru():
            rows = dh.unsqueeze(-2) * factors[0]
            recurrent, projected = rows[..., :3, :], rows[..., [0, 1, 4], :]
            return _Inside(recurrent.flatten(-2), projected.flatten(-2), rows[..., 3, :], None)
        case Lstm():
            assert dc is not None
            rows = dc.unsqueeze(-2) * factors[0]
            out = dh * factors[1][..., 0, :]
            da = torch.cat([rows[..., 1:, :].flatten(-2), out], -1)
            return _Inside(da, da, None, rows[..., 0, :])


def _handed(inside: _Inside, w: Weights) -> tuple[Tensor, Tensor]:
    """What goes back to h_{t-1}, and the size of the terms that it is the sum of."""
    back = inside.recurrent @ w.weight_hh
    scale = inside.recurrent.abs() @ w.weight_hh.abs()
    if inside.carry is not None:
        back, scale = back + inside.carry, scale + inside.carry.abs()
    return back, scale


def _of(inside: _Inside, span: slice) -> _Inside:
    return _Inside(*(None if part is None else part[span] for part in vars(inside).values()))  # type: ignore[arg-type]


def _column(flags: list[bool], like: Tensor) -> Tensor:
    return torch.tensor(flags, dtype=torch.bool, device=like.device).view(-1, 1, 1)
