"""One reading of a text against plain PyTorch on the same model."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from core.analysis import Status, reach, read, similarity_order, trace_text
from core.models import ModelSpec, SequenceModel

V, T, H = 11, 17, 5
CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")


def indices(seed=0):
    drawn = torch.randint(0, V, (T + 1,), generator=torch.Generator().manual_seed(seed))
    return drawn[:-1], drawn[1:]


def network(cell, **more):
    spec = ModelSpec(cell=cell, vocabulary_size=V, hidden_size=H, seed=3, **more)
    return SequenceModel(spec, torch.float64)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "more", [{}, {"num_layers": 2, "bidirectional": True}, {"input": "embedding"}]
)
def test_predictions_and_states_are_the_models_own(cell, more):
    model = network(cell, **more)
    inputs, targets = indices()
    reading = read(model, inputs, targets, "mean")
    with torch.no_grad():
        logits = model(inputs.unsqueeze(1))[0][:, 0]
    probability = logits.softmax(-1)
    assert reading.loss == pytest.approx(F.cross_entropy(logits, targets).item(), rel=1e-12)
    truth = probability[range(T), targets].numpy()
    np.testing.assert_allclose(reading.truth_probability, truth, rtol=1e-12)
    for t in range(T):
        order = sorted(range(V), key=lambda v, t=t: -probability[t, v].item())
        assert list(reading.top[t]) == order[:5]
        assert reading.truth_rank[t] == order.index(targets[t].item()) + 1
        np.testing.assert_allclose(
            reading.top_probability[t], probability[t, order[:5]], rtol=1e-12
        )
    assert (np.diff(reading.top_probability, axis=1) <= 0).all()
    hidden = np.concatenate(
        [layer.hidden for layer in reading.layers if layer.layer == reading.layers[-1].layer], -1
    )
    np.testing.assert_allclose(
        hidden @ model.head.weight.detach().numpy().T + model.head.bias.detach().numpy(),
        logits,
        rtol=1e-9,
    )
    np.testing.assert_allclose(
        reading.head_forward,
        np.linalg.norm(hidden @ model.head.weight.detach().numpy().T, axis=-1),
        rtol=1e-12,
    )


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("at", ["last", "mean"])
def test_gradients_are_those_of_the_chosen_loss(cell, at):
    model = network(cell)
    inputs, targets = indices(1)
    reading = read(model, inputs, targets, at)
    assert all(p.grad is None for p in model.parameters())
    h, c, states = torch.zeros(1, 1, H).double(), torch.zeros(1, 1, H).double(), []
    for t in range(T):
        x = F.one_hot(inputs[t : t + 1], V).double().unsqueeze(0)
        _, state = model.rnn(x, (h, c) if cell == "lstm" else h)
        h, c = state if cell == "lstm" else (state, c)
        h.retain_grad()
        states.append(h)
    logits = model.head(torch.cat([state[0] for state in states]))
    loss = (
        F.cross_entropy(logits, targets)
        if at == "mean"
        else F.cross_entropy(logits[-1:], targets[-1:])
    )
    loss.backward()
    wanted = [math.log10(state.grad.norm().item()) for state in states]
    layer = reading.layers[0]
    np.testing.assert_allclose(layer.gradient, wanted, rtol=1e-9)
    assert (layer.status == Status.FINITE).all()
    if at == "last":
        np.testing.assert_allclose(layer.share_own, [0.0] * (T - 1) + [1.0])
        assert (reading.head_gradient[:-1] == 0).all()
    else:
        assert ((layer.share_own > 0) & (layer.share_own <= 1)).all()
    np.testing.assert_allclose(reading.head_gradient[-1], 10 ** layer.gradient[-1], rtol=1e-9)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("more", [{}, {"num_layers": 2, "bidirectional": True}])
def test_one_loss_alone_is_its_row_of_all_and_their_mean_is_the_mean_loss(cell, more):
    model, (inputs, targets) = network(cell, **more), indices(1)
    tapes = [trace_text(model, inputs, targets, step) for step in range(T)]
    mean = trace_text(model, inputs, targets, "mean")
    rows = {layer.name: reach(model, inputs, targets, layer=layer.name) for layer in mean.layers}
    losses = []
    for step in range(T):
        reading = read(model, inputs, targets, step)
        losses.append(reading.loss)
        assert reading.at == step
        assert reading.loss == pytest.approx(reading.surprise[step], rel=1e-12)
        for layer in reading.layers:
            row = rows[layer.name]
            np.testing.assert_array_equal(layer.status, row.hidden_status[step])
            np.testing.assert_allclose(layer.gradient, row.hidden[step], rtol=1e-9, atol=1e-10)
            later = layer.status[step + 1 :]
            if not more:
                assert (later == Status.EXACT_ZERO).all()
        others = np.arange(T) != step
        assert (reading.head_gradient[others] == 0).all()
        assert reading.head_gradient[step] > 0
    assert np.mean(losses) == pytest.approx(read(model, inputs, targets, "mean").loss, rel=1e-12)
    for place, layer in enumerate(mean.layers):
        summed = sum(tape.layers[place].grad_hidden for tape in tapes) / T
        torch.testing.assert_close(summed, layer.grad_hidden, rtol=1e-9, atol=1e-15)
    last = read(model, inputs, targets, "last")
    np.testing.assert_array_equal(
        read(model, inputs, targets, T - 1).layers[0].gradient, last.layers[0].gradient
    )


def test_the_verdict_is_on_the_last_loss_whatever_loss_is_shown():
    model = network("rnn_tanh", initialisation="orthogonal", spectral_radius=0.5)
    inputs, targets = indices(2)
    last, mean = (read(model, inputs, targets, at) for at in ("last", "mean"))
    assert last.layers[0].verdict == mean.layers[0].verdict
    assert last.layers[0].verdict.word == "vanishing"
    assert not np.allclose(last.layers[0].gradient, mean.layers[0].gradient)


@pytest.mark.parametrize("cell", ["rnn_tanh", "rnn_relu"])
def test_the_terms_of_a_plain_network_add_up_to_its_state(cell):
    layer = read(network(cell), *indices(6)).layers[0]
    total = layer.terms["from_input"] + layer.terms["from_state"]
    activated = np.tanh(total) if cell == "rnn_tanh" else np.maximum(total, 0)
    np.testing.assert_allclose(layer.hidden, activated, rtol=1e-12)
    assert not layer.gates
    assert not read(network("gru"), *indices(6)).layers[0].terms


def test_surprise_is_exact_where_a_probability_underflows():
    model = network("rnn_tanh")
    with torch.no_grad():
        model.head.weight.mul_(1e4)
    inputs, targets = indices(7)
    reading = read(model, inputs, targets, "mean")
    assert (reading.truth_probability == 0).any()
    assert np.isfinite(reading.surprise).all()
    assert reading.surprise.mean() == pytest.approx(reading.loss)


def test_edges_carry_what_the_products_give():
    model = network("rnn_tanh")
    inputs, targets = indices(4)
    layer = read(model, inputs, targets, "mean").layers[0]
    w_ih, w_hh = (getattr(model.rnn, f"weight_{k}_l0").detach().numpy() for k in ("ih", "hh"))
    before = np.concatenate([np.zeros((1, H)), layer.hidden[:-1]])
    np.testing.assert_allclose(layer.edges_forward[:, 0], np.linalg.norm(w_ih[:, inputs], axis=0))
    np.testing.assert_allclose(layer.edges_forward[:, 1], np.linalg.norm(before @ w_hh.T, axis=1))
    total = 10**layer.gradient
    own = layer.share_own
    # A step's total is bounded by what its own output and the edge from the next step bring.
    crossing = layer.edges_gradient[1:, 1]
    assert (total[:-1] <= crossing / np.maximum(1 - own[:-1], 1e-300) * (1 + 1e-9)).all()


@given(st.integers(1, 12), st.integers(1, 40), st.integers(0, 999))
def test_similarity_is_an_order_and_puts_twins_together(units, steps, seed):
    hidden = np.random.default_rng(seed).normal(size=(steps, units))
    order = similarity_order(hidden)
    assert sorted(order) == list(range(units))
    assert np.array_equal(order, similarity_order(hidden))
    twins = np.repeat(hidden, 2, axis=1)
    if steps > 2 and units > 1:
        placed = [unit // 2 for unit in similarity_order(twins)]
        assert all(placed[2 * k] == placed[2 * k + 1] for k in range(units))


def test_units_that_are_no_numbers_come_last():
    hidden = np.random.default_rng(0).normal(size=(9, 4))
    hidden[3, 1] = np.nan
    assert list(similarity_order(hidden))[-1] == 1
