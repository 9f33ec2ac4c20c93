"""The calls of modules named in `also`: any output, kept with the gradient that reached it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.capture.arrivals import Arrival, Clock, watch


class Also(NamedTuple):
    """One call of a module named in `also`: its output, and the total gradient that reached it.

    Both have the structure of the module's output. The gradient is None until a backward pass has
    run, and zeros where one ran and nothing arrived.
    """

    output: Any
    gradient: Any


class AlsoCall:
    """What is kept of one call: a copy of the output, and a watch on every tensor in it."""

    def __init__(self, output: Any, clock: Clock) -> None:
        self._clock, self._stamp = clock, clock.tick()
        self._arrivals: list[Arrival] = []
        self._output = mapped(output, lambda tensor: tensor.detach().clone())
        self._watched = mapped(output, self._watch)

    def release(self) -> None:
        """Take all hooks off."""
        for arrival in self._arrivals:
            arrival.release()

    def pair(self) -> Also:
        """The output and what has arrived by now."""
        if self._clock.last_arrival < self._stamp:
            return Also(self._output, None)
        return Also(self._output, mapped(self._watched, _delivered, kind=_Watched))

    def _watch(self, tensor: Tensor) -> "_Watched":
        arrival = watch(tensor, self._clock)
        self._arrivals.append(arrival)
        return _Watched(arrival, torch.zeros_like(tensor, requires_grad=False))


class _Watched(NamedTuple):
    arrival: Arrival
    zero: Tensor


def _delivered(watched: _Watched) -> Tensor:
    return watched.zero if watched.arrival.total is None else watched.arrival.total


def mapped(value: Any, function: Callable[[Any], Any], kind: type = Tensor) -> Any:
    """Apply a function to every tensor (or `kind`) of a nested tuple, list or dict."""
    if isinstance(value, kind):
        return function(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(item, function, kind) for item in value))
    if isinstance(value, list | tuple):
        return type(value)(mapped(item, function, kind) for item in value)
    if isinstance(value, dict):
        return {key: mapped(item, function, kind) for key, item in value.items()}
    return value
