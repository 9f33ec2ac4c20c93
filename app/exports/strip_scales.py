"""What the colour of the text means: the choice made above it on screen."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.digits import brief, ten_to
from app.exports.gradient_line import gradient_decades
from app.exports.png import lane_scale
from app.exports.screen import Contents


@dataclass(frozen=True, eq=False)
class StripScale:
    """One number a token, and the scale of its colour.

    Attributes:
        values: (T,), NaN where there is none.
        table: name of the colours.
        ends: the values of the first and the last colour.
        labels: these in words.
        how: how to read it.
    """

    values: NDArray[np.float64]
    table: str
    ends: tuple[float, float]
    labels: tuple[str, str]
    how: str


def strip_scale(of: Contents) -> StripScale:
    """The scale that was chosen; surprise in place of the reach of a loss and of a change."""
    view = of.view
    if view.strip == "unit" or view.strip.startswith("mean:"):
        return _lane_scale(of)
    blind = math.log(max(len(view.vocabulary), 2))
    if view.strip == "gradient":
        span = gradient_decades(of)
        low, high = span or (0, 1)
        how = "Stronger colour: larger ‖∂L/∂h‖ at that token (log scale); no colour: no number."
        return StripScale(of.layer.gradient, "magnitude", (low, high),
                          (ten_to(low), ten_to(high)) if span else ("", ""), how)  # fmt: skip
    own = _by_token(of.reading.surprise)
    if view.strip == "difference" and view.references:
        last = view.references[-1]
        how = f"Blue: the network expected it more than the {last.label}; orange: less."
        labels = (f"−{blind:.1f}", f"{blind:.1f} nats")
        with np.errstate(invalid="ignore"):  # a token that both held impossible
            values = own - _by_token(last.surprise)
        return StripScale(values, "states", (-blind, blind), labels, how)
    most = 2 * blind
    how = "Stronger colour: less expected, −log p; the middle of the scale is a blind guess."
    for reference in view.references:
        if view.strip == f"reference:{reference.key}":
            own = _by_token(reference.surprise)
            how = f"By a {reference.label} {view.reference_note}. {how}"
    return StripScale(own, "surprise", (0.0, most), ("0", f"{most:.1f} nats"), how)


def _lane_scale(of: Contents) -> StripScale:
    """The lane of the unit that is followed, or a lane's mean over the units."""
    wanted = of.view.lane if of.view.strip == "unit" else of.view.strip.removeprefix("mean:")
    lane = next((each for each in of.view.lanes if each.key == wanted), of.view.lanes[0])
    table, low, high = lane_scale(of, lane.key)
    if of.view.strip == "unit":
        values = lane.values[:, of.unit]
        how = f"Colour: {lane.label} of unit {of.unit + 1}."
    else:
        values = lane.values.mean(1)
        how = f"Colour: {lane.label}, the mean of all {lane.values.shape[1]} units."
    return StripScale(values, table, (low, high), (brief(low), brief(high)), how)


def _by_token(surprise: NDArray[np.float64]) -> NDArray[np.float64]:
    """A token's surprise is that of the step before it: the first has none."""
    return np.concatenate([[math.nan], surprise[:-1]])
