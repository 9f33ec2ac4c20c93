"""Dropout between layers while training, and projected states: both exact, against autograd."""

import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence
from torch.testing import assert_close

from core import CaptureError, CoreError, capture
from core.analysis import gradient_norms, judge, reach_of, spectrum, stack_norms

EXACT = {"rtol": 1e-9, "atol": 1e-12}
KINDS = {
    "rnn_tanh": (nn.RNN, {}),
    "rnn_relu": (nn.RNN, {"nonlinearity": "relu"}),
    "gru": (nn.GRU, {}),
    "lstm": (nn.LSTM, {}),
    "projected": (nn.LSTM, {"proj_size": 2}),
}


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def module_of(cell, layers, bidirectional, batch_first, dropout):
    kind, options = KINDS[cell]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        return kind(
            3, 5, layers, bidirectional=bidirectional, batch_first=batch_first, dropout=dropout,
            dtype=torch.float64, **options,
        )  # fmt: skip


def single_layers(module, cell):
    """Each layer as a module of its own, with the same weights: what dropout stands between."""
    kind, options = KINDS[cell]
    found = []
    for layer in range(module.num_layers):
        width = (
            module.input_size
            if layer == 0
            else found[0].weight_hh_l0.shape[1] * (1 + module.bidirectional)
        )
        with torch.random.fork_rng(devices=[]):
            alone = kind(
                width, 5, bidirectional=module.bidirectional, dtype=torch.float64, **options
            )
        for name, parameter in alone.named_parameters():
            parameter.data.copy_(getattr(module, name.replace("_l0", f"_l{layer}")).data)
        found.append(alone)
    return found


def data(value):
    return value.data if isinstance(value, PackedSequence) else value


def time_major(value, batch_first=False):
    if isinstance(value, PackedSequence):
        return pad_packed_sequence(value)[0]
    value = value.transpose(0, 1) if batch_first else value
    return value if value.ndim == 3 else value.unsqueeze(1)


@settings(max_examples=80, deadline=None)
@given(
    cell=st.sampled_from(tuple(KINDS)),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    layout=st.sampled_from(("time first", "batch first", "unbatched", "packed")),
    dropout=st.sampled_from((0.0, 0.3, 0.5, 1.0)),
    seed=st.integers(0, 999),
)
def test_layers_with_dropout_between_equal_autograd(
    cell, layers, bidirectional, layout, dropout, seed
):
    if layers == 1:
        dropout = 0.0
    module = module_of(cell, layers, bidirectional, layout == "batch first", dropout)
    twin, x = copy.deepcopy(module), noise(6, 4, 3, seed=seed)
    given_ = {
        "time first": x,
        "batch first": x.transpose(0, 1),
        "unbatched": x[:, 0],
        "packed": pack_padded_sequence(x, torch.tensor([4, 6, 1, 5]), enforce_sorted=False),
    }[layout]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        plain, _ = twin(given_)
        weight = noise(*data(plain).shape, seed=seed + 1)
        (data(plain) * weight).sum().backward()
        drawn = torch.rand(3)
        torch.manual_seed(seed)
        with capture(module) as tape:
            out, _ = module(given_)
            (data(out) * weight).sum().backward()
            for trace in tape.layers:
                _ = trace.grad_hidden
        assert torch.equal(torch.rand(3), drawn)
        assert torch.equal(data(out), data(plain))
        for ours, theirs in zip(module.parameters(), twin.parameters(), strict=True):
            assert torch.equal(ours.grad, theirs.grad)
        # The same by hand: one module a layer, F.dropout in between, from the same random state.
        torch.manual_seed(seed)
        layer_in, outputs = given_ if layout != "batch first" else x, []
        if layout == "unbatched":
            layer_in = layer_in.unsqueeze(1)
        for k, alone in enumerate(single_layers(module, cell)):
            hidden, _ = alone(layer_in)
            data(hidden).retain_grad()
            outputs.append(hidden)
            if k < layers - 1:
                dropped = F.dropout(data(hidden), dropout, True)
                layer_in = hidden._replace(data=dropped) if layout == "packed" else dropped
    top = data(outputs[-1])
    kept = weight.transpose(0, 1) if layout == "batch first" else weight
    (top * kept.reshape(top.shape)).sum().backward()
    for k, hidden in enumerate(outputs):
        gradient = data(hidden).grad
        direct = time_major(hidden._replace(data=gradient) if layout == "packed" else gradient)
        states = time_major(hidden).detach()
        ways = [tape[f"l{k}"], *([tape[f"l{k}_reverse"]] if bidirectional else [])]
        assert_close(torch.cat([w.hidden for w in ways], -1), states, **EXACT)
        assert_close(torch.cat([w.grad_hidden_direct for w in ways], -1), direct, **EXACT)
        assert (ways[0].dropout_mask is not None) == (dropout > 0 and k < layers - 1)
    for name, parameter in module.named_parameters():
        found, suffix = name.rsplit("_l", 1)
        assert_close(getattr(tape[f"l{suffix}"], f"grad_{found}"), parameter.grad, **EXACT)


