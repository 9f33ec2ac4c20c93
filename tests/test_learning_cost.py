"""What a training takes is estimated before it starts, and a size that is named does fit."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SpecError, TextError
from core.learning import (
    StepLimits,
    TrainingRun,
    TrainingSpec,
    TrainingText,
    fits_text,
    require_within_limits,
    size_for_text,
    sizes_for_limits,
    step_cost,
)
from core.learning.validation import _passes, passes_of
from core.models import ModelSpec

ROOT = Path(__file__).resolve().parent.parent
FACTOR = 3.5
# Peak memory that a run takes beyond the imported library, and CPU seconds of its slowest step
# against those of the first row: another machine is faster at all of them alike.
PROGRAM = """
import os, time, torch
from pathlib import Path
from core.learning import TrainingRun, TrainingSpec, TrainingText
from core.models import ModelSpec
torch.set_num_threads(1)
def now(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])
indices = torch.randint({model}["vocabulary_size"], ({tokens},),
                        generator=torch.Generator().manual_seed(0))
text = TrainingText(train=indices[:-{validation}], validation=indices[-{validation}:])
before = now("VmRSS")
run = TrainingRun(ModelSpec(**{model}), TrainingSpec(**{training}), text)
slowest = 0.0
for step in range(4):
    started = time.process_time()
    next(run)
    if step > 1:
        slowest = max(slowest, time.process_time() - started)
