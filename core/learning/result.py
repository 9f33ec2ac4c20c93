"""What a training made, as a checkpoint: the network, its snapshots and its curve."""

import math
from collections.abc import Sequence
from typing import Any

from core.learning.records import Record
from core.learning.run import TrainingRun
from core.models.checkpoints import Checkpoint

MAX_CURVE_POINTS = 1000  # about 60 kB of JSON; more than a screen has columns


def checkpoint_of_run(
    run: TrainingRun, *, title: str = "", notes: tuple[str, ...] = ()
) -> Checkpoint:
    """Puts what a run has made so far into a checkpoint; to be called between two records.

    Its training record has the `spec`, the `steps` made of `total_steps`, the `train_tokens` from
    the text's beginning that it learnt from, the reason why the run `stopped` or None, and two
    curves of at most 1,000 points each, thinned evenly, the last point kept: `curve` with `step`,
    `loss`, `gradient_norm` and `gradient_norm_clipped`, `validation` with `step` and `loss`; losses
    in nats.

    Args:
        run: The run.
        title: A few words for people, at most 200 characters.
        notes: Sentences to show.

    Returns:
        The checkpoint; it shares no memory with the run.

    Raises:
        CheckpointError: The title or the notes are too long.
    """
    updates = [record for record in run.history if record.step]
    validated = [record for record in run.history if record.validation is not None]
    text = run.text
    training: dict[str, Any] = {
        "spec": run.training_spec.to_dict(),
        "steps": run.step,
        "total_steps": run.total_steps,
        "train_tokens": len(run.text.train),
        "stopped": None if run.stopped is None else run.stopped.reason,
        "curve": {
            name: [getattr(record, name) for record in _thinned(updates)]
            for name in ("step", "loss", "gradient_norm", "gradient_norm_clipped")
        },
        "validation": {
            "step": [record.step for record in _thinned(validated)],
            "loss": [record.validation.loss for record in _thinned(validated) if record.validation],
        },
    }
    return Checkpoint(
        spec=run.model_spec,
        weights=run.model.state_dict(),
        vocabulary=text.vocabulary,
        scheme=text.scheme,
        snapshots=run.snapshots,
        training=training,
        text_digest=text.text_digest,
        title=title,
        notes=notes,
    )


def _thinned(records: Sequence[Record]) -> Sequence[Record]:
    stride = math.ceil(len(records) / MAX_CURVE_POINTS)
    return records[::-1][::stride][::-1] if stride > 1 else records
