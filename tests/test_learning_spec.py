"""TrainingSpec, its windows and its text: what is refused, and what a step reads."""

import itertools
import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CoreError, SpecError, TextError
from core.learning import (
    Batches,
    TrainingSpec,
    TrainingText,
    chapter_preset,
    spread_snapshots,
    total_steps,
)
from core.text import Split, Vocabulary


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"optimiser": "rmsprop"}, "`optimiser` (='rmsprop') must be one of sgd, momentum, adam"),
        ({"learning_rate": 0}, "`learning_rate` (=0) must be a number above 0 and at most 1000."),
        ({"learning_rate": float("nan")}, "`learning_rate` (=nan) must be a number above 0"),
        ({"momentum": 1.0}, "`momentum` (=1.0) must be below 1."),
        ({"weight_decay": -1}, "`weight_decay` (=-1) must be a number between 0 and 10."),
        ({"clip": None}, "`clip` (=None) must be one of norm, value, off."),
        ({"clip_threshold": "1"}, "`clip_threshold` (='1') must be a number above 0"),
        ({"schedule": "step"}, "`schedule` (='step') must be one of constant, cosine"),
        ({"warmup_steps": 0}, "`warmup_steps` (=0) must be between 1 and 100000000."),
        ({"windows": "random"}, "`windows` (='random') must be one of overlapping, disjoint"),
        ({"time_steps": 2.0}, "`time_steps` (=2.0) must be a whole number between 1 and 2000."),
        ({"batch_size": True}, "`batch_size` (=True) must be a whole number between 1"),
        ({"epochs": 0}, "`epochs` (=0) must be between 1 and 100000."),
        ({"max_steps": 0}, "`max_steps` (=0) must be between 1"),
        ({"seed": -1}, "`seed` (=-1) must be between 0"),
        ({"per_step_norms_every": -1}, "`per_step_norms_every` (=-1) must be between 0"),
        ({"validate_every": 0.5}, "`validate_every` (=0.5) must be a whole number"),
        ({"snapshots_at": (3, 3)}, "`snapshots_at` (=(3, 3)) must be a tuple of at most 200"),
        ({"snapshots_at": [1]}, "`snapshots_at` (=[1]) must be a tuple"),
        ({"snapshots_at": (-1,)}, "`snapshots_at` holds -1: it must be a tuple"),
        ({"snapshots_at": tuple(range(201))}, "must be a tuple of at most 200 rising"),
    ],
)
def test_what_no_training_can_be_is_refused(attributes, message):
    with pytest.raises(SpecError) as refusal:
        TrainingSpec(**attributes)
    assert message in str(refusal.value)


SPECS = st.builds(
    TrainingSpec,
    optimiser=st.sampled_from(["sgd", "momentum", "adam", "adamw"]),
    learning_rate=st.one_of(st.integers(1, 5), st.floats(1e-6, 1000)),
    weight_decay=st.sampled_from([0, 0.0, -0.0, 0.1]),
    max_steps=st.one_of(st.none(), st.integers(1, 99)),
    snapshots_at=st.lists(st.integers(0, 99), unique=True).map(lambda s: tuple(sorted(s))),
)


@given(SPECS)
def test_a_spec_survives_json(spec):
    again = TrainingSpec.from_dict(json.loads(json.dumps(spec.to_dict())))
    assert again == spec
    assert again.digest == spec.digest
    assert hash(again) == hash(spec)


def test_equal_specs_have_equal_digests_and_others_do_not():
    assert TrainingSpec(learning_rate=1).digest == TrainingSpec(learning_rate=1.0).digest
    assert TrainingSpec(seed=1).digest != TrainingSpec().digest


def test_an_unknown_attribute_is_named():
    with pytest.raises(SpecError, match=r"unknown attributes \['optimizer'\]; a training has"):
        TrainingSpec.from_dict({"optimizer": "sgd"})
    with pytest.raises(SpecError, match="must be a mapping of attributes"):
        TrainingSpec.from_dict([])  # type: ignore[arg-type]


@given(st.integers(1, 10_000), st.integers(2, 40))
def test_snapshots_are_spread_from_the_first_step_to_the_last(steps, count):
    spread = spread_snapshots(steps, count)
    assert len(spread) == min(count, steps + 1)
    assert (spread[0], spread[-1]) == (0, steps)
    assert list(spread) == sorted(set(spread))


def test_snapshots_are_dense_at_the_start():
    assert spread_snapshots(1000, 5) == (0, 1, 10, 100, 1000)
    with pytest.raises(SpecError, match=r"`count` \(=1\)"):
        spread_snapshots(10, 1)


@pytest.mark.parametrize(
    ("cell", "rate", "epochs", "parameters"),
    [("rnn_tanh", 1, 100, 2908), ("lstm", 4, 50, 8860), ("gru", 4, 50, 6876)],
)
def test_the_preset_is_the_chapters(cell, rate, epochs, parameters):
    model, training = chapter_preset(cell)
    assert model.parameter_count == parameters
    assert (model.hidden_size, model.input, model.vocabulary_size) == (32, "one_hot", 28)
    assert (training.learning_rate, training.epochs) == (rate, epochs)
    assert (training.time_steps, training.batch_size) == (32, 1024)
    assert (training.optimiser, training.clip, training.clip_threshold) == ("sgd", "norm", 1)
    # 10,000 windows: nine full batches and one of 784.
    tokens = Split.of_chapter(173_428).train[1]
    assert total_steps(training, tokens) == 10 * epochs
    assert Batches(training, torch.zeros(tokens, dtype=torch.int64)).at(10)[0].shape == (32, 784)


