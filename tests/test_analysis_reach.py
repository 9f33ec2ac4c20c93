"""The reach of losses against repeated autograd, and its laws."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from core.analysis import Status
from core.analysis.itemised import sweep as reach_sweep
from core.analysis.itemised.reach import ReachCancelled, itemised, reach, reach_of
from core.capture import capture
from core.errors import CaptureError, CoreError
from core.models import ModelSpec, SequenceModel
from tests.oracles import run_oracle
from tests.strategies import Setting, settings_of_modules

CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
V, T, H, E = 11, 7, 5, 3
SHAPES = {
    "one layer": {},
    "embedding": {"input": "embedding", "embedding_size": E},
    "stacked": {"num_layers": 3},
    "bidirectional": {"bidirectional": True},
    "both": {"num_layers": 3, "bidirectional": True, "input": "embedding", "embedding_size": E},
}


def indices(steps=T, seed=0):
    drawn = torch.randint(0, V, (steps + 1,), generator=torch.Generator().manual_seed(seed))
    return drawn[:-1], drawn[1:]


def network(cell, dtype=torch.float64, size=H, **more):
    spec = ModelSpec(cell=cell, vocabulary_size=V, hidden_size=size, seed=3, **more)
    return SequenceModel(spec, dtype)


def by_autograd(model, inputs, targets, of="loss"):
    """Each loss differentiated by itself through plain steps: place -> (T loss, T step, size).

    Places are "l0", "l0_reverse" and so on for dL/dh_s, and the numbers of the layers for dL/dx_s.
    """
    spec, steps = model.spec, len(inputs)
    places = spec.num_layers * spec.num_directions
    zero = torch.zeros(places, 1, spec.hidden_size, dtype=torch.float64)
    x = model.embed(inputs.unsqueeze(1)).detach().double()
    oracle, output, _, _ = run_oracle(model.rnn, x, [steps], zero, zero)
    logits = output[:, 0] @ model.head.weight.double().T + model.head.bias.double()
    wanted = {key: [record.hidden for record in rows[0]] for key, rows in oracle.records.items()}
    for layer in range(spec.num_layers):
        wanted[layer] = [record.input for record in oracle.records[f"l{layer}"][0]]
    found = {place: [] for place in wanted}
    for t in range(steps):
        one = F.cross_entropy(logits[t], targets[t]) if of == "loss" else logits[t, targets[t]]
        for place, nodes in wanted.items():
            grads = torch.autograd.grad(one, nodes, retain_graph=True, materialize_grads=True)
            found[place].append(torch.stack(grads))
    return {place: torch.stack(grads) for place, grads in found.items()}


def assert_norms(log10, status, vectors, rtol=1e-10):
    norms = torch.linalg.vector_norm(vectors.detach(), dim=-1).numpy()
    expected = np.where(norms > 0, Status.FINITE, Status.EXACT_ZERO)
    np.testing.assert_array_equal(status, expected)
    known = status == Status.FINITE
    np.testing.assert_allclose(10.0 ** log10[known], norms[known], rtol=rtol)
    assert np.isnan(log10[~known]).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cell", CELLS)
def test_every_layer_equals_repeated_autograd(cell, shape):
    model, (inputs, targets) = network(cell, **SHAPES[shape]), indices()
    for of in ("loss", "logit"):
        expected = by_autograd(model, inputs, targets, of)
        for place in [key for key in expected if isinstance(key, str)]:
            found = reach(model, inputs, targets, layer=f"rnn.{place}", of=of)
            assert (found.layer, found.of, found.steps) == (f"rnn.{place}", of, T)
            assert_norms(found.hidden, found.hidden_status, expected[place])
            assert_norms(found.input, found.input_status, expected[int(place[1])])


@settings(max_examples=25)
@given(settings_of_modules(), st.data())
def test_any_captured_module_equals_repeated_autograd(setting: Setting, data):
    """Packed, batched in any layout, with initial states: one sequence of it, one layer of it."""
    module, (x, h0, c0) = setting.module(), setting.tensors()
    pick = torch.Generator().manual_seed(setting.seed)
    sequence = data.draw(st.integers(0, setting.batch - 1))
    oracle, output, _, _ = run_oracle(module, x, setting.lengths, h0, c0)
    place = data.draw(st.sampled_from(sorted(oracle.records)))
    way = torch.randn(output.shape, generator=pick, dtype=torch.float64)
    with capture(module) as tape:
        given_output = module(*setting.given(x, h0, c0))[0]
        if setting.layout.startswith("packed"):
            frame = pack_padded_sequence(way, torch.tensor(setting.lengths), enforce_sorted=False)
            if setting.layout == "packed_sorted":
                frame = pack_padded_sequence(way, torch.tensor(setting.lengths))
            (given_output.data * frame.data).sum().backward()
        else:
            laid = way[:, 0] if setting.layout.startswith("unbatched") else way
            laid = laid.transpose(0, 1) if setting.layout == "batch_first" else laid
            (given_output * laid).sum().backward()
    found = reach_of(tape, layer=place, sequence=sequence)
    records = oracle.records[place][sequence]
    inputs = oracle.records[place.removesuffix("_reverse")][sequence]
    hidden, into = [], []
    for t in range(setting.lengths[sequence]):
        one = (output[t, sequence] * way[t, sequence]).sum()
        for rows, nodes in (
            (hidden, [record.hidden for record in records]),
            (into, [record.input for record in inputs]),
        ):
            grads = torch.autograd.grad(one, nodes, retain_graph=True, materialize_grads=True)
            rows.append(torch.stack(grads))
    assert_norms(found.hidden, found.hidden_status, torch.stack(hidden))
    assert_norms(found.input, found.input_status, torch.stack(into))


@pytest.mark.parametrize("cell", CELLS)
def test_no_loss_reaches_a_later_step(cell):
    found = reach(network(cell, num_layers=2), *indices(), layer="rnn.l0")
    above = np.triu_indices(T, 1)
    assert (found.hidden_status[above] == Status.EXACT_ZERO).all()
    assert (found.input_status[above] == Status.EXACT_ZERO).all()
    assert (found.hidden_status[np.tril_indices(T)] == Status.FINITE).sum() > T


@pytest.mark.parametrize("shape", ["stacked", "both"])
@pytest.mark.parametrize("of", ["loss", "logit"])
def test_itemised_vectors_have_these_norms_and_sum_to_the_total(of, shape):
    model, (inputs, targets) = network("gru", **SHAPES[shape]), indices()
    found = reach(model, inputs, targets, layer="rnn.l1", of=of)
    rows = [itemised(model, inputs, targets, t, layer="rnn.l1", of=of) for t in range(T)]
    hidden = torch.stack([row.hidden for row in rows])
    assert_norms(found.hidden, found.hidden_status, hidden)
    assert_norms(found.input, found.input_status, torch.stack([row.input for row in rows]))
    with capture(model) as tape:
        logits = model(inputs.unsqueeze(1))[0][:, 0]
        total = F.cross_entropy(logits, targets, reduction="sum")
        (total if of == "loss" else logits[range(T), targets].sum()).backward()
    torch.testing.assert_close(hidden.sum(0), tape["rnn.l1"].grad_hidden[:, 0])
    into = torch.stack([row.input for row in rows]).sum(0)
    torch.testing.assert_close(into, tape["rnn.l1"].grad_input[:, 0])


def test_the_tokens_reach_is_the_articles_sum_of_squares():
    """Its code: the logit of the target with respect to the embedding, times the table."""
    model, (inputs, targets) = network("lstm", **SHAPES["embedding"], num_layers=2), indices()
    table = model.embedding.weight.detach()
    found = reach(model, inputs, targets, layer="rnn.l0", of="logit", token=True)
    vectors = by_autograd(model, inputs, targets, "logit")
    assert_norms(found.input, found.input_status, vectors[0] @ table.T)
    squares = (vectors[0] @ table.T).square().sum(-1).numpy()
    lower = np.tril_indices(T)
    np.testing.assert_allclose(10.0 ** found.connectivity[lower], squares[lower], rtol=1e-10)
    assert_norms(found.hidden, found.hidden_status, vectors["l0"])
    one_hot = network("lstm")
    plain, same = (reach(one_hot, inputs, targets, token=token) for token in (False, True))
    np.testing.assert_array_equal(plain.input, same.input)


def changed_basis(module, change):
    """The module whose state is `change` times the given one's."""
    copy = nn.RNN(module.input_size, H, nonlinearity=module.nonlinearity, dtype=torch.float64)
    with torch.no_grad():
        copy.weight_ih_l0.copy_(change @ module.weight_ih_l0)
        copy.bias_ih_l0.copy_(change @ module.bias_ih_l0)
        copy.bias_hh_l0.copy_(change @ module.bias_hh_l0)
        copy.weight_hh_l0.copy_(change @ module.weight_hh_l0 @ change.T)
    return copy


