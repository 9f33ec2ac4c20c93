"""A network reads a text once: everything that is worth seeing of it, as plain arrays.

One forward pass of the model, captured; autograd gives the gradient at the top of the recurrent
layers, and the tape all below it in closed form.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64
from numpy.typing import NDArray
from torch import Tensor

from core.analysis.norms import GradientNorms, stack_norms
from core.analysis.tracing import (
    capture_states,
    highest_states,
    logits_in_parts,
    loss_gradient,
)
from core.analysis.verdict import Verdict, judge
from core.capture import LayerTrace
from core.models import LossAt, SequenceModel

TOP = 5
"""how many next tokens are kept for each step"""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerReading:
    """One layer and direction over T steps, H units.

    Attributes:
        name: as on the tape: "rnn.l0", "rnn.l1_reverse".
        layer: number of the layer, 0 the lowest.
        reverse: whether it reads from the end.
        hidden: h_t, (T, H).
        cell_state: c_t of an LSTM, (T, H), else None.
        gates: the activated gates, (T, H) each, by PyTorch's names.
        gradient: log10 of the norm of the total dL/dh_t, (T,); NaN where `status` is not 0.
        status: a `Status` for each step, (T,).
        share_own: ‖direct‖ / (‖direct‖ + ‖rest‖) of dL/dh_t, direct being what comes through the
            step's own output and rest what other steps hand back, (T,); NaN where both are 0.
        terms: of a plain RNN what its activation adds up, (T, H) each: "from_input",
            W_xh x_t + b, and "from_state", W_hh h_{t-1}; empty for gated cells.
        edges_forward: ‖W_ih x_t‖ and ‖W_hh h_{t-1}‖, (T, 2).
        edges_gradient: ‖W_ihᵀ da_t‖ and ‖W_hhᵀ da_t‖, what crosses the same edges backwards (T, 2).
        verdict: on the gradient of the loss at the last step alone.
    """

    name: str
    layer: int
    reverse: bool
    hidden: Array
    cell_state: Array | None
    gates: dict[str, Array]
    terms: dict[str, Array]
    gradient: Array
    status: NDArray[np.uint8]
    share_own: Array
    edges_forward: Array
    edges_gradient: Array
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Reading:
    """What a network made of T steps of a text with V tokens.

    Attributes:
        layers: every layer and direction in the order data flows.
        loss: in nats, at the steps that `at` names.
        at: "mean" over all steps, "last", or one step, from 0.
        top: indices of the most likely next tokens, best first, (T, K), K = min(5, V).
        top_probability: their probabilities, (T, K).
        truth_probability: the probability given to the token that came next, (T,).
        surprise: -log of that probability, in nats; exact where the probability underflows, (T,).
        truth_rank: its rank, 1 being the best; ties count in its favour, (T,).
        head_forward: ‖W_hq h_t‖, (T,).
        head_gradient: ‖W_hqᵀ dL/do_t‖, (T,).
    """

    layers: tuple[LayerReading, ...]
    loss: float
    at: LossAt
    top: NDArray[np.int32]
    top_probability: Array
    truth_probability: Array
    surprise: Array
    truth_rank: NDArray[np.int32]
    head_forward: Array
    head_gradient: Array


def read(
    model: SequenceModel,
    inputs: Int64[Tensor, " time"],
    targets: Int64[Tensor, " time"],
    at: LossAt = "last",
) -> Reading:
    """Let a model read a text and keep what happened.

    Args:
        model: best in float64, where gradients have 308 decades to vanish in.
        inputs: the indices read, (T,).
        targets: the index that comes next at each step, (T,).
        at: the loss whose gradient is shown. The verdicts are always on the loss at the last step,
            because a loss at every step keeps any curve level.

    Raises:
        CoreError: an index is outside the vocabulary, or shapes differ.
    """
    tape = capture_states(model, inputs)
    states = highest_states(tape)
    _, gradient = loss_gradient(model, states, targets, "last")
    tape.layers[0].give_gradient(gradient)
    verdicts = [judge(norms) for norms in stack_norms(tape.layers)]
    loss, gradient = loss_gradient(model, states, targets, at)
    if at != "last":
        tape.layers[0].give_gradient(gradient)
    guesses = [
        _guesses(logits, targets[part], states[part] @ model.head.weight.detach().T)
        for part, logits in logits_in_parts(model, states)
    ]
    top, top_probability, truth_probability, surprise, truth_rank, head_forward = (
        np.concatenate(parts) for parts in zip(*guesses, strict=True)
    )
    return Reading(
        layers=tuple(map(_layer, tape.layers, stack_norms(tape.layers), verdicts)),
        loss=loss,
        at=at,
        top=top,
        top_probability=top_probability,
        truth_probability=truth_probability,
        surprise=surprise,
        truth_rank=truth_rank,
        head_forward=head_forward,
        head_gradient=_norm(gradient),
    )


def _guesses(logits: Tensor, targets: Tensor, products: Tensor) -> tuple[NDArray[Any], ...]:
    """Of some steps: the best tokens, their probabilities, the truth's, its rank, ‖W_hq h_t‖."""
    log_probability = logits.double().log_softmax(-1)
    probability = log_probability.exp()
    best = probability.topk(min(TOP, probability.shape[1]))
    truth = probability.gather(1, targets.unsqueeze(1))
    return (
        best.indices.int().numpy(),
        best.values.numpy(),
        truth[:, 0].numpy(),
        -log_probability.gather(1, targets.unsqueeze(1))[:, 0].numpy(),
        ((probability > truth).sum(1) + 1).int().numpy(),
        _norm(products),
    )


def _layer(trace: LayerTrace, norms: GradientNorms, verdict: Verdict) -> LayerReading:
    own = trace.grad_hidden_direct
    direct, rest = _norm(own), _norm(trace.grad_hidden - own)
    with np.errstate(all="ignore"):
        share_own = direct / (direct + rest)
    handed = trace.grad_pre_activation @ trace.weight_hh
    forward = (trace.input @ trace.weight_ih.T, trace.hidden_before @ trace.weight_hh.T)
    bias = 0 if trace.bias is None else trace.bias
    plain = {} if trace.gates else {"from_input": forward[0] + bias, "from_state": forward[1]}
    return LayerReading(
        name=trace.name,
        layer=trace.layer,
        reverse=trace.reverse,
        hidden=_plain(trace.hidden),
        cell_state=None if trace.cell_state is None else _plain(trace.cell_state),
        gates={name: _plain(gate) for name, gate in trace.gates.items()},
        terms={name: _plain(term) for name, term in plain.items()},
        gradient=norms.log10[:, 0].numpy(),
        status=norms.status[:, 0].to(torch.uint8).numpy(),
        share_own=share_own,
        edges_forward=np.stack([_norm(values) for values in forward], -1),
        edges_gradient=np.stack([_norm(trace.grad_input_own), _norm(handed)], -1),
        verdict=verdict,
    )


def _norm(values: Tensor) -> Array:
    """The Euclidean norm at each step of the only sequence; the squares do not overflow."""
    largest = values[:, 0].abs().amax(-1, keepdim=True)
    scale = torch.where((largest > 0) & largest.isfinite(), largest, torch.ones_like(largest))
    scaled = torch.linalg.vector_norm(values[:, 0] / scale, dim=-1)
    return (scaled * scale[:, 0]).double().numpy()


def _plain(values: Tensor) -> Array:
    return np.ascontiguousarray(values[:, 0].double().numpy())
