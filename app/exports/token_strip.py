"""The text as it was read, coloured as on screen."""

import math

from app.components.shared.signs import visible
from app.exports.axis import Piece, ramp
from app.exports.colours import CURSOR, FAINT, GROUND, HAIR, TABLES, TEXT, css, ink, painted
from app.exports.screen import Contents
from app.exports.strip_scales import strip_scale
from app.exports.svg import box, fitted, tag, width_of
from app.theme import plural

_SIZE, _ROW, _GAP = 14, 23, 4.0
_FIRST, _LAST, _WIDEST = 8.0, 952.0, 160.0
_LETTER = 10.5
"""px of a single sign at least"""


def token_strip(of: Contents) -> Piece:
    """Every token in a box, the one at the cursor framed."""
    scale = strip_scale(of)
    colours = painted(scale.values, *scale.ends, scale.table)
    parts, here = [], ""
    places = _places(of)
    for t, (x, y, wide) in enumerate(places):
        token, known = of.view.inputs[t], not math.isnan(scale.values[t])
        fill = css(colours[t]) if known else GROUND
        parts.append(box(x, y, wide, _ROW - 3, fill, stroke=HAIR if known else FAINT,
                         stroke_width=0.6))  # fmt: skip
        if token != " ":
            colour = ink(colours[t]) if known else TEXT
            parts.append(fitted(token, x + wide / 2, y + 15, _SIZE, wide - 1, fill=colour))
        if t == of.view.cursor:
            here = box(x, y, wide, _ROW - 3, "none", stroke=CURSOR, stroke_width=2.4)
    shades = [css(TABLES[scale.table][k]) for k in range(0, 256, 16)]
    letters = {} if of.view.kind == "word" else {"font_family": "ui-monospace, monospace"}
    markup = ramp(shades, 730, 16, *scale.labels) + tag("g", *parts, **letters) + here
    count = len(places)
    title = f"The {plural(count, 'token')} it read" if count > 1 else "The token it read"
    how = f"One box is one token as the network read it. {scale.how} The frame is the cursor."
    return Piece(title, how, markup, places[-1][1] + _ROW + 4)


def _places(of: Contents) -> list[tuple[float, float, float]]:
    """Left end, upper end and width of every token's box, line by line."""
    words = of.view.kind == "word"
    x, y, places = _FIRST, 28.0, []
    for token in of.view.inputs:
        room = width_of(visible(token), _SIZE) + (8 if words else 1)
        wide = min(max(room, _LETTER), _WIDEST)
        if x + wide > _LAST:
            x, y = _FIRST, y + _ROW
        places.append((x, y, wide))
        x += wide + (_GAP if words else 0)
    return places
