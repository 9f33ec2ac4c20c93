"""dL/dW_hh by lag, against autograd on networks that have a W_hh of their own at every step."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from core import CaptureError, CoreError, capture
from core.analysis.norms import Status
from core.analysis.truncation.lags import lag_gradients, sliding_gradient, weight_gradient_by_lag
from tests.oracles import one_step
from tests.strategies import CELLS, settings_of_modules

T, B, D, H = 5, 3, 4, 2


def module_of(cell: str) -> nn.RNNBase:
    kind = {"gru": nn.GRU, "lstm": nn.LSTM}.get(cell, nn.RNN)
    extra = {"nonlinearity": cell[4:]} if kind is nn.RNN else {}
    module = kind(D, H, **extra).double()
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -0.9, 0.9)
    return module


def losses_of(states: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """One loss for each step, (T,), that depends on h_t alone and not linearly."""
    return ((states * weight) ** 2 + states * weight).sum((1, 2))


def captured(cell: str, at: str = "mean"):
    module, x = module_of(cell), torch.randn(T, B, D, dtype=torch.float64)
    weight = torch.randn(T, B, H, dtype=torch.float64)
    with capture(module) as tape:
        losses = losses_of(module(x)[0], weight)
        (losses.mean() if at == "mean" else losses[-1]).backward()
    return tape["l0"], module, x, weight


def by_lag(cell: str, module: nn.RNNBase, x, weight, at: str) -> list[torch.Tensor]:
    """G_j by autograd: every loss by itself, every step with its own copy of W_hh."""
    p = {name: value.detach() for name, value in module.named_parameters()}
    copies = [p["weight_hh_l0"].clone().requires_grad_() for _ in range(T)]
    parts = [torch.zeros_like(copies[0]) for _ in range(T)]
    states = []
    for b in range(B):
        h, c = x.new_zeros(H), x.new_zeros(H)
        own = []
        for s in range(T):
            record = one_step(cell, x[s, b], h, c, {**p, "weight_hh_l0": copies[s]}, "_l0")
            h, c = record.hidden, record.cell_state
            own.append(h)
        states.append(torch.stack(own))
    losses = losses_of(torch.stack(states, 1), weight) / (T if at == "mean" else 1)
    for t in range(T) if at == "mean" else [T - 1]:
        gradients = torch.autograd.grad(losses[t], copies[: t + 1], retain_graph=True)
        for s, gradient in enumerate(gradients):
            parts[t - s] += gradient
    return parts


@pytest.mark.parametrize("at", ("mean", "last"))
@pytest.mark.parametrize("cell", CELLS)
def test_parts_by_lag_against_autograd(cell, at):
    trace, module, x, weight = captured(cell, at)
    for j, (part, expected) in enumerate(
        zip(lag_gradients(trace), by_lag(cell, module, x, weight, at), strict=True)
    ):
        assert_close(part, expected, msg=lambda m, j=j: f"lag {j}: {m}")


@settings(max_examples=60, deadline=None)
@given(setting=settings_of_modules())
def test_parts_add_up_to_the_whole_gradient_in_every_layer(setting):
    module = setting.module()
    x, h0, c0 = setting.tensors()
    with capture(module) as tape:
        output, final = module(*setting.given(x, h0, c0))
        data = output.data if setting.layout.startswith("packed") else output
        finals = final if isinstance(final, tuple) else (final,)
        loss = data.square().sum() if setting.loss != "final" else data.sum() * 0
        if setting.loss != "output":
            loss = loss + sum((value**3).sum() for value in finals)
        loss.backward()
    for trace in tape.layers:
        whole = trace.grad_weight_hh
        scale = float(whole.abs().max()) or 1.0
        assert_close(sum(lag_gradients(trace)) / scale, whole / scale, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_what_is_measured_is_measured_on_the_parts(cell):
    trace, *_ = captured(cell)
    found, parts = weight_gradient_by_lag(trace), list(lag_gradients(trace))
    full = trace.grad_weight_hh
    assert_close(found.full, full)
    for k in range(1, T + 1):
        part, kept = parts[k - 1], sum(parts[:k])
        assert_close(sliding_gradient(trace, k), kept)
        assert found.status[k - 1] == Status.FINITE or float(part.abs().max()) == 0
        if found.status[k - 1] == Status.FINITE:
            assert found.log10_norm[k - 1] == pytest.approx(math.log10(part.norm()), rel=1e-12)
        assert found.share[k - 1] == pytest.approx(
            float((part * full).sum() / full.square().sum()), rel=1e-11, abs=1e-13
        )
        assert found.kept.relative_size[k - 1] == pytest.approx(float(kept.norm() / full.norm()))
        assert found.kept.relative_error[k - 1] == pytest.approx(
            float((kept - full).norm() / full.norm()), abs=1e-14
        )
        cosine = float((kept * full).sum() / kept.norm() / full.norm())
        assert found.kept.cosine[k - 1] == pytest.approx(cosine)
    assert found.share.sum() == pytest.approx(1)
    assert found.kept.relative_error[-1] < 1e-14
    assert_close(sliding_gradient(trace, T + 7), full)


def scalar_network(w: float, steps: int) -> tuple[nn.RNN, torch.Tensor]:
    """h_t = w h_{t-1} + x_t: states stay above 0, where ReLU is the identity."""
    module = nn.RNN(1, 1, nonlinearity="relu", bias=False).double()
    with torch.no_grad():
        module.weight_hh_l0.fill_(w)
        module.weight_ih_l0.fill_(1)
    return module, torch.ones(steps, 1, 1, dtype=torch.float64)


def test_constant_input_keeps_the_known_terms():
    module, x = scalar_network(0.9, 20)
    with capture(module) as tape:
        module(x)[0][-1].sum().backward()
    for k, expected in ((1, 8.649), (2, 16.298), (3, 23.047), (20, 60.825)):
        assert float(sliding_gradient(tape["l0"], k)) == pytest.approx(expected, abs=5e-4)
    lags = weight_gradient_by_lag(tape["l0"])
    # dh_T/dw = Σ_j w^j h_{T-1-j}, h_t = (1 - w^t) / (1 - w)
    terms = [0.9**j * (1 - 0.9 ** (19 - j)) / 0.1 for j in range(20)]
    assert_close(10 ** lags.log10_norm[:-1], np.array(terms[:-1]))
    # The last term is h_0 = 0 itself: no underflow.
    assert lags.status[-1] == Status.EXACT_ZERO


@pytest.mark.parametrize(("w", "known"), ((0.5, -0.083333), (1.0, 0.333333), (1.5, 1.75)))
def test_scalar_linear_network_has_the_known_gradient(w, known):
    module, _ = scalar_network(w, 3)
    x = torch.tensor([1.0, 0, 0], dtype=torch.float64).view(3, 1, 1)
    y = torch.tensor([0.0, 0, 1], dtype=torch.float64).view(3, 1, 1)
    with capture(module) as tape:
        (0.5 * (module(x)[0] - y) ** 2).mean().backward()
    parts = [float(part) for part in lag_gradients(tape["l0"])]
    assert sum(parts) == pytest.approx(known, abs=1e-6)
    # dL_t/dh_t = (h_t - y_t) / 3, h = (1, w, w²): lag 0 sums over all, lag 1 only h_1 counts.
    assert parts[0] == pytest.approx((w + (w * w - 1) * w) / 3)
    assert parts[1] == pytest.approx((w * w - 1) * w / 3)
    assert parts[2] == 0


@pytest.mark.parametrize("cell", ("rnn_tanh", "gru", "lstm"))
def test_a_loss_at_the_last_step_has_one_loss_only(cell):
    trace, *_ = captured(cell, "last")
    da, before = trace.grad_pre_activation, trace.hidden_before
    for j, part in enumerate(lag_gradients(trace)):
        assert_close(part, da[T - 1 - j].T @ before[T - 1 - j])


def test_too_small_is_told_apart_from_no_path():
    module = nn.RNN(1, 2, nonlinearity="relu", bias=False).double()
    with torch.no_grad():
        module.weight_hh_l0.copy_(1e-5 * torch.eye(2, dtype=torch.float64))
        module.weight_ih_l0.fill_(1)
    with capture(module) as tape:
        module(torch.ones(90, 1, 1, dtype=torch.float64))[0][-1].sum().backward()
    found = weight_gradient_by_lag(tape["l0"])
    finite = found.status == Status.FINITE
    # G_j = w^j h_{T-1-j} on a 2 by 2 matrix of ones; h = 1/(1 - w) up to rounding.
    lag = np.flatnonzero(finite)
    assert_close(
        found.log10_norm[finite], -5.0 * lag + math.log10(2 / (1 - 1e-5)), rtol=1e-9, atol=0
    )
    assert lag[-1] == 61
    assert (found.status[62:] == Status.UNDERFLOW).sum() >= 27
    assert found.kept.cosine[0] == pytest.approx(1)


def test_an_exploded_gradient_is_no_number():
    module, x = scalar_network(1e10, 40)
    with capture(module) as tape:
        module(x)[0][-1].sum().backward()
    found = weight_gradient_by_lag(tape["l0"])
    assert (found.status == Status.NON_FINITE).any()
    assert np.isnan(found.log10_norm[found.status == Status.NON_FINITE]).all()
    assert np.isnan(found.share).all()


def test_no_gradient_at_all_is_exactly_zero():
    module, x = scalar_network(0.5, 4)
    with capture(module) as tape:
        (module(x)[0] * 0).sum().backward()
    found = weight_gradient_by_lag(tape["l0"])
    assert (found.status == Status.EXACT_ZERO).all()
    assert np.isnan(found.kept.cosine).all()
    assert np.isnan(found.kept.relative_error).all()


@pytest.mark.parametrize("kind", (nn.RNNCell, nn.GRUCell, nn.LSTMCell))
def test_a_cell_called_by_hand_must_hand_its_gradient_on(kind):
    cell, x = kind(D, H).double(), torch.randn(T, B, D, dtype=torch.float64)
    for cut in (False, True):
        with capture(cell) as tape:
            state, loss = None, 0.0
            for t in range(T):
                state = cell(x[t], state)
                pair = isinstance(state, tuple)
                loss = loss + (state[0] if pair else state).square().sum()
                if cut and t == 2:
                    state = tuple(s.detach() for s in state) if pair else state.detach()
            loss.backward()
        if cut:
            with pytest.raises(CaptureError, match="does not hand its gradient"):
                list(lag_gradients(tape["l0"]))
        else:
            assert_close(sum(lag_gradients(tape["l0"])), tape["l0"].grad_weight_hh)


@settings(max_examples=20, deadline=None)
@given(length=st.integers(-3, 0))
def test_a_length_below_one_is_refused(length):
    trace, *_ = captured("gru")
    with pytest.raises(CoreError, match=rf"`length` \(={length}\) must be at least 1"):
        sliding_gradient(trace, length)


def test_reading_lags_changes_nothing_and_needs_a_backward_pass():
    module, x = module_of("lstm"), torch.randn(T, B, D, dtype=torch.float64)
    with capture(module) as tape:
        output = module(x)[0]
    with pytest.raises(CaptureError):
        weight_gradient_by_lag(tape["l0"])
    tape["l0"].give_gradient(torch.ones_like(output))
    before = tape["l0"].grad_hidden, tape["l0"].hidden, tape["l0"].gates["forget"]
    weight_gradient_by_lag(tape["l0"])
    after = tape["l0"].grad_hidden, tape["l0"].hidden, tape["l0"].gates["forget"]
    for one, other in zip(before, after, strict=True):
        assert torch.equal(one, other)
