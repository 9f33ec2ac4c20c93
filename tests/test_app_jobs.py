"""Work in the background: turns in order, pause, stop, failure, and a session that goes away."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app import jobs
from app.jobs import Job, Slots

ROOT = Path(__file__).resolve().parent.parent


def until(condition, seconds: float = 10) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


class Counting:
    """Work that counts its steps until it is told that they are enough."""

    def __init__(self) -> None:
        self.steps, self.enough = 0, threading.Event()

    def __call__(self, controls: jobs.Controls) -> None:
        while not self.enough.is_set():
            controls.go_on()
            self.steps += 1
            time.sleep(0.001)


@pytest.fixture
def start():
    """Start jobs; all are over afterwards."""
    started = []

    def begin(work, slots, session="") -> Job:
        started.append(Job(work, session, slots))
        return started[-1]

    yield begin
    for job in started:
        job.stop()
    for job in started:
        assert job.join(10)


def test_a_job_runs_to_its_end(start):
    work = Counting()
    job = start(work, Slots(1))
    until(lambda: work.steps > 3)
    assert job.state == "running"
    work.enough.set()
    assert job.join(10)
    assert (job.state, job.over, job.error) == ("finished", True, None)


def test_a_paused_job_does_nothing_and_goes_on_where_it_was(start):
    work = Counting()
    job = start(work, Slots(1))
    until(lambda: work.steps > 3)
    job.pause()
    until(lambda: job.state == "paused")
    steps = work.steps
    time.sleep(0.1)
    assert work.steps == steps
    job.resume()
    until(lambda: work.steps > steps)
    job.stop()
    assert job.join(10)
    assert job.state == "stopped"
    job.resume()
    assert job.state == "stopped"


def test_jobs_wait_in_the_order_they_came_and_see_their_place(start):
    slots, works = Slots(2), [Counting() for _ in range(5)]
    started = []
    for work in works:
        started.append(start(work, slots))
    until(lambda: works[0].steps and works[1].steps)
    assert [job.place for job in started[2:]] == [0, 1, 2]
    assert [job.state for job in started[2:]] == ["queued"] * 3
    assert works[2].steps == 0
    started[0].pause()  # somebody else may use the time
    until(lambda: works[2].steps)
    assert [job.place for job in started[3:]] == [0, 1]
    started[0].resume()
    until(lambda: started[0].state == "queued")
    assert started[0].place == 2
    started[3].stop()  # gives its place in the queue back
    until(lambda: started[0].place == 1)
    started[1].stop()
    until(lambda: works[4].steps)
    assert works[3].steps == 0
    started[2].stop()
    steps = works[0].steps
    until(lambda: works[0].steps > steps)


def test_what_a_job_raises_is_kept(start):
    def work(controls):
        controls.go_on()
        raise ValueError("out of range")

    job = start(work, Slots(1))
    assert job.join(10)
    assert job.state == "failed"
    assert str(job.error) == "out of range"


def test_a_failed_or_stopped_job_lets_the_next_one_in(start):
    slots = Slots(1)

    def fails(controls):
        controls.go_on()
        raise ValueError

    first, work = start(fails, slots), Counting()
    start(work, slots)
    assert first.join(10)
    until(lambda: work.steps)


def test_a_job_ends_when_its_session_is_gone(start, monkeypatch):
    opened = threading.Event()
    opened.set()
    monkeypatch.setattr(jobs, "_is_open", lambda session: opened.is_set())
    monkeypatch.setattr(jobs, "ABANDONED", 0.2)
    monkeypatch.setattr(jobs, "_LOOKED", 0.02)
    work, paused = Counting(), Counting()
    job, other = start(work, Slots(2), "a session"), start(paused, Slots(1), "a session")
    until(lambda: paused.steps)
    other.pause()
    time.sleep(0.4)
    assert not job.over
    opened.clear()
    assert job.join(10)
    assert other.join(10)
    assert job.state == other.state == "stopped"


def test_a_page_that_comes_back_in_time_loses_nothing(start, monkeypatch):
    opened = threading.Event()
    monkeypatch.setattr(jobs, "_is_open", lambda session: opened.is_set())
    monkeypatch.setattr(jobs, "ABANDONED", 0.6)
    monkeypatch.setattr(jobs, "_LOOKED", 0.02)
    work = Counting()
    job = start(work, Slots(1), "a session")
    time.sleep(0.2)
    opened.set()
    time.sleep(0.8)
    assert not job.over
    assert work.steps > 0


def test_the_interpreter_ends_while_a_job_is_inside_torch():
    program = (
        "import torch\nfrom app.jobs import Job, Slots\n"
        "def work(controls):\n"
        "    while True:\n"
        "        controls.go_on()\n"
        "        torch.ones(300, 300) @ torch.ones(300, 300)\n"
        "job = Job(work, '', Slots(1))\n"
        "import time; time.sleep(0.3); assert job.state == 'running'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "terminate" not in done.stderr
