"""Messages between a training's process and its caller: plain JSON and tensors, no code."""

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, Any

from safetensors.torch import load as load_tensors
from safetensors.torch import save
from torch import Tensor

from core.learning.records import Record, Stopped, ValidationResult

Frame = tuple[dict[str, Any], dict[str, Tensor]]
_LENGTHS = struct.Struct("<QQ")


def write_frame(
    stream: IO[bytes], message: Mapping[str, Any], tensors: Mapping[str, Tensor] | None = None
) -> None:
    """Writes one message: two lengths, JSON, and a safetensors file where there are tensors.

    Args:
        stream: A pipe.
        message: Plain values; floats keep every bit.
        tensors: By name.
    """
    text = json.dumps(message).encode()
    data = b""
    if tensors:
        data = save({name: tensor.detach().contiguous() for name, tensor in tensors.items()})
    stream.write(_LENGTHS.pack(len(text), len(data)))
    stream.write(text)
    stream.write(data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Frame | None:
    """Reads one message; None where the writer is gone, also in the middle of it."""
    try:
        lengths = stream.read(_LENGTHS.size)
        if len(lengths) < _LENGTHS.size:
            return None
        size, more = _LENGTHS.unpack(lengths)
        text, data = stream.read(size), stream.read(more)
    except (OSError, ValueError):  # the caller closed the pipe
        return None
    if len(text) < size or len(data) < more:
        return None
    return json.loads(text), load_tensors(data) if data else {}


def group_of(tensors: Mapping[str, Tensor], group: str) -> dict[str, Tensor]:
    """The tensors below a name: "head.bias" for "weights.head.bias"."""
    start = f"{group}."
    return {name.removeprefix(start): t for name, t in tensors.items() if name.startswith(start)}


def grouped(tensors: Mapping[str, Tensor], group: str) -> dict[str, Tensor]:
    """The same tensors below a name."""
    return {f"{group}.{name}": tensor for name, tensor in tensors.items()}


def record_to_dict(record: Record) -> dict[str, Any]:
    """A record as plain values."""
    return asdict(record)


def record_from_dict(values: Mapping[str, Any]) -> Record:
    """The record that `record_to_dict` took apart."""
    told = dict(values)
    if told["per_step_norms"] is not None:
        told["per_step_norms"] = tuple(told["per_step_norms"])
    if told["validation"] is not None:
        loss, by_position = (told["validation"][name] for name in ("loss", "loss_by_position"))
        told["validation"] = ValidationResult(loss, tuple(by_position))
    return Record(**told)


def stopped_from_dict(values: Mapping[str, Any] | None) -> Stopped | None:
    """Why a run ended early, from plain values."""
    return None if values is None else Stopped(**values)
