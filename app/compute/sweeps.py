"""Sweeps that were run on the page, kept for all sessions.

A sweep runs in processes of its own that go behind the pages, and ends with the page that asked for
it: nothing that a visitor chooses holds this process.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.compute.bounded import Bounded
from app.jobs import Slots
from core.analysis.sweep import SweepRow, SweepSpec
from core.analysis.sweep.processes import rows_over_processes

AT_ONCE = 2
"""sweeps that compute at the same time; the others wait for their turn"""
WORKERS = 2
"""processes of each"""
MOST_BYTES = 1_000_000_000
"""memory of one of them"""
_SLOTS = Slots(AT_ONCE)
MOST_ROWS = 20_000
_tables: Bounded[tuple[SweepRow, ...]] = Bounded(MOST_ROWS, lambda rows: max(1, len(rows)))


def known(spec: SweepSpec) -> tuple[SweepRow, ...] | None:
    """The rows of a sweep that was run before, or None."""
    return _tables.known(spec.digest)


def run(spec: SweepSpec, show: Callable[[int, int, int], None]) -> tuple[SweepRow, ...]:
    """Run it in processes of their own, as soon as it is its turn, and keep its rows.

    Args:
        spec: the sweep.
        show: called several times a second with the rows there are, the points, and how many
            sweeps are before this one; what it raises, as Streamlit does where the page is gone or
            has asked for something else, ends the sweep at once.
    """
    rows: list[SweepRow] = []

    def cancelled() -> bool:
        show(len(rows), len(spec), 0)
        return False

    with _turn(lambda place: show(0, len(spec), place)):
        for row in rows_over_processes(spec, spec.points, WORKERS, cancelled, MOST_BYTES):
            rows.append(row)
    found = tuple(rows)
    _tables.put(spec.digest, found)
    return found


@contextmanager
def _turn(waiting: Callable[[int], None]) -> Iterator[None]:
    """One of the slots; `waiting` is called meanwhile with the sweeps that are before this one."""
    ticket = _SLOTS.ticket()
    try:
        while not _SLOTS.enter(ticket, 0.2):
            waiting(_SLOTS.place(ticket) + 1)
        yield
    finally:
        _SLOTS.leave(ticket)
