"""Who computes when: short work is never kept waiting by long work, and long work can be ended."""

import threading
import time

import pytest

from app.compute import lanes
from app.compute.lanes import Lanes
from core.progress import Cancelled, checkpoint


def until(condition, seconds: float = 20) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


class Work:
    """Goes round its loop until it is told that it is enough."""

    def __init__(self, busy: bool = False) -> None:
        self.turns, self.runs, self.enough, self.busy = 0, 0, threading.Event(), busy

    def __call__(self) -> str:
        self.runs += 1
        while not self.enough.is_set():
            checkpoint(self.turns, 1_000_000)
            self.turns += 1
            if not self.busy:
                time.sleep(0.001)
        return "done"


LONG, SHORT = 100.0, 0.1


@pytest.fixture
def house():
    """Lanes with one long place and two short ones; nothing is left of them afterwards."""
    made = Lanes(short=2, long=1)
    yield made
    made.end_all()


def join(house, work, seconds, session, key=None):
    return house.join(key or id(work), work, seconds, session)


def finished(house, job, work, session):
    work.enough.set()
    assert job.wait(20)
    house.leave(job, session)
    return job.result()


def test_long_work_of_any_number_of_sessions_never_delays_short_work(house):
    long = [Work() for _ in range(10)]
    jobs = [join(house, work, LONG, f"long {k}") for k, work in enumerate(long)]
    until(lambda: long[0].turns)
    for k in range(5):
        short = Work()
        job = join(house, short, SHORT, f"short {k}")
        until(lambda short=short: short.turns)
        assert finished(house, job, short, f"short {k}") == "done"
    assert [bool(work.turns) for work in long] == [True] + [False] * 9
    assert [job.place for job in jobs] == [0, *range(9)]


def test_short_work_waits_for_the_short_that_runs_and_in_the_order_it_came(house):
    works = [Work() for _ in range(5)]
    jobs = [join(house, work, SHORT, str(k)) for k, work in enumerate(works)]
    until(lambda: works[0].turns and works[1].turns)
    assert [job.place for job in jobs[2:]] == [0, 1, 2]
    finished(house, jobs[1], works[1], "1")
    until(lambda: works[2].turns)
    assert not works[3].turns


def test_what_was_taken_for_short_makes_room_and_comes_to_its_end(house, monkeypatch):
    monkeypatch.setattr(lanes, "OVERDUE", 0.02)
    blocking, wrong = Work(), [Work(busy=True), Work(busy=True)]
    first = join(house, blocking, LONG, "first")
    jobs = [join(house, work, SHORT, str(k)) for k, work in enumerate(wrong)]
    until(lambda: all(job.lane == "long" for job in jobs))
    monkeypatch.setattr(lanes, "OVERDUE", 1000.0)
    short = Work()  # both short places are free again, while the one long place is taken
    job = join(house, short, SHORT, "short")
    until(lambda: short.turns)
    finished(house, job, short, "short")
    stopped = [work.turns for work in wrong]
    time.sleep(0.1)
    assert [work.turns for work in wrong] == stopped
    for work in wrong:  # either may have become long first, and is let in first
        work.enough.set()
    finished(house, first, blocking, "first")
    for k, (work, one) in enumerate(zip(wrong, jobs, strict=True)):
        assert finished(house, one, work, str(k)) == "done"


def test_a_session_has_one_long_job_at_a_time_and_others_come_before_its_second():
    house = Lanes(short=1, long=2)
    greedy, other = [Work(), Work(), Work()], Work()
    jobs = [join(house, work, LONG, "greedy") for work in greedy]
    job = join(house, other, LONG, "other")
    until(lambda: greedy[0].turns and other.turns)
    assert not greedy[1].turns
    finished(house, jobs[0], greedy[0], "greedy")
    until(lambda: greedy[1].turns)
    assert not greedy[2].turns
    finished(house, job, other, "other")
    house.end_all()


