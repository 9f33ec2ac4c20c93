"""What capture cannot know it refuses to tell: a zero is a zero, never a gradient that is missing.

And what it must survive: reviewers' cases of views, overflow, packed input, copies and threads.
"""

import copy
import io
import threading

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence
from torch.utils.checkpoint import checkpoint

from core import CaptureError, capture
from tests.test_capture_stepped import Loop, weight

EXACT = {"rtol": 1e-10, "atol": 1e-13}


class Two(nn.Module):
    """One network on the other, and a head."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.head = nn.RNN(3, 4), nn.GRU(4, 5), nn.Linear(5, 2)
        self.double()

    def forward(self, x):
        return self.head(self.b(self.a(x)[0])[0])


def test_a_frozen_layer_is_unknown_and_not_zero():
    model = Two()
    model.a.requires_grad_(False)
    with capture(model) as tape:
        model(weight((5, 2, 3), 0)).sum().backward()
    assert tape["b.l0"].grad_hidden.any()
    with pytest.raises(CaptureError, match="nothing requires a gradient"):
        _ = tape["a.l0"].grad_hidden


def test_a_call_without_gradients_beside_one_with_is_unknown():
    rnn, x = nn.RNN(3, 4), torch.ones(5, 2, 3)
    with capture(rnn) as tape:
        with torch.no_grad():
            rnn(x)
        rnn(x)[0].sum().backward()
    assert tape["l0", 1].grad_hidden.any()
    with pytest.raises(CaptureError, match="nothing requires a gradient"):
        _ = tape["l0", 0].grad_hidden


@pytest.mark.parametrize("way", ["grad", "inputs"])
@pytest.mark.parametrize("also", [[], ["head"]])
def test_a_pass_for_chosen_inputs_leaves_the_rest_unknown(way, also):
    model = Two()
    with capture(model, also=also) as tape:
        loss = model(weight((5, 2, 3), 0)).square().sum()
        if way == "grad":
            torch.autograd.grad(loss, list(model.b.parameters()))
        else:
            loss.backward(inputs=list(model.b.parameters()))
    assert tape["b.l0"].grad_hidden.any()
    with pytest.raises(CaptureError, match="chosen inputs only went past"):
        _ = tape["a.l0"].grad_hidden
    with capture(model, also=also) as tape:
        loss = model(weight((5, 2, 3), 0)).square().sum()
        torch.autograd.grad(loss, list(model.head.parameters()))
    with pytest.raises(CaptureError):
        _ = tape["b.l0"].grad_hidden


def test_steps_that_such_a_pass_went_past_are_unknown():
    cell, xs = nn.GRUCell(3, 4), torch.ones(4, 2, 3).unbind()
    xs = [x.clone().requires_grad_() for x in xs]
    with capture(cell) as tape:
        h = None
        for x in xs:
            h = cell(x, h)
        torch.autograd.grad(h.sum(), [xs[-1]])
    with pytest.raises(CaptureError, match="chosen inputs only"):
        _ = tape["l0"].grad_hidden_direct


def test_a_pass_that_reaches_everything_it_must_is_enough():
    model = Two()
    with capture(model) as tape:
        loss = model(weight((5, 2, 3), 0)).square().sum()
        wanted = torch.autograd.grad(loss, list(model.parameters()))
    names = [name for name, _ in model.named_parameters()]
    found = tape["a.l0"].grad_weight_hh
    torch.testing.assert_close(found, wanted[names.index("a.weight_hh_l0")], **EXACT)


def test_evaluation_steps_after_the_training_ones_do_not_hide_them():
    model = Loop("gru", 3, 4, True)
    with capture(model) as tape:
        outputs, _ = model(weight((3, 2, 3), 0), weight((2, 4), 1), None)
        outputs[-1].sum().backward()
        with torch.no_grad():
            model.cell(weight((2, 3), 2), outputs[-1])
    assert tape["cell"].grad_hidden[:3].any()
    assert not tape["cell"].grad_hidden[3:].any()


def test_second_order_passes_are_refused():
    rnn = nn.RNN(3, 4).double()
    x = weight((5, 2, 3), 0).requires_grad_()
    with capture(rnn) as tape:
        loss = rnn(x)[0].square().sum()
        (gradient,) = torch.autograd.grad(loss, x, create_graph=True)
        assert tape["l0"].grad_hidden.any()
        (loss + gradient.square().sum()).backward()
    with pytest.raises(CaptureError, match="second-order"):
        _ = tape["l0"].grad_hidden


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointing_adds_no_false_calls(reentrant):
    model = Two()
    x = weight((5, 2, 3), 0).requires_grad_()
    with capture(model) as tape:
        checkpoint(model, x, use_reentrant=reentrant).sum().backward()
    assert [layer.name for layer in tape.layers] == ["a.l0", "b.l0"]
    if reentrant:
        with pytest.raises(CaptureError, match=r"use_reentrant=True, where nothing requires"):
            _ = tape["a.l0"].grad_hidden
    else:
        torch.testing.assert_close(tape["a.l0"].grad_weight_hh, model.a.weight_hh_l0.grad, **EXACT)


def test_also_gives_the_gradient_of_a_view_and_not_of_its_base():
    model = nn.ModuleDict({"linear": nn.Linear(3, 4), "flat": nn.Flatten()})
    with capture(model, also=["flat"]) as tape:
        h = model["linear"](torch.ones(2, 5, 3))
        (model["flat"](h).sum() + 3 * h.sum()).backward()
    assert torch.equal(tape.also["flat"][0].gradient, torch.ones(2, 20))


def test_also_works_on_packed_input_and_on_what_requires_no_gradient():
    model = nn.Sequential(nn.LSTM(3, 4))
    packed = pack_padded_sequence(torch.ones(5, 2, 3), torch.tensor([5, 3]))
    with capture(model, also=["0"]) as tape:
        out, _ = model[0](packed)
        out.data.sum().backward()
    (output, _), (gradient, _) = tape.also["0"][0]
    assert isinstance(output, PackedSequence)
    assert torch.equal(gradient.data, torch.ones(8, 4))
    frozen = nn.Sequential(nn.Identity(), nn.GRU(3, 4))
    with capture(frozen, also=["0"]) as tape:
        frozen(torch.ones(5, 2, 3))[0].sum().backward()
    assert tape.also["0"][0].gradient is None


def test_relu_overflow_is_selected_as_autograd_does():
    rnn = nn.RNN(1, 2, nonlinearity="relu").double()
    with torch.no_grad():
        for p in rnn.parameters():
            p.zero_()
        rnn.weight_hh_l0.copy_(torch.tensor([[1e3, 1.0], [0.0, 0.0]]))
        rnn.weight_ih_l0.copy_(torch.tensor([[1.0], [-1.0]]))
    x = torch.zeros(120, 1, 1).double()
    x[0] = 1e-300
    x.requires_grad_()
    with capture(rnn) as tape:
        rnn(x)[0][-1, 0, 0].backward()
    assert torch.equal(tape["l0"].grad_input, x.grad)
    assert torch.equal(tape["l0"].grad_bias_hh, rnn.bias_hh_l0.grad)
    assert x.grad.isinf().any()


def test_an_exploding_chain_of_a_cell_is_what_autograd_delivered():
    cell = nn.RNNCell(1, 1, nonlinearity="relu").double()
    with torch.no_grad():
        for p in cell.parameters():
            p.zero_()
        cell.weight_hh.fill_(1e3)
        cell.weight_ih.fill_(1.0)
    x = torch.zeros(120, 1, 1).double()
    x[0] = 1e-300
    states = []
    with capture(cell) as tape:
        for x_t in x:
            states.append(cell(x_t, states[-1] if states else None))
            states[-1].retain_grad()
        states[-1].sum().backward()
    assert torch.equal(tape["l0"].grad_hidden, torch.stack([h.grad for h in states]))
    assert torch.equal(tape["l0"].grad_bias_hh, cell.bias_hh.grad)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM, nn.GRUCell, nn.LSTMCell])
def test_autocast_is_refused_and_does_not_disturb_reading(kind):
    module = kind(3, 4)
    x = torch.ones(2, 3) if isinstance(module, nn.RNNCellBase) else torch.ones(5, 2, 3)
    with capture(module) as tape:
        with torch.autocast("cpu", torch.bfloat16), pytest.raises(CaptureError, match="autocast"):
            module(x)
        out = module(x)
        (out[0] if isinstance(out, tuple) else out).sum().backward()
        with torch.autocast("cpu", torch.bfloat16):
            assert tape["l0"].grad_weight_ih.dtype == torch.float32
        with torch.inference_mode():
            assert not tape["l0"].grad_input.is_inference()


def test_a_model_moved_to_float64_inside_is_read_in_float64():
    rnn = nn.RNN(3, 4)
    with capture(rnn) as tape:
        rnn(torch.ones(5, 2, 3))
        rnn.double()
        rnn(weight((5, 2, 3), 1))[0].sum().backward()
    assert tape["l0", 1].hidden.dtype == torch.float64
    torch.testing.assert_close(tape["l0", 1].grad_weight_hh, rnn.weight_hh_l0.grad, **EXACT)


def test_what_is_read_is_the_readers_own():
    rnn = nn.LSTM(3, 4)
    with capture(rnn) as tape:
        rnn(torch.ones(5, 2, 3))[0].sum().backward()
    layer = tape["l0"]
    names = [n for n, v in vars(type(layer)).items() if isinstance(v, property) and n[0] != "_"]
    before = {name: copy.deepcopy(getattr(layer, name)) for name in names}
    for name in names:
        value = getattr(layer, name)
        for tensor in value.values() if isinstance(value, dict) else (value,):
            if tensor is not None:
                tensor.zero_()
    for name in names:
        torch.testing.assert_close(getattr(layer, name), before[name], rtol=0, atol=0)


def test_lists_as_state_inference_mode_and_plain_weights():
    lstm, cell = nn.LSTM(3, 4), nn.LSTMCell(3, 4)
    zero = torch.zeros(1, 2, 4)
    with capture(lstm) as tape:
        lstm(torch.ones(5, 2, 3), [zero, zero + 1])
    assert torch.equal(tape["l0"].initial_cell, zero[0] + 1)
    with capture(cell) as tape, torch.inference_mode():
        state = cell(torch.ones(2, 3))
        state = cell(torch.ones(2, 3), state)
    torch.testing.assert_close(tape["l0"].cell_state[1], state[1].clone())


def test_a_parametrised_cell_is_refused_without_being_run_again():
    cell = nn.GRUCell(3, 4)
    nn.utils.parametrizations.spectral_norm(cell, "weight_hh")
    with capture(cell), pytest.raises(CaptureError, match="parametrised"):
        cell(torch.ones(2, 3))


def test_copies_made_inside_take_no_hook_along():
    rnn = nn.RNN(3, 4)
    with capture(rnn) as tape:
        rnn(torch.ones(5, 2, 3))
        other = copy.deepcopy(rnn)
        torch.save(rnn, io.BytesIO())
        other(torch.ones(5, 2, 3))
    other(torch.ones(5, 2, 3))
    assert len(tape.layers) == 1


def test_another_threads_calls_of_the_same_model_stay_out():
    rnn = nn.RNN(3, 4)
    with capture(rnn) as tape:
        other = threading.Thread(target=lambda: rnn(torch.ones(5, 2, 3)))
        other.start()
        other.join()
        rnn(torch.ones(5, 2, 3))
    assert len(tape.layers) == 1


def test_a_module_with_two_names_answers_to_both():
    model = nn.ModuleDict({"first": nn.RNN(3, 4)})
    model["second"] = model["first"]
    with capture(model, also=["second"]) as tape:
        model["second"](torch.ones(5, 2, 3))
    assert tape["second.l0"] is tape["first.l0"]
    assert "second.l0" in tape
    assert len(tape.also["second"]) == 1


@pytest.mark.parametrize("key", [("l0",), ("l0", 0, 0), ["l0"], 0, None, slice(0, 1)])
def test_keys_of_the_wrong_kind_get_the_names(key):
    with capture(nn.RNN(3, 4)) as tape, pytest.raises(CaptureError, match='the names are "l0"'):
        _ = tape[key]


def test_reading_inside_a_loop_of_steps_replays_only_new_ones():
    cell, state = nn.GRUCell(3, 4), None
    with capture(cell) as tape:
        for k in range(5):
            state = cell(torch.ones(2, 3), state)
            assert torch.equal(tape["l0"].hidden[-1], state.detach())
            assert len(tape["l0"].hidden) == k + 1
            assert "l0" in repr(tape["l0"])
