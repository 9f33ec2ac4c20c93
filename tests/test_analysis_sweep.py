"""Sweeps: the numbers against autograd, the same rows on every route, and nothing lost."""

import csv
import io
import json
import math
import queue
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from core.analysis import Status
from core.analysis.sweep import (
    CSV_COLUMNS,
    SweepPoint,
    SweepRow,
    SweepSpec,
    load_sweep,
    processes,
    random_tokens,
    run_sweep,
    sweep_table,
    worker,
)
from core.analysis.sweep.__main__ import main
from core.analysis.sweep.row import measure
from core.errors import CoreError
from core.models import SequenceModel
from tests.oracles import run_oracle

ROOT = Path(__file__).resolve().parent.parent
V, T, H, D = 7, 9, 4, 3
CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
TOKENS = random_tokens(V, 12, seed=2)
SPEC = SweepSpec(
    cells=("lstm", "rnn_tanh"),
    lengths=(T, 5),
    spectral_radii=(1.2, 0.0, 0.5),
    seeds=(3, 1),
    tokens=TOKENS,
    vocabulary_size=V,
    hidden_size=H,
)


def rows_of(spec: SweepSpec, **options) -> tuple[SweepRow, ...]:
    return sweep_table(spec, run_sweep(spec, **options)).rows


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [{}, {"input": "embedding", "embedding_size": D}])
def test_a_row_is_what_autograd_finds(cell, options):
    spec, straight = replace(SPEC, cells=(cell,), initialisation="pytorch", **options), 0
    for row in rows_of(replace(spec, spectral_radii=(0.9,), lengths=(T, 6))):
        model = SequenceModel(spec.model_at(row.point), torch.float64)
        radius = torch.linalg.eigvals(model.rnn.weight_hh_l0[:H]).abs().max()
        torch.testing.assert_close(radius, torch.tensor(0.9).double(), rtol=1e-7, atol=0)
        length = row.point.length
        tokens = torch.tensor(spec.tokens)
        zero = torch.zeros(1, 1, H).double()
        x = model.embed(tokens[:length].unsqueeze(1)).detach().double()
        oracle, output, _, _ = run_oracle(model.rnn, x, [length], zero, zero)
        loss = F.cross_entropy(model.head(output[-1]), tokens[length : length + 1])
        loss.backward()
        norms = [step.hidden.grad.norm() for step in oracle.records["l0"][0]]
        curve = torch.stack(norms).log10().numpy()
        assert row.loss == pytest.approx(loss.item(), rel=1e-12)
        assert row.first_log10 == pytest.approx(curve[0], rel=1e-10, abs=1e-12)
        assert row.span == pytest.approx(np.ptp(curve), rel=1e-10)
        back = np.arange(length)[::-1]
        slope, start = np.polyfit(back, curve, 1)
        distance = np.sqrt(np.mean((curve - start - slope * back) ** 2))
        if distance <= max(0.1, 0.1 * abs(slope) * (length - 1)):  # then no end is left out
            assert row.straight
            assert row.slope == pytest.approx(slope, rel=1e-9)
            assert row.factor == pytest.approx(10**slope, rel=1e-9)
            expected = "vanishing" if slope < -0.01 else "exploding" if slope > 0.01 else "healthy"
            assert row.word == expected
            straight += 1
    assert straight >= 2


@pytest.mark.parametrize(
    ("radius", "word"),
    [(0.3, "vanishing"), (0.98, "healthy"), (1.0, "healthy"), (1.5, "exploding")],
)
def test_a_single_relu_unit_that_stays_active_has_the_radius_for_a_factor(radius, word):
    """Then dL/dh_{t-1} = w dL/dh_t exactly: the 1 x 1 orthogonal block is ±1, the radius |w|."""
    spec = replace(
        SPEC, cells=("rnn_relu",), hidden_size=1, spectral_radii=(radius,), seeds=tuple(range(60))
    )
    found = 0
    for point in replace(spec, lengths=(T,)).points:
        model = SequenceModel(spec.model_at(point), torch.float64)
        states = model.rnn(model.embed(torch.tensor(spec.tokens[:T]).unsqueeze(1)))[0]
        if bool((states > 0).all()) and model.rnn.weight_hh_l0.item() > 0:
            row = measure(spec, point)
            assert row.slope == pytest.approx(math.log10(radius), abs=1e-12)
            assert (row.word, row.straight, row.first_status) == (word, True, Status.FINITE)
            found += 1
    assert found


