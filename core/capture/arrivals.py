"""The gradients that autograd delivers at chosen tensors, and when they came."""

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class Clock:
    """Counts what happens inside one capture, so that before and after can be told apart."""

    now: int = 0
    last_arrival: int = -1

    def tick(self) -> int:
        """The next moment."""
        self.now += 1
        return self.now


@dataclass
class Arrival:
    """The sum of all gradients that reached one tensor while it was watched."""

    clock: Clock
    total: Tensor | None = None
    release: Callable[[], None] = field(default=lambda: None, repr=False)

    def add(self, gradient: Tensor | None) -> None:
        """Take in what one backward pass delivers; later passes add up, as in `.grad`."""
        if gradient is None:
            return
        self.clock.last_arrival = self.clock.tick()
        # A copy: autograd may hand the same memory on, and accumulate into it.
        self.total = gradient.clone() if self.total is None else self.total + gradient


def watch(tensor: Tensor, clock: Clock) -> Arrival:
    """Take in the gradient of `tensor` from now on, until `release` is called.

    The hook sits on the autograd node that made the tensor, not on the tensor: there it sees the
    gradient after the user's own tensor hooks have changed it, which is what autograd goes on
    with, and in-place changes of the tensor do not move it. A view of a whole tensor (squeezed or
    transposed, as recurrent modules return them) is watched at its base, because an in-place
    change would bypass the view's own node.
    """
    arrival = Arrival(clock)
    if not tensor.requires_grad:
        return arrival
    source, as_viewed = _source(tensor)

    def arrive(gradient: Tensor | None) -> None:
        arrival.add(None if gradient is None else as_viewed(gradient.detach()))

    if source.grad_fn is None:
        handle = source.register_hook(arrive)
    else:
        place = source.output_nr
        handle = source.grad_fn.register_prehook(lambda gradients: arrive(gradients[place]))
    arrival.release = handle.remove
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
