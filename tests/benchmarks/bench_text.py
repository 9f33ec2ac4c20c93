"""Counting, modelling and scoring a text: seconds and memory for each order.

    python -m tests.benchmarks.bench_text [FILE]

Without a file the story in the box is used, and random text of 2 MB, which is the worst case for
memory: nearly every n-gram of it is seen once.
"""

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.text import MAX_ORDER, NgramCounts, NgramModel, TokenScheme, Vocabulary, tokenize

STORY = Path(__file__).resolve().parents[2] / "assets" / "texts" / "story.txt"


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    """CPU time, the median of a few runs."""
    taken = []
    for _ in range(runs):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return statistics.median(taken)


def measure(name: str, text: str, scheme: TokenScheme) -> None:
    """One row for each order."""
    begin = time.process_time()
    tokens = tokenize(text, scheme)
    vocabulary = Vocabulary.from_tokens(tokens)
    indices = np.array(vocabulary.encode(tokens))
    prepared = time.process_time() - begin
    for order in range(1, MAX_ORDER + 1):
        counts = NgramCounts.of(indices, len(vocabulary), order)
        model = NgramModel(counts, (1.0,) * order)
        counting = seconds(lambda order=order: NgramCounts.of(indices, len(vocabulary), order))
        scoring = seconds(lambda model=model: model.probabilities(indices))
        tracemalloc.start()
        kept = NgramCounts.of(indices, len(vocabulary), order)
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        different = len(kept.levels[-1].keys)
        print(
            f"| {name} | {scheme} | {len(tokens):,} | {order} | {prepared:.2f} | {counting:.3f} "
            f"| {scoring:.3f} | {different:,} | {held / 1e6:.1f} | {peak / 1e6:.0f} |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=STORY)
    file = parser.parse_args().file
    text = file.read_text(encoding="utf-8")
    print("| text | tokens | number | order | to indices s | counting s | scoring s | different "
          "| kept MB | peak MB |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|")
    for scheme in ("letters", "words"):
        measure(file.stem, text, scheme)
    letters = np.random.default_rng(0).integers(0, 26, 2_000_000) + ord("a")
    measure("random 2 MB", letters.astype(np.uint8).tobytes().decode(), "graphemes")
    repeated = text * (2_000_000 // len(text) + 1)
    measure("2 MB of it", repeated[:2_000_000], "graphemes")


if __name__ == "__main__":
    main()
