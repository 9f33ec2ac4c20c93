"""The colours of the explorer in its light theme, for pictures that are drawn here.

The same numbers as in components/shared/colours.js, where their sources stand.
"""

import numpy as np
from numpy.typing import NDArray

VIRIDIS = ("#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70",
           "#7ad151", "#bddf26", "#fde725")  # fmt: skip
WEIGHTS = {"xh": "#0072b2", "hh": "#bd5300", "hq": "#007f5c"}
GRADIENT, CURSOR, NAN = "#b0528a", "#6a35d4", "#8d8d8d"
GROUND, TEXT, MUTED, FAINT, HAIR = "#ffffff", "#1b1f27", "#5a5f6b", "#b9bec8", "#e4e7ec"
_NEGATIVE, _POSITIVE = ("#084a82", "#2f86c6", "#a9cfec"), ("#fbcb9d", "#ec7f24", "#a84300")
_SURPRISE = ("#fffdf2", "#f6eba6", "#dba800")
_MAGNITUDE = ("#ecc9dd", "#cc79a7", "#8a3668")
LEVELS = 256


def _table(colours: tuple[str, ...]) -> NDArray[np.uint8]:
    """256 colours through the given ones, evenly spaced, and one for what is no number."""
    stops = np.array([[int(each[k : k + 2], 16) for k in (1, 3, 5)] for each in (*colours, NAN)])
    place = np.linspace(0, len(colours) - 1, LEVELS)
    steps = np.arange(len(colours))
    parts = [np.interp(place, steps, stops[:-1, part]) for part in range(3)]
    return np.vstack([np.round(np.stack(parts, -1)), stops[-1:]]).astype(np.uint8)


TABLES = {
    "states": _table((*_NEGATIVE, GROUND, *_POSITIVE)),
    "gates": _table(VIRIDIS),
    "surprise": _table((GROUND, *_SURPRISE)),
    "magnitude": _table((GROUND, *_MAGNITUDE)),
}
"""lookup tables, (257, 3), the last row for NaN"""


def painted(values: NDArray, low: float, high: float, table: str) -> NDArray[np.uint8]:
    """The colour of every value on [low, high], what lies outside at the end of the scale.

    Args:
        values: of any shape; NaN has a colour of its own.
        low: value of the first colour.
        high: of the last, above `low`.
        table: name of the colours.

    Returns:
        Red, green and blue, one axis more than `values`.
    """
    # Halves: a state as large as float64 holds does not overflow on the way.
    place = (np.clip(values, low, high) / 2 - low / 2) / (high / 2 - low / 2) * (LEVELS - 1)
    rows = np.where(np.isnan(place), LEVELS, np.floor(np.nan_to_num(place) + 0.5))
    return TABLES[table][rows.astype(np.int64)]


def css(colour: NDArray[np.uint8]) -> str:
    """Three numbers as #rrggbb."""
    return "#" + "".join(f"{part:02x}" for part in colour.tolist())


def ink(colour: NDArray[np.uint8]) -> str:
    """Black or white, whichever reads better on that colour."""
    lightness = float(np.array([0.299, 0.587, 0.114]) @ colour) / 255
    return "#111111" if lightness > 0.52 else "#ffffff"
