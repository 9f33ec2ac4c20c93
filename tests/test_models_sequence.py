"""SequenceModel against equations written out, and the laws every reader of text obeys."""

import math

import pytest
import torch
from beartype import beartype
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError, jaxtyped
from torch import nn
from torch.testing import assert_close

from core.errors import CoreError, SpecError
from core.models import ModelSpec, SequenceModel, next_token_loss

CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
# Pairwise different, so that no two axes can be swapped unseen.
TIME, BATCH, VOCABULARY, HIDDEN = 7, 3, 11, 5


def model_of(cell: str, **attributes) -> SequenceModel:
    spec = ModelSpec(cell=cell, vocabulary_size=VOCABULARY, hidden_size=HIDDEN, **attributes)
    return SequenceModel.from_spec(spec, dtype=torch.float64)


def text(seed: int = 0, time: int = TIME, batch: int = BATCH) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randint(VOCABULARY, (time, batch), generator=draw)


@pytest.mark.parametrize(
    ("cell", "module"),
    [("rnn_tanh", nn.RNN), ("rnn_relu", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)],
)
def test_the_model_stands_on_the_stock_module(cell, module):
    model = model_of(cell, num_layers=2, bidirectional=True)
    assert type(model.rnn) is module
    assert (model.rnn.input_size, model.rnn.hidden_size) == (VOCABULARY, HIDDEN)
    assert (model.rnn.num_layers, model.rnn.bidirectional) == (2, True)
    assert not model.rnn.batch_first
    assert (model.head.in_features, model.head.out_features) == (2 * HIDDEN, VOCABULARY)
    if cell.startswith("rnn"):
        assert model.rnn.nonlinearity == cell.removeprefix("rnn_")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("input_name", ["one_hot", "embedding"])
def test_the_spec_knows_how_many_parameters_there_are(cell, input_name):
    for num_layers, bidirectional in ((1, False), (3, False), (2, True)):
        model = model_of(
            cell,
            num_layers=num_layers,
            bidirectional=bidirectional,
            input=input_name,
            embedding_size=4,
        )
        counted = sum(parameter.numel() for parameter in model.parameters())
        assert counted == model.spec.parameter_count


@pytest.mark.parametrize("activation", [torch.tanh, torch.relu])
def test_the_plain_network_is_the_chapters_equations(activation):
    model = model_of(f"rnn_{activation.__name__}", seed=4)
    weights = {name: value.detach() for name, value in model.named_parameters()}
    indices = text()
    h = torch.zeros(BATCH, HIDDEN, dtype=torch.float64)
    b_h = weights["rnn.bias_ih_l0"] + weights["rnn.bias_hh_l0"]
    expected = []
    for t in range(TIME):
        # A one-hot vector picks a column of W_xh.
        x = weights["rnn.weight_ih_l0"][:, indices[t]].T
        h = activation(x + h @ weights["rnn.weight_hh_l0"].T + b_h)
        expected.append(h @ weights["head.weight"].T + weights["head.bias"])
    logits, state = model(indices)
    assert_close(logits.detach(), torch.stack(expected))
    assert_close(state.detach(), h[None])


@pytest.mark.parametrize("cell", CELLS)
def test_an_embedding_of_unit_vectors_is_the_one_hot_input(cell):
    one_hot = model_of(cell, num_layers=2)
    embedded = model_of(cell, num_layers=2, input="embedding", embedding_size=VOCABULARY)
    weights = one_hot.state_dict()
    weights["embedding.weight"] = torch.eye(VOCABULARY, dtype=torch.float64)
    assert not torch.equal(embedded(text())[0], one_hot(text())[0])
    embedded.load_state_dict(weights)
    assert_close(embedded(text())[0], one_hot(text())[0])


@pytest.mark.parametrize("cell", CELLS)
@settings(deadline=None, max_examples=15)
@given(layers=st.integers(1, 3), cut=st.integers(1, TIME - 1), seed=st.integers(0, 99))
def test_reading_in_two_parts_is_reading_at_once(cell, layers, cut, seed):
    model = model_of(cell, num_layers=layers, seed=seed)
    indices = text(seed)
    at_once, last = model(indices)
    first, state = model(indices[:cut])
    second, last_of_two = model(indices[cut:], state)
    assert_close(torch.cat([first, second]), at_once)
    assert_close(last_of_two, last)


@pytest.mark.parametrize("cell", CELLS)
@settings(deadline=None, max_examples=15)
@given(st.integers(0, TIME - 1), st.integers(0, VOCABULARY - 1), st.integers(1, 3))
def test_a_guess_depends_on_no_later_token(cell, place, token, layers):
    model = model_of(cell, num_layers=layers)
    indices = text()
    changed = indices.clone()
    changed[place:] = token
    assert torch.equal(model(indices)[0][:place], model(changed)[0][:place])
    changed[place:] = (indices[place:] + 1) % VOCABULARY
    # A relu unit may be silent; somewhere in the batch the token at hand must count.
    assert not torch.equal(model(indices)[0][place], model(changed)[0][place])


def test_a_bidirectional_network_has_seen_the_token_it_guesses():
    model = model_of("gru", bidirectional=True)
    indices = text()
    changed = indices.clone()
    changed[-1] = (indices[-1] + 1) % VOCABULARY
    assert not torch.equal(model(indices)[0][0], model(changed)[0][0])


@pytest.mark.parametrize("cell", CELLS)
def test_sequences_of_a_batch_are_read_apart(cell):
    model = model_of(cell, num_layers=2, bidirectional=True)
    indices = text()
    order = torch.tensor([2, 0, 1])
    assert_close(model(indices[:, order])[0], model(indices)[0][:, order])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("initialisation", ["pytorch", "normal"])
