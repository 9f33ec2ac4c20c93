"""What the picture of a training shows."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.components.training import MOST_POINTS, TrainingView
from app.training import LiveTraining, Progress
from core.learning import Record
from core.text import Backoff, NgramCounts, NgramModel, perplexity

MOST = min(MOST_POINTS, 1000)
"""points of a curve that are sent"""
REFERENCES = ("unigram", "bigram", "trigram")


def training_view(
    live: LiveTraining, progress: Progress, references: Sequence[tuple[str, float]], version: int
) -> TrainingView:
    """A training as it stands.

    Args:
        live: the training.
        progress: what it has told.
        references: labels and perplexities on the same validation text.
        version: rises with every update.
    """
    updates = _thinned([record for record in progress.records if record.step])
    judged = [record for record in progress.records if record.validation is not None]
    rows = [record for record in progress.records if record.per_step_norms is not None]
    last = progress.records[-1] if progress.records else None
    message = progress.message
    if progress.starting:
        message = "Its process starts: the library is loaded."
    if progress.state == "queued":
        others = progress.place
        message = "It begins as soon as another training ends."
        if others:
            message = f"{others} before it in the queue."
    return TrainingView(
        identity=live.identity,
        version=version,
        steps_total=max(1, progress.total_steps or live.training.max_steps or 1),
        step=progress.step,
        epoch=float(last.epoch) if last else 0.0,
        running=progress.state,
        message=message,
        train=_curve(updates, [record.perplexity for record in updates]),
        validation=_curve(
            judged, [record.validation.perplexity for record in judged if record.validation]
        ),
        references=tuple(references),
        norm=(
            _steps(updates),
            _floats([record.gradient_norm for record in updates]),
            _floats([record.gradient_norm_clipped for record in updates]),
        ),
        threshold=live.training.clip_threshold if live.training.clip == "norm" else None,
        per_step=_per_step(rows),
        snapshots=tuple(snapshot.step for snapshot in progress.snapshots),
        sample=progress.sample,
        sample_step=progress.sample_step,
        seconds_left=progress.seconds_left,
        tokens_per_second=_speed(progress.records),
    )


def reference_lines(live: LiveTraining, backoff: Backoff = "unigram") -> list[tuple[str, float]]:
    """Perplexity of simpler models that learnt from the same part, on the validation text."""
    size, order = live.model.vocabulary_size, len(REFERENCES)
    counts = NgramCounts.of(live.text.train.numpy(), size, order)
    model = NgramModel(counts, (1.0,) * order, backoff)
    rows = model.probabilities_by_order(live.text.validation.numpy())
    lines = [(f"a blind guess, V = {size:,}", float(size))]
    return lines + [(name, perplexity(row)) for name, row in zip(REFERENCES, rows, strict=True)]


def _thinned(records: list[Record]) -> list[Record]:
    """At most so many, evenly, the last always among them."""
    if len(records) <= MOST:
        return records
    places = np.unique(np.linspace(0, len(records) - 1, MOST).round().astype(int))
    return [records[place] for place in places]


def _steps(records: Sequence[Record]) -> NDArray[np.int64]:
    return np.array([record.step for record in records], np.int64)


def _floats(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([math.nan if value is None else value for value in values], np.float64)


def _curve(
    records: Sequence[Record], values: Sequence[float | None]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return _steps(records), _floats(values)


def _per_step(
    rows: Sequence[Record],
) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
    """log10 of the norms of the batches whose windows were whole."""
    if not rows:
        return None
    norms = np.array([record.per_step_norms for record in rows], np.float64)
    with np.errstate(divide="ignore"):
        log10 = np.where(np.isfinite(norms), np.log10(norms), np.nan)
    return _steps(rows), log10.astype(np.float32)


def _speed(records: Sequence[Record]) -> float | None:
    """Tokens a second, over the last updates."""
    found = [r.tokens_per_second for r in records[-20:] if r.tokens_per_second]
    return float(np.median(found)) if found else None
