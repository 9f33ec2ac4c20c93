"""How far a long computation is, and how to end it from outside.

    with watched(watcher):
        weight_gradient_by_lag(trace)

Every long loop of the library calls `checkpoint` at each turn; `watcher` is then given the share of
the work that is done, and what it raises ends the computation. Without a watcher nothing happens.
A watcher belongs to the thread (or task) that set it, and changes no result.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

__all__ = ["Cancelled", "Watcher", "checkpoint", "portion", "watched"]

Watcher = Callable[[float | None], None]
"""given the share of the work that is done, 0 to 1, or None where a loop does not know it"""


class Cancelled(Exception):
    """A watcher raises it to end a computation; not a CoreError, because no argument was wrong."""


@dataclass(frozen=True, slots=True)
class _Watch:
    """A watcher, and the part of the whole that the running loops make up."""

    watcher: Watcher
    low: float = 0.0
    high: float = 1.0


_watch: ContextVar[_Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Watch the computations in the block.

    Args:
        watcher: Called often, from the thread that computes; it should return at once.
    """
    token = _watch.set(_Watch(watcher))
    try:
        yield
    finally:
        _watch.reset(token)


@contextmanager
def portion(low: float, high: float) -> Iterator[None]:
    """Say that what is reported in the block counts as this part of the work around it.

    Args:
        low: Share of the work around it that is done before the block, 0 to 1.
        high: The same after it.
    """
    around = _watch.get()
    if around is None:
        yield
        return
    width = around.high - around.low
    token = _watch.set(
        replace(around, low=around.low + width * low, high=around.low + width * high)
    )
    try:
        yield
    finally:
        _watch.reset(token)


def checkpoint(done: float = 0, total: float = 0) -> None:
    """A loop reports how far it is.

    Args:
        done: Turns that are behind it.
        total: All of them; 0 where that is not known.

    Raises:
        Exception: Whatever the watcher raises, as a rule `Cancelled`.
    """
    watch = _watch.get()
    if watch is None:
        return
    watch.watcher(watch.low + (watch.high - watch.low) * done / total if total else None)
