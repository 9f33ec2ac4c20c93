"""How often every n-gram of a text occurs: the one table behind ranks, entropy and models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import CoreError
from core.text.limits import require_indices, require_integer

MAX_ORDER = 5
"""longest n-gram that is counted"""
_DENSE = 1 << 23  # so many possible keys are counted in a table (75 MB for a moment), not sorted


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """The n-grams of one length.

    An n-gram is known by its place in `keys`; its key is parent * V + token, where parent is the
    place of its first n - 1 tokens among the (n-1)-grams (0 for n = 1) and token its last index.
    So all that can follow a context stand side by side.

    Attributes:
        keys: int64 (U,), sorted, each once.
        counts: int64 (U,), how often each occurs.
        followed: int64, for each (n-1)-gram how often it occurs with a token after it: the sum of
            `counts` over its continuations; (1,) for n = 1, the number of tokens.
    """

    keys: NDArray[np.int64]
    counts: NDArray[np.int64]
    followed: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class NgramCounts:
    """The counts of all n-grams of orders 1 to `order`.

    Memory: 16 bytes for each different n-gram of each order, and 8 more for each context. While
    counting, up to 70 bytes for each token of the text, or 70 MB if that is more.

    Attributes:
        vocabulary_size: V, the number of indices.
        levels: One for each order, levels[n - 1] for the n-grams.

    Raises:
        CoreError: From the class methods, on arguments out of range.
    """

    vocabulary_size: int
    levels: tuple[Level, ...]

    @classmethod
    def of(
        cls,
        indices: Sequence[int] | NDArray[np.integer],
        vocabulary_size: int,
        order: int,
        first: int = 0,
    ) -> "NgramCounts":
        """Counts the n-grams of a text.

        Args:
            indices: The text, (T,), each from 0 to vocabulary_size - 1.
            vocabulary_size: V, at least 1.
            order: Longest n-gram, 1 to 5.
            first: n-grams that end before this place, from 0, are not counted; with order - 1
                all orders are counted on the same places.

        Returns:
            The counts; in a text shorter than an order there are no n-grams of it.

        Raises:
            CoreError: An index, the size, the order or `first` is out of range.
        """
        order = require_integer("order", order, 1, MAX_ORDER)
        first = require_integer("first", first, 0)
        text = require_indices("indices", indices, vocabulary_size)
        vocabulary_size = int(vocabulary_size)
        levels: list[Level] = []
        places = np.zeros(len(text) + 1, np.int64)  # of the (n-1)-gram before each token
        known = 1
        for n in range(1, order + 1):
            keys = places[:-1] * vocabulary_size + text[n - 1 :]
            found, places = _distinct(keys, known * vocabulary_size)
            counted = places[max(0, first - n + 1) :]
            counts = np.bincount(counted, minlength=len(found))
            levels.append(_level(found, counts, known, vocabulary_size))
            known = len(found)
        return cls(vocabulary_size, tuple(levels))

    @property
    def order(self) -> int:
        """The longest n-gram counted."""
        return len(self.levels)

    @property
    def total(self) -> int:
        """How many tokens were counted."""
        return int(self.levels[0].followed[0])

    def without(
        self, indices: Sequence[int] | NDArray[np.integer], start: int, stop: int
    ) -> "NgramCounts":
        """The counts of the text but for a stretch: of what stands before and what stands after.

        Args:
            indices: The same text that was counted, all of it (`first` = 0). That it is the same
                is noticed only by its length and near the stretch.
            start: Place of the stretch's first token.
            stop: Place after its last, at least `start`.

        Returns:
            Counts in which no n-gram touches the stretch; some counts may be 0.

        Raises:
            CoreError: `start` or `stop` is outside the text, or this is noticed to be another
                text, or not all of it was counted.
        """
        text = require_indices("indices", indices, self.vocabulary_size)
        stop = require_integer("stop", stop, 0, len(text))
        start = require_integer("start", start, 0, stop)
        before = max(0, start - self.order + 1)
        near = text[before : stop + self.order - 1]
        levels: list[Level] = []
        for n, (level, places) in enumerate(zip(self.levels, self.places(near), strict=True), 1):
            # Entry i of `places` ends at token before + i of the text.
            last = stop + n - 1 if stop > start else start
            touching = places[max(start, n - 1) - before : last - before]
            counts = level.counts - np.bincount(touching[touching >= 0], minlength=len(level.keys))
            if (touching < 0).any() or (counts < 0).any() or len(text) != self.total:
                raise CoreError(
                    f"`indices` (of {len(text)} tokens) must be the text that was counted "
                    f"({self.total} tokens were, which must be all of it: `first` = 0)."
                )
            levels.append(_level(level.keys, counts, len(level.followed), self.vocabulary_size))
        return NgramCounts(self.vocabulary_size, tuple(levels))

    def places(self, indices: Sequence[int] | NDArray[np.integer]) -> list[NDArray[np.int64]]:
        """Looks up the n-gram that ends at each token.

        Args:
            indices: Any text in the same vocabulary, (T,).

        Returns:
            For each order the place of the n-gram in the level's `keys`, (T,); -1 where it was
            not seen or where fewer than n tokens stand.

        Raises:
            CoreError: An index is out of range.
        """
        text = require_indices("indices", indices, self.vocabulary_size)
        found: list[NDArray[np.int64]] = []
        parents = np.zeros(len(text), np.int64)
        for level in self.levels:
            # A parent of -1 makes a key below 0, which is never found.
            place = _place_of(level.keys, parents * self.vocabulary_size + text)
            found.append(place)
            parents = np.concatenate([np.full(min(1, len(place)), -1), place[:-1]])
        return found

    def continuations(
        self, context: Sequence[int] | NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """What came after a context.

        Args:
            context: At most order - 1 indices.

        Returns:
            The indices seen after it, how often each, and the sum; empty and 0 if it was not seen.

        Raises:
            CoreError: The context is too long, or an index is out of range.
        """
        size = self.vocabulary_size
        text = require_indices("context", context, size)
        if len(text) >= self.order:
            raise CoreError(
                f"`context` (of {len(text)} tokens) must be shorter than the counted order "
                f"(={self.order})."
            )
        parent = int(self.places(text)[len(text) - 1][-1]) if len(text) else 0
        if parent < 0:
            return np.empty(0, np.int64), np.empty(0, np.int64), 0
        level = self.levels[len(text)]
        low, high = np.searchsorted(level.keys, [parent * size, (parent + 1) * size])
        counts = level.counts[low:high]
        return level.keys[low:high] % size, counts, int(level.followed[parent])

    def ngrams(self, order: int, places: NDArray[np.integer]) -> NDArray[np.int64]:
        """The n-grams at given places.

        Args:
            order: n, from 1 to the counted order.
            places: (M,) places in the level's `keys`.

        Returns:
            Their indices, (M, n), first token first.

        Raises:
            CoreError: `order` was not counted, or a place is none of its n-grams.
        """
        order = require_integer("order", order, 1, self.order)
        places = require_indices("places", places, max(1, len(self.levels[order - 1].keys)))
        rows = np.empty((len(places), order), np.int64)
        for column in range(order - 1, -1, -1):
            places, rows[:, column] = np.divmod(
                self.levels[column].keys[places], self.vocabulary_size
            )
        return rows

    def frequencies(self, order: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The n-grams of one order from the most frequent to the rarest.

        Args:
            order: n, from 1 to the counted order.

        Returns:
            Their places in the level's `keys`, ties in the order of their indices, and how often
            each occurs; those that never occur are left out.

        Raises:
            CoreError: `order` was not counted.
        """
        require_integer("order", order, 1, self.order)
        counts = self.levels[order - 1].counts
        places = np.argsort(-counts, kind="stable")
        places = places[: np.count_nonzero(counts)]
        return places, counts[places]


