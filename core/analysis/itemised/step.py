"""One layer and direction, backwards, for the gradients of many losses at once.

The adjoint of a step is linear, and the same for every loss. Its elementwise factors are therefore
multiplied into the weights once per step, and each loss then costs one product with an H x H
matrix (LSTM: 2H x H), a half or a third of what G·H rows of pre-activations would. With the
letters of `core.capture.cells`, `K_g` the diagonal matrix of what gate g's row is multiplied by:

    Elman   dh_{s-1} = dh_s K W_hh
    GRU     dh_{s-1} = dh_s (K_z' + K_r W_hr + K_z W_hz + K_m W_hn)
    LSTM    dh_{s-1} = dc_s (K_i W_hi + K_f W_hf + K_g W_hg) + dh_s K_o W_ho
            dc_{s-1} = dc_s f_s + dh_{s-1} ⊙ o_{s-1}(1 - tanh²c_{s-1})

The input's gradient is the same with W_ih (GRU: dn in place of dm). The rows of every loss carry
an exponent (`reach_rows`).
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.itemised.rows import (
    NEVER,
    Array,
    Exponents,
    Statuses,
    add_rows,
    in_range,
    log2_norms,
    plain_norms,
    rescale,
)
from core.analysis.norms import Status
from core.capture import Recurrence
from core.capture.cells import Elman, Gru, Lstm, States


def one_sequence(states: States, sequence: int, steps: int) -> States:
    """The first steps of one sequence of the batch, with a batch axis of 1."""

    def cut(values: Tensor) -> Tensor:
        return values[:steps, sequence : sequence + 1]

    optional = (states.cell_prev, states.cell_state, states.gates, states.recurrent_new)
    return States(
        cut(states.input),
        cut(states.hidden_prev),
        cut(states.hidden),
        *(None if values is None else cut(values) for values in optional),
    )


class Backward:
    """The gradients of n losses on their way back through one layer and direction.

    Rows are losses. Call for each step, last read first: `arrive`, `measure`, `to_input`, `leave`.

    Attributes:
        exponents: of each row, (n,).
        faded: rows that lost digits below the number format's range, (n,).
    """

    def __init__(
        self,
        recurrence: Recurrence,
        sequence: int,
        steps: int,
        weight_in: Float[Tensor, "rows columns"],
        losses: int,
    ) -> None:
        """Start with gradients of 0; `weight_in` is W_ih or what stands for it."""
        weight = recurrence.weights.weight_hh
        size = weight.shape[1]
        self._size, self._blocks = size, weight.shape[0] // size
        self._hh = weight.unflatten(0, (self._blocks, size))
        self._ih = weight_in.unflatten(0, (self._blocks, size))
        self._split = self._blocks
        self._fill_factors(recurrence, one_sequence(recurrence.states, sequence, steps))
        width = 2 * size if self._into_cell is not None else size
        self._mixed_hh = weight.new_empty(width, size)
        self._mixed_ih = weight.new_empty(width, weight_in.shape[1])
        self._rows = weight.new_zeros(losses, width)
        self._spare = weight.new_zeros(losses, width)
        self.exponents: Exponents = np.full(losses, NEVER)
        self.faded = np.zeros(losses, bool)

    def arrive(
        self, active: slice, gradient: Float[Tensor, "row unit"], exponents: Exponents
    ) -> None:
        """Add what reaches this step's h from outside the recurrence."""
        at = slice(self._rows.shape[1] - self._size, None)
        add_rows(self._rows[active], self.exponents[active], at, gradient, exponents)

    def measure(self, step: int, active: slice) -> tuple[Array, Statuses | None]:
        """Log2 of the norm of each row's total dL/dh at this step, and what it is."""
        rows = self._rows[active]
        dh = rows[:, rows.shape[1] - self._size :]
        if self._into_cell is not None:
            rows[:, : self._size].addcmul_(dh, self._into_cell[step])
        norms = plain_norms(dh)
        if in_range(norms, rows.dtype):
            log2, status = log2_norms(dh, norms)
        else:
            self.faded[active] |= rescale(rows, self.exponents[active])
            log2, status = log2_norms(dh)
        return self.marked(active, log2 + self.exponents[active], status)

    def marked(
        self, active: slice, log2: Array, status: Statuses | None
    ) -> tuple[Array, Statuses | None]:
        """The same with every row that ever lost digits as UNDERFLOW."""
        faded = self.faded[active]
        if not faded.any():
            return log2, status
        status = np.zeros(len(log2), np.uint8) if status is None else status
        status[faded & (status != Status.NON_FINITE)] = Status.UNDERFLOW
        return log2, status

    def to_input(self, step: int, active: slice, out: Float[Tensor, "loss columns"]) -> Tensor:
        """DL/dx of this step (times what `weight_in` stands for), exponents apart."""
        self._mix(self._ih, self._k_ih[step], self._mixed_ih)
        return torch.mm(self._rows[active], self._mixed_ih, out=out[active])

    def leave(self, step: int, active: slice) -> None:
        """Go to the step that was read before."""
        mixed, size = self._mixed_hh, self._size
        self._mix(self._hh, self._k_hh[step], mixed)
        if self._diagonal is not None:
            mixed.diagonal().add_(self._diagonal[step])
        rows, after = self._rows[active], self._spare[active]
        torch.mm(rows, mixed, out=after[:, after.shape[1] - size :])
        if self._into_cell is not None:
            torch.mul(rows[:, :size], self._cell_kept[step], out=after[:, :size])
        self._rows, self._spare = self._spare, self._rows

    def _fill_factors(self, recurrence: Recurrence, states: States) -> None:
        """What each gate's rows of the weights are multiplied by: (T, G, H, 1)."""
        self._diagonal: Tensor | None = None
        self._into_cell: Tensor | None = None
        match recurrence.cell:
            case Elman() as cell:
                self._k_hh = self._k_ih = cell.factors(states).unsqueeze(-1)
            case Gru() as cell:
                k = cell.factors(states)[:, 0]
                self._diagonal = k[:, 3]
                self._k_hh = k[:, :3].unsqueeze(-1)
                self._k_ih = k[:, [0, 1, 4]].unsqueeze(-1)
            case Lstm() as cell:
                of_cell, of_hidden = (factors[:, 0] for factors in cell.factors(states))
                self._cell_kept, self._into_cell = of_cell[:, 0], of_hidden[:, 1]
                k = torch.cat([of_cell[:, 1:], of_hidden[:, :1]], 1)
                self._k_hh = self._k_ih = k.unsqueeze(-1)
                self._split = 3

    def _mix(self, weight: Tensor, factors: Tensor, out: Tensor) -> None:
        """The sum over gates of K_g W_g; the LSTM's first three meet dc, its last one dh."""
        for gates in (range(self._split), range(self._split, self._blocks)):
            part = out[: self._size] if gates.start == 0 else out[self._size :]
            for gate in gates:
                if gate == gates.start:
                    torch.mul(weight[gate], factors[gate], out=part)
                else:
                    part.addcmul_(weight[gate], factors[gate])
