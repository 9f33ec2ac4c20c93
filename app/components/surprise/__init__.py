"""The surprise strip: how unexpected each token of a text is to a model, and how good that is.

from app.components.surprise import SurpriseView, surprise_strip
surprise_strip(SurpriseView(...), key="surprise")
"""

from collections.abc import Callable
from pathlib import Path

from app.components.mounting import hears, made
from app.components.surprise.pack import pack
from app.components.surprise.view import KEPT, MOST, Guess, SurpriseView

__all__ = ["KEPT", "MOST", "Guess", "SurpriseView", "surprise_strip"]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "surprise.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/format.js",
    "../shared/signs.js",
    "../shared/colours.js",
    "../shared/dom.js",
    "../shared/axis.js",
    "../shared/cursor.js",
    "../shared/lifecycle.js",
    "../shared/scrub.js",
    "../shared/tokens.js",
    "../shared/words.js",
    "words.js",
    "choices.js",
    "skeleton.js",
    "strip.js",
    "chart.js",
    "guesses.js",
    "scale.js",
    "events.js",
    "main.js",
)

_MOUNT = made(FOLDER, STYLES, MODULES)


def surprise_strip(
    view: SurpriseView, *, key: str, on_cursor: Callable[[], None] | None = None
) -> None:
    """Show the text coloured by surprise, the guesses at the cursor and the number of choices.

    The cursor moves in the browser alone; Python is told once it rests. The user's cursor stays
    until Python sends a *different* one than it sent before (and not just the echo of the user's),
    so a page may pass back the cursor or a constant: neither fights the user.

    Args:
        view: What to show.
        key: Streamlit's key; the component keeps its cursor as long as the key stays.
        on_cursor: Called when the cursor came to rest on another token.

    Reports (see `mounting`):
        `cursor`, the 0-based token.
    """
    _MOUNT(key=key, data=pack(view), **hears(cursor=on_cursor))
