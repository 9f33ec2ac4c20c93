"""Sentences that say what a picture shows: made from its numbers, so that they are never untrue."""

import itertools
import math
from collections.abc import Sequence

from app.compute.counts import Perplexities
from app.digits import rounded
from app.theme import plural
from core.text import NgramModel

FEW = 200
"""tokens held back, below which a perplexity says little"""
_SAME = 1e-9  # relative difference of two perplexities that are the same
_ALIKE = 1e-3  # of two that are the same to a reader, who sees three digits


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
        # Without smoothing it never does.
        return "rises as the order grows: so much smoothing drowns the counts"
    best = _alike(values, min(values))
    return f"is lowest at order{'s' if len(best) > 1 else ''} " + (
        _listed(best) if len(best) > 1 else str(best[0])
    )


def _held_back(found: Perplexities, vocabulary_size: int) -> str:
    values, tokens = found.validation, plural(found.tokens_validation, "token")
    if found.tokens_validation < FEW:
        return f"Only {tokens} could be judged by: too few to tell orders apart."
    if all(math.isinf(value) for value in values):
        unseen = 0 if found.lost is None else found.lost.unseen
        enough = f"{unseen:,} of these {'was' if unseen == 1 else 'were'} never counted"
        return (
            f"On the {tokens} held back it is infinite at every order: without smoothing a token "
            f"that was never counted is held impossible, and {enough if unseen else 'one does'}."
        )
    if max(values) - min(values) <= _SAME * min(values):
        return f"On the {tokens} held back it is the same at every order."
    lowest = min(values)
    best = _alike(values, lowest)
    which = f"order {best[0]} forecasts best"
    if len(best) > 1:
        which = f"orders {_listed(best)} forecast best, all alike"
    text = f"On the {tokens} held back {which} ({rounded(lowest)}"
    text += ", no better than a blind guess)" if lowest >= vocabulary_size else ")"
    if len(values) not in best:
        text += _why_worse(found, best[-1])
    return text + "."


def _why_worse(found: Perplexities, best: int) -> str:
    """What makes the highest order forecast worse, from where it loses."""
    words, highest = "", len(found.validation)
    if found.lost is not None and found.lost.share > 0:
        share = f"{100 * found.lost.share:.0f}"
        words = f". Order {highest} loses most ({share} %) at {_PLACES[found.lost.kind]}"
        if found.lost.endless:
            words = (
                f". Order {highest} holds some tokens impossible, most ({share} %) of them at "
                f"{_PLACES[found.lost.kind]}"
            )
    if found.train[-1] < found.train[best - 1] * (1 - _ALIKE):
        words += f". It knows what it counted better than order {best}, and new text worse: it has "
        words += "learnt by heart"
    return words


_PLACES = {
    "token": "tokens that the counted text does not have at all",
    "context": "tokens whose context was never counted",
    "continuation": "tokens whose context was counted, but never with this token after it: the "
    "few continuations seen have taken the probability",
    "counted": "tokens that were counted after this very context too",
}


def _alike(values: Sequence[float], lowest: float) -> list[int]:
    """The orders whose perplexity is the lowest, as far as three digits show."""
    return [order for order, value in enumerate(values, 1) if value <= lowest * (1 + _ALIKE)]


def _listed(orders: Sequence[int]) -> str:
    *rest, last = map(str, orders)
    return f"{', '.join(rest)} and {last}"


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


def counted_of(start: int, shown: int, counted: int) -> str:
    """How much of a stretch the model has counted.

    Args:
        start: its first token's place in the text, from 0.
        shown: how many tokens it has.
        counted: tokens of the text that were counted, from its beginning.
    """
    known = min(max(counted - start, 0), shown)
    if not known:
        return "the model was not counted on it. "
    what = "it" if known == shown else f"the first {plural(known, 'token')} of it"
    return f"the model was counted on {what}, so there this is not a forecast. "


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
    share = rounded(100 * unknown / tokens, 2)
    return (
        f"{share} % of these tokens are read as <unk>, which is guessed but not named: perplexity "
        "looks better than it is, and cannot be compared with that of another vocabulary."
    )
