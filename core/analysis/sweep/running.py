"""Runs a sweep: in this process, over several, or over a cluster, from where it was left."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from core.analysis.sweep.cluster import require_distributed, rows_over_cluster
from core.analysis.sweep.processes import rows_over_processes
from core.analysis.sweep.row import SweepRow, measure
from core.analysis.sweep.spec import SweepPoint, SweepSpec
from core.analysis.sweep.storage import SweepStore
from core.errors import CoreError

MAX_WORKERS = 256

Cancelled = Callable[[], bool]
Route = Callable[[Sequence[SweepPoint], Cancelled], Iterator[SweepRow]]


def run_sweep(
    spec: SweepSpec,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    store: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Cancelled | None = None,
) -> Iterator[SweepRow]:
    """Measures every point of a sweep; the same rows on every route, in the order they finish.

    The rows are bit for bit the same on one machine with one PyTorch: worker processes, and Dask's
    as they come, compute on one thread each, and this process should too
    (`torch.set_num_threads(1)`); with more, or on another kind of processor, the last digits may
    differ. Works from any thread, in notebooks and in servers: no worker runs the caller's script.

    Args:
        spec: What to measure.
        workers: Processes on this machine, 0 to 256; None, 0 and 1 measure in this process.
        cluster: Address of a Dask scheduler to use instead; needs the package distributed.
        store: File that keeps each row at once. If it exists, its rows come first, and only the
            other points are measured: so a sweep killed at any moment goes on where it was.
        progress: Called with the rows known and the points of the sweep, once at the start and
            after each row.
        cancelled: Asked ten times a second (in this process: before each point); when true, the
            iterator ends. Closing the iterator ends the sweep too.

    Returns:
        An iterator of rows, one for each point: see `sweep_table`. Nothing is measured before it is
        asked for the first.

    Raises:
        CoreError: An argument is refused, `store` cannot be used or is of another sweep, the
            cluster cannot be reached; or, from the iterator, workers died at a point or the
            cluster was lost: rows that came before are in the store.
    """
    count = 0 if workers is None else workers
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_WORKERS:
        raise CoreError(f"`workers` (={workers!r}) must be a whole number from 0 to {MAX_WORKERS}.")
    if cluster is not None:
        if workers is not None:
            raise CoreError(
                f"`workers` (={workers}) and `cluster` (={cluster!r}) exclude each other: leave "
                "one out."
            )
        require_distributed()
    kept = None if store is None else SweepStore(store, spec)
    return _rows(spec, _route(spec, count, cluster), kept, progress, cancelled or (lambda: False))


def _route(spec: SweepSpec, workers: int, cluster: str | None) -> Route:
    if cluster is not None:
        return lambda points, cancelled: rows_over_cluster(spec, points, cluster, cancelled)
    if workers > 1:
        return lambda points, cancelled: rows_over_processes(spec, points, workers, cancelled)
    return lambda points, cancelled: _rows_here(spec, points, cancelled)


def _rows_here(
    spec: SweepSpec, points: Sequence[SweepPoint], cancelled: Cancelled
) -> Iterator[SweepRow]:
    for point in points:
        if cancelled():
            return
        yield measure(spec, point)


def _rows(
    spec: SweepSpec,
    route: Route,
    kept: SweepStore | None,
    progress: Callable[[int, int], None] | None,
    cancelled: Cancelled,
) -> Iterator[SweepRow]:
    known = () if kept is None else kept.rows
    count, total = len(known), len(spec)
    tell = progress or (lambda done, total: None)
    tell(count, total)
    yield from known
    measured = {row.point for row in known}
    left = [point for point in spec.points if point not in measured]
    if not left:
        return
    with kept or nullcontext():
        for row in route(left, cancelled):
            if kept is not None:
                kept.add(row)
            count += 1
            tell(count, total)
            yield row