def starts_read(spec: TrainingSpec, tokens: int, epoch: int) -> list[list[int]]:
    """The first token of every window, by batch: the text counts its own places."""
    batches = Batches(spec, torch.arange(tokens))
    first = epoch * batches.per_epoch
    found = []
    for step in range(first + 1, first + batches.per_epoch + 1):
        inputs, targets = batches.at(step)
        assert torch.equal(targets, inputs + 1)
        assert torch.equal(inputs, inputs[0] + torch.arange(spec.time_steps)[:, None])
        found.append(inputs[0].tolist())
    return found


@given(st.integers(9, 60), st.integers(1, 7), st.integers(0, 3))
def test_overlapping_windows_are_all_read_once_in_another_order_each_epoch(tokens, batch, seed):
    spec = TrainingSpec(time_steps=8, batch_size=batch, seed=seed)
    for epoch in (0, 1):
        read = starts_read(spec, tokens, epoch)
        assert all(len(one) == batch for one in read[:-1])
        assert sorted(itertools.chain.from_iterable(read)) == list(range(tokens - 8))
    if tokens == 60:
        assert starts_read(spec, tokens, 0) != starts_read(spec, tokens, 1)


@given(st.integers(9, 90), st.integers(1, 7), st.integers(0, 3))
def test_disjoint_windows_share_no_token_and_epochs_are_equally_long(tokens, batch, seed):
    spec = TrainingSpec(windows="disjoint", time_steps=8, batch_size=batch, seed=seed)
    sizes = set()
    for epoch in range(4):
        starts = sorted(itertools.chain.from_iterable(starts_read(spec, tokens, epoch)))
        sizes.add(len(starts))
        gaps = {after - before for before, after in itertools.pairwise(starts)}
        assert gaps <= {8, 16}  # 16 where the window too many was left out
        assert starts[-1] + 8 < tokens
    assert len(sizes) == 1


def test_disjoint_windows_start_elsewhere_each_epoch():
    spec = TrainingSpec(windows="disjoint", time_steps=8, batch_size=4)
    offsets = {
        min(itertools.chain.from_iterable(starts_read(spec, 90, epoch))) % 8 for epoch in range(20)
    }
    assert len(offsets) > 3


def test_consecutive_windows_read_on_where_the_last_stopped():
    spec = TrainingSpec(windows="consecutive", time_steps=8, batch_size=3)
    read = torch.tensor(starts_read(spec, 100, epoch=2))
    assert read.shape == (4, 3)
    assert torch.equal(read, torch.tensor([0, 32, 64]) + 8 * torch.arange(4)[:, None])


@settings(max_examples=20)
@given(st.sampled_from(["overlapping", "disjoint", "consecutive"]), st.data())
def test_any_step_can_be_reached_without_those_before_it(windows, data):
    spec = TrainingSpec(windows=windows, time_steps=5, batch_size=4)
    train = torch.arange(71)
    one, other = Batches(spec, train), Batches(spec, train)
    in_order = [one.at(step) for step in range(1, 3 * one.per_epoch)]
    step = data.draw(st.integers(1, len(in_order)))
    assert torch.equal(other.at(step)[0], in_order[step - 1][0])


def test_the_least_of_epochs_and_steps_counts():
    assert total_steps(TrainingSpec(time_steps=8, batch_size=4, epochs=3), 28) == 15
    assert total_steps(TrainingSpec(time_steps=8, batch_size=4, epochs=3, max_steps=7), 28) == 7
    assert total_steps(TrainingSpec(time_steps=8, batch_size=4, epochs=1, max_steps=7), 28) == 5


@pytest.mark.parametrize("windows", ["overlapping", "disjoint", "consecutive"])
def test_a_text_shorter_than_a_window_is_refused(windows):
    spec = TrainingSpec(windows=windows, time_steps=8, batch_size=1)
    assert total_steps(spec, 9) == 100
    with pytest.raises(TextError, match=r"must (have|be) at least 9"):
        total_steps(spec, 8)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (torch.zeros(5), r"`train` \(=of shape \(5,\), torch.float32\) must be a row"),
        (torch.zeros(2, 2, dtype=torch.int64), r"`train` \(=of shape \(2, 2\), torch.int64\)"),
        ([0, 1], r"`train` \(=\[0, 1\]\) must be a row"),
        (torch.tensor([1]), r"`train` \(of 1 tokens\) must have at least 2"),
        (torch.tensor([1, -1]), r"`train` \(from -1 to 1\) must stay between 0 and the last"),
        (torch.tensor([1, 3]), r"`train` \(from 1 to 3\) must stay between 0 and 2 of"),
    ],
)
def test_what_is_no_text_is_refused(train, message):
    known = Vocabulary.from_tokens("ab") if isinstance(train, torch.Tensor) else None
    if isinstance(train, torch.Tensor) and train.numel() and train.min() < 0:
        known = None
    with pytest.raises(TextError, match=message):
        TrainingText(train=train, validation=torch.tensor([0, 1]), vocabulary=known)


def test_a_split_cuts_the_text():
    split = Split.at_end(10, 0.3)
    text = TrainingText.from_split(list(range(10)), split, text_digest="cd" * 32)
    assert text.train.tolist() == list(range(7))
    assert text.validation.tolist() == [7, 8, 9]
    assert text.digest == TrainingText.from_split(torch.arange(10), split).digest
    with pytest.raises(CoreError, match=r"`indices` \(of shape \(9,\)\) must be a row of at least"):
        TrainingText.from_split(list(range(9)), split)
