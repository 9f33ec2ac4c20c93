"""The reach of losses through captured layers, whatever module they belong to."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.analysis.itemised.sweep import Level, Problem, sweep
from core.analysis.itemised.values import Reach, ReachCancelled
from core.capture import LayerTrace, Tape
from core.capture.modules import undisturbed
from core.errors import CoreError
from core.progress import checkpoint

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

_TICKS = 200


def reach_of(
    layers: Tape | Sequence[LayerTrace],
    arriving: Float[Tensor, "time output"] | None = None,
    *,
    layer: str | None = None,
    sequence: int = 0,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Reach:
    """The same for anybody's captured nn.RNN, nn.GRU or nn.LSTM.

        with capture(model) as tape:
            losses(model(x), y).sum().backward()     # one loss per step, summed
        reach_of(tape)

    Each loss must depend on the output of the module at its own step alone. Then what one backward
    pass of their sum brings to that output is all there is to know, and is taken from the tape if
    `arriving` is None. (Of a mean over T steps, all norms are divided by T.)

    Args:
        layers: all layers of one module and one call: a tape, or some of `tape.layers`.
        arriving: dL_t/d output_t of one sequence, (T, directions times H).
        layer: one of their names; the highest forward layer if None. The layers below it are not
            looked at.
        sequence: which sequence of the batch; of a packed one, T is its own length.
        progress: as for `reach`.
        cancelled: as for `reach`.

    Returns:
        Norms of all pairs, `of` being "given".

    Raises:
        CaptureError: `arriving` is None and no backward pass ran.
        CoreError: no such layer or sequence, layers of several modules or calls, a wrong shape.
        ReachCancelled: `cancelled` said True.
    """
    traces = tuple(layers.layers if isinstance(layers, Tape) else layers)
    return reach_through(
        chosen_layer(traces, layer), traces, arriving, sequence, progress, cancelled
    )


def reach_through(
    chosen: LayerTrace,
    traces: Sequence[LayerTrace],
    arriving: Tensor | None,
    sequence: int,
    progress: Progress | None,
    cancelled: Cancelled | None,
    table: Float[Tensor, "vocabulary input"] | None = None,
) -> Reach:
    """The same for a layer already chosen; `table` is the embedding below it, to reach tokens."""
    levels, tops = _levels(traces, chosen)
    batch = chosen.hidden.shape[1]
    if not 0 <= sequence < batch:
        raise CoreError(f"`sequence` (={sequence}) must be from 0 to {batch - 1}.")
    lengths = chosen.lengths
    steps = len(chosen.hidden) if lengths is None else int(lengths[sequence])
    if arriving is None:
        arriving = torch.cat([trace.grad_hidden_direct[:steps, sequence] for trace in tops], -1)
    width = sum(trace.hidden.shape[2] for trace in tops)
    if arriving.shape != (steps, width):
        raise CoreError(
            f"`arriving` (of shape {tuple(arriving.shape)}) must be (time, output), "
            f"here {(steps, width)}."
        )
    arriving = arriving.detach().to(chosen.hidden)
    problem = Problem(levels, chosen.reverse, sequence, arriving, table)
    # Not finite is an answer here, so NumPy shall not warn about it.
    with undisturbed(arriving), np.errstate(all="ignore"):
        hidden, inputs = sweep(problem, _ticker(progress, cancelled))
    return Reach(
        layer=chosen.name,
        of="given",
        hidden=hidden.log10.T,
        hidden_status=hidden.status.T,
        input=inputs.log10.T,
        input_status=inputs.status.T,
        token=table is not None,
    )


def chosen_layer(traces: Sequence[LayerTrace], name: str | None) -> LayerTrace:
    """The layer of that name, or the highest that reads forward."""
    if not traces:
        raise CoreError("`layers` (of length 0) must have at least one layer: run the model first.")
    if name is None:
        forward = [trace for trace in traces if not trace.reverse] or list(traces)
        return max(forward, key=lambda trace: trace.layer)
    found = [trace for trace in traces if trace.name == name]
    if not found:
        known = ", ".join(f'"{trace.name}"' for trace in traces)
        raise CoreError(f"`layer` (={name!r}) must be one of {known}.")
    return found[0]


def _levels(
    traces: Sequence[LayerTrace], chosen: LayerTrace
) -> tuple[tuple[Level, ...], list[LayerTrace]]:
    """The layers from the top to the one chosen, and the traces of the top."""
    places = [(trace.layer, trace.reverse) for trace in traces]
    numbers = range(max(trace.layer for trace in traces), chosen.layer - 1, -1)
    ways = sorted({trace.reverse for trace in traces})
    complete = all((number, way) in places for number in numbers for way in ways)
    if len(set(places)) < len(places) or not complete:
        names = ", ".join(trace.name for trace in traces)
        raise CoreError(
            f"`layers` (={names}) must be the layers of one module in one call, from `layer` to "
            "the highest: leave out those of other modules and calls."
        )
    of_place = dict(zip(places, traces, strict=True))
    dropped = [
        t.name
        for t in traces
        if chosen.layer <= t.layer < numbers[0] and t.dropout_mask is not None
    ]
    if dropped:
        raise CoreError(
            f"Dropout acted between `{dropped[0]}` and the layer above, and how far one step "
            "reaches through it is not computed: ask for the highest layer, or call model.eval()."
        )
    levels = tuple(
        Level({way: of_place[number, way].recurrence() for way in ways}) for number in numbers
    )
    return levels, [of_place[numbers[0], way] for way in ways]


def _ticker(progress: Progress | None, cancelled: Cancelled | None) -> Callable[[int, int], None]:
    """Passes on about 200 reports of the work, and ends it when told to."""
    last = -1

    def tick(done: int, total: int) -> None:
        nonlocal last
        checkpoint(done, total)
        share = _TICKS * done // total
        if share == last:
            return
        last = share
        if cancelled is not None and done < total and cancelled():
            raise ReachCancelled(
                f"The reach was cancelled after {done:,} of {total:,} pairs of a step and a loss."
            )
        if progress is not None:
            progress(done, total)

    return tick