def test_what_is_no_number_is_none_and_says_why():
    tokens = random_tokens(V, 801, seed=2)
    spec = replace(SPEC, lengths=(800,), tokens=tokens, seeds=(3,))
    vanished, cut = (measure(spec, SweepPoint("rnn_tanh", 800, radius, 3)) for radius in (0.2, 0.0))
    assert (vanished.first_log10, vanished.first_status) == (None, Status.UNDERFLOW)
    assert vanished.word == "vanishing"
    assert (cut.first_log10, cut.first_status) == (None, Status.EXACT_ZERO)
    assert (cut.word, cut.slope, cut.factor) == ("undecided", None, None)
    overflowed = measure(replace(spec, hidden_size=30), SweepPoint("rnn_relu", 800, 9.0, 3))
    assert (overflowed.word, overflowed.loss) == ("exploding", None)
    assert overflowed.first_status == Status.NON_FINITE
    for row in (vanished, cut, overflowed):
        written = json.dumps(row.to_dict(), allow_nan=False)
        assert SweepRow.from_dict(json.loads(written)) == row


def test_the_points_are_every_combination_in_order():
    points = SPEC.points
    assert len(points) == len(SPEC) == 2 * 3 * 2 * 2 == len(set(points))
    assert points[:3] == (
        SweepPoint("lstm", T, 1.2, 3), SweepPoint("lstm", T, 1.2, 1), SweepPoint("lstm", 5, 1.2, 3),
    )  # fmt: skip
    assert points[-1] == SweepPoint("rnn_tanh", 5, 0.5, 1)
    assert str(points[0]) == "lstm, length 9, spectral radius 1.2, seed 3"


@given(
    cells=st.lists(st.sampled_from(CELLS), min_size=1, unique=True),
    lengths=st.lists(st.integers(3, 11), min_size=1, max_size=3, unique=True),
    radii=st.lists(st.integers(0, 10) | st.floats(0, 10), min_size=1, max_size=4, unique=True),
    seeds=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=3, unique=True),
    hidden=st.integers(1, 9),
)
def test_a_spec_survives_json_and_its_digest_with_it(cells, lengths, radii, seeds, hidden):
    spec = replace(
        SPEC,
        cells=cells,
        lengths=lengths,
        spectral_radii=radii,
        seeds=seeds,
        hidden_size=hidden,
        tokens=TOKENS,
    )
    again = SweepSpec.from_dict(json.loads(json.dumps(spec.to_dict())))
    assert again == spec
    assert (again.digest, hash(again)) == (spec.digest, hash(spec))
    assert replace(spec, hidden_size=10).digest != spec.digest
    assert len(spec.tokens) == max(lengths) + 1


def test_only_the_tokens_that_are_read_count():
    read, changed = list(SPEC.tokens), list(SPEC.tokens)
    changed[3] = (changed[3] + 1) % V
    assert replace(SPEC, tokens=(*read, 1, 2)).digest == SPEC.digest
    assert replace(SPEC, tokens=tuple(changed)).digest != SPEC.digest


