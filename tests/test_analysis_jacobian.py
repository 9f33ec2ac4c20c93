"""Jacobians through time against autograd, mpmath and their own laws."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from core import CoreError, capture
from core.analysis.jacobians.jacobian import _Leading, jacobian_norms, temporal_jacobian
from core.analysis.jacobians.scaled import Scaled
from core.analysis.jacobians.step_jacobian import StepJacobians
from core.analysis.norms import Status
from tests.driven_networks import (
    CELLS,
    autograd_steps,
    log10_singular_values,
    product_exactly,
    stock,
    traced,
)

close = torch.testing.assert_close


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("reverse", [False, True])
def test_steps_and_products_are_autograds(cell, reverse):
    module = stock(cell, 2, gain=1.5, bidirectional=True)
    if cell == "rnn_relu":
        with torch.no_grad():  # enough to leave a path
            module.bias_ih_l0.fill_(2.0)
            module.bias_ih_l0_reverse.fill_(2.0)
    trace = traced(module, 5, 3, "l0_reverse" if reverse else "l0")
    wanted = autograd_steps(trace, module, batch=1)
    steps = StepJacobians(trace, batch=1)
    for step, jacobian in enumerate(wanted):
        close(torch.from_numpy(steps.matrix(step)), jacobian)
        vectors = np.random.default_rng(0).normal(size=(steps.width, 3))
        close(torch.from_numpy(steps.left(step, vectors)), jacobian @ torch.from_numpy(vectors))
        rows = torch.from_numpy(vectors.T)
        close(torch.from_numpy(steps.right(vectors.T, step)), rows @ jacobian)
    t, s = (0, 3) if reverse else (4, 1)
    product = wanted[4] @ wanted[3] @ wanted[2]
    found = temporal_jacobian(trace, t, s, batch=1)
    close(found.to_tensor(), product)
    assert found.log10_spectral == pytest.approx(math.log10(torch.linalg.svdvals(product)[0]))
    close(found.log10_abs(), product.abs().log10())
    norms = jacobian_norms(trace, t, [3], batch=1, block="state")
    assert norms.spectral[0] == pytest.approx(found.log10_spectral, abs=1e-12)
    assert norms.frobenius[0] == pytest.approx(found.log10_frobenius, abs=1e-12)
    hidden = jacobian_norms(trace, t, [3], batch=1)
    assert hidden.spectral[0] == pytest.approx(math.log10(torch.linalg.svdvals(product[:2, :2])[0]))


@pytest.mark.parametrize("cell", CELLS)
def test_every_lag_against_the_products(cell):
    module = stock(cell, 3, gain=1.3)
    trace = traced(module, 7)
    steps = autograd_steps(trace, module)
    for block, side in (("hidden", 3), ("state", steps[0].shape[0])):
        norms = jacobian_norms(trace, t=5, block=block, singular_values=True)
        assert norms.lags.tolist() == list(range(6)) and norms.t == 5
        product = torch.eye(steps[0].shape[0], dtype=torch.float64)
        for lag in range(6):
            part = product[:side, :side]
            singular = torch.linalg.svdvals(part)
            assert norms.spectral[lag] == pytest.approx(singular[0].log10().item(), abs=1e-11)
            root = torch.linalg.matrix_norm(part).log10().item()
            assert norms.frobenius[lag] == pytest.approx(root, abs=1e-11)
            sure = torch.from_numpy(norms.singular_values[lag]).isfinite() & (singular > 1e-9)
            assert sure[0]
            values = torch.from_numpy(10 ** norms.singular_values[lag])
            close(values[sure], singular[sure], rtol=1e-6, atol=0)
            product = product @ steps[5 - lag]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("cell", CELLS)
def test_products_beyond_float64_are_mpmaths(cell, seed):
    """Weights so small that products leave float64."""
    torch.manual_seed(seed)
    module = stock(cell, 3, gain=0.01)
    if cell in {"gru", "lstm"}:
        with torch.no_grad():  # the carrying gate nearly shut: each step keeps about 1e-5
            gate = slice(3, 6)
            module.bias_ih_l0[gate] = -12.0 + torch.rand(3, dtype=torch.float64)
    if cell == "rnn_relu":
        with torch.no_grad():
            module.weight_hh_l0.abs_()
            module.bias_ih_l0.fill_(1.0)
    trace = traced(module, 161)
    steps = StepJacobians(trace)
    factors = [torch.from_numpy(steps.matrix(step)) for step in range(1, 161)]
    with mpmath.workdps(2400):
        exact = product_exactly(factors)
        wanted = log10_singular_values(exact)
        found = temporal_jacobian(trace, 160, 0)
        entries = found.log10_abs()
        for i in range(steps.width):
            for j in range(steps.width):
                if entries[i, j] > -math.inf:
                    size = float(mpmath.log10(abs(exact[i, j])))
                    assert entries[i, j].item() == pytest.approx(size, abs=1e-8)
        squares = sum(exact[i, j] ** 2 for i in range(exact.rows) for j in range(exact.cols))
        log10 = float(mpmath.log10(squares) / 2)
        assert found.log10_frobenius == pytest.approx(log10, abs=1e-9)
    norms = jacobian_norms(trace, block="state", lags=[160], singular_values=True)
    assert norms.spectral[0] == pytest.approx(wanted[0], abs=1e-9)
    assert found.log10_spectral == pytest.approx(wanted[0], abs=1e-9)
    assert wanted[0] < -310
    close(norms.singular_values[0], np.array(wanted), rtol=0, atol=1e-7)


def test_the_product_rule():
    trace = traced(stock("lstm", 3), 9)
    whole = temporal_jacobian(trace, 8, 0)
    halves = temporal_jacobian(trace, 8, 4) @ temporal_jacobian(trace, 4, 0)
    close(halves.to_tensor(), whole.to_tensor())
    assert halves.exponent == whole.exponent and halves.status == Status.FINITE
    close(temporal_jacobian(trace, 3, 3).to_tensor(), torch.eye(6, dtype=torch.float64))
    later = temporal_jacobian(trace, 2, 5)
    assert later.status == Status.EXACT_ZERO and not later.mantissa.any()
    assert later.log10_spectral == -math.inf


def rotated(rate: float, size: int, steps: int, kind: str):
    """An exactly linear network of known rate: W_hh = rate·Q, tanh at 0 or a ReLU that is on."""
    draw = np.random.default_rng(size)
    q = np.linalg.qr(draw.normal(size=(size, size)))[0]
    if kind == "relu":
        q = np.eye(size)[draw.permutation(size)]
    module = nn.RNN(2, size, nonlinearity=kind).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.weight_hh_l0.copy_(torch.from_numpy(rate * q))
        if kind == "relu":
            module.bias_ih_l0.fill_(0.5)
        with capture(module) as tape:
            module(torch.zeros(steps, 1, 2, dtype=torch.float64))
    return tape["l0"]


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(1, 40), st.sampled_from(["tanh", "relu"]))
def test_a_linear_network_has_its_rate_at_every_lag(rate, size, kind):
    steps = 120
    if kind == "relu":
        rate = min(rate, 100.0)  # the states themselves must stay finite
    norms = jacobian_norms(rotated(rate, size, steps, kind), singular_values=size < 6)
    wanted = np.arange(steps) * math.log10(rate)
    close(norms.spectral, wanted, rtol=1e-9, atol=1e-11)
    close(norms.frobenius, wanted + math.log10(size) / 2, rtol=1e-9, atol=1e-11)
    if size < 6:
        every = np.repeat(wanted[:, None], size, 1)
        close(norms.singular_values, every, rtol=1e-9, atol=1e-11)


def test_an_orthogonal_change_of_basis_leaves_singular_values():
    draw = torch.Generator().manual_seed(3)
    w = 0.6 * torch.randn(5, 5, generator=draw, dtype=torch.float64)
    q = torch.linalg.qr(torch.randn(5, 5, generator=draw, dtype=torch.float64))[0]
    curves = []
    for weight in (w, q @ w @ q.T):
        module = nn.RNN(2, 5, bias=False).double()
        with torch.no_grad(), capture(module) as tape:
            module.weight_hh_l0.copy_(weight)
            module(torch.zeros(12, 1, 2, dtype=torch.float64))
        curves.append(jacobian_norms(tape["l0"], singular_values=True).singular_values)
    close(curves[0], curves[1], rtol=0, atol=1e-9)


def test_dead_relus_are_exact_zeros_and_saturation_is_not():
    dead = stock("rnn_relu", 3)
    with torch.no_grad():
        dead.bias_ih_l0.fill_(-50.0)
    norms = jacobian_norms(traced(dead, 6), singular_values=True)
    assert norms.status.tolist() == [Status.FINITE] + [Status.EXACT_ZERO] * 5
    assert (norms.spectral[1:] == -math.inf).all()
    assert (norms.singular_values[1:] == -math.inf).all()

    one_alive = stock("rnn_relu", 3)
    with torch.no_grad():
        one_alive.weight_hh_l0.abs_()
        one_alive.bias_ih_l0.copy_(torch.tensor([-50.0, 50.0, -50.0]))
    values = jacobian_norms(traced(one_alive, 6), singular_values=True).singular_values
    assert np.isfinite(values[1:, 0]).all() and (values[1:, 1:] == -math.inf).all()

    saturated = stock("rnn_tanh", 3)
    with torch.no_grad():
        saturated.bias_ih_l0.fill_(50.0)  # tanh' is 4e-44, which 1 - h² cannot see
    trace = traced(saturated, 6)
    assert (jacobian_norms(trace).status[1:] == Status.UNDERFLOW).all()
    assert np.isnan(jacobian_norms(trace).spectral[1:]).all()
    assert temporal_jacobian(trace, 3, 1).status == Status.UNDERFLOW
    assert math.isnan(temporal_jacobian(trace, 3, 1).log10_frobenius)

    without_weights = stock("lstm", 3)
    with torch.no_grad():
        without_weights.weight_hh_l0.zero_()
    trace = traced(without_weights, 6)
    assert (jacobian_norms(trace).status[1:] == Status.EXACT_ZERO).all()
    assert (jacobian_norms(trace, block="state").status == Status.FINITE).all()


def test_what_overflowed_says_so():
    module = stock("rnn_relu", 3)
    with torch.no_grad():
        module.weight_hh_l0.fill_(math.inf)
        module.bias_ih_l0.fill_(9.0)
    norms = jacobian_norms(traced(module, 6), singular_values=True)
    assert (norms.status[1:] == Status.NON_FINITE).all()
    assert np.isnan(norms.spectral[1:]).all() and np.isnan(norms.frobenius[1:]).all()


def test_a_factor_that_is_singular_by_rounding_gives_no_number():
    """A rank of 2 hidden in weights that are not 0: the third value is rounding."""
    module = stock("rnn_tanh", 3)
    with torch.no_grad():
        module.weight_hh_l0[2] = module.weight_hh_l0[0] + module.weight_hh_l0[1]
    values = jacobian_norms(traced(module, 8), singular_values=True).singular_values
    assert np.isfinite(values[:, :2]).all()
    assert np.isnan(values[1:, 2]).all()


@pytest.mark.parametrize("cell", ["rnn_tanh", "lstm"])
def test_lanczos_finds_what_the_decomposition_finds(cell):
    """Where the largest singular values are close, far apart, and where one overtakes another."""
    norms = jacobian_norms(trace := traced(stock(cell, 40, gain=2.0), 50), block="state")
    for lag in (0, 1, 2, 10, 49):
        wanted = temporal_jacobian(trace, 49, 49 - lag).log10_spectral
        assert norms.spectral[lag] == pytest.approx(wanted, abs=1e-10)
    leading = _Leading(40)
    for large in (0, 1, 7):
        diagonal = np.diag(np.where(np.arange(40) == large, 1.0, 0.999))
        assert leading.singular_value(diagonal) == pytest.approx(1.0, abs=1e-10)
    only = np.diag(np.arange(40) == 0).astype(float)
    assert leading.singular_value(only) == pytest.approx(1.0, abs=1e-10)
    overtaken = only + np.diag(2.0 * (np.arange(40) == 7))
    assert leading.singular_value(overtaken) == pytest.approx(2.0, abs=1e-10)
    random = np.random.default_rng(0).normal(size=(40, 80))
    assert leading.singular_value(random) == pytest.approx(np.linalg.norm(random, 2), rel=1e-10)


def test_packed_sequences_end_where_they_end():
    x = torch.randn(5, 3, 4, dtype=torch.float64)
    module = stock("gru", 2, bidirectional=True)
    with torch.no_grad(), capture(module) as tape:
        module(pack_padded_sequence(x, torch.tensor([5, 4, 2])))
    with torch.no_grad(), capture(module) as alone:
        module(x[:4, 1:2])
    for name in ("l0", "l0_reverse"):
        packed, single = jacobian_norms(tape[name], batch=1), jacobian_norms(alone[name])
        close(packed.spectral, single.spectral)
        assert packed.t == single.t == (0 if "reverse" in name else 3)
    with pytest.raises(CoreError, match=r"`t` \(=4\) must be from 0 to 3"):
        jacobian_norms(tape["l0"], t=4, batch=1)
    with pytest.raises(CoreError, match=r"`batch` \(=3\) must be from 0 to 2"):
        jacobian_norms(tape["l0"], batch=3)
    with pytest.raises(CoreError, match=r"`lags` \(contains 4\) must be from 0 to 3"):
        jacobian_norms(tape["l0"], lags=[1, 4], batch=1)


def test_scaled_numbers():
    tiny = Scaled.of(torch.tensor([[3e-200, 0.0], [0.0, 1e-250]], dtype=torch.float64))
    assert 0.5 <= tiny.mantissa.abs().max() < 1
    square = tiny @ tiny
    assert square.log10_spectral == pytest.approx(math.log10(9) - 400)
    assert (square.to_tensor() == 0).all() and square.status == Status.FINITE
    subnormal = Scaled.of(torch.tensor([[5e-324]], dtype=torch.float64))
    assert (subnormal.mantissa.item(), subnormal.exponent) == (0.5, -1073)
    crossed = Scaled.of(torch.tensor([[1.0, 0.0]], dtype=torch.float64))
    down = Scaled.of(torch.tensor([[0.0], [1.0]], dtype=torch.float64))
    assert (crossed @ down).status == Status.UNDERFLOW
    zero = Scaled.of(torch.zeros(2, 1, dtype=torch.float64))
    assert (crossed @ zero).status == Status.EXACT_ZERO
    infinite = Scaled.of(torch.tensor([[math.inf]], dtype=torch.float64))
    assert infinite.status == Status.NON_FINITE and math.isnan(infinite.log10_spectral)