@pytest.mark.parametrize("kind", ["tanh", "relu"])
def test_a_change_of_basis_leaves_the_norms(kind):
    """For tanh signed permutations; for ReLU any rotation while all units stay positive."""
    module = nn.RNN(4, H, nonlinearity=kind, dtype=torch.float64)
    if kind == "tanh":
        change = torch.eye(H, dtype=torch.float64)[torch.randperm(H)]
        change *= torch.tensor([1, -1, 1, 1, -1], dtype=torch.float64).unsqueeze(1)
    else:
        skew = torch.randn(H, H, dtype=torch.float64) * 0.05
        change = torch.matrix_exp(skew - skew.T)
        torch.nn.init.constant_(module.bias_ih_l0, 50.0)
        torch.nn.init.uniform_(module.weight_hh_l0, 0.0, 0.15)
    x, arriving = torch.randn(T, 1, 4).double(), torch.randn(T, H).double()
    reaches = []
    for one, way in ((module, arriving), (changed_basis(module, change), arriving @ change.T)):
        with torch.no_grad(), capture(one) as tape:
            one(x)
        assert kind == "tanh" or (tape["l0"].hidden > 1).all()
        reaches.append(reach_of(tape, way))
    np.testing.assert_allclose(reaches[0].hidden, reaches[1].hidden, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(reaches[0].input, reaches[1].input, rtol=1e-11, atol=1e-11)


def one_unit(rate, dtype=torch.float64, kind="relu"):
    """With ReLU and positive input h_t = rate · h_{t-1} + 2 x_t."""
    module = nn.RNN(1, 1, nonlinearity=kind, bias=False, dtype=dtype)
    torch.nn.init.constant_(module.weight_hh_l0, rate)
    torch.nn.init.constant_(module.weight_ih_l0, 2.0)
    return module


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("rate", [2.0**-20, 2.0**20])
def test_norms_far_beyond_the_number_format(rate, dtype):
    """At 2^±20 a step float32 ends after 6 steps, float64 after 51; the ReLU's slope stays 1."""
    steps, module = 120, one_unit(rate, dtype)
    arriving = torch.full((steps, 1), 3.0, dtype=dtype)
    with torch.no_grad(), capture(module) as tape:
        module(torch.ones(steps, 1, 1, dtype=dtype))
    found = reach_of(tape, arriving)
    back = np.subtract.outer(np.arange(steps), np.arange(steps))
    exact = math.log10(3.0) + back * math.log10(rate)
    low = np.tril_indices(steps)
    assert (found.hidden_status[low] == Status.FINITE).all()
    rtol = 1e-13 if dtype == torch.float64 else 1e-6
    np.testing.assert_allclose(found.hidden[low], exact[low], rtol=rtol, atol=rtol)
    np.testing.assert_allclose(found.input[low], exact[low] + math.log10(2), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_float32_beyond_its_range_agrees_with_float64(cell, bidirectional):
    """A small recurrence and 60 steps: norms down to 1e-60, one exponent a row, layers added."""
    more = {"num_layers": 2, "bidirectional": bidirectional, "spectral_radius": 0.1}
    steps, layer = 60, "rnn.l0"
    found = [
        reach(network(cell, dtype, **more), *indices(steps), layer=layer)
        for dtype in (torch.float32, torch.float64)
    ]
    np.testing.assert_array_equal(found[0].hidden_status, found[1].hidden_status)
    known = found[1].hidden_status == Status.FINITE
    assert known.sum() > steps
    np.testing.assert_allclose(found[0].hidden[known], found[1].hidden[known], atol=1e-3)
    known = found[1].input_status == Status.FINITE
    np.testing.assert_allclose(found[0].input[known], found[1].input[known], atol=1e-3)
    if cell == "rnn_tanh" and not bidirectional:
        assert np.nanmin(found[0].hidden) < -45


def test_a_certain_prediction_still_has_a_gradient():
    """Between two tokens dL/do = (-s, s), s = 1 - p = 1 / (1 + exp(gap)), the gap about 800."""
    spec = ModelSpec(cell="rnn_tanh", vocabulary_size=2, hidden_size=3)
    model = SequenceModel(spec, torch.float64)
    with torch.no_grad():
        model.head.bias.copy_(torch.tensor([800.0, 0.0]))
        model.head.weight.mul_(0.01)
    inputs, targets = torch.tensor([0, 1, 0]), torch.tensor([0, 0, 0])
    with torch.no_grad():
        logits = model(inputs.unsqueeze(1))[0][:, 0]
    gap = (logits[:, 0] - logits[:, 1]).numpy()
    own = torch.linalg.vector_norm(model.head.weight[0] - model.head.weight[1]).item()
    found = reach(model, inputs, targets)
    expected = -gap / math.log(10) + math.log10(own)
    np.testing.assert_allclose(np.diag(found.hidden), expected, rtol=1e-12)


def test_zero_underflow_and_not_finite_are_told_apart():
    module = one_unit(0.5, kind="tanh")
    x = torch.full((4, 1, 1), 0.1, dtype=torch.float64)
    with torch.no_grad(), capture(module) as tape:
        module(x)
    arriving = torch.tensor([[0.0], [1e-310], [torch.inf], [1.0]], dtype=torch.float64)
    found = reach_of(tape, arriving)
    zero, under, wrong, fine = (
        int(status)
        for status in (Status.EXACT_ZERO, Status.UNDERFLOW, Status.NON_FINITE, Status.FINITE)
    )
    expected = [[zero] * 4, [under, under, zero, zero], [wrong] * 3 + [zero], [fine] * 4]
    np.testing.assert_array_equal(found.hidden_status, expected)
    np.testing.assert_array_equal(found.input_status, expected)
    assert np.isnan(found.hidden[:3]).all() and np.isfinite(found.hidden[3]).all()
    with torch.no_grad():
        module.weight_hh_l0.fill_(torch.nan)
    with torch.no_grad(), capture(module) as tape:
        module(x)
    assert (reach_of(tape, arriving).hidden_status[3] == [wrong] * 3 + [fine]).all()


def test_without_a_recurrence_a_loss_reaches_its_own_step_alone():
    found = reach(network("rnn_tanh", spectral_radius=0.0), *indices())
    expected = np.where(np.eye(T), Status.FINITE, Status.EXACT_ZERO)
    np.testing.assert_array_equal(found.hidden_status, expected)


def test_an_lstm_whose_state_is_not_read_still_carries_its_cell():
    """With W_hh = 0 a loss reaches earlier inputs through c alone, while dL/dh_s is exactly 0."""
    model, (inputs, targets) = network("lstm"), indices()
    with torch.no_grad():
        model.rnn.weight_hh_l0.zero_()
    found, expected = reach(model, inputs, targets), by_autograd(model, inputs, targets)
    assert_norms(found.hidden, found.hidden_status, expected["l0"])
    assert_norms(found.input, found.input_status, expected[0])
    assert (found.input_status[np.tril_indices(T)] == Status.FINITE).all()


@pytest.mark.parametrize("shape", ["stacked", "both"])
def test_runs_of_losses_give_the_same_and_progress_goes_to_the_end(monkeypatch, shape):
    model, texts = network("lstm", **SHAPES[shape]), indices(23)
    whole = reach(model, *texts, layer="rnn.l0")
    monkeypatch.setattr(reach_sweep, "WORKSPACE", 2 * 8 * (23 * 2 * H * 2 + 500))
    seen = []
    parts = reach(model, *texts, layer="rnn.l0", progress=lambda *at: seen.append(at))
    for name in ("hidden", "input", "hidden_status", "input_status"):
        one, other = getattr(whole, name), getattr(parts, name)
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
    done, totals = zip(*seen, strict=True)
    assert len(set(totals)) == 1 and totals[0] > 0
    assert done[0] == 0 and done[-1] == totals[0]
    assert all(before < after for before, after in pairwise(done))


def test_it_can_be_cancelled():
    asked = []

    def cancelled():
        asked.append(True)
        return len(asked) > 3

    with pytest.raises(ReachCancelled, match=r"The reach was cancelled after .* of 276 pairs"):
        reach(network("gru"), *indices(23), cancelled=cancelled)
    assert len(asked) == 4


@pytest.mark.parametrize("bidirectional", [False, True])
def test_one_step(bidirectional):
    model = network("gru", bidirectional=bidirectional)
    inputs, targets = indices(1)
    found, expected = reach(model, inputs, targets), by_autograd(model, inputs, targets)
    assert_norms(found.hidden, found.hidden_status, expected["l0"])
    assert_norms(found.input, found.input_status, expected[0])


def test_nothing_is_left_behind():
    model, state = network("gru"), torch.get_rng_state()
    before = [parameter.clone() for parameter in model.parameters()]
    reach(model, *indices())
    for parameter, was in zip(model.parameters(), before, strict=True):
        assert parameter.grad is None and torch.equal(parameter, was)
    assert torch.equal(torch.get_rng_state(), state)
    with torch.inference_mode():
        inside = reach(model, *indices())
    np.testing.assert_array_equal(inside.hidden, reach(model, *indices()).hidden)


def test_what_cannot_be_is_said():
    model, (inputs, targets) = network("gru", num_layers=2), indices()
    with pytest.raises(CoreError, match=r"`of` \(='max'\) must be 'loss' or 'logit'"):
        reach(model, inputs, targets, of="max")
    with pytest.raises(CoreError, match=r"`layer` .='l0'. must be one of .rnn.l0., .rnn.l1."):
        reach(model, inputs, targets, layer="l0")
    with pytest.raises(CoreError, match=r"`targets` \(of shape \(6,\)"):
        reach(model, inputs, targets[1:])
    with pytest.raises(CoreError, match=rf"`targets` \(from \d+ to {V}\) must stay between 0"):
        reach(model, inputs, torch.full_like(targets, V))
    with pytest.raises(CoreError, match=r'`token` .* ask for `layer="rnn.l0"`'):
        reach(model, inputs, targets, token=True)
    with pytest.raises(CoreError, match=rf"`step` \(={T}\) must be from 0 to {T - 1}"):
        itemised(model, inputs, targets, T)
    with torch.no_grad(), capture(model) as tape:
        model(inputs.unsqueeze(1))
    with pytest.raises(CoreError, match=r"`sequence` \(=1\) must be from 0 to 0"):
        reach_of(tape, torch.zeros(T, H), sequence=1)
    with pytest.raises(CoreError, match=r"`arriving` \(of shape \(7, 6\)\) must be .* \(7, 5\)"):
        reach_of(tape, torch.zeros(T, H + 1))
    with pytest.raises(CoreError, match="must be the layers of one module in one call"):
        reach_of([*tape.layers, tape.layers[0]], torch.zeros(T, H))
    with pytest.raises(CoreError, match="at least one layer"):
        reach_of([])
    with pytest.raises(CaptureError):
        reach_of(tape)
