"""A run that was left and taken up is the run that was not, and its file is always whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from core.errors import CoreError
from core.learning import (
    TrainingRun,
    TrainingSpec,
    TrainingText,
    load_run,
    save_run,
)
from core.models import ModelSpec
from core.models.checkpoints import replace_file
from core.text import Vocabulary

ROOT = Path(__file__).resolve().parent.parent
OPTIMISERS = ("sgd", "momentum", "adam", "adamw")
SCHEMES = ("overlapping", "disjoint", "consecutive")


def run_of(cell: str = "lstm", *, dtype=torch.float32, **attributes) -> TrainingRun:
    indices = torch.randint(7, (90,), generator=torch.Generator().manual_seed(0))
    text = TrainingText(
        train=indices[:60],
        validation=indices[60:],
        vocabulary=Vocabulary.from_tokens("abcdef"),
        scheme="letters",
        text_digest="ab" * 32,
    )
    given = {"time_steps": 6, "batch_size": 3, "epochs": 6, "learning_rate": 0.1, "max_steps": 13}
    spec = ModelSpec(cell=cell, vocabulary_size=7, hidden_size=5)
    return TrainingRun(spec, TrainingSpec(**given | attributes), text, dtype=dtype)


def assert_same(one: TrainingRun, other: TrainingRun) -> None:
    """Everything that two runs hold is bit for bit the same."""
    assert one.history == other.history
    assert one.stopped == other.stopped
    ours, theirs = one.state_dict(), other.state_dict()
    assert ours.header == theirs.header
    assert ours.tensors.keys() == theirs.tensors.keys()
    for name, tensor in ours.tensors.items():
        if name == "history.records":  # with the speed: the history is compared above
            continue
        assert torch.equal(tensor.nan_to_num(7.0), theirs.tensors[name].nan_to_num(7.0)), name


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("windows", SCHEMES)
@settings(deadline=None, max_examples=5)
@given(
    cell=st.sampled_from(["rnn_tanh", "gru", "lstm"]),
    cut=st.integers(0, 14),
    schedule=st.sampled_from(["constant", "cosine", "linear_warmup"]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_a_resumed_run_is_the_run_that_was_not_interrupted(
    optimiser, windows, cell, cut, schedule, dtype
):
    attributes = {
        "optimiser": optimiser,
        "windows": windows,
        "schedule": schedule,
        "weight_decay": 0.01,
        "per_step_norms_every": 4,
        "validate_every": 5,
        "snapshots_at": (0, 2, 7),
    }
    whole = run_of(cell, dtype=dtype, **attributes)
    list(whole)
    assert whole.step == 13 and whole.stopped is None
    left = run_of(cell, dtype=dtype, **attributes)
    for _ in range(cut):
        next(left)
    taken_up = TrainingRun.from_state(left.state_dict())
    assert_same(taken_up, left)
    list(left)  # going on with the first must not reach the second
    list(taken_up)
    assert_same(taken_up, whole)


def test_a_run_can_be_left_after_every_step(tmp_path):
    whole = run_of(windows="consecutive", optimiser="adam", snapshots_at=(3, 13))
    list(whole)
    path = tmp_path / "run"
    save_run(path, run_of(windows="consecutive", optimiser="adam", snapshots_at=(3, 13)))
    for _ in range(14):
        run = load_run(path)
        next(run)
        save_run(path, run)
    run = load_run(path)
    assert run.finished
    assert_same(run, whole)
    assert run.text.vocabulary == whole.text.vocabulary
    assert (run.text.scheme, run.text.text_digest) == ("letters", "ab" * 32)
    assert run.text.digest == whole.text.digest


def test_a_run_that_stopped_stays_stopped(tmp_path):
    def exploding() -> TrainingRun:  # each step makes the weights 10,000 times as large
        run = run_of(learning_rate=1000.0, weight_decay=10.0, clip="off")
        next(run)
        return run

    whole = exploding()
    list(whole)
    assert whole.stopped is not None
    left = exploding()
    for _ in range(whole.stopped.step - 1):
        next(left)
    save_run(tmp_path / "run", left)
    taken_up = load_run(tmp_path / "run")
    assert list(taken_up) == []
    for ours, theirs in zip(taken_up.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    save_run(tmp_path / "run", taken_up)
    again = load_run(tmp_path / "run")
    assert again.finished
    assert again.stopped is not None
    assert again.stopped.reason == whole.stopped.reason


def test_the_state_is_a_copy():
    run = run_of(optimiser="adam")
    for _ in range(3):
        next(run)
    state = run.state_dict()
    kept = {name: tensor.clone() for name, tensor in state.tensors.items()}
    list(run)
    for name, tensor in state.tensors.items():
        assert torch.equal(tensor.nan_to_num(7.0), kept[name].nan_to_num(7.0)), name


def early_and_late(folder: Path) -> tuple[Path, list[Path]]:
    """A run's file before its first step; and that again and after its last, each in a file."""
    early, late = run_of(), run_of()
    list(late)
    path, names = folder / "run", [folder / "early", folder / "late"]
    for name, run in zip([path, *names], [early, early, late], strict=True):
        save_run(name, run)
    return path, names


