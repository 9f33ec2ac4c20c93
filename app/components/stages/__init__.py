"""The stages: a text as written, cleaned, cut into tokens and numbered, side by side and linked.

    from app.components.stages import Piece, StagesView, stages
    stages(StagesView(...), key="stages")

Pointing at a token anywhere lights it at every stage; everything happens in the browser.
"""

from pathlib import Path

from app.components.mounting import made
from app.components.stages.pack import pack
from app.components.stages.view import MOST, Piece, StagesView

__all__ = ["MOST", "Piece", "StagesView", "stages"]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "stages.css")
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
    "words.js",
    "columns.js",
    "skeleton.js",
    "light.js",
    "events.js",
    "main.js",
)

_MOUNT = made(FOLDER, STYLES, MODULES)


def stages(view: StagesView, *, key: str) -> None:
    """Show the four stages.

    Args:
        view: What to show.
        key: Streamlit's key; the lit token stays as long as the key and the content stay.

    Nothing that happens here asks Python.
    """
    _MOUNT(key=key, data=pack(view))
