"""What a checkpoint's file says about its tensors, and the way back."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from core.errors import CheckpointError, CoreError, SpecError
from core.models.checkpoints.checkpoint import FORMAT_VERSION, Checkpoint, Snapshot
from core.models.checkpoints.strict_json import parse_json, write_json
from core.models.checkpoints.wording import listed, shown
from core.models.spec import LargeSpec, ModelSpec
from core.text.vocabulary import Vocabulary

FORMAT = "unrolled checkpoint"

_KEYS = {
    *("format", "version", "spec", "vocabulary", "vocabulary_digest", "scheme", "snapshots"),
    *("training", "text_digest", "title", "notes", "weights_digest"),
}


class _DamagedError(CheckpointError):
    """The sentence speaks of the file already."""


def tensors_of(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """All tensors of a checkpoint under the names they have in its file.

    Args:
        checkpoint: Any.

    Returns:
        The final state under the names of the state dict, a snapshot's under those with
        "snapshot.000100/" before them.
    """
    tensors = dict(checkpoint.weights)
    for snapshot in checkpoint.snapshots:
        for name, tensor in snapshot.weights.items():
            tensors[_place(snapshot.step) + name] = tensor
    return tensors


def record_of(checkpoint: Checkpoint) -> str:
    """Everything but the tensors, as JSON: the same text for the same checkpoint.

    Args:
        checkpoint: Any.

    Returns:
        One line.

    Raises:
        CheckpointError: It would be too long, or nest too deep, to be read again.
    """
    vocabulary = checkpoint.vocabulary
    record = {
        "format": FORMAT,
        "version": checkpoint.format_version,
        "spec": checkpoint.spec.to_dict(),
        "vocabulary": None if vocabulary is None else list(vocabulary.tokens),
        "vocabulary_digest": None if vocabulary is None else vocabulary.digest,
        "scheme": checkpoint.scheme,
        "snapshots": [
            {"step": each.step, "validation_perplexity": each.validation_perplexity}
            for each in checkpoint.snapshots
        ],
        "training": checkpoint.training,
        "text_digest": checkpoint.text_digest,
        "title": checkpoint.title,
        "notes": checkpoint.notes,
        "weights_digest": checkpoint.digest,
    }
    text = write_json(record, "checkpoint")
    parse_json(text.encode(), _unfit)  # what cannot be read again is not written
    return text


def checkpoint_of(record: str, tensors: Mapping[str, Tensor]) -> Checkpoint:
    """Puts a checkpoint together from what its file holds.

    Args:
        record: What `record_of` gave.
        tensors: What `tensors_of` gave.

    Returns:
        The checkpoint.

    Raises:
        CheckpointError: Anything in it is of the wrong type, out of its range, or does not
            belong to the rest.
    """
    values = parse_json(record.encode(), _wrong)
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise _wrong(f"the record does not say that it is an {FORMAT!r}")
    version = values.get("version")
    if type(version) is not int or version != FORMAT_VERSION:
        raise CheckpointError(
            f"`data` is a checkpoint of version {shown(version)}; this version of Unrolled reads "
            f"version {FORMAT_VERSION}: open the file with a newer one."
        )
    if values.keys() != _KEYS:
        raise _wrong(
            f"the record lacks {listed(sorted(_KEYS - values.keys()))} and holds "
            f"{listed(sorted(values.keys() - _KEYS))} besides"
        )
    try:
        checkpoint = _checkpoint(values, tensors)
    except _DamagedError:
        raise
    except CoreError as error:
        raise CheckpointError(f"`data` is a checkpoint that cannot be used: {error}") from error
    if checkpoint.digest != values["weights_digest"]:
        raise _wrong("its weights are not those that were saved")
    return checkpoint


def _checkpoint(values: dict[str, Any], tensors: Mapping[str, Tensor]) -> Checkpoint:
    steps = _snapshots(values["snapshots"])
    kept: dict[str, dict[str, Tensor]] = {place: {} for place in ["", *map(_place, steps)]}
    for name, tensor in tensors.items():
        before, slash, after = name.rpartition("/")
        if before + slash not in kept:
            raise _wrong(f"it holds the tensor {shown(name)}, of no snapshot in the record")
        kept[before + slash][after] = tensor
    notes = values["notes"]
    return Checkpoint(
        spec=_spec(values["spec"]),
        weights=kept[""],
        vocabulary=_vocabulary(values["vocabulary"], values["vocabulary_digest"]),
        scheme=values["scheme"],
        snapshots=tuple(
            Snapshot(step, kept[_place(step)], perplexity) for step, perplexity in steps.items()
        ),
        training=values["training"],
        text_digest=values["text_digest"],
        title=values["title"],
        notes=tuple(notes) if isinstance(notes, list) else notes,
        format_version=values["version"],
    )


def _spec(values: Any) -> ModelSpec:
    """The spec, of a size that is drawn here or only read."""
    try:
        return ModelSpec.from_dict(values)
    except SpecError:
        return LargeSpec.from_dict(values)


def _snapshots(listing: Any) -> dict[int, Any]:
    """Perplexity by step, as the record tells it."""
    if not isinstance(listing, list):
        raise _wrong("`snapshots` must be a list")
    steps: dict[int, Any] = {}
    for each in listing:
        if not isinstance(each, dict) or each.keys() != {"step", "validation_perplexity"}:
            raise _wrong("a snapshot must have `step` and `validation_perplexity`, nothing else")
        step = each["step"]
        if type(step) is not int or step in steps:
            raise _wrong(f"the snapshot's step {shown(step)} is no number or there twice")
        steps[step] = each["validation_perplexity"]
    return steps


def _vocabulary(tokens: Any, digest: Any) -> Vocabulary | None:
    if tokens is None:
        return None
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise _wrong("`vocabulary` must be a list of texts or null")
    vocabulary = Vocabulary(tuple(tokens))
    if vocabulary.digest != digest:
        raise _wrong("its vocabulary is not the one that was saved")
    return vocabulary


def _place(step: int) -> str:
    return f"snapshot.{step:06d}/"


def _unfit(found: str) -> CheckpointError:
    return CheckpointError(
        f"`checkpoint` cannot be written: {found}. Thin the curve in its training record, or keep "
        "fewer snapshots."
    )


def _wrong(found: str) -> CheckpointError:
    return _DamagedError(
        f"`data` is a damaged checkpoint: {found}. Save or download the file again."
    )
