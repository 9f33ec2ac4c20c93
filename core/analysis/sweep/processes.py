"""A sweep over processes of this machine.

The workers are fresh interpreters, of a lower priority than the caller's: see
`core.analysis.interpreters`.
"""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple

from core.analysis.interpreters import start_interpreter
from core.analysis.sweep.row import SweepRow
from core.analysis.sweep.spec import SweepPoint, SweepSpec
from core.errors import CoreError

ATTEMPTS = 2
"""workers that may die at a point before it is given up"""
LOOK_SECONDS = 0.1
"""between two looks at whether the sweep is cancelled"""
_COMMAND = (sys.executable, "-P", "-m", "core.analysis.sweep.worker")


def rows_over_processes(
    spec: SweepSpec,
    points: Sequence[SweepPoint],
    workers: int,
    cancelled: Callable[[], bool],
    memory: int | None = None,
) -> Iterator[SweepRow]:
    """Measures points on several processes, one thread each.

    Args:
        spec: The sweep.
        points: Of the sweep.
        workers: How many processes, at least 1; no more are started than there are points.
        cancelled: Whether to end early.
        memory: Bytes that each process may take beyond an idle interpreter; None for no limit.

    Yields:
        Rows as they are finished.

    Raises:
        CoreError: A point was refused, or two workers died at it; the rows before stay.
        RuntimeError: The measuring itself failed: a bug.
    """
    todo: queue.SimpleQueue[SweepPoint] = queue.SimpleQueue()
    for point in points:
        todo.put(point)
    done: queue.SimpleQueue[SweepRow | Exception] = queue.SimpleQueue()
    team = [_Worker(spec, todo, done, memory) for _ in range(min(workers, len(points)))]
    try:
        for _ in points:
            outcome = None
            while outcome is None:
                if cancelled():
                    return
                try:
                    outcome = done.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    continue
            if isinstance(outcome, Exception):
                raise outcome
            yield outcome
    finally:
        for worker in team:
            worker.end()


class _Worker:
    """A thread that takes points and has a process of its own measure them."""

    def __init__(
        self,
        spec: SweepSpec,
        todo: "queue.SimpleQueue[SweepPoint]",
        done: "queue.SimpleQueue[SweepRow | Exception]",
        memory: int | None = None,
    ) -> None:
        self._memory = memory
        self._spec, self._todo, self._done = spec, todo, done
        self._ended, self._lock = False, threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="sweep worker", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Kills the process, which holds nothing that is not known here, and waits."""
        with self._lock:
            self._ended = True
            if self._process is not None:
                self._process.kill()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._ended:
                self._done.put(self._measured(self._todo.get_nowait()))
        except queue.Empty:
            return
        except Exception as error:
            self._done.put(error)
        finally:
            self._bury()

    def _measured(self, point: SweepPoint) -> SweepRow:
        status: int | None = None
        for _ in range(ATTEMPTS):
            answer = self._ask(point)
            if answer.endswith(b"\n"):
                return _row(answer, point)
            status = self._bury()
            if self._ended:
                break
        raise CoreError(
            f"`workers`: two processes ended at {point}, with status {status} (-9 is often a lack "
            "of memory; else standard error says more). Give fewer `workers`, or smaller networks "
            "or lengths."
        )

    def _ask(self, point: SweepPoint) -> bytes:
        """The line that the process answers, cut off or empty if it died."""
        try:
            process = self._process or self._started()
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(_line(astuple(point)))
            process.stdin.flush()
            return process.stdout.readline()
        except BrokenPipeError:
            return b""

    def _started(self) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._ended:
                raise queue.Empty
            process = self._process = start_interpreter(_COMMAND)
        assert process.stdin is not None
        process.stdin.write(_line(self._spec.to_dict() | {"memory": self._memory}))
        return process

    def _bury(self) -> int | None:
        """Ends the process for good and gives its exit status."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return None
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:
                pass
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _row(answer: str | bytes, point: SweepPoint) -> SweepRow:
    values = json.loads(answer)
    if "refused" in values:
        raise CoreError(values["refused"])
    if "memory" in values:
        raise CoreError(
            f"{point}: its process needed more memory than it may take. Choose smaller networks, "
            "shorter lengths or fewer kinds of token."
        )
    if "failed" in values:
        raise RuntimeError(f"Measuring {point} failed in a worker:\n{values['failed']}")
    return SweepRow.from_dict(values["row"])
