"""Where the loop over time runs; what a GPU computes is checked by benchmarks/check_device.py."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from core import capture
from core.capture import arithmetic as arithmetic_module
from core.capture import delivered, recursion
from core.capture.arithmetic import MOST_PRODUCTS_ON_CPU, Arithmetic, loop_device

ELSEWHERE = Arithmetic(torch.mm, torch.mul, torch.add, torch.where, lambda tensor: tensor.detach())
GPU, CPU = torch.device("cuda", 0), torch.device("cpu")


def test_small_loops_leave_a_gpu_and_large_ones_stay():
    assert loop_device(GPU, MOST_PRODUCTS_ON_CPU) == CPU
    assert loop_device(GPU, MOST_PRODUCTS_ON_CPU + 1) == GPU
    assert loop_device(CPU, 1) == loop_device(CPU, 10**9) == CPU


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_the_loop_of_torch_and_that_of_numpy_give_the_same(kind, monkeypatch):
    """On the CPU the loops run on NumPy; here also on the tensors, as on a GPU."""
    module = kind(4, 2, dtype=torch.float64)
    x = torch.randn(5, 3, 4, dtype=torch.float64, requires_grad=True)
    found = []
    for arithmetic in (recursion.arithmetic_for, lambda tensor: ELSEWHERE):
        for module_of_loops in (recursion, arithmetic_module, delivered):
            monkeypatch.setattr(module_of_loops, "arithmetic_for", arithmetic)
        module.zero_grad()
        with capture(module) as tape:
            module(x)[0].sin().sum().backward()
        layer = tape["l0"]
        cells = (layer.cell_state, layer.grad_cell_state) if kind is nn.LSTM else ()
        found.append((layer.grad_hidden, layer.grad_pre_activation, layer.grad_weight_hh, *cells))
    assert_close(found[0], found[1])
    assert_close(found[1][2], module.weight_hh_l0.grad)


@pytest.mark.parametrize("kind", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
def test_so_do_the_loops_through_what_autograd_delivered(kind, monkeypatch):
    cell, x, found = kind(4, 2), torch.randn(7, 3, 4), []
    for arithmetic in (delivered.arithmetic_for, lambda tensor: ELSEWHERE):
        monkeypatch.setattr(delivered, "arithmetic_for", arithmetic)
        state, total = None, 0.0
        with capture(cell, dtype=torch.float64) as tape:
            for k, step in enumerate(x):
                state = cell(step, state)
                hidden = state[0] if kind is nn.LSTMCell else state
                total = total + (k % 3 == 0) * hidden.sin().sum()
            total.backward()
        layer = tape["l0"]
        cells = (layer.grad_cell_state, layer.grad_initial_cell) if kind is nn.LSTMCell else ()
        found.append(
            (layer.grad_hidden, layer.grad_hidden_direct, layer.grad_initial_hidden, *cells)
        )
    assert_close(found[0], found[1])
    assert found[0][1][[0, 3, 6]].all() and not found[0][1][[1, 2, 4, 5]].any()
