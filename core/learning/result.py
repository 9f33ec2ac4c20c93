"""What a training made, as a checkpoint: the network, its snapshots and its curve."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from torch import Tensor

from core.learning.material import TrainingText
from core.learning.records import Record, Stopped
from core.learning.spec import TrainingSpec
from core.models import ModelSpec
from core.models.checkpoints import MAX_CHECKPOINT_BYTES, Checkpoint, Snapshot
from core.models.checkpoints.record import record_of

_RECORD_BYTES = 1_000_000  # more than the vocabulary and the curves take, mostly
_HEADER_BYTES = 200  # of one tensor in the file's header
MAX_CURVE_POINTS = 1000  # about 60 kB of JSON; more than a screen has columns


class Trained(Protocol):
    """What was trained: a `TrainingRun` or a `TrainingProcess`; the attributes are theirs."""

    @property
    def model_spec(self) -> ModelSpec: ...  # noqa: D102
    @property
    def training_spec(self) -> TrainingSpec: ...  # noqa: D102
    @property
    def text(self) -> TrainingText: ...  # noqa: D102
    @property
    def weights(self) -> Mapping[str, Tensor]: ...  # noqa: D102
    @property
    def history(self) -> Sequence[Record]: ...  # noqa: D102
    @property
    def snapshots(self) -> tuple[Snapshot, ...]: ...  # noqa: D102
    @property
    def step(self) -> int: ...  # noqa: D102
    @property
    def total_steps(self) -> int: ...  # noqa: D102
    @property
    def stopped(self) -> Stopped | None: ...  # noqa: D102


def checkpoint_of_run(run: Trained, *, title: str = "", notes: tuple[str, ...] = ()) -> Checkpoint:
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
        weights=run.weights,
        vocabulary=text.vocabulary,
        scheme=text.scheme,
        snapshots=run.snapshots,
        training=training,
        text_digest=text.text_digest,
        title=title,
        notes=notes,
    )


def snapshots_that_fit(model: ModelSpec, most: int | None = None) -> int:
    """How many snapshots of a network a checkpoint's file has room for beside the final weights.

    Args:
        model: The network.
        most: Bytes of a file; the limit of checkpoints if None.

    Returns:
        At least 0.
    """
    room = (MAX_CHECKPOINT_BYTES if most is None else most) - _RECORD_BYTES
    return max(0, room // (4 * model.parameter_count) - 1)


def thinned_to_fit(checkpoint: Checkpoint, most: int | None = None) -> Checkpoint | None:
    """A checkpoint with as many of its snapshots as its file has room for.

    Args:
        checkpoint: Any.
        most: Bytes of a file; the limit of checkpoints if None.

    Returns:
        The same where it fits; else the snapshots thinned evenly, the first and the last kept
        where there is room for two; None where the final weights alone are too large.
    """
    limit = MAX_CHECKPOINT_BYTES if most is None else most
    tensors = len(checkpoint.weights)
    one = sum(tensor.nbytes for tensor in checkpoint.weights.values()) + _HEADER_BYTES * tensors
    # JSON inside JSON: each quotation mark and each backslash is written twice.
    record = record_of(checkpoint).encode()
    room = limit - len(record) - record.count(b'"') - record.count(b"\\") - one
    there = len(checkpoint.snapshots)
    count = min(there, room // one)
    if count < 0:
        return None
    if count == there:
        return checkpoint
    places = [round(place * (there - 1) / max(1, count - 1)) for place in range(count)]
    return replace(checkpoint, snapshots=tuple(checkpoint.snapshots[place] for place in places))


def _thinned(records: Sequence[Record]) -> Sequence[Record]:
    stride = math.ceil(len(records) / MAX_CURVE_POINTS)
    return records[::-1][::stride][::-1] if stride > 1 else records
