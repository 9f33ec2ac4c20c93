"""Truncated backpropagation drawn over the unrolled network, on the user's own text.

    from app.components.truncation import TruncationRow, TruncationView, truncation
    truncation(TruncationView(...), key="truncation")

It knows nothing of torch or of core: it receives words and places and draws them.
"""

from collections.abc import Callable
from pathlib import Path

from app.components.mounting import hears, made
from app.components.truncation.pack import pack
from app.components.truncation.view import MOST_ROWS, MOST_STEPS, TruncationRow, TruncationView

__all__ = ["MOST_ROWS", "MOST_STEPS", "TruncationRow", "TruncationView", "truncation"]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "truncation.css")
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
    "segments.js",
    "layout.js",
    "skeleton.js",
    "cuts.js",
    "picture.js",
    "overview.js",
    "events.js",
    "main.js",
)

_MOUNT = made(FOLDER, STYLES, MODULES)


def truncation(
    view: TruncationView, *, key: str, on_cursor: Callable[[], None] | None = None
) -> None:
    """Show the rows.

    The cursor moves in the browser alone; Python is told once it rests. The user's cursor stays
    until Python sends a *different* one than it sent before (and not just the echo of the user's),
    so a page may pass back the cursor or a constant: neither fights the user.

    Args:
        view: What to show.
        key: Streamlit's key; the component keeps its cursor as long as the key stays.
        on_cursor: Called when the cursor came to rest on another step.

    Reports (see `mounting`):
        `cursor`, the 0-based step.
    """
    _MOUNT(key=key, data=pack(view), **hears(cursor=on_cursor))
