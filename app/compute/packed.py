"""Results as plain tuples of arrays while they wait in a cache.

The garbage collector walks every object that may hold another one. A cached result of a few dozen
dataclasses, dicts and tensors costs it as much as a live one, at each of its rounds, for as long as
the cache keeps it. Arrays, numbers and strings, and tuples of nothing else, it does not look at.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
import torch

__all__ = ["bytes_of", "packed", "unpacked"]

_kinds: dict[str, type] = {}
"""the classes of what was packed, by name: a class itself is an object that is walked"""
_PLAIN = (str, bytes, int, float, complex, bool, type(None))


def packed(value: Any) -> Any:
    """The same as strings, numbers, arrays and tuples of them.

    Args:
        value: of dataclasses, enumerations, dicts, lists, tuples, tensors, arrays and numbers;
            anything else is kept as it is.
    """
    if type(value) in _PLAIN:
        return value
    match value:
        case Enum():
            made = "enum", _name(type(value)), value.name
        case torch.Tensor():
            made = "tensor", value.detach().numpy()
        case tuple() | list() if not _is_plain(value):
            made = type(value).__name__, tuple(map(packed, value))
        case dict():
            made = "dict", tuple((packed(key), packed(each)) for key, each in value.items())
        case _ if is_dataclass(value) and not isinstance(value, type):
            names = tuple(field.name for field in fields(value))
            values = tuple(packed(getattr(value, name)) for name in names)
            made = "value", _name(type(value)), names, values
        case _:
            made = "other", value
    return made


def bytes_of(value: Any) -> int:
    """About the memory that a value takes: its arrays, and a little for everything else."""
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size() + 100
    if isinstance(value, np.ndarray):
        return value.nbytes + 100
    if isinstance(value, dict):
        return 100 + sum(map(bytes_of, value.values()))
    if isinstance(value, tuple | list):
        return 100 + sum(map(bytes_of, value))
    if is_dataclass(value) and not isinstance(value, type):
        return 100 + sum(bytes_of(getattr(value, field.name)) for field in fields(value))
    return 100


def _is_plain(value: Any) -> bool:
    """Whether it is made of tuples of numbers and strings alone, and needs no packing."""
    if type(value) is tuple:
        return all(map(_is_plain, value))
    return type(value) in _PLAIN


def unpacked(value: Any) -> Any:
    """What was packed: equal to it, and sharing its arrays, which nobody may change."""
    if not isinstance(value, tuple):
        return value
    return _UNPACK[value[0]](*value[1:])


def _value(kind: str, names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    made = object.__new__(_kinds[kind])
    for name, value in zip(names, values, strict=True):
        object.__setattr__(made, name, unpacked(value))  # frozen, and checked when it was made
    return made


def _name(kind: type) -> str:
    name = f"{kind.__module__}.{kind.__qualname__}"
    _kinds[name] = kind
    return name


_UNPACK: dict[str, Callable[..., Any]] = {
    "enum": lambda kind, name: _kinds[kind][name],  # type: ignore[index]
    "tensor": torch.from_numpy,
    "tuple": lambda values: tuple(map(unpacked, values)),
    "list": lambda values: list(map(unpacked, values)),
    "dict": lambda items: {unpacked(key): unpacked(each) for key, each in items},
    "value": _value,
    "other": lambda value: value,
}
