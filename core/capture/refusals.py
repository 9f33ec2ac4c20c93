"""What capture does not record, each refused with a sentence that says what to do."""

from typing import Any

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized
from torch.nn.utils.rnn import PackedSequence

from core.capture.dropout import drops_units
from core.capture.torch_internals import CELLS, SEQUENCES


def reason_to_refuse(name: str, module: nn.Module, given: Any) -> str | None:
    """Why a call of a recurrent module is not recorded; None if it is."""
    shown = name or type(module).__name__
    stock = next(kind for kind in SEQUENCES + CELLS if isinstance(module, kind))
    if "forward" in vars(module) or type(module).forward is not stock.forward:
        return (
            f"`{shown}` ({type(module).__name__}) has a forward of its own, so its equations are "
            f"not known: capture a module that is or uses a plain nn.{stock.__name__}."
        )
    device = (given.data if isinstance(given, PackedSequence) else given).device.type
    if torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device):
        return (
            f"`{shown}` ran under autocast, where the precision of each operation is not known "
            "from outside: run this part of the model without autocast."
        )
    if isinstance(module, CELLS) and is_parametrized(module):
        return (
            f"`{shown}` has parametrised weights, and reading them would compute them again: call "
            "torch.nn.utils.parametrize.remove_parametrizations on it before capturing it."
        )
    if drops_units(module) and device != "cpu":
        return (
            f"`{shown}` is training with `dropout` (={module.dropout}) between its layers on "
            f"{device}, and the dropped units can be recovered on the CPU only: call "
            "model.eval() first, set dropout=0, or run it on the CPU."
        )
    return None


def random_numbers_shared(name: str, module: nn.Module) -> str:
    """Why a call with dropout between its layers is not recorded although it ran on the CPU."""
    return (
        f"`{name or type(module).__name__}` drops units between its layers, and something else "
        "drew random numbers while it ran (a hook before it, another thread), so its masks are "
        "not known: call model.eval() first, set dropout=0, or let nothing else draw meanwhile."
    )