def test_equal_radii_have_equal_digests():
    one, other = (replace(SPEC, spectral_radii=radii) for radii in ((1, -0.0), (1.0, 0)))
    assert one == other
    assert one.digest == other.digest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cells": ([],)}, "`cells` holds [], which is neither a name nor a number."),
        ({"cells": ()}, "`cells` (=()) must be a tuple of at least one value"),
        ({"cells": ("rnn",)}, "`cell` (='rnn') must be one of rnn_tanh,"),
        ({"lengths": (2,)}, "`lengths` holds 2, which must be a whole number between 3 and 10,000"),
        ({"lengths": (5, 5)}, "`lengths` holds 5 twice"),
        ({"lengths": (True,)}, "`lengths` holds True"),
        ({"lengths": (10,)}, "`tokens` (of 10) must be at least 11, one more than the longest"),
        ({"spectral_radii": (-1.0,)}, "`spectral_radius` (=-1.0) must be a number between 0"),
        ({"spectral_radii": (math.nan,)}, "`spectral_radius` (=nan) must be a number"),
        ({"spectral_radii": (None,)}, "`spectral_radii` holds None"),
        ({"spectral_radii": (1, 1.0)}, "`spectral_radii` holds 1.0 twice"),
        ({"seeds": (-1,)}, "`seed` (=-1) must be between 0"),
        ({"seeds": tuple(range(99_999))}, "which must be at most 100,000: sweep fewer"),
        ({"initialisation": "normal"}, "`initialisation` (='normal') must be one of orthogonal"),
        ({"hidden_size": 0}, "`hidden_size` (=0) must be between 1"),
        ({"vocabulary_size": 3}, "must be a whole number between 0 and 2, the last index"),
        ({"tokens": "abcdefghijkl"}, "`tokens` must be a tuple of indices."),
        ({"tokens": (0.5,) * 12}, "`tokens` holds 0.5, which must be a whole number"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused(change, message):
    with pytest.raises(CoreError) as refused:
        replace(SPEC, **change)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": -1}, "`workers` (=-1) must be a whole number from 0 to 256."),
        ({"workers": True}, "`workers` (=True) must be a whole number"),
        ({"workers": 2, "cluster": "tcp://a:1"}, "exclude each other"),
        ({"store": Path("none/here/at.all")}, "No such file or directory"),
    ],
)
def test_a_run_that_cannot_be_is_refused_before_it_starts(options, message):
    with pytest.raises(CoreError) as refused:
        run_sweep(SPEC, **options)
    assert message in str(refused.value)


def test_random_tokens_are_drawn_from_their_seed_alone():
    one = random_tokens(V, 2_000, 5)
    assert one == random_tokens(V, 2_000, 5) != random_tokens(V, 2_000, 6)
    assert set(one) == set(range(V))
    with pytest.raises(CoreError, match="`length` \\(=1\\) must be a whole number from 2"):
        random_tokens(V, 1, 0)


def test_progress_counts_what_is_known_and_a_cancelled_sweep_ends(tmp_path):
    store, told = tmp_path / "sweep", []
    rows = run_sweep(
        SPEC,
        store=store,
        progress=lambda *counts: told.append(counts),
        cancelled=lambda: told[-1][0] == 4,
    )
    assert [row.point for row in rows] == list(SPEC.points[:4])
    assert told == [(0, 24), (1, 24), (2, 24), (3, 24), (4, 24)]
    told.clear()
    again = run_sweep(SPEC, store=store, progress=lambda *counts: told.append(counts))
    assert [row.point for row in again] == list(SPEC.points)
    assert told[:2] == [(4, 24), (5, 24)]
    assert told[-1] == (24, 24)


SCRIPT = """
import json, sys
print("begun")
from core.analysis.sweep import SweepSpec, run_sweep
spec = SweepSpec.from_dict(json.loads(sys.argv[1]))
for row in run_sweep(spec, workers=2):
    print(json.dumps(row.to_dict()))
"""


def test_processes_give_the_same_rows_without_running_the_script_again(tmp_path):
    """A script without `if __name__ == "__main__"`: run again, it would start processes forever."""
    script = tmp_path / "script.py"
    script.write_text(f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{SCRIPT}")
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(script), json.dumps(SPEC.to_dict())],
        capture_output=True, text=True, check=True, cwd=tmp_path, timeout=120,
    )  # fmt: skip
    begun, *lines = ran.stdout.splitlines()
    assert (begun, ran.stderr) == ("begun", "")
    rows = [SweepRow.from_dict(json.loads(line)) for line in lines]
    assert sweep_table(SPEC, rows).rows == rows_of(SPEC)


