"""Capturing changes nothing: same outputs, gradients, random numbers and modules, bit for bit."""

import copy
import gc
import random
import weakref
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from core import CaptureError, capture
from tests.strategies import Setting, settings_of_modules


def bits(tensor):
    return tensor.detach().contiguous().view(torch.uint8)


def assert_same_bits(one, other):
    assert one.dtype == other.dtype
    assert torch.equal(bits(one), bits(other))


def run(setting: Setting, module: nn.Module, captured: bool):
    """Output and gradients of one forward and backward, with noise drawn in between."""
    x, h0, c0 = setting.tensors()
    x.requires_grad_()
    torch.manual_seed(11)
    with capture(module) if captured else nullcontext() as tape:
        result, _ = module(*setting.given(x, h0, c0))
        out = result.data if isinstance(result, PackedSequence) else result
        (out * torch.randn_like(out)).sum().backward()
        for layer in tape.layers if captured else ():
            _ = layer.hidden, layer.grad_weight_hh, layer.grad_input, layer.gates
    return out, [x.grad, *(p.grad for p in module.parameters())], torch.rand(3)


def left_behind(module: nn.Module) -> list[dict[str, object]]:
    """Everything that a hook or a note could leave on a module: its attributes, emptied or not."""
    return [
        {
            name: len(value) if hasattr(value, "__len__") else None
            for name, value in vars(part).items()
        }
        for part in module.modules()
    ]


@settings(max_examples=60, deadline=None)
@given(settings_of_modules())
def test_outputs_gradients_and_random_numbers_are_bit_identical(setting):
    module = setting.module()
    twin = copy.deepcopy(module)
    before, training = left_behind(module), module.training
    numpy_state, python_state = np.random.get_state()[1].tolist(), random.getstate()
    out, gradients, drawn = run(setting, module, captured=True)
    assert np.random.get_state()[1].tolist() == numpy_state
    assert random.getstate() == python_state
    twin_out, twin_gradients, twin_drawn = run(setting, twin, captured=False)
    assert_same_bits(out, twin_out)
    assert_same_bits(drawn, twin_drawn)
    for ours, theirs in zip(gradients, twin_gradients, strict=True):
        assert_same_bits(ours, theirs)
    assert left_behind(module) == before
    assert module.training == training


