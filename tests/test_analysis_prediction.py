"""Theory against measurement: exact where it must be, never below where it is a bound."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core import CoreError, capture
from core.analysis.jacobians.jacobian import jacobian_norms
from core.analysis.jacobians.prediction import predictions
from tests.driven_networks import CELLS, stock, traced

close = torch.testing.assert_close


def by_key(trace, **options):
    return {found.key: found for found in predictions(trace, **options)}


@settings(max_examples=60, deadline=None)
@given(
    cell=st.sampled_from(CELLS),
    hidden=st.integers(1, 7),
    gain=st.floats(0.05, 6.0),
    seed=st.integers(0, 10_000),
)
def test_no_bound_is_ever_below_the_measured_curve(cell, hidden, gain, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        trace = traced(stock(cell, hidden, gain), 25)
    measured = jacobian_norms(trace).spectral
    bounds = [found for found in predictions(trace) if found.kind == "bound"]
    assert [found.key for found in bounds][-1] == "step_bound"
    for found in bounds:
        known = np.isfinite(measured)
        assert (found.log10[known] >= measured[known] - 1e-9).all()
        if found.rms == found.rms:
            assert found.factor >= 1 - 1e-9
    if cell.startswith("rnn"):
        uniform, step = bounds
        known = np.isfinite(step.log10)
        assert (uniform.log10[known] >= step.log10[known] - 1e-9).all()


@pytest.mark.parametrize("rate", [0.5, 0.97, 1.3])
@pytest.mark.parametrize("kind", ["tanh", "relu"])
def test_all_are_exact_in_a_linear_orthogonal_network(rate, kind):
    module = nn.RNN(2, 4, nonlinearity=kind).double()
    with torch.no_grad():
        q = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64))[0]
        if kind == "relu":
            q = torch.eye(4, dtype=torch.float64)[torch.randperm(4)]
        for parameter in module.parameters():
            parameter.fill_(0.5 if kind == "relu" and parameter.ndim == 1 else 0.0)
        module.weight_hh_l0.copy_(rate * q)
        with capture(module) as tape:
            module(torch.zeros(300, 1, 2, dtype=torch.float64))
    found = by_key(tape["l0"])
    assert set(found) == {"uniform_bound", "step_bound", "radius", "lyapunov"}
    for one in found.values():
        close(one.log10, np.arange(300) * math.log10(rate), rtol=1e-9, atol=1e-11)
        assert one.rms <= 1e-9 and abs(one.largest) <= 1e-9
        assert one.factor == pytest.approx(1, abs=1e-9)
        assert "meets the measured curve" in one.why
        assert f"{'tanh' if kind == 'tanh' else 'ReLU'}' is 1 throughout" in one.why


def test_a_scalar_network_has_its_bounds_by_hand():
    """One unit: the step bound is the curve itself, the uniform one takes the largest tanh'."""
    module = stock("rnn_tanh", 1, gain=2.0)
    trace = traced(module, 9)
    slope = (1 - trace.hidden[:, 0, 0] ** 2).numpy()
    w = abs(module.weight_hh_l0.item())
    lags = np.array([0, 3, 5])
    found = by_key(trace, lags=lags.tolist(), t=7)
    product = np.array([1, np.prod(w * slope[5:8]), np.prod(w * slope[3:8])])
    close(found["step_bound"].log10, np.log10(product), rtol=1e-12, atol=1e-12)
    close(found["uniform_bound"].log10, lags * np.log10(w * slope[3:8].max()))
    close(found["radius"].log10, lags * np.log10(w * slope[3:8].mean()))
    close(found["lyapunov"].log10, lags * np.log10(w * slope).mean())
    error = (found["radius"].log10 - np.log10(product))[1:]
    assert found["radius"].rms == pytest.approx(np.sqrt(np.mean(error**2)))
    assert abs(found["radius"].largest) == pytest.approx(np.abs(error).max())
    assert found["radius"].factor == pytest.approx(10 ** (error[1] / 5))


