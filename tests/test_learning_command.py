"""`python -m core.learning`: text in, checkpoint out, and nothing lost on the way."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from core.errors import CoreError
from core.learning import StepLimits, TrainingSpec, fitting, load_run
from core.learning.__main__ import _progress, main
from core.learning.command import parser, run_from
from core.models import Checkpoint, ModelSpec, load_checkpoint
from core.models.checkpoints import replace_file

ROOT = Path(__file__).resolve().parent.parent
TEXT = "the quick brown fox jumps over the lazy dog and runs away. " * 20
SMALL = "--hidden-size 5 --time-steps 6 --batch-size 8 --max-steps 12 --quiet --snapshots 3".split()


@pytest.fixture
def text(tmp_path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def test_a_text_goes_in_and_a_checkpoint_comes_out(text, tmp_path, capsys):
    output = tmp_path / "net"
    assert main([str(text), str(output), "--cell", "gru", *SMALL]) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0].startswith("gru, 5 units, ")
    assert lines[0].endswith("12 of 12 steps.")
    assert lines[1].startswith("Validation perplexity ")
    assert lines[2] == f"Written to {output}."
    checkpoint = written(output)
    assert (checkpoint.spec.cell, checkpoint.scheme) == ("gru", "graphemes")
    assert checkpoint.vocabulary is not None
    assert "q" in checkpoint.vocabulary.tokens
    assert checkpoint.text_digest == hashlib.sha256(TEXT.encode()).hexdigest()
    assert [kept.step for kept in checkpoint.snapshots] == [0, 1, 12]
    assert checkpoint.training["curve"]["step"] == list(range(1, 13))
    assert checkpoint.training["validation"]["step"] == [0, 1, 12]
    assert checkpoint.training["steps"] == checkpoint.training["total_steps"] == 12
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net", "text.txt"]


def test_options_become_the_specs(text, tmp_path, monkeypatch):
    output = tmp_path / "net"
    options = (
        "--cell lstm --num-layers 2 --input embedding --embedding-size 4 --initialisation normal "
        "--sigma 0.2 --seed 3 --optimiser adamw --learning-rate 0.02 --weight-decay 0.01 "
        "--clip value --clip-threshold 0.5 --schedule cosine --windows consecutive --epochs 2 "
        "--validate-every 5 --per-step-norms-every 6 --scheme letters --min-freq 25 "
        "--save-every 0"
    )

    def fail(path, run):
        raise CoreError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("core.learning.__main__._write_checkpoint", fail)
        assert main([str(text), str(output), *options.split(), *SMALL]) == 2
    run = load_run(output.with_name("net.run"))
    model, training = run.model_spec, run.training_spec
    assert (model.cell, model.num_layers, model.input, model.embedding_size) == (
        "lstm", 2, "embedding", 4,
    )  # fmt: skip
    assert (model.initialisation, model.sigma, model.seed, training.seed) == ("normal", 0.2, 3, 3)
    assert (training.optimiser, training.learning_rate, training.weight_decay) == (
        "adamw", 0.02, 0.01,
    )  # fmt: skip
    assert (training.clip, training.clip_threshold, training.schedule) == ("value", 0.5, "cosine")
    assert (training.windows, training.epochs, training.validate_every) == ("consecutive", 2, 5)
    assert training.per_step_norms_every == 6
    assert training.snapshots_at[0] == 0
    assert run.text.scheme == "letters"
    assert run.text.vocabulary is not None
    assert "z" not in run.text.vocabulary.tokens
    assert "e" in run.text.vocabulary.tokens


def test_the_chapters_experiment_is_one_option(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT * 20)
    asked = parser().parse_args(
        [str(path), str(tmp_path / "net"), "--chapter", "--cell", "gru", "--epochs", "3"]
    )
    run = run_from(asked)
    training = run.training_spec
    assert (training.learning_rate, training.batch_size, training.epochs) == (4.0, 1024, 3)
    assert (len(run.text.train), len(run.text.validation)) == (10_032, 5_032)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--learning-rate", "-1"], "`learning_rate` (=-1.0) must be a number above 0"),
        (["--scheme", "letters", "--validation-share", "2"], "`share` (=2.0) must be above 0"),
        (["--time-steps", "1999"], "`train` (of "),
        (["--hidden-size", "512", "--snapshots", "99", "--max-steps", "200"], "`snapshots` (=99)"),
        (["--threads", "0"], "`--threads` (=0) must be at least 1."),
        (["--resume"], "must be the file of a training run"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_status_2(text, tmp_path, capsys, change, message):
    assert main([str(text), str(tmp_path / "net"), *SMALL, *change]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert message in told.err
    assert told.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["text.txt"]


def test_a_text_that_is_not_there_or_a_folder_is_refused(tmp_path, capsys):
    assert main([str(tmp_path / "none.txt"), str(tmp_path / "net")]) == 2
    assert "`text` (=" in capsys.readouterr().err
    assert main([str(tmp_path), str(tmp_path / "net")]) == 2
    assert "cannot be read: Is a directory." in capsys.readouterr().err
    (tmp_path / "t.txt").write_text(TEXT)
    assert main([str(tmp_path / "t.txt"), str(tmp_path / "none" / "net"), *SMALL]) == 2
    assert "cannot be written: No such file or directory." in capsys.readouterr().err


def test_nothing_is_overwritten_unasked(text, tmp_path, capsys):
    output = tmp_path / "net"
    replace_file(output, b"precious")
    assert main([str(text), str(output), *SMALL]) == 2
    assert "use --overwrite." in capsys.readouterr().err
    assert output.read_bytes() == b"precious"
    assert main([str(text), str(output), *SMALL, "--resume"]) == 2
    assert "already finished" in capsys.readouterr().err
    assert main([str(text), str(output), *SMALL, "--overwrite"]) == 0
    assert output.read_bytes() != b"precious"
    replace_file(tmp_path / "other.run", b"unfinished")
    assert main([str(text), str(tmp_path / "other"), *SMALL]) == 2
    assert "use --resume to go on, or --overwrite." in capsys.readouterr().err


def wait_for_steps(path: Path, least: int) -> None:
    """Until the file of a run tells of so many steps."""
    for _ in range(600):
        if path.exists() and load_run(path).step >= least:
            return
        time.sleep(0.05)
    pytest.fail(f"{path} did not come to step {least}")


LONG = [*SMALL, "--max-steps", "60", "--optimiser", "adam"]


def test_a_command_that_is_killed_goes_on_where_it_was(text, tmp_path):
    output, kept = tmp_path / "net", tmp_path / "net.run"
    options = [*LONG, "--max-steps", "20000", "--epochs", "2000"]
    command = [sys.executable, "-m", "core.learning", str(text), str(output), *options]
    with subprocess.Popen([*command, "--save-every", "0"], cwd=ROOT) as running:
        try:
            wait_for_steps(kept, 3)
        finally:
            running.kill()
    assert running.returncode == -9
    left = load_run(kept)
    assert 3 <= left.step < 20_000
    whole = run_from(parser().parse_args([str(text), str(output), *options]))
    taken_up = [next(left) for _ in range(9)]
    for _ in range(left.step + 1):
        next(whole)
    assert whole.history[-9:] == tuple(taken_up)
    assert whole.history == left.history


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_saves_and_says_how_to_go_on(
    text, tmp_path, capsys, monkeypatch, number
):
    output = tmp_path / "net"

    @contextmanager
    def impatient(run, *, quiet):
        yield lambda record: os.kill(os.getpid(), number) if record.step == 5 else None

    before = signal.getsignal(number)
    with monkeypatch.context() as patch:
        patch.setattr("core.learning.__main__._progress", impatient)
        assert main([str(text), str(output), *LONG]) == 130
    assert signal.getsignal(number) == before
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "Interrupted and saved at step 5 of 60; go on with the same command and --resume.\n"
    )
    assert not output.exists()
    assert main([str(text), str(output), *LONG, "--resume"]) == 0
    assert main([str(text), str(tmp_path / "whole"), *LONG]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net", "text.txt", "whole"]
    assert_same_weights(output, tmp_path / "whole")


def assert_same_weights(one: Path, other: Path) -> None:
    ours, theirs = written(one), written(other)
    assert ours.digest == theirs.digest
    assert ours.training == theirs.training
    assert [kept.step for kept in ours.snapshots] == [kept.step for kept in theirs.snapshots]


def written(path: Path) -> Checkpoint:
    checkpoint = load_checkpoint(path.read_bytes())
    assert isinstance(checkpoint, Checkpoint)
    return checkpoint


def test_a_training_that_explodes_says_so_and_keeps_what_was_good(text, tmp_path, capsys):
    options = "--cell rnn_relu --optimiser sgd --learning-rate 1000 --clip off".split()
    assert main([str(text), str(tmp_path / "net"), *SMALL, *options]) == 3
    told = capsys.readouterr().out
    assert "Training stopped at step" in told
    assert "set `clip` (='off') to 'norm'" in told
    checkpoint = written(tmp_path / "net")
    assert all(bool(weight.isfinite().all()) for weight in checkpoint.weights.values())
    assert checkpoint.training["stopped"].startswith("Training stopped at step")


def test_the_help_names_every_attribute_of_the_specs(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    told = capsys.readouterr().out
    for spec in (ModelSpec, TrainingSpec):
        for field in fields(spec):
            if field.name not in ("vocabulary_size", "snapshots_at"):
                assert f"--{field.name.replace('_', '-')}" in told, field.name
    assert "--snapshots " in told


def test_the_progress_is_shown_and_its_absence_does_no_harm(text, tmp_path, capsys, monkeypatch):
    run = run_from(parser().parse_args([str(text), str(tmp_path / "net"), *SMALL]))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with _progress(run, quiet=False) as show:
        for record in run:
            show(record)
    told = capsys.readouterr().err
    assert "12/12" in told
    assert "validation" in told
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with _progress(run, quiet=False) as show:
        show(run.history[1])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("limit", "warned"), [(1, True), (10**12, False)])
def test_a_step_that_the_page_would_refuse_is_warned_of(
    text, tmp_path, capsys, monkeypatch, limit, warned
):
    monkeypatch.setattr(fitting, "StepLimits", lambda: StepLimits(bytes=limit))
    asked = [option for option in SMALL if option != "--quiet"]
    assert main([str(text), str(tmp_path / "net"), *asked]) == 0
    told = capsys.readouterr().err
    assert ("warning: " in told) == warned
    assert ("Ctrl-C saves and ends it." in told) == warned
