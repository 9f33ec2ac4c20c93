"""The same three in-place operations on NumPy arrays or torch tensors.

A loop over time steps is bound by the cost of a call: a NumPy call on a few hundred numbers takes
about a third of a PyTorch one. So on the CPU the loops of this package run on NumPy views of the
tensors' own memory, and elsewhere, unchanged, on the tensors.
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
    """Three operations with an `out`, on NumPy arrays or on torch tensors alike."""

    dot: Callable[..., Any]
    mul: Callable[..., Any]
    add: Callable[..., Any]
    native: Callable[[Tensor], Any]


_ON_CPU = Arithmetic(np.dot, np.multiply, np.add, lambda tensor: tensor.detach().numpy())
_ELSEWHERE = Arithmetic(torch.mm, torch.mul, torch.add, lambda tensor: tensor.detach())


def arithmetic_for(tensor: Tensor) -> Arithmetic:
    """NumPy for tensors on the CPU, torch for all others."""
    return _ON_CPU if tensor.device.type == "cpu" else _ELSEWHERE


def cell_states(
    forget: Float[Tensor, "time batch unit"],
    fresh: Float[Tensor, "time batch unit"],
    initial: Float[Tensor, "batch unit"],
) -> Float[Tensor, "steps batch unit"]:
    """c_t = f_t ⊙ c_{t-1} + fresh_t for all steps; entry 0 is the initial state (T + 1 entries)."""
    on = arithmetic_for(fresh)
    c = torch.cat([initial.unsqueeze(0), torch.empty_like(fresh)])
    f, new, out = (list(on.native(tensor)) for tensor in (forget, fresh, c))
    # Overflow is an answer here (a state that blew up), so NumPy shall not warn about it.
    with np.errstate(all="ignore"):
        for t in range(len(f)):
            on.mul(f[t], out[t], out=out[t + 1])
            on.add(out[t + 1], new[t], out=out[t + 1])
    return c
