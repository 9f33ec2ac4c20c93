"""The reach of all losses of a text, beside a plain backward pass and beside repeated autograd.

    python -m tests.benchmarks.bench_reach [--runs 5] [--threads 1] [--lengths 500] [--sizes 128]

For each cell, dtype, hidden size H and length T (one sequence, one-hot input over 60 tokens,
untrained): the median CPU and wall seconds of `reach`, both matrices (hidden and input) included;
their CPU time as a multiple of one plain forward + backward of the same SequenceModel, loss summed
over the steps; and the CPU time of repeated autograd as a multiple of theirs. Repeated autograd is
what one would write: the matching cell in a loop, then for each t autograd.grad of L_t with respect
to h_1 … h_t and x_1 … x_t. It is an ESTIMATE: the mean over `--sample` losses spread evenly over
the text (their cost is linear in t), times T; making the graph is not counted. `MB` is the peak of
what the process took beyond what it had before, the result included.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.analysis.itemised.reach import reach
from core.models import ModelSpec, SequenceModel

VOCABULARY = 60
CELLS = {"rnn_tanh": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}


def plain(model: SequenceModel, inputs: Tensor, targets: Tensor) -> None:
    """One forward and backward pass."""
    model.zero_grad()
    logits = model(inputs.unsqueeze(1))[0][:, 0]
    F.cross_entropy(logits, targets, reduction="sum").backward()


def repeated(model: SequenceModel, inputs: Tensor, targets: Tensor, sample: int) -> float:
    """The CPU seconds that autograd would take for every loss by itself, from some of them."""
    spec, dtype = model.spec, model.head.weight.dtype
    cell = CELLS[spec.cell](spec.input_size, spec.hidden_size, dtype=dtype)
    state, states, losses = None, [], []
    read = [x.detach().requires_grad_() for x in model.embed(inputs.unsqueeze(1))]
    for x, target in zip(read, targets, strict=True):
        state = cell(x, state)
        states.append(state[0] if isinstance(state, tuple) else state)
        losses.append(F.cross_entropy(model.head(states[-1]), target.unsqueeze(0)))
    total, steps = 0.0, len(inputs)
    for number in range(sample):
        t = int((number + 0.5) * steps / sample)
        start = time.process_time()
        nodes = states[: t + 1] + read[: t + 1]
        for gradient in torch.autograd.grad(losses[t], nodes, retain_graph=True):
            gradient.norm()
        total += time.process_time() - start
    return total / sample * steps


def median(job: Callable[[], object], runs: int) -> tuple[float, float]:
    """CPU and wall seconds, after one run that is not counted."""
    job()
    times = []
    for _ in range(runs):
        cpu, wall = time.process_time(), time.perf_counter()
        job()
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpus, walls = zip(*times, strict=True)
    return statistics.median(cpus), statistics.median(walls)


def row(cell: str, dtype: torch.dtype, size: int, steps: int, runs: int, sample: int) -> str:
    """One line of the table."""
    spec = ModelSpec(cell=cell, vocabulary_size=VOCABULARY, hidden_size=size)  # type: ignore[arg-type]
    model = SequenceModel(spec, dtype)
    drawn = torch.randint(0, VOCABULARY, (steps + 1,), generator=torch.Generator().manual_seed(0))
    inputs, targets = drawn[:-1], drawn[1:]
    pass_cpu, _ = median(lambda: plain(model, inputs, targets), runs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = median(lambda: reach(model, inputs, targets), runs)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    autograd = repeated(model, inputs, targets, sample)
    name = str(dtype).removeprefix("torch.")
    return (
        f"| {cell} | {name} | {size} | {steps} | {cpu:.2f} | {wall:.2f} | {cpu / pass_cpu:.0f} | "
        f"{autograd / cpu:.0f} | {peak:.0f} |"
    )


def main() -> None:
    """Print the table as Markdown."""
    kept = argparse.RawTextHelpFormatter
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=kept)
    ask.add_argument("--runs", type=int, default=5)
    ask.add_argument("--sample", type=int, default=12)
    ask.add_argument("--threads", type=int, default=1)
    ask.add_argument("--lengths", type=int, nargs="+", default=[200, 500])
    ask.add_argument("--sizes", type=int, nargs="+", default=[64, 128])
    ask.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    asked = ask.parse_args()
    torch.set_num_threads(asked.threads)
    print("| cell | dtype | H | T | CPU s | wall s | plain passes | repeated autograd | MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for cell in asked.cells:
        for dtype in (torch.float32, torch.float64):
            for size in asked.sizes:
                for steps in asked.lengths:
                    print(row(cell, dtype, size, steps, asked.runs, asked.sample), flush=True)


if __name__ == "__main__":
    main()