print(now("VmHWM") - before, slowest)
"""
SIZES = [
    (dict(cell="lstm", hidden_size=128, vocabulary_size=60), dict(time_steps=64, batch_size=64)),
    (dict(cell="rnn_tanh", hidden_size=128, vocabulary_size=60, num_layers=2),
     dict(time_steps=64, batch_size=64)),
    (dict(cell="gru", hidden_size=64, vocabulary_size=3000), dict(time_steps=64, batch_size=32)),
    (dict(cell="lstm", hidden_size=512, vocabulary_size=60, num_layers=2, input="embedding"),
     dict(time_steps=32, batch_size=64)),
    (dict(cell="gru", hidden_size=128, vocabulary_size=60, bidirectional=True),
     dict(time_steps=64, batch_size=32, per_step_norms_every=1)),
    (dict(cell="lstm", hidden_size=64, vocabulary_size=2000, input="embedding"),
     dict(time_steps=100, batch_size=2, validate_every=1)),
]  # fmt: skip


def measured(model: dict, training: dict) -> tuple[float, float, float, float]:
    """Bytes and seconds: those measured, then those estimated."""
    tokens, validation = 2 * training["time_steps"] * (training["batch_size"] + 4), 400
    training = {"windows": "disjoint", "optimiser": "adam", "learning_rate": 0.001, **training}
    program = PROGRAM.format(model=model, training=training, tokens=tokens, validation=validation)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    taken = [float(word) for word in done.stdout.split()]
    cost = step_cost(ModelSpec(**model), TrainingSpec(**training), tokens - validation, validation)
    return (*taken, float(cost.bytes), cost.seconds)


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells the peak of memory there")
def test_the_estimate_is_what_a_step_takes_within_a_factor():
    found = [measured(*sizes) for sizes in SIZES]
    faster = found[0][3] / found[0][1]  # this machine, and how loaded it is
    for sizes, (memory, seconds, memory_said, seconds_said) in zip(SIZES, found, strict=True):
        print(sizes, f"{memory / 1e6:.0f} {memory_said / 1e6:.0f} MB", seconds, seconds_said)
        assert 1 / FACTOR < memory_said / memory < FACTOR, sizes
        assert memory_said > 0.9 * memory, sizes  # the limit has to hold
        assert 1 / FACTOR < seconds_said / (seconds * faster) < FACTOR, sizes


networks = st.builds(
    ModelSpec,
    cell=st.sampled_from(["rnn_tanh", "rnn_relu", "gru", "lstm"]),
    vocabulary_size=st.integers(2, 5000),
    hidden_size=st.integers(1, 512),
    num_layers=st.integers(1, 4),
    input=st.just("embedding"),
)
trainings = st.builds(
    TrainingSpec,
    windows=st.sampled_from(["overlapping", "disjoint", "consecutive"]),
    time_steps=st.integers(2, 500),
    batch_size=st.integers(1, 4096),
    per_step_norms_every=st.sampled_from([0, 5]),
)
texts = st.tuples(st.integers(2, 10**7), st.integers(2, 20_000))


@given(networks, trainings, texts, st.floats(1e8, 1e10), st.floats(0.01, 100))
def test_a_size_that_is_named_fits_and_a_larger_one_of_it_does_not(
    model, training, tokens, most_bytes, most_seconds
):
    limits = StepLimits(int(most_bytes), most_seconds)
    if not fits_text(training, *tokens) or limits.allow(step_cost(model, training, *tokens)):
        return
    sizes = sizes_for_limits(model, training, *tokens, limits)
    with pytest.raises(SpecError) as refusal:
        require_within_limits(model, training, *tokens, limits)
    if not sizes:
        smallest = replace(training, time_steps=2, batch_size=1)
        assert not limits.allow(step_cost(replace(model, hidden_size=1), smallest, *tokens))
        return
    assert all(f"`{size.name}` = {size.value:,}" in str(refusal.value) for size in sizes)

    def changed(values):
        units = {"hidden_size": values.pop("hidden_size", model.hidden_size)}
        return replace(model, **units), replace(training, **values)

    network, smaller = changed({size.name: size.value for size in sizes})
    assert fits_text(smaller, *tokens)
    require_within_limits(network, smaller, *tokens, limits)
    if len(sizes) == 1 and sizes[0].name != "time_steps":  # a longer window may validate faster
        network, larger = changed({sizes[0].name: sizes[0].value + 1})
        assert not limits.allow(step_cost(network, larger, *tokens))


def test_what_held_the_server_for_hours_is_refused_at_the_usual_limits():
    model = ModelSpec(cell="lstm", vocabulary_size=70, hidden_size=512, num_layers=4)
    training = TrainingSpec(time_steps=500, batch_size=4096, windows="disjoint")
    with pytest.raises(SpecError, match=r"GB and [\d,]+ seconds a step.*`batch_size` = \d+ fits"):
        require_within_limits(model, training, 3_000_000, 20_000)
    assert step_cost(model, training, 3_000_000, 20_000).bytes > 50e9


def test_a_validation_that_takes_an_hour_is_refused_too():
    model = ModelSpec(cell="lstm", vocabulary_size=70, hidden_size=512, num_layers=4)
    training = TrainingSpec(time_steps=500, batch_size=1, windows="overlapping")
    with pytest.raises(SpecError, match=r"`(time_steps|hidden_size)` = \d+ .*fits"):
        require_within_limits(model, training, 3_000_000, 20_000)


@given(trainings, texts)
def test_the_windows_offered_for_a_text_fit_it(training, tokens):
    if fits_text(training, *tokens):
        return
    size = size_for_text(training, *tokens)
    if size is None:
        smallest = replace(training, time_steps=2)
        assert not fits_text(smallest, *tokens)
        return
    assert fits_text(replace(training, **{size.name: size.value}), *tokens)
    assert not fits_text(replace(training, **{size.name: size.value + 1}), *tokens)


@given(st.integers(2, 60), st.integers(2, 60), st.sampled_from([2, 20]), trainings)
def test_fitting_a_text_is_what_a_run_accepts(train, validation, steps, training):
    spec = replace(training, time_steps=steps, batch_size=min(training.batch_size, 5))
    indices = torch.zeros(train + validation, dtype=torch.int64)
    text = TrainingText(train=indices[:train], validation=indices[train:])
    model = ModelSpec(cell="gru", vocabulary_size=2, hidden_size=1)
    try:
        TrainingRun(model, spec, text)
    except TextError:
        assert not fits_text(spec, train, validation)
    else:
        assert fits_text(spec, train, validation)


@given(trainings, st.integers(2, 20_000), st.integers(2, 20_000))
def test_the_passes_that_are_counted_are_those_that_are_made(training, tokens, vocabulary_size):
    if tokens < training.time_steps + 1:
        return
    made = _passes(training, tokens, vocabulary_size)
    assert passes_of(training, tokens, vocabulary_size) == (len(made), max(map(len, made)))