def test_long_jobs_are_let_in_in_the_order_they_came(house):
    works = [Work() for _ in range(4)]
    jobs = [join(house, work, LONG, str(k)) for k, work in enumerate(works)]
    for k, (work, job) in enumerate(zip(works, jobs, strict=True)):
        until(lambda work=work: work.turns)
        assert not any(later.turns for later in works[k + 1 :])
        finished(house, job, work, str(k))


def test_two_sessions_that_ask_for_the_same_share_one_computation(house):
    work = Work()
    jobs = [join(house, work, LONG, session, key="same") for session in ("one", "two")]
    until(lambda: work.turns)
    house.leave(jobs[0], "one")
    house.end("same")  # one of them cancels, the other still waits
    time.sleep(2 * lanes._LOOK)
    assert jobs[0] is jobs[1]
    assert finished(house, jobs[1], work, "two") == "done"
    assert work.runs == 1


@pytest.mark.parametrize("how", ["cancelled", "other choices", "closed", "shutdown"])
def test_a_job_that_nobody_waits_for_ends_inside_its_loop(house, how, monkeypatch):
    monkeypatch.setattr(lanes, "GRACE", 0.2 if how == "closed" else 1000.0)
    work, begun = Work(), time.monotonic()
    job = join(house, work, LONG, "me")
    until(lambda: work.turns)
    if how != "shutdown":
        house.leave(job, "me")
    match how:
        case "cancelled":
            house.end(job.key)
        case "other choices":
            other = Work()
            second = join(house, other, LONG, "me")
        case "shutdown":
            house.end_all()
    assert job.wait(20)
    with pytest.raises(Cancelled):
        job.result()
    assert not work.enough.is_set()
    if how == "other choices":
        until(lambda: other.turns)
        finished(house, second, other, "me")
    if how == "closed":
        assert time.monotonic() - begun >= 0.2


def test_a_job_that_is_asked_for_again_goes_on(house):
    work = Work()
    job = join(house, work, LONG, "me")
    until(lambda: work.turns)
    house.leave(job, "me")
    again = join(house, work, LONG, "me")
    assert again is job
    assert finished(house, again, work, "me") == "done"
    assert work.runs == 1


def test_a_queued_job_that_is_given_up_never_begins(house, monkeypatch):
    monkeypatch.setattr(lanes, "GRACE", 0.0)
    first, given_up, third = Work(), Work(), Work()
    running = join(house, first, LONG, "1")
    queued = join(house, given_up, LONG, "2")
    last = join(house, third, LONG, "3")
    house.leave(queued, "2")
    time.sleep(0.01)
    finished(house, running, first, "1")
    until(lambda: third.turns)
    finished(house, last, third, "3")
    assert not given_up.runs
    assert queued.wait(1)


def test_what_a_job_raises_reaches_whoever_waits_and_frees_its_place(house):
    def fails():
        raise ValueError("out of range")

    job = house.join("fails", fails, LONG, "me")
    assert job.wait(20)
    house.leave(job, "me")
    with pytest.raises(ValueError, match="out of range"):
        job.result()
    work = Work()
    assert finished(house, join(house, work, LONG, "me"), work, "me") == "done"


def test_the_share_that_is_done_only_grows(house):
    seen, gate = [], threading.Event()

    def work():
        for done in (1, 3, 2):
            checkpoint(done, 4)
            seen.append(job.share)
        gate.wait(20)

    ready = threading.Event()

    def waiting():
        ready.wait(20)
        work()

    job = house.join("share", waiting, LONG, "me")
    ready.set()
    until(lambda: len(seen) == 3)
    assert seen == [0.25, 0.75, 0.75]
    gate.set()
    assert job.wait(20)


def test_a_core_stays_free_of_long_work(monkeypatch):
    for cores, places in ((1, 1), (2, 1), (4, 3), (64, 4)):
        monkeypatch.setattr(lanes.os, "cpu_count", lambda cores=cores: cores)
        assert Lanes()._most["long"] == places
