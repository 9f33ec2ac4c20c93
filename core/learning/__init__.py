"""Networks that learn: a training as an iterator of records, with its snapshots and its file."""

from core.learning.batches import Batches, steps_per_epoch, total_steps
from core.learning.cost import StepCost, StepLimits, step_cost
from core.learning.fitting import (
    Size,
    fits_text,
    require_within_limits,
    size_for_text,
    sizes_for_limits,
)
from core.learning.judging import EndComparison, compare_end, draw_pieces, piece_starts
from core.learning.material import TrainingText
from core.learning.process import SampleRule, TrainingProcess
from core.learning.records import (
    Record,
    Stopped,
    ValidationResult,
    perplexity_of_loss,
)
from core.learning.result import checkpoint_of_run, snapshots_that_fit, thinned_to_fit
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
    "EndComparison",
    "OptimiserName",
    "Record",
    "RunState",
    "SampleRule",
    "ScheduleName",
    "Size",
    "StepCost",
    "StepLimits",
    "Stopped",
    "TrainingProcess",
    "TrainingRun",
    "TrainingSpec",
    "TrainingText",
    "ValidationResult",
    "chapter_preset",
    "checkpoint_of_run",
    "compare_end",
    "draw_pieces",
    "fits_text",
    "load_run",
    "perplexity_of_loss",
    "piece_starts",
    "require_within_limits",
    "save_run",
    "size_for_text",
    "sizes_for_limits",
    "snapshots_that_fit",
    "spread_snapshots",
    "step_cost",
    "steps_per_epoch",
    "thinned_to_fit",
    "total_steps",
    "validate",
]
