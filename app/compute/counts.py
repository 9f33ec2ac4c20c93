"""What counting a text tells: n-grams, ranks, and the models made of them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.compute.bounded import Bounded
from app.compute.order_losses import OrderLosses, order_losses
from app.compute.texts import TokenText
from core.text import (
    MAX_ORDER,
    Backoff,
    NgramCounts,
    NgramModel,
    Split,
    Vocabulary,
    entropy,
    perplexity,
    share_seen_once,
)

MOST_BYTES = 256_000_000
"""memory that all counts may hold together; the largest text's take up to 120 MB"""
RANKED = (1, 2, 3)
"""orders whose ranks are shown"""
MOST_POINTS = 600
"""ranks that are drawn of each order: all of the first, then evenly on the log axis"""
LEAST_BYTES = 200_000
"""memory that any text in indices counts for: of short ones some hundred are kept"""
MOST_LEAST = 40
"""values of min_freq that are drawn at least, from 0 on"""
MOST_EXAMPLES = 60
LONGEST = 40
"""characters of an n-gram that are shown"""


@dataclass(frozen=True, eq=False)
class Indexed:
    """A text in the indices of a vocabulary.

    Attributes:
        vocabulary: of the tokens that occur often enough, and <unk>.
        indices: int64 (T,), the whole text.
        occurs: int64 (V,), how often each index occurs.
    """

    vocabulary: Vocabulary
    indices: NDArray[np.int64]
    occurs: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ranks:
    """The n-grams of one order from the most frequent to the rarest.

    Attributes:
        order: n.
        frequencies: int64 (U,), how often each occurs.
        drawn: int64 (M,), the ranks that are drawn, from 1.
        examples: the n-gram at each of them, (M,).
        once: share of the different n-grams that occur once.
        entropy: of their distribution, in nats.
    """

    order: int
    frequencies: NDArray[np.int64]
    drawn: NDArray[np.int64]
    examples: tuple[str, ...]
    once: float
    entropy: float


@dataclass(frozen=True)
class VocabularySizes:
    """What min_freq does to the vocabulary of a text.

    Attributes:
        least: values of min_freq, each from 0 to beyond the chosen one.
        sizes: the vocabulary's size at each, <unk> included.
        different: how many different tokens the text has.
        unknown: how many of them are read as <unk> at the chosen min_freq.
        share_unknown: of the text's tokens, 0 to 1.
        examples: some of them, the most frequent first.
    """

    least: tuple[int, ...]
    sizes: tuple[int, ...]
    different: int
    unknown: int
    share_unknown: float
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Perplexities:
    """Perplexity of the models of order 1 to 5, all on the same places.

    Attributes:
        train: on the text that was counted.
        validation: on the text held back.
        tokens_train: how many tokens the first are the mean over.
        tokens_validation: how many the second.
        lost: what the highest order loses on the text held back against the best one, or what it
            holds impossible there; None where it is the best.
    """

    train: tuple[float, ...]
    validation: tuple[float, ...]
    tokens_train: int
    tokens_validation: int
    lost: OrderLosses | None = None


def indexed(tokens: TokenText, min_freq: int) -> Indexed:
    """The text in the vocabulary of the tokens that occur at least so often."""
    return _indexed.get((tokens.digest, min_freq), lambda: _index(tokens, min_freq))


def _index(tokens: TokenText, min_freq: int) -> Indexed:
    vocabulary = Vocabulary.from_tokens(tokens.tokens, min_freq)
    indices = np.array(vocabulary.encode(tokens.tokens), np.int64)
    return Indexed(
        vocabulary, frozen(indices), frozen(np.bincount(indices, minlength=len(vocabulary)))
    )


def ngrams(tokens: TokenText, min_freq: int, part: tuple[int, int], first: int = 0) -> NgramCounts:
    """The n-grams of a part of the text, of all orders.

    Args:
        tokens: the text.
        min_freq: of its vocabulary.
        part: first token and the one after the last.
        first: as in `NgramCounts.of`.
    """

    def count() -> NgramCounts:
        text = indexed(tokens, min_freq)
        return NgramCounts.of(text.indices[slice(*part)], len(text.vocabulary), MAX_ORDER, first)

    return _counts.get((tokens.digest, min_freq, part, first), count)


def ranks(tokens: TokenText, joined_by: str) -> tuple[Ranks, ...]:
    """The ranks of the text's 1-, 2- and 3-grams, rare tokens and all."""
    return _ranks.get(tokens.digest, lambda: _rank(tokens, joined_by))


