"""The same few operations on NumPy arrays or torch tensors.

A loop over time steps is bound by the cost of a call: a NumPy call on a few hundred numbers takes
about a third of a PyTorch one. So on the CPU the loops of this package run on NumPy views of the
tensors' own memory, and elsewhere, unchanged, on the tensors. On a GPU starting the kernels of one
step takes longer than the CPU takes for a small step, so small loops leave the GPU (`loop_device`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Arithmetic:
    """Three operations with an `out` and one choice, on NumPy arrays or torch tensors alike."""

    dot: Callable[..., Any]
    mul: Callable[..., Any]
    add: Callable[..., Any]
    where: Callable[..., Any]
    native: Callable[[Tensor], Any]


_ON_CPU = Arithmetic(np.dot, np.multiply, np.add, np.where, lambda tensor: tensor.detach().numpy())
_ELSEWHERE = Arithmetic(torch.mm, torch.mul, torch.add, torch.where, lambda tensor: tensor.detach())


def arithmetic_for(tensor: Tensor) -> Arithmetic:
    """NumPy for tensors on the CPU, torch for all others."""
    return _ON_CPU if tensor.device.type == "cpu" else _ELSEWHERE


# Measured on an H200: five to ten kernels a step take 40 to 100 µs, whatever their size.
MOST_PRODUCTS_ON_CPU = 150_000


def loop_device(device: torch.device, products: int) -> torch.device:
    """Where a loop over time steps runs fastest.

    Args:
        device: where its tensors are.
        products: multiplications in one step.
    """
    return torch.device("cpu") if products <= MOST_PRODUCTS_ON_CPU else device


def cell_states(
    forget: Float[Tensor, "time batch unit"],
    fresh: Float[Tensor, "time batch unit"],
    initial: Float[Tensor, "batch unit"],
) -> Float[Tensor, "steps batch unit"]:
    """c_t = f_t ⊙ c_{t-1} + fresh_t for all steps; entry 0 is the initial state (T + 1 entries)."""
    home = fresh.device
    place = loop_device(home, initial.numel())
    forget, fresh, initial = forget.to(place), fresh.to(place), initial.to(place)
    on = arithmetic_for(fresh)
    c = torch.cat([initial.unsqueeze(0), torch.empty_like(fresh)])
    f, new, out = (list(on.native(tensor)) for tensor in (forget, fresh, c))
    # Overflow is an answer here (a state that blew up), so NumPy shall not warn about it.
    with np.errstate(all="ignore"):
        for t in range(len(f)):
            on.mul(f[t], out[t], out=out[t + 1])
            on.add(out[t + 1], new[t], out=out[t + 1])
    return c.to(home)
