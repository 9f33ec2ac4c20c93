"""Rank and frequency of n-grams on log axes, with a range of ranks that can be dragged.

    from app.components.zipf import Curve, Fit, ZipfView, zipf
    zipf(ZipfView(...), key="zipf")

It knows nothing of torch or of core: it receives plain arrays and draws them. What it reports is
the range; the fits for it must come from Python.
"""

from collections.abc import Callable
from pathlib import Path

from app.components.mounting import hears, made
from app.components.zipf.pack import pack
from app.components.zipf.view import ESTIMATORS, MOST_POINTS, Curve, Fit, ZipfView

__all__ = ["ESTIMATORS", "MOST_POINTS", "Curve", "Fit", "ZipfView", "zipf"]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "zipf.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/format.js",
    "../shared/signs.js",
    "../shared/colours.js",
    "../shared/dom.js",
    "../shared/cursor.js",
    "../shared/lifecycle.js",
    "../shared/tokens.js",
    "../shared/words.js",
    "scales.js",
    "points.js",
    "skeleton.js",
    "plot.js",
    "legend.js",
    "range.js",
    "reading.js",
    "main.js",
)

_MOUNT = made(FOLDER, STYLES, MODULES)


def zipf(view: ZipfView, *, key: str, on_range: Callable[[], None] | None = None) -> None:
    """Show the plot.

    The handles move in the browser alone. Python is told at most every 250 ms while one is
    dragged, and once it rests; until the fits of that range have come, the numbers in the legend
    are "…". What the user chose stays until Python sends a *different* range than it sent before
    (and not just the echo of what the user chose), so a page passes back the range, with the
    fits of that range.

    Args:
        view: What to show.
        key: Streamlit's key; the component keeps the range as long as the key stays.
        on_range: Called when another range was chosen.

    Reports (see `mounting`):
        `range`: [low, high], the ranks as last chosen by the user.
    """
    _MOUNT(key=key, data=pack(view), **hears(range=on_range))
