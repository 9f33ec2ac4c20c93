"""The reach picture: how far back in the text the loss of each step reaches.

from app.components.reach import ReachView, reach
reach(ReachView(...), key="reach")
"""

from collections.abc import Callable
from pathlib import Path

from app.components.mounting import hears, made
from app.components.reach.pack import EXACT, pack
from app.components.reach.view import MOST, Kind, ReachView, Scale

__all__ = ["EXACT", "MOST", "Kind", "ReachView", "Scale", "reach"]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "reach.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/format.js",
    "../shared/signs.js",
    "../shared/colours.js",
    "../shared/dom.js",
    "../shared/axis.js",
    "../shared/cursor.js",
    "../shared/lifecycle.js",
    "../shared/tokens.js",
    "../shared/words.js",
    "decode.js",
    "reading.js",
    "scale.js",
    "hatch.js",
    "skeleton.js",
    "legend.js",
    "strip.js",
    "pixels.js",
    "matrix.js",
    "overlay.js",
    "panel.js",
    "events.js",
    "main.js",
)

_MOUNT = made(FOLDER, STYLES, MODULES)


def reach(
    view: ReachView,
    *,
    key: str,
    on_cursor: Callable[[], None] | None = None,
    on_scale: Callable[[], None] | None = None,
) -> None:
    """Show the matrix of loss steps and earlier steps, linked to the text.

    The cursor moves in the browser alone; Python is told once it rests. What the user chose stays
    until Python sends a *different* value than it sent before (and not just the echo of the
    user's), so a page may pass back the cursor or a constant: neither fights the user.

    Args:
        view: What to show.
        key: Streamlit's key; the component keeps cursor and scale as long as the key stays.
        on_cursor: Called when the cursor came to rest on another loss step.
        on_scale: Called when the scale was switched (the browser has already drawn it).

    Reports (see `mounting`):
        `cursor`, the 0-based loss step, and `scale`, "absolute" or "relative".
    """
    _MOUNT(
        key=key,
        data=pack(view),
        **hears(cursor=on_cursor, scale=on_scale),
    )