def entropy(counts: NDArray[np.integer]) -> float:
    """The entropy of the distribution that counts make.

    Args:
        counts: How often each thing occurs, at least 0; one of them above 0.

    Returns:
        -sum p log p in nats; its exp is the perplexity of guessing with these frequencies.

    Raises:
        CoreError: Nothing occurs.
    """
    seen = _occurring(counts)
    shares = seen / seen.sum()
    return float(-(shares * np.log(shares)).sum()) + 0.0


def share_seen_once(counts: NDArray[np.integer]) -> float:
    """The share of the different n-grams that occur exactly once.

    Args:
        counts: How often each occurs, at least 0; one of them above 0.

    Returns:
        From 0 to 1; 1 when none repeats.

    Raises:
        CoreError: Nothing occurs.
    """
    seen = _occurring(counts)
    return float(np.count_nonzero(seen == 1) / len(seen))


def _occurring(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """The counts above 0."""
    given = np.asarray(counts, np.float64).ravel()
    if not (np.isfinite(given) & (given >= 0)).all() or not (given > 0).any():
        raise CoreError(
            "`counts` must be finite numbers of at least 0, at least one of them above 0."
        )
    return given[given > 0]


def _level(keys: NDArray[np.int64], counts: NDArray[np.int64], parents: int, size: int) -> Level:
    followed = np.bincount(keys // size, weights=counts, minlength=parents).astype(np.int64)
    for array in (keys, counts, followed):
        array.flags.writeable = False
    return Level(keys, counts, followed)


def _distinct(
    keys: NDArray[np.int64], possible: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different keys, sorted, and for each key its place among them."""
    if possible > max(_DENSE, 2 * len(keys)):
        return np.unique(keys, return_inverse=True)
    occurs = np.zeros(possible, bool)
    occurs[keys] = True
    found = np.flatnonzero(occurs)
    place = np.empty(possible, np.int64)
    place[found] = np.arange(len(found))
    return found, place[keys]


def _place_of(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    if not len(keys):
        return np.full(len(wanted), -1)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, -1)
