"""A network that learns in the background, and what the page shows of it meanwhile."""

import itertools
import threading
import time
from dataclasses import dataclass

from app.jobs import SHARED, Controls, Job, State
from core.errors import CoreError
from core.learning import Record, TrainingRun, TrainingSpec, TrainingText, checkpoint_of_run
from core.learning.decoding import DecodingSpec, decode
from core.models import ModelSpec
from core.models.checkpoints import Checkpoint, Snapshot
from core.text import join_tokens

WRITES_EVERY = 2.0
"""seconds between two samples, at least"""
MOST_WRITING = 0.1
"""share of the time that may go into samples"""
WRITTEN = 140
"""tokens of a sample"""
_RULE = DecodingSpec(temperature=0.8)


@dataclass(frozen=True, eq=False)
class Progress:
    """What a training has told so far; nothing in it changes any more.

    Attributes:
        state: of the job.
        place: jobs before it while it is queued.
        records: all of them.
        sample: what the network wrote last.
        sample_step: after which step it did.
        seconds: spent computing, without pauses and waiting.
        total_steps: of the training; 0 before it begins.
        snapshots: kept so far.
        message: why it ended early, else "".
    """

    state: State
    place: int
    records: tuple[Record, ...]
    sample: str
    sample_step: int
    seconds: float
    total_steps: int
    snapshots: tuple[Snapshot, ...]
    message: str

    @property
    def step(self) -> int:
        """The last step taken."""
        return self.records[-1].step if self.records else 0

    @property
    def seconds_left(self) -> float | None:
        """Until the last step at the present pace, or None."""
        done = self.step
        if not done or self.state not in ("running", "paused", "queued"):
            return None
        return self.seconds / done * (self.total_steps - done)


class LiveTraining:
    """One training in a thread of its own.

    Args:
        model: the network.
        training: how it learns.
        text: what it learns from.
        title: of the text.
        session: of the page that started it.

    Attributes:
        identity: another one for each training of this server.
        job: to pause, resume and stop it.
    """

    _numbers = itertools.count(1)

    def __init__(
        self,
        model: ModelSpec,
        training: TrainingSpec,
        text: TrainingText,
        title: str,
        session: str,
    ) -> None:
        self.model, self.training, self.text, self.title = model, training, text, title
        self.identity = f"{model.digest[:8]}{training.digest[:8]}-{next(self._numbers)}"
        self._lock = threading.Lock()
        self._run: TrainingRun | None = None
        self._records: list[Record] = []
        self._sample, self._sample_step, self._writes_next = "", 0, 0.0
        self._seconds = 0.0
        self.job = Job(self._work, session, SHARED)

    @property
    def progress(self) -> Progress:
        """What there is to show now.

        Raises:
            Exception: what made the thread fail, unless it is a message for the user.
        """
        error = self.job.error
        if error is not None and not isinstance(error, CoreError):
            raise error
        with self._lock:
            run, state = self._run, self.job.state
            stopped = run.stopped if run is not None else None
            if stopped is not None or error is not None:
                state = "failed"
            return Progress(
                state=state,
                place=self.job.place,
                records=tuple(self._records),
                sample=self._sample,
                sample_step=self._sample_step,
                seconds=self._seconds,
                total_steps=run.total_steps if run is not None else 0,
                snapshots=run.snapshots if run is not None else (),
                message=str(error) if error is not None else stopped.reason if stopped else "",
            )

    def checkpoint(self) -> Checkpoint | None:
        """The network as it is, with its snapshots; None while it runs or before it began."""
        if self._run is None or not (self.job.over or self.job.state == "paused"):
            return None
        return checkpoint_of_run(self._run, title=f"trained on {self.title}")

    def _work(self, controls: Controls) -> None:
        controls.go_on()
        run = TrainingRun(self.model, self.training, self.text)
        with self._lock:
            self._run = run
        while True:
            controls.go_on()
            started = time.perf_counter()
            record = next(run, None)
            spent = time.perf_counter() - started
            with self._lock:
                if record is not None:
                    self._records.append(record)
                self._seconds += spent
            if record is None:
                break
            if time.monotonic() > self._writes_next:
                self._write(run)
        self._write(run)

    def _write(self, run: TrainingRun) -> None:
        """Let the network write a little: always from the same beginning and with the same seed."""
        vocabulary, scheme = self.text.vocabulary, self.text.scheme
        begun = time.monotonic()
        if vocabulary is None or scheme is None:
            return
        prefix = self.text.validation[:1].tolist()
        try:
            written = [choice.index for choice in decode(run.model, prefix, WRITTEN, _RULE, seed=7)]
        except CoreError:
            return  # its states overflow: the run itself will say so
        text = join_tokens(vocabulary.decode([*prefix, *written]), scheme)
        took = time.monotonic() - begun
        self._writes_next = begun + max(WRITES_EVERY, took / MOST_WRITING)
        with self._lock:
            self._sample, self._sample_step = text, run.step
