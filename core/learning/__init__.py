"""Networks that learn: a training as an iterator of records, with its snapshots and its file."""

from core.learning.batches import Batches, steps_per_epoch, total_steps
from core.learning.material import TrainingText
from core.learning.process import SampleRule, TrainingProcess
from core.learning.records import (
    Record,
    Stopped,
    ValidationResult,
    perplexity_of_loss,
)
from core.learning.result import checkpoint_of_run
from core.learning.run import TrainingRun
from core.learning.spec import (
    ClipName,
    OptimiserName,
    ScheduleName,
    TrainingSpec,
    chapter_preset,
    spread_snapshots,
)
from core.learning.state import RunState
from core.learning.storage import load_run, save_run
from core.learning.validation import validate

__all__ = [
    "Batches",
    "ClipName",
    "OptimiserName",
    "Record",
    "RunState",
    "SampleRule",
    "ScheduleName",
    "Stopped",
    "TrainingProcess",
    "TrainingRun",
    "TrainingSpec",
    "TrainingText",
    "ValidationResult",
    "chapter_preset",
    "checkpoint_of_run",
    "load_run",
    "perplexity_of_loss",
    "save_run",
    "spread_snapshots",
    "steps_per_epoch",
    "total_steps",
    "validate",
]
