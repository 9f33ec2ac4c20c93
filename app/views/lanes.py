"""From readings of several networks to their lanes: the same numbers in the screen's words."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.components.explorer import Lane
from app.components.lanes import LaneNetwork, LanesView
from app.components.shared.decades import decades as whole_decades
from app.compute.networks import Network
from app.theme import CELL_COLOURS, verdict_text
from app.views.explorer import Choices, lane_keys, lanes_of, shown
from core.analysis import LayerReading, Reading
from core.models import CellName, LossAt

Named = tuple[str, Network, Reading]
"""a network's name on screen, itself, and what it made of the text"""
CARRY = ("carry", "carry gate f/z")
"""the gate that keeps what was: f of an LSTM, z of a GRU; a quantity where both kinds are shown"""
_CARRIES = {"lstm": "forget", "gru": "update"}
_HOW = (
    "How to read it: one lane is one network, a row one of its units, a column one step; a row "
    "that keeps its colour holds a value over many steps. Of the curves, the further left one "
    "stays high, the further back the loss reaches."
)
_LAST = "loss at the last step"


def quantity_keys(cells: Sequence[CellName]) -> tuple[str, ...]:
    """The keys of the quantities that all of these cells have, the hidden state first."""
    first, *others = cells
    common = [key for key in lane_keys(first) if all(key in lane_keys(each) for each in others)]
    carry = [CARRY[0]] if set(cells) == set(_CARRIES) else []
    return (*common, *carry)


def highest_layer(reading: Reading) -> LayerReading:
    """The highest layer that reads forward: the last loss reaches a reverse one in one step."""
    return next(layer for layer in reversed(reading.layers) if not layer.reverse)


def lanes_view(
    choices: Choices,
    named: Sequence[Named],
    cursor: int,
    order: str = "index",
    quantity: str = "h",
    pair: tuple[str, ...] = (),
    similarities: Sequence[NDArray[np.integer]] | None = None,
    link: str = "",
) -> LanesView:
    """The lanes of two or three networks that read the stretch of `choices`.

    Args:
        choices: what is read, and where the loss is.
        named: the networks, each with its reading of that stretch.
        cursor: 0-based step.
        order: "similarity"; any other is by index.
        quantity: key of what the lanes show; one that not all networks have shows h.
        pair: keys ("n0" to "n2") of the networks whose surprise is compared; what does not fit
            compares the first two.
        similarities: the units of each network's highest layer, (H,), ordered by similarity.
        link: names what shares the cursor; "" for nothing.
    """
    stretch, tokens = choices.source.stretch, choices.source.tokens
    cells = [network.spec.cell for _, network, _ in named]
    quantities = _quantities(named)
    kept = quantity if quantity in dict(quantities) else "h"
    rows = similarities or [None] * len(named)
    networks = tuple(
        _network(place, each, kept, rows[place], tokens.vocabulary.tokens)
        for place, each in enumerate(named)
    )
    keys = [network.key for network in networks]
    fits = len(pair) == 2 and pair[0] != pair[1] and set(pair) <= set(keys)
    content = [(name, network.digest) for name, network, _ in named]
    asked = (tokens.digest, stretch.start, len(stretch), choices.at, kept, cells)
    return LanesView(
        identity=hashlib.sha256(repr((content, asked)).encode()).hexdigest()[:16],
        inputs=shown(choices.source.as_read.inputs),
        targets=shown(choices.source.as_read.targets),
        kind="word" if choices.source.scheme == "words" else "character",
        start=stretch.start,
        vocabulary_size=len(tokens.vocabulary.tokens),
        networks=networks,
        quantity=kept,
        quantities=quantities,
        decades=decades([network.gradient for network in networks]),
        note=f"Highest layer of each network; gradient of the {_loss(choices.at)}.",
        how=_HOW,
        cursor=cursor,
        order="similarity" if order == "similarity" else "index",
        pair=pair if fits else (),
        link=link,
    )


def _loss(at: LossAt) -> str:
    if at == "last":
        return _LAST
    which = "losses of all steps" if at == "mean" else f"loss at step {at + 1} alone"
    return f"{which}, verdicts on the {_LAST} alone"


def decades(gradients: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """The axis of all curves together; where no value is finite, from 0.01 to 1.

    Args:
        gradients: log10 of norms, NaN where there is none.
    """
    return whole_decades(np.concatenate(gradients)) or (-2.0, 0.0)


def _quantities(named: Sequence[Named]) -> tuple[tuple[str, str], ...]:
    _, network, reading = named[0]
    lanes = lanes_of(network.spec.cell, highest_layer(reading))
    labels = {lane.key: lane.label for lane in lanes} | dict([CARRY])
    return tuple((key, labels[key]) for key in quantity_keys([n.spec.cell for _, n, _ in named]))


@np.errstate(over="ignore")  # a perplexity may be too large for a float: it shows as infinite
def _network(
    place: int,
    named: Named,
    quantity: str,
    similarity: NDArray[np.integer] | None,
    vocabulary: tuple[str, ...],
) -> LaneNetwork:
    name, network, reading = named
    layer = highest_layer(reading)
    lane = _lane(network.spec.cell, layer, quantity)
    return LaneNetwork(
        key=f"n{place}",
        name=name,
        colour=CELL_COLOURS[network.spec.cell],
        word=layer.verdict.word,
        verdict=verdict_text(layer.verdict),
        values=lane.values,
        scale=lane.scale,
        gradient=layer.gradient,
        flags=layer.status.astype(np.uint8),
        surprise=reading.surprise,
        perplexity=float(np.exp(reading.surprise.mean())),
        similarity=similarity,
        guesses=shown(tuple(vocabulary[index] for index in reading.top[:, 0])),
        guess_probability=reading.top_probability[:, 0].astype(np.float64),
    )


def _lane(cell: CellName, layer: LayerReading, quantity: str) -> Lane:
    key = _CARRIES[cell] if quantity == CARRY[0] else quantity
    return next(lane for lane in lanes_of(cell, layer) if lane.key == key)
