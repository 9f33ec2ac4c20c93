"""Independent, slow counting to hold `core.text` against: dictionaries of tuples, one by one."""

import math
from collections import Counter
from fractions import Fraction


def ngrams(tokens, n, first=0):
    """How often each n-gram that ends at place `first` or later occurs."""
    ends = range(max(n, first + 1), len(tokens) + 1)
    return Counter(tuple(tokens[end - n : end]) for end in ends)


def exact(pieces, context, token, size, epsilons, backoff):
    """P(token | context) as in the class's docstring, counted over several separate texts.

    Args:
        pieces: texts; no n-gram reaches from one into another.
        context: tokens before, the last len(epsilons) - 1 at most.
        token: the one guessed.
        size: V.
        epsilons: one for each order, finite.
        backoff: "unigram" or "shorter".
    """
    n = len(context) + 1
    if n == 1:
        below = Fraction(1, size)
    elif backoff == "unigram":
        below = exact(pieces, (), token, size, epsilons[:1], backoff)
    else:
        below = exact(pieces, context[1:], token, size, epsilons[:-1], backoff)
    count = sum(ngrams(piece, n)[(*context, token)] for piece in pieces)
    followed = sum(
        number
        for piece in pieces
        for gram, number in ngrams(piece, n).items()
        if gram[:-1] == tuple(context)
    )
    if math.isinf(epsilons[n - 1]):
        return below
    epsilon = Fraction(epsilons[n - 1])
    return below if followed + epsilon == 0 else (count + epsilon * below) / (followed + epsilon)


def probability(*arguments) -> float:
    """The same, rounded once."""
    return float(exact(*arguments))
