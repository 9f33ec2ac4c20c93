"""How a text is cut into windows, and what one window reads and must guess.

    from app.components.windows import Row, WindowsView, windows
    windows(WindowsView(...), key="windows")

It knows nothing of torch or of core: it receives words and places and draws them.
"""

from collections.abc import Callable
from pathlib import Path

from app.components.mounting import hears, made
from app.components.windows.pack import pack
from app.components.windows.view import MOST_ROWS, MOST_TOKENS, MOST_WINDOWS, Row, WindowsView

__all__ = ["MOST_ROWS", "MOST_TOKENS", "MOST_WINDOWS", "Row", "WindowsView", "windows"]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "windows.css")
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
    "layout.js",
    "choice.js",
    "skeleton.js",
    "bands.js",
    "marks.js",
    "detail.js",
    "events.js",
    "main.js",
)

_MOUNT = made(FOLDER, STYLES, MODULES)


def windows(view: WindowsView, *, key: str, on_chosen: Callable[[], None] | None = None) -> None:
    """Show the picture.

    The choice moves in the browser alone; Python is told once it rests. It stays until Python
    sends a *different* choice than it sent before (and not just the echo of what the user chose),
    so a page may pass back the choice or a constant: neither fights the user.

    Args:
        view: What to show.
        key: Streamlit's key; the component keeps the choice as long as the key stays.
        on_chosen: Called when another window was chosen.

    Reports (see `mounting`):
        `chosen`: [row, window], 0-based, as last chosen by the user.
    """
    _MOUNT(key=key, data=pack(view), **hears(chosen=on_chosen))
