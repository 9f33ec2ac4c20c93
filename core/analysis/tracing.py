"""A SequenceModel's reading of a text as a tape, with the gradient of its loss."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from core.capture import Tape, capture
from core.models import LossAt, SequenceModel, next_token_loss
from core.progress import checkpoint

MOST_LOGITS = 2_000_000
"""logits that are computed at once: with 50,000 tokens those of 500 steps would take 200 MB"""


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
    tape = capture_states(model, inputs)
    checkpoint()
    _, gradient = loss_gradient(model, highest_states(tape), targets, at)
    tape.layers[0].give_gradient(gradient)
    return tape


def capture_states(model: SequenceModel, inputs: Int64[Tensor, " time"]) -> Tape:
    """The forward pass without the head, whose logits may take more memory than all the rest."""
    checkpoint()
    with torch.no_grad(), capture(model) as tape:
        model.states(inputs.unsqueeze(1))
    return tape


def logits_in_parts(
    model: SequenceModel, states: Float[Tensor, "time 1 output"]
) -> Iterator[tuple[slice, Float[Tensor, "step vocabulary"]]]:
    """The head's logits, as many steps at once as take 16 MB in float64.

    Args:
        model: Whose head reads.
        states: What it reads.

    Yields:
        Which steps, and their logits, in the model's precision.
    """
    steps = max(1, MOST_LOGITS // model.spec.vocabulary_size)
    for low in range(0, len(states), steps):
        part = slice(low, min(low + steps, len(states)))
        with torch.no_grad():
            yield part, model.head(states[part, 0])


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
    steps = max(1, MOST_LOGITS // model.spec.vocabulary_size)
    if at == "mean" and len(states) == len(targets) > steps:
        return _mean_in_parts(model, states, targets, steps)
    if at == "last" and len(states) == len(targets) > steps:
        at = len(states) - 1
    if isinstance(at, int) and 0 <= at < len(states) == len(targets) > steps:
        gradient = torch.zeros_like(states)
        loss, gradient[at : at + 1] = _whole(
            model, states[at : at + 1], targets[at : at + 1], "mean"
        )
        return loss, gradient
    return _whole(model, states, targets, at)


def _mean_in_parts(
    model: SequenceModel, states: Tensor, targets: Tensor, steps: int
) -> tuple[float, Tensor]:
    loss, gradients = 0.0, []
    for low in range(0, len(states), steps):
        part = slice(low, low + steps)
        share = len(states[part]) / len(states)
        own, gradient = _whole(model, states[part], targets[part], "mean")
        loss += own * share
        gradients.append(gradient * share)
    return loss, torch.cat(gradients)


def _whole(
    model: SequenceModel, states: Tensor, targets: Tensor, at: LossAt
) -> tuple[float, Tensor]:
    with torch.enable_grad():
        states = states.detach().requires_grad_()
        loss = next_token_loss(model.head(states), targets.unsqueeze(1), at)
        (gradient,) = torch.autograd.grad(loss, states)
    return float(loss.detach()), gradient
