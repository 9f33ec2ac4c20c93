"""From a spec to a network: what it is, what it starts from, how it reads a text, its files."""

from typing import TYPE_CHECKING, Any

from core.models.initialisation import draw_parameters, scale_to_radius
from core.models.sequence_model import LossAt, LossName, SequenceModel, next_token_loss
from core.models.spec import (
    MAX_EMBEDDING_SIZE,
    MAX_HIDDEN_SIZE,
    MAX_LAYERS,
    MAX_SEED,
    MAX_SIGMA,
    MAX_SPECTRAL_RADIUS,
    MAX_VOCABULARY_SIZE,
    CellName,
    InitialisationName,
    InputName,
    LargeSpec,
    ModelSpec,
)

if TYPE_CHECKING:
    from core.models.checkpoints import (
        MAX_CHECKPOINT_BYTES,
        Checkpoint,
        ForeignCheckpoint,
        Snapshot,
        dump_checkpoint,
        load_checkpoint,
        save_checkpoint,
    )

__all__ = [
    "MAX_CHECKPOINT_BYTES",
    "MAX_EMBEDDING_SIZE",
    "MAX_HIDDEN_SIZE",
    "MAX_LAYERS",
    "MAX_SEED",
    "MAX_SIGMA",
    "MAX_SPECTRAL_RADIUS",
    "MAX_VOCABULARY_SIZE",
    "CellName",
    "Checkpoint",
    "ForeignCheckpoint",
    "InitialisationName",
    "InputName",
    "LargeSpec",
    "LossAt",
    "LossName",
    "ModelSpec",
    "SequenceModel",
    "Snapshot",
    "draw_parameters",
    "dump_checkpoint",
    "load_checkpoint",
    "next_token_loss",
    "save_checkpoint",
    "scale_to_radius",
]

_OF_CHECKPOINTS = (
    *("MAX_CHECKPOINT_BYTES", "Checkpoint", "ForeignCheckpoint", "Snapshot"),
    *("dump_checkpoint", "load_checkpoint", "save_checkpoint"),
)


def __getattr__(name: str) -> Any:
    """Imports what concerns files when it is first asked for: it needs all of `core.text`."""
    if name in _OF_CHECKPOINTS:
        from core.models import checkpoints  # noqa: PLC0415 - importing it takes a tenth of a second

        return getattr(checkpoints, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
