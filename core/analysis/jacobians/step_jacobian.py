"""The Jacobian of one step of a recurrent layer, ds_t/ds_{t-1}, and products with it.

The state s is h for a plain RNN and a GRU, and (h, c), in this order, for an LSTM. With the letters
of `core.capture.cells`, k_· being the elementwise factors that its `factors` gives:

    RNN   dh_t/dh_{t-1} = diag(φ') W_hh
    GRU   dh_t/dh_{t-1} = diag(z) + diag(k_r) W_hr + diag(k_z) W_hz + diag(k_m) W_hn
    LSTM  A = diag(k_i) W_hi + diag(k_f) W_hf + diag(k_g) W_hg
          dc_t/dh_{t-1} = A                               dc_t/dc_{t-1} = diag(f)
          dh_t/dh_{t-1} = diag(k_o) W_ho + diag(k_c) A    dh_t/dc_{t-1} = diag(k_c f)

Everything is computed in float64 from the states as captured; steps are in reading order.
"""

from dataclasses import fields, replace

import numpy as np
from jaxtyping import Float64
from torch import Tensor

from core.capture import LayerTrace
from core.capture.cells import Elman, Gru, Lstm, States
from core.errors import CoreError

Matrix = Float64[np.ndarray, "row column"]


class StepJacobians:
    """ds_t/ds_{t-1} for every step that one sequence of a trace reads.

    Attributes:
        size: number of units H.
        width: entries of the state: H, for an LSTM 2H.
        weights: the blocks of W_hh, (G, H, H), in PyTorch's order.
        factors: what multiplies their rows, (T, G, H): φ'; k_r, k_z, k_m; k_i, k_f, k_g, k_o.
        carry: what the state keeps of itself, (T, H): the GRU's z, the LSTM's f; None for an RNN.
        through_cell: the LSTM's dh_t/dc_t, k_c, (T, H); None for other cells.
        saturated: whether a gate or tanh of this unit rounded to its asymptote, (T, H): a
            derivative of 0 is then rounding.
    """

    def __init__(self, trace: LayerTrace, batch: int = 0) -> None:
        """Prepare one sequence.

        Raises:
            CoreError: if there is no such sequence.
        """
        recurrence = trace.recurrence()
        total = recurrence.states.hidden.shape[1]
        if not 0 <= batch < total:
            raise CoreError(f"`batch` (={batch}) must be from 0 to {total - 1}.")
        steps = len(recurrence.states.hidden)
        self._length = steps if trace.lengths is None else int(trace.lengths[batch])
        self._reverse = trace.reverse
        states = _one(recurrence.states, batch, self._length)
        self.size = states.hidden.shape[-1]
        self.weights = _array(recurrence.weights.weight_hh).reshape(-1, self.size, self.size)
        self.carry = self.through_cell = None
        match recurrence.cell:
            case Elman(name=name) as cell:
                self.factors = _array(cell.factors(states))
                self.saturated = _array(states.hidden.abs() == 1)[:, 0] & (name == "rnn_tanh")
            case Gru() as cell:
                rows = _array(cell.factors(states))[:, 0]
                self.factors, self.carry = rows[:, :3], rows[:, 3]
                self.saturated = _saturated(states)
            case Lstm() as cell:
                of_cell, of_hidden = (_array(rows)[:, 0] for rows in cell.factors(states))
                self.factors = np.concatenate([of_cell[:, 1:], of_hidden[:, :1]], 1)
                self.carry, self.through_cell = of_cell[:, 0], of_hidden[:, 1]
                self.saturated = _saturated(states)
        self.width = self.size * (1 if self.through_cell is None else 2)

    def __len__(self) -> int:
        return self._length

    def step(self, position: int, name: str) -> int:
        """The reading step of a position in the text.

        Raises:
            CoreError: if the sequence has no such position.
        """
        if not 0 <= position < self._length:
            raise CoreError(f"`{name}` (={position}) must be from 0 to {self._length - 1}.")
        return self._length - 1 - position if self._reverse else position

    def position(self, step: int) -> int:
        """The position in the text of a reading step."""
        return self._length - 1 - step if self._reverse else step

    def matrix(self, step: int) -> Matrix:
        """The Jacobian as a matrix, (width, width)."""
        return self.left(step, np.eye(self.width))

    def left(self, step: int, vectors: Matrix) -> Matrix:
        """ds_t/ds_{t-1} times columns."""
        if self.through_cell is None:
            return self._dense(step) @ vectors
        assert self.carry is not None
        h, c = vectors[: self.size], vectors[self.size :]
        new_c = self._mixed(step, 3) @ h + self.carry[step][:, None] * c
        out = self.factors[step, 3][:, None] * (self.weights[3] @ h)
        return np.concatenate([out + self.through_cell[step][:, None] * new_c, new_c])

    def right(self, rows: Matrix, step: int) -> Matrix:
        """Rows times ds_t/ds_{t-1}: one step of backpropagation for each row."""
        if self.through_cell is None:
            return rows @ self._dense(step)
        assert self.carry is not None
        size, out = self.size, np.empty_like(rows)
        joint = np.empty_like(rows)
        np.multiply(rows[:, :size], self.through_cell[step], out=joint[:, :size])
        joint[:, :size] += rows[:, size:]
        np.multiply(rows[:, :size], self.factors[step, 3], out=joint[:, size:])
        blocks = np.concatenate([self._mixed(step, 3), self.weights[3]])
        np.matmul(joint, blocks, out=out[:, :size])
        np.multiply(joint[:, :size], self.carry[step], out=out[:, size:])
        return out

    def pattern(self, step: int) -> np.ndarray:
        """Where the Jacobian is not 0 in exact arithmetic, as far as the rounded states tell."""
        alive = (self.factors[step] != 0) | self.saturated[step]
        mixed = alive[:, :, None] & (self.weights != 0)
        keep = np.eye(self.size, dtype=bool)
        if self.through_cell is None:
            return mixed.any(0) | (keep if self.carry is not None else False)
        into_cell = mixed[:3].any(0)
        return np.block([[mixed[3] | into_cell, keep], [into_cell, keep]])

    def _dense(self, step: int) -> Matrix:
        matrix = self._mixed(step, len(self.weights))
        if self.carry is not None:
            matrix.flat[:: self.size + 1] += self.carry[step]
        return matrix

    def _mixed(self, step: int, blocks: int) -> Matrix:
        """The sum of the first blocks of W_hh, their rows times their factors."""
        total = self.factors[step, 0][:, None] * self.weights[0]
        for block in range(1, blocks):
            total += self.factors[step, block][:, None] * self.weights[block]
        return total


def _one(states: States, batch: int, length: int) -> States:
    """One sequence of the batch without its padding, in float64."""
    cut = {
        field.name: value[:length, batch : batch + 1].double()
        for field in fields(states)
        if (value := getattr(states, field.name)) is not None
    }
    return replace(states, **cut)


def _array(values: Tensor) -> np.ndarray:
    return (values.double() if values.is_floating_point() else values).cpu().numpy()


def _saturated(states: States) -> np.ndarray:
    assert states.gates is not None
    at_end = ((states.gates == 0) | (states.gates.abs() == 1)).any(2)
    if states.cell_state is not None:
        at_end |= states.cell_state.tanh().abs() == 1
    return at_end[:, 0].cpu().numpy()
