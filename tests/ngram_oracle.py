"""Independent, slow counting to hold `core.text` against: dictionaries of tuples, one by one."""

import math
from collections import Counter


def ngrams(tokens, n, first=0):
    """How often each n-gram that ends at place `first` or later occurs."""
    ends = range(max(n, first + 1), len(tokens) + 1)
    return Counter(tuple(tokens[end - n : end]) for end in ends)


def probability(pieces, context, token, size, epsilons, backoff):
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
        below = 1 / size
    elif backoff == "unigram":
        below = probability(pieces, (), token, size, epsilons[:1], backoff)
    else:
        below = probability(pieces, context[1:], token, size, epsilons[:-1], backoff)
    count = sum(ngrams(piece, n)[(*context, token)] for piece in pieces)
    followed = sum(
        number
        for piece in pieces
        for gram, number in ngrams(piece, n).items()
        if gram[:-1] == tuple(context)
    )
    epsilon = epsilons[n - 1]
    if math.isinf(epsilon) or followed + epsilon == 0:
        return below
    return (count + epsilon * below) / (followed + epsilon)
