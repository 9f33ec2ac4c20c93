"""Training steps by `core.learning.fast` beside PyTorch's own, as a table.

    python -m tests.benchmarks.bench_fast [--runs 9] [--threads 1 2]

For each cell, hidden size H, and T steps of B one-hot sequences over 28 tokens, float32: forward
and backward pass of the stock module and of `fast_rnn`, run in turn in one process, medians of CPU
time and wall time; the ratios are stock / fast, the medians of the ratios of neighbouring runs, so
that a busy machine falls on both. nn.LSTM is in the table as a control: both are PyTorch's own.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from core.learning.fast import fast_rnn

KINDS = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
SHAPES = ((32, 1024), (100, 32))
VOCABULARY = 28


def training_pass(run: Callable, module: nn.RNNBase, x: Tensor, arriving: Tensor) -> None:
    """One forward and backward pass, the gradient at the output given."""
    module.zero_grad(set_to_none=True)
    run(module, x)[0].backward(arriving)


def timed(job: Callable[[], None]) -> tuple[float, float]:
    """CPU and wall milliseconds of one call."""
    cpu, wall = time.process_time(), time.perf_counter()
    job()
    return 1e3 * (time.process_time() - cpu), 1e3 * (time.perf_counter() - wall)


def measured(jobs: list[Callable[[], None]], runs: int) -> list[tuple[float, float, float]]:
    """For CPU, then wall time: the medians of both jobs and the median ratio."""
    pairs = [[timed(job) for job in jobs] for _ in range(runs + 1)][1:]
    result = []
    for clock in range(2):
        one, two = ([taken[job][clock] for taken in pairs] for job in range(2))
        ratio = statistics.median(a / b for a, b in zip(one, two, strict=True))
        result.append((statistics.median(one), statistics.median(two), ratio))
    return result


def main() -> None:
    """Print the table as Markdown."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    ask.add_argument("--runs", type=int, default=9)
    ask.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    ask.add_argument("--cells", nargs="+", choices=KINDS, default=list(KINDS))
    asked = ask.parse_args()
    print("| threads | cell | H | T | B | stock CPU ms | fast CPU ms | CPU ratio | wall ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    for threads in asked.threads:
        torch.set_num_threads(threads)
        for name in asked.cells:
            for size in (32, 128, 256):
                for steps, batch in SHAPES:
                    torch.manual_seed(0)
                    module = KINDS[name](VOCABULARY, size)
                    indices = torch.randint(VOCABULARY, (steps, batch))
                    x = nn.functional.one_hot(indices, VOCABULARY).float()
                    arriving = torch.randn(steps, batch, size)
                    jobs = [
                        lambda r=run, m=module, x=x, a=arriving: training_pass(r, m, x, a)
                        for run in (nn.Module.__call__, fast_rnn)
                    ]
                    (stock, fast, cpu), (_, _, wall) = measured(jobs, asked.runs)
                    print(
                        f"| {threads} | {name} | {size} | {steps} | {batch} | {stock:.1f} | "
                        f"{fast:.1f} | {cpu:.2f} | {wall:.2f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
