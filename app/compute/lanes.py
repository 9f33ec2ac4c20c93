"""Who computes when: a lane for short work that long work cannot fill, and one for long work.

A job runs in a thread of its own. Short jobs are let in in the order they came, a few at a time;
long ones likewise, so many that a core stays free, and never two of one session. What was taken for
short and is not makes room: at its next turn it waits for a place among the long ones. Sessions
that ask for the same share one job; a job that nobody waits for any more ends inside its loops (see
`core.progress`).
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Literal

from app.server.ending import at_end
from core.progress import Cancelled, watched

__all__ = ["OVERDUE", "SHARED", "SHORT", "Job", "Lanes", "inside"]

Lane = Literal["short", "long"]
SHORT = 1.0
"""seconds of estimated work up to which it is short"""
OVERDUE = 3.0
"""seconds of processor time after which a short job was none"""
GRACE = 1.0
"""seconds for which a job goes on that nobody waits for: the page may ask for it again"""
_LOOK = 0.05  # seconds between two looks at who is waiting
_NICE = 10  # of 19, for threads with long work, where the platform has priorities of threads

_inside: ContextVar[bool] = ContextVar("inside", default=False)


def inside() -> bool:
    """Whether the caller is itself a job: it then computes what it needs, and waits for nobody."""
    return _inside.get()


class Job:
    """One computation, and who waits for it; made by `Lanes.join`.

    Attributes:
        key: everything the result depends on.
        lane: "short" or "long"; a job that is overdue changes to "long".
        share: of the work that is done, 0 to 1.
    """

    def __init__(self, lanes: "Lanes", key: Hashable, run: Callable[[], Any], lane: Lane) -> None:
        self.key, self.lane, self.share = key, lane, 0.0
        self._lanes, self._run = lanes, run
        self._value: Any = None
        self._error: BaseException | None = None
        self._over, self._turn = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._started: float | None = None
        self._next_look = 0.0
        # What follows belongs to the lanes, under their lock.
        self.waiting: list[str] = []
        self.last, self.left = "", 0.0
        self.ended = False

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is over; whether it is."""
        return self._over.wait(seconds)

    def result(self) -> Any:
        """What it gave, once it is over.

        Raises:
            Exception: What the computation raised; `Cancelled` if it was ended.
        """
        if self._error is not None:
            raise self._error
        return self._value

    @property
    def seconds(self) -> float | None:
        """For how long it has been running; None while it waits for its first turn."""
        return None if self._started is None else time.monotonic() - self._started

    @property
    def place(self) -> int:
        """How many jobs of its lane are before it; 0 if it is next, or runs."""
        return self._lanes.place(self)

    def begin(self) -> None:
        """It is its turn; called by the lanes under their lock."""
        self._turn.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="lane", daemon=True)
            self._thread.start()

    def never_begins(self) -> None:
        """Nobody waits for it any more; called by the lanes under their lock."""
        self._error, self._run = Cancelled(), _nothing
        self._over.set()

    def join(self, seconds: float) -> None:
        """Wait until its thread has ended."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _work(self) -> None:
        _inside.set(True)
        self._started = time.monotonic()
        if self.lane == "long":
            _give_way()
        try:
            with watched(self._watch):
                self._value = self._run()
        except BaseException as error:  # whoever waits for it shows it: a thread has nobody to tell
            self._error = error
        finally:
            self._lanes.leave_lane(self)
            self._run = _nothing  # frees what it was to compute with
            self._over.set()

    def _watch(self, share: float | None) -> None:
        if share is not None and share > self.share:
            self.share = share
        if self.ended:
            raise Cancelled
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK
        self._lanes.review(self, now)
        if self.lane == "short" and time.thread_time() > OVERDUE:
            self._turn.clear()
            self._lanes.make_room(self)
            _give_way()
            while not self._turn.wait(_LOOK):
                self._lanes.review(self, time.monotonic())


class Lanes:
    """The two lanes of a server.

    Args:
        short: short jobs that run at the same time, at least 1.
        long: long ones; by default as many as leave a core free, 1 to 4.
    """

    def __init__(self, short: int = 2, long: int | None = None) -> None:
        cores = os.cpu_count() or 1
        self._most = {"short": short, "long": long or min(4, max(1, cores - 1))}
        self._lock = threading.RLock()
        self._queue: list[Job] = []
        self._running: list[Job] = []

    def join(self, key: Hashable, run: Callable[[], Any], seconds: float, session: str) -> Job:
        """Ask for a computation: the job that makes it already, or a new one.

        Whoever joins calls `leave` afterwards. What the session asked for before, and nobody waits
        for now, ends.

        Args:
            key: everything the result depends on.
            run: computes it; in the job's thread.
            seconds: an estimate, which decides the lane.
            session: who asks; another name for each that has a right to a turn of its own.
        """
        with self._lock:
            for job in (*self._queue, *self._running):
                if job.key != key and not job.waiting and job.last == session:
                    job.ended = True
            same = (j for j in (*self._queue, *self._running) if j.key == key and not j.ended)
            job = next(same, None)
            if job is None:
                job = Job(self, key, run, "short" if seconds <= SHORT else "long")
                self._queue.append(job)
            job.waiting.append(session)
            self._dispatch()
            return job

    def leave(self, job: Job, session: str) -> None:
        """Wait no more; without anybody it goes on for a moment, and ends."""
        with self._lock:
            job.waiting.remove(session)
            job.last, job.left = session, time.monotonic()
            self._dispatch()

    def end(self, key: Hashable) -> None:
        """End a job at once, unless somebody waits for it."""
        with self._lock:
            for job in (*self._queue, *self._running):
                if job.key == key and not job.waiting:
                    job.ended = True
            self._dispatch()

    def end_all(self) -> None:
        """At shutdown: end every job; a thread inside torch must not be cut off."""
        with self._lock:
            jobs = [*self._queue, *self._running]
            for job in jobs:
                job.ended = True
            self._dispatch()
        for job in jobs:
            job.join(5)

    def place(self, job: Job) -> int:
        """How many jobs of its lane are let in before this one."""
        with self._lock:
            if job not in self._queue:
                return 0
            before = self._queue[: self._queue.index(job)]
            return sum(other.lane == job.lane and bool(other.waiting) for other in before)

    def review(self, job: Job, now: float) -> None:
        """From the job's thread: end it if it was ended or nobody waits for it.

        Raises:
            Cancelled: it is to end.
        """
        with self._lock:
            if not job.waiting and now - job.left > GRACE:
                job.ended = True
            if job.ended:
                raise Cancelled

    def make_room(self, job: Job) -> None:
        """From the job's thread: it is overdue, and goes to the end of the long ones."""
        with self._lock:
            self._running.remove(job)
            job.lane = "long"
            self._queue.append(job)
            self._dispatch()

    def leave_lane(self, job: Job) -> None:
        """From the job's thread: it is over."""
        with self._lock:
            for jobs in (self._running, self._queue):
                if job in jobs:
                    jobs.remove(job)
            self._dispatch()

    def _dispatch(self) -> None:
        """Let in whoever may; under the lock."""
        now = time.monotonic()
        for job in list(self._queue):
            gone = not job.waiting and now - job.left > GRACE
            if (gone or job.ended) and job.seconds is None:
                self._queue.remove(job)
                job.never_begins()
        for job in list(self._queue):
            inside = [other for other in self._running if other.lane == job.lane]
            if len(inside) < self._most[job.lane] and self._may(job):
                self._queue.remove(job)
                self._running.append(job)
                job.begin()

    def _may(self, job: Job) -> bool:
        """Whether somebody waits for it who has no long job running."""
        if job.lane == "short":
            return bool(job.waiting)
        served = {each for other in self._running if other.lane == "long" for each in other.waiting}
        return any(session not in served for session in job.waiting)


def _give_way() -> None:
    """Let this thread's long work wait for all other work of the machine."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _nothing() -> None:
    """What a job that is over would run."""


SHARED = Lanes()
"""the lanes of this server"""
at_end(SHARED.end_all)
