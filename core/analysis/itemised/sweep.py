"""All losses backwards through all layers: which order, which rows, how much memory.

In a network that only reads forward, loss t has no say beyond step t, so at step s the losses
t >= s are under way, and one sweep from the last step to the first takes all layers along. In a
bidirectional one a loss reaches, through the layer above, every step of the layer below: there
each layer is finished before the one below begins, for as many losses at a time as fit in memory.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.itemised.rows import (
    NEVER,
    Array,
    Exponents,
    Statuses,
    add_rows,
    log2_norms,
)
from core.analysis.itemised.step import Backward
from core.analysis.norms import Status
from core.capture import Recurrence
from core.progress import checkpoint

WORKSPACE = 64 * 2**20
"""bytes that the rows of the losses under way may take, whatever the length of the text"""

Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Level:
    """The directions of one layer, each with what went through it; False reads forward."""

    ways: dict[bool, Recurrence]

    def weights_in(self, norms_only: bool, table: Tensor | None) -> dict[bool, Tensor]:
        """W_ih of each direction, or something smaller that gives the same norms of W_ihᵀ da.

        With W_ihᵀ = Q R and Q orthonormal, ‖W_ihᵀ da‖ = ‖R da‖; one Q for all directions, whose
        gradients are added. `table` is the embedding that W_ih reads, to go on to tokens.
        """
        every = torch.cat([way.weights.weight_ih for way in self.ways.values()])
        if table is not None:
            every = every @ table.to(every).T
        if norms_only and every.shape[1] > every.shape[0]:
            every = torch.linalg.qr(every.T, mode="r")[1].T.contiguous()
        return dict(zip(self.ways, every.chunk(len(self.ways)), strict=True))


@dataclass(frozen=True, eq=False)
class Matrix:
    """Log10 norms and statuses while they are filled: [step, loss]."""

    log10: Array
    status: Statuses

    @classmethod
    def empty(cls, steps: int) -> "Matrix":
        """Nothing reaches anything."""
        shape = (steps, steps)
        return cls(np.full(shape, np.nan), np.full(shape, Status.EXACT_ZERO, np.uint8))

    def put(self, step: int, losses: slice, log2: Array, status: Statuses | None) -> None:
        """One step's norms for a run of losses."""
        log10 = log2 * math.log10(2)
        if status is not None:
            log10[status != Status.FINITE] = np.nan
        self.log10[step, losses] = log10
        self.status[step, losses] = Status.FINITE if status is None else status


@dataclass(frozen=True, eq=False)
class Problem:
    """What to compute.

    Attributes:
        levels: the layers from the top down to the one asked for.
        reverse: which of its directions is asked for.
        sequence: which sequence of the batch.
        arriving: the gradient of each loss at the top layer's output at its own step, the
            directions side by side: (T, ways·H).
        table: the embedding below the last level if tokens are to be reached, else None.
    """

    levels: tuple[Level, ...]
    reverse: bool
    sequence: int
    arriving: Float[Tensor, "time output"]
    table: Float[Tensor, "vocabulary input"] | None

    @property
    def steps(self) -> int:
        """T, the number of steps and of losses."""
        return len(self.arriving)

    @cached_property
    def weights_in(self) -> tuple[dict[bool, Tensor], ...]:
        """What turns da into dL/dx for each level, of the last one in norm only."""
        return tuple(
            level.weights_in(
                level is self.levels[-1], self.table if level is self.levels[-1] else None
            )
            for level in self.levels
        )

    @property
    def forward_only(self) -> bool:
        """Whether no layer reads from the end."""
        return all(set(level.ways) == {False} for level in self.levels)


def sweep(problem: Problem, tick: Tick) -> tuple[Matrix, Matrix]:
    """Norms of dL_t/dh_s and dL_t/dx_s of the layer asked for.

    Args:
        problem: what to compute.
        tick: called with (done, total) as the work goes on; what it raises ends it.

    Returns:
        Both as [s, t], of the hidden state and of the layer's input.
    """
    hidden, inputs = Matrix.empty(problem.steps), Matrix.empty(problem.steps)
    parts = _parts(problem)
    # The work is counted in (step, loss) pairs that are under way.
    works = [_work(problem, part) for part in parts]
    done, total = 0, sum(works)
    one = _forward if problem.forward_only else _bidirectional
    tick(0, total)
    for part, work in zip(parts, works, strict=True):
        before = done
        for pairs in one(problem, part, hidden, inputs):
            done += pairs
            tick(done, total)
        assert done - before == work
    return hidden, inputs


