"""A sweep without the page: `python -m core.analysis.sweep --help`."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import torch

from core.analysis.sweep.command import parser, spec_from
from core.analysis.sweep.running import run_sweep
from core.analysis.sweep.table import sweep_table
from core.errors import CoreError
from core.models.checkpoints import replace_file

REFUSED, INTERRUPTED = 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: Of the command line; those of the process if None.

    Returns:
        Exit status: 0 done, 2 refused or failed, 130 interrupted.
    """
    asked = parser().parse_args(arguments)
    try:
        return _sweep(asked)
    except CoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return REFUSED


def _sweep(asked: argparse.Namespace) -> int:
    torch.set_num_threads(1)  # as every worker does, so that the rows are the same
    spec = spec_from(asked)
    with _interruption() as interrupted, _progress(quiet=asked.quiet) as show:
        rows = run_sweep(
            spec,
            workers=asked.workers,
            cluster=asked.cluster,
            store=asked.store,
            progress=show,
            cancelled=interrupted,
        )
        table = sweep_table(spec, rows)
    if table.missing:
        way_out = "go on with the same command" if asked.store else "use --store to keep rows"
        print(
            f"Interrupted after {len(table.rows):,} of {len(spec):,} points; {way_out}.",
            file=sys.stderr,
        )
        return INTERRUPTED
    if asked.csv:
        replace_file(asked.csv, table.to_csv().encode())
    print(table.to_markdown(), end="")
    return 0


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where that is a screen; nothing where tqdm is not installed."""
    try:
        from tqdm import tqdm  # noqa: PLC0415 - the library itself does not need it
    except ImportError:
        yield lambda done, total: None
        return
    with tqdm(unit="point", disable=True if quiet else None) as bar:

        def show(done: int, total: int) -> None:
            if bar.total is None:  # what was known before says nothing about the speed
                bar.total, bar.initial, bar.n = total, done, done
                bar.refresh()
            else:
                bar.update(done - bar.n)

        yield show


@contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or a polite kill came: it is asked between points, where ending is safe."""
    asked_to_stop = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked_to_stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