# Starts writers of one of two runs, kills each at its moment, and tells what is then in the file.
KILLER = """
import os, signal, sys, time
from pathlib import Path
import torch
from core.learning import load_run, save_run

torch.set_num_threads(1)
path, *names = map(Path, sys.argv[1:4])
runs = [load_run(name) for name in names]
for moment in map(float, sys.argv[4:]):
    parent, writer = os.getpid(), os.fork()
    if writer == 0:
        while os.getppid() == parent:
            for run in runs:
                save_run(path, run)
        os._exit(0)
    time.sleep(moment)
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    print(load_run(path).step, len(list(path.parent.glob(".run.*.part"))), flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path):
    path, names = early_and_late(tmp_path)
    draw = torch.Generator().manual_seed(3)
    moments = (0.005 + 0.05 * torch.rand(300, generator=draw)).tolist()
    command = [sys.executable, "-c", KILLER, *map(str, [path, *names, *moments])]
    killer = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert killer.stdout is not None
    found, killed_while_writing = set(), 0
    with killer, killer.stdout as told:
        # A busy machine may let the first writers do nothing: then more are killed.
        for line in told:
            step, left = map(int, line.split())
            found.add(step)
            killed_while_writing = left
            if found == {0, 13} and killed_while_writing > 4:
                break
        killer.kill()
    assert found == {0, 13}
    assert killed_while_writing > 4


# Puts one of two files into the place of a third, again and again.
SWAPPER = """
import os, sys
path, *names = sys.argv[1:4]
parent = os.getppid()
while os.getppid() == parent:
    for name in names:
        os.link(name, path + ".next")
        os.replace(path + ".next", path)