def _parts(problem: Problem) -> list[slice]:
    """The losses in runs whose rows fit in the workspace."""
    per_loss, widest = 0, 0
    for level, weights in zip(problem.levels, problem.weights_in, strict=True):
        for way, weight in weights.items():
            per_loss += 4 * level.ways[way].weights.weight_hh.shape[1] + weight.shape[1]
            widest = max(widest, weight.shape[1])
    if not problem.forward_only:
        # What one layer hands to the next is kept for all steps, above and below.
        per_loss += 2 * problem.steps * widest
    run = max(1, WORKSPACE // (per_loss * problem.arriving.element_size()))
    count = -(-problem.steps // run)
    edges = [problem.steps * i // count for i in range(count + 1)]
    return [slice(low, high) for low, high in pairwise(edges)]


def _work(problem: Problem, part: slice) -> int:
    """How many pairs of a step and a loss one run of losses goes through."""
    if problem.forward_only:
        return sum(t + 1 for t in range(part.start, part.stop))
    ways = len(problem.levels[0].ways)
    return len(problem.levels) * ways * problem.steps * (part.stop - part.start)


def _forward(problem: Problem, part: slice, hidden: Matrix, inputs: Matrix) -> Iterator[int]:
    losses = part.stop - part.start
    backwards, outs = [], []
    for level, weights in zip(problem.levels, problem.weights_in, strict=True):
        weight = weights[False]
        backwards.append(
            Backward(level.ways[False], problem.sequence, problem.steps, weight, losses)
        )
        outs.append(weight.new_empty(losses, weight.shape[1]))
    for step in reversed(range(part.stop)):
        active = slice(max(step - part.start, 0), losses)
        if step >= part.start:
            own = slice(active.start, active.start + 1)
            backwards[0].arrive(own, problem.arriving[step : step + 1], np.zeros(1, np.int64))
        shown = slice(part.start + active.start, part.stop)
        log2, status = backwards[0].measure(step, active)
        x = backwards[0].to_input(step, active, outs[0])
        for (above, below), out in zip(pairwise(backwards), outs[1:], strict=True):
            checkpoint()
            below.arrive(active, x, above.exponents[active])
            below.faded[active] |= above.faded[active]
            log2, status = below.measure(step, active)
            x = below.to_input(step, active, out)
        hidden.put(step, shown, log2, status)
        log2, status = log2_norms(x)
        last = backwards[-1]
        inputs.put(step, shown, *last.marked(active, log2 + last.exponents[active], status))
        for backward in backwards:
            backward.leave(step, active)
        yield losses - active.start


@dataclass(frozen=True, eq=False)
class _Handed:
    """What a layer hands to the one below for a run of losses: (T, n, D) with exponents (T, n)."""

    values: Tensor
    exponents: Exponents
    faded: np.ndarray


def _bidirectional(problem: Problem, part: slice, hidden: Matrix, inputs: Matrix) -> Iterator[int]:
    steps, losses = problem.steps, part.stop - part.start
    above: _Handed | None = None
    for level, weights in zip(problem.levels, problem.weights_in, strict=True):
        last = level is problem.levels[-1]
        width = next(iter(weights.values())).shape[1]
        values = problem.arriving.new_zeros(steps, losses, width)
        marks = np.full((steps, losses), NEVER)
        handed = _Handed(values, marks, np.zeros((steps, losses), bool))
        for place, (reverse, way) in enumerate(level.ways.items()):
            backward = Backward(way, problem.sequence, steps, weights[reverse], losses)
            seen = hidden if last and reverse == problem.reverse else None
            size = way.weights.weight_hh.shape[1]
            half = slice(place * size, (place + 1) * size)
            yield from _one_way(problem, part, backward, above, reverse, half, seen, handed)
        above = handed
    assert above is not None
    for step in range(steps):
        log2, status = log2_norms(above.values[step])
        if above.faded[step].any():
            status = np.zeros(losses, np.uint8) if status is None else status
            status[above.faded[step] & (status != Status.NON_FINITE)] = Status.UNDERFLOW
        inputs.put(step, part, log2 + above.exponents[step], status)


def _one_way(
    problem: Problem,
    part: slice,
    backward: Backward,
    above: _Handed | None,
    reverse: bool,
    half: slice,
    seen: Matrix | None,
    handed: _Handed,
) -> Iterator[int]:
    """One direction of one layer, its whole text; adds what it hands down to `handed`."""
    steps, losses = problem.steps, part.stop - part.start
    out = handed.values.new_empty(handed.values.shape[1:])
    for step in range(steps) if reverse else reversed(range(steps)):
        active = slice(0, losses)
        if above is not None:
            backward.arrive(active, above.values[step, :, half], above.exponents[step])
            backward.faded |= above.faded[step]
        else:
            # At the top a loss is on its way only once its own step has been passed.
            passed = min(max(step - part.start + reverse, 0), losses)
            active = slice(0, passed) if reverse else slice(passed, losses)
            if part.start <= step < part.stop:
                own = slice(step - part.start, step - part.start + 1)
                gradient = problem.arriving[step : step + 1, half]
                backward.arrive(own, gradient, np.zeros(1, np.int64))
        if active.start < active.stop:
            reading = steps - 1 - step if reverse else step
            log2, status = backward.measure(reading, active)
            if seen is not None:
                shown = slice(part.start + active.start, part.start + active.stop)
                seen.put(step, shown, log2, status)
            x, at = backward.to_input(reading, active, out), slice(0, out.shape[1])
            marks = handed.exponents[step, active]
            add_rows(handed.values[step, active], marks, at, x, backward.exponents[active])
            handed.faded[step, active] |= backward.faded[active]
            backward.leave(reading, active)
        yield losses
