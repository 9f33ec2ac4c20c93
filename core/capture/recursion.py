"""The sequential part of backpropagation through time, and nothing else.

Everything elementwise is precomputed for all steps (`cells.*.factors`); what remains per step is
one product with W_hh and two to four small in-place operations, written once for NumPy and torch
(`arithmetic`). Reading order: step 0 is the step this direction reads first.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.capture.arithmetic import arithmetic_for, loop_device
from core.capture.cells import Cell, Elman, Gru, Lstm, States


@dataclass(frozen=True)
class Adjoint:
    """The gradients of one layer and direction, in reading order.

    `grad_recurrent` belongs to the rows of W_hh h_{t-1} + b_hh, `grad_projected` to the rows of
    W_ih x_t + b_ih; they differ in the GRU's new gate only.
    """

    grad_hidden: Float[Tensor, "time batch unit"]
    grad_cell_state: Float[Tensor, "time batch unit"] | None
    grad_recurrent: Float[Tensor, "time batch rows"]
    grad_projected: Float[Tensor, "time batch rows"]
    grad_initial_hidden: Float[Tensor, "batch unit"]
    grad_initial_cell: Float[Tensor, "batch unit"] | None

    def to(self, device: torch.device) -> "Adjoint":
        """The same on another device; itself where it is there already."""
        parts = (getattr(self, field.name) for field in fields(self))
        return Adjoint(*(None if part is None else part.to(device) for part in parts))  # type: ignore[arg-type]


def adjoint(
    cell: Cell,
    states: States,
    weight_hh: Float[Tensor, "rows unit"],
    arriving_hidden: Float[Tensor, "time batch unit"],
    arriving_cell: Float[Tensor, "time batch unit"] | None,
    weight_hr: Float[Tensor, "projected unit"] | None = None,
) -> Adjoint:
    """Run dL/dh_t = arriving_t + (what step t+1 hands back) from the last step to the first.

    Args:
        cell: the equations.
        states: the states and gates of all steps.
        weight_hh: the recurrent weights, in the dtype of the states.
        arriving_hidden: the gradient that reaches each h_t from outside the recurrence.
        arriving_cell: the same for c_t (LSTM, where the final cell state was used), else None.
        weight_hr: of an LSTM that projects its hidden state, else None.

    Returns:
        Every gradient inside the recurrence, total and exact up to rounding.
    """
    home = arriving_hidden.device
    place = loop_device(home, arriving_hidden.shape[1] * weight_hh.numel())
    w, own = weight_hh.to(place), arriving_hidden.to(place)
    at_cell = None if arriving_cell is None else arriving_cell.to(place)
    # Overflow is an answer here (an exploding gradient), so NumPy shall not warn about it.
    with np.errstate(all="ignore"):
        match cell:
            case Elman():
                slope = cell.factors(states).to(place)
                result = _elman(slope, w, own)
                if cell.name == "rnn_relu" and not result.grad_recurrent.isfinite().all():
                    result = _elman_selecting(slope, w, own)
            case Gru():
                result = _gru(cell.factors(states).to(place), w, own)
            case Lstm():
                of_cell, of_hidden = cell.factors(states)
                projection = None if weight_hr is None else weight_hr.to(place)
                result = _lstm(
                    (of_cell.to(place), of_hidden.to(place)), w, own, at_cell, projection
                )
    return result.to(home)


def _elman(slope: Tensor, weight_hh: Tensor, arriving: Tensor) -> Adjoint:
    on = arithmetic_for(arriving)
    dh, da, back = torch.empty_like(arriving), torch.empty_like(slope), torch.zeros_like(slope[0])
    w, handed = on.native(weight_hh), on.native(back)
    add, mul, dot = on.add, on.mul, on.dot
    k, own, dhs, das = (list(on.native(tensor)) for tensor in (slope, arriving, dh, da))
    for t in reversed(range(len(k))):
        add(handed, own[t], out=dhs[t])
        mul(dhs[t], k[t], out=das[t])
        dot(das[t], w, out=handed)
    return Adjoint(dh, None, da, da, back, None)


def _elman_selecting(slope: Tensor, weight_hh: Tensor, arriving: Tensor) -> Adjoint:
    """The same for ReLU once it overflowed: autograd selects, where a product gives 0 · inf."""
    dh, da, back = torch.empty_like(arriving), torch.empty_like(slope), torch.zeros_like(slope[0])
    for t in reversed(range(len(slope))):
        dh[t] = arriving[t] + back
        da[t] = torch.where(slope[t] > 0, dh[t], 0.0)
        back = da[t] @ weight_hh
    return Adjoint(dh, None, da, da, back, None)


def _gru(factors: Tensor, weight_hh: Tensor, arriving: Tensor) -> Adjoint:
    on = arithmetic_for(arriving)
    dh, rows = torch.empty_like(arriving), torch.empty_like(factors)
    back = torch.zeros_like(arriving[0])
    w, handed = on.native(weight_hh), on.native(back)
    add, mul, dot = on.add, on.mul, on.dot
    k, own, out = (list(on.native(tensor)) for tensor in (factors, arriving, rows))
    dhs, wide = list(on.native(dh)), list(on.native(dh.unsqueeze(2)))
    carry, das = list(on.native(rows[:, :, 3])), list(on.native(rows[:, :, :3].flatten(2)))
    for t in reversed(range(len(k))):
        add(handed, own[t], out=dhs[t])
        mul(wide[t], k[t], out=out[t])
        dot(das[t], w, out=handed)
        add(handed, carry[t], out=handed)
    projected = rows[:, :, :3].clone()
    projected[:, :, 2] = rows[:, :, 4]
    return Adjoint(dh, None, rows[:, :, :3].flatten(2), projected.flatten(2), back, None)


def _lstm(
    factors: tuple[Tensor, Tensor],
    weight_hh: Tensor,
    arriving: Tensor,
    cell: Tensor | None,
    projection: Tensor | None,
) -> Adjoint:
    on = arithmetic_for(arriving)
    of_cell, of_hidden = factors
    steps, batch, _, size = of_cell.shape
    # Rows: carried dc, da_i, da_f, da_g, da_o, and the part of dc that comes through h.
    rows = of_cell.new_empty(steps, batch, 6, size)
    dh, dc = torch.empty_like(arriving), of_cell.new_empty(steps, batch, size)
    # What reaches m_t = o_t ⊙ tanh(c_t): dh_t itself, or through the projection.
    dm = dh if projection is None else torch.empty_like(dc)
    back, back_cell = torch.zeros_like(arriving[0]), torch.zeros_like(dc[0])
    w, handed, carry = on.native(weight_hh), on.native(back), on.native(back_cell)
    add, mul, dot = on.add, on.mul, on.dot
    kc, kh, own = (list(on.native(tensor)) for tensor in (of_cell, of_hidden, arriving))
    dhs, dms, dm_wide = (list(on.native(tensor)) for tensor in (dh, dm, dm.unsqueeze(2)))
    w_hr = None if projection is None else on.native(projection)
    dcs, dc_wide = list(on.native(dc)), list(on.native(dc.unsqueeze(2)))
    through_cell, through_hidden = list(on.native(rows[:, :, :4])), list(on.native(rows[:, :, 4:]))
    via_hidden, carried = list(on.native(rows[:, :, 5])), list(on.native(rows[:, :, 0]))
    das = list(on.native(rows[:, :, 1:5].flatten(2)))
    at_cell = None if cell is None else list(on.native(cell))
    for t in reversed(range(steps)):
        add(handed, own[t], out=dhs[t])
        if w_hr is not None:
            dot(dhs[t], w_hr, out=dms[t])
        mul(dm_wide[t], kh[t], out=through_hidden[t])
        add(via_hidden[t], carry, out=dcs[t])
        if at_cell is not None:
            add(dcs[t], at_cell[t], out=dcs[t])
        mul(dc_wide[t], kc[t], out=through_cell[t])
        dot(das[t], w, out=handed)
        carry = carried[t]
    da = rows[:, :, 1:5].flatten(2)
    return Adjoint(dh, dc, da, da, back, rows[0, :, 0])


def least_part(total: Tensor, form: torch.finfo) -> Tensor:
    """The largest part of a delivered total that may be rounding, by the total itself."""
    return rounding(form) * total.abs() + 32 * form.smallest_normal


def rounding(form: torch.finfo) -> float:
    """The share of all terms of a sum that may be rounding, where it was delivered.

    It is taken as 32 units in the last place: what the sums of a few hundred units lose at most in
    practice.
    """
    return 32 * form.eps


def difference(total: Tensor, back: Tensor, scale: Tensor, form: torch.finfo) -> Tensor:
    """The part of a total that was not handed back, exactly 0 within the rounding of the two.

    Args:
        total: the gradient of a state.
        back: the part of it that the next step handed back.
        scale: the size of the terms that `back` is the sum of.
        form: the precision in which the total was delivered.
    """
    apart = total - back
    return torch.where(apart.abs() <= rounding(form) * scale + least_part(total, form), 0.0, apart)
