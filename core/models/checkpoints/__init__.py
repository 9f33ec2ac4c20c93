"""Networks in files: ours, and those that others made with PyTorch."""

from core.models.checkpoints.checkpoint import Checkpoint, Snapshot
from core.models.checkpoints.foreign import ForeignCheckpoint
from core.models.checkpoints.parts import Matrix, RecurrentGroup
from core.models.checkpoints.replacing import replace_file
from core.models.checkpoints.store import (
    MAX_CHECKPOINT_BYTES,
    dump_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from core.models.checkpoints.vocabulary_file import parse_vocabulary

__all__ = [
    "MAX_CHECKPOINT_BYTES",
    "Checkpoint",
    "ForeignCheckpoint",
    "Matrix",
    "RecurrentGroup",
    "Snapshot",
    "dump_checkpoint",
    "load_checkpoint",
    "parse_vocabulary",
    "replace_file",
    "save_checkpoint",
]
