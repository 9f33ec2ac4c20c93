"""One layer's backward pass in single steps, for many losses or many cuts at once.

`core.capture.recursion` runs one adjoint from the last step to the first. What is asked here is
many: every loss by itself (`lags`), the same losses under many patterns of cuts (`truncation`).
They run side by side as rows of one matrix product a step.

Letters: T time, B batch, H hidden size, G gate blocks. Steps are in reading order: step 0 is the
step this direction reads first.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.capture import LayerTrace
from core.capture.cells import Cell, Elman, Gru, Lstm
from core.capture.layout import Layout
from core.capture.modules import undisturbed
from core.errors import CaptureError


@dataclass(frozen=True, eq=False)
class Backward:
    """One layer's backward pass, cut into single steps that run on any number of rows at once.

    The equations are those of the cell classes in `core.capture.cells`.

    Attributes:
        cell: the equations.
        weight_hh: W_hh, (G·H, H).
        hidden_before: h_{t-1}, (T, B, H).
        hidden_factors: what dh_t is multiplied by, (T, B, ·, H).
        cell_factors: what dc_t is multiplied by, (T, B, 4, H), of an LSTM; else None.
        arriving: the gradient that reaches h_t from outside the recurrence, (T, B, H).
        arriving_cell: the same for c_t of an LSTM, else None.
    """

    cell: Cell
    weight_hh: Float[Tensor, "rows unit"]
    hidden_before: Float[Tensor, "time batch unit"]
    hidden_factors: Tensor
    cell_factors: Tensor | None
    arriving: Float[Tensor, "time batch unit"]
    arriving_cell: Float[Tensor, "time batch unit"] | None

    @classmethod
    def of(cls, trace: LayerTrace) -> "Backward":
        """Take a trace apart; what arrives at the final state counts at the last step.

        Raises:
            CaptureError: if no backward pass ran, or the trace is of a cell called step by step
                whose gradient was cut on the way (a detached state).
        """
        with undisturbed(trace.grad_hidden):
            return cls._taken(trace)

    @classmethod
    def _taken(cls, trace: LayerTrace) -> "Backward":
        recurrence = trace.recurrence()
        states, w = recurrence.states, recurrence.weights.weight_hh
        layout = Layout(True, False, None, trace.lengths)
        arriving = layout.read(trace.grad_hidden_direct, trace.reverse).contiguous()
        whole = layout.read(trace.grad_hidden, trace.reverse)
        steps, batch = arriving.shape[:2]
        last = torch.full((batch,), steps - 1) if trace.lengths is None else trace.lengths - 1
        at_last = (last, torch.arange(batch))
        # Nothing is handed to the last step, so its total is all that arrives there.
        arriving[at_last] = whole[at_last]
        factors, arriving_cell, from_next = recurrence.cell.factors(states), None, None
        if isinstance(factors, tuple):
            of_cell, of_hidden = factors
            whole_cell = trace.grad_cell_state
            assert whole_cell is not None
            from_next = layout.read(whole_cell, trace.reverse) - whole * of_hidden[:, :, 1]
            arriving_cell = torch.zeros_like(arriving)
            arriving_cell[at_last] = from_next[at_last]
        else:
            of_cell, of_hidden = None, factors if factors.ndim == 4 else factors.unsqueeze(2)
        before = states.hidden_prev
        own = cls(recurrence.cell, w, before, of_hidden, of_cell, arriving, arriving_cell)
        own._require_chain(trace.name, whole, from_next)
        return own

    def _require_chain(self, name: str, whole: Tensor, from_next: Tensor | None) -> None:
        """Refuse a trace whose gradient does not go from each step to the one before."""
        _, handed, handed_cell = self.step(slice(None), whole, from_next)
        pairs = [(whole[:-1] - self.arriving[:-1], handed[1:])]
        if from_next is not None and handed_cell is not None and self.arriving_cell is not None:
            pairs.append((from_next[:-1] - self.arriving_cell[:-1], handed_cell[1:]))
        slack = torch.finfo(whole.dtype).eps ** 0.5 * float(whole.abs().max())
        if any(bool(((found - due).abs() > slack).any()) for found, due in pairs):
            raise CaptureError(
                f"`trace` (={name!r}) does not hand its gradient from each step to the one before: "
                "the state was detached or changed between two calls of a cell, or its weights "
                "were. Capture a run whose steps are linked."
            )

    @property
    def steps(self) -> int:
        """T."""
        return len(self.arriving)

    @property
    def first_source(self) -> int:
        """The first step at which any gradient arrives; T where none does."""
        there = (self.arriving != 0).flatten(1).any(1)
        if self.arriving_cell is not None:
            there |= (self.arriving_cell != 0).flatten(1).any(1)
        found = there.nonzero()
        return int(found[0]) if len(found) else self.steps

    def step(
        self, at: slice, dh: Tensor, dc: Tensor | None
    ) -> tuple[Float[Tensor, "row batch rows"], Tensor, Tensor | None]:
        """Hand gradients one step back.

        Args:
            at: the steps at which the rows stand: one for each row, or a single one for all.
            dh: dL/dh there, (rows, B, H).
            dc: what was handed to c there, (rows, B, H), of an LSTM; else None.

        Returns:
            dL/da, (rows, B, G·H), and what is handed to h and c of the step before.
        """
        k, w = self.hidden_factors[at], self.weight_hh
        match self.cell:
            case Elman():
                # As autograd has it: ReLU selects, where a product would give 0 · inf.
                linear = self.cell.name == "rnn_relu"
                slope = k[:, :, 0]
                da = torch.where(slope > 0, dh, 0.0) if linear else dh * slope
                return da, _times(da, w), None
            case Gru():
                rows = dh.unsqueeze(2) * k
                da = rows[:, :, :3].flatten(2)
                return da, _times(da, w).add_(rows[:, :, 3]), None
            case Lstm():
                assert self.cell_factors is not None and dc is not None
                total = torch.addcmul(dc, dh, k[:, :, 1])
                rows = torch.empty(*dh.shape[:2], 5, dh.shape[2], dtype=dh.dtype, device=dh.device)
                torch.mul(total.unsqueeze(2), self.cell_factors[at], out=rows[:, :, :4])
                torch.mul(dh, k[:, :, 0], out=rows[:, :, 4])
                da = rows[:, :, 1:].flatten(2)
                return da, _times(da, w), rows[:, :, 0]


def _times(da: Tensor, weight_hh: Tensor) -> Tensor:
    """One product da W_hh: strided rows of three axes would be multiplied one by one."""
    return (da.flatten(0, 1) @ weight_hh).unflatten(0, da.shape[:2])
