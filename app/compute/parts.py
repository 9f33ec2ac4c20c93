"""Which tokens of a text a network learns from, and which judge it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.compute import reference_models
from app.compute.bounded import Bounded
from app.compute.texts import TokenText
from core.learning import compare_end, draw_pieces, piece_starts
from core.text import Split

Judge = Literal["end", "lines"]
SHARE = 0.1
"""of the text that judges"""
LEAST_TOKENS = 4
MOST_JUDGED = 20_000
"""tokens of validation text: more would only make each validation slower"""
MOST_BYTES = 128_000_000


@dataclass(frozen=True, eq=False)
class Parts:
    """A text cut in two.

    Attributes:
        train: indices to learn from, int64 (length,), in the order of the text.
        validation: indices that judge, int64 (length,), in the order of the text.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def parts(tokens: TokenText, judge: Judge, seed: int) -> Parts | None:
    """The two parts; None where a text has fewer than four tokens.

    Args:
        tokens: the text.
        judge: whether its end judges, or lines drawn from all over it.
        seed: of the draw.
    """
    if len(tokens.tokens) < LEAST_TOKENS:
        return None
    key = (tokens.digest, judge, seed if judge == "lines" else 0)
    return _parts.get(key, lambda: _cut(tokens, judge, seed))


def end_is_unlike(tokens: TokenText) -> bool:
    """Whether the end of the text is much harder to foresee than lines drawn from all over it."""
    return _unlike.get(tokens.digest, lambda: _compare(tokens))


def _compare(tokens: TokenText) -> bool:
    return compare_end(reference_models.in_vocabulary(tokens), tokens.vocabulary, SHARE).unlike


def _cut(tokens: TokenText, judge: Judge, seed: int) -> Parts:
    indices = reference_models.in_vocabulary(tokens)
    if judge == "end":
        split = Split.at_end(len(indices), SHARE)
        train, validation = (indices[slice(*part)] for part in (split.train, split.validation))
    else:
        starts = piece_starts(indices, tokens.vocabulary)
        drawn = draw_pieces(starts, len(indices), SHARE, seed)
        train, validation = indices[~drawn], indices[drawn]
    return Parts(train, validation[:MOST_JUDGED])


_parts: Bounded[Parts] = Bounded(
    MOST_BYTES, lambda both: both.train.nbytes + both.validation.nbytes
)
_unlike: Bounded[bool] = Bounded(512, lambda _: 1)
