"""Tensors in a file of the safetensors format, every length checked before it is believed.

A file is 8 bytes with the length N of the header, little endian; N bytes of JSON,
{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...,
"__metadata__": {"text": "text"}}, padded with spaces; and the numbers of the tensors, one after
the other without gap or overlap.

Source: safetensors (README.md, 'Format').
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from core.errors import CheckpointError
from core.models.checkpoints.strict_json import MAX_JSON_BYTES, parse_json
from core.models.checkpoints.wording import shown

MAX_TENSORS = 5_000
MAX_NAME = 200
_MAX_AXES = 8

# Everything a checkpoint of ours, or of a recurrent network in general, computes with.
_FLOATS = {
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F32": torch.float32,
    "F64": torch.float64,
}
# Bytes each; what is no float stays unread (a step counter, a mask), but its length is checked.
_SIZES = {
    **{"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1},
    **{"U16": 2, "I16": 2, "F16": 2, "BF16": 2},
    **{"U32": 4, "I32": 4, "F32": 4},
    **{"U64": 8, "I64": 8, "F64": 8},
}


@dataclass(frozen=True, slots=True)
class TensorFile:
    """What a file holds.

    Attributes:
        tensors: Those of floats that are not empty, by name, as the file has them.
        metadata: The texts of the header.
        unread: Names of the tensors of another type, or empty.
    """

    tensors: dict[str, Tensor]
    metadata: dict[str, str]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def looks_like_tensor_file(data: bytes) -> bool:
    """Whether the bytes begin as a safetensors file does: a length, and then an object."""
    return data[8:9] == b"{"


def read_tensor_file(data: bytes) -> TensorFile:
    """Reads a file.

    Args:
        data: The file, whole.

    Returns:
        Its tensors and texts; each tensor has its own memory.

    Raises:
        CheckpointError: A length, a name, a type or an offset cannot be right.
    """
    length = int.from_bytes(data[:8], "little")
    if length > MAX_JSON_BYTES or 8 + length > len(data):
        raise CheckpointError(
            f"`data` (of {len(data):,} bytes) declares a header of {length:,} bytes, which must "
            f"fit into the file and be at most {MAX_JSON_BYTES:,}: it is cut off, damaged or no "
            "safetensors file. Save or download it again."
        )
    header = parse_json(data[8 : 8 + length], _wrong)
    if not isinstance(header, dict):
        raise _wrong(f"the header is a {type(header).__name__} and no object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise _wrong("`__metadata__` must be an object of texts")
    if len(header) > MAX_TENSORS:
        raise _wrong(f"it holds {len(header):,} tensors, more than {MAX_TENSORS:,}")
    entries = [_entry(name, fields) for name, fields in header.items()]
    _require_tiling(entries, len(data) - 8 - length)
    read = [entry for entry in entries if entry.dtype in _FLOATS and entry.end > entry.begin]
    kept = {entry.name for entry in read}
    return TensorFile(
        {entry.name: _tensor(entry, data, 8 + length) for entry in read},
        metadata,
        tuple(entry.name for entry in entries if entry.name not in kept),
    )


def write_tensor_file(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Writes a file that `read_tensor_file`, and everybody's safetensors, reads.

    Args:
        tensors: Contiguous ones by name, none sharing memory with another.
        metadata: One text: with more, their order would be left to chance.

    Returns:
        The bytes; the same for the same tensors and text.

    Raises:
        CheckpointError: There are too many tensors, or the header would be too long.
    """
    assert len(metadata) <= 1
    if len(tensors) > MAX_TENSORS:
        raise CheckpointError(
            f"`checkpoint` holds {len(tensors):,} tensors, more than {MAX_TENSORS:,}: keep fewer "
            "snapshots."
        )
    data = save(dict(tensors), metadata=dict(metadata))
    length = int.from_bytes(data[:8], "little")
    if length > MAX_JSON_BYTES:
        raise CheckpointError(
            f"`checkpoint` needs a header of {length:,} bytes, more than {MAX_JSON_BYTES:,}: thin "
            "the curve in its training record, or keep fewer snapshots."
        )
    return data


def _entry(name: str, fields: Any) -> _Entry:
    if not 1 <= len(name) <= MAX_NAME:
        raise _wrong(f"a tensor's name has {len(name):,} characters, not 1 to {MAX_NAME}")
    if not isinstance(fields, dict) or fields.keys() != {"dtype", "shape", "data_offsets"}:
        raise _wrong(f"{shown(name)} must have `dtype`, `shape` and `data_offsets`, nothing else")
    dtype, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _SIZES:
        raise _wrong(f"{shown(name)} has the type {shown(dtype)}, not one of {', '.join(_SIZES)}")
    if not _are_sizes(shape) or len(shape) > _MAX_AXES:
        raise _wrong(
            f"{shown(name)} has the shape {shown(shape)}, not up to {_MAX_AXES} whole numbers of "
            "at least 0"
        )
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise _wrong(f"{shown(name)} has the offsets {shown(offsets)}, not two whole numbers")
    begin, end = offsets
    if end - begin != math.prod(shape) * _SIZES[dtype]:
        raise _wrong(
            f"{shown(name)} has {shown(end - begin)} bytes, which are not {dtype} of the shape "
            f"{shown(shape)}"
        )
    return _Entry(name, dtype, tuple(shape), begin, end)


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(v) is int and v >= 0 for v in values)


def _require_tiling(entries: list[_Entry], size: int) -> None:
    """Refuses tensors that overlap, leave a gap, or end elsewhere than the file."""
    place = 0
    for entry in sorted(entries, key=lambda entry: (entry.begin, entry.end)):
        if entry.begin != place:
            raise _wrong(
                f"{shown(entry.name)} begins at byte {shown(entry.begin)}, where the one before "
                f"it ends at {place:,}"
            )
        place = entry.end
    if place != size:
        raise _wrong(f"its tensors take {shown(place)} bytes, and it holds {size:,} for them")


def _tensor(entry: _Entry, data: bytes, start: int) -> Tensor:
    # A copy: the numbers of a tensor must lie at even addresses, and be ours to write.
    numbers = bytearray(data[start + entry.begin : start + entry.end])
    return torch.frombuffer(numbers, dtype=_FLOATS[entry.dtype]).reshape(entry.shape)


def _wrong(found: str) -> CheckpointError:
    return CheckpointError(
        f"`data` is damaged or no safetensors file: {found}. Save or download it again."
    )
