"""The numbers a network starts from: the same each time, of the stated law, from the seed alone."""

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from core.errors import SpecError
from core.models import ModelSpec, SequenceModel, draw_parameters, scale_to_radius

CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
# First rows of W_hh for seed 42 and H = 3: of the LSTM's input gate, of the GRU's reset gate.
PINNED_UNIFORM = [-0.2375395417046627, 0.22421364137766353, 0.2891505238058258]
PINNED_NORMAL = [0.09862186213290877, -1.870198370669851, 0.8453339289810007]


def drawn(**attributes) -> dict[str, torch.Tensor]:
    return dict(draw_parameters(ModelSpec(**({"vocabulary_size": 7} | attributes))))


def recurrent_blocks(parameters: dict[str, torch.Tensor], hidden_size: int) -> list[torch.Tensor]:
    weights = [value for name, value in parameters.items() if "weight_hh" in name]
    blocks = [block for weight in weights for block in weight.split(hidden_size)]
    assert blocks
    assert all(block.shape == (hidden_size, hidden_size) for block in blocks)
    return blocks


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("initialisation", ["pytorch", "normal", "orthogonal"])
def test_a_spec_gives_bit_for_bit_the_same_network_each_time(cell, initialisation):
    spec = ModelSpec(
        cell=cell,
        vocabulary_size=11,
        hidden_size=5,
        num_layers=3,
        bidirectional=True,
        input="embedding",
        embedding_size=4,
        seed=17,
        initialisation=initialisation,
        spectral_radius=0.9,
    )
    torch.manual_seed(1)
    one = SequenceModel.from_spec(spec)
    torch.manual_seed(2)
    other = SequenceModel.from_spec(spec)
    for (name, value), (again, same) in zip(
        one.state_dict().items(), other.state_dict().items(), strict=True
    ):
        assert name == again
        assert torch.equal(value, same)


def test_the_numbers_behind_a_shared_link_stay_what_they_are():
    """Pinned: a change of the streams would open another network under every link shared."""
    uniform = drawn(cell="lstm", hidden_size=3, seed=42)
    normal = drawn(cell="gru", hidden_size=3, seed=42, initialisation="normal", sigma=1.0)
    assert_close(uniform["rnn.weight_hh_l0"][0], torch.tensor(PINNED_UNIFORM, dtype=torch.float64))
    assert_close(normal["rnn.weight_hh_l0"][0], torch.tensor(PINNED_NORMAL, dtype=torch.float64))


def test_building_a_network_leaves_every_global_state_alone():
    spec = ModelSpec(
        cell="lstm",
        vocabulary_size=11,
        hidden_size=5,
        input="embedding",
        initialisation="orthogonal",
        spectral_radius=1.1,
    )
    before = (torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy())
    settings_before = (torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads())
    SequenceModel.from_spec(spec, dtype=torch.float64)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.array_equal(np.random.get_state()[1], before[2])
    assert settings_before == (
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        torch.get_num_threads(),
    )


@pytest.mark.parametrize("cell", CELLS)
def test_float32_is_float64_rounded(cell):
    spec = ModelSpec(cell=cell, vocabulary_size=11, hidden_size=5, num_layers=2, seed=3)
    single = SequenceModel.from_spec(spec)
    double = SequenceModel.from_spec(spec, dtype=torch.float64)
    for value, exact in zip(single.parameters(), double.parameters(), strict=True):
        assert value.dtype == torch.float32
        assert exact.dtype == torch.float64
        assert torch.equal(value, exact.float())
        assert not torch.equal(value.double(), exact)


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
@settings(deadline=None, max_examples=30)
def test_seeds_differ_in_all_their_bits(one, other):
    same = torch.equal(
        drawn(cell="gru", seed=one)["head.weight"], drawn(cell="gru", seed=other)["head.weight"]
    )
    assert same == (one == other)


def test_seeds_that_share_their_low_32_bits_give_different_networks():
    low = drawn(cell="gru", seed=5)
    high = drawn(cell="gru", seed=5 + 2**32)
    assert all(not torch.equal(low[name], high[name]) for name in low)


def test_no_two_blocks_of_a_network_share_their_numbers():
    parameters = drawn(cell="lstm", hidden_size=4, num_layers=2, bidirectional=True)
    blocks = recurrent_blocks(parameters, 4)
    first_entries = {block[0, 0].item() for block in blocks}
    assert len(first_entries) == len(blocks) == 4 * 2 * 2


def test_the_candidate_and_the_head_are_shared_between_the_cells_of_one_seed():
    rnn, gru, lstm = (drawn(cell=c, hidden_size=4, seed=9) for c in ("rnn_tanh", "gru", "lstm"))
    for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
        candidate = rnn[f"rnn.{name}"]
        assert torch.equal(candidate, gru[f"rnn.{name}"][8:12])  # reset, update, new
        assert torch.equal(candidate, lstm[f"rnn.{name}"][8:12])  # input, forget, cell, output
    for name in ("head.weight", "head.bias"):
        assert torch.equal(rnn[name], gru[name])
        assert torch.equal(rnn[name], lstm[name])


def test_more_layers_and_another_direction_leave_the_first_layer_as_it_was():
    small = drawn(cell="gru", hidden_size=4, seed=9)
    large = drawn(cell="gru", hidden_size=4, seed=9, num_layers=3, bidirectional=True)
    for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
        assert torch.equal(small[f"rnn.{name}"], large[f"rnn.{name}"])


