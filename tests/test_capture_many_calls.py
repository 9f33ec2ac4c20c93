"""Thousands of calls are computed together: as one by one, and without work for each of them."""

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode

from core import capture

EXACT = {"rtol": 1e-9, "atol": 1e-12}
KINDS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
CELLS = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}
WITHOUT_WORK = ("detach", "view", "select", "slice", "unsqueeze", "alias", "t", "transpose")


class Counted(TorchDispatchMode):
    """Counts the operators that run in the block, but for views."""

    def __init__(self):
        super().__init__()
        self.calls = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        if name not in WITHOUT_WORK:
            self.calls[name] += 1
        return func(*args, **(kwargs or {}))


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def seeded(kind, *sizes, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        return kind(*sizes, **options)


def run(module, pieces, dropped=0.0, changed=False):
    state, total = None, 0.0
    for k, piece in enumerate(pieces):
        if changed and k == 1:
            for parameter in module.parameters():
                parameter.data.mul_(0.9)
        if changed and k == 2:
            module.eval()
        out, state = module(piece, state)
        total = total + (noise(*out.shape, seed=k, dtype=out.dtype) * out).sum()
    total.backward()


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(tuple(KINDS)),
    layers=st.integers(1, 3),
    both=st.booleans(),
    dropout=st.sampled_from((0.0, 0.5)),
    changed=st.booleans(),
    pieces=st.lists(st.integers(1, 3), min_size=2, max_size=6),
)
def test_joined_calls_are_the_calls_one_by_one(kind, layers, both, dropout, changed, pieces):
    options = {"bidirectional": both, "dropout": dropout if layers > 1 else 0.0}
    module = seeded(KINDS[kind], 3, 5, layers, **options).double()
    with torch.random.fork_rng(devices=[]), capture(module) as tape:
        torch.manual_seed(5)
        run(module, noise(sum(pieces), 2, 3).split(pieces), changed=changed)
    for layer in range(layers):
        joined = tape.joined(f"l{layer}")
        calls = [tape[f"l{layer}", k] for k in range(len(pieces))]
        for name in (
            "input", "hidden", "hidden_before", "cell_state", "grad_hidden", "grad_hidden_direct",
            "grad_cell_state", "grad_pre_activation", "grad_input", "grad_input_own",
        ):  # fmt: skip
            parts = [getattr(call, name) for call in calls]
            if parts[0] is not None:
                assert_close(getattr(joined, name), torch.cat(parts), **EXACT, msg=name)
        for name, gate in joined.gates.items():
            assert_close(gate, torch.cat([call.gates[name] for call in calls]), **EXACT)
        if dropout and layer + 1 < layers:
            masks = [c.dropout_mask for c in calls]
            parts = [
                torch.ones_like(c.hidden) if m is None else m
                for m, c in zip(masks, calls, strict=True)
            ]
            assert torch.equal(joined.dropout_mask, torch.cat(parts))
        for name in ("grad_weight_ih", "grad_weight_hh", "grad_bias_ih", "grad_bias_hh"):
            assert_close(getattr(joined, name), sum(getattr(c, name) for c in calls), **EXACT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("both", [False, True])
def test_joined_float32_calls_in_float64_are_one_long_call_in_float64(kind, both):
    module = seeded(KINDS[kind], 3, 5, 2, bidirectional=both)
    x, pieces = noise(9, 2, 3, dtype=torch.float32), [1, 1, 3, 3, 1]
    with capture(module, dtype=torch.float64) as tape:
        run(module, x.split(pieces))
    with capture(module, dtype=torch.float64) as alone:
        run(module, [x])
    for name in ("l0", "l1"):
        joined = tape.joined(name)
        parts = [tape[name, k] for k in range(len(pieces))]
        assert joined.grad_hidden.dtype == torch.float64
        for attribute in ("hidden", "grad_hidden", "grad_input", "grad_hidden_direct"):
            wanted = torch.cat([getattr(part, attribute) for part in parts])
            assert_close(getattr(joined, attribute), wanted, rtol=1e-4, atol=1e-5)
        if not both:
            assert_close(joined.hidden, alone[name].hidden, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", KINDS)
def test_many_joined_calls_take_no_more_products_than_few(kind, dtype):
    taken = []
    for calls in (4, 40):
        module = seeded(KINDS[kind], 3, 5, 2)
        with capture(module, dtype=dtype) as tape:
            run(module, noise(calls, 2, 3, dtype=torch.float32).split(1))
        with Counted() as counted:
            for name in ("l0", "l1"):
                trace = tape.joined(name)
                assert trace.hidden.shape == trace.grad_hidden.shape == (calls, 2, 5)
                assert trace.grad_input.shape[0] == trace.grad_hidden_direct.shape[0] == calls
        taken.append({n: counted.calls[n] for n in ("mm", "addmm", "bmm", "tanh", "sigmoid")})
        assert sum(taken[-1].values())
    assert taken[0] == taken[1]


@pytest.mark.parametrize("kind", CELLS)
def test_the_gradients_of_many_steps_take_no_more_operators_than_those_of_few(kind):
    taken = []
    for steps in (4, 40):
        cell, state, total = seeded(CELLS[kind], 3, 5), None, 0.0
        with capture(cell, dtype=torch.float64) as tape:
            for x in noise(steps, 2, 3, dtype=torch.float32):
                state = cell(x, state)
                total = total + (state[0] if kind == "lstm" else state).sum()
            total.backward()
        with Counted() as reading:
            assert tape["l0"].hidden.shape == (steps, 2, 5)
        with Counted() as counted:
            assert tape["l0"].grad_hidden.shape == (steps, 2, 5)
        taken.append((reading.calls["_to_copy"], counted.calls))
    assert taken[0] == taken[1]
