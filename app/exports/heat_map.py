"""Units x time: one lane as an image with its axis."""

import numpy as np

from app.digits import brief
from app.exports.axis import Piece, TimeAxis, ramp
from app.exports.colours import FAINT, MUTED, TABLES, css
from app.exports.png import lane_png, lane_scale
from app.exports.screen import Contents
from app.exports.svg import LEFT, RIGHT, SMALL, box, image, safe, text

_TOP, _TALL = 24.0, 190.0


def heat_map(of: Contents) -> Piece:
    """The lane that is shown: each pixel one unit at one step."""
    view = of.view
    lane = next(each for each in view.lanes if each.key == view.lane)
    table, low, high = lane_scale(of, lane.key)
    axis = TimeAxis(len(view.inputs))
    shades = [css(TABLES[table][k]) for k in range(0, 256, 16)]
    first, last = int(of.rows[0]) + 1, int(of.rows[-1]) + 1
    parts = [
        ramp(shades, 730, 14, brief(low), brief(high)),
        image(lane_png(of, lane.key), LEFT, _TOP, RIGHT - LEFT, _TALL),
        box(LEFT, _TOP, RIGHT - LEFT, _TALL, "none", stroke=FAINT),
        text(f"unit {first}", LEFT - 6, _TOP + 11, SMALL, text_anchor="end", fill=MUTED),
        axis.cursor(view.cursor, _TOP - 1, _TALL + 2),
        axis.labels(_TOP + _TALL + 16),
    ]
    if last != first:
        parts.append(
            text(str(last), LEFT - 6, _TOP + _TALL - 2, SMALL, text_anchor="end", fill=MUTED)
        )
    odd = int(np.isnan(lane.values).sum())
    how = (
        "Row: unit"
        + (", alike ones side by side" if view.order == "similarity" else "")
        + ". Column: step. Colour: the value, on the scale above the picture."
        + (f" Grey: not a number ({odd})." if odd else "")
    )
    layer = next(each["label"] for each in view.layers if each["name"] == view.layer)
    where = f", {layer}" if len(view.layers) > 1 else ""
    title = f"{lane.label[:1].upper()}{lane.label[1:]}{where}"
    return Piece(safe(title), how, "".join(parts), _TOP + _TALL + 24)
