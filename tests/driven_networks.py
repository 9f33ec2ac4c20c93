"""Small networks driven by random input, and their Jacobians in high precision."""

import mpmath
import torch
from torch import nn

from core import capture
from core.capture import LayerTrace
from tests.oracles import one_step

CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")


def stock(cell: str, hidden: int, gain: float = 1.0, size: int = 4, **options) -> nn.RNNBase:
    """A stock float64 module whose weights are multiplied by `gain`."""
    kind = {"gru": nn.GRU, "lstm": nn.LSTM}.get(cell, nn.RNN)
    if kind is nn.RNN:
        options["nonlinearity"] = cell[4:]
    module = kind(size, hidden, **options).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(gain)
    return module


def traced(module: nn.RNNBase, steps: int, batch: int = 1, name: str = "l0") -> LayerTrace:
    """What happened when the module read random input."""
    with torch.no_grad(), capture(module) as tape:
        module(torch.randn(steps, batch, module.input_size, dtype=torch.float64))
    return tape[name]


def autograd_steps(trace: LayerTrace, module: nn.RNNBase, batch: int = 0) -> list[torch.Tensor]:
    """ds_t/ds_{t-1} of every step by autograd of PyTorch's documented equations.

    The state is (h, c) for an LSTM; steps are in reading order, one sequence without padding.
    """
    suffix = "_" + trace.name.rsplit(".", 1)[-1]
    weights = {name: p.detach() for name, p in module.named_parameters()}
    x, h, c = trace.input, trace.hidden_before, trace.cell_state
    order = range(len(x) - 1, -1, -1) if trace.reverse else range(len(x))
    before, found = trace.initial_cell, []
    for t in order:
        size = h.shape[-1]
        state = h[t, batch] if before is None else torch.cat([h[t, batch], before[batch]])

        def step(s, t=t, size=size, has_cell=before is not None):
            of_cell = s[size:] if has_cell else None
            record = one_step(trace.cell, x[t, batch], s[:size], of_cell, weights, suffix)
            parts = [record.hidden, record.cell_state]
            return torch.cat([part for part in parts if part is not None])

        found.append(torch.autograd.functional.jacobian(step, state))
        if c is not None:
            before = c[t]
    return found


def product_exactly(factors: list[torch.Tensor]) -> mpmath.matrix:
    """The last factor times the one before, and so on, in mpmath's working precision."""
    product = mpmath.eye(factors[0].shape[0])
    for factor in reversed(factors):
        product = product * mpmath.matrix(factor.tolist())
    return product


def log10_singular_values(matrix: mpmath.matrix) -> list[float]:
    """log10 of the singular values, the largest first, from the Gram matrix.

    The working precision must be more than twice their decades.
    """
    values = mpmath.eigsy(matrix * matrix.T, eigvals_only=True)
    return sorted((float(mpmath.log10(abs(v)) / 2) for v in values), reverse=True)
