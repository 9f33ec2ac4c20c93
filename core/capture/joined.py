"""Several calls of one nn.RNN, nn.GRU or nn.LSTM that hand their state on, read as one sequence.

What a call did follows from its own input and the state it was given, so calls of the same length
are computed side by side, as a batch. Backwards autograd delivers what each call hands back at the
final state of the call before: the recursion runs over all steps, and takes it in between calls. In
a higher precision than the model ran in it is computed again, because what autograd delivered may
have underflowed (`delivered`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import accumulate, pairwise

import torch
from torch import Tensor

from core.capture.calls import RecurrentCall, side_by_side
from core.capture.cells import States, Weights
from core.capture.delivered import Delivered, Flow, Recurred, Spans, recur_delivered
from core.capture.layout import Layout
from core.capture.modules import Place, undisturbed
from core.capture.recursion import Adjoint, difference
from core.errors import CaptureError
from core.progress import checkpoint


@dataclass(frozen=True)
class _Group:
    """Calls that can be computed at once, and where their steps are in the whole sequence."""

    call: RecurrentCall
    at: Tensor


class JoinedCalls:
    """The calls of one sequence as a source of one trace of all their steps."""

    def __init__(self, name: str, calls: Sequence[RecurrentCall], links: Sequence[str]) -> None:
        """Check that the calls fit together; `links` says how each was handed its state.

        "tensor": as the call before returned it, "output": by way of its output, else "other".
        """
        self._calls, self._links, self.calls = calls, links, len(calls)
        self.cell, self.dtype = calls[0].cell, calls[0].dtype
        self.layout = Layout(batched=True, batch_first=False, lengths=_lengths(name, calls))
        ends = [0, *accumulate(call.size[0] for call in calls)]
        self._spans = [slice(*both) for both in pairwise(ends)]
        self._groups: list[_Group] = []
        self._states: dict[Place, States] = {}
        self._found: dict[Place, tuple[int, Recurred]] = {}

    def weights(self, place: Place) -> Weights:
        """The parameters at the first call."""
        return self._calls[0].weights(place)

    def mask(self, place: Place) -> Tensor | None:
        """What dropout multiplied h_t by on its way to the layer above."""
        parts = [call.mask(place) for call in self._calls]
        kept = next((part for part in parts if part is not None), None)
        if kept is None:
            return None
        return torch.cat([
            kept.new_ones(call.size[0], *kept.shape[1:]) if part is None else part
            for part, call in zip(parts, self._calls, strict=True)
        ])  # fmt: skip

    def initial(self, place: Place) -> tuple[Tensor, Tensor | None]:
        """The state that the first call was given."""
        return self._calls[0].initial(place)

    def forward(self, place: Place) -> States:
        """All states and gates, in the order that each call reads."""
        if place not in self._states:
            if not self._groups:
                with undisturbed(self.weights(place).weight_hh):
                    self._groups = self._grouped()
            parts = [group.call.forward(place) for group in self._groups]
            with undisturbed(parts[0].hidden):
                self._states[place] = self._after_each_other(parts)
        return self._states[place]

    def backward(self, place: Place) -> Adjoint:
        """All gradients."""
        return self._recurred(place).adjoint

    def direct(self, place: Place) -> Tensor:
        """The gradient through each step's own output, but for what went on as a state."""
        whole = self._direct(place)
        cut = self._recurred(place).cut
        handed_on = [k for k, link in enumerate(self._links) if link == "output"]
        if not handed_on or place.layer < self._calls[0].layers - 1:
            return whole
        whole, form = whole.clone(), self._form()
        for last in (self._spans[k].start - 1 for k in handed_on):
            whole[last] = difference(whole[last], *cut[last], form)
        return whole

    def grad_input(self, place: Place) -> Tensor:
        """dL/dx_t, in text order."""
        ways = [Place(place.layer, reverse) for reverse in self._calls[0].directions]
        parts = [self._read(self.grad_input_own(way), way.reverse) for way in ways]
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    def grad_input_own(self, place: Place) -> Tensor:
        """This direction's part of dL/dx_t, in the order that each call reads."""
        rows = self.backward(place).grad_projected
        with undisturbed(rows):
            parts = [rows[span].flatten(0, 1) @ w.weight_ih for span, w in self._weights(place)]
            return torch.cat(parts).unflatten(0, rows.shape[:2])

    def _recurred(self, place: Place) -> Recurred:
        for call in self._calls:
            call.require()
        moment, kept = self._calls[0].moment, self._found.get(place)
        if kept is None or kept[0] != moment:
            checkpoint()
            states = self.forward(place)
            own = self._read(self._direct(place), place.reverse)
            with undisturbed(states.hidden):
                found = recur_delivered(
                    self.cell, states, self._delivered(place, states), self._weights(place), own
                )
            kept = self._found[place] = moment, found
        return kept[1]

    def _direct(self, place: Place) -> Tensor:
        """What reaches h_t through the output of the module or the layer above, in text order."""
        first = self._calls[0]
        if place.layer == first.layers - 1:
            return first.half(torch.cat([call.at_output() for call in self._calls]), place)
        whole = first.half(self.grad_input(Place(place.layer + 1)), place)
        mask = self.mask(place)
        return whole if mask is None else whole * mask

    def _delivered(self, place: Place, states: States) -> Delivered:
        """What arrived at the final states of the calls, and which of it they handed back."""
        arrived = [torch.zeros_like(states.hidden)]
        if states.cell_state is not None:
            arrived.append(torch.zeros_like(states.cell_state))
        flows: list[Flow] = ["added"] * len(states.hidden)
        for k, (call, span) in enumerate(zip(self._calls, self._spans, strict=True)):
            goes_on = k + 1 < len(self._calls) and self._links[k + 1] == "tensor"
            again = goes_on and call.recorded != self.dtype
            flows[span.stop - 1] = "included" if again else "cut"
            for which, whole in enumerate(arrived):
                final = call.at_final(which, place)
                if final is not None:
                    whole[span] = call.layout.add_at_last_step(whole[span], final)
        cell = arrived[1] if len(arrived) == 2 else None
        return Delivered(arrived[0], cell, flows, flows, [False] * len(flows), self._form())

    def _form(self) -> torch.finfo:
        """The precision in which gradients were delivered, of several the lowest."""
        return max((torch.finfo(call.recorded) for call in self._calls), key=lambda form: form.eps)

    def _weights(self, place: Place) -> Spans:
        """The parameters of all steps."""
        found: Spans = []
        for k, (call, span) in enumerate(zip(self._calls, self._spans, strict=True)):
            if k and call.shares_weights(self._calls[k - 1]):
                before, w = found[-1]
                found[-1] = slice(before.start, span.stop), w
            else:
                found.append((span, call.weights(place)))
        return found

    def _read(self, values: Tensor, reverse: bool) -> Tensor:
        """Text order to the order that each call reads, and back."""
        if not reverse:
            return values
        spans = zip(self._calls, self._spans, strict=True)
        return torch.cat([call.layout.read(values[span], reverse) for call, span in spans])

    def _grouped(self) -> list[_Group]:
        """The calls that can be computed side by side."""
        alike: dict[object, list[int]] = {}
        for k, call in enumerate(self._calls):
            alone = call.layout.lengths is not None and k == len(self._calls) - 1
            alike.setdefault(k if alone else call.kind, []).append(k)
        groups = []
        for numbers in alike.values():
            calls = [self._calls[k] for k in numbers]
            starts = torch.tensor([self._spans[k].start for k in numbers], device="cpu")
            at = torch.arange(calls[0].size[0], device="cpu").unsqueeze(1) + starts
            one = calls[0] if len(calls) == 1 else side_by_side(calls)
            groups.append(_Group(one, at.flatten()))
        return groups

    def _after_each_other(self, parts: list[States]) -> States:
        """The states of the groups, put where their steps are."""
        steps, batch = self._spans[-1].stop, self._calls[0].size[1]
        found = {}
        for field in fields(States):
            values = [getattr(part, field.name) for part in parts]
            if values[0] is not None:
                whole = values[0].new_empty(steps, batch, *values[0].shape[2:])
                for group, value in zip(self._groups, values, strict=True):
                    apart = value.unflatten(1, (-1, batch)).flatten(0, 1)
                    whole[group.at.to(whole.device)] = apart
                found[field.name] = whole
        return States(**found)


def refuse_reverse(name: str, place: Place) -> None:
    """A direction that reads each call from its end has no order across calls."""
    if place.reverse:
        raise CaptureError(
            f"`{name}` reads each call from its end, so its calls do not follow each other in "
            "time: join the forward direction, or read the calls one by one."
        )


def _lengths(name: str, calls: Sequence[RecurrentCall]) -> Tensor | None:
    """The lengths of the whole sequences; only the last call may end before its last step."""
    batches = sorted({call.size[1] for call in calls})
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
    steps = [call.size[0] for call in calls]
    for call, count in zip(calls[:-1], steps[:-1], strict=True):
        if call.layout.lengths is not None and bool((call.layout.lengths != count).any()):
            raise CaptureError(
                f"`{name}` was called with packed sequences of different lengths before its last "
                "call, so their steps do not follow each other: read the calls one by one."
            )
    last = calls[-1].layout.lengths
    return None if last is None else last + sum(steps[:-1])