def _rank(tokens: TokenText, joined_by: str) -> tuple[Ranks, ...]:
    text = indexed(tokens, 0)
    counts = ngrams(tokens, 0, (0, len(text.indices)))
    found = []
    for order in RANKED:
        places, frequencies = counts.frequencies(order)
        if not len(frequencies):
            break
        drawn = _spread(len(frequencies))
        rows = counts.ngrams(order, places[drawn - 1])
        examples = tuple(
            _cut(joined_by.join(text.vocabulary.tokens[index] for index in row))
            for row in rows.tolist()
        )
        once = share_seen_once(frequencies)
        found.append(Ranks(order, frequencies, drawn, examples, once, entropy(frequencies)))
    return tuple(found)


def vocabulary_sizes(tokens: TokenText, min_freq: int) -> VocabularySizes:
    """How the vocabulary shrinks as rare tokens are left out, and which those are.

    Args:
        tokens: the text.
        min_freq: the chosen one.
    """
    text = indexed(tokens, 0)
    known = text.occurs.copy()
    known[text.vocabulary.unknown] = 0  # a text may hold <unk> itself, which is always kept
    often = np.sort(known[known > 0])
    least = range(max(MOST_LEAST, min_freq + 1))
    kept = len(often) - np.searchsorted(often, np.array(least)) + 1
    rare = np.flatnonzero((known > 0) & (known < min_freq))
    rare = rare[np.argsort(-known[rare], kind="stable")]
    return VocabularySizes(
        tuple(least),
        tuple(int(size) for size in kept),
        len(often),
        len(rare),
        float((known[rare].sum() + text.occurs[text.vocabulary.unknown]) / len(text.indices)),
        tuple(text.vocabulary.tokens[index] for index in rare[:MOST_EXAMPLES]),
    )


def perplexities(
    tokens: TokenText,
    min_freq: int,
    split: Split,
    epsilons: tuple[float, ...],
    backoff: Backoff,
) -> Perplexities:
    """Perplexity on both parts of the text as the order grows.

    Args:
        tokens: the text.
        min_freq: of its vocabulary.
        split: what is counted, and what judges.
        epsilons: smoothing of each order, five numbers.
        backoff: as in `NgramModel`.
    """

    def score() -> Perplexities:
        text = indexed(tokens, min_freq)
        parts = [text.indices[slice(*part)] for part in (split.train, split.validation)]
        # Every order on the same places, those that have a whole context of the highest one.
        first = min(MAX_ORDER, *map(len, parts)) - 1
        counts = ngrams(tokens, min_freq, split.train, first)
        model = NgramModel(counts, epsilons, backoff)
        chances = [model.probabilities_by_order(part) for part in parts]
        rows = [tuple(perplexity(row[first:]) for row in each) for each in chances]
        best, highest = int(np.argmin(rows[1])), len(rows[1])
        lost = None
        if rows[1][-1] > rows[1][best] or math.isinf(rows[1][-1]):
            lower, higher = chances[1][best], chances[1][-1]
            lost = order_losses(counts, parts[1], lower, higher, highest, first)
        sizes = len(parts[0]) - first, len(parts[1]) - first
        return Perplexities(rows[0], rows[1], *sizes, lost)

    key = (tokens.digest, min_freq, split, epsilons, backoff)
    return _perplexities.get(key, score)


def _spread(size: int) -> NDArray[np.int64]:
    """Ranks from 1 to `size`: every one at first, then evenly on the log axis, the last always."""
    if size <= MOST_POINTS:
        return np.arange(1, size + 1)
    spread = np.geomspace(1, size, MOST_POINTS)
    return np.unique(np.round(spread).astype(np.int64))


def _cut(phrase: str) -> str:
    return phrase if len(phrase) <= LONGEST else phrase[: LONGEST - 1] + "…"


def frozen(array: NDArray) -> NDArray:
    """The same array, read-only."""
    array.flags.writeable = False
    return array


def bytes_of_counts(counts: NgramCounts) -> int:
    """What they take in memory."""
    return sum(
        level.keys.nbytes + level.counts.nbytes + level.followed.nbytes for level in counts.levels
    )


_indexed: Bounded[Indexed] = Bounded(
    MOST_BYTES // 4, lambda text: max(text.indices.nbytes, LEAST_BYTES), whole=True
)
_counts: Bounded[NgramCounts] = Bounded(MOST_BYTES, bytes_of_counts)
_ranks: Bounded[tuple[Ranks, ...]] = Bounded(
    MOST_BYTES // 8, lambda found: sum(each.frequencies.nbytes for each in found) + 1
)
_perplexities: Bounded[Perplexities] = Bounded(512, lambda _: 1)