"""


def test_a_reader_beside_a_writer_finds_one_state_whole(tmp_path):
    path, names = early_and_late(tmp_path)
    with subprocess.Popen([sys.executable, "-c", SWAPPER, *map(str, [path, *names])]) as swapper:
        try:
            found = [load_run(path).step for _ in range(200)]
        finally:
            swapper.kill()
    assert set(found) == {0, 13}


def test_a_writer_that_dies_at_each_call_of_the_system_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    class Killed(BaseException):
        pass

    def dying(*_args, **_named):
        raise Killed

    for owner, name in ((os, "fsync"), (Path, "replace")):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(owner, name, dying)
            replace_file(path, b"new")
        assert path.read_bytes() == b"old"
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert [left.name for left in tmp_path.iterdir()] == ["file"]


def test_the_file_and_then_its_folder_reach_the_disk_around_the_renaming(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, Path.replace

    def synced(handle):
        order.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")  # noqa: PTH112
        fsync(handle)

    def replaced(self, target):
        order.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    replace_file(tmp_path / "file", b"new")
    assert order == ["file", "rename", "folder"]


def test_old_left_overs_are_swept_away_and_young_ones_are_not(tmp_path):
    old, young = tmp_path / ".run.old.part", tmp_path / ".run.young.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    save_run(tmp_path / "run", run_of())
    assert not old.exists()
    assert young.exists()


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(CoreError, match=r"`path` \(=.*cannot be written: No such file"):
        save_run(tmp_path / "none" / "run", run_of())


def saved(path: Path) -> Path:
    run = run_of(optimiser="adam", snapshots_at=(0,))
    next(run)
    next(run)
    save_run(path, run)
    return path


def changed(path: Path, header=None, tensors=None) -> Path:
    """The same file with another header or other tensors."""
    kept = load_file(path)
    length = int.from_bytes(path.read_bytes()[:8], "little")
    data = json.loads(path.read_bytes()[8 : 8 + length])["__metadata__"]["unrolled-training"]
    told = json.loads(data)
    for name, value in (tensors or {}).items():
        if value is None:
            kept.pop(name)
        else:
            kept[name] = value
    save_file(kept, path, {"unrolled-training": json.dumps(told | (header or {}))})
    return path


@pytest.mark.parametrize(
    ("header", "tensors", "message"),
    [
        ({"format": 2}, {}, "of format 1; its format is 2"),
        ({"dtype": "float16"}, {}, "damaged: KeyError"),
        ({"model": {"cell": "gru"}}, {}, "damaged: `values` must hold `vocabulary_size`"),
        ({"training": {"epochs": 0}}, {}, "damaged: `epochs` (=0) must be"),
        ({"vocabulary": ["a", "b"]}, {}, "damaged: `tokens`"),
        (
            {},
            {"weights.head.bias": None},
            "damaged: `weights.head.bias` (=None) must be torch.float32 of shape (7,), as",
        ),
        ({}, {"good.head.bias": torch.zeros(8)}, "`good.head.bias` (=torch.float32 of shape (8,))"),
        ({}, {"good.head.bias": torch.zeros(7).double()}, "(=torch.float64 of shape (7,)) must"),
        ({}, {"weights.more": torch.zeros(1)}, "of shape (1,)) must be None"),
        ({}, {"text.train": None}, "must hold `text.train`"),
        ({}, {"history.records": torch.zeros(1, 3)}, "damaged: zip"),
        ({}, {"optimiser.0.exp_avg": torch.zeros(2)}, "`optimiser.0.exp_avg` (="),
        ({}, {"optimiser.9.exp_avg": torch.zeros(2)}, "`optimiser.9.exp_avg` (="),
        ({}, {"optimiser.x.exp_avg": torch.zeros(2)}, "`optimiser.x.exp_avg` (="),
        ({}, {"carried.0": torch.zeros(2)}, "`carried.0` (="),
        ({}, {"snapshot.0.head.bias": torch.zeros(2)}, "`snapshot.0.head.bias` (="),
        ({}, {"snapshot.0.head.bias": None}, "`snapshot.0.head.bias` (=None) must"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, header, tensors, message):
    path = changed(saved(tmp_path / "run"), header, tensors)
    with pytest.raises(CoreError) as refusal:
        load_run(path)
    assert message in str(refusal.value)


def test_what_is_no_run_is_refused(tmp_path):
    path = tmp_path / "run"
    with pytest.raises(CoreError, match="must be the file of a training run"):
        load_run(path)
    whole = saved(path).read_bytes()
    for data in (b"", b"no safetensors at all", whole[: len(whole) // 2], b"\xff" * 100):
        path.write_bytes(data)
        with pytest.raises(CoreError, match="cannot be read as one"):
            load_run(path)
    save_file({"w": torch.zeros(2)}, path)
    with pytest.raises(CoreError, match="it has no header of one"):
        load_run(path)


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, 10**6), value=st.integers(0, 255))
def test_a_changed_byte_is_a_refusal_or_a_number_never_a_crash(tmp_path, place, value):
    path = tmp_path / "run"
    if not path.exists():
        saved(path)
    data = bytearray(path.read_bytes())
    data[place % 6000] = value
    other = tmp_path / "other"
    other.write_bytes(data)
    try:
        load_run(other)
    except CoreError as error:
        assert str(other) in str(error)
