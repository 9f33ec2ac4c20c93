"""Names, several calls, `also`, and every refusal with its sentence."""

import pytest
import torch
from torch import nn

from core import CaptureError, CoreError, capture

EXACT = {"rtol": 1e-10, "atol": 1e-13}


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Model(nn.Module):
    """Two recurrent modules inside one model."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
        self.lstm = nn.LSTM(4, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(10, 6, batch_first=True)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        hidden, _ = self.lstm(self.encoder(x))
        return self.head(self.gru(hidden)[0])


def test_layers_are_named_after_modules_in_the_order_data_flows():
    model = Model().double()
    with capture(model, also=["encoder", "head"]) as tape:
        out = model(noise(2, 7, 3))
        (out**2).sum().backward()
    names = ["lstm.l0", "lstm.l0_reverse", "lstm.l1", "lstm.l1_reverse", "gru.l0"]
    assert [layer.name for layer in tape.layers] == names == list(tape.names)
    for layer in tape.layers:
        assert tape[layer.name] is layer
        assert tape[layer.name, 0] is layer
        assert layer.hidden.shape == (7, 2, 6 if layer.cell == "gru" else 5)
    both = tape["gru.l0"].grad_input
    torch.testing.assert_close(tape["lstm.l1"].grad_hidden_direct, both[..., :5], **EXACT)
    torch.testing.assert_close(tape["lstm.l1_reverse"].grad_hidden_direct, both[..., 5:], **EXACT)
    (pair,) = tape.also["head"]
    assert torch.equal(pair.output, out.detach())
    torch.testing.assert_close(pair.gradient, 2 * out.detach(), **EXACT)
    (first,) = tape.also["encoder"]
    torch.testing.assert_close(first.gradient.transpose(0, 1), tape["lstm.l0"].grad_input, **EXACT)


def test_a_state_handed_from_call_to_call_carries_its_gradient_back():
    lstm, x = nn.LSTM(3, 4).double(), noise(9, 2, 3)
    with capture(lstm) as whole:
        lstm(x)[0][-1].sum().backward()
    lstm.zero_grad()
    with capture(lstm) as parts:
        state = None
        for piece in x.split(3):
            out, state = lstm(piece, state)
        out[-1].sum().backward()
    for name in ("hidden", "cell_state", "grad_hidden", "grad_cell_state", "grad_pre_activation"):
        joined = torch.cat([getattr(parts["l0", k], name) for k in range(3)])
        torch.testing.assert_close(joined, getattr(whole["l0"], name), **EXACT)
    shares = sum(parts["l0", k].grad_weight_hh for k in range(3))
    torch.testing.assert_close(shares, lstm.weight_hh_l0.grad, **EXACT)
    with pytest.raises(CaptureError, match=r"called 3 times .* k from 0 to 2"):
        _ = parts["l0"]
    for wrong in (3, -1, True, "0"):
        with pytest.raises(CaptureError, match="from 0 to 2"):
            _ = parts["l0", wrong]


def test_detaching_between_calls_cuts_the_gradient():
    gru, x = nn.GRU(3, 4).double(), noise(6, 2, 3)
    with capture(gru) as tape:
        _, state = gru(x[:3])
        out, _ = gru(x[3:], state.detach())
        out.sum().backward()
    assert not tape["l0", 0].grad_hidden.any()
    assert tape["l0", 1].grad_hidden.all()


def test_several_backward_passes_add_up():
    rnn, x = nn.RNN(3, 4).double(), noise(6, 2, 3)
    with capture(rnn, also=[""]) as tape:
        out, _ = rnn(x)
        out[2].sum().backward(retain_graph=True)
        once = tape["l0"].grad_hidden.clone()
        assert not once[3:].any()
        (out[5] ** 2).sum().backward()
    torch.testing.assert_close(tape["l0"].grad_weight_hh, rnn.weight_hh_l0.grad, **EXACT)
    assert tape["l0"].grad_hidden[3:].any()
    assert torch.equal(tape.also[""][0].gradient[0], tape["l0"].grad_hidden_direct)


def test_permuting_the_batch_permutes_the_trace():
    lstm, x = nn.LSTM(3, 4, 2, bidirectional=True).double(), noise(6, 5, 3)
    order = torch.tensor([3, 0, 4, 1, 2])
    tapes = []
    for batch in (x, x[:, order]):
        with capture(lstm) as tape:
            (lstm(batch)[0] ** 2).sum().backward()
        tapes.append(tape)
    for one, other in zip(tapes[0].layers, tapes[1].layers, strict=True):
        for name in ("hidden", "cell_state", "grad_hidden", "grad_input"):
            torch.testing.assert_close(getattr(one, name)[:, order], getattr(other, name), **EXACT)


def test_later_inputs_change_no_earlier_state_and_later_losses_no_later_gradient():
    gru, x = nn.GRU(3, 4).double(), noise(8, 2, 3)
    changed = x.clone()
    changed[5] += 1
    tapes = []
    for given in (x, changed):
        with capture(gru) as tape:
            gru(given)[0][4].sum().backward()
        tapes.append(tape["l0"])
    assert torch.equal(tapes[0].hidden[:5], tapes[1].hidden[:5])
    assert not torch.equal(tapes[0].hidden[5:], tapes[1].hidden[5:])
    assert not tapes[0].grad_hidden[5:].any()
    for gate in tapes[0].gates.values():
        assert gate.min() >= -1
        assert gate.max() <= 1
    assert min(tapes[0].gates[name].min() for name in ("reset", "update")) >= 0


def test_keyword_arguments_and_autograd_grad_are_seen():
    lstm, x = nn.LSTM(3, 4).double(), noise(6, 2, 3)
    h0, c0 = noise(1, 2, 4, seed=1), noise(1, 2, 4, seed=2)
    with capture(lstm) as tape:
        out, _ = lstm(input=x, hx=(h0, c0))
        (found,) = torch.autograd.grad(out.sum(), [lstm.weight_hh_l0])
    assert torch.equal(tape["l0"].initial_cell, c0[0])
    torch.testing.assert_close(tape["l0"].grad_weight_hh, found, **EXACT)


def test_a_frozen_model_still_gives_gradients_of_its_input():
    lstm, x = nn.LSTM(3, 4).double().requires_grad_(False), noise(6, 2, 3).requires_grad_()
    with capture(lstm) as tape:
        lstm(x)[0].sum().backward()
    torch.testing.assert_close(tape["l0"].grad_input, x.grad, **EXACT)


def test_reading_a_gradient_without_a_backward_is_refused():
    rnn, x = nn.RNN(3, 4), torch.ones(5, 2, 3)
    with capture(rnn) as tape:
        rnn(x)
        for name in (
            "grad_hidden",
            "grad_hidden_direct",
            "grad_input",
            "grad_weight_hh",
            "grad_bias_ih",
        ):
            with pytest.raises(CaptureError, match=r"loss.backward\(\)"):
                getattr(tape["l0"], name)
        assert tape["l0"].hidden.shape == (5, 2, 4)
    with capture(rnn) as tape:
        rnn(x)[0].sum().backward()
        rnn(x)
    assert tape["l0", 0].grad_hidden.any()
    with pytest.raises(CaptureError, match="No gradient has arrived since"):
        _ = tape["l0", 1].grad_hidden
    with capture(rnn) as tape, torch.no_grad():
        rnn(x)
    with pytest.raises(CaptureError, match="nothing requires a gradient"):
        _ = tape["l0"].grad_hidden


def test_also_tells_outputs_before_and_zero_gradients_after_a_backward():
    model = Model().double()
    with capture(model, also=["head", "lstm"]) as tape:
        out = model(noise(2, 7, 3))
        assert tape.also["head"][0].gradient is None
        out.sum().backward()
    output, (hidden, cell) = tape.also["lstm"][0].gradient
    assert output.any()
    assert not hidden.any()
    assert not cell.any()


def test_what_cannot_be_captured_is_refused_with_a_sentence():
    with pytest.raises(CoreError, match=r"contains no nn.RNN, nn.GRU, nn.LSTM"):
        with capture(nn.Linear(3, 4)):
            pass


def test_dropout_in_eval_mode_or_on_one_layer_is_no_obstacle():
    for module in (
        nn.GRU(3, 4, 2, dropout=0.5).eval(),
        nn.Sequential(nn.Dropout(0.5), nn.GRU(3, 4)),
    ):
        with capture(module) as tape:
            module(torch.ones(5, 2, 3))[0].sum().backward()
        assert tape.layers[0].grad_hidden.any()


def test_unknown_names_are_answered_with_the_known_ones():
    model = Model()
    with capture(model) as tape:
        with pytest.raises(CaptureError, match=r"`gru\.l0` did not run"):
            _ = tape["gru.l0"]
        model(torch.ones(2, 7, 3))
    with pytest.raises(CaptureError, match=r'"lstm.l0", "lstm.l0_reverse".*"gru.l0"'):
        _ = tape["lstm"]
    with pytest.raises(CaptureError, match=r'nowhere., which is not a submodule.*"encoder.0"'), \
            capture(model, also=["nowhere"]):  # fmt: skip
        pass
    with pytest.raises(CaptureError, match=r"`dtype` \(=torch.float16\)"), \
            capture(model, dtype=torch.float16):  # fmt: skip
        pass


def test_a_forward_that_is_not_pytorchs_own_is_refused():
    class Doubled(nn.LSTM):
        def forward(self, x, hx=None):
            out, state = super().forward(x, hx)
            return 2 * out, state

    module = Doubled(3, 4)
    with capture(module), pytest.raises(CaptureError, match="has a forward of its own"):
        module(torch.ones(5, 2, 3))
    plain = nn.LSTM(3, 4)
    with capture(plain), torch.autocast("cpu", dtype=torch.bfloat16):
        with pytest.raises(CaptureError, match="autocast"):
            plain(torch.ones(5, 2, 3))


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_gradient_given_by_hand_does_what_a_backward_pass_does(kind):
    module, x = kind(3, 4, 2, bidirectional=True, batch_first=True).double(), noise(2, 7, 3)
    gradient = noise(2, 7, 8, seed=1)
    with capture(module) as expected:
        module(x)[0].backward(gradient)
    with capture(module) as tape, torch.no_grad():
        module(x)
    tape["l1"].give_gradient(noise(2, 7, 8, seed=2))
    assert tape["l0"].grad_hidden.any()
    tape["l0"].give_gradient(gradient)
    for found, wanted in zip(tape.layers, expected.layers, strict=True):
        for name in ("grad_hidden", "grad_hidden_direct", "grad_input", "grad_weight_hh"):
            torch.testing.assert_close(getattr(found, name), getattr(wanted, name), **EXACT)
    with pytest.raises(CaptureError, match=r"`gradient` \(of shape \(2, 7\)\).*\(2, 7, 8\)"):
        tape["l0"].give_gradient(noise(2, 7))
    cell = nn.GRUCell(3, 4)
    with capture(cell) as tape:
        cell(torch.ones(2, 3))
    with pytest.raises(CaptureError, match="a cell called step by step"):
        tape["l0"].give_gradient(torch.ones(2, 4))


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_the_recurrence_is_what_the_trace_shows_in_the_order_it_was_read(kind):
    module = kind(4, 2, bidirectional=True, dtype=torch.float64)
    with torch.no_grad(), capture(module) as tape:
        module(torch.randn(5, 1, 4, dtype=torch.float64))
    for trace in tape.layers:
        found = trace.recurrence()
        order = (lambda values: values.flip(0)) if trace.reverse else (lambda values: values)
        assert found.cell.name == trace.cell
        torch.testing.assert_close(order(found.states.hidden), trace.hidden, rtol=0, atol=0)
        torch.testing.assert_close(
            order(found.states.hidden_prev), trace.hidden_before, rtol=0, atol=0
        )
        torch.testing.assert_close(found.weights.weight_hh, trace.weight_hh, rtol=0, atol=0)
