"""Checkpoints as bytes and as files."""

from pathlib import Path

from core.errors import CheckpointError
from core.models.checkpoints.checkpoint import Checkpoint
from core.models.checkpoints.contents import of_tensor_file
from core.models.checkpoints.foreign import ForeignCheckpoint
from core.models.checkpoints.formats import appearance
from core.models.checkpoints.record import checkpoint_of, record_of, tensors_of
from core.models.checkpoints.replacing import replace_file
from core.models.checkpoints.tensor_file import (
    looks_like_tensor_file,
    read_tensor_file,
    write_tensor_file,
)
from core.models.checkpoints.torch_file import looks_like_torch_file, read_torch_file
from core.models.checkpoints.wording import listed

MAX_CHECKPOINT_BYTES = 100_000_000

_RECORD = "unrolled"
_NEEDED = (
    "a checkpoint of Unrolled, a safetensors file, or what torch.save(model.state_dict(), path) "
    "writes"
)


def dump_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Writes a checkpoint as a safetensors file.

    The record is JSON in the header's `__metadata__`, under "unrolled"; the final state lies
    under the names of the state dict, the snapshots under "snapshot.000100/" and these names.

    Args:
        checkpoint: Any.

    Returns:
        The file; the same bytes for the same checkpoint.

    Raises:
        CheckpointError: It would take more than 100,000,000 bytes, or its record more than
            2,000,000.
    """
    tensors = tensors_of(checkpoint)
    size = sum(tensor.nbytes for tensor in tensors.values())
    if size <= MAX_CHECKPOINT_BYTES:
        data = write_tensor_file(tensors, {_RECORD: record_of(checkpoint)})
        size = len(data)
        if size <= MAX_CHECKPOINT_BYTES:
            return data
    raise CheckpointError(
        f"`checkpoint` (of {len(checkpoint.snapshots)} snapshots) takes {size:,} bytes, more than "
        f"{MAX_CHECKPOINT_BYTES:,}: keep fewer snapshots, or train a smaller network."
    )


def load_checkpoint(data: bytes) -> Checkpoint | ForeignCheckpoint:
    """Reads a file of weights, whoever wrote it; nothing in it is ever run.

    Args:
        data: The file, whole, at most 100,000,000 bytes: a checkpoint of ours, a safetensors file,
            or a state dict that torch.save wrote, alone or inside other dicts.

    Returns:
        The checkpoint; for a file that is not ours, what was recognised in it, to be adopted.

    Raises:
        CheckpointError: It is too large, damaged, hostile, none of these, or holds no recurrent
            layer.
    """
    if not isinstance(data, bytes):
        raise CheckpointError(f"`data` (of type {type(data).__name__}) must be bytes.")
    if len(data) > MAX_CHECKPOINT_BYTES:
        raise CheckpointError(
            f"`data` (of {len(data):,} bytes) must have at most {MAX_CHECKPOINT_BYTES:,}: give a "
            "smaller network, or its state dict alone, without the optimiser's."
        )
    if looks_like_torch_file(data):
        return ForeignCheckpoint.recognise(read_torch_file(data))
    if not looks_like_tensor_file(data):
        raise CheckpointError(f"`data` ({appearance(data)}) must be {_NEEDED}.")
    file = read_tensor_file(data)
    if _RECORD not in file.metadata:
        contents = of_tensor_file(file.tensors, file.unread, file.metadata)
        return ForeignCheckpoint.recognise(contents)
    if file.unread:
        raise CheckpointError(
            f"`data` is a damaged checkpoint: its {listed(file.unread)} must be numbers of "
            "float32 or float64. Save or download the file again."
        )
    return checkpoint_of(file.metadata[_RECORD], file.tensors)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint to a file, all or nothing, whenever the writer is killed.

    Args:
        path: The file; its folder must exist.
        checkpoint: Any.

    Raises:
        CheckpointError: It is too large, or the file cannot be written.
    """
    replace_file(path, dump_checkpoint(checkpoint))
