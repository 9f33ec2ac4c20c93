"""What the Text page's components draw."""

import hashlib
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from app.components.stages import Piece, StagesView
from app.components.surprise import SurpriseView
from app.components.windows import Row, WindowsView
from app.components.zipf import Curve, Fit, ZipfView
from app.compute.counts import Indexed, Ranks
from app.sidebar.counting import WindowChoices
from app.sidebar.labels import SCHEMES
from app.sidebar.source import Source
from core.errors import CoreError
from core.text import (
    MAX_STEPS,
    Estimator,
    NgramModel,
    Stages,
    Windows,
    bits_per_character,
    fit_zipf,
    join_tokens,
    perplexity_of_surprise,
    random_offset,
)

ESTIMATORS: tuple[Estimator, ...] = ("least squares", "maximum likelihood")
KEPT = 5
"""guesses shown for each token"""
MOST_SHOWN = 120
"""tokens in the picture of the windows"""
OFFSETS = 5


def kind_of(source: Source) -> Literal["character", "word"]:
    """What one token is on screen: "word" or "character"."""
    return "word" if source.scheme == "words" else "character"


def stages_view(source: Source, text: Indexed) -> StagesView:
    """The stretch as raw text, cleaned text, tokens and indices."""
    start, shown = source.stretch.start, len(source.stretch)
    if start + shown + 1 == len(text.indices):
        shown = min(shown + 1, MAX_STEPS)  # the last token is read by nobody, but it is there
    stages = Stages.of(source.text.text, source.scheme, start, shown)
    return StagesView(
        identity=identity_of(source.tokens.digest, text.vocabulary.digest, start, shown),
        scheme_label=SCHEMES[source.scheme],
        raw=tuple(Piece(piece.text, piece.token) for piece in stages.raw),
        cleaned=tuple(Piece(piece.text, piece.token) for piece in stages.cleaned),
        tokens=stages.tokens,
        indices=stages.indices(text.vocabulary),
        unknown=text.vocabulary.unknown,
        vocabulary=text.vocabulary.tokens,
        counts=tuple(text.occurs.tolist()),
        total=len(text.indices),
        start=start,
        kind=kind_of(source),
    )


def zipf_view(source: Source, ranks: Sequence[Ranks], low: int, high: int) -> ZipfView:
    """The ranks of 1-, 2- and 3-grams with the lines through a range of them."""
    curves = tuple(
        Curve(
            label=f"{each.order}-grams",
            order=each.order - 1,
            ranks=each.drawn,
            counts=each.frequencies[each.drawn - 1],
            examples=each.examples,
            distinct=len(each.frequencies),
            fits=tuple(_fit(each, low, high, estimator) for estimator in ESTIMATORS),
        )
        for each in ranks
    )
    identity = identity_of(source.tokens.digest)
    return ZipfView(
        identity=identity,
        fit_identity=f"{identity}:{low}:{high}",
        curves=curves,
        low=low,
        high=high,
        kind=kind_of(source),
    )


def _fit(ranks: Ranks, low: int, high: int, estimator: Estimator) -> Fit:
    try:
        fit = fit_zipf(ranks.frequencies, low, high, estimator)
    except CoreError:
        return Fit(
            estimator, math.nan, math.nan, low, high, "fewer than two ranks are in the range"
        )
    return Fit(estimator, fit.exponent, fit.log_intercept, fit.low, fit.high)


def surprise_view(
    source: Source,
    model: NgramModel,
    text: Indexed,
    shown: Sequence[str],
    label: str,
    cursor: int,
) -> SurpriseView:
    """The surprise of some tokens under a model, each with the likeliest tokens in its place."""
    vocabulary = text.vocabulary
    indices = vocabulary.encode(shown)
    nats = model.surprise(indices)
    named = all(token in vocabulary for token in shown)
    characters = len(join_tokens(shown, source.scheme)) if source.scheme == "words" else len(shown)
    return SurpriseView(
        identity=identity_of(vocabulary.digest, source.tokens.digest, label, *shown),
        tokens=tuple(shown),
        surprise=nats,
        probability=np.exp(-nats),
        kind=kind_of(source),
        vocabulary_size=len(vocabulary),
        perplexity=perplexity_of_surprise(nats),
        bits_per_character=bits_per_character(nats, characters) if named else None,
        model=label,
        guesses=tuple(_guesses(model, text, indices, t) for t in range(len(indices))),
        read=tuple(vocabulary.decode(indices)),
        cursor=min(cursor, len(indices) - 1),
    )


