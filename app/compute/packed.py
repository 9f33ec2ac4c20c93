"""Results as plain tuples of arrays while they wait in a cache.

The garbage collector walks every object that may hold another one. A cached result of a few dozen
dataclasses, dicts and tensors costs it as much as a live one, at each of its rounds, for as long as
the cache keeps it. Arrays, numbers and strings, and tuples of nothing else, it does not look at.

It finds out that a tuple holds nothing else in a round of its own for each level of nesting, and
full rounds are rare: so what is packed has one level, the nesting being written down as JSON. Nor
may an array belong to a tensor, which NumPy's view of a tensor keeps alive, out of sight.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np
import torch

__all__ = ["bytes_of", "packed", "unpacked"]

_kinds: dict[str, type] = {}
"""the classes of what was packed, by name: a class itself is an object that is walked"""
_WRITTEN = (str, int, float, bool, type(None))
_PLAIN = (*_WRITTEN, bytes, complex)
_LONG = 50
"""entries from which a tuple or a text of its own is kept as it is, and not written down"""


def packed(value: Any) -> tuple[Any, ...]:
    """The same as a text and arrays in one tuple.

    Args:
        value: of dataclasses, enumerations, dicts, lists, tuples, tensors, arrays and numbers;
            anything else is kept as it is.
    """
    kept: list[Any] = []
    nesting = _written_down(value, kept)
    return json.dumps(nesting), *kept


def unpacked(entry: tuple[Any, ...]) -> Any:
    """What was packed: equal to it, and sharing its arrays, which nobody may change."""
    nesting, *kept = entry
    return _built(json.loads(nesting), kept)


def _written_down(value: Any, kept: list[Any]) -> Any:
    """The nesting of a value; what it is made of goes to the end of `kept`, by its number."""

    def below(each: Any) -> Any:
        return _written_down(each, kept)

    if type(value) in _WRITTEN and not _is_long(value):
        return value
    match value:
        case Enum():
            made = "enum", _name(type(value)), value.name
        case tuple() | list() if not (_is_plain(value) and _is_long(value)):
            made = type(value).__name__, tuple(map(below, value))
        case dict():
            made = "dict", tuple((below(key), below(each)) for key, each in value.items())
        case _ if is_dataclass(value) and not isinstance(value, type):
            names = tuple(field.name for field in fields(value))
            values = tuple(below(getattr(value, name)) for name in names)
            made = "value", _name(type(value)), names, values
        case torch.Tensor():
            kept.append(value.detach().numpy().copy())
            made = "tensor", len(kept) - 1
        case _:
            kept.append(_of_its_own(value) if isinstance(value, np.ndarray) else value)
            made = "kept", len(kept) - 1
    return made


def _of_its_own(array: np.ndarray) -> np.ndarray:
    """The array, or a copy where its memory is a tensor's."""
    root = array
    while isinstance(root.base, np.ndarray):
        root = root.base
    if not isinstance(root.base, torch.Tensor):
        return array
    copied = array.copy()
    copied.flags.writeable = array.flags.writeable
    return copied


def _built(nesting: Any, kept: Sequence[Any]) -> Any:
    if not isinstance(nesting, list):
        return nesting
    return _BUILD[nesting[0]](kept, *nesting[1:])


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


def _is_long(value: Any) -> bool:
    return isinstance(value, str | bytes | tuple) and len(value) > _LONG


def _value(kept: Sequence[Any], kind: str, names: list[str], values: list[Any]) -> Any:
    made = object.__new__(_kinds[kind])
    for name, value in zip(names, values, strict=True):
        # frozen, and checked when it was made
        object.__setattr__(made, name, _built(value, kept))
    return made


def _name(kind: type) -> str:
    name = f"{kind.__module__}.{kind.__qualname__}"
    _kinds[name] = kind
    return name


_BUILD: dict[str, Callable[..., Any]] = {
    "enum": lambda kept, kind, name: _kinds[kind][name],  # type: ignore[index]
    "tensor": lambda kept, number: torch.from_numpy(kept[number]),
    "kept": lambda kept, number: kept[number],
    "tuple": lambda kept, values: tuple(_built(each, kept) for each in values),
    "list": lambda kept, values: [_built(each, kept) for each in values],
    "dict": lambda kept, items: {_built(k, kept): _built(v, kept) for k, v in items},
    "value": _value,
}
