"""What one unit's pre-activations add up at every step: input, the largest of the states, bias."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.capture import LayerTrace
from core.errors import CoreError

LARGEST = 3
"""how many terms w_j h_{t-1,j} stand by themselves"""


@dataclass(frozen=True, eq=False)
class UnitTerms:
    """One unit's own rows of the cell's equations over T steps, G gates, K of H terms kept.

        a_t = from_input_t + bias_input + factor_t (Σ_j w_j h_{t-1,j} + bias_state)

    `factor` is 1 but for the GRU's new gate, where it is r_t. The sum over j is the sum of
    `largest_term` and `rest`. Entry t belongs to position t of the text, in a reverse direction
    too, where h_{t-1} is h_{t+1}. All in float64.

    Attributes:
        unit: which, from 0.
        gates: their names, in PyTorch's order; ("hidden",) for a plain RNN.
        weights: w_j, the unit's rows of W_hh, (G, H).
        from_input: the unit's rows of W_ih x_t, (T, G).
        bias_input: b_ih, (G,); 0 without biases.
        bias_state: b_hh, (G,); 0 without biases.
        factor: what the recurrent sum is multiplied by, (T, G).
        largest: j of the terms of largest size, the largest first, (T, G, K).
        largest_term: w_j h_{t-1,j} of these, (T, G, K).
        rest: the sum of all other terms, (T, G).
        pre_activation: a_t, by one product over all j, (T, G).
        activation: σ, tanh or ReLU of a_t: the gate (the RNN's h_t), (T, G).
    """

    unit: int
    gates: tuple[str, ...]
    weights: Float[Tensor, "gate unit"]
    from_input: Float[Tensor, "time gate"]
    bias_input: Float[Tensor, " gate"]
    bias_state: Float[Tensor, " gate"]
    factor: Float[Tensor, "time gate"]
    largest: Int[Tensor, "time gate kept"]
    largest_term: Float[Tensor, "time gate kept"]
    rest: Float[Tensor, "time gate"]
    pre_activation: Float[Tensor, "time gate"]
    activation: Float[Tensor, "time gate"]


def unit_terms(
    trace: LayerTrace, unit: int, *, sequence: int = 0, largest: int = LARGEST
) -> UnitTerms:
    """Take one unit's pre-activations apart.

    Args:
        trace: of any cell.
        unit: from 0 to H - 1.
        sequence: which of the batch, from 0.
        largest: K, how many terms stand by themselves, at least 1; all H if there are fewer.

    Raises:
        CoreError: there is no such unit or sequence, or `largest` is below 1.
    """
    hidden = trace.hidden
    _within("unit", unit, hidden.shape[2])
    _within("sequence", sequence, hidden.shape[1])
    if largest < 1:
        raise CoreError(f"`largest` (={largest}) must be at least 1.")
    lengths = trace.lengths
    steps = len(hidden) if lengths is None else int(lengths[sequence])
    size, gates = hidden.shape[2], tuple(trace.gates) or ("hidden",)
    rows = torch.arange(unit, len(gates) * size, size)
    weights, bias_input, bias_state = _rows(trace, rows)
    before = trace.hidden_before[:steps, sequence].double()
    from_input = trace.input[:steps, sequence].double() @ trace.weight_ih[rows].double().T
    terms = before.unsqueeze(1) * weights
    kept = terms.abs().topk(min(largest, size), -1).indices
    factor = torch.ones_like(from_input)
    if trace.cell == "gru":
        factor[:, 2] = trace.gates["reset"][:steps, sequence, unit].double()
    pre_activation = from_input + bias_input + factor * (before @ weights.T + bias_state)
    return UnitTerms(
        unit=unit,
        gates=gates,
        weights=weights,
        from_input=from_input,
        bias_input=bias_input,
        bias_state=bias_state,
        factor=factor,
        largest=kept,
        largest_term=terms.gather(-1, kept),
        rest=terms.scatter(-1, kept, 0.0).sum(-1),
        pre_activation=pre_activation,
        activation=_activated(trace.cell, pre_activation),
    )


def _rows(trace: LayerTrace, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The unit's rows of W_hh, b_ih and b_hh, zeros where there is no bias."""
    parameters = trace.recurrence().weights
    none = torch.zeros(len(rows), dtype=torch.float64)
    bias_input, bias_state = (
        none if bias is None else bias[rows].double()
        for bias in (parameters.bias_ih, parameters.bias_hh)
    )
    return parameters.weight_hh[rows].double(), bias_input, bias_state


def _activated(cell: str, pre_activation: Tensor) -> Tensor:
    if cell == "rnn_relu":
        return pre_activation.relu()
    if cell == "rnn_tanh":
        return pre_activation.tanh()
    squashed = pre_activation.sigmoid()
    candidate = 2  # the new gate of a GRU, the cell gate of an LSTM: third in PyTorch's order
    squashed[:, candidate] = pre_activation[:, candidate].tanh()
    return squashed


def _within(name: str, value: int, size: int) -> None:
    if not 0 <= value < size:
        raise CoreError(f"`{name}` (={value}) must be from 0 to {size - 1}.")
