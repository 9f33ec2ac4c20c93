"""Language models that only count: the next token from the few before it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import CoreError
from core.text.counts import NgramCounts
from core.text.limits import require_indices, require_integer
from core.text.perplexity import surprise

Backoff = Literal["unigram", "shorter"]
Indices = Sequence[int] | NDArray[np.integer]
MAX_SAMPLE = 10_000
_HEAPED = 4_000_000  # numbers kept while sampling: 32 MB


@dataclass(frozen=True, eq=False, slots=True)
class NgramModel:
    """A Laplace-smoothed n-gram language model of order 1 to 5.

    With n(...) the counts, V the size of the vocabulary, N the number of tokens counted, and
    epsilon_k the smoothing of the k-grams (in the chapter's recursion):

        P(x)       = (n(x) + epsilon_1 / V) / (N + epsilon_1)
        P(x | u)   = (n(u, x) + epsilon_k P'(x | u)) / (n(u .) + epsilon_k),  u of k - 1 tokens

    The chapter takes P' = P(x), the unigram, at every order (`backoff` "unigram"); "shorter" takes
    the model of one order less, P(x | u without its first token), which forecasts better where
    much is smoothed (characters from about epsilon = 10 on) and worse where little is. n(u .) is
    the number of times u has a token after it, so that the probabilities sum to 1 also for the
    context that ends the text, where the chapter's n(u) counts one too many.

    The limits are meant exactly: epsilon_k = 0 is maximum likelihood, n(u, x) / n(u .), and P'
    after a context that never occurs; epsilon_k = inf is P', and for the unigram uniform, 1 / V.

    Attributes:
        counts: Of the text learnt from, at least to the model's order.
        epsilons: (epsilon_1, ..., epsilon_n), each at least 0: their number n is the order.
        backoff: "unigram" or "shorter".

    Raises:
        CoreError: An attribute is out of range.

    Source: Dive into Deep Learning, section 9.3 (Laplace smoothing); the shorter kind is that of
        Jelinek and Mercer, 1980, with weights n(u .) / (n(u .) + epsilon_k).
    """

    counts: NgramCounts
    epsilons: tuple[float, ...]
    backoff: Backoff = "unigram"

    def __post_init__(self) -> None:
        if not isinstance(self.epsilons, tuple):
            raise CoreError(f"`epsilons` (={self.epsilons!r}) must be a tuple, one for each order.")
        require_integer("order", len(self.epsilons), 1, self.counts.order)
        if self.backoff not in get_args(Backoff):
            raise CoreError(
                f"`backoff` (={self.backoff!r}) must be one of {', '.join(get_args(Backoff))}."
            )
        for epsilon in self.epsilons:
            if not (isinstance(epsilon, int | float) and epsilon >= 0):
                raise CoreError(
                    f"`epsilons` holds {epsilon!r}, which must be at least 0 (inf is allowed)."
                )

    @property
    def order(self) -> int:
        """How long the n-grams are: one token guessed from order - 1 before it."""
        return len(self.epsilons)

    def distribution(self, context: Indices) -> NDArray[np.float64]:
        """What may come next.

        Args:
            context: The tokens before; only the last order - 1 count, fewer are used as they are.

        Returns:
            The probability of each index, (V,), summing to 1.

        Raises:
            CoreError: An index is out of range.
        """
        size = self.counts.vocabulary_size
        text = require_indices("context", context, size)
        used = text[max(0, len(text) - self.order + 1) :]
        unigram = guess = self._mix(np.full(size, 1 / size), np.empty(0, np.int64), 1)
        for n in range(2, len(used) + 2):
            below = unigram if self.backoff == "unigram" else guess
            guess = self._mix(below, used[len(used) - n + 1 :], n)
        return guess

    def probabilities(self, indices: Indices) -> NDArray[np.float64]:
        """The probability given to each token of a text, from the tokens before it in the text.

        Args:
            indices: (T,) in the model's vocabulary.

        Returns:
            (T,); the first tokens, with too few before them, are guessed from those there are.

        Raises:
            CoreError: An index is out of range.
        """
        return self.probabilities_by_order(indices)[-1]

    def probabilities_by_order(self, indices: Indices) -> NDArray[np.float64]:
        """The same for the models of all orders up to this one, with the first epsilons each.

        Args:
            indices: (T,) in the model's vocabulary.

        Returns:
            (order, T): row k - 1 is what the model of order k gives each token. Some 140 bytes
            for each token are in use meanwhile at order 5.

        Raises:
            CoreError: An index is out of range.
        """
        size = self.counts.vocabulary_size
        text = require_indices("indices", indices, size)
        places = self.counts.places(text)
        guesses = np.empty((self.order, len(text)))
        below = np.full(len(text), 1 / size)
        for n, (level, place) in enumerate(
            zip(self.counts.levels[: self.order], places, strict=False), 1
        ):
            seen = _at(level.counts, place)
            if n == 1:
                context = np.full(len(text), self.counts.total)
            else:
                before = np.concatenate([np.full(min(1, len(text)), -1), places[n - 2][:-1]])
                context = _at(level.followed, before)
            guess = _smoothed(seen, context, self.epsilons[n - 1], below)
            if n > 1:
                guess[: n - 1] = guesses[n - 2, : n - 1]
            guesses[n - 1] = guess
            below = guesses[0] if self.backoff == "unigram" else guess
        return guesses

    def surprise(self, indices: Indices) -> NDArray[np.float64]:
        """-log p of each token of a text.

        Args:
            indices: (T,) in the model's vocabulary.

        Returns:
            Nats, (T,); inf where the model holds a token impossible.

        Raises:
            CoreError: An index is out of range.
        """
        return surprise(self.probabilities(indices))

    def sample(self, context: Indices, length: int, seed: int) -> list[int]:
        """Writes on, each token drawn from the distribution after those before it.

        Args:
            context: What to continue; may be empty.
            length: How many tokens to write, 1 to 10,000.
            seed: Of the torch.Generator that draws; the same seed writes the same.

        Returns:
            The new tokens' indices. Nothing impossible is ever drawn.

        Raises:
            CoreError: An index, the length or the seed is out of range.
        """
        length = require_integer("length", length, 1, MAX_SAMPLE)
        seed = require_integer("seed", seed, 0, 2**53 - 1)
        text = require_indices("context", context, self.counts.vocabulary_size).tolist()
        given, heaps = len(text), {}
        draws = torch.rand(length, generator=torch.Generator().manual_seed(seed),
                           dtype=torch.float64).tolist()  # fmt: skip
        for draw in draws:
            used = tuple(text[max(0, len(text) - self.order + 1) :])
            if used not in heaps:
                # Contexts come again and again; a few thousand of them are kept.
                if len(heaps) * self.counts.vocabulary_size > _HEAPED:
                    heaps.clear()
                heaps[used] = np.cumsum(self.distribution(used))
            heaped = heaps[used]
            text.append(int(np.searchsorted(heaped, draw * heaped[-1], side="right")))
        return text[given:]

    def _mix(
        self, below: NDArray[np.float64], context: NDArray[np.int64], n: int
    ) -> NDArray[np.float64]:
        """The distribution of order n after a context of n - 1 tokens."""
        tokens, counts, followed = self.counts.continuations(context)
        seen = np.zeros(len(below))
        seen[tokens] = counts
        return _smoothed(seen, followed, self.epsilons[n - 1], below)


def _at(values: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The values at places, 0 where a place is -1."""
    if not len(values):
        return np.zeros(len(places), np.int64)
    return np.where(places < 0, 0, values[places])


def _smoothed(
    seen: NDArray[np.number], context: NDArray[np.number] | int, epsilon: float, below: NDArray
) -> NDArray[np.float64]:
    """(n(u, x) + epsilon below) / (n(u .) + epsilon), and its limits."""
    if math.isinf(epsilon):
        return below.copy()
    whole = np.asarray(context + epsilon, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Two quotients: epsilon * below may underflow, and their sum is exact at both limits.
        mixed = seen / whole + below * (epsilon / whole)
    # Rounding may end one step above 1.
    return np.minimum(np.where(whole > 0, mixed, below), 1.0)
