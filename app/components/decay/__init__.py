"""Gradient norm against lag for one to three networks, with what theory predicts drawn over it.

    from app.components.decay import DecayNetwork, DecayPrediction, DecayView, decay
    decay(DecayView(...), key="decay")

Send the whole view again as often as it changes, under the same key: it is redrawn in place, the
cursor and what is switched off stay. It knows nothing of torch or of core.
"""

from collections.abc import Callable
from pathlib import Path

from app.components.decay.pack import pack
from app.components.decay.view import (
    MOST_LAGS,
    MOST_NETWORKS,
    MOST_PREDICTIONS,
    DecayNetwork,
    DecayPrediction,
    DecayView,
    Kind,
    Layout,
)
from app.components.mounting import hears, made

__all__ = [
    "MOST_LAGS",
    "MOST_NETWORKS",
    "MOST_PREDICTIONS",
    "DecayNetwork",
    "DecayPrediction",
    "DecayView",
    "Kind",
    "Layout",
    "decay",
]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "decay.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/format.js",
    "../shared/signs.js",
    "../shared/colours.js",
    "../shared/dom.js",
    "../shared/cursor.js",
    "../shared/lifecycle.js",
    "../shared/spread.js",
    "../shared/tokens.js",
    "../shared/words.js",
    "decode.js",
    "ink.js",
    "plan.js",
    "reading.js",
    "skeleton.js",
    "flags.js",
    "labels.js",
    "plot.js",
    "crosshair.js",
    "table.js",
    "events.js",
    "main.js",
)

_MOUNT = made(FOLDER, STYLES, MODULES)


def decay(
    view: DecayView,
    *,
    key: str,
    on_cursor: Callable[[], None] | None = None,
    on_hidden: Callable[[], None] | None = None,
    on_layout: Callable[[], None] | None = None,
) -> None:
    """Show the curves.

    The cursor moves in the browser alone; Python is told once it rests, and at once of what is
    switched off and of the layout. What the user chose stays until Python sends a *different*
    value than it sent before (and not just the echo of the user's), so a page may pass back what
    it heard or a constant: neither fights the user.

    Args:
        view: What to show.
        key: Streamlit's key; cursor, layout and what is switched off stay as long as the key does.
        on_cursor: Called when the cursor came to rest at another lag, or was let go.
        on_hidden: Called when a prediction or a network was switched off or on.
        on_layout: Called when the layout was switched.

    Reports (see `mounting`):
        `cursor` (int or None), `hidden` (list of keys or None), `layout` (str or None), as last
        chosen by the user.
    """
    _MOUNT(
        key=key,
        data=pack(view),
        **hears(cursor=on_cursor, hidden=on_hidden, layout=on_layout),
    )
