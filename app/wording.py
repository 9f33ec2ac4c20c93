"""Sentences that say what a picture shows: made from its numbers, so that they are never untrue."""

import itertools
import math
from collections.abc import Sequence

from app.compute.counts import Perplexities
from app.theme import number, plural
from core.text import NgramModel

FEW = 200
"""tokens held back, below which a perplexity says little"""
_SAME = 1e-9  # relative difference of two perplexities that are the same


def by_order(found: Perplexities, vocabulary_size: int) -> str:
    """What the perplexities of the orders tell.

    Args:
        found: of training and validation.
        vocabulary_size: the perplexity of a blind guess.
    """
    first = "How to read it: perplexity is the effective number of choices, lower is better. "
    counted = f"On the {plural(found.tokens_train, 'token')} that were counted it "
    return first + counted + _trend(found.train) + ". " + _held_back(found, vocabulary_size)


def _trend(values: Sequence[float]) -> str:
    if any(math.isinf(value) for value in values):
        return "is infinite at some orders"
    steps = [after - before for before, after in itertools.pairwise(values)]
    if all(abs(step) <= _SAME * values[0] for step in steps):
        return "is the same at every order"
    if all(step <= _SAME * values[0] for step in steps):
        return "falls as the order grows"
    if all(step >= -_SAME * values[0] for step in steps):
        return "rises as the order grows: so much smoothing drowns the counts"
    return f"is lowest at order {_lowest(values)}"


def _held_back(found: Perplexities, vocabulary_size: int) -> str:
    values, tokens = found.validation, plural(found.tokens_validation, "token")
    if found.tokens_validation < FEW:
        return f"Only {tokens} could be judged by: too few to tell orders apart."
    if all(math.isinf(value) for value in values):
        return (
            f"On the {tokens} held back it is infinite at every order: without smoothing one "
            "token that was never seen is enough."
        )
    if max(values) - min(values) <= _SAME * min(values):
        return f"On the {tokens} held back it is the same at every order."
    best = _lowest(values)
    lowest = values[best - 1]
    text = f"On the {tokens} held back order {best} forecasts best ({number(lowest)}"
    text += ", no better than a blind guess)" if lowest >= vocabulary_size else ")"
    overfits = values[-1] > lowest and found.train[-1] < found.train[best - 1]
    if overfits:
        text += (
            ": longer contexts were seen too rarely, and the few continuations seen take the "
            "probability from all others. The model learns its text by heart"
        )
    return text + "."


def _lowest(values: Sequence[float]) -> int:
    return min(range(len(values)), key=values.__getitem__) + 1


def guessed_from(order: int, used: int, followed: int) -> str:
    """What the next-token table rests on.

    Args:
        order: of the model.
        used: tokens of context it looked at.
        followed: how often the counted text holds them, with a token after.
    """
    if order == 1:
        source = "nothing: order 1 looks at no context"
    elif used == 0:
        source = "nothing, since the context is empty"
    else:
        source = f"the last {plural(used, 'token')} of the context, seen {plural(followed, 'time')}"
    return f"Guessed from {source}. In brackets how often each token came next."


def written_by(model: NgramModel, seed: int, length: int, blind: int, copied: int) -> str:
    """What to know about a sample.

    Args:
        model: that wrote it.
        seed: of the draws.
        length: tokens written.
        blind: those of them drawn after a context that was never seen.
        copied: the longest stretch that stands in the counted text.
    """
    text = f"Written by order {model.order} after the bar, seed {seed}. Its longest stretch copied "
    text += f"from the counted text: {plural(copied, 'token')}."
    if blind:
        guess = "single tokens" if model.backoff == "unigram" else "shorter contexts"
        text += (
            f" {blind:,} of {plural(length, 'token')} came after a context that was never seen: "
            f"there only {guess} guess."
        )
    return text


def read_as_unknown(unknown: int, tokens: int) -> str:
    """A warning where tokens are not named, else ""."""
    if not unknown:
        return ""
    share = number(100 * unknown / tokens, 2)
    return (
        f"{share} % of these tokens are read as <unk>, which is guessed but not named: perplexity "
        "looks better than it is, and cannot be compared with that of another vocabulary."
    )
