"""What the records of a training cost, and the chapter's experiment against its printed results.

    python -m tests.benchmarks.bench_training [--runs 15] [--sizes 32 128 256]
    python -m tests.benchmarks.bench_training --chapter TEXT [--cells gru] [--seeds 0]

The first prints, for each cell, hidden size and shape of batch, the CPU milliseconds of one step
of a bare PyTorch loop and of one record of a TrainingRun, in one process on one torch thread,
taken in turn, medians; `ratio` is the run's tokens a second over the bare loop's. Both have the
same network and text; the bare loop's batches are cut beforehand. The second prints the final
validation perplexity of each seed beside the band of the printed result.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from core.learning import Batches, TrainingRun, TrainingSpec, TrainingText, chapter_preset
from core.models import ModelSpec, SequenceModel, next_token_loss
from core.text import Split, Vocabulary, decode_text, tokenize

SHAPES = ((32, 1024), (100, 32))
CELLS = ("rnn_tanh", "gru", "lstm")
VOCABULARY = 28
# The printed results are of one seed each; over seeds they move by this much.
BANDS = {"rnn_tanh": (7.19, 7.52), "gru": (6.55, 6.74), "lstm": (6.69, 6.83)}
WIDTH = 0.4


def bare_step(model: SequenceModel, spec: TrainingSpec, text: TrainingText) -> Callable[[], None]:
    """One step of the loop that everybody writes, without records."""
    batches = Batches(spec, text.train)
    cut = [batches.at(step) for step in range(1, 9)]
    optimiser = torch.optim.SGD(model.parameters(), lr=spec.learning_rate)
    step = 0

    def take() -> None:
        nonlocal step
        inputs, targets = cut[step % len(cut)]
        step += 1
        optimiser.zero_grad(set_to_none=True)
        logits, _ = model(inputs)
        loss = next_token_loss(logits, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), spec.clip_threshold)
        optimiser.step()

    return take


def medians(jobs: list[Callable[[], object]], runs: int) -> list[float]:
    """The median CPU milliseconds of each job, run in turn so that noise hits all alike."""
    times: list[list[float]] = [[] for _ in jobs]
    for turn in range(runs + 2):
        for place in range(len(jobs)):
            which = (place + turn) % len(jobs)
            start = time.process_time()
            jobs[which]()
            times[which].append(time.process_time() - start)
    return [1e3 * statistics.median(taken[2:]) for taken in times]


def monitoring(sizes: list[int], runs: int) -> None:
    """Print the table of what records cost, as Markdown."""
    draw = torch.Generator().manual_seed(0)
    indices = torch.randint(VOCABULARY, (170_000,), generator=draw)
    text = TrainingText(train=indices, validation=indices[:300])
    print("| cell | H | T | B | bare ms | records ms | ratio |\n|---|---|---|---|---|---|---|")
    for cell in CELLS:
        for size in sizes:
            for steps, batch in SHAPES:
                spec = TrainingSpec(learning_rate=0.1, time_steps=steps, batch_size=batch)
                model = ModelSpec(cell=cell, vocabulary_size=VOCABULARY, hidden_size=size)
                run = TrainingRun(model, spec, text)
                next(run)
                bare = bare_step(SequenceModel.from_spec(model), spec, text)
                one, other = medians([bare, lambda run=run: next(run)], runs)
                print(
                    f"| {cell} | {size} | {steps} | {batch} | {one:.2f} | {other:.2f} | "
                    f"{one / other:.3f} |",
                    flush=True,
                )


def chapter(path: Path, cells: list[str], seeds: list[int]) -> None:
    """Print the final validation perplexities of the chapter's experiment, as Markdown."""
    tokens = tokenize(decode_text(path.read_bytes()).text, "letters")
    vocabulary = Vocabulary.from_tokens(tokens)
    text = TrainingText.from_split(vocabulary.encode(tokens), Split.of_chapter(len(tokens)))
    print("| cell | seed | perplexity | band | inside | largest gradient norm | wall s |")
    print("|---|---|---|---|---|---|---|")
    for cell in cells:
        low, high = BANDS[cell][0] - WIDTH, BANDS[cell][1] + WIDTH
        for seed in seeds:
            started = time.perf_counter()
            run = TrainingRun(*chapter_preset(cell, len(vocabulary), seed), text)  # type: ignore[arg-type]
            records = list(run)
            last = records[-1].validation
            found = float("nan") if run.stopped or last is None else last.perplexity
            largest = max(record.gradient_norm or 0.0 for record in records)
            print(
                f"| {cell} | {seed} | {found:.2f} | {low:.2f} to {high:.2f} | "
                f"{low <= found <= high} | {largest:.2f} | {time.perf_counter() - started:.0f} |",
                flush=True,
            )


def main() -> None:
    """Print the table that was asked for."""
    plain_help = argparse.RawTextHelpFormatter
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=plain_help)
    ask.add_argument("--runs", type=int, default=15)
    ask.add_argument("--sizes", type=int, nargs="+", default=[32, 128, 256])
    ask.add_argument("--chapter", type=Path)
    ask.add_argument("--cells", nargs="+", default=list(CELLS), choices=CELLS)
    ask.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    asked = ask.parse_args()
    torch.set_num_threads(1)
    if asked.chapter is None:
        monitoring(asked.sizes, asked.runs)
    else:
        chapter(asked.chapter, asked.cells, asked.seeds)


if __name__ == "__main__":
    main()
