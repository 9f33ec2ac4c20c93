"""What reading thousands of calls takes, as a table.

    python -m tests.benchmarks.bench_steps [--runs 5] [--steps 10000] [--calls 1000]

For each cell a float32 nn.*Cell of 64 units called `--steps` times, and a stock module of two
layers called `--calls` times with one step each: what reading every attribute takes once the block
is left, `tape.joined` included, in CPU seconds and as a multiple of the same loop's own forward and
backward pass without `capture`. One process, one torch thread, medians.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from core import LayerTrace, Tape, capture
from tests.benchmarks.bench_capture import ATTRIBUTES

CELLS = {"RNN": (nn.RNNCell, nn.RNN), "GRU": (nn.GRUCell, nn.GRU), "LSTM": (nn.LSTMCell, nn.LSTM)}
SIZE = 64


def steps(cell: nn.Module, x: Tensor) -> None:
    """A cell called step by step."""
    state, outputs = None, []
    for x_t in x:
        state = cell(x_t, state)
        outputs.append(state[0] if isinstance(state, tuple) else state)
    torch.stack(outputs).square().sum().backward()


def calls(module: nn.Module, x: Tensor) -> None:
    """A module called with one step after the other."""
    state, outputs = None, []
    for x_t in x.split(1):
        out, state = module(x_t, state)
        outputs.append(out)
    torch.cat(outputs).square().sum().backward()


def seconds(job: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    begun = time.process_time()
    job()
    return time.process_time() - begun


def read(traces: list[LayerTrace]) -> None:
    """Every attribute."""
    for trace in traces:
        for name in ATTRIBUTES:
            getattr(trace, name)


def row(
    module: nn.Module, x: Tensor, run: Callable, traces: Callable[[Tape], list], runs: int
) -> str:
    """Seconds and multiples, in float32 and in float64."""
    plain, taken = [], {torch.float32: [], torch.float64: []}
    for _ in range(runs):
        plain.append(seconds(lambda: run(module, x)))
        for dtype, found in taken.items():
            with capture(module, dtype=dtype) as tape:
                run(module, x)
            found.append(seconds(lambda tape=tape: read(traces(tape))))
    base = statistics.median(plain)
    medians = [statistics.median(found) for found in taken.values()]
    return " | ".join(f"{each:.2f} | {each / base:.2f}" for each in medians)


def main() -> None:
    """Print the table as Markdown."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    ask.add_argument("--runs", type=int, default=5)
    ask.add_argument("--steps", type=int, default=10_000)
    ask.add_argument("--calls", type=int, default=1000)
    asked = ask.parse_args()
    torch.set_num_threads(1)
    print("| what | float32 s | × plain | float64 s | × plain |")
    print("|---|---|---|---|---|")
    for name, (cell, kind) in CELLS.items():
        torch.manual_seed(0)
        x = torch.randn(asked.steps, 1, SIZE)
        one = row(cell(SIZE, SIZE), x, steps, lambda tape: [tape["l0"]], asked.runs)
        print(f"| {name}Cell, {asked.steps:,} steps | {one} |", flush=True)
        x = torch.randn(asked.calls, 1, SIZE)
        both = row(
            kind(SIZE, SIZE, 2), x, calls,
            lambda tape: [tape.joined(f"l{layer}") for layer in range(2)], asked.runs,
        )  # fmt: skip
        print(f"| {name} of 2 layers, {asked.calls:,} calls joined | {both} |", flush=True)


if __name__ == "__main__":
    main()