def _guesses(
    model: NgramModel, text: Indexed, indices: Sequence[int], t: int
) -> tuple[tuple[str, float], ...]:
    """The likeliest tokens at place t, best first; ties in the order of the vocabulary."""
    chances = model.distribution(indices[max(0, t - model.order + 1) : t])
    best = np.argsort(-chances, kind="stable")[:KEPT]
    return tuple((text.vocabulary.tokens[index], float(chances[index])) for index in best)


def windows_view(source: Source, choices: WindowChoices, chosen: tuple[int, int]) -> WindowsView:
    """How the text's beginning is cut.

    Raises:
        CoreError: if the text is too short for the windows asked for.
    """
    tokens, steps = source.tokens.tokens, choices.steps
    rows, drawn = {
        "disjoint": _disjoint_rows,
        "overlapping": _overlapping_rows,
        "consecutive": _consecutive_rows,
    }[choices.scheme](tokens, choices)
    return WindowsView(
        identity=identity_of(source.tokens.digest, choices),
        tokens=() if choices.scheme == "consecutive" else tokens[:drawn],
        steps=steps,
        scheme=choices.scheme,
        rows=rows,
        kind=kind_of(source),
        chosen=chosen,
    )


def offsets_of(choices: WindowChoices) -> list[int]:
    """Up to five offsets: all there are, or 0 and four that the seed draws."""
    if choices.steps <= OFFSETS:
        return list(range(choices.steps))
    drawn, seed = {0}, choices.seed
    while len(drawn) < OFFSETS:
        drawn.add(random_offset(choices.steps, seed))
        seed += 1
    return sorted(drawn)


def _disjoint_rows(tokens: Sequence[str], choices: WindowChoices) -> tuple[tuple[Row, ...], int]:
    steps = choices.steps
    drawn = min(len(tokens), _drawn(steps))
    Windows.disjoint(len(tokens), steps)  # says what is wrong if not even one fits
    own = random_offset(steps, choices.seed)
    rows = []
    for offset in offsets_of(choices):
        if len(tokens) < offset + steps + 1:
            continue
        starts = Windows.disjoint(len(tokens), steps, offset).starts
        end = int(starts[-1]) + steps
        edges = ((0, offset), (end, len(tokens)))
        rows.append(
            Row(
                label=f"offset {offset}",
                note=f"drawn by seed {choices.seed}" if offset == own else "",
                windows=tuple(
                    (int(s), int(s) + steps) for s in starts if _fits(int(s), steps, drawn)
                ),
                dropped=tuple((a, b) for a, b in edges if a < b and a < drawn),
            )
        )
    return tuple(rows), drawn


def _overlapping_rows(tokens: Sequence[str], choices: WindowChoices) -> tuple[tuple[Row, ...], int]:
    steps = choices.steps
    starts = Windows.overlapping(len(tokens), steps).starts[:12]
    drawn = min(len(tokens), MOST_SHOWN, steps + len(starts) + 2)
    rows = tuple(
        Row(label=f"window {n}", windows=((int(start), int(start) + steps),))
        for n, start in enumerate(starts, 1)
    )
    return rows, drawn


def _consecutive_rows(tokens: Sequence[str], choices: WindowChoices) -> tuple[tuple[Row, ...], int]:
    steps = choices.steps
    starts = Windows.consecutive(len(tokens), steps, choices.streams).starts
    drawn = _drawn(steps)
    rows = []
    for stream, column in enumerate(starts.T, 1):
        first = int(column[0])
        rows.append(
            Row(
                label=f"stream {stream}",
                note=f"from token {first + 1:,}",
                windows=tuple(
                    (int(s), int(s) + steps) for s in column if _fits(int(s) - first, steps, drawn)
                ),
                tokens=tuple(tokens[first : first + drawn]),
                first=first,
            )
        )
    return tuple(rows), drawn


def _drawn(steps: int) -> int:
    """How many tokens the picture shows: room for some windows and the target of the last."""
    return min(MOST_SHOWN, max(MOST_SHOWN // 2, 3 * steps) + 1)


def _fits(start: int, steps: int, drawn: int) -> bool:
    """Whether a window is shown: whole with its last target, or, if too long, at least begun."""
    return start + steps < drawn or (steps >= drawn - 1 and start < drawn)


def identity_of(*content: object) -> str:
    """A short name of what is drawn."""
    return hashlib.sha256("|".join(map(str, content)).encode()).hexdigest()[:16]
