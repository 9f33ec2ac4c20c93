"""Work in the background: one job a session, a few at a time on the whole server, in fair order.

A job's thread never calls Streamlit. It asks `Controls.go_on` between two steps, which waits while
the job is paused or queued, and ends it when it was stopped, when its session is gone, or when the
server shuts down. A job whose steps take long has a process compute them, asks `Controls.ending`
while it waits for one, and kills the process.
"""

import atexit
import itertools
import threading
import time
from collections.abc import Callable
from typing import Literal

from streamlit.runtime import Runtime

State = Literal["queued", "running", "paused", "stopped", "finished", "failed"]
AT_ONCE = 2
"""jobs that compute at the same time; the others wait for their turn"""
ABANDONED = 20.0
"""seconds that a closed page may take to come back before its job is ended"""
_LOOKED = 1.0  # seconds between two looks at the session
_OVER = ("stopped", "finished", "failed")


class Ended(Exception):
    """Raised in a job's thread: it is to end now."""


class Slots:
    """So many may go on at once; the others are let in in the order they came.

    Args:
        most: how many, at least 1.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._changed = threading.Condition()
        self._waiting: list[int] = []
        self._inside: set[int] = set()
        self._tickets = itertools.count()

    def ticket(self) -> int:
        """A place at the end of the queue."""
        with self._changed:
            ticket = next(self._tickets)
            self._waiting.append(ticket)
            return ticket

    def enter(self, ticket: int, seconds: float) -> bool:
        """Wait for a turn, for a while.

        Args:
            ticket: from `ticket`.
            seconds: how long.

        Returns:
            whether it is this ticket's turn now.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._next(ticket), seconds):
                return False
            self._waiting.remove(ticket)
            self._inside.add(ticket)
            self._changed.notify_all()
            return True

    def leave(self, ticket: int) -> None:
        """Give the turn, or the place in the queue, back."""
        with self._changed:
            self._inside.discard(ticket)
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            self._changed.notify_all()

    def place(self, ticket: int) -> int:
        """How many are let in before this one; 0 if it is next or inside."""
        with self._changed:
            return self._waiting.index(ticket) if ticket in self._waiting else 0

    def _next(self, ticket: int) -> bool:
        free = self._most - len(self._inside)
        return ticket in self._waiting[: max(free, 0)]


class Controls:
    """What a job's own thread sees of it."""

    def __init__(self, job: "Job") -> None:
        self._job = job

    def go_on(self, paused: Callable[[float], None] | None = None) -> None:
        """Between two steps: wait if the job is paused or queued.

        Args:
            paused: called with 0 before the job's state says that it is paused, and then now and
                then with the seconds since.

        Raises:
            Ended: the job was stopped, its session is gone, or the server ends.
        """
        self._job._wait_for_turn(paused or (lambda seconds: None))

    def ending(self) -> bool:
        """Whether `go_on` would raise `Ended`; to be asked while a step is computed elsewhere."""
        return self._job._ends()


class Job:
    """One piece of work in a thread of its own.

    Args:
        work: is given the controls; what it raises is kept as `error`.
        session: of the page that started it; "" for none.
        slots: that it shares with the other jobs.

    Attributes:
        error: what ended a failed job, or None.
    """

    def __init__(self, work: Callable[[Controls], None], session: str, slots: Slots) -> None:
        self.error: Exception | None = None
        self._work, self._session, self._slots = work, session, slots
        self._ticket: int | None = slots.ticket()
        self._inside = False
        self._state: State = "queued"
        self._changed = threading.Condition()
        self._asked: Literal["run", "pause", "stop"] = "run"
        self._seen = self._looked = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="job", daemon=True)
        _alive.add(self)
        self._thread.start()

    @property
    def state(self) -> State:
        """What it does now."""
        return self._state

    @property
    def over(self) -> bool:
        """Whether it will do nothing more."""
        return self._state in _OVER

    @property
    def place(self) -> int:
        """Jobs that are let in before this one, while it is queued."""
        ticket = self._ticket
        return 0 if ticket is None else self._slots.place(ticket)

    def pause(self) -> None:
        """Stop after the present step, for now; another job may use the time."""
        self._ask("pause")

    def resume(self) -> None:
        """Go on, at the end of the queue if others wait."""
        self._ask("run")

    def stop(self) -> None:
        """End after the present step."""
        self._ask("stop")

    def join(self, seconds: float) -> bool:
        """Wait until it is over; whether it is."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _ask(self, wish: Literal["run", "pause", "stop"]) -> None:
        with self._changed:
            if self._asked != "stop":
                self._asked = wish
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            self._work(Controls(self))
            self._state = "finished"
        except Ended:
            self._state = "stopped"
        except Exception as error:  # the page shows it: a thread has nobody to tell
            self.error = error
            self._state = "failed"
        finally:
            self._leave()
            _alive.discard(self)

    def _wait_for_turn(self, paused: Callable[[float], None]) -> None:
        since: float | None = None
        while True:
            if self._ends():
                raise Ended
            if self._asked == "pause":
                since = time.monotonic() if since is None else since
                paused(0.0 if self._state != "paused" else time.monotonic() - since)
                self._leave()
                self._state = "paused"
                with self._changed:
                    self._changed.wait_for(lambda: self._asked != "pause", _LOOKED)
            elif self._inside:
                self._state = "running"
                return
            else:
                self._state = "queued"
                if self._ticket is None:
                    self._ticket = self._slots.ticket()
                self._inside = self._slots.enter(self._ticket, 0.2)

    def _ends(self) -> bool:
        return self._asked == "stop" or self._abandoned()

    def _leave(self) -> None:
        if self._ticket is not None:
            self._slots.leave(self._ticket)
        self._ticket, self._inside = None, False

    def _abandoned(self) -> bool:
        """Whether nobody has looked at the session for a while."""
        now = time.monotonic()
        if now - self._looked >= _LOOKED:
            self._looked = now
            if _is_open(self._session):
                self._seen = now
        return now - self._seen > ABANDONED


def _is_open(session: str) -> bool:
    if not session or not Runtime.exists():
        return True
    return Runtime.instance().is_active_session(session)


_alive: set[Job] = set()


def end_all() -> None:
    """At shutdown: end every job; a thread inside torch must not be cut off."""
    for job in list(_alive):
        job.stop()
    for job in list(_alive):
        job.join(5)


atexit.register(end_all)
SHARED = Slots(AT_ONCE)
"""the slots of this server"""
