"""What n-gram models make of the text that a network reads, counted in its vocabulary."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.compute.bounded import Bounded
from app.compute.counts import MOST_BYTES, Indexed, bytes_of_counts, frozen
from app.compute.texts import TokenText
from core.text import NgramCounts, NgramModel, Stretch, perplexity_of_surprise, surprise

REFERENCES = ("unigram", "bigram", "trigram")
REFERENCE_EPSILON = 1.0


@dataclass(frozen=True, eq=False)
class ReferenceSurprise:
    """What an n-gram model makes of the stretch that a network reads.

    Attributes:
        key: "unigram", "bigram" or "trigram".
        surprise: float64 (T,), -log p of each target in nats.
        perplexity: of all targets.
    """

    key: str
    surprise: NDArray[np.float64]
    perplexity: float


def read_by_networks(tokens: TokenText) -> Indexed:
    """The text in the indices that a network reads, rare kinds as <unk> where there are many."""
    vocabulary, indices = tokens.vocabulary, in_vocabulary(tokens)
    return Indexed(vocabulary, indices, frozen(np.bincount(indices, minlength=len(vocabulary))))


def references(tokens: TokenText, stretch: Stretch) -> tuple[ReferenceSurprise, ...]:
    """The surprise of n-gram models that counted the rest of the text, without the stretch.

    They read what the network reads, in its vocabulary; none where nothing is left to count.
    """
    return _references.get(
        (tokens.digest, stretch.start, len(stretch)), lambda: _refer(tokens, stretch)
    )


def in_vocabulary(tokens: TokenText) -> NDArray[np.int64]:
    """The whole text in the indices that a network reads."""
    return _network_counts.get(tokens.digest, lambda: _network(tokens))[0]


def _network(tokens: TokenText) -> tuple[NDArray[np.int64], NgramCounts]:
    indices = np.array(tokens.vocabulary.encode(tokens.tokens), np.int64)
    return frozen(indices), NgramCounts.of(indices, len(tokens.vocabulary), len(REFERENCES))


def _refer(tokens: TokenText, stretch: Stretch) -> tuple[ReferenceSurprise, ...]:
    indices, counts = _network_counts.get(tokens.digest, lambda: _network(tokens))
    rest = counts.without(indices, stretch.start, stretch.start + len(stretch) + 1)
    if not rest.total:
        return ()
    return surprise_of(rest, tokens.vocabulary.encode((*stretch.inputs, stretch.targets[-1])))


def surprise_of(counts: NgramCounts, read: list[int]) -> tuple[ReferenceSurprise, ...]:
    """What the models of these counts make of a text, from its second token on."""
    model = NgramModel(counts, (REFERENCE_EPSILON,) * len(REFERENCES))
    nats = surprise(model.probabilities_by_order(read)[:, 1:])
    return tuple(
        ReferenceSurprise(key, frozen(row), perplexity_of_surprise(row))
        for key, row in zip(REFERENCES, nats, strict=True)
    )


_network_counts: Bounded[tuple[NDArray[np.int64], NgramCounts]] = Bounded(
    MOST_BYTES // 2, lambda both: both[0].nbytes + bytes_of_counts(both[1])
)
_references: Bounded[tuple[ReferenceSurprise, ...]] = Bounded(256, lambda _: 1)
