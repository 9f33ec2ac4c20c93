"""What capture adds to a plain forward and backward pass, as a table.

    python -m tests.benchmarks.bench_capture [--runs 15] [--device cuda]

For each cell, dtype, length T and hidden size H (batch 1, input size H), in one process on one
torch thread, CPU time (wall time on a GPU), medians: a plain forward + backward of the stock
module; the same inside `capture` with every attribute of the trace read; and a loop over the
matching cell with `retain_grad` on every state, which is the usual way to see dL/dh_t.
`added` = (captured - plain) / plain, `loop added` likewise. The last column is the added time over
T: the same for all T where capture is linear in T.
"""

import argparse
import statistics
import time

import torch
from torch import Tensor, nn

from core import capture

ATTRIBUTES = (
    "input", "hidden", "initial_hidden", "initial_cell", "cell_state", "gates", "grad_hidden",
    "grad_hidden_direct", "grad_cell_state", "grad_pre_activation", "grad_weight_ih",
    "grad_weight_hh", "grad_bias_ih", "grad_bias_hh", "grad_input",
)  # fmt: skip
CELLS = {"RNN": (nn.RNN, nn.RNNCell), "GRU": (nn.GRU, nn.GRUCell), "LSTM": (nn.LSTM, nn.LSTMCell)}


def plain(module: nn.Module, x: Tensor) -> None:
    """One forward and backward pass."""
    module.zero_grad()
    module(x)[0].square().sum().backward()


def captured(module: nn.Module, x: Tensor) -> None:
    """The same, recorded, and everything read."""
    module.zero_grad()
    with capture(module) as tape:
        module(x)[0].square().sum().backward()
    for name in ATTRIBUTES:
        getattr(tape["l0"], name)


def loop(cell: nn.Module, x: Tensor) -> None:
    """The usual way: the cell step by step, every state keeping its gradient."""
    cell.zero_grad()
    state, outputs = None, []
    for x_t in x:
        state = cell(x_t, state)
        for tensor in state if isinstance(state, tuple) else (state,):
            tensor.retain_grad()
        outputs.append(state[0] if isinstance(state, tuple) else state)
    torch.stack(outputs).square().sum().backward()


def clock(device: str) -> float:
    """CPU seconds of this process; on a GPU wall seconds, once it has finished."""
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def medians(jobs: list, runs: int, device: str) -> list[float]:
    """The median milliseconds of each job, run in turn so that noise hits all alike."""
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(runs + 2):
        for job, taken in zip(jobs, times, strict=True):
            start = clock(device)
            job()
            taken.append(clock(device) - start)
    return [1e3 * statistics.median(taken[2:]) for taken in times]


def main() -> None:
    """Print the table as Markdown."""
    plain_help = argparse.RawTextHelpFormatter
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=plain_help)
    ask.add_argument("--runs", type=int, default=15)
    ask.add_argument("--device", default="cpu")
    ask.add_argument("--lengths", type=int, nargs="+", default=[100, 500, 1000])
    ask.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256])
    asked = ask.parse_args()
    torch.set_num_threads(1)
    print("| cell | dtype | H | T | plain ms | added | loop added | added µs per step |")
    print("|---|---|---|---|---|---|---|---|")
    for name, (kind, step) in CELLS.items():
        for dtype in (torch.float32, torch.float64):
            for size in asked.sizes:
                for length in asked.lengths:
                    torch.manual_seed(0)
                    place = {"dtype": dtype, "device": asked.device}
                    module, cell = kind(size, size, **place), step(size, size, **place)
                    x = torch.randn(length, 1, size, **place).requires_grad_()
                    jobs = [lambda m=module, x=x: plain(m, x), lambda m=module, x=x: captured(m, x),
                            lambda c=cell, x=x: loop(c, x)]  # fmt: skip
                    one, two, three = medians(jobs, asked.runs, asked.device)
                    kind_of = str(dtype).removeprefix("torch.")
                    print(
                        f"| {name} | {kind_of} | {size} | {length} | {one:.2f} | "
                        f"{(two - one) / one:.2f} | {(three - one) / one:.2f} | "
                        f"{(two - one) / length * 1e3:.1f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
