"""What capture does not support, each refused with a sentence that says what to do."""

from typing import Any

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized
from torch.nn.utils.rnn import PackedSequence

from core.errors import CaptureError

SEQUENCES = (nn.RNN, nn.GRU, nn.LSTM)
CELLS = (nn.RNNCell, nn.GRUCell, nn.LSTMCell)


def refuse_unsupported(name: str, module: nn.Module) -> None:
    """Refuse projected states, and dropout between layers while training."""
    shown = name or type(module).__name__
    if not isinstance(module, nn.RNNBase):
        return
    if module.proj_size:
        raise CaptureError(
            f"`{shown}` has `proj_size` (={module.proj_size}): a projected hidden state is not "
            "supported; build the module with proj_size=0 and project with an nn.Linear after it."
        )
    if module.training and module.dropout > 0 and module.num_layers > 1:
        raise CaptureError(
            f"`{shown}` is training with `dropout` (={module.dropout}) between its layers, and "
            "which units were dropped cannot be known from outside: call model.eval() first, or "
            "set dropout=0."
        )


def refuse_foreign(name: str, module: nn.Module, given: Any) -> None:
    """Refuse what has unknown arithmetic: another forward, autocast, a parametrised cell."""
    shown = name or type(module).__name__
    stock = next(kind for kind in SEQUENCES + CELLS if isinstance(module, kind))
    if "forward" in vars(module) or type(module).forward is not stock.forward:
        raise CaptureError(
            f"`{shown}` ({type(module).__name__}) has a forward of its own, so its equations are "
            f"not known: capture a module that is or uses a plain nn.{stock.__name__}."
        )
    device = (given.data if isinstance(given, PackedSequence) else given).device.type
    if torch.is_autocast_enabled(device):
        raise CaptureError(
            f"`{shown}` ran under autocast, where the precision of each operation is not known "
            "from outside: capture without autocast."
        )
    if isinstance(module, CELLS) and is_parametrized(module):
        raise CaptureError(
            f"`{shown}` has parametrised weights, and reading them would compute them anew: call "
            "torch.nn.utils.parametrize.remove_parametrizations on it before capturing it."
        )
