"""A network writing: its text token by token, the choices it had, the tree of beam search.

    from app.components.writing import Choice, WritingView, writing
    writing(WritingView(...), key="writing")

It knows nothing of torch or of core: it receives plain numbers and draws them.
"""

from collections.abc import Callable
from pathlib import Path

from app.components.mounting import hears, made
from app.components.writing.pack import pack
from app.components.writing.view import (
    KEPT,
    MOST,
    MOST_NODES,
    BeamNode,
    BeamTree,
    Choice,
    Hypothesis,
    NodeState,
    Option,
    WritingView,
)

__all__ = [
    "KEPT",
    "MOST",
    "MOST_NODES",
    "BeamNode",
    "BeamTree",
    "Choice",
    "Hypothesis",
    "NodeState",
    "Option",
    "WritingView",
    "writing",
]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "writing.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/format.js",
    "../shared/signs.js",
    "../shared/colours.js",
    "../shared/dom.js",
    "../shared/cursor.js",
    "../shared/lifecycle.js",
    "../shared/link.js",
    "../shared/spread.js",
    "../shared/tokens.js",
    "../shared/words.js",
    "words.js",
    "layout.js",
    "skeleton.js",
    "text.js",
    "options.js",
    "tree.js",
    "branches.js",
    "player.js",
    "events.js",
    "main.js",
)

_MOUNT = made(FOLDER, STYLES, MODULES)


def writing(view: WritingView, *, key: str, on_cursor: Callable[[], None] | None = None) -> None:
    """Show the text, the choices at the cursor and the beam tree.

    With `view.cursor` None a new text is written token by token in the browser (at once where the
    reader asked for reduced motion); a text that begins with all tokens of the one before is
    written on from where that one ended. Python is told the cursor once it rests, never while the
    text is being written. A page may pass back the cursor or a constant: neither fights the
    user; for a new text it passes None.

    Args:
        view: What to show.
        key: Streamlit's key; the component keeps its place as long as the key stays.
        on_cursor: Called when the cursor came to rest on another token.

    Reports (see `mounting`):
        `cursor`, the 0-based written token.
    """
    _MOUNT(key=key, data=pack(view), **hears(cursor=on_cursor))
