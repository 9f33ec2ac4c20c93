"""Spectra of the recurrent blocks and Lyapunov exponents, against definitions and closed forms."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from core import CoreError, capture
from core.analysis.jacobians.lyapunov import lyapunov_exponents
from core.analysis.jacobians.spectrum import module_spectra, spectrum
from core.analysis.jacobians.step_jacobian import StepJacobians
from core.analysis.norms import Status
from tests.driven_networks import CELLS, stock, traced

close = torch.testing.assert_close

GATES = {
    "rnn_tanh": ["recurrent"],
    "rnn_relu": ["recurrent"],
    "gru": ["reset", "update", "new"],
    "lstm": ["input", "forget", "cell", "output"],
}


@pytest.mark.parametrize("cell", CELLS)
def test_each_block_has_its_own_spectrum(cell):
    module = stock(cell, 3)
    blocks = spectrum(traced(module, 2))
    assert [block.gate for block in blocks] == GATES[cell]
    for i, block in enumerate(blocks):
        weight = module.weight_hh_l0.detach()[3 * i : 3 * i + 3]
        modulus = block.eigenvalues.abs()
        assert block.radius == modulus.max() and (modulus.diff() <= 1e-15).all()
        for eigenvalue in block.eigenvalues:
            shifted = weight - eigenvalue * torch.eye(3)
            close(torch.linalg.det(shifted), torch.zeros((), dtype=shifted.dtype))
        close(block.eigenvalues.sum(), torch.trace(weight).to(torch.complex128))
        close(block.singular_values.square().sum(), weight.square().sum())
        assert block.sigma_max == pytest.approx(torch.linalg.matrix_norm(weight, 2).item())


def test_a_module_without_a_run():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.GRU(2, 3, num_layers=2, bidirectional=True)
            self.step = nn.LSTMCell(2, 3)
            self.head = nn.Linear(3, 2)

    model = Model()
    found = module_spectra(model)
    names = ["encoder.l0", "encoder.l0_reverse", "encoder.l1", "encoder.l1_reverse", "step"]
    assert list(found) == names
    assert [block.gate for block in found["step"]] == GATES["lstm"]
    wanted = torch.linalg.svdvals(model.encoder.weight_hh_l1_reverse.detach()[3:6].double())
    close(found["encoder.l1_reverse"][1].singular_values, wanted)
    with torch.no_grad(), capture(model.encoder) as tape:
        model.encoder(torch.zeros(2, 1, 2))
    close(spectrum(tape["l1_reverse"])[1].singular_values, wanted)
    assert list(module_spectra(nn.RNN(2, 3))) == ["l0"]
    assert module_spectra(nn.Linear(2, 3)) == {}
    with torch.no_grad():
        model.step.weight_hh[0, 0] = math.nan
    with pytest.raises(CoreError, match=r"`weight_hh` \(of 'step'\) must be finite"):
        module_spectra(model)


@pytest.mark.parametrize("cell", ["rnn_tanh", "gru", "lstm"])
def test_the_exponents_sum_to_the_mean_log_determinant(cell):
    trace = traced(stock(cell, 3, gain=2.0), 40, batch=2)
    steps = StepJacobians(trace, 1)
    logs = [np.linalg.slogdet(steps.matrix(step))[1] for step in range(40)]
    found = lyapunov_exponents(trace, batch=1)
    assert len(found.exponents) == steps.width
    assert found.exponents.sum() == pytest.approx(np.mean(logs), rel=1e-10)
    assert (np.diff(found.exponents) <= 0).all()
    assert found.steps == 40 and found.status == Status.FINITE


def test_the_leading_exponents_do_not_depend_on_how_many_are_asked_for():
    trace = traced(stock("lstm", 3, gain=2.0), 50)
    every, two = lyapunov_exponents(trace), lyapunov_exponents(trace, 2)
    assert len(two.exponents) == 2 and two.leading.shape == (50,)
    # The first direction is the same draw only by chance, and forgotten after 50 steps.
    close(two.exponents, every.exponents[:2], rtol=0.05, atol=0.05)
    close(two.factors, np.exp(two.exponents))


def test_a_constant_diagonal_network_has_its_rates():
    """Zero states, where tanh' is 1: the exponents are the logs of the eigenvalues."""
    rates = torch.tensor([0.3, 1.2, 0.9], dtype=torch.float64)
    module = nn.RNN(2, 3, bias=False).double()
    with torch.no_grad(), capture(module) as tape:
        module.weight_hh_l0.copy_(torch.diag(rates))
        module(torch.zeros(4000, 1, 2, dtype=torch.float64))
    found = lyapunov_exponents(tape["l0"])
    wanted = rates.log().sort(descending=True).values.numpy()
    # The start is forgotten as 1/T: what a direction grew while it turned.
    close(found.exponents, wanted, rtol=0, atol=2e-3)
    assert abs(found.exponents[0] - wanted[0]) <= 4 * found.moving
    assert found.moving < 1e-3
    close(found.leading[-1], found.exponents[0])


@pytest.mark.parametrize("rate", [1e-3, 0.9, 30.0])
def test_an_orthogonal_network_has_one_rate_at_any_length(rate):
    q = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64))[0]
    module = nn.RNN(2, 4, bias=False).double()
    with torch.no_grad(), capture(module) as tape:
        module.weight_hh_l0.copy_(rate * q)
        module(torch.zeros(300, 1, 2, dtype=torch.float64))
    found = lyapunov_exponents(tape["l0"])
    close(found.exponents, np.full(4, math.log(rate)), rtol=1e-9, atol=1e-11)
    assert found.moving < 1e-12


def test_lost_directions_and_overflow():
    module = stock("rnn_relu", 3)
    with torch.no_grad():
        module.bias_ih_l0.copy_(torch.tensor([-50.0, 50.0, 50.0]))
    exponents = lyapunov_exponents(traced(module, 6)).exponents
    assert np.isfinite(exponents[:2]).all() and exponents[2] == -math.inf

    module = stock("rnn_tanh", 3)
    with torch.no_grad():
        module.weight_hh_l0[2] = module.weight_hh_l0[0] + module.weight_hh_l0[1]
    exponents = lyapunov_exponents(traced(module, 6)).exponents
    assert np.isfinite(exponents[:2]).all() and math.isnan(exponents[2])

    with torch.no_grad():
        module.weight_hh_l0.fill_(math.inf)
    overflowed = lyapunov_exponents(traced(module, 6), 2)
    assert overflowed.status == Status.NON_FINITE and np.isnan(overflowed.exponents).all()
    with pytest.raises(CoreError, match=r"`count` \(=4\) must be from 1 to 3"):
        lyapunov_exponents(traced(module, 6), 4)