def command_of(program: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-c", program)


def test_a_point_at_which_a_worker_died_is_measured_by_another(tmp_path, monkeypatch):
    died = tmp_path / "died"
    program = (
        "import os, pathlib, runpy, sys\n"
        f"died = pathlib.Path({str(died)!r})\n"
        "if not died.exists():\n"
        "    sys.stdin.readline(); sys.stdin.readline(); died.touch(); os.kill(os.getpid(), 9)\n"
        "runpy.run_module('core.analysis.sweep.worker', run_name='__main__')\n"
    )
    monkeypatch.setattr(processes, "_COMMAND", command_of(program))
    (row,) = processes.rows_over_processes(SPEC, SPEC.points[1:2], 2, lambda: False)
    assert died.exists()
    assert row == measure(SPEC, SPEC.points[1])


def test_a_point_at_which_two_workers_died_is_named(monkeypatch):
    program = "import os, sys; sys.stdin.readline(); print('{', end=''); os.kill(os.getpid(), 9)"
    monkeypatch.setattr(processes, "_COMMAND", command_of(program))
    rows = processes.rows_over_processes(SPEC, SPEC.points[:1], 2, lambda: False)
    with pytest.raises(CoreError) as refused:
        next(rows)
    assert f"two processes ended at {SPEC.points[0]}, with status -9" in str(refused.value)


def test_a_cancelled_or_closed_sweep_leaves_no_process(monkeypatch):
    monkeypatch.setattr(processes, "_COMMAND", command_of("import time; time.sleep(600)"))
    looks = iter([False, False, True])
    before = set(psutil.Process().children())
    assert list(processes.rows_over_processes(SPEC, SPEC.points, 3, lambda: next(looks))) == []
    assert set(psutil.Process().children()) == before


def test_a_worker_answers_with_the_row_the_refusal_or_the_bug(monkeypatch):
    def questions():
        return io.StringIO(f'{json.dumps(SPEC.to_dict())}\n["lstm", 5, 0.5, 1]\n')

    def answer():
        answers = io.StringIO()
        worker.serve(questions(), answers)
        return answers.getvalue()

    point = SweepPoint("lstm", 5, 0.5, 1)
    assert processes._row(answer(), point) == measure(SPEC, point)
    for error, kind in ((CoreError("no radius"), CoreError), (KeyError("bug"), RuntimeError)):

        def fail(spec, point, error=error):
            raise error

        monkeypatch.setattr(worker, "measure", fail)
        with pytest.raises(kind, match=r"no radius|lstm, length 5(.|\n)*KeyError: 'bug'"):
            processes._row(answer(), point)


def finished_store(path: Path) -> bytes:
    list(run_sweep(SMALL, store=path))
    return path.read_bytes()


SMALL = replace(SPEC, cells=("gru",), spectral_radii=(0.5, 1.2), lengths=(5,))


def test_a_file_cut_anywhere_after_its_header_gives_the_same_table(tmp_path):
    path = tmp_path / "sweep"
    whole = finished_store(path)
    header = whole.index(b"\n") + 1
    expected = rows_of(SMALL)
    for cut in [header, *range(header + 1, len(whole), 41), len(whole) - 1, len(whole)]:
        path.write_bytes(whole[:cut])
        spec, kept = load_sweep(path)
        assert spec == SMALL
        assert len(kept) == whole[:cut].count(b"\n") - 1
        assert path.read_bytes() == whole[:cut]
        assert rows_of(SMALL, store=path) == expected
        assert load_sweep(path) == (SMALL, expected)
    assert [each.name for each in tmp_path.iterdir()] == ["sweep"]


def test_an_empty_file_is_begun_and_a_finished_one_measures_nothing(tmp_path, monkeypatch):
    path = tmp_path / "sweep"
    path.touch()
    rows = rows_of(SMALL, store=path)
    monkeypatch.setattr("core.analysis.sweep.running.measure", None)
    assert rows_of(SMALL, store=path) == rows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"precious text\n", "must be the file of a sweep, or a new one."),
        (lambda data: b"precious text", "must be the file of a sweep, or a new one."),
        (lambda data: data.replace(b'"format": 1', b'"format": 9'), "its format is 9."),
        (lambda data: data.replace(b'"torch": "', b'"torch": "0.'), "was begun with PyTorch 0."),
        (lambda data: data.replace(SMALL.digest.encode(), SPEC.digest.encode()), "another sweep"),
        (lambda data: data.replace(b'"gru", "length"', b'"gru", "x"', 1), "damaged in line 2"),
        (lambda data: data.replace(b'"seed": 1', b'"seed": 8'), "damaged in line 3"),
        (lambda data: data.replace(b'"straight": true', b'"straight": 1', 1), "damaged in line"),
        (lambda data: data + data.splitlines()[1].replace(b"0.5", b"0.25") + b"\n", "in line 6"),
        (lambda data: data + b'{"a"\n', "damaged in line 6"),
        (lambda data: data + data.splitlines()[1].replace(b'"loss": ', b'"loss": 1e999') + b"\n",
         "damaged in line 6"),
    ],
)  # fmt: skip
def test_a_file_that_is_damaged_or_of_something_else_is_refused_and_left(tmp_path, change, message):
    path = tmp_path / "sweep"
    data = change(finished_store(path))
    path.write_bytes(data)
    with pytest.raises(CoreError) as refused:
        run_sweep(SMALL, store=path)
    assert message in str(refused.value)
    assert str(refused.value).startswith(f"`store` (={str(path)!r})")
    assert path.read_bytes() == data


