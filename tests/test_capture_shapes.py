"""The shapes and types that LayerTrace declares are those it gives."""

import pytest
import torch
from beartype import beartype
from jaxtyping import jaxtyped
from torch import nn

from core import LayerTrace, capture

PROPERTIES = [name for name, value in vars(LayerTrace).items() if isinstance(value, property)]


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM, nn.GRUCell, nn.LSTMCell])
def test_every_attribute_has_the_declared_shape(kind):
    module = kind(3, 5)
    with capture(module) as tape:
        if isinstance(module, nn.RNNCellBase):
            state = None
            for x in torch.ones(7, 2, 3):
                state = module(x, state)
            (state[0] if isinstance(state, tuple) else state).sum().backward()
        else:
            module(torch.ones(7, 2, 3))[0].sum().backward()

    @jaxtyped(typechecker=beartype)
    def read_all(layer: LayerTrace) -> None:
        """All in one scope: `time`, `batch`, `unit` mean the same for every attribute."""
        for name in PROPERTIES:
            if not name.startswith("_"):
                jaxtyped(typechecker=beartype)(vars(LayerTrace)[name].fget)(layer)

    read_all(tape.layers[0])
    layer = tape.layers[0]
    assert layer.hidden.shape == (7, 2, 5)
    assert layer.grad_input.shape == (7, 2, 3)
    rows = {nn.RNN: 5, nn.GRU: 15, nn.LSTM: 20, nn.GRUCell: 15, nn.LSTMCell: 20}[kind]
    assert layer.grad_pre_activation.shape == (7, 2, rows)
    assert len(PROPERTIES) >= 20
