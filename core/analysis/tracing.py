"""A SequenceModel's reading of a text as a tape, with the gradient of its loss."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from core.capture import Tape, capture
from core.models import LossAt, SequenceModel, next_token_loss
from core.progress import checkpoint


def trace_text(
    model: SequenceModel,
    inputs: Int64[Tensor, " time"],
    targets: Int64[Tensor, " time"],
    at: LossAt = "last",
) -> Tape:
    """Every layer's states and gradients while a model reads a text.

    Autograd gives the gradient at the top of the recurrent layers, and the tape all below it.

    Args:
        model: best in float64.
        inputs: the indices read, (T,).
        targets: the index that comes next at each step, (T,).
        at: the loss: "last" step, one step from 0, or the "mean" over all.

    Returns:
        The tape, as after a backward pass.

    Raises:
        CoreError: an index is outside the vocabulary, or shapes differ.
    """
    tape, _ = run_captured(model, inputs)
    checkpoint()
    _, gradient = loss_gradient(model, highest_states(tape), targets, at)
    tape.layers[0].give_gradient(gradient)
    return tape


def run_captured(
    model: SequenceModel, inputs: Int64[Tensor, " time"]
) -> tuple[Tape, Float[Tensor, "time 1 vocabulary"]]:
    """The forward pass: the tape, and the logits of every step."""
    checkpoint()
    with torch.no_grad(), capture(model) as tape:
        logits, _ = model(inputs.unsqueeze(1))
    return tape, logits


def highest_states(tape: Tape) -> Float[Tensor, "time 1 output"]:
    """What the head reads: the hidden states of the highest layer, both directions."""
    top = [trace for trace in tape.layers if trace.layer == tape.layers[-1].layer]
    return torch.cat([trace.hidden for trace in top], -1)


def loss_gradient(
    model: SequenceModel,
    states: Float[Tensor, "time 1 output"],
    targets: Int64[Tensor, " time"],
    at: LossAt,
) -> tuple[float, Float[Tensor, "time 1 output"]]:
    """The loss in nats, and its gradient with respect to what the head reads."""
    with torch.enable_grad():
        states = states.detach().requires_grad_()
        loss = next_token_loss(model.head(states), targets.unsqueeze(1), at)
        (gradient,) = torch.autograd.grad(loss, states)
    return float(loss.detach()), gradient
