"""Which part of a text judges a network: its end, or lines drawn from all over it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import TextError
from core.text import Vocabulary

LONGEST_PIECE = 1000
LEAST_PIECES = 40
DRAWS = 9
MARGIN = 1.1
MOST_COMPARED = 50_000
"""pairs of tokens that judge, and five times as many that are counted; thinned evenly beyond"""
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EndComparison:
    """How well the end of a text is foreseen from the rest, beside lines drawn from all over it.

    The forecast is the bigram's: p(b | a) = (n(ab) + p(b)) / (n(a) + 1), with p(b) = (n(b) + 1) /
    (N + V), counted on all that does not judge.

    Attributes:
        end: Perplexity of the end.
        drawn: Perplexities of as many tokens in whole lines, drawn nine times.
    """

    end: float
    drawn: tuple[float, ...]

    @property
    def unlike(self) -> bool:
        """Whether the end is more than a tenth above the worst of the drawn lines."""
        return self.end > MARGIN * max(self.drawn)


def compare_end(indices: Indices, vocabulary: Vocabulary, share: float = 0.1) -> EndComparison:
    """Compares the end of a text with lines of it.

    Args:
        indices: The text, (length,), at least four tokens.
        vocabulary: Its tokens.
        share: Of the text that judges, above 0 and below 1.

    Returns:
        The perplexities; the same for the same text.
    """
    end = np.zeros(len(indices), bool)
    end[len(indices) - min(max(round(share * len(indices)), 2), len(indices) - 2) :] = True
    starts = piece_starts(indices, vocabulary)
    drawn = [draw_pieces(starts, len(indices), share, seed) for seed in range(DRAWS)]
    size = len(vocabulary)
    return EndComparison(
        _perplexity(indices, end, size), tuple(_perplexity(indices, each, size) for each in drawn)
    )


def piece_starts(indices: Indices, vocabulary: Vocabulary) -> Indices:
    """First tokens of the lines of a text; of shorter pieces where lines are long or there is none.

    Args:
        indices: The text, (length,).
        vocabulary: Its tokens; a line ends after a token with a line end in it.

    Returns:
        Rising places, 0 first; at least forty where the text has eighty tokens.
    """
    ends = [
        index
        for index, token in enumerate(vocabulary.tokens)
        if any(mark in token for mark in _LINE_ENDS)
    ]
    lines = np.flatnonzero(np.isin(indices[:-1], ends)) + 1
    longest = min(LONGEST_PIECE, max(2, len(indices) // LEAST_PIECES))
    edges = np.concatenate([[0], lines, [len(indices)]])
    return np.concatenate([
        np.arange(first, last, longest) for first, last in pairwise(edges)
    ])  # fmt: skip


def draw_pieces(starts: Indices, length: int, share: float, seed: int) -> NDArray[np.bool_]:
    """Draws pieces until they hold a share of the text.

    Args:
        starts: What `piece_starts` gave.
        length: Tokens of the text, at least four.
        share: Of the text, above 0 and below 1.
        seed: Of the draw, from 0.

    Returns:
        Which tokens are in the drawn pieces, (length,); the others keep their order too.

    Raises:
        TextError: There are not two tokens for each part.
    """
    lengths = np.diff(starts, append=length)
    generator = torch.Generator().manual_seed(seed % 2**32)
    order = torch.randperm(len(starts), generator=generator).numpy()
    wanted = max(2, round(share * length))
    count = int(np.searchsorted(np.cumsum(lengths[order]), wanted)) + 1
    chosen = np.zeros(len(starts), bool)
    chosen[order[:count]] = True
    drawn = np.repeat(chosen, lengths)
    if not 2 <= int(drawn.sum()) <= length - 2:
        raise TextError(
            f"`length` (={length}) must leave two tokens to learn from and two to judge by: give "
            "a longer text."
        )
    return drawn


def _perplexity(indices: Indices, judging: NDArray[np.bool_], size: int) -> float:
    """Of the bigram that counted the rest, on the pairs that lie in the judging part."""
    before, after = indices[:-1], indices[1:]
    inside = _thinned(np.flatnonzero(judging[1:] & judging[:-1]), MOST_COMPARED)
    outside = _thinned(np.flatnonzero(~judging[1:] & ~judging[:-1]), 5 * MOST_COMPARED)
    counts = np.bincount(after[outside], minlength=size)
    alone = (counts + 1) / (counts.sum() + size)
    contexts = np.bincount(before[outside], minlength=size)
    pairs, times = np.unique(before[outside] * size + after[outside], return_counts=True)
    asked = before[inside] * size + after[inside]
    places = np.minimum(np.searchsorted(pairs, asked), len(pairs) - 1)
    together = np.where(pairs[places] == asked, times[places], 0)
    likely = (together + alone[after[inside]]) / (contexts[before[inside]] + 1)
    return float(np.exp(-np.log(likely).mean())) if len(inside) else float("nan")


def _thinned(places: Indices, most: int) -> Indices:
    return places[:: max(1, -(-len(places) // most))]