def test_the_table_is_in_the_specs_order_and_knows_what_is_missing():
    rows = list(run_sweep(SPEC))
    table = sweep_table(SPEC, reversed(rows))
    assert table.rows == tuple(rows)
    assert table.missing == ()
    slopes, words = table.slopes("lstm"), table.words("lstm")
    assert slopes.shape == words.shape == (3, 2, 2)
    by_point = {row.point: row for row in rows}
    for i, radius in enumerate(SPEC.spectral_radii):
        for j, length in enumerate(SPEC.lengths):
            for k, seed in enumerate(SPEC.seeds):
                row = by_point[SweepPoint("lstm", length, radius, seed)]
                slope = slopes[i, j, k]
                assert row.slope == (None if np.isnan(slope) else slope)
                assert words[i, j, k] == row.word
    part = sweep_table(SPEC, rows[:13])
    assert part.missing == SPEC.points[13:]
    assert np.isnan(part.slopes("rnn_tanh")).sum() == 11
    assert "… is not measured yet: 11 of 24 points." in part.to_markdown()
    with pytest.raises(CoreError, match="must be a point of the sweep and be measured once"):
        sweep_table(SPEC, [rows[0], replace(rows[0], span=1.0)])
    with pytest.raises(CoreError, match=r"`cell` \(='gru'\) must be one of lstm, rnn_tanh\."):
        table.slopes("gru")


def test_the_csv_keeps_every_digit_and_leaves_empty_what_is_no_number():
    rows = rows_of(SPEC)
    table = sweep_table(SPEC, rows)
    head, *lines = csv.reader(io.StringIO(table.to_csv()))
    assert tuple(head) == CSV_COLUMNS
    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        told = dict(zip(head, line, strict=True))
        assert told["cell"] == row.point.cell
        assert int(told["length_tokens"]) == row.point.length
        assert float(told["spectral_radius"]) == row.point.spectral_radius
        assert told["slope_decades_per_step"] == ("" if row.slope is None else repr(row.slope))
        assert told["first_step_status"] == row.first_status.name.lower()
        assert float(told["loss_nats"]) == row.loss


def test_the_markdown_says_verdict_and_factor_of_all_seeds():
    rows = rows_of(SPEC)
    text = sweep_table(SPEC, rows).to_markdown()
    lines = text.splitlines()
    assert lines[:4] == ["### lstm", "", "| radius \\ length | 9 | 5 |", "| ---: | --- | --- |"]
    low, high = sorted(row.factor for row in rows[:2] if row.factor is not None)
    assert lines[4].startswith(f"| 1.2 | vanishing 2 ×{low:.4g} to {high:.4g}")
    assert "| 0.0 | undecided 2 | undecided 2 |" in lines
    one = replace(SPEC, seeds=(3,))
    (entry, _) = (
        line for line in sweep_table(one, rows_of(one)).to_markdown().splitlines()
        if line.startswith("| 1.2 | vanishing ×")
    )  # fmt: skip
    assert f"×{rows[0].factor:.4g}" in entry


TEXT = "the quick brown fox jumps over the lazy dog and runs away. " * 20
SWEPT = (
    "--cells gru,rnn_relu --lengths 30,300 --radii 0.5:1.5:5 --seeds 1,2 --hidden-size 5".split()
)


