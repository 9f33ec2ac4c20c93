"""Sweeps that were run on the page, kept for all sessions."""

from collections.abc import Callable

from app.compute.bounded import Bounded
from core.analysis.sweep import SweepRow, SweepSpec, run_sweep

MOST_ROWS = 20_000
_tables: Bounded[tuple[SweepRow, ...]] = Bounded(MOST_ROWS, lambda rows: max(1, len(rows)))


def known(spec: SweepSpec) -> tuple[SweepRow, ...] | None:
    """The rows of a sweep that was run before, or None."""
    return _tables.known(spec.digest)


def run(spec: SweepSpec, progress: Callable[[int, int], None]) -> tuple[SweepRow, ...]:
    """Run it here, one network after the other, and keep its rows."""
    rows = tuple(run_sweep(spec, workers=1, progress=progress))
    _tables.put(spec.digest, rows)
    return rows