def test_orthogonal_differs_from_pytorch_in_the_recurrent_weights_alone():
    default = drawn(cell="lstm", hidden_size=4, seed=9)
    orthogonal = drawn(cell="lstm", hidden_size=4, seed=9, initialisation="orthogonal")
    changed = {name for name in default if not torch.equal(default[name], orthogonal[name])}
    assert changed == {"rnn.weight_hh_l0"}


def test_pytorch_is_uniform_within_one_over_the_root_of_the_fan_in():
    hidden_size = 50
    parameters = drawn(cell="lstm", vocabulary_size=60, hidden_size=hidden_size, bidirectional=True)
    for name, value in parameters.items():
        fan_in = 2 * hidden_size if name.startswith("head") else hidden_size
        bound = 1 / math.sqrt(fan_in)
        assert value.abs().max() <= bound
        if value.ndim == 2:  # thousands of numbers: enough to see the law
            assert value.abs().max() > 0.99 * bound
            assert_close(value.std().item(), bound / math.sqrt(3), rtol=0.05, atol=0)
            assert abs(value.mean().item()) < 0.05 * bound


def test_normal_has_the_stated_deviation_and_no_biases():
    parameters = drawn(
        cell="gru", vocabulary_size=60, hidden_size=50, initialisation="normal", sigma=0.25
    )
    for name, value in parameters.items():
        if "bias" in name:
            assert torch.equal(value, torch.zeros_like(value))
        else:
            assert_close(value.std().item(), 0.25, rtol=0.05, atol=0)
            assert abs(value.mean().item()) < 0.02
            assert value.abs().max() > 0.6  # not uniform: those would end at .25 √3 = .43


def test_an_embedding_is_standard_normal_whatever_the_rest():
    default = drawn(cell="gru", vocabulary_size=90, input="embedding")
    normal = drawn(cell="gru", vocabulary_size=90, input="embedding", initialisation="normal")
    assert torch.equal(default["embedding.weight"], normal["embedding.weight"])
    assert_close(default["embedding.weight"].std().item(), 1.0, rtol=0.05, atol=0)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(CELLS), st.integers(1, 9), st.integers(0, 99), st.booleans())
def test_orthogonal_blocks_are_orthogonal(cell, hidden_size, seed, bidirectional):
    parameters = drawn(
        cell=cell,
        hidden_size=hidden_size,
        seed=seed,
        bidirectional=bidirectional,
        initialisation="orthogonal",
    )
    for block in recurrent_blocks(parameters, hidden_size):
        assert_close(block @ block.T, torch.eye(hidden_size, dtype=torch.float64))


@settings(deadline=None, max_examples=60)
@given(
    st.fixed_dictionaries(
        {
            "cell": st.sampled_from(CELLS),
            "hidden_size": st.integers(1, 9),
            "num_layers": st.integers(1, 3),
            "seed": st.integers(0, 99),
            "initialisation": st.sampled_from(["pytorch", "normal", "orthogonal"]),
        }
    ),
    st.floats(0, 10),
)
def test_every_block_has_the_spectral_radius_asked_for(attributes, spectral_radius):
    parameters = drawn(**attributes, spectral_radius=spectral_radius)
    for block in recurrent_blocks(parameters, attributes["hidden_size"]):
        radius = np.abs(np.linalg.eigvals(block.numpy())).max()
        assert radius == pytest.approx(spectral_radius, rel=1e-9, abs=1e-300)


def test_an_orthogonal_block_of_radius_1_1_is_1_1_times_an_orthogonal_one():
    parameters = drawn(
        cell="rnn_tanh", hidden_size=6, initialisation="orthogonal", spectral_radius=1.1
    )
    (block,) = recurrent_blocks(parameters, 6)
    assert_close(block @ block.T, 1.1**2 * torch.eye(6, dtype=torch.float64))


def test_the_default_radius_is_the_chapters_six_tenths():
    """Bands over seeds: uniform ±1/√H has radius near 1/√3, N(0, .01²) at H = 32 near .06."""
    default, small = [], []
    for seed in range(8):
        rnn = {"cell": "rnn_tanh", "hidden_size": 32, "seed": seed}
        for radii, initialisation in ((default, "pytorch"), (small, "normal")):
            (block,) = recurrent_blocks(drawn(**rnn, initialisation=initialisation), 32)
            radii.append(np.abs(np.linalg.eigvals(block.numpy())).max())
    assert 0.5 < np.mean(default) < 0.7
    assert 0.05 < np.mean(small) < 0.07


def test_a_matrix_without_an_eigenvalue_but_zero_is_refused():
    nilpotent = torch.tensor([[0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    with pytest.raises(SpecError) as refusal:
        scale_to_radius(nilpotent, 0.9)
    assert str(refusal.value) == (
        "`spectral_radius` (=0.9) cannot be reached: a block of W_hh has only the eigenvalue 0. "
        "Choose another `seed` or a larger `sigma`."
    )
    assert torch.equal(scale_to_radius(nilpotent, 0), torch.zeros(2, 2, dtype=torch.float64))


def test_a_deviation_below_the_smallest_number_is_refused_when_a_radius_is_asked_for():
    with pytest.raises(SpecError, match=r"`spectral_radius` \(=1\.0\) cannot be reached"):
        drawn(cell="gru", initialisation="normal", sigma=5e-324, spectral_radius=1.0, hidden_size=1)
