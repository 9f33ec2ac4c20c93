"""Between PyTorch's many layouts and the one of the trace: (time, batch, unit), in text order.

`batch_first`, unbatched input and packed sequences are undone here; the order in which a direction
reads is made and unmade here too.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence


@dataclass(frozen=True)
class Layout:
    """How one call of a module lays out its sequences.

    Attributes:
        batched: whether input has a batch axis; without it the trace has B = 1.
        batch_first: whether the batch axis comes before the time axis.
        packed: batch sizes and the two permutations of a PackedSequence, else None.
        lengths: the length of each sequence when packed, else None.
    """

    batched: bool
    batch_first: bool
    packed: PackedSequence | None = None
    lengths: Int[Tensor, " batch"] | None = None

    @classmethod
    def of(cls, given: Tensor | PackedSequence, batch_first: bool) -> "Layout":
        """Read the layout off a module's input."""
        if isinstance(given, PackedSequence):
            # Only the bookkeeping is kept, on one column of data: the lengths come from it.
            frame = given._replace(data=given.data.detach()[:, :1].clone())
            return cls(True, False, frame, pad_packed_sequence(frame)[1])
        return cls(given.ndim == 3, batch_first)

    def sequence(self, values: Tensor) -> Float[Tensor, "time batch size"]:
        """Input, output or their gradient as the module lays it out (packed: the data)."""
        if self.packed is not None:
            return pad_packed_sequence(self.packed._replace(data=values))[0]
        if not self.batched:
            return values.unsqueeze(1)
        return values.transpose(0, 1) if self.batch_first else values

    def state(self, values: Tensor) -> Float[Tensor, "layers batch unit"]:
        """A hidden or cell state, or its gradient, as the module takes and gives it."""
        return values if self.batched else values.unsqueeze(1)

    def read(self, values: Tensor, reverse: bool) -> Tensor:
        """Text order to reading order, and back: the reverse direction reads from its end."""
        if not reverse:
            return values
        if self.lengths is None:
            return values.flip(0)
        steps = torch.arange(len(values), device="cpu").unsqueeze(1)
        from_end = torch.where(steps < self.lengths, self.lengths - 1 - steps, steps)
        index = from_end.to(values.device).view(*from_end.shape, *[1] * (values.ndim - 2))
        return values.gather(0, index.expand_as(values))

    def mask(self, values: Tensor) -> Tensor:
        """Set what lies beyond a packed sequence's end to zero, as pad_packed_sequence does."""
        if self.lengths is None:
            return values
        steps = torch.arange(len(values), device="cpu").unsqueeze(1)
        beyond = (steps >= self.lengths).to(values.device)
        return values.masked_fill(beyond.view(*beyond.shape, *[1] * (values.ndim - 2)), 0)

    def add_at_last_step(self, values: Tensor, final: Float[Tensor, "batch unit"]) -> Tensor:
        """Add something to the last step read of every sequence (reading order); a new tensor."""
        values = values.clone()
        if self.lengths is None:
            values[-1] += final
        else:
            values[self.lengths - 1, torch.arange(len(self.lengths), device="cpu")] += final
        return values
