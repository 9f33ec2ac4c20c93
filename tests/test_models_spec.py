"""ModelSpec: what it refuses, and that it can stand for a network as a key."""

import dataclasses
import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CoreError, SpecError
from core.models import ModelSpec

SPECS = st.builds(
    ModelSpec,
    cell=st.sampled_from(["rnn_tanh", "rnn_relu", "gru", "lstm"]),
    vocabulary_size=st.integers(2, 500),
    hidden_size=st.integers(1, 512),
    num_layers=st.integers(1, 4),
    bidirectional=st.booleans(),
    input=st.sampled_from(["one_hot", "embedding"]),
    embedding_size=st.integers(1, 512),
    seed=st.integers(0, 2**63 - 1),
    initialisation=st.sampled_from(["pytorch", "normal", "orthogonal"]),
    sigma=st.floats(0, 10, exclude_min=True),
    spectral_radius=st.none() | st.floats(0, 10) | st.integers(0, 10),
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": 0}, "`hidden_size` (=0) must be between 1 and 512."),
        ({"hidden_size": 513}, "`hidden_size` (=513) must be between 1 and 512."),
        (
            {"hidden_size": True},
            "`hidden_size` (=True) must be a whole number between 1 and 512.",
        ),
        ({"hidden_size": 8.0}, "`hidden_size` (=8.0) must be a whole number between 1 and 512."),
        ({"num_layers": 5}, "`num_layers` (=5) must be between 1 and 4."),
        ({"num_layers": "2"}, "`num_layers` (='2') must be a whole number between 1 and 4."),
        (
            {"vocabulary_size": 1},
            "`vocabulary_size` (=1) must be between 2 and 20000: give a text of more or fewer "
            "distinct tokens, or raise the vocabulary's `min_freq`.",
        ),
        ({"embedding_size": 0}, "`embedding_size` (=0) must be between 1 and 512."),
        ({"seed": -1}, "`seed` (=-1) must be between 0 and 9223372036854775807."),
        (
            {"seed": 10**5000},
            "`seed` (=an int too long to print) must be between 0 and 9223372036854775807.",
        ),
        ({"bidirectional": 1}, "`bidirectional` (=1) must be True or False."),
        ({"cell": "rnn"}, "`cell` (='rnn') must be one of rnn_tanh, rnn_relu, gru, lstm."),
        ({"cell": ["gru"]}, "`cell` (=['gru']) must be one of rnn_tanh, rnn_relu, gru, lstm."),
        ({"input": None}, "`input` (=None) must be one of one_hot, embedding."),
        (
            {"initialisation": "xavier"},
            "`initialisation` (='xavier') must be one of pytorch, normal, orthogonal.",
        ),
        ({"sigma": 0}, "`sigma` (=0) must be above 0."),
        ({"sigma": float("nan")}, "`sigma` (=nan) must be a number between 0 and 10."),
        ({"sigma": True}, "`sigma` (=True) must be a number between 0 and 10."),
        (
            {"spectral_radius": float("inf")},
            "`spectral_radius` (=inf) must be a number between 0 and 10.",
        ),
        (
            {"spectral_radius": -0.1},
            "`spectral_radius` (=-0.1) must be a number between 0 and 10.",
        ),
        (
            {"spectral_radius": "1"},
            "`spectral_radius` (='1') must be a number between 0 and 10.",
        ),
    ],
)
def test_a_refusal_names_the_attribute_its_value_and_the_rule(changes, message):
    with pytest.raises(SpecError) as refusal:
        ModelSpec(**{"cell": "gru", "vocabulary_size": 28} | changes)
    assert str(refusal.value) == message
    assert isinstance(refusal.value, CoreError)


def test_the_bounds_themselves_are_accepted():
    small = ModelSpec(cell="lstm", vocabulary_size=2, hidden_size=1, spectral_radius=0, seed=0)
    large = ModelSpec(
        cell="lstm",
        vocabulary_size=28,
        hidden_size=512,
        num_layers=4,
        bidirectional=True,
        seed=2**63 - 1,
        sigma=10,
        spectral_radius=10,
    )
    assert small.parameter_count == 4 * (2 + 1 + 2) + 2 * 2
    assert large.parameter_count < 32_000_000


def test_a_network_of_too_many_parameters_is_refused_with_the_way_out():
    with pytest.raises(SpecError, match="more than 32,000,000: lower one of them, or `num_layers`"):
        ModelSpec(cell="lstm", vocabulary_size=20_000, hidden_size=512)


@pytest.mark.parametrize(
    ("cell", "count"), [("rnn_tanh", 2908), ("rnn_relu", 2908), ("lstm", 8860), ("gru", 6876)]
)
def test_parameter_counts_of_the_chapter(cell, count):
    assert ModelSpec(cell=cell, vocabulary_size=28, hidden_size=32).parameter_count == count


def test_a_spec_cannot_be_changed():
    spec = ModelSpec(cell="gru", vocabulary_size=28)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.hidden_size = 0


@settings(deadline=None)
@given(SPECS)
def test_a_spec_survives_json_and_pickle(spec):
    again = ModelSpec.from_dict(json.loads(json.dumps(spec.to_dict())))
    assert again == spec
    assert hash(again) == hash(spec)
    assert again.digest == spec.digest
    assert pickle.loads(pickle.dumps(spec)) == spec


@settings(deadline=None)
@given(SPECS, SPECS)
def test_digests_are_equal_exactly_when_specs_are(one, other):
    assert (one.digest == other.digest) == (one == other)


def test_equal_numbers_of_different_types_give_one_digest():
    whole = ModelSpec(cell="gru", vocabulary_size=28, sigma=1, spectral_radius=0)
    real = ModelSpec(cell="gru", vocabulary_size=28, sigma=1.0, spectral_radius=-0.0)
    assert whole == real
    assert whole.digest == real.digest


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(ModelSpec)])
def test_every_attribute_counts_in_the_digest(name):
    base = ModelSpec(cell="gru", vocabulary_size=28)
    changed = {
        "cell": "lstm",
        "vocabulary_size": 29,
        "hidden_size": 33,
        "num_layers": 2,
        "bidirectional": True,
        "input": "embedding",
        "embedding_size": 33,
        "seed": 1,
        "initialisation": "normal",
        "sigma": 0.02,
        "spectral_radius": 0.9,
    }
    assert dataclasses.replace(base, **{name: changed[name]}).digest != base.digest


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"cell": "gru", "vocabulary_size": 28, "dropout": 0.5},
            "`values` holds unknown attributes ['dropout']; a model has cell, vocabulary_size, "
            "hidden_size, num_layers, bidirectional, input, embedding_size, seed, "
            "initialisation, sigma, spectral_radius.",
        ),
        ({"cell": "gru"}, "`values` must hold `vocabulary_size`."),
        ({}, "`values` must hold `cell` and `vocabulary_size`."),
        ("gru", "`values` (='gru') must be a mapping of attributes."),
    ],
)
def test_from_dict_refuses_what_is_no_spec(values, message):
    with pytest.raises(SpecError) as refusal:
        ModelSpec.from_dict(values)
    assert str(refusal.value) == message


def test_absent_attributes_take_their_defaults():
    values = {"cell": "lstm", "vocabulary_size": 28}
    assert ModelSpec.from_dict(values) == ModelSpec(cell="lstm", vocabulary_size=28)
