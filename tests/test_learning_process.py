"""A training in a process of its own: the same records, an end at once, and no orphans."""

import io
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import torch

from core.analysis import interpreters
from core.errors import CoreError
from core.learning import (
    SampleRule,
    TrainingProcess,
    TrainingRun,
    TrainingSpec,
    TrainingText,
    checkpoint_of_run,
    interpreter,
)
from core.learning.frames import read_frame, write_frame
from core.models import ModelSpec

ROOT = Path(__file__).resolve().parent.parent
INDICES = torch.randint(7, (3000,), generator=torch.Generator().manual_seed(0))
TEXT = TrainingText(train=INDICES[:2600], validation=INDICES[2600:])
MODEL = ModelSpec(cell="lstm", vocabulary_size=7, hidden_size=5)
HUGE_MODEL = ModelSpec(cell="lstm", vocabulary_size=7, hidden_size=256, num_layers=4)
HUGE = TrainingSpec(
    time_steps=50, batch_size=1000, windows="overlapping", learning_rate=0.1, max_steps=5
)
LONG = torch.randint(7, (25_000,), generator=torch.Generator().manual_seed(0))
HUGE_TEXT = TrainingText(train=LONG[:5000], validation=LONG[5000:])
"""its first record needs a validation of minutes"""


def spec_of(**attributes) -> TrainingSpec:
    given = {"time_steps": 6, "batch_size": 4, "learning_rate": 0.05, "max_steps": 40}
    return TrainingSpec(**given | attributes)


def learnt(training: TrainingProcess, seconds: float = 0.05) -> TrainingProcess:
    while training.learn(seconds):
        pass
    return training


def assert_same(ours: TrainingProcess, run: TrainingRun) -> None:
    """Records, weights and snapshots are bit for bit those of a run in this process."""
    assert ours.history == run.history
    assert ours.stopped == run.stopped
    pairs = [(ours.weights, run.weights)]
    assert [kept.step for kept in ours.snapshots] == [kept.step for kept in run.snapshots]
    pairs += [(a.weights, b.weights) for a, b in zip(ours.snapshots, run.snapshots, strict=True)]
    for found, wanted in pairs:
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    here, there = checkpoint_of_run(ours), checkpoint_of_run(run)
    assert here.digest == there.digest
    assert here.training["curve"] == there.training["curve"]


@pytest.mark.parametrize("left", [False, True])
def test_the_records_are_those_of_a_run_in_this_process_bit_for_bit(left):
    attributes = {
        "windows": "consecutive", "optimiser": "adam", "schedule": "cosine", "validate_every": 9,
        "per_step_norms_every": 7, "snapshots_at": (0, 11, 40),
    }  # fmt: skip
    run = TrainingRun(MODEL, spec_of(**attributes), TEXT)
    list(run)
    with TrainingProcess(
        MODEL, spec_of(**attributes), TEXT, memory=10**9, sample=SampleRule(5)
    ) as ours:
        if left:
            assert ours.learn(0.0)
            ours.leave()
            assert ours.identifier is None
        learnt(ours)
    assert_same(ours, run)
    assert ours.finished
    assert ours.identifier is None
    assert len(ours.sample) == 6


def test_a_run_that_leaves_the_numbers_stops_as_in_this_process():
    attributes = {"learning_rate": 1000.0, "weight_decay": 10.0, "clip": "off"}
    run = TrainingRun(MODEL, spec_of(**attributes), TEXT)
    list(run)
    assert run.stopped is not None
    with TrainingProcess(MODEL, spec_of(**attributes), TEXT) as ours:
        learnt(ours)
    assert ours.history == run.history
    assert ours.stopped.reason == run.stopped.reason
    assert all(torch.equal(ours.weights[name], run.weights[name]) for name in run.weights)


def test_what_is_refused_says_so_and_a_bug_shows_as_one(monkeypatch):
    small = ModelSpec(cell="gru", vocabulary_size=3, hidden_size=5)
    with TrainingProcess(small, spec_of(), TEXT) as ours:
        with pytest.raises(CoreError, match=r"`vocabulary_size` \(=3\)"):
            ours.learn()
        assert ours.identifier is None
    program = (
        "import runpy\n"
        "import core.learning.run as run\n"
        "run.TrainingRun.__next__ = lambda self: {}['bug']\n"
        "runpy.run_module('core.learning.worker', run_name='__main__')\n"
    )
    monkeypatch.setattr(interpreter, "_COMMAND", (sys.executable, "-P", "-c", program))
    with TrainingProcess(MODEL, spec_of(), TEXT) as ours:
        with pytest.raises(RuntimeError, match=r"failed in its process:(.|\n)*KeyError: 'bug'"):
            ours.learn()


