"""What a network, a training and a text must have in common."""

from core.errors import SpecError
from core.learning.material import TrainingText
from core.learning.spec import TrainingSpec
from core.learning.validation import require_validation_text
from core.models import ModelSpec


def require_together(
    model: ModelSpec, training: TrainingSpec, text: TrainingText, steps: int
) -> None:
    """Refuses a network, a training and a text that do not belong together.

    Args:
        model: The network.
        training: The training.
        text: What it learns from.
        steps: Updates of the whole training.

    Raises:
        SpecError: The vocabulary is too small, the windows cannot carry this network's state, or a
            snapshot comes after the last step.
        TextError: The validation text is too short for one window.
    """
    require_validation_text(training, len(text.validation))
    needed = 1 + max(int(part.max()) for part in (text.train, text.validation))
    known = None if text.vocabulary is None else len(text.vocabulary)
    if model.vocabulary_size < needed or known not in (None, model.vocabulary_size):
        raise SpecError(
            f"`vocabulary_size` (={model.vocabulary_size}) must be that of the text, "
            f"{f'at least {needed}' if known is None else known}."
        )
    if training.windows == "consecutive" and model.bidirectional:
        raise SpecError(
            "`bidirectional` (=True) does not go with `windows` (='consecutive'): the direction "
            "that reads from the end has no state to carry. Choose other windows."
        )
    if training.snapshots_at and training.snapshots_at[-1] > steps:
        raise SpecError(
            f"`snapshots_at` holds {training.snapshots_at[-1]}, which must be at most {steps}, "
            "the last step of this training: use `spread_snapshots`."
        )
