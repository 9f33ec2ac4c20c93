"""Which calls of one module belong to one sequence: each goes on from the state of the one before.

A call continues the sequence whose last state its own state derives from. That is seen, in this
order, by

1. the tensor: it is what the last call returned, or shares its memory (a view, `detach()`, a slice
   of the batch), changed in place or not;
2. the graph: the last state lies behind it in autograd's graph, with no other state of the module
   between (masks, layer norm, dropout, a projection, `clone()`). Of several last states the nearest
   counts; if two are equally near, the call mixes sequences and starts one of its own;
3. the numbers: it holds what the last state holds, entry by entry, but for entries set to 0 (the
   last output instead of the final state, `detach().clone()`, a buffer, a mask without gradients).

Anything else starts a sequence: no state, zeros, a learnt or encoded one, a state from further back
that another call has gone on from already. So does a state that was changed beyond 3. where no
gradients are recorded: nothing is left to tell where it came from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import Node

MOST_COMPARED = 32
"""sequences whose last states are compared by their numbers, the latest first"""


class Continued(NamedTuple):
    """The sequence that a call continues, and what showed it."""

    sequence: int
    by: Literal["tensor", "graph", "numbers"]


@dataclass
class Chains:
    """The sequences of one module so far, by their last states.

    The tensors are held, so that no other takes their memory, until `close`.
    """

    _ends: list[Sequence[Tensor]] = field(default_factory=list)
    _by_identity: dict[int, int] = field(default_factory=dict)
    _by_memory: dict[int, int] = field(default_factory=dict)
    _nodes: dict[Node, tuple[int, int]] = field(default_factory=dict)
    _calls: list[int] = field(default_factory=list)

    def continued(self, starts: Sequence[Tensor]) -> Continued | None:
        """The sequence that a call with these initial states continues, None for a new one."""
        if not self._ends:
            return None
        found = [each for start in starts if (each := self._sequence_of(start)) is not None]
        return found[0] if len({each.sequence for each in found}) == 1 else None

    def add(self, sequence: int | None, ends: Sequence[Tensor]) -> int:
        """Note a call's final states; gives the number of its sequence."""
        if sequence is None:
            sequence = len(self._ends)
            self._ends.append(())
            self._calls.append(0)
        self._forget(sequence)
        self._calls[sequence] += 1
        self._ends[sequence] = tuple(ends)
        for end in ends:
            self._by_identity[id(end)] = sequence
            if memory := _memory(end):
                self._by_memory[memory] = sequence
            if end.grad_fn is not None:
                self._nodes[end.grad_fn] = sequence, self._calls[sequence]
        return sequence

    def interrupt(self) -> None:
        """A call was not recorded: what comes after it continues nothing."""
        for sequence in range(len(self._ends)):
            self._forget(sequence)
            self._calls[sequence] += 1

    def close(self) -> None:
        """Let go of all tensors and of the graph."""
        self._ends, self._by_identity, self._by_memory, self._nodes = [], {}, {}, {}

    def _forget(self, sequence: int) -> None:
        for end in self._ends[sequence]:
            self._by_identity.pop(id(end), None)
            self._by_memory.pop(_memory(end), None)
        self._ends[sequence] = ()

    def _sequence_of(self, start: Tensor) -> Continued | None:
        found = self._by_identity.get(id(start))
        if found is None:
            found = self._by_memory.get(_memory(start))
        if found is not None:
            return Continued(found, "tensor")
        if start.grad_fn is not None:
            reached = self._by_graph(start.grad_fn)
            if reached:
                return Continued(reached.pop(), "graph") if len(reached) == 1 else None
        found = self._by_numbers(start)
        return None if found is None else Continued(found, "numbers")

    def _by_graph(self, start: Node) -> set[int]:
        """Level by level backwards from a state: the nearest last states of the module."""
        level, seen, reached = [start], {start}, set()
        while level and not reached:
            further = []
            for node in level:
                if node in self._nodes:
                    sequence, call = self._nodes[node]
                    if call == self._calls[sequence]:
                        reached.add(sequence)
                    continue
                for before, _ in node.next_functions:
                    if before is not None and before not in seen:
                        seen.add(before)
                        further.append(before)
            level = further
        return reached

    def _by_numbers(self, start: Tensor) -> int | None:
        if not self._ends:
            return None
        kept = start.detach()
        nonzero = kept != 0
        if not bool(nonzero.any()):
            return None
        for sequence in list(reversed(range(len(self._ends))))[:MOST_COMPARED]:
            for end in self._ends[sequence]:
                alike = end.shape == kept.shape and end.dtype == kept.dtype
                if alike and torch.equal(kept, torch.where(nonzero, end.detach(), kept)):
                    return sequence
        return None


def _memory(tensor: Tensor) -> int:
    """Where a tensor's memory begins; 0 if it has none."""
    return tensor.untyped_storage().data_ptr()
