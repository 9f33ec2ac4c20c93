"""A cache for all sessions, bounded by what it holds rather than by how many there are."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

Value = TypeVar("Value")


class Bounded(Generic[Value]):
    """The values used last, as many as fit.

    Args:
        most: what the values may hold together, in the unit of `size`.
        size: what one value holds; one above `most` is never kept.
    """

    def __init__(self, most: int, size: Callable[[Value], int]) -> None:
        self._size = size
        self._kept: LRUCache = LRUCache(most, getsizeof=size)
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value kept under a key, or a new one.

        Two sessions that miss at once both make it: slower than waiting, never stuck.

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
            return self._kept.get(key)

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, if it fits."""
        with self._lock:
            if self._size(value) <= self._kept.maxsize:
                self._kept[key] = value

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
