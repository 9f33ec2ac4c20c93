"""Trains on a text file without the page: `python -m core.learning --help`."""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import torch

from core.errors import CoreError
from core.learning.command import parser, run_from
from core.learning.fitting import require_within_limits
from core.learning.records import Record
from core.learning.result import checkpoint_of_run
from core.learning.run import TrainingRun
from core.learning.storage import load_run, save_run
from core.models import MAX_CHECKPOINT_BYTES, save_checkpoint

REFUSED, INTERRUPTED, STOPPED = 2, 130, 3
_RECORD_BYTES = 1_000_000  # more than the vocabulary and the curves take


def main(arguments: list[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: Of the command line; those of the process if None.

    Returns:
        Exit status: 0 done, 2 refused, 3 the training met a number that is not finite, 130
        interrupted and saved.
    """
    asked = parser().parse_args(arguments)
    try:
        return _train(asked)
    except CoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return REFUSED


def _train(asked: argparse.Namespace) -> int:
    if asked.threads < 1:
        raise CoreError(f"`--threads` (={asked.threads}) must be at least 1.")
    torch.set_num_threads(asked.threads)
    kept = asked.output.with_name(asked.output.name + ".run")
    run = _opened(asked, kept)
    if not asked.quiet:
        _warn_of_large_steps(run)
    with _interruption() as interrupted:
        _follow(run, kept, asked, interrupted)
        if interrupted() and not run.finished:
            print(
                f"Interrupted and saved at step {run.step:,} of {run.total_steps:,}; go on with "
                "the same command and --resume.",
                file=sys.stderr,
            )
            return INTERRUPTED
        _write_checkpoint(asked.output, run)
        kept.unlink(missing_ok=True)
    print(_summary(run, asked.output))
    return STOPPED if run.stopped else 0


def _opened(asked: argparse.Namespace, kept: Path) -> TrainingRun:
    """The run, new or taken up; nothing that exists is lost unless that was asked for."""
    if asked.resume:
        if asked.output.exists() and not kept.exists():
            raise CoreError(
                f"`output` (={str(asked.output)!r}) is already finished: there is nothing to "
                "resume. Use --overwrite to begin anew."
            )
        return load_run(kept)
    for path in (kept, asked.output):
        if path.exists() and not asked.overwrite:
            way_out = "--resume to go on, or --overwrite" if path == kept else "--overwrite"
            raise CoreError(f"`output` ({str(path)!r} exists) must be new: use {way_out}.")
    run = run_from(asked)
    _require_room_for_checkpoint(run)
    save_run(kept, run)  # before the first step, so that a folder that cannot be written shows now
    return run


def _warn_of_large_steps(run: TrainingRun) -> None:
    """Says what the page would refuse; here the machine is the user's own."""
    tokens = len(run.text.train), len(run.text.validation)
    try:
        require_within_limits(run.model_spec, run.training_spec, *tokens)
    except CoreError as error:
        print(f"warning: {error} It goes on; Ctrl-C saves and ends it.", file=sys.stderr)


def _require_room_for_checkpoint(run: TrainingRun) -> None:
    """Refuses before the training what could not be written after it."""
    copies = 1 + len(run.training_spec.snapshots_at)
    size = 4 * run.model_spec.parameter_count * copies + _RECORD_BYTES
    if size > MAX_CHECKPOINT_BYTES:
        raise CoreError(
            f"`snapshots` (={len(run.training_spec.snapshots_at)}) of "
            f"{run.model_spec.parameter_count:,} parameters give a checkpoint of about {size:,} "
            f"bytes, which must be at most {MAX_CHECKPOINT_BYTES:,}: keep fewer, or train a "
            "smaller network."
        )


def _follow(
    run: TrainingRun, kept: Path, asked: argparse.Namespace, interrupted: Callable[[], bool]
) -> None:
    """Takes records until the end or an interruption, and saves now and then."""
    saved = time.monotonic()
    with _progress(run, quiet=asked.quiet) as show:
        for record in run:
            show(record)
            if interrupted():
                break
            if time.monotonic() - saved >= asked.save_every:
                save_run(kept, run)
                saved = time.monotonic()
    save_run(kept, run)


@contextmanager
def _progress(run: TrainingRun, *, quiet: bool) -> Iterator[Callable[[Record], None]]:
    """A bar on standard error, where that is a screen; nothing where tqdm is not installed."""
    try:
        from tqdm import tqdm  # noqa: PLC0415 - the library itself does not need it
    except ImportError:
        yield lambda record: None
        return
    validation = "-"
    with tqdm(
        total=run.total_steps, initial=run.step, unit="step", disable=True if quiet else None
    ) as bar:

        def show(record: Record) -> None:
            nonlocal validation
            if record.validation is not None:
                validation = f"{record.validation.perplexity:.2f}"
            if record.step:
                bar.update()
            if record.perplexity is not None:
                told = f"perplexity {record.perplexity:.2f}, validation {validation}"
                bar.set_postfix_str(told, refresh=False)

        yield show


@contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C or a polite kill came: it is asked between steps, where saving is safe."""
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


def _write_checkpoint(path: Path, run: TrainingRun) -> None:
    save_checkpoint(path, checkpoint_of_run(run))


def _summary(run: TrainingRun, path: Path) -> str:
    spec = run.model_spec
    validated = [record for record in run.history if record.validation is not None]
    lines = [
        f"{spec.cell}, {spec.hidden_size} units, {spec.parameter_count:,} parameters, "
        f"{spec.vocabulary_size} tokens; {run.step:,} of {run.total_steps:,} steps.",
    ]
    if validated:
        first, last = validated[0], validated[-1]
        best = min(validated, key=lambda record: record.validation.loss)  # type: ignore[union-attr]
        assert first.validation and last.validation and best.validation
        lines.append(
            f"Validation perplexity {first.validation.perplexity:.2f} before, "
            f"{last.validation.perplexity:.2f} at step {last.step:,} "
            f"(best {best.validation.perplexity:.2f} at step {best.step:,})."
        )
    if run.stopped:
        lines.append(run.stopped.reason)
    lines.append(f"Written to {path}.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
