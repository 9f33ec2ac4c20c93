"""A cache for all sessions, bounded by what it holds rather than by how many there are."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from cachetools import LRUCache

from app.compute.packed import packed, unpacked

Value = TypeVar("Value")


class Bounded(Generic[Value]):
    """The values used last, as many as fit.

    Args:
        most: what the values may hold together, in the unit of `size`.
        size: what one value holds; one above `most` is never kept.
        whole: whether values are kept as the objects they are: few and large ones that carry what
            they have worked out. All others are kept as `packed`, and every access gives a new
            object with the same arrays.
    """

    def __init__(self, most: int, size: Callable[[Value], int], *, whole: bool = False) -> None:
        self._size, self._whole = size, whole
        # Each with its size.
        self._kept: LRUCache = LRUCache(most, getsizeof=_size_of)
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value kept under a key, or a new one.

        Two sessions that miss at once both make it: slower than waiting, never stuck. What takes
        long goes through `Results`, where they share one computation.

        Args:
            key: everything the value depends on.
            make: computes it.
        """
        if (found := self.known(key)) is not None:
            return found
        made = make()
        self.put(key, made)
        return made

    def known(self, key: Hashable) -> Value | None:
        """The value kept under a key, or None."""
        with self._lock:
            entry = self._kept.get(key)
        if entry is None:
            return None
        return entry[1] if self._whole else unpacked(entry[1:])

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._kept

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, if it fits."""
        size = self._size(value)
        if size > self._kept.maxsize:
            return
        entry = (size, value) if self._whole else (size, *packed(value))
        with self._lock:
            self._kept[key] = entry

    @property
    def held(self) -> int:
        """What all values hold now."""
        return int(self._kept.currsize)

    @property
    def most(self) -> int:
        """What they may hold."""
        return int(self._kept.maxsize)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()


def _size_of(entry: tuple[Any, ...]) -> int:
    return entry[0]
