"""The options of `python -m core.analysis.sweep`, and the sweep that they describe."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, get_args

import numpy as np

from core.analysis.sweep.spec import SweepInitialisation, SweepSpec, random_tokens
from core.errors import CoreError
from core.models import MAX_HIDDEN_SIZE, CellName, InputName
from core.text import MAX_BYTES, TokenScheme, Vocabulary, decode_text, tokenize

DESCRIPTION = """Measures how the gradient of a recurrent network travels back over a text, for
every combination of cell, spectral radius, length and seed: verdict and rate, as a Markdown table.

With --store every row is kept at once: after a crash, a kill or Ctrl-C, the same command goes on
where it was, and the table is the same as if nothing had happened."""

MAX_VALUES = 10_000

T = TypeVar("T")


def parser() -> argparse.ArgumentParser:
    """All options."""
    ask = argparse.ArgumentParser(
        prog="python -m core.analysis.sweep",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ask.add_argument("text", nargs="?", type=Path, help="text file to read")
    _add_text_options(ask.add_argument_group("text"))
    _add_axes(ask.add_argument_group("what is swept"))
    _add_model_options(ask.add_argument_group("network"))
    run = ask.add_argument_group("running")
    run.add_argument("--workers", type=int, help="processes on this machine; default this one")
    run.add_argument("--cluster", metavar="ADDRESS", help="Dask scheduler, as tcp://host:8786")
    run.add_argument("--store", type=Path, metavar="FILE", help="keeps rows; taken up if it exists")
    run.add_argument("--csv", type=Path, metavar="FILE", help="all digits; replaced if it exists")
    run.add_argument("--quiet", action="store_true", help="no progress bar")
    return ask


def _add_text_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--scheme", choices=get_args(TokenScheme), default="graphemes")
    group.add_argument("--min-freq", type=int, default=0, help="rarer tokens become <unk>")
    group.add_argument(
        "--random", type=int, metavar="V", help="no text file: V tokens, all equally likely"
    )
    group.add_argument("--text-seed", type=int, default=0, help="of --random; default 0")


def _add_axes(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--cells",
        default="rnn_tanh,gru,lstm",
        help=f"list of {', '.join(get_args(CellName))}; default %(default)s",
    )
    group.add_argument(
        "--lengths", default="50,100,200", help="list, in tokens; default %(default)s"
    )
    group.add_argument(
        "--radii",
        default="0.5:1.5:11",
        help="list, or from:to:count, both ends included, rounded to 10 digits after the point; "
        "default %(default)s",
    )
    group.add_argument("--seeds", default="0", help="list; default %(default)s")


def _add_model_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--hidden-size", type=int, default=32, help=f"to {MAX_HIDDEN_SIZE}; default %(default)s"
    )
    group.add_argument(
        "--initialisation", choices=get_args(SweepInitialisation), default="orthogonal"
    )
    group.add_argument("--input", choices=get_args(InputName), default="one_hot")
    group.add_argument("--embedding-size", type=int, default=32, help="default %(default)s")


def spec_from(asked: argparse.Namespace) -> SweepSpec:
    """Builds the sweep that the options describe.

    Args:
        asked: What `parser` gave.

    Returns:
        The sweep.

    Raises:
        CoreError: The file cannot be read, or an option is refused.
    """
    lengths = _values("lengths", asked.lengths, int)
    tokens, vocabulary_size = _text(asked, max(lengths))
    return SweepSpec(
        cells=_values("cells", asked.cells, str),  # type: ignore[arg-type] - the spec looks
        lengths=lengths,
        spectral_radii=_radii(asked.radii),
        seeds=_values("seeds", asked.seeds, int),
        tokens=tokens,
        vocabulary_size=vocabulary_size,
        hidden_size=asked.hidden_size,
        initialisation=asked.initialisation,
        input=asked.input,
        embedding_size=asked.embedding_size,
    )


def _text(asked: argparse.Namespace, longest: int) -> tuple[tuple[int, ...], int]:
    """The tokens, and the size of their vocabulary."""
    if (asked.text is None) == (asked.random is None):
        raise CoreError("`text` must be a text file, or `--random` a number of tokens: give one.")
    if asked.text is None:
        return random_tokens(asked.random, longest + 1, asked.text_seed), asked.random
    try:
        data = asked.text.read_bytes()
    except OSError as error:
        raise CoreError(
            f"`text` (={str(asked.text)!r}) cannot be read: {error.strerror}."
        ) from None
    tokens = tokenize(decode_text(data, limit=MAX_BYTES).text, asked.scheme)
    vocabulary = Vocabulary.from_tokens(tokens, min_freq=asked.min_freq)
    return tuple(vocabulary.encode(tokens[: longest + 1])), len(vocabulary)


def _values(name: str, given: str, kind: Callable[[str], T]) -> tuple[T, ...]:
    try:
        return tuple(kind(part.strip()) for part in given.split(","))
    except ValueError:
        raise CoreError(f"`--{name}` (={given!r}) must be numbers with commas between.") from None


def _radii(given: str) -> tuple[float, ...]:
    if ":" not in given:
        return _values("radii", given, float)
    try:
        first, last, count = given.split(":")
        low, high, number = float(first), float(last), int(count)
        if not 2 <= number <= MAX_VALUES:
            raise ValueError
    except ValueError:
        raise CoreError(
            f"`--radii` (={given!r}) must be a list, or from:to:count with 2 to {MAX_VALUES:,} "
            "values, as 0.5:1.5:11."
        ) from None
    return tuple(round(value, 10) for value in np.linspace(low, high, number).tolist())
