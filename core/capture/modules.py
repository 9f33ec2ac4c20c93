"""What the stock recurrent modules are made of: places, parameters, equations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.capture.cells import Cell, Elman, Gru, Lstm, Weights


@dataclass(frozen=True)
class Place:
    """A layer (0 is the lowest) and direction inside a module."""

    layer: int = 0
    reverse: bool = False

    @property
    def suffix(self) -> str:
        """PyTorch's own suffix: l0, l0_reverse, l1 and so on."""
        return f"l{self.layer}{'_reverse' if self.reverse else ''}"


def cell_of(module: nn.RNNBase | nn.RNNCellBase) -> Cell:
    """The equations that a stock module runs."""
    match module:
        case nn.LSTM() | nn.LSTMCell():
            return Lstm()
        case nn.GRU() | nn.GRUCell():
            return Gru()
        case _:
            return Elman("rnn_tanh" if module.nonlinearity == "tanh" else "rnn_relu")


def states_given(state: object) -> tuple[Tensor, ...]:
    """The initial states as they were given: none, one, or a pair in any sequence."""
    if state is None:
        return ()
    return (state,) if isinstance(state, Tensor) else tuple(state)  # type: ignore[arg-type]


@contextmanager
def undisturbed(like: Tensor) -> Iterator[None]:
    """Compute without gradients, autocast or inference mode, whatever the reader has on."""
    with (
        torch.inference_mode(mode=False),
        torch.no_grad(),
        torch.autocast(like.device.type, enabled=False),
    ):
        yield


def places(module: nn.RNNBase) -> list[Place]:
    """Every layer and direction of a module, in the order data flows and PyTorch numbers them."""
    ways = (False, True) if module.bidirectional else (False,)
    return [Place(layer, reverse) for layer in range(module.num_layers) for reverse in ways]


def parameters(module: nn.RNNBase | nn.RNNCellBase) -> list[Weights]:
    """The tensors that the module's forward runs on, one entry for each of its `places`."""
    if isinstance(module, nn.RNNCellBase):
        return [Weights(module.weight_ih, module.weight_hh, module.bias_ih, module.bias_hh)]
    # forward runs on this list, which attributes of the same names may not be (parametrisations).
    used = dict(zip(module._flat_weights_names, module._flat_weights, strict=True))
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    return [
        Weights(*(used.get(f"{kind}_{place.suffix}") for kind in kinds))  # type: ignore[arg-type]
        for place in places(module)
    ]


def analysis_dtype(asked: torch.dtype | None, own: torch.dtype) -> torch.dtype:
    """What was asked for, else the module's own precision, half precisions as float32."""
    if asked is not None:
        return asked
    return own if own in (torch.float32, torch.float64) else torch.float32