def test_an_untrained_network_guesses_about_uniformly(cell, initialisation):
    """Perplexity near V = 28; a band over seeds, since each start has its own."""
    perplexities = []
    for seed in range(5):
        spec = ModelSpec(
            cell=cell, vocabulary_size=28, seed=seed, initialisation=initialisation, sigma=0.01
        )
        draw = torch.Generator().manual_seed(seed)
        indices = torch.randint(28, (201, 1), generator=draw)
        logits, _ = SequenceModel.from_spec(spec)(indices[:-1])
        perplexities.append(math.exp(next_token_loss(logits, indices[1:]).item()))
    width = 1.5 if initialisation == "pytorch" else 0.05
    assert all(abs(perplexity - 28) < width for perplexity in perplexities)


def logits_of(probabilities: list[float]) -> torch.Tensor:
    """Two tokens; the first has the given probability at each step."""
    p = torch.tensor(probabilities, dtype=torch.float64)
    return torch.stack([p.log(), (1 - p).log()], dim=-1)[:, None, :]


@pytest.mark.parametrize(
    ("probabilities", "perplexity"),
    [
        ([0.5, 0.25, 0.125, 0.125], 4.756828),
        ([1.0, 1.0, 1.0], 1.0),
        ([0.5, 0.0, 0.5], math.inf),
    ],
)
def test_the_exponential_of_the_loss_is_the_perplexity(probabilities, perplexity):
    targets = torch.zeros(len(probabilities), 1, dtype=torch.int64)
    loss = next_token_loss(logits_of(probabilities), targets)
    assert loss.exp().item() == pytest.approx(perplexity, abs=5e-7)


def test_a_uniform_guess_has_the_vocabulary_size_as_perplexity():
    logits = torch.zeros(TIME, BATCH, 28, dtype=torch.float64)
    assert next_token_loss(logits, text()).exp().item() == pytest.approx(28)


def test_the_loss_is_minus_the_mean_log_probability_of_what_came_next():
    draw = torch.Generator().manual_seed(1)
    logits = torch.randn(TIME, BATCH, VOCABULARY, generator=draw, dtype=torch.float64)
    targets = text(2)
    chosen = torch.tensor(
        [[logits[t, b].softmax(0)[targets[t, b]].log() for b in range(BATCH)] for t in range(TIME)],
        dtype=torch.float64,
    )
    assert_close(next_token_loss(logits, targets), -chosen.mean())
    assert_close(next_token_loss(logits, targets, "mean"), -chosen.mean())
    assert_close(next_token_loss(logits, targets, "last"), -chosen[-1].mean())
    for step in range(TIME):
        assert_close(next_token_loss(logits, targets, step), -chosen[step].mean())


def test_the_last_steps_loss_pulls_on_the_last_logits_only():
    logits = torch.zeros(TIME, BATCH, VOCABULARY, requires_grad=True)
    next_token_loss(logits, text(), at="last").backward()
    assert logits.grad is not None
    assert not logits.grad[:-1].any()
    assert logits.grad[-1].any()


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        (
            torch.zeros(TIME, dtype=torch.int64),
            "`indices` (of shape (7,) and type torch.int64) must be (time, batch) of torch.int64, "
            "with at least one step and one sequence.",
        ),
        (
            torch.zeros(TIME, BATCH),
            "`indices` (of shape (7, 3) and type torch.float32) must be (time, batch) of "
            "torch.int64, with at least one step and one sequence.",
        ),
        (
            torch.zeros(0, BATCH, dtype=torch.int64),
            "`indices` (of shape (0, 3) and type torch.int64) must be (time, batch) of "
            "torch.int64, with at least one step and one sequence.",
        ),
        (
            torch.tensor([[2], [11]]),
            "`indices` (from 2 to 11) must stay between 0 and 10, the last index of the "
            "vocabulary.",
        ),
        (
            torch.tensor([[2], [-1]]),
            "`indices` (from -1 to 2) must stay between 0 and 10, the last index of the "
            "vocabulary.",
        ),
    ],
)
@pytest.mark.parametrize("input_name", ["one_hot", "embedding"])
def test_indices_that_are_no_text_are_refused(indices, message, input_name):
    with pytest.raises(CoreError) as refusal:
        model_of("gru", input=input_name)(indices)
    assert str(refusal.value) == message


def test_losses_that_make_no_sense_are_refused():
    logits = torch.zeros(TIME, BATCH, VOCABULARY)
    for at in ("first", -1, TIME, True, 0.0):
        with pytest.raises(CoreError) as refusal:
            next_token_loss(logits, text(), at=at)
        assert str(refusal.value) == (
            f"`at` (={at!r}) must be 'mean', 'last' or a step from 0 to {TIME - 1}."
        )
    with pytest.raises(CoreError, match=r"`targets` \(of shape \(3, 7\)\) must be"):
        next_token_loss(logits, text().T)
    with pytest.raises(CoreError, match="with at least one of each"):
        next_token_loss(logits[:0], text()[:0])


def test_half_precision_is_refused():
    spec = ModelSpec(cell="gru", vocabulary_size=VOCABULARY)
    with pytest.raises(SpecError, match=r"`dtype` \(=torch\.float16\) must be"):
        SequenceModel.from_spec(spec, dtype=torch.float16)


def test_the_shapes_in_the_signatures_are_true():
    checked_forward = jaxtyped(typechecker=beartype)(SequenceModel.forward)
    checked_loss = jaxtyped(typechecker=beartype)(next_token_loss)
    for cell in CELLS:
        logits, state = checked_forward(model_of(cell, num_layers=2), text())
        checked_forward(model_of(cell, num_layers=2), text(), state)
        assert checked_loss(logits, text(1)).shape == ()
    with pytest.raises(TypeCheckError):
        checked_loss(logits, text(1).T)
