"""What the surprise strip shows: plain arrays and words, checked once at the boundary."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["KEPT", "MOST", "Guess", "SurpriseView"]

MOST = 500
"""tokens that can be shown"""
KEPT = 5
"""guesses shown for each token"""
CLOSE = 1e-6  # a probability may come as float32, its surprise as float64
Kind = Literal["character", "word"]
Guess = tuple[str, float]
"""a token and the probability the model gave it"""


@dataclass(frozen=True, eq=False)
class SurpriseView:
    """How surprised a model is by each token of a text.

    T tokens are shown (1 to 500). Places are 0-based here and in what the browser reports; the
    screen counts from 1.

    Attributes:
        identity: Changes whenever any content changes; appears as `data-painted` once drawn.
        tokens: T tokens as they stand in the text.
        surprise: float64 (T,), -log of the probability in nats; inf where the model held the token
            impossible, NaN where it made no guess (a first token without context).
        probability: float64 (T,), NaN in the same places; may be 0 where the surprise is finite
            but beyond what a float64 can hold.
        kind: "character" or "word" (words are set apart by spaces).
        vocabulary_size: V, at least 1: the number of tokens the model chooses among.
        perplexity: Of the model on its text, at least 1; inf, or NaN where nothing was guessed.
        bits_per_character: At least 0, may be inf; None where it is not known.
        model: The model in a few words ("trigram, ε = 1").
        guesses: For each token up to 5 guesses, best first.
        read: T tokens as the model reads them, where they differ: "<unk>" for one outside the
            vocabulary. None where they are `tokens`.
        cursor: Place at first mount, and whenever this value changes; kept inside the text.

    Raises:
        ValueError: These do not fit together.
    """

    identity: str
    tokens: tuple[str, ...]
    surprise: NDArray[np.float64]
    probability: NDArray[np.float64]
    kind: Kind
    vocabulary_size: int
    perplexity: float
    bits_per_character: float | None
    model: str
    guesses: tuple[tuple[Guess, ...], ...]
    read: tuple[str, ...] | None = None
    cursor: int = 0

    def __post_init__(self) -> None:
        """Refuse values that do not fit together, naming the argument."""
        if self.kind not in get_args(Kind):
            raise ValueError(f"`kind` (={self.kind!r}) must be 'character' or 'word'.")
        shown = len(self.tokens)
        if not 1 <= shown <= MOST:
            raise ValueError(f"`tokens` (of {shown}) must be 1 to {MOST}: show a shorter stretch.")
        if self.vocabulary_size < 1:
            raise ValueError(f"`vocabulary_size` (={self.vocabulary_size}) must be at least 1.")
        if self.perplexity < 1:
            raise ValueError(f"`perplexity` (={self.perplexity}) must be at least 1.")
        if self.bits_per_character is not None and not self.bits_per_character >= 0:
            raise ValueError(
                f"`bits_per_character` (={self.bits_per_character}) must be at least 0, or None."
            )
        for name in ("surprise", "probability"):
            if getattr(self, name).shape != (shown,):
                raise ValueError(
                    f"`{name}` (shape {getattr(self, name).shape}) must have shape {(shown,)}."
                )
        for name in ("guesses", "read"):
            given = getattr(self, name)
            if given is not None and len(given) != shown:
                raise ValueError(
                    f"`{name}` (of {len(given)}) must be as many as `tokens` ({shown})."
                )
        self._check_numbers()
        for place, guesses in enumerate(self.guesses):
            _check_guesses(place, guesses)

    def _check_numbers(self) -> None:
        with np.errstate(over="ignore"):
            wanted = np.exp(-np.asarray(self.surprise, np.float64))
        given = np.asarray(self.probability, np.float64)
        negative = np.asarray(self.surprise) < -CLOSE
        apart = ~np.isclose(given, wanted, rtol=CLOSE, atol=CLOSE, equal_nan=True)
        for place in np.flatnonzero(negative | apart)[:1]:
            raise ValueError(
                f"`surprise[{place}]` (={self.surprise[place]}) must be -log of "
                f"`probability[{place}]` (={self.probability[place]}), at least 0 nats, and both "
                "NaN where nothing was guessed."
            )


def _check_guesses(place: int, guesses: tuple[Guess, ...]) -> None:
    chances = [chance for _, chance in guesses]
    if len(guesses) > KEPT:
        raise ValueError(f"`guesses[{place}]` (of {len(guesses)}) must be at most {KEPT}.")
    if not all(math.isfinite(chance) and 0 <= chance <= 1 + CLOSE for chance in chances):
        raise ValueError(f"`guesses[{place}]` (={chances}) must be probabilities, from 0 to 1.")
    if chances != sorted(chances, reverse=True):
        raise ValueError(f"`guesses[{place}]` (={chances}) must stand in order, the best first.")
