"""A training in a process of its own, which can be ended in the middle of a step."""

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from core.learning.frames import (
    group_of,
    record_from_dict,
    stopped_from_dict,
)
from core.learning.interpreter import Interpreter
from core.learning.material import TrainingText
from core.learning.records import Record, Stopped
from core.learning.spec import TrainingSpec
from core.learning.state import RunState, run_header, text_tensors
from core.models import ModelSpec
from core.models.checkpoints import Snapshot

SLICE_SECONDS = 0.25
"""for which the process trains before it answers, unless one step takes longer"""


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
        self._interpreter = Interpreter(memory)

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
        return self._interpreter.there and self._beginning

    @property
    def identifier(self) -> int | None:
        """The system's number of the process; None while there is none."""
        return self._interpreter.identifier

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
            if not self._interpreter.there and not self._begin(ending):
                return False
            answer = self._interpreter.ask({"do": "learn", "seconds": seconds}, ending)
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
        if not self._interpreter.there or self._weights_step == self.step:
            return
        _, tensors = self._interpreter.ask({"do": "weights"}) or ({}, {})
        self._keep_weights(tensors)

    def leave(self) -> None:
        """Ends an idle process but keeps its state: `learn` goes on from there in another one."""
        if not self._interpreter.there or self.finished:
            return
        message, tensors = self._interpreter.ask({"do": "state"}) or ({}, {})
        self._left = RunState(message["state"], tensors)
        self._keep_weights(group_of(tensors, "weights"), named=True)
        self._interpreter.bury()

    def end(self, *, idle: bool = True) -> None:
        """Ends the process for good; with the newest weights if it is not computing."""
        try:
            if idle:
                self.refresh()
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends the process at once and goes back to the newest weights that it sent."""
        self._interpreter.bury()
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
        self._beginning = True
        self._interpreter.start()
        answer = self._interpreter.ask(message, ending, tensors=state.tensors)
        if answer is None:
            self.kill()
            return False
        self._left, self._beginning = None, False
        message, tensors = answer
        self.total_steps = message["total_steps"]
        self._keep_weights(tensors)
        return True

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
