"""The reach of losses: how far back, and to which inputs, the loss at each step of a text goes.

With L_t the loss at step t alone, `reach` gives ‖dL_t/dh_s‖ and ‖dL_t/dx_s‖ for every pair of a
loss step t and a step s: the itemised gradient, where a backward pass gives only its sum over t.
All losses go back together, so it costs a few backward passes instead of T; each carries an
exponent of its own, so that 1e-400 is a number.
"""

import math
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Int64
from numpy.typing import NDArray
from torch import Tensor

from core.analysis.itemised.losses import gradients_at_output
from core.analysis.itemised.trace import Cancelled, Progress, chosen_layer, reach_of, reach_through
from core.analysis.itemised.values import Itemised, Reach, ReachCancelled
from core.analysis.tracing import capture_states, highest_states, logits_in_parts
from core.capture import Tape
from core.capture.modules import undisturbed
from core.errors import CoreError
from core.models import SequenceModel

__all__ = ["Itemised", "Of", "Reach", "ReachCancelled", "itemised", "reach", "reach_of"]

Of = Literal["loss", "logit"]


def reach(
    model: SequenceModel,
    inputs: Int64[Tensor, " time"],
    targets: Int64[Tensor, " time"],
    *,
    layer: str | None = None,
    of: Of = "loss",
    token: bool = False,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Reach:
    """The reach of every loss of a text, exact up to rounding.

    L_t is the cross-entropy at step t in nats, not divided by T. Where the network is all but
    certain of the target, its gradient comes from the logarithm of what the other tokens share,
    and stays exact where 1 - p rounds to 0.

    Args:
        model: its own precision is used: float64 for digits, float32 for speed.
        inputs: the indices read, (T,).
        targets: the index that comes next at each step, (T,).
        layer: a name on the tape, as "rnn.l0"; the highest forward layer if None.
        of: "loss", or the "logit" of the target.
        token: take dL_t/dx_s with respect to the one-hot code of the token also where the network
            reads an embedding of it; only for the lowest layer.
        progress: called with (done, total) pairs of a step and a loss, now and then and at the end.
        cancelled: asked as often; the work ends if it says True.

    Returns:
        Norms of all pairs.

    Raises:
        CoreError: shapes differ, an index is outside the vocabulary, there is no such layer,
            or `token` is asked of a layer that reads no tokens.
        ReachCancelled: `cancelled` said True.
    """
    tape, arriving, log10_scale = _read(model, inputs, targets, of)
    chosen = chosen_layer(tape.layers, layer)
    if token and chosen.layer:
        raise CoreError(
            f"`token` (={token}) must be False for `{chosen.name}`, which reads the layer below "
            f'it: ask for `layer="{tape.layers[0].name}"`.'
        )
    table = model.embedding.weight.detach() if token and model.embedding is not None else None
    found = reach_through(chosen, tape.layers, arriving, 0, progress, cancelled, table)
    hidden, inputs_ = (log10 + log10_scale[:, None] for log10 in (found.hidden, found.input))
    return replace(found, of=of, hidden=hidden, input=inputs_, token=token)


def itemised(
    model: SequenceModel,
    inputs: Int64[Tensor, " time"],
    targets: Int64[Tensor, " time"],
    step: int,
    *,
    layer: str | None = None,
    of: Of = "loss",
) -> Itemised:
    """The vectors behind one row of `reach`: one backward pass of the loss at one step.

    Args:
        model: as for `reach`.
        inputs: the indices read, (T,).
        targets: the index that comes next at each step, (T,).
        step: t, from 0 to T - 1.
        layer: as for `reach`.
        of: as for `reach`.

    Returns:
        dL_t/dh_s and dL_t/dx_s for every s.

    Raises:
        CoreError: as for `reach`, or there is no such step.
    """
    if not 0 <= step < len(inputs):
        raise CoreError(f"`step` (={step}) must be from 0 to {len(inputs) - 1}.")
    tape, arriving, log10_scale = _read(model, inputs, targets, of)
    chosen = chosen_layer(tape.layers, layer)
    alone = torch.zeros_like(arriving)
    alone[step] = arriving[step] * 10.0 ** float(log10_scale[step])
    tape.layers[0].give_gradient(alone.unsqueeze(1))
    return Itemised(chosen.name, chosen.grad_hidden[:, 0], chosen.grad_input[:, 0])


def _read(
    model: SequenceModel, inputs: Tensor, targets: Tensor, of: Of
) -> tuple[Tape, Tensor, NDArray[np.float64]]:
    """The text read once, and each loss's gradient at the recurrent module's output."""
    if of not in get_args(Of):
        raise CoreError(f"`of` (={of!r}) must be 'loss' or 'logit'.")
    if inputs.ndim != 1 or inputs.shape != targets.shape or targets.dtype != torch.int64:
        raise CoreError(
            f"`targets` (of shape {tuple(targets.shape)} and type {targets.dtype}) must be (time,) "
            f"of torch.int64, as `inputs` (of shape {tuple(inputs.shape)}) must."
        )
    vocabulary = model.spec.vocabulary_size
    if len(targets) and not 0 <= int(targets.min()) <= int(targets.max()) < vocabulary:
        raise CoreError(
            f"`targets` (from {int(targets.min())} to {int(targets.max())}) must stay between 0 "
            f"and {vocabulary - 1}, the last index of the vocabulary."
        )
    tape = capture_states(model, inputs)
    states = highest_states(tape)
    with undisturbed(states):
        weight = model.head.weight.detach()
        if of == "logit":
            return tape, weight[targets], np.zeros(len(targets))
        parts = [
            gradients_at_output(logits, targets[part], weight)
            for part, logits in logits_in_parts(model, states)
        ]
    gradient, log_scale = (torch.cat(each) for each in zip(*parts, strict=True))
    return tape, gradient, log_scale.cpu().numpy() / math.log(10)