def test_float32_dropout_is_replayed_too_and_switching_it_on_inside_counts():
    module, x = nn.GRU(3, 4, 2, dropout=0.5).eval(), torch.ones(5, 2, 3)
    with capture(module) as tape:
        module(x)
        module.train()
        module(x)[0].sum().backward()
    assert tape["l0", 0].dropout_mask is None
    assert tape["l0", 1].dropout_mask is not None
    assert_close(tape["l0", 1].grad_weight_hh, module.weight_hh_l0.grad, rtol=1e-4, atol=1e-5)


def test_random_numbers_drawn_by_others_meanwhile_are_noticed():
    module = nn.GRU(3, 4, 2, dropout=0.5)
    module.register_forward_pre_hook(lambda module, args: torch.rand(1) and None)
    with capture(module), pytest.raises(CaptureError, match="something else drew random numbers"):
        module(torch.ones(5, 2, 3))


def test_dropout_elsewhere_than_on_the_cpu_is_refused():
    module = nn.GRU(3, 4, 2, dropout=0.5, device="meta")
    with capture(module), pytest.raises(CaptureError, match=r"`dropout` \(=0.5\).*CPU only"):
        module(torch.ones(5, 2, 3, device="meta"))


def test_reach_through_dropout_is_refused_and_that_of_the_top_layer_is_not():
    module = nn.GRU(3, 4, 2, dropout=0.5).double()
    with capture(module) as tape:
        module(noise(5, 2, 3))[0].sum().backward()
    assert reach_of(tape).layer == "l1"
    with pytest.raises(CoreError, match="Dropout acted between `l0` and the layer above"):
        reach_of(tape, layer="l0")
    assert judge(gradient_norms(tape["l0"])).word


@settings(max_examples=60, deadline=None)
@given(
    hidden=st.integers(2, 6),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    bias=st.booleans(),
    batch_first=st.booleans(),
    initial=st.booleans(),
    finals=st.booleans(),
    data_=st.data(),
)
def test_projected_states_equal_autograd(
    hidden, layers, bidirectional, bias, batch_first, initial, finals, data_
):
    size = data_.draw(st.integers(1, hidden - 1))
    ways = 1 + bidirectional
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(hidden)
        lstm = nn.LSTM(
            3, hidden, layers, bias=bias, batch_first=batch_first, bidirectional=bidirectional,
            proj_size=size, dtype=torch.float64,
        )  # fmt: skip
    x = noise(5, 4, 3).requires_grad_()
    h0 = noise(layers * ways, 4, size, seed=1).requires_grad_()
    c0 = noise(layers * ways, 4, hidden, seed=2).requires_grad_()
    with capture(lstm) as tape:
        out, (h, c) = lstm(
            x.transpose(0, 1) if batch_first else x, *([(h0, c0)] if initial else [])
        )
        loss = (out * noise(*out.shape, seed=3)).sum()
        if finals:
            loss = loss + (h * noise(*h.shape, seed=4)).sum() + (c * noise(*c.shape, seed=5)).sum()
        loss.backward()
    for name, parameter in lstm.named_parameters():
        found, suffix = name.rsplit("_l", 1)
        assert_close(getattr(tape[f"l{suffix}"], f"grad_{found}"), parameter.grad, **EXACT)
    assert_close(tape["l0"].grad_input, x.grad, **EXACT)
    for k, trace in enumerate(tape.layers):
        assert trace.hidden.shape == trace.grad_hidden.shape == (5, 4, size)
        assert trace.cell_state.shape == trace.grad_cell_state.shape == (5, 4, hidden)
        assert {gate.shape for gate in trace.gates.values()} == {(5, 4, hidden)}
        assert trace.weight_hr.shape == (size, hidden)
        assert_close(trace.cell_state[0 if trace.reverse else -1], c[k].detach(), **EXACT)
        assert_close(trace.hidden[0 if trace.reverse else -1], h[k].detach(), **EXACT)
        if initial:
            assert_close(trace.grad_initial_hidden, h0.grad[k], **EXACT)
            assert_close(trace.grad_initial_cell, c0.grad[k], **EXACT)
    assert all(norms.log10.shape == (5, 4) for norms in stack_norms(tape.layers))
    with pytest.raises(CaptureError, match="projects its hidden state"):
        spectrum(tape["l0"])


def test_other_layers_have_no_projection():
    lstm = nn.LSTM(3, 4)
    with capture(lstm) as tape:
        lstm(torch.ones(5, 2, 3))[0].sum().backward()
    assert tape["l0"].weight_hr is None
    assert tape["l0"].grad_weight_hr is None