class Model(nn.Module):
    """An embedding, a recurrent layer, a head, and a method that fails on demand."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 3)
        self.rnn = nn.GRU(3, 5)
        self.head = nn.Linear(5, 7)

    def forward(self, indices, fail=False):
        hidden, _ = self.rnn(self.embedding(indices))
        if fail:
            raise RuntimeError("on purpose")
        return self.head(hidden)


def hooks_of(module: nn.Module) -> int:
    return sum(
        len(value)
        for part in module.modules()
        for name, value in vars(part).items()
        if "hook" in name and hasattr(value, "__len__")
    )


def test_no_hook_is_left_after_success_exception_or_nesting():
    model, indices = Model(), torch.tensor([[1], [2]])
    with capture(model, also=["head"]):
        model(indices)
    assert hooks_of(model) == 0
    with pytest.raises(RuntimeError, match="on purpose"), capture(model, also=["head"]):
        model(indices, fail=True)
    assert hooks_of(model) == 0
    with capture(model) as outer:
        with capture(model) as inner:
            model(indices).sum().backward()
        assert hooks_of(model) == 0
        model(indices).sum().backward()
    assert hooks_of(model) == 0
    assert len(inner.layers) == 1
    assert len(outer.layers) == 2
    with pytest.raises(CaptureError), capture(model, also=["nowhere"]):
        pass
    assert hooks_of(model) == 0


def test_hooks_on_the_graph_are_gone_after_the_block():
    model = nn.GRU(3, 5)
    x = torch.randn(4, 2, 3, generator=torch.Generator().manual_seed(0))
    with capture(model) as tape:
        out, _ = model(x)
        out.sum().backward(retain_graph=True)
    before = tape["l0"].grad_hidden.clone()
    out.sum().backward()
    assert torch.equal(tape["l0"].grad_hidden, before)


def test_the_tape_keeps_neither_model_nor_graph_alive():
    model = Model()
    with capture(model, also=["head", "embedding"]) as tape:
        out = model(torch.tensor([[1], [2]]))
        out.sum().backward()
    kept = [weakref.ref(model), weakref.ref(model.rnn), weakref.ref(out)]
    del model, out
    gc.collect()
    assert [ref() for ref in kept] == [None, None, None]
    assert tape["rnn.l0"].grad_hidden.shape == (2, 1, 5)


class Marker:
    """Lives as long as the graph that holds it."""


class Marked(torch.autograd.Function):
    """The identity, with a marker on its node of the graph."""

    @staticmethod
    def forward(ctx, x, marker):
        ctx.marker = marker
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def test_a_pass_that_leaves_calls_out_keeps_no_graph_alive_either():
    rnn, marker = nn.GRU(3, 5), Marker()
    x = torch.ones(4, 2, 3, requires_grad=True)
    with capture(rnn) as tape:
        rnn(x)
        rnn(Marked.apply(x, marker))[0].sum().backward()
    kept = weakref.ref(marker)
    del marker
    gc.collect()
    assert kept() is None
    assert tape["l0", 1].grad_hidden.any()


def test_later_changes_of_tensors_and_weights_do_not_reach_the_tape():
    lstm = nn.LSTM(3, 4, 2).double()
    x = torch.randn(5, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    twin, x_twin = copy.deepcopy(lstm), x.clone()
    with capture(lstm) as tape:
        out, _ = lstm(x)
        out.sum().backward()
        x.zero_()
        torch.optim.SGD(lstm.parameters(), lr=1.0).step()
        out.detach().zero_()
    with capture(twin) as expected:
        twin(x_twin)[0].sum().backward()
    for ours, theirs in zip(tape.layers, expected.layers, strict=True):
        for name in ("input", "hidden", "cell_state", "grad_hidden", "grad_weight_ih"):
            assert_same_bits(getattr(ours, name), getattr(theirs, name))


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
@pytest.mark.parametrize("layout", ["batched", "batch_first", "unbatched"])
def test_in_place_changes_of_the_output_are_seen_through(kind, layout):
    torch.manual_seed(0)
    module = kind(3, 4, batch_first=layout == "batch_first").double()
    x = torch.randn((5, 3) if layout == "unbatched" else (5, 2, 3), dtype=torch.float64)
    with capture(module) as tape:
        out, _ = module(x)
        raw = out.detach().clone()
        out.mul_(3.0)
        out[0] = 0.0
        (out * out).sum().backward()
    direct = 18 * raw
    direct[0] = 0.0
    direct = {
        "batched": direct,
        "batch_first": direct.transpose(0, 1),
        "unbatched": direct[:, None],
    }
    torch.testing.assert_close(tape["l0"].grad_hidden_direct, direct[layout])
    torch.testing.assert_close(tape["l0"].grad_weight_hh, module.weight_hh_l0.grad)


def test_what_the_users_own_hooks_do_to_a_gradient_is_what_is_recorded():
    module = nn.LSTM(3, 4).double()
    with capture(module) as tape:
        out, _ = module(torch.ones(5, 2, 3, dtype=torch.float64))
        out.register_hook(lambda gradient: gradient * 10)
        out.sum().backward()
    assert torch.equal(tape["l0"].grad_hidden_direct, torch.full((5, 2, 4), 10.0).double())
    torch.testing.assert_close(tape["l0"].grad_weight_hh, module.weight_hh_l0.grad)


def test_a_users_forward_hook_that_replaces_the_output_does_not_hide_the_states():
    module = nn.GRU(3, 4).double()
    module.register_forward_hook(lambda _module, _args, result: (result[0] * 2, result[1]))
    with capture(module) as tape:
        out, _ = module(torch.ones(5, 2, 3, dtype=torch.float64))
        out.sum().backward()
    assert torch.equal(tape["l0"].hidden * 2, out.detach())
    assert torch.equal(tape["l0"].grad_hidden_direct, torch.full((5, 2, 4), 2.0).double())


def test_default_dtype_grad_mode_and_threads_are_untouched():
    before = torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads()
    errors = np.geterr()
    module = nn.LSTM(3, 4)
    with capture(module, dtype=torch.float64) as tape:
        module(torch.ones(5, 2, 3))[0].sum().backward()
    _ = tape["l0"].grad_hidden
    assert (torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads()) == before
    assert np.geterr() == errors
