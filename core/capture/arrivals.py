"""The gradients that autograd delivers at chosen tensors, when they came, and what they miss."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.autograd.graph import Node

from core.capture.torch_internals import (
    backward_pass,
    inside_reentrant_checkpoint,
    will_execute,
)
from core.errors import CaptureError


@dataclass
class Clock:
    """Counts what happens inside one capture, so that before and after can be told apart.

    It also finds out what a backward pass leaves out. `torch.autograd.grad` and
    `backward(inputs=…)` go only where their inputs need it; a call that such a pass could have
    reached, and did not, has a gradient that is unknown and not zero.
    """

    now: int = 0
    last_arrival: int = -1
    passes: int = 0
    groups: list["ArrivalGroup"] = field(default_factory=list)
    _pass: int = -1
    _left_out: dict[Node, list["ArrivalGroup"]] = field(default_factory=dict)
    _seen: set[Node] = field(default_factory=set)

    def tick(self) -> int:
        """The next moment."""
        self.now += 1
        return self.now

    def arrive(self, node: Node | None) -> None:
        """A gradient came to a tensor that this node made."""
        self.last_arrival = self.tick()
        current = backward_pass()
        if current != self._pass:
            self._pass, self._seen = current, set()
            self.passes += 1
            # The node that starts a pass is not listed among those that will run; it is this one.
            self._left_out = {}
            for group in self.groups:
                if node not in group.nodes() and not group.will_execute():
                    for own in group.nodes():
                        self._left_out.setdefault(own, []).append(group)
        if self._left_out and node is not None:
            self._walk(node)

    def close(self) -> None:
        """Let go of the graph: the tape outlives it."""
        self.groups, self._left_out, self._seen = [], {}, set()

    def _walk(self, start: Node) -> None:
        """Visit every node that lies further back than this one, each once a pass.

        What was left out and lies there was skipped.
        """
        ahead = [start]
        while ahead:
            node = ahead.pop()
            if node not in self._seen:
                self._seen.add(node)
                for group in self._left_out.get(node, ()):
                    group.skipped = True
                ahead.extend(before for before, _ in node.next_functions if before is not None)


@dataclass
class Arrival:
    """The sum of all gradients that reached one tensor while it was watched."""

    clock: Clock
    trainable: bool
    total: Tensor | None = None
    node: Node | None = field(default=None, repr=False)
    spoiled: bool = False
    _remove: Callable[[], None] = field(default=lambda: None, repr=False)
    _differentiable_in: int = 0

    def add(self, gradient: Tensor | None) -> None:
        """Take in what one backward pass delivers; later passes add up, as in `.grad`."""
        if gradient is None:
            return
        self.clock.arrive(self.node)
        if self._differentiable_in not in (0, self.clock.passes):
            self.spoiled = True
        if torch.is_grad_enabled():  # only under create_graph=True
            self._differentiable_in = self.clock.passes
        # A copy: autograd may hand the same memory on, and accumulate into it.
        self.total = gradient.clone() if self.total is None else self.total + gradient

    def release(self) -> None:
        """Take the hook off and let go of the graph."""
        self._remove()
        self.node = None


@dataclass
class ArrivalGroup:
    """The watched tensors that one call gave: they lead to the same parameters.

    Attributes:
        name: for messages.
        since: when the call was made.
        arrivals: one for each tensor.
        skipped: whether a backward pass for chosen inputs only went past it, see `Clock`.
        given: whether the gradient was given by hand, which needs no backward pass.
        checkpointed: whether the call was made inside a reentrant checkpoint, without gradients.
    """

    name: str
    arrivals: list[Arrival]
    clock: Clock
    since: int = 0
    skipped: bool = False
    given: bool = False
    checkpointed: bool = False

    def __post_init__(self) -> None:
        """Take part in every backward pass from now on."""
        self.since = self.clock.tick()
        self.checkpointed = not self.trainable and inside_reentrant_checkpoint()
        self.clock.groups.append(self)

    def nodes(self) -> list[Node]:
        """The nodes that made the watched tensors."""
        return [arrival.node for arrival in self.arrivals if arrival.node is not None]

    def will_execute(self) -> bool:
        """Whether the backward pass that is running comes by (or could never be told)."""
        nodes = self.nodes()
        return not nodes or any(will_execute(node) for node in nodes)

    @property
    def trainable(self) -> bool:
        """Whether any gradient can arrive at all."""
        return any(arrival.trainable for arrival in self.arrivals)

    def give(self, arrival: Arrival, gradient: Tensor) -> None:
        """Take this as the gradient of one tensor, in place of all that arrived or was given."""
        for each in self.arrivals:
            each.total = gradient.detach().clone() if each is arrival else None
        self.given = True
        self.clock.last_arrival = self.clock.tick()

    def release(self) -> None:
        """Take all hooks off."""
        for arrival in self.arrivals:
            arrival.release()

    def require(self) -> None:
        """Refuse to read a gradient that is not known.

        Raises:
            CaptureError: with the reason and what to do.
        """
        if self.given:
            return
        if not self.trainable and self.checkpointed:
            raise CaptureError(
                f"`{self.name}` ran inside torch.utils.checkpoint with use_reentrant=True, where "
                "nothing requires a gradient: it runs a second time in the backward pass, which "
                "is not recorded. Set use_reentrant=False."
            )
        if not self.trainable:
            raise CaptureError(
                f"`{self.name}` ran where nothing requires a gradient (under no_grad, or with its "
                "parameters and its input frozen), so there is none to read: run the model with "
                "gradients enabled and something that requires one."
            )
        if self.clock.last_arrival < self.since:
            raise CaptureError(
                f"No gradient has arrived since `{self.name}` ran: call `loss.backward()` inside "
                "the `with capture(...)` block, on a loss that depends on its output, before "
                "reading a gradient."
            )
        if self.skipped:
            raise CaptureError(
                f"A backward pass for chosen inputs only went past `{self.name}`, so its gradient "
                "is not known: call `loss.backward()`, or name this layer's parameters too."
            )
        if any(arrival.spoiled for arrival in self.arrivals):
            raise CaptureError(
                f"A second backward pass went through the gradients of `{self.name}` "
                "(create_graph=True), and second-order gradients are not recorded: capture the "
                "two passes one at a time."
            )


def watch(tensor: Tensor, clock: Clock, *, own_base: bool = False) -> Arrival:
    """Take in the gradient of `tensor` from now on, until `release` is called.

    The hook sits on the autograd node that made the tensor, not on the tensor: there it sees the
    gradient after the user's own tensor hooks have changed it, which is what autograd goes on
    with, and in-place changes of the tensor do not move it.

    Args:
        tensor: what a module returned.
        clock: of the capture.
        own_base: whether a base that the tensor is a whole view of (squeezed, transposed) is the
            module's own and nobody else's, as with stock recurrent modules. It is then watched at
            its base, because an in-place change of the view would bypass the view's node.
    """
    arrival = Arrival(clock, tensor.requires_grad)
    if not tensor.requires_grad:
        return arrival
    source, as_viewed = _source(tensor) if own_base else (tensor, lambda gradient: gradient)

    def arrive(gradient: Tensor | None) -> None:
        arrival.add(None if gradient is None else as_viewed(gradient.detach()))

    if source.grad_fn is None:
        handle = source.register_hook(arrive)
    else:
        place = source.output_nr
        arrival.node = source.grad_fn
        handle = source.grad_fn.register_prehook(lambda gradients: arrive(gradients[place]))
    arrival._remove = handle.remove
    return arrival


def _source(tensor: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """The tensor to watch, and how its gradient becomes that of `tensor`."""
    base = tensor._base if tensor._is_view() else None
    whole = base is not None and base.numel() == tensor.numel() and base.dtype == tensor.dtype
    if base is None or not whole or 0 in base.stride():
        return tensor, lambda gradient: gradient
    offset = tensor.storage_offset() - base.storage_offset()
    view, memory = (tensor.shape, tensor.stride(), offset), (base.shape, base.stride())

    def as_viewed(gradient: Tensor) -> Tensor:
        return gradient.new_empty_strided(*memory).copy_(gradient).as_strided(*view)

    return base, as_viewed
