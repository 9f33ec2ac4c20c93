"""What is to end before the process does: a thread inside torch must not be cut off."""

import atexit
from collections.abc import Callable

__all__ = ["at_end", "end_all"]

_calls: list[Callable[[], None]] = []


def at_end(call: Callable[[], None]) -> None:
    """Have something ended in time.

    Args:
        call: ends it and waits until it has; may be called twice.
    """
    _calls.append(call)


def end_all() -> None:
    """End everything."""
    for call in _calls:
        call()


atexit.register(end_all)
