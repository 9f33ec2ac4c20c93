"""How a page waits for a computation: what it costs, how far it is, its place in the queue, Cancel.

While it waits nothing is lost: a control that is touched, another page, a closed tab or Cancel ends
the wait at once, and the computation with it if nobody else waits for the same.
"""

import hashlib
import math
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import state
from app.compute.lanes import SHARED, SHORT, Job
from app.messages import NotNow
from app.theme import plural
from core.progress import Cancelled

__all__ = ["Asked", "computed", "duration"]

PATIENCE = 60.0
"""seconds up to which work begins by itself; what takes longer is asked for with a button"""
SOON, TICK = 0.5, 0.3
"""seconds after which waiting shows, and between two looks"""
ANSWERS = 50
"""of a session that are remembered: which work it cancelled, and which it asked for"""


@dataclass(frozen=True, eq=False)
class Asked:
    """One computation that a page needs.

    Attributes:
        key: everything the result depends on.
        run: computes it.
        seconds: an estimate.
    """

    key: Hashable
    run: Callable[[], Any]
    seconds: float


def computed(
    asked: Sequence[Asked], about: str, plan: Hashable = None, *, begin: bool = False
) -> list[Any]:
    """Have all of it computed, one after the other, and wait for it.

    Args:
        asked: the parts.
        about: what computes, as it stands after "This takes about 20 s:"; "" for nothing.
        plan: what all parts belong to; their keys if None.
        begin: whether the user has just asked for it, so that it begins whatever it costs.

    Raises:
        NotNow: the user cancelled it, or has not asked for something that takes long.
        Exception: what the computation raised.
    """
    session = state.session()
    total = sum(each.seconds for each in asked)
    if not session:  # a download, which Streamlit computes in a thread of its own
        waiter = f"thread {threading.get_ident()}"
        return [_awaited(each, total, waiter, lambda _: None) for each in asked]
    name = _name_of(plan if plan is not None else tuple(each.key for each in asked))
    cancelled = _answers().get(name)
    if not begin and (cancelled or (total > PATIENCE and cancelled is None)):
        _offer(name, total, about, bool(cancelled))
        raise NotNow
    notice, results = _Notice(name, asked, about), []
    try:
        for place, each in enumerate(asked):
            notice.part = place
            results.append(_awaited(each, total, session, notice.show))
    except Cancelled:
        raise NotNow from None
    notice.clear()
    return results


def duration(seconds: float) -> str:
    """A time as people say it: 8 s, 40 s, 3 min, 2 h; two digits are more than an estimate has."""
    if seconds < 90:
        return f"{max(1, _rounded(seconds))} s"
    if seconds < 5400:
        return f"{_rounded(seconds / 60)} min"
    return f"{_rounded(seconds / 3600)} h"


def _rounded(value: float) -> int:
    step = 5 if value >= 20 else 1
    return step * math.ceil(value / step)


def _awaited(asked: Asked, total: float, session: str, show: Callable[[Job], None]) -> Any:
    # By the whole it belongs to: many short parts one after the other are long work.
    job = SHARED.join(asked.key, asked.run, total, session)
    try:
        if total > SHORT:
            show(job)
        while not job.wait(TICK):
            show(job)
    finally:
        SHARED.leave(job, session)
    return job.result()


class _Notice:
    """A line with a bar and Cancel, from the moment on at which waiting is worth a word."""

    def __init__(self, name: str, asked: Sequence[Asked], about: str) -> None:
        self.part = 0
        self._name, self._about = name, about
        self._keys = [each.key for each in asked]
        self._seconds = [each.seconds for each in asked]
        self._begun = time.monotonic()
        self._place: DeltaGenerator | None = None
        self._bar: DeltaGenerator | None = None

    def show(self, job: Job) -> None:
        """Draw it as it stands now; from here Streamlit ends a run that is to end."""
        state.give_way()
        total = sum(self._seconds)
        waited = time.monotonic() - self._begun
        if self._bar is None:
            if waited < SOON and total <= SHORT:
                return
            self._bar = self._draw(total)
        before = sum(self._seconds[: self.part])
        share = (before + job.share * self._seconds[self.part]) / total if total else job.share
        share = min(max(share, 0.0), 1.0)
        self._bar.progress(share, self._words(job, share, waited, total))

    def clear(self) -> None:
        """Take it away."""
        if self._place is not None:
            self._place.empty()

    def _draw(self, total: float) -> DeltaGenerator:
        self._place = st.empty()
        with self._place.container(border=True):
            if self._about and total > SHORT:
                st.markdown(f"This takes about {duration(total)} on this server: {self._about}.")
            with st.container(horizontal=True, vertical_alignment="center"):
                bar = st.progress(0.0, "…")
                st.button("Cancel", key=f"cancel:{self._name}", on_click=_cancel,
                          args=(self._name, self._keys), width="content")  # fmt: skip
        return bar

    def _words(self, job: Job, share: float, waited: float, total: float) -> str:
        if job.seconds is None:
            before = job.place
            if before:
                return f"Waiting for its turn, {plural(before, 'computation')} before it"
            return "Waiting for its turn, next in line"
        done = f"Computing: {100 * share:.0f} %, {duration(waited)}"
        # The work itself says more of this machine than the estimate, once some of it is done.
        left = waited / share - waited if share > 0.1 else total - waited
        return f"{done} so far" + (f", about {duration(left)} left" if left >= 1 else "")


def _offer(name: str, total: float, about: str, cancelled: bool) -> None:
    """Say what it would take, and offer to begin."""
    with st.container(border=True):
        of = f": {about}" if about else ""
        st.markdown(
            ("Cancelled. " if cancelled else "")
            + f"This takes about {duration(total)} on this server{of}. "
            + ("" if total <= PATIENCE else "A shorter stretch or a smaller network takes less.")
        )
        st.button("Compute it", key=f"compute:{name}", on_click=_answer, args=(name, False),
                  type="primary")  # fmt: skip


def _cancel(name: str, keys: Sequence[Hashable]) -> None:
    _answer(name, True)
    for key in keys:
        SHARED.end(key)


def _answers() -> dict[str, bool]:
    """By the name of the work whether the user cancelled it (True) or asked for it (False)."""
    return state.kept_text("work") or {}


def _answer(name: str, cancelled: bool) -> None:
    kept = {key: value for key, value in _answers().items() if key != name} | {name: cancelled}
    state.keep_text("work", dict(list(kept.items())[-ANSWERS:]))


def _name_of(plan: Hashable) -> str:
    return hashlib.sha256(repr(plan).encode()).hexdigest()[:16]
