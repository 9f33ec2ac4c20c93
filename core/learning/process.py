"""A training in a process of its own, which can be ended in the middle of a step."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from core.analysis.interpreters import OUT_OF_MEMORY, start_interpreter
from core.errors import CoreError
from core.learning.frames import (
    Frame,
    group_of,
    read_frame,
    record_from_dict,
    stopped_from_dict,
    write_frame,
)
from core.learning.material import TrainingText
from core.learning.records import Record, Stopped
from core.learning.spec import TrainingSpec
from core.learning.state import RunState, run_header, text_tensors
from core.models import ModelSpec
from core.models.checkpoints import Snapshot

SLICE_SECONDS = 0.25
"""for which the process trains before it answers, unless one step takes longer"""
LOOK_SECONDS = 0.05
"""between two looks at whether the training is to end"""
GRACE_SECONDS = 0.5
"""for the step that is being computed when the training is to end; then the process is killed"""
_COMMAND = (sys.executable, "-P", "-m", "core.learning.worker")


@dataclass(frozen=True, slots=True)
class SampleRule:
    """What the network writes now and then while it learns, from the validation text's first token.

    Attributes:
        tokens: How many.
        temperature: Of the choice of each.
        seed: Of the choices.
        seconds: Between two samples, at least; they take at most a tenth of the time.
    """

    tokens: int
    temperature: float = 0.8
    seed: int = 7
    seconds: float = 2.0


class TrainingProcess:
    """A `TrainingRun` in an interpreter of its own, and what it has sent.

        with TrainingProcess(model_spec, training_spec, text, memory=2 * 10**9) as process:
            while process.learn():
                print(process.step)
        checkpoint_of_run(process)

    The same specs give bit for bit the records that a `TrainingRun` on one thread gives. The
    process has a lower priority than the caller's and ends with it, whatever ends that one.
    Nothing but `kill` may be called from another thread; the attributes may be read from any.

    Args:
        model_spec: As of `TrainingRun`.
        training_spec: As of `TrainingRun`.
        text: As of `TrainingRun`.
        dtype: As of `TrainingRun`.
        memory: Bytes that the training may take beyond an idle interpreter; None for no limit. See
            `core.analysis.interpreters.limit_memory` for what enforces it on which system.
        sample: What the network is to write now and then, or None.

    Attributes:
        weights: The newest parameters that were sent, by name; empty before the first.
        snapshots: The weights kept so far.
        stopped: As of `TrainingRun`.
        finished: Whether no further record will come.
        total_steps: Updates of the whole training; 0 while the process starts.
        sample: Indices that the network wrote last; empty before the first.
        sample_step: The step after which it did.
        seconds: Spent on records.
    """

    def __init__(
        self,
        model_spec: ModelSpec,
        training_spec: TrainingSpec,
        text: TrainingText,
        *,
        dtype: torch.dtype = torch.float32,
        memory: int | None = None,
        sample: SampleRule | None = None,
    ) -> None:
        self.model_spec, self.training_spec, self.text = model_spec, training_spec, text
        self.weights: dict[str, Tensor] = {}
        self.snapshots: tuple[Snapshot, ...] = ()
        self.stopped: Stopped | None = None
        self.finished, self.total_steps, self.seconds = False, 0, 0.0
        self.sample: tuple[int, ...] = ()
        self.sample_step = 0
        self._dtype, self._memory, self._rule = dtype, memory, sample
        self._records: list[Record] = []
        self._weights_step = 0
        self._left: RunState | None = None
        self._beginning = True
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()

    def __enter__(self) -> "TrainingProcess":
        return self

    def __exit__(self, *raised: object) -> None:
        self.kill()

    @property
    def step(self) -> int:
        """Updates whose records have come."""
        with self._lock:
            return self._records[-1].step if self._records else 0

    @property
    def history(self) -> tuple[Record, ...]:
        """All records so far, step 0 first."""
        with self._lock:
            return tuple(self._records)

    @property
    def starting(self) -> bool:
        """Whether there is a process that has not begun yet."""
        return self._process is not None and self._beginning

    @property
    def identifier(self) -> int | None:
        """The system's number of the process; None while there is none."""
        process = self._process
        return None if process is None else process.pid

    def learn(
        self, seconds: float = SLICE_SECONDS, ending: Callable[[], bool] = lambda: False
    ) -> bool:
        """Trains for a while, at least one step; starts the process where there is none.

        Args:
            seconds: How long.
            ending: Whether the training is to end now, asked twenty times a second.

        Returns:
            Whether there is more to learn. If `ending` became true, False: the process was given
            half a second to finish its step, and is gone; the attributes are those of the newest
            weights that it sent.

        Raises:
            CoreError: The specs were refused, or the process lacked memory or was ended by the
                system; what it sent before remains.
            RuntimeError: The training itself failed: a bug.
        """
        try:
            if self._process is None and not self._begin(ending):
                return False
            answer = self._ask({"do": "learn", "seconds": seconds}, ending)
        except BaseException:
            self.kill()
            raise
        if answer is not None:
            self._take(*answer)
        if answer is not None and not self.finished and not ending():
            return True
        self.end(idle=answer is not None)
        return False

    def refresh(self) -> None:
        """Fetches the newest weights from a process that is not computing."""
        if self._process is None or self._weights_step == self.step:
            return
        _, tensors = self._ask({"do": "weights"}) or ({}, {})
        self._keep_weights(tensors)

    def leave(self) -> None:
        """Ends an idle process but keeps its state: `learn` goes on from there in another one."""
        if self._process is None or self.finished:
            return
        message, tensors = self._ask({"do": "state"}) or ({}, {})
        self._left = RunState(message["state"], tensors)
        self._keep_weights(group_of(tensors, "weights"), named=True)
        self._bury()

    def end(self, *, idle: bool = True) -> None:
        """Ends the process for good; with the newest weights if it is not computing."""
        try:
            if idle:
                self.refresh()
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends the process at once and goes back to the newest weights that it sent."""
        self._bury()
        self._left = None
        with self._lock:
            step = self._weights_step
            while self._records and self._records[-1].step > step:
                self._records.pop()
            self.snapshots = tuple(kept for kept in self.snapshots if kept.step <= step)

    def _begin(self, ending: Callable[[], bool]) -> bool:
        """Starts the process with the specs, or the state that was left; False to end instead."""
        state = self._left
        if state is None:
            header = run_header(self.model_spec, self.training_spec, self.text, self._dtype)
            state = RunState(header, text_tensors(self.text))
        rule = None if self._rule is None else asdict(self._rule)
        message = {
            "state": state.header, "resumed": self._left is not None, "memory": self._memory,
            "sample": rule,
        }  # fmt: skip
        self._answers, self._beginning = queue.SimpleQueue(), True
        process = start_interpreter(_COMMAND)
        with self._lock:
            self._process = process
        threading.Thread(
            target=_listen, args=(process, self._answers), name="training answers", daemon=True
        ).start()
        answer = self._ask(message, ending, tensors=state.tensors)
        if answer is None:
            self.kill()
            return False
        self._left, self._beginning = None, False
        message, tensors = answer
        self.total_steps = message["total_steps"]
        self._keep_weights(tensors)
        return True

    def _ask(
        self,
        question: dict[str, Any],
        ending: Callable[[], bool] = lambda: False,
        tensors: dict[str, Tensor] | None = None,
    ) -> Frame | None:
        """The answer to a question; None if the training is to end and no answer came in time."""
        process = self._process
        assert process is not None and process.stdin is not None
        try:
            write_frame(process.stdin, question, tensors)
        except (OSError, ValueError):
            pass  # the process is gone: the end of its answers says so
        deadline: float | None = None
        while deadline is None or time.monotonic() < deadline:
            try:
                answer = self._answers.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if deadline is None and ending():
                    deadline = time.monotonic() + GRACE_SECONDS
                continue
            if answer is None:
                raise _death(self._bury(GRACE_SECONDS), self._memory)
            return self._understood(answer)
        return None

    def _understood(self, answer: Frame) -> Frame:
        message, _ = answer
        if "refused" in message:
            raise CoreError(message["refused"])
        if "failed" in message:
            raise RuntimeError(f"The training failed in its process:\n{message['failed']}")
        if "memory" in message:
            raise _death(OUT_OF_MEMORY, self._memory)
        return answer

    def _take(self, message: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """Keeps what a process answered."""
        records = [record_from_dict(each) for each in message["records"]]
        snapshots = [
            Snapshot(step, group_of(tensors, f"snapshot.{place}"), perplexity)
            for place, (step, perplexity) in enumerate(message["snapshots"])
        ]
        with self._lock:
            self._records += records
            self.snapshots += tuple(snapshots)
            self.seconds += message["seconds"]
        if message.get("sample"):
            self.sample, self.sample_step = tuple(message["sample"]), self.step
        self._keep_weights(tensors)
        self.stopped = stopped_from_dict(message["stopped"])
        self.finished = message["finished"]

    def _keep_weights(self, tensors: dict[str, Tensor], *, named: bool = False) -> None:
        weights = tensors if named else group_of(tensors, "weights")
        if weights:
            with self._lock:
                self.weights = weights
                self._weights_step = self._records[-1].step if self._records else 0

    def _bury(self, seconds: float = 0.0) -> int | None:
        """Ends the process, which may take some seconds to end itself, and gives its status."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return None
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        assert process.stdin is not None
        try:
            process.stdin.close()
        except OSError:
            pass
        return status


def _listen(process: "subprocess.Popen[bytes]", answers: "queue.SimpleQueue[Frame | None]") -> None:
    assert process.stdout is not None
    with process.stdout as stream:
        while (frame := read_frame(stream)) is not None:
            answers.put(frame)
    answers.put(None)


def _death(status: int | None, memory: int | None) -> CoreError:
    """Why a process ended that was not asked to."""
    if status == OUT_OF_MEMORY:
        most = "there is" if memory is None else f"the {memory / 1e6:,.0f} MB that it may take"
        return CoreError(
            f"The training needed more memory than {most}, and was ended. Make the batch "
            "smaller, the windows shorter, or the network smaller."
        )
    return CoreError(
        f"The process of the training was ended by the system (status {status}; a lack of memory "
        "is the usual cause). Make the batch smaller, the windows shorter, or the network smaller."
    )
