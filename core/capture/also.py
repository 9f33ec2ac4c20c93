"""The calls of modules named in `also`: any output, kept with the gradient that reached it."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence
from torch.utils import _pytree as pytree

from core.capture.arrivals import Arrival, ArrivalGroup, Clock, watch
from core.errors import CaptureError


class Also(NamedTuple):
    """One call of a module named in `also`: its output, and the total gradient that reached it.

    Both have the structure of the module's output (tensors, and tuples, lists and dicts of them;
    anything else in it is None). A gradient is None until a backward pass has run, and where the
    tensor requires none; it is zero where a pass ran and nothing arrived.
    """

    output: Any
    gradient: Any


class AlsoCall:
    """What is kept of one call: a copy of the output, and a watch on every tensor in it."""

    def __init__(self, name: str, output: Any, clock: Clock) -> None:
        leaves, self._structure = pytree.tree_flatten(output, is_leaf=_is_packed)
        self._clock = clock
        self._kept = [_with_tensor(leaf, lambda tensor: tensor.detach().clone()) for leaf in leaves]
        self._arrivals = [
            watch(leaf.data, clock)
            if isinstance(leaf, PackedSequence)
            else watch(leaf, clock)
            if isinstance(leaf, Tensor)
            else None
            for leaf in leaves
        ]
        watched = [arrival for arrival in self._arrivals if arrival is not None]
        self._group = ArrivalGroup(name, watched, clock)

    def release(self) -> None:
        """Take all hooks off."""
        self._group.release()

    def pair(self) -> Also:
        """The output and what has arrived by now."""
        output = pytree.tree_unflatten(self._kept, self._structure)
        try:
            self._group.require()
        except CaptureError:
            return Also(output, None)
        gradients = [
            _with_tensor(kept, partial(_delivered, arrival))
            if arrival is not None and arrival.trainable
            else None
            for kept, arrival in zip(self._kept, self._arrivals, strict=True)
        ]
        return Also(output, pytree.tree_unflatten(gradients, self._structure))


def _is_packed(value: object) -> bool:
    return isinstance(value, PackedSequence)


def _with_tensor(leaf: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """Apply a function to a tensor or to a packed sequence's data; anything else becomes None."""
    if isinstance(leaf, PackedSequence):
        return leaf._replace(data=function(leaf.data))
    return function(leaf) if isinstance(leaf, Tensor) else None


def _delivered(arrival: Arrival, kept: Tensor) -> Tensor:
    return torch.zeros_like(kept) if arrival.total is None else arrival.total.clone()
