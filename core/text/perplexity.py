"""How surprised a model is, in nats, bits and numbers of choices."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import CoreError
from core.text.limits import require_integer

Numbers = Sequence[float] | NDArray[np.float64]


def surprise(probabilities: Numbers) -> NDArray[np.float64]:
    """-log p of each probability.

    Args:
        probabilities: That a model gave to what really came, any shape, each from 0 to 1.

    Returns:
        Nats, of the same shape; inf where p is 0.

    Raises:
        CoreError: A number is below 0, above 1 or none.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    wrong = given[~((given >= 0) & (given <= 1))]
    if wrong.size:
        raise CoreError(
            f"`probabilities` holds {float(wrong.flat[0])!r}, which must be between 0 and 1: give "
            "the probability of each token, not its logit or its loss."
        )
    with np.errstate(divide="ignore"):
        return -np.log(given) + 0.0  # a certain token is 0 nats, not -0


def perplexity(probabilities: Numbers) -> float:
    """The geometric mean of 1/p: among how many equally likely tokens the model chose, on average.

    1 when every token was foreseen (p = 1), V for a blind guess among V tokens (p = 1/V), inf as
    soon as one token that came was held impossible (p = 0).

    Args:
        probabilities: That a model gave to each token that really came; at least one.

    Returns:
        exp of the mean of -log p, at least 1; inf also where it is beyond the largest float.

    Raises:
        CoreError: There is none, or a number is below 0, above 1 or no number.

    Source: Jelinek et al., "Perplexity: a measure of the difficulty of speech recognition tasks",
        1977; Dive into Deep Learning, section 9.3.
    """
    return perplexity_of_surprise(surprise(probabilities))


def perplexity_of_surprise(nats: Numbers) -> float:
    """The perplexity of tokens whose surprise is known: exact also where p itself underflows.

    Args:
        nats: -log p of each token, at least 0; at least one.

    Returns:
        exp of their mean.

    Raises:
        CoreError: There is none, or a number is below 0 or none.
    """
    mean = _mean("nats", nats)
    return math.exp(mean) if mean < math.log(np.finfo(np.float64).max) else math.inf


def bits_per_character(nats: Numbers, characters: int) -> float:
    """How many bits a model needs for each character of a text: comparable across tokens.

    Args:
        nats: -log p of each token, at least 0; at least one.
        characters: How many characters the tokens stand for, at least 1: as many as tokens where
            a token is a character, the length of the words and the spaces between them for words.

    Returns:
        The sum of the surprises in bits, divided by `characters`; inf where one is inf.

    Raises:
        CoreError: There is no token, a number is below 0 or none, or `characters` is below 1.
    """
    characters = require_integer("characters", characters, 1)
    mean = _mean("nats", nats)
    return mean * np.size(nats) / math.log(2) / characters


def _mean(name: str, numbers: Numbers) -> float:
    given = np.asarray(numbers, dtype=np.float64)
    if given.size == 0:
        raise CoreError(f"`{name}` (of 0 tokens) must hold at least one token.")
    wrong = given[~(given >= 0)]
    if wrong.size:
        raise CoreError(f"`{name}` holds {float(wrong.flat[0])!r}, which must be at least 0.")
    # The mean of numbers near the largest float overflows where their quotients do not.
    return float(np.sum(given / given.size))