def test_a_step_of_many_minutes_ends_when_it_is_to_end_and_what_was_learnt_stays():
    assert interpreter.LOOK_SECONDS + interpreter.GRACE_SECONDS < 0.8  # and a kill: within a second
    with TrainingProcess(HUGE_MODEL, HUGE, HUGE_TEXT) as ours:
        asked = threading.Event()
        found = queue.SimpleQueue()
        learning = threading.Thread(target=lambda: found.put(ours.learn(ending=asked.is_set)))
        learning.start()
        until(lambda: not ours.starting and ours.weights)
        child = psutil.Process(ours.identifier)
        asked.set()
        learning.join(20)
        assert not learning.is_alive()
        assert found.get() is False
        assert not child.is_running()
    checkpoint = checkpoint_of_run(ours)  # of step 0: no step came to its end
    assert checkpoint.training["steps"] == 0
    untrained = TrainingRun(HUGE_MODEL, HUGE, HUGE_TEXT).weights
    assert all(torch.equal(checkpoint.weights[name], untrained[name]) for name in untrained)


def test_what_a_killed_process_learnt_goes_back_to_the_newest_weights():
    with TrainingProcess(MODEL, spec_of(snapshots_at=(0, 5, 40)), TEXT) as ours:
        ours.learn(0.0)
        ours._take(
            {"records": [vars_of(step) for step in (1, 2)], "snapshots": [], "seconds": 1.0,
             "stopped": None, "finished": False}, {},
        )  # fmt: skip
        assert ours.step == 2
        ours.kill()
        assert ours.step == 0
        assert [kept.step for kept in ours.snapshots] == [0]
        assert checkpoint_of_run(ours).training["steps"] == 0


def vars_of(step: int) -> dict:
    return {
        "step": step, "epoch": 1, "learning_rate": 0.1, "loss": 1.5, "per_step_norms": None,
        "validation": None,
    }  # fmt: skip


def until(condition, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


PARENT = """
import sys, threading
import torch
from core.learning import TrainingProcess, TrainingSpec, TrainingText
from core.models import ModelSpec
from tests.test_learning_process import HUGE, HUGE_MODEL, HUGE_TEXT
ours = TrainingProcess(HUGE_MODEL, HUGE, HUGE_TEXT)
threading.Thread(target=ours.learn, daemon=True).start()
while ours.starting or not ours.weights:
    pass
print(ours.identifier, flush=True)
threading.Event().wait()
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_the_process_ends_in_the_middle_of_a_step_when_its_parent_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.replace("    pass", "    threading.Event().wait(0.05)")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        os.kill(parent.pid, signal.SIGKILL)
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 30)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses an allocation")
def test_a_training_above_its_memory_is_one_sentence_and_this_process_lives():
    spec = TrainingSpec(time_steps=200, batch_size=500, max_steps=5, windows="overlapping")
    model = ModelSpec(cell="lstm", vocabulary_size=7, hidden_size=256)
    text = TrainingText(train=INDICES[:2600], validation=INDICES[2600:2900])
    with TrainingProcess(model, spec, text, memory=300_000_000) as ours:
        with pytest.raises(CoreError, match="needed more memory than the 300 MB") as told:
            learnt(ours)
        assert "smaller" in str(told.value)
        assert ours.identifier is None
        assert ours.weights


@pytest.mark.skipif(os.name != "posix", reason="the peak of memory")
def test_where_the_system_has_no_limit_the_process_ends_itself():
    program = (
        "from core.analysis.interpreters import end_above, peak_memory\n"
        "import time\n"
        "end_above(peak_memory() + 50_000_000)\n"
        "kept = bytearray(b'x') * 200_000_000\n"
        "time.sleep(60)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, timeout=120)
    assert done.returncode == interpreters.OUT_OF_MEMORY


@pytest.mark.skipif(os.name != "posix", reason="priorities of POSIX")
def test_the_process_lets_others_go_first_and_is_the_first_to_end():
    with TrainingProcess(MODEL, spec_of(max_steps=100_000, epochs=100_000), TEXT) as ours:
        ours.learn(0.0)
        child = psutil.Process(ours.identifier)
        assert child.nice() == min(19, psutil.Process().nice() + interpreters.NICENESS)
        if sys.platform == "linux":
            score = Path(f"/proc/{child.pid}/oom_score_adj").read_text(encoding="ascii")
            assert int(score) == 1000
            # To Linux a session of its own would be one party, whatever its priority.
            assert os.getsid(child.pid) == os.getsid(0)
            assert os.getpgid(child.pid) != os.getpgid(0)


def test_a_process_that_the_system_ends_is_one_sentence():
    with TrainingProcess(MODEL, spec_of(max_steps=100_000, epochs=100_000), TEXT) as ours:
        assert ours.learn(0.0)
        psutil.Process(ours.identifier).kill()
        with pytest.raises(CoreError, match="was ended by the system"):
            ours.learn()
        assert ours.weights
        assert checkpoint_of_run(ours).training["steps"] == ours.step


@pytest.mark.parametrize("cut", [0, 5, 15, 16, 20, 40])
def test_a_frame_that_was_cut_off_is_the_end(cut):
    whole = io.BytesIO()
    message = {"a": 0.1 + 0.2, "b": float("nan"), "c": float("inf")}
    write_frame(whole, message, {"w": torch.rand(3, dtype=torch.float64)})
    found = read_frame(io.BytesIO(whole.getvalue()))
    assert found is not None
    assert found[0]["a"] == message["a"]
    assert read_frame(io.BytesIO(whole.getvalue()[:cut])) is None
