"""One call of an `nn.RNN`, `nn.GRU` or `nn.LSTM`: what was seen, and what follows from it.

Seen by hooks: input, initial state, weights, the output of the top layer, and the gradients that
arrive at output and final state. Everything else follows in closed form, layer by layer, on first
reading: upwards for the states (`forward`), downwards for the gradients (`backward`), because what
reaches a lower layer's h_t is what the layer above hands to its input.
"""

import copy
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from core.capture.arrivals import ArrivalGroup, Clock, watch
from core.capture.cells import States, Weights
from core.capture.layout import Layout
from core.capture.modules import (
    Place,
    analysis_dtype,
    cell_of,
    places,
    states_given,
    undisturbed,
)
from core.capture.recursion import Adjoint, adjoint
from core.errors import CaptureError
from core.progress import checkpoint


class RecurrentCall:
    """One call of a stock recurrent module, from its forward hook."""

    def __init__(
        self,
        name: str,
        module: nn.RNNBase,
        given: Tensor | PackedSequence,
        state: Tensor | tuple[Tensor, Tensor] | None,
        result: tuple[Tensor | PackedSequence, Tensor | tuple[Tensor, Tensor]],
        *,
        weights: list[Weights],
        dtype: torch.dtype | None,
        clock: Clock,
        masks: list[Tensor] | None = None,
    ) -> None:
        """Copy what is needed; nothing of the module or of the user's tensors is kept.

        `masks` are what dropout multiplied the output of each layer but the highest by.
        """
        self.cell = cell_of(module)
        self.layout = Layout.of(given, module.batch_first)
        self.units = module.hidden_size
        self.output_size = module.proj_size or module.hidden_size
        self.layers = module.num_layers
        self.places = places(module)
        self.directions = (False, True) if module.bidirectional else (False,)
        self.dtype = analysis_dtype(dtype, weights[0].weight_hh.dtype)
        self._weights = weights
        self._masks = masks or []
        output, final = result
        data = output.data if isinstance(output, PackedSequence) else output
        finals = final if isinstance(final, tuple) else (final,)
        starts = states_given(state)
        source = given.data if isinstance(given, PackedSequence) else given
        self._input = source.detach().clone()
        self._output = data.detach().clone()
        self._starts = [start.detach().clone() for start in starts]
        self._clock = clock
        self._at_output = watch(data, clock, own_base=True)
        self._at_final = [watch(tensor, clock, own_base=True) for tensor in finals]
        self._arrivals = ArrivalGroup(name, [self._at_output, *self._at_final], clock)
        self._states: dict[Place, States] = {}
        self._adjoints: dict[Place, Adjoint] = {}
        self._computed_at = -1

    def release(self) -> None:
        """Take all hooks off."""
        self._arrivals.release()

    @property
    def kind(self) -> tuple[object, ...]:
        """What calls have in common that can be computed side by side."""
        return self.size[0], id(self._weights), self.recorded, bool(self._masks)

    def shares_weights(self, other: "RecurrentCall") -> bool:
        """Whether the parameters had not changed between two calls."""
        return self._weights is other._weights

    def weights(self, place: Place) -> Weights:
        """The parameters as they were when the call was made, in the dtype of the analysis."""
        return self._weights[self._index(place)].to(self.dtype)

    def give_gradient(self, gradient: Tensor) -> None:
        """Take a gradient of the output by hand, in the output's own layout (packed: its data)."""
        if gradient.shape != self._output.shape:
            raise CaptureError(
                f"`gradient` (of shape {tuple(gradient.shape)}) must have the shape of the "
                f"module's output, {tuple(self._output.shape)}."
            )
        self._arrivals.give(self._at_output, gradient)

    @property
    def recorded(self) -> torch.dtype:
        """The precision that the call ran in."""
        return self._output.dtype

    @property
    def moment(self) -> int:
        """When a gradient last arrived: what was read before is out of date."""
        return self._clock.last_arrival

    @property
    def size(self) -> tuple[int, int]:
        """Steps of the longest sequence, and sequences."""
        steps, batch = self.layout.sequence(self._input).shape[:2]
        return steps, batch

    def forward(self, place: Place) -> States:
        """All states and gates of one layer and direction, in reading order."""
        if place not in self._states:
            checkpoint()
            with undisturbed(self._input):
                self._states[place] = self._replay(place)
        return self._states[place]

    def initial(self, place: Place) -> tuple[Tensor, Tensor | None]:
        """The hidden and cell state before the first step read: (B, H) each."""
        steps = self._text(self._input)
        starts = [self.layout.state(s).to(self.dtype)[self._index(place)] for s in self._starts]
        hidden = starts[0] if starts else steps.new_zeros(steps.shape[1], self.output_size)
        if not self.cell.has_cell_state:
            return hidden, None
        return hidden, starts[1] if starts else steps.new_zeros(steps.shape[1], self.units)

    def backward(self, place: Place) -> Adjoint:
        """All gradients of one layer and direction, in reading order."""
        self.require()
        if self._computed_at != self.moment:
            self._adjoints.clear()
            self._computed_at = self.moment
        if place not in self._adjoints:
            checkpoint()
            with undisturbed(self._input):
                self._adjoints[place] = self._recur(place)
        return self._adjoints[place]

    def require(self) -> None:
        """Refuse to read gradients that are not known."""
        self._arrivals.require()

    def at_output(self) -> Float[Tensor, "time batch size"]:
        """What arrived at the output of the module, all directions, in text order."""
        arrived = self._at_output.total
        return self._text(torch.zeros_like(self._output) if arrived is None else arrived)

    def at_final(self, which: int, place: Place) -> Float[Tensor, "batch unit"] | None:
        """What arrived at the final hidden (0) or cell (1) state of a place, if anything."""
        arrived = self._at_final[which].total if which < len(self._at_final) else None
        if arrived is None:
            return None
        return self.layout.state(arrived).to(self.dtype)[self._index(place)]

    def direct(self, place: Place) -> Float[Tensor, "time batch unit"]:
        """The gradient that reaches h_t through its own output alone, in text order."""
        self.require()
        if place.layer == self.layers - 1:
            whole = self.at_output()
        else:
            whole = self.grad_input(Place(place.layer + 1, place.reverse))
            whole = self._dropped(whole, place.layer)
        return self.half(whole, place)

    def mask(self, place: Place) -> Float[Tensor, "time batch unit"] | None:
        """What dropout multiplied h_t by on its way to the layer above, in text order."""
        if place.layer >= len(self._masks):
            return None
        return self.half(self._text(self._masks[place.layer]), place)

    def grad_input(self, place: Place) -> Float[Tensor, "time batch input"]:
        """dL/dx_t of a layer, in text order: the sum over its directions, which share x_t."""
        ways = [Place(place.layer, reverse) for reverse in self.directions]
        parts = [self.layout.read(self.grad_input_own(way), way.reverse) for way in ways]
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    def grad_input_own(self, place: Place) -> Float[Tensor, "time batch input"]:
        """The part of dL/dx_t through one direction, in reading order."""
        rows = self.backward(place).grad_projected
        # One product of matrices: the rows of all steps keep their stride and are not copied.
        with undisturbed(rows):
            flat = torch.mm(rows.flatten(0, 1), self.weights(place).weight_ih)
        return flat.unflatten(0, rows.shape[:2])

    def half(self, values: Tensor, place: Place) -> Tensor:
        """The part of an output, or of its gradient, that belongs to a direction."""
        start = self.output_size if place.reverse else 0
        return values[..., start : start + self.output_size]

    def _replay(self, place: Place) -> States:
        x = self.layout.read(self._layer_input(place.layer), place.reverse)
        h0, c0 = self.initial(place)
        weights = self.weights(place)
        top = place.layer == self.layers - 1
        if top and self._output.dtype == self.dtype:
            own = self.half(self._text(self._output), place)
            hidden = self.layout.read(own, place.reverse).contiguous()
        else:
            hidden = self.layout.mask(self.cell.run(x, h0, c0, weights))
        before = torch.cat([h0.unsqueeze(0), hidden[:-1]])
        return self.cell.states(x, before, hidden, c0, weights)

    def _layer_input(self, layer: int) -> Tensor:
        if layer == 0:
            return self._text(self._input)
        below = [Place(layer - 1, reverse) for reverse in self.directions]
        hidden = [self.layout.read(self.forward(place).hidden, place.reverse) for place in below]
        whole = hidden[0] if len(hidden) == 1 else torch.cat(hidden, -1)
        return self._dropped(whole, layer - 1)

    def _dropped(self, values: Tensor, layer: int) -> Tensor:
        """Through the dropout after a layer, forwards and backwards alike; in text order."""
        return values * self._text(self._masks[layer]) if self._masks else values

    def _recur(self, place: Place) -> Adjoint:
        states, weights = self.forward(place), self.weights(place)
        arriving = self.layout.read(self.direct(place), place.reverse).contiguous()
        at_hidden, at_cell = self.at_final(0, place), self.at_final(1, place)
        if at_hidden is not None:
            arriving = self.layout.add_at_last_step(arriving, at_hidden)
        cell_arriving = None
        if at_cell is not None:
            none = arriving.new_zeros(*arriving.shape[:2], self.units)
            cell_arriving = self.layout.add_at_last_step(none, at_cell)
        return adjoint(
            self.cell, states, weights.weight_hh, arriving, cell_arriving, weights.weight_hr
        )

    def _text(self, values: Tensor) -> Tensor:
        return self.layout.sequence(values).to(self.dtype)

    def _index(self, place: Place) -> int:
        return place.layer * len(self.directions) + place.reverse


def side_by_side(calls: Sequence[RecurrentCall]) -> RecurrentCall:
    """Calls of the same number of steps and the same weights as one, each a part of its batch.

    What each of them did follows from its own input and initial state, so all of them can be
    computed at once. For its states alone: no gradient arrives at it.
    """
    first = calls[0]
    twin = copy.copy(first)
    twin.layout = Layout(batched=True, batch_first=False)
    twin._states, twin._adjoints = {}, {}
    twin._input = torch.cat([call.layout.sequence(call._input) for call in calls], 1)
    twin._output = torch.cat([call.layout.sequence(call._output) for call in calls], 1)
    twin._masks = [
        torch.cat([call.layout.sequence(call._masks[k]) for call in calls], 1)
        for k in range(len(first._masks))
    ]
    if any(call._starts for call in calls):
        given = [[call.layout.state(start) for start in call._starts] for call in calls]
        whole = next(starts for starts in given if starts)
        twin._starts = [
            torch.cat([starts[k] if starts else torch.zeros_like(whole[k]) for starts in given], 1)
            for k in range(len(whole))
        ]
    return twin
