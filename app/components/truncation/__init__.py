"""Truncated backpropagation drawn over the unrolled network, on the user's own text.

    from app.components.truncation import TruncationRow, TruncationView, truncation
    result = truncation(TruncationView(...), key="truncation")
    result.cursor  # the 0-based step whose loss is followed back, or None before the first move

It knows nothing of torch or of core: it receives words and places and draws them.
"""

from collections.abc import Callable
from pathlib import Path

from streamlit.components.v2.bidi_component.state import ComponentResult

from app.components.mounting import hears, made
from app.components.truncation.pack import pack
from app.components.truncation.view import MOST_ROWS, MOST_STEPS, TruncationRow, TruncationView

__all__ = ["MOST_ROWS", "MOST_STEPS", "TruncationRow", "TruncationView", "truncation"]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "truncation.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/format.js",
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
) -> ComponentResult:
    """Show the rows.

    The cursor moves in the browser alone; Python is told once it rests. The user's cursor stays
    until Python sends a *different* one than it sent before (and not just the echo of the user's),
    so a page may pass back `result.cursor` or a constant: neither fights the user.

    Args:
        view: What to show.
        key: Streamlit's key; the component keeps its cursor as long as the key stays.
        on_cursor: Called when the cursor came to rest on another step.

    Returns:
        `cursor`, the 0-based step, or None before the user's first move.
    """
    return _MOUNT(key=key, data=pack(view), **hears(cursor=on_cursor))
