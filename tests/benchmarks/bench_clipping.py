"""Where clipping bites and where it does not: trainings on The Time Machine beside printed results.

    python -m tests.benchmarks.bench_clipping TEXT [--cases relu] [--seeds 0]

TEXT is the book as a file, which is cut as the chapter cuts it. Prints, for each case, clipping and
seed: the validation perplexity after the last step and the mean training perplexity of the last
epoch (or after which step the run stopped, and the loss there) beside the printed perplexity, the
largest gradient norm before clipping, how many steps had a norm beyond the threshold 1, and the
first of them. The printed results are of one unknown seed each; 8.2 is a training perplexity.
"""

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from core.learning import (
    ClipName,
    Record,
    TrainingRun,
    TrainingSpec,
    TrainingText,
    chapter_preset,
    perplexity_of_loss,
)
from core.models import ModelSpec
from core.text import Split, Vocabulary, decode_text, tokenize

THRESHOLD = 1.0


@dataclass(frozen=True)
class Case:
    """One training, clipped or not.

    Attributes:
        model: what differs from the chapter's network.
        training: what differs from the chapter's training.
        printed: for each clipping, the printed result.
    """

    model: Mapping[str, Any]
    training: Mapping[str, Any]
    printed: Mapping[ClipName, str]


CASES = {
    "wide": Case(
        {"hidden_size": 256}, {"batch_size": 128, "epochs": 3}, {"off": "inf", "norm": "8.2"}
    ),
    "relu": Case(
        {"cell": "rnn_relu", "initialisation": "normal", "sigma": 0.25},
        {"epochs": 12},
        {"off": "NaN", "norm": "9.8"},
    ),
    "rate 4": Case({}, {"learning_rate": 4.0}, {"off": "3e14", "norm": "38"}),
    "chapter": Case({}, {}, {"norm": "7.19 to 7.52, largest norm .66"}),
}


def text_of(path: Path) -> TrainingText:
    """The book's letters, cut as in the chapter."""
    tokens = tokenize(decode_text(path.read_bytes()).text, "letters")
    vocabulary = Vocabulary.from_tokens(tokens)
    return TrainingText.from_split(vocabulary.encode(tokens), Split.of_chapter(len(tokens)))


def specs_of(case: Case, clip: ClipName, seed: int) -> tuple[ModelSpec, TrainingSpec]:
    """The chapter's specs with what the case changes."""
    model, training = chapter_preset("rnn_tanh", seed=seed)
    changed = replace(training, clip=clip, clip_threshold=THRESHOLD, **case.training)
    return replace(model, **case.model), changed


def outcome(run: TrainingRun, records: list[Record]) -> str:
    """The last validation and training perplexity, or where the run stopped."""
    if run.stopped is not None:
        return f"stopped at step {run.stopped.step} | loss {run.stopped.loss:g}"
    last = records[-1].validation
    assert last is not None
    losses = [record.loss or 0.0 for record in records if record.epoch == records[-1].epoch]
    return f"{last.perplexity:.3g} | {perplexity_of_loss(sum(losses) / len(losses)):.3g}"


def report(name: str, clip: ClipName, seed: int, text: TrainingText) -> None:
    """Train once and print the row of the table."""
    started = time.perf_counter()
    run = TrainingRun(*specs_of(CASES[name], clip, seed), text)
    records = list(run)
    norms = [record.gradient_norm for record in records if record.gradient_norm is not None]
    beyond = [step for step, norm in enumerate(norms, start=1) if norm > THRESHOLD]
    seconds = time.perf_counter() - started
    print(
        f"| {name} | {clip} | {seed} | {outcome(run, records)} | {CASES[name].printed[clip]} | "
        f"{max(norms, default=float('nan')):.3g} | {len(beyond)} of {len(norms)} | "
        f"{beyond[0] if beyond else '–'} | {seconds:.0f} |",
        flush=True,
    )


def main() -> None:
    """Print the table that was asked for."""
    plain_help = argparse.RawTextHelpFormatter
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=plain_help)
    ask.add_argument("text", type=Path)
    ask.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    ask.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    asked = ask.parse_args()
    torch.set_num_threads(1)
    text = text_of(asked.text)
    print(
        "| case | clip | seed | validation | training | printed | largest | beyond 1 | first | s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name in asked.cases:
        for clip in CASES[name].printed:
            for seed in asked.seeds:
                report(name, clip, seed, text)


if __name__ == "__main__":
    main()