@pytest.fixture
def text(tmp_path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def test_a_command_that_is_killed_goes_on_and_leaves_no_process(text, tmp_path, capsys):
    store = tmp_path / "sweep"
    options = [str(text), *SWEPT, "--store", str(store)]
    command = [sys.executable, "-m", "core.analysis.sweep", *options, "--workers", "2"]
    running = subprocess.Popen(command, cwd=ROOT)
    for _ in range(1200):
        if store.exists() and store.read_bytes().count(b"\n") > 3:
            break
        time.sleep(0.02)
    workers = psutil.Process(running.pid).children()
    running.kill()
    assert running.wait(30) == -signal.SIGKILL
    assert len(workers) == 2
    assert psutil.wait_procs(workers, timeout=30)[1] == []
    assert 3 <= len(load_sweep(store)[1]) < 40
    assert main([*options, "--csv", str(tmp_path / "resumed.csv")]) == 0
    resumed = capsys.readouterr().out
    assert main([str(text), *SWEPT, "--csv", str(tmp_path / "whole.csv")]) == 0
    assert capsys.readouterr().out == resumed
    assert (tmp_path / "resumed.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert resumed.startswith("### gru\n\n| radius \\ length | 30 | 300 |\n")
    assert resumed.count("\n| 0.75 |") == 2


def test_an_interrupted_command_says_how_to_go_on(text, tmp_path, capsys, monkeypatch):
    options = [str(text), *SWEPT, "--store", str(tmp_path / "sweep")]

    def interrupt(spec, point):
        if point == spec.points[3]:
            signal.raise_signal(signal.SIGTERM)
        return measure(spec, point)

    with monkeypatch.context() as patch:
        patch.setattr("core.analysis.sweep.running.measure", interrupt)
        assert main(options) == 130
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "Interrupted after 4 of 40 points; go on with the same command.\n"
    assert len(load_sweep(tmp_path / "sweep")[1]) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "`text` must be a text file, or `--random` a number of tokens: give one."),
        (["TEXT", "--random", "5"], "give one."),
        (["none.txt"], "`text` (='none.txt') cannot be read: No such file or directory."),
        (["TEXT", "--lengths", "5000"], "`tokens` (of 1180) must be at least 5001"),
        (["TEXT", "--lengths", "5,x"], "`--lengths` (='5,x') must be numbers with commas between."),
        (["TEXT", "--radii", "0:1"], "`--radii` (='0:1') must be a list, or from:to:count"),
        (["TEXT", "--radii", "0:1:1"], "with 2 to 10,000 values, as 0.5:1.5:11."),
        (["TEXT", "--radii", "0:99:3"], "`spectral_radius` (=49.5) must be a number between 0"),
        (["TEXT", "--workers", "999"], "`workers` (=999) must be a whole number from 0 to 256."),
        (["--random", "1"], "`vocabulary_size` (=1) must be a whole number from 2 to 20000."),
        (["TEXT", "--csv", "none/x.csv", "--lengths", "5", "--radii", "1"], "cannot be written"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_status_2(text, capsys, options, message):
    assert main([str(text) if each == "TEXT" else each for each in options]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert message in told.err
    assert told.err.count("\n") == 1


def test_radii_are_the_numbers_one_would_write(capsys):
    options = "--random 5 --lengths 4 --cells rnn_tanh --radii 0.1:0.9:9 --hidden-size 2".split()
    assert main(options) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in lines[4:13]] == [
        f"0.{digit}" for digit in range(1, 10)
    ]


def test_the_bar_is_shown_on_a_screen_and_counts_all_points(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    options = "--random 5 --lengths 4 --cells rnn_tanh --radii 0.1:0.9:9 --hidden-size 2".split()
    assert main(options) == 0
    assert "9/9" in capsys.readouterr().err
    assert main([*options, "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert main(options) == 0
    assert capsys.readouterr().err == ""


def test_threads_and_queue_of_a_worker_end_with_its_points():
    done = queue.SimpleQueue()
    processes._Worker(SPEC, queue.SimpleQueue(), done).end()
    assert done.empty()
