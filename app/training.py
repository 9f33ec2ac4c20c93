"""A network that learns in the background, and what the page shows of it meanwhile."""

import itertools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.jobs import SHARED, Controls, Ended, Job, State
from core.errors import CoreError
from core.learning import (
    Record,
    SampleRule,
    StepLimits,
    Stopped,
    TrainingProcess,
    TrainingSpec,
    TrainingText,
    checkpoint_of_run,
    thinned_to_fit,
)
from core.models import ModelSpec
from core.models.checkpoints import Checkpoint, Snapshot
from core.text import join_tokens

WRITTEN = 140
"""tokens of a sample"""
IDLE = 20.0
"""seconds that a paused training may keep its process; after that only its state is kept"""
BEYOND = 1.5
"""memory that a training may really take over what the limit allows its estimate"""
_ON_SCREEN = {
    "learning_rate": "the learning rate",
    "clip_threshold": "the threshold θ",
    "clip": "“Clip gradients”",
}
"""what the arguments that the library's messages name are called on the page"""


def limits_of(environment: Mapping[str, str] = os.environ) -> StepLimits:
    """What a step of a training may take on this server.

    Args:
        environment: UNROLLED_STEP_GB and UNROLLED_STEP_SECONDS, numbers above 0, set the limits;
            what is absent or no such number leaves 2 GB and 20 seconds.
    """
    usual = StepLimits()
    gigabytes = _positive(environment.get("UNROLLED_STEP_GB"), usual.bytes / 1e9)
    seconds = _positive(environment.get("UNROLLED_STEP_SECONDS"), usual.seconds)
    return StepLimits(int(gigabytes * 1e9), seconds)


def _positive(given: str | None, otherwise: float) -> float:
    try:
        value = float(given or "")
    except ValueError:
        return otherwise
    return value if 0 < value < 1e6 else otherwise


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
        starting: whether its process is still loading the library.
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
    starting: bool = False

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
    """One training, in a process of its own that a thread of this one looks after.

    Args:
        model: the network.
        training: how it learns.
        text: what it learns from.
        title: of the text.
        session: of the page that started it.
        limits: what a step may take; its process is ended well above them. None for no limit.
        notes: sentences that stay with the network.

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
        limits: StepLimits | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.model, self.training, self.text, self.title = model, training, text, title
        self.identity = f"{model.digest[:8]}{training.digest[:8]}-{next(self._numbers)}"
        written = text.vocabulary is not None and text.scheme is not None
        memory = None if limits is None else int(BEYOND * limits.bytes)
        self._notes = notes
        self._process = TrainingProcess(
            model, training, text, memory=memory, sample=SampleRule(WRITTEN) if written else None
        )
        self._checkpoint: tuple[int, Checkpoint] | None = None
        self._file: tuple[Checkpoint, Checkpoint | None] | None = None
        self.job = Job(self._work, session, SHARED)

    @property
    def progress(self) -> Progress:
        """What there is to show now.

        Raises:
            Exception: what made the thread fail, unless it is a message for the user.
        """
        error, process = self.job.error, self._process
        if error is not None and not isinstance(error, CoreError):
            raise error
        state, stopped = self.job.state, process.stopped
        if stopped is not None or error is not None:
            state = "failed"
        return Progress(
            state=state,
            place=self.job.place,
            records=process.history,
            sample=self._sample(),
            sample_step=process.sample_step,
            seconds=process.seconds,
            total_steps=process.total_steps,
            snapshots=process.snapshots,
            message=_told(error, stopped),
            starting=state == "running" and process.starting,
        )

    def checkpoint(self) -> Checkpoint | None:
        """The network as it is, with its snapshots; None while it runs or before it began."""
        process = self._process
        if not process.weights or not (self.job.over or self.job.state == "paused"):
            return None
        step = process.step
        if self._checkpoint is None or self._checkpoint[0] != step:
            title = f"trained on {self.title}"
            self._checkpoint = step, checkpoint_of_run(process, title=title, notes=self._notes)
        return self._checkpoint[1]

    def file(self) -> Checkpoint | None:
        """What a file has room for of `checkpoint`; None where that is nothing."""
        whole = self.checkpoint()
        if whole is None:
            return None
        if self._file is None or self._file[0] is not whole:
            self._file = whole, thinned_to_fit(whole)
        return self._file[1]

    def _work(self, controls: Controls) -> None:
        controls.go_on()
        with self._process as process:
            try:
                while process.learn(ending=controls.ending):
                    controls.go_on(self._paused)
                if not process.finished:
                    controls.go_on()  # raises: it was stopped in the middle of a step
            except Ended:
                process.end()
                raise

    def _paused(self, seconds: float) -> None:
        """Bring what can be looked into up to date; later end the process, which takes memory."""
        self._process.refresh()
        if seconds > IDLE:
            self._process.leave()

    def _sample(self) -> str:
        """What the network wrote last, as text."""
        vocabulary, scheme = self.text.vocabulary, self.text.scheme
        if vocabulary is None or scheme is None:
            return ""
        return join_tokens(vocabulary.decode(self._process.sample), scheme)


def _told(error: Exception | None, stopped: Stopped | None) -> str:
    """Why it ended early, without the names that the library has for its arguments."""
    message = str(error) if error is not None else stopped.reason if stopped else ""
    for name, on_screen in _ON_SCREEN.items():
        message = re.sub(rf"`{name}` \(='?([^)']*)'?\)", rf"{on_screen} (\1)", message)
    return message.replace("to 'norm'", "to “by global norm”")
