"""The unrolled network around the cursor: tokens below, states between, guesses above."""

import numpy as np

from app.digits import probability, rounded
from app.exports.axis import Piece
from app.exports.colours import CURSOR, FAINT, GROUND, MUTED, TEXT, WEIGHTS, painted
from app.exports.png import png
from app.exports.screen import Contents
from app.exports.svg import SMALL, WIDTH, box, fitted, image, line, safe, tag, text
from core.analysis import LayerReading

_STEPS = 7
_EDGE = 56.0
_BOX, _STATE, _LEVEL = 40.0, 64.0, 104.0
_TOP = 96.0
_ROOM = 104.0


def unrolled(of: Contents) -> Piece:
    """Up to seven steps; each state's units are a column of colours."""
    steps = len(of.view.inputs)
    first = min(max(of.view.cursor - _STEPS // 2, 0), max(steps - _STEPS, 0))
    window = range(first, min(first + _STEPS, steps))
    levels = max(layer.layer for layer in of.reading.layers) + 1
    ground = _TOP + levels * _LEVEL
    both = any(layer.reverse for layer in of.reading.layers)
    edges, nodes = [], []
    for t in window:
        edges.append(_edges(of, t, window, levels))
        x = _column(t, window)
        nodes.append(_token(of, t, x, ground))
        nodes += [_state(of, layer, t, x, levels) for layer in of.reading.layers]
        nodes.append(_guesses(of, t, x))
    x = _column(of.view.cursor, window)
    frame = box(x - _ROOM / 2 - 4, 2, _ROOM + 8, ground + 44, "none", stroke=CURSOR,
                stroke_width=2, rx=6)  # fmt: skip
    largest = max(1.0, _largest(of)) if of.view.cell == "rnn_relu" else 1.0
    how = (
        f"Each column is one step, from {window[0] + 1} to {window[-1] + 1}; below the token it "
        "reads, above its likeliest next tokens with their probabilities (✓: the one that came). "
        "Arrows of one colour are one and the same weights: blue W_xh, orange W_hh, green W_hq. "
        f"A column of colours is a state, a row a unit: blue −{rounded(largest)}, white 0, "
        f"orange {rounded(largest)}."
        + (" In each layer the left state reads forwards, the right one backwards." if both else "")
    )
    markup = _arrowheads() + "".join(edges) + frame + "".join(nodes)
    return Piece("The network unrolled around the cursor", how, markup, ground + 54)


def _largest(of: Contents) -> float:
    sizes = [np.abs(layer.hidden[np.isfinite(layer.hidden)]).max(initial=0.0)
             for layer in of.reading.layers]  # fmt: skip
    return float(max(sizes))


def _column(t: int, window: range) -> float:
    room = (WIDTH - 2 * _EDGE) / len(window)
    return _EDGE + (t - window[0] + 0.5) * room


def _place(layer: LayerReading, x: float, levels: int, both: bool) -> tuple[float, float]:
    """The middle of a state's box: the two directions of a layer stand side by side."""
    shift = (26 if layer.reverse else -26) if both else 0
    return x + shift, _TOP + (levels - 1 - layer.layer) * _LEVEL + _STATE / 2


def _edges(of: Contents, t: int, window: range, levels: int) -> str:
    """What enters the states of one step, and what leaves the highest of them."""
    both = any(layer.reverse for layer in of.reading.layers)
    x, parts = _column(t, window), []
    for layer in of.reading.layers:
        at_x, at_y = _place(layer, x, levels, both)
        below = [each for each in of.reading.layers if each.layer == layer.layer - 1]
        sources = [_place(each, x, levels, both) for each in below]
        starts = [(from_x, from_y - _STATE / 2) for from_x, from_y in sources]
        for start in starts or [(x, _TOP + levels * _LEVEL)]:
            parts.append(_arrow(*start, at_x, at_y + _STATE / 2 + 3, "xh"))
        if layer.layer == levels - 1:
            parts.append(_arrow(at_x, at_y - _STATE / 2, x, _TOP - 15, "hq"))
        side = 1 if layer.reverse else -1
        lift = at_y + (16 if layer.reverse else -16 if both else 0)
        room = (WIDTH - 2 * _EDGE) / len(window)
        begins = len(of.view.inputs) - 1 if layer.reverse else 0
        if t != begins:
            far = at_x + side * (room - _BOX / 2)
            far = min(max(far, 4.0), WIDTH - 4.0)
            parts.append(_arrow(far, lift, at_x + side * (_BOX / 2 + 3), lift, "hh"))
    return "".join(parts)


def _arrow(x1: float, y1: float, x2: float, y2: float, weights: str) -> str:
    return line(x1, y1, x2, y2, WEIGHTS[weights], stroke_width=2,
                marker_end=f"url(#to-{weights})")  # fmt: skip


def _arrowheads() -> str:
    heads = [
        tag("marker", tag("path", d="M0 0 8 4 0 8z", fill=colour), id=f"to-{name}",
            viewBox="0 0 8 8", refX=7, refY=4, markerWidth=5, markerHeight=5, orient="auto")
        for name, colour in WEIGHTS.items()
    ]  # fmt: skip
    return tag("defs", *heads)


def _state(of: Contents, layer: LayerReading, t: int, x: float, levels: int) -> str:
    both = any(each.reverse for each in of.reading.layers)
    at_x, at_y = _place(layer, x, levels, both)
    left, top = at_x - _BOX / 2, at_y - _STATE / 2
    most = max(1.0, _largest(of)) if of.view.cell == "rnn_relu" else 1.0
    rows = of.rows if layer.name == of.view.layer else np.arange(layer.hidden.shape[1])
    pixels = painted(layer.hidden[t][rows], -most, most, "states")[:, None]
    return (
        box(left, top, _BOX, _STATE, GROUND)
        + image(png(pixels), left, top, _BOX, _STATE)
        + box(left, top, _BOX, _STATE, "none", stroke=FAINT)
        + ("" if both else text("h", left + _BOX + 3, top + _STATE, SMALL, fill=MUTED))
    )


def _token(of: Contents, t: int, x: float, ground: float) -> str:
    return (
        box(x - 30, ground, 60, 24, GROUND, stroke=TEXT, rx=4)
        + fitted(of.view.inputs[t], x, ground + 17, 14, 54, fill=TEXT)
        + text(f"t = {t + 1}", x, ground + 39, SMALL, text_anchor="middle", fill=MUTED)
    )


def _guesses(of: Contents, t: int, x: float) -> str:
    """The three likeliest next tokens, best on top."""
    reading, parts = of.reading, []
    truth = of.screen.choices.source.tokens.vocabulary.encode([of.tokens[t + 1]])[0]
    for place in range(min(3, reading.top.shape[1])):
        y = 22.0 + 20 * place
        index = int(reading.top[t, place])
        p = float(reading.top_probability[t, place])
        mark = "✓" if index == truth else ""
        left = x - _ROOM / 2
        share = min(max(p, 0.0), 1.0) if np.isfinite(p) else 0.0
        parts += [
            box(left, y - 14, _ROOM * share, 18, "#cfe9df"),
            fitted(of.view.vocabulary[index], left + 19, y, SMALL, 36, fill=TEXT),
            text(safe(probability(p)), left + _ROOM - 16, y, SMALL, text_anchor="end", fill=TEXT),
            text(mark, left + _ROOM - 1, y, SMALL, text_anchor="end", fill=TEXT),
        ]
    return "".join(parts)
