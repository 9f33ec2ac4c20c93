"""How well a network foresees a text, without learning from it."""

import torch
import torch.nn.functional as F
from jaxtyping import Int64
from torch import Tensor

from core.errors import TextError
from core.learning.records import ValidationResult
from core.learning.spec import TrainingSpec
from core.models import SequenceModel
from core.text import Windows

# Logits of one pass: 32 MB in float32, whatever the vocabulary.
_LOGITS_AT_ONCE = 8_000_000
_WINDOWS_AT_ONCE = 1024


def validate(
    model: SequenceModel, spec: TrainingSpec, text: Int64[Tensor, " length"]
) -> ValidationResult:
    """Reads a text as training does, and takes the mean loss over all of it.

    "overlapping" reads every window and "disjoint" those side by side from the first token, each
    from a state of zero. "consecutive" reads parallel streams with the state carried, at most
    `batch_size` of them and each at least eight windows long where the text allows it.

    Args:
        model: The network; its weights stay as they are.
        spec: The training: windows, `time_steps`, `batch_size`.
        text: Indices, (length,), at least `time_steps` + 1.

    Returns:
        The loss, mean over all steps of all windows, summed in float64.

    Raises:
        TextError: The text is too short for one window.
    """
    steps = spec.time_steps
    require_validation_text(spec, len(text))
    within = torch.arange(steps + 1)[:, None]
    summed = torch.zeros(steps, dtype=torch.float64)
    windows, state = 0, None
    with torch.no_grad():
        for starts in _passes(spec, len(text), model.spec.vocabulary_size):
            window = text[starts + within]
            logits, state = model(
                window[:-1], state if windows and spec.windows == "consecutive" else None
            )
            losses = F.cross_entropy(
                logits.flatten(0, 1), window[1:].flatten(), reduction="none"
            ).view(steps, -1)
            summed += losses.double().sum(1)
            windows += losses.shape[1]
    return ValidationResult(summed.mean().item() / windows, tuple((summed / windows).tolist()))


def require_validation_text(spec: TrainingSpec, tokens: int) -> None:
    """Refuses a text too short to validate on.

    Args:
        spec: The training.
        tokens: Length of the text.

    Raises:
        TextError: There is no room for one window and the token after it.
    """
    if tokens < spec.time_steps + 1:
        raise TextError(
            f"`validation` (of {tokens} tokens) must have at least {spec.time_steps + 1}, one "
            f"window of `time_steps` (={spec.time_steps}) and the token after it: give a longer "
            "text, validate on a larger share, or lower `time_steps`."
        )


def passes_of(spec: TrainingSpec, tokens: int, vocabulary_size: int) -> tuple[int, int]:
    """In how many forward passes a text is read, and how many windows the largest one has.

    Args:
        spec: The training.
        tokens: Length of the text, at least `time_steps` + 1.
        vocabulary_size: V.

    Returns:
        Passes and windows, each at least 1.
    """
    steps = spec.time_steps
    if spec.windows == "consecutive":
        streams = _streams(spec, tokens)
        return max(1, (tokens - 1) // (streams * steps)), streams
    windows = tokens - steps if spec.windows == "overlapping" else -(-(tokens - steps) // steps)
    at_once = _windows_at_once(steps, vocabulary_size)
    return max(1, -(-windows // at_once)), max(1, min(windows, at_once))


def _passes(spec: TrainingSpec, tokens: int, vocabulary_size: int) -> tuple[Tensor, ...]:
    """First tokens of the windows of each forward pass."""
    if spec.windows == "consecutive":
        windows = Windows.consecutive(tokens, spec.time_steps, _streams(spec, tokens))
        return torch.from_numpy(windows.starts.copy()).unbind(0)
    cut = Windows.overlapping if spec.windows == "overlapping" else Windows.disjoint
    starts = torch.from_numpy(cut(tokens, spec.time_steps).starts.copy())
    return starts.split(_windows_at_once(spec.time_steps, vocabulary_size))


def _streams(spec: TrainingSpec, tokens: int) -> int:
    return min(spec.batch_size, max(1, (tokens - 1) // (8 * spec.time_steps)))


def _windows_at_once(steps: int, vocabulary_size: int) -> int:
    return min(max(1, _LOGITS_AT_ONCE // (steps * vocabulary_size)), _WINDOWS_AT_ONCE)