@pytest.mark.parametrize(("cell", "gate"), [("lstm", "forget"), ("gru", "update")])
@pytest.mark.parametrize("reverse", [False, True])
def test_the_carry_is_the_product_of_gates(cell, gate, reverse):
    module = stock(cell, 3, gain=2.0, bidirectional=True)
    trace = traced(module, 8, name="l0_reverse" if reverse else "l0")
    found = by_key(trace)
    assert set(found) == {"step_bound", "lyapunov", "carry_max", "carry_mean"}
    gates = trace.gates[gate][:, 0].flip(0) if reverse else trace.gates[gate][:, 0]
    for lag in range(8):
        product = gates[8 - lag :].prod(0) if lag else torch.ones(3, dtype=torch.float64)
        assert 10 ** found["carry_max"].log10[lag] == pytest.approx(product.max().item())
        assert 10 ** found["carry_mean"].log10[lag] == pytest.approx(product.mean().item())
    assert gate in found["carry_max"].label and gate in found["carry_max"].why


def test_the_carry_is_all_there_is_without_recurrent_weights():
    """A GRU whose W_hh is 0 has the Jacobian diag(z): the product of update gates is exact."""
    module = stock("gru", 3)
    with torch.no_grad():
        module.weight_hh_l0.zero_()
    found = by_key(traced(module, 120))
    assert found["carry_max"].rms < 1e-9
    assert found["carry_max"].why.startswith("It meets the measured curve")
    assert found["carry_mean"].kind == "estimate" and found["carry_mean"].largest < 0
    assert (found["step_bound"].log10 >= found["carry_max"].log10 - 1e-9).all()


def test_the_reasons_carry_the_numbers_of_this_network():
    trace = traced(stock("rnn_tanh", 6, gain=4.0), 60)
    found = by_key(trace)
    measured = jacobian_norms(trace)
    slope = 1 - trace.hidden[1:] ** 2
    w = trace.weight_hh
    assert f"mean {slope.mean():.3g}" in found["radius"].why
    assert f"{slope.max():.3g}, its largest" in found["uniform_bound"].why
    assert f"σ_max = {torch.linalg.matrix_norm(w, 2):.3g}" in found["uniform_bound"].why
    assert f"radius is {torch.linalg.eigvals(w).abs().max():.3g}" in found["uniform_bound"].why
    assert f"shown have {10 ** (measured.spectral[-1] / 59):.3g}" in found["lyapunov"].why
    for one in found.values():
        close(one.rms, math.sqrt(np.mean((one.log10 - measured.spectral)[1:] ** 2)))
    given = predictions(trace, measured=measured)
    close(given[0].rms, found["uniform_bound"].rms)
    with pytest.raises(CoreError, match=r"`measured` \(of t=59, block='hidden'\)"):
        predictions(trace, t=30, measured=measured)


@pytest.mark.parametrize("cell", CELLS)
def test_zero_weights_and_no_lag(cell):
    module = stock(cell, 3)
    with torch.no_grad():
        module.weight_hh_l0.zero_()
    found = by_key(trace := traced(module, 5))
    if cell.startswith("rnn"):
        assert all((one.log10[1:] == -math.inf).all() for one in found.values())
        assert all("exactly 0 beyond lag 0, and so" in one.why for one in found.values())
    for one in predictions(trace, lags=[0]):
        assert one.log10.tolist() == [0.0] and math.isnan(one.rms)
        assert "nothing can be compared" in one.why
    assert all(one.log10.shape == (0,) for one in predictions(trace, lags=[]))
    for one in predictions(trace, t=0):
        assert one.log10.tolist() == [0.0]


def test_states_that_overflowed_give_no_number_and_no_crash():
    module = stock("rnn_relu", 3)
    with torch.no_grad():
        module.weight_hh_l0.abs_().mul_(1e30)
        module.bias_ih_l0.fill_(1.0)
    for one in predictions(traced(module, 40)):
        assert one.why
