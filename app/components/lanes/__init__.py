"""Two or three networks on one text: their states in stacked lanes, their gradients on one axis.

    from app.components.lanes import LaneNetwork, LanesView, lanes
    lanes(LanesView(...), key="lanes")

It knows nothing of torch or of core: it receives plain arrays and draws them. Its sizes are the
explorer's, so that the steps of one stand under those of the other.
"""

from collections.abc import Callable
from pathlib import Path

from app.components.lanes.pack import pack
from app.components.lanes.view import MOST_NETWORKS, LaneNetwork, LanesView
from app.components.mounting import hears, made

__all__ = ["MOST_NETWORKS", "LaneNetwork", "LanesView", "lanes"]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "../shared/strip.css", "lanes.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/format.js",
    "../shared/signs.js",
    "../shared/colours.js",
    "../shared/dom.js",
    "../shared/axis.js",
    "../shared/cursor.js",
    "../shared/lifecycle.js",
    "../shared/link.js",
    "../shared/scrub.js",
    "../shared/heat.js",
    "../shared/marker.js",
    "../shared/tokens.js",
    "../shared/words.js",
    "../decay/decode.js",
    "../decay/flags.js",
    "../decay/ink.js",
    "../decay/plan.js",
    "networks.js",
    "room.js",
    "reading.js",
    "skeleton.js",
    "strip.js",
    "difference.js",
    "states.js",
    "curves.js",
    "table.js",
    "events.js",
    "main.js",
)

_MOUNT = made(FOLDER, STYLES, MODULES)


def lanes(
    view: LanesView,
    *,
    key: str,
    on_cursor: Callable[[], None] | None = None,
    on_quantity: Callable[[], None] | None = None,
    on_order: Callable[[], None] | None = None,
    on_pair: Callable[[], None] | None = None,
) -> None:
    """Show the lanes.

    The cursor moves in the browser alone, together with that of every component of the same
    `link`; Python is told once it rests where it was moved here. What the user chose stays until
    Python sends a *different* value than it sent before (and not just the echo of the user's).

    Args:
        view: What to show.
        key: Streamlit's key; cursor and choices stay as long as the key does.
        on_cursor: Called when the committed step changed.
        on_quantity: Called when another quantity was chosen: its values must come from Python.
        on_order: Called when the order of the units changed.
        on_pair: Called when other networks were chosen for the difference of surprise.

    Reports (see `mounting`):
        `cursor` (0-based step), `quantity` (key), `order` and `pair` (list of two keys) as last
        chosen by the user.
    """
    _MOUNT(
        key=key,
        data=pack(view),
        **hears(cursor=on_cursor, quantity=on_quantity, order=on_order, pair=on_pair),
    )
