"""One token changed: where the change of the hidden states fades, and where it stays."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64
from numpy.typing import NDArray
from torch import Tensor

from core.analysis.tracing import capture_states, highest_states, logits_in_parts
from core.capture import LayerTrace
from core.errors import CoreError
from core.models import SequenceModel
from core.progress import checkpoint, portion

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Perturbation:
    """A text read twice, the second time with another token at one step; T steps.

    A later step whose difference is exactly 0 gave the same number twice in the model's
    precision: either no path leads there, or what is left is below rounding.

    Attributes:
        step: of the changed token, from 0.
        token: the index read there instead.
        layer: the layer's name on the tape.
        difference: ‖Δh_t‖, the Euclidean norm over the layer's units, (T,).
        relative: ‖Δh_t‖ / ‖h_t‖, h_t of the unchanged text, (T,); 0 where nothing changed, inf
            where h_t was 0 and changed, NaN where a state is not finite.
        surprise: -log p of `targets` before the change, in nats, (T,).
        surprise_after: of the same targets after it, (T,).
    """

    step: int
    token: int
    layer: str
    difference: Array
    relative: Array
    surprise: Array
    surprise_after: Array


def perturb(
    model: SequenceModel,
    inputs: Int64[Tensor, " time"],
    targets: Int64[Tensor, " time"],
    step: int,
    token: int,
    layer: str | None = None,
) -> Perturbation:
    """Change one token and read again: two forward passes, no linearisation.

    Args:
        model: best in float64, where a change may shrink 10^16-fold before it is rounded away.
        inputs: the indices read, (T,).
        targets: the index that comes next at each step, (T,); not changed.
        step: which token is changed, from 0 to T - 1.
        token: the index to read there, other than inputs[step].
        layer: a name on the tape, as "rnn.l0"; the highest forward layer if None.

    Raises:
        CoreError: there is no such step, token or layer, or the token is the one there.
    """
    if not 0 <= step < len(inputs):
        raise CoreError(f"`step` (={step}) must be from 0 to {len(inputs) - 1}.")
    if not 0 <= token < model.spec.vocabulary_size:
        most = model.spec.vocabulary_size - 1
        raise CoreError(f"`token` (={token}) must be an index of the vocabulary, 0 to {most}.")
    if token == int(inputs[step]):
        raise CoreError(
            f"`token` (={token}) must differ from the token at step {step}: nothing would change."
        )
    changed = inputs.clone()
    changed[step] = token
    with portion(0, 0.5):
        before, surprise = _read(model, inputs, targets, layer)
    checkpoint(1, 2)
    with portion(0.5, 1):
        after, surprise_after = _read(model, changed, targets, layer)
    difference = _norm(after.hidden - before.hidden)
    with np.errstate(all="ignore"):
        relative = np.where(difference == 0, 0.0, difference / _norm(before.hidden))
    return Perturbation(step, token, before.name, difference, relative, surprise, surprise_after)


def _read(
    model: SequenceModel, inputs: Tensor, targets: Tensor, layer: str | None
) -> tuple[LayerTrace, Array]:
    tape = capture_states(model, inputs)
    names = [trace.name for trace in tape.layers]
    if layer is None:
        layer = [trace.name for trace in tape.layers if not trace.reverse][-1]
    if layer not in names:
        raise CoreError(f"`layer` (={layer!r}) must be one of {', '.join(names)}.")
    surprise = [
        -logits.double().log_softmax(-1).gather(1, targets[part].unsqueeze(1))[:, 0]
        for part, logits in logits_in_parts(model, highest_states(tape))
    ]
    return tape[layer], torch.cat(surprise).numpy()


def _norm(values: Tensor) -> Array:
    """The Euclidean norm at each step of the only sequence; its squares do not overflow."""
    rows = values[:, 0].double()
    largest = rows.abs().amax(-1)
    fine = (largest > 0) & largest.isfinite()
    scale = torch.where(fine, largest, torch.ones_like(largest))
    return (torch.linalg.vector_norm(rows / scale[:, None], dim=-1) * scale).numpy()
