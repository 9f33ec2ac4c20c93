"""Several calls of one nn.RNN, nn.GRU or nn.LSTM that hand their state on, read as one sequence.

Autograd delivers what each call hands back at the final state of the call before, so the gradients
of the calls are total already, and those of the sequence are theirs, one after the other. In a
higher precision than the model ran in, what is handed back is computed again from the last call to
the first, because what autograd delivered may have underflowed.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import TypeVar

import torch
from torch import Tensor

from core.capture.calls import Place, RecurrentCall, handed_back, undisturbed
from core.capture.cells import States, Weights
from core.capture.layout import Layout
from core.capture.recursion import Adjoint, difference
from core.errors import CaptureError

Whole = TypeVar("Whole", States, Adjoint)


class JoinedCalls:
    """The calls of one sequence as a source of one trace of all their steps."""

    def __init__(self, name: str, calls: list[RecurrentCall], links: list[str]) -> None:
        """Check that the calls fit together; `links` says how each was handed its state.

        "tensor": as the call before returned it, "output": by way of its output, else "other".
        """
        self._name, self._links = name, links
        self._recorded = calls
        self.cell = calls[0].cell
        self.layout = Layout(batched=True, batch_first=False, lengths=_lengths(name, calls))
        self._calls = [calls[-1]]
        for call, link in zip(calls[-2::-1], links[:0:-1], strict=True):
            again = link == "tensor" and call.replayed
            self._calls.insert(0, call.continued_by(self._calls[0]) if again else call)
        self._states: dict[Place, States] = {}
        self._found: dict[Place, tuple[list[Adjoint], Adjoint]] = {}

    def weights(self, place: Place) -> Weights:
        """The parameters at the first call."""
        return self._recorded[0].weights(place)

    def mask(self, place: Place) -> Tensor | None:
        """What dropout multiplied h_t by on its way to the layer above."""
        parts = [call.mask(place) for call in self._calls]
        kept = [part for part in parts if part is not None]
        if not kept:
            return None
        whole = [
            torch.ones_like(call.forward(place).hidden) if part is None else part
            for part, call in zip(parts, self._calls, strict=True)
        ]
        return torch.cat(whole)

    def initial(self, place: Place) -> tuple[Tensor, Tensor | None]:
        """The state that the first call was given."""
        return self._recorded[0].initial(place)

    def forward(self, place: Place) -> States:
        """All states and gates."""
        if place not in self._states:
            parts = [call.forward(place) for call in self._calls]
            with undisturbed(parts[0].hidden):
                self._states[place] = _after_each_other(parts, torch.cat)
        return self._states[place]

    def backward(self, place: Place) -> Adjoint:
        """All gradients."""
        # From the last to the first: each may ask the one after it.
        parts = [call.backward(place) for call in reversed(self._calls)][::-1]
        kept = self._found.get(place)
        if kept is None or any(a is not b for a, b in zip(kept[0], parts, strict=True)):
            with undisturbed(parts[0].grad_hidden):
                whole = _after_each_other(parts, torch.cat)
            kept = self._found[place] = parts, whole
        return kept[1]

    def direct(self, place: Place) -> Tensor:
        """The gradient through each step's own output, but for what went on as a state."""
        parts = [call.direct(place) for call in self._calls]
        top = place.layer == self._recorded[0].layers - 1
        for k, link in enumerate(self._links[1:]):
            if top and link == "output":
                back, scale = handed_back(self._calls[k + 1], place)[0]
                parts[k] = parts[k].clone()
                parts[k][-1] = difference(parts[k][-1], back, scale, torch.finfo(back.dtype))
        return torch.cat(parts)

    def grad_input(self, place: Place) -> Tensor:
        """dL/dx_t, in text order."""
        return torch.cat([call.grad_input(place) for call in self._calls])

    def grad_input_own(self, place: Place) -> Tensor:
        """This direction's part of dL/dx_t, in reading order."""
        return torch.cat([call.grad_input_own(place) for call in self._calls])


def refuse_reverse(name: str, place: Place) -> None:
    """A direction that reads each call from its end has no order across calls."""
    if place.reverse:
        raise CaptureError(
            f"`{name}` reads each call from its end, so its calls do not follow each other in "
            "time: join the forward direction, or read the calls one by one."
        )


def _lengths(name: str, calls: list[RecurrentCall]) -> Tensor | None:
    """The lengths of the whole sequences; only the last call may end before its last step."""
    batches = sorted({call.forward(Place()).hidden.shape[1] for call in calls})
    if len(batches) > 1:
        raise CaptureError(
            f"`{name}` was called with batches of {batches} sequences, and one trace needs one "
            "batch size: keep the batch the same, or read the calls one by one."
        )
    kinds = sorted({str(call.dtype) for call in calls})
    if len(kinds) > 1:
        raise CaptureError(
            f"`{name}` was called in several precisions ({', '.join(kinds)}), and one trace has "
            "one: name it, as in `capture(model, dtype=torch.float64)`."
        )
    steps = [call.forward(Place()).hidden.shape[0] for call in calls]
    for call, count in zip(calls[:-1], steps[:-1], strict=True):
        if call.layout.lengths is not None and bool((call.layout.lengths != count).any()):
            raise CaptureError(
                f"`{name}` was called with packed sequences of different lengths before its last "
                "call, so their steps do not follow each other: read the calls one by one."
            )
    last = calls[-1].layout.lengths
    return None if last is None else last + sum(steps[:-1])


def _after_each_other(parts: list[Whole], join: Callable[[list[Tensor]], Tensor]) -> Whole:
    """All tensors over time, joined; those of the initial state from the first part."""
    found = {}
    for field in fields(parts[0]):
        values = [getattr(part, field.name) for part in parts]
        first_only = field.name.startswith("grad_initial") or values[0] is None
        found[field.name] = values[0] if first_only else join(values)
    return type(parts[0])(**found)
