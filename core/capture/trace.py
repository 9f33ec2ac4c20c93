"""LayerTrace: everything that happened in one layer and direction."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.capture.calls import RecurrentCall
from core.capture.cells import Lstm, States
from core.capture.modules import Place, undisturbed
from core.capture.recursion import Adjoint
from core.capture.source import Recurrence, Source
from core.capture.stepped import SteppedCell
from core.errors import CaptureError


class LayerTrace:
    """What one layer and direction of a recurrent module did, step by step.

    Tensors are detached and (time, batch, unit), whatever `batch_first` says; a sequence without a
    batch axis has batch 1. Entry t belongs to position t of the sequence, in the reverse direction
    too. Beyond the end of a shorter packed sequence all entries are 0. Numbers are computed when
    first read, from copies made when the module ran, and kept.

    Letters: T time, B batch, D input size, H hidden size, G gate blocks (LSTM 4, GRU 3, RNN 1).
    An LSTM with `proj_size` P has hidden states of P entries, (T, B, P) and (B, P), wherever a
    hidden state or its gradient is meant; cell states, gates and their gradients keep H.

    Attributes:
        name: the module's name and PyTorch's suffix: "encoder.rnn.l0", "lstm.l1_reverse".
        cell: "rnn_tanh", "rnn_relu", "gru" or "lstm".
        layer: number of the layer in its module, 0 the lowest.
        reverse: whether it reads from the end.
        stepped: whether it is a cell called step by step, its calls being the time steps.
    """

    def __init__(self, name: str, source: Source, place: Place, link: str = "other") -> None:
        """`link` says how the call was handed its state, see `JoinedCalls`."""
        self.name = name
        self._link = link
        self.stepped = isinstance(source, SteppedCell)
        self.cell = source.cell.name
        self.layer = place.layer
        self.reverse = place.reverse
        self._source, self._place = source, place

    def __repr__(self) -> str:
        return f"LayerTrace({self.name!r}, {self.cell})"

    def give_gradient(self, gradient: Tensor) -> None:
        """Say what dL/d output of this layer's module is, instead of a backward pass.

        For a loss whose gradient at the module's output is known, or cheap to get by itself: every
        gradient of the trace, and of the module's other layers, then follows in closed form, which
        takes a fraction of autograd's time; the model may have run under `torch.no_grad()`. What
        was given or had arrived before is replaced.

        Args:
            gradient: as the module's output: same shape and layout, all directions (packed: of
                its data).

        Raises:
            CaptureError: if the shape is another, or this is a cell called step by step.
        """
        if not isinstance(self._source, RecurrentCall):
            raise CaptureError(
                f"`{self.name}` is a cell called step by step or several calls joined, whose "
                "outputs are many tensors: "
                "call `loss.backward()` instead."
            )
        self._source.give_gradient(gradient)

    @property
    def lengths(self) -> Int[Tensor, " batch"] | None:
        """The length of each sequence if the input was packed, else None."""
        return self._source.layout.lengths

    @property
    def weight_ih(self) -> Float[Tensor, "rows input"]:
        """A copy of W_ih as it was when the layer (a cell: its first step) ran."""
        return self._source.weights(self._place).weight_ih.clone()

    @property
    def weight_hh(self) -> Float[Tensor, "rows unit"]:
        """A copy of W_hh as it was when the layer (a cell: its first step) ran."""
        return self._source.weights(self._place).weight_hh.clone()

    @property
    def weight_hr(self) -> Float[Tensor, "projected cell"] | None:
        """A copy of W_hr, (P, H), of an LSTM that projects its hidden state; else None."""
        projection = self._source.weights(self._place).weight_hr
        return None if projection is None else projection.clone()

    @property
    def bias(self) -> Float[Tensor, " rows"] | None:
        """b_ih + b_hh as they were when the layer (a cell: its first step) ran, None without."""
        weights = self._source.weights(self._place)
        if weights.bias_ih is None or weights.bias_hh is None:
            return None
        return weights.bias_ih + weights.bias_hh

    @property
    def dropout_mask(self) -> Float[Tensor, "time batch unit"] | None:
        """What dropout multiplied h_t by on its way to the layer above: 0 or 1 / (1 - p).

        None where nothing was dropped. The layer above reads the product as its `input`.
        """
        mask = self._source.mask(self._place)
        return None if mask is None else mask.clone()

    @property
    def input(self) -> Float[Tensor, "time batch input"]:
        """x_t, what this layer read: (T, B, D)."""
        return self._text(self._states.input)

    @property
    def hidden(self) -> Float[Tensor, "time batch unit"]:
        """h_t: (T, B, H)."""
        return self._text(self._states.hidden)

    @property
    def hidden_before(self) -> Float[Tensor, "time batch unit"]:
        """The hidden state that step t started from, h_{t-1} (h_{t+1} in reverse): (T, B, H)."""
        return self._text(self._states.hidden_prev)

    @property
    def initial_hidden(self) -> Float[Tensor, "batch unit"]:
        """The hidden state before the first step this direction reads: (B, H)."""
        return self._source.initial(self._place)[0].clone()

    @property
    def initial_cell(self) -> Float[Tensor, "batch cell"] | None:
        """The LSTM's cell state before the first step read, (B, H); None for other cells."""
        cell = self._source.initial(self._place)[1]
        return None if cell is None else cell.clone()

    @property
    def cell_state(self) -> Float[Tensor, "time batch cell"] | None:
        """c_t of an LSTM, (T, B, H); None for other cells."""
        c = self._states.cell_state
        return None if c is None else self._text(c)

    @property
    def gates(self) -> dict[str, Float[Tensor, "time batch cell"]]:
        """The activated gates, each (T, B, H), under PyTorch's names and in its order.

        LSTM: input, forget, cell, output. GRU: reset, update, new. RNN: empty.
        """
        stacked = self._states.gates
        if stacked is None:
            return {}
        return {
            name: self._text(gate)
            for name, gate in zip(self._source.cell.gate_names, stacked.unbind(2), strict=True)
        }

    @property
    def grad_hidden(self) -> Float[Tensor, "time batch unit"]:
        """The total dL/dh_t, through its own output and through every later step: (T, B, H)."""
        return self._text(self._adjoint.grad_hidden)

    @property
    def grad_hidden_direct(self) -> Float[Tensor, "time batch unit"]:
        """The part of dL/dh_t through step t's own output (or the layer above): (T, B, H).

        What reaches the last step through the module's final state is in the total only. For a
        cell called step by step it is what reaches h_t in any way but as the next call's state,
        and is found as a difference: it is exact to the rounding of the total, and a part smaller
        than that rounding reads as 0.
        """
        return self._source.direct(self._place).clone()

    @property
    def grad_cell_state(self) -> Float[Tensor, "time batch cell"] | None:
        """The total dL/dc_t of an LSTM, (T, B, H); None for other cells."""
        total = self._adjoint.grad_cell_state
        return None if total is None else self._text(total)

    @property
    def grad_pre_activation(self) -> Float[Tensor, "time batch rows"]:
        """dL/d(W_hh h_{t-1} + b_hh), rows in PyTorch's gate order: (T, B, G·H).

        For the GRU's new gate that is the sum inside the reset gate's product.
        """
        return self._text(self._adjoint.grad_recurrent)

    @property
    def grad_initial_hidden(self) -> Float[Tensor, "batch unit"]:
        """dL/dh_0: (B, H)."""
        return self._adjoint.grad_initial_hidden.clone()

    @property
    def grad_initial_cell(self) -> Float[Tensor, "batch cell"] | None:
        """dL/dc_0 of an LSTM, (B, H); None for other cells."""
        cell = self._adjoint.grad_initial_cell
        return None if cell is None else cell.clone()

    @property
    def grad_input(self) -> Float[Tensor, "time batch input"]:
        """dL/dx_t through this layer: (T, B, D).

        Both directions of a bidirectional layer read the same x_t, and both traces give the same
        total; `grad_input_own` is each direction's part.
        """
        return self._source.grad_input(self._place)

    @property
    def grad_input_own(self) -> Float[Tensor, "time batch input"]:
        """The part of dL/dx_t that flows through this direction: (T, B, D)."""
        return self._text(self._source.grad_input_own(self._place))

    @property
    def grad_weight_ih(self) -> Float[Tensor, "rows input"]:
        """dL/dW_ih, this call's share of what autograd adds to the parameter's `.grad`."""
        return _outer(self._adjoint.grad_projected, self._states.input)

    @property
    def grad_weight_hh(self) -> Float[Tensor, "rows unit"]:
        """dL/dW_hh, this call's share of what autograd adds to the parameter's `.grad`."""
        return _outer(self._adjoint.grad_recurrent, self._states.hidden_prev)

    @property
    def grad_weight_hr(self) -> Float[Tensor, "projected cell"] | None:
        """dL/dW_hr of an LSTM that projects its hidden state, (P, H); None for all others."""
        cell = self._source.cell
        if self._source.weights(self._place).weight_hr is None or not isinstance(cell, Lstm):
            return None
        with undisturbed(self._states.hidden):
            unprojected = cell.unprojected(self._states)
        return _outer(self._adjoint.grad_hidden, unprojected)

    @property
    def grad_bias_ih(self) -> Float[Tensor, " rows"] | None:
        """dL/db_ih; None where the module has no biases."""
        has_bias = self._source.weights(self._place).bias_ih is not None
        return self._adjoint.grad_projected.sum((0, 1)) if has_bias else None

    @property
    def grad_bias_hh(self) -> Float[Tensor, " rows"] | None:
        """dL/db_hh; None where the module has no biases."""
        has_bias = self._source.weights(self._place).bias_hh is not None
        return self._adjoint.grad_recurrent.sum((0, 1)) if has_bias else None

    def recurrence(self) -> Recurrence:
        """The equations with what went through them, in reading order.

        Raises:
            CaptureError: if the module projects its hidden state, or a step did not start from
                the state before as it was, so that more than the cell lies between the two.
        """
        states = self._states
        weights = self._source.weights(self._place).to(states.hidden.dtype)
        if weights.weight_hr is not None:
            raise CaptureError(
                f"`{self.name}` projects its hidden state (`proj_size`), which this analysis does "
                "not do: states, gates, gradients, their norms and the verdict are there."
            )
        if not isinstance(self._source, RecurrentCall) and not torch.allclose(
            states.hidden_prev[1:], states.hidden[:-1], rtol=1e-4, atol=1e-6, equal_nan=True
        ):
            raise CaptureError(
                f"`{self.name}` was given states that had been changed between its calls (a mask, "
                "a norm, dropout), and this analysis knows the cell alone: states, gates, "
                "gradients, their norms and the verdict are there."
            )
        return Recurrence(self._source.cell, states, weights)

    @property
    def _states(self) -> States:
        return self._source.forward(self._place)

    @property
    def _adjoint(self) -> Adjoint:
        return self._source.backward(self._place)

    def _text(self, values: Tensor) -> Tensor:
        """Reading order to text order, with zeros beyond each sequence's end."""
        layout = self._source.layout
        # A copy: what a reader does to it must not reach what is computed from it later.
        return layout.mask(layout.read(values, self._place.reverse)).clone()


def _outer(rows: Tensor, columns: Tensor) -> Tensor:
    with undisturbed(rows):
        return rows.flatten(0, 1).T @ columns.flatten(0, 1)
