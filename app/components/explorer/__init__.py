"""The explorer: text, unrolled network, states, gradient and numbers under one time cursor.

    from app.components.explorer import ExplorerView, Lane, explorer
    explorer(ExplorerView(...), key="explore")

It knows nothing of torch or of core: it receives plain arrays and draws them.
"""

from collections.abc import Callable
from pathlib import Path

from app.components.explorer.details import Change, FeatureUnit, UnitSums
from app.components.explorer.pack import pack
from app.components.explorer.view import FLAGS, ExplorerView, Lane, Reference
from app.components.mounting import hears, made

__all__ = [
    "FLAGS",
    "Change",
    "ExplorerView",
    "FeatureUnit",
    "Lane",
    "Reference",
    "UnitSums",
    "explorer",
]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "../shared/strip.css", "explorer.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/format.js",
    "../shared/signs.js",
    "../shared/colours.js",
    "../shared/dom.js",
    "../shared/axis.js",
    "../shared/cursor.js",
    "../shared/link.js",
    "../shared/tokens.js",
    "../shared/words.js",
    "../shared/scrub.js",
    "../shared/heat.js",
    "../shared/marker.js",
    "unpack.js",
    "veil.js",
    "references.js",
    "layout.js",
    "forward.js",
    "state.js",
    "keys.js",
    "choosing.js",
    "letters.js",
    "mathml.js",
    "unfold.js",
    "edges.js",
    "folded.js",
    "backward.js",
    "trail.js",
    "truncated.js",
    "caption.js",
    "diagram.js",
    "film.js",
    "heatmap.js",
    "gradient.js",
    "change.js",
    "strip_scales.js",
    "text_strip.js",
    "sums.js",
    "feature_list.js",
    "details.js",
    "skeleton.js",
    "equations.js",
    "inspector.js",
    "pointing.js",
    "events.js",
    "main.js",
)
CHOICES = (
    "lane", "layer", "order", "strip", "edges", "fold", "speed", "truncate", "unit", "detail",
    "asked", "origin",
)  # fmt: skip
"""what the explorer reports, beside the cursor"""

_MOUNT = made(FOLDER, STYLES, MODULES)


def explorer(
    view: ExplorerView,
    *,
    key: str,
    on_cursor: Callable[[], None] | None = None,
    on_choice: Callable[[], None] | None = None,
) -> None:
    """Show the linked pictures.

    The cursor moves in the browser alone; Python is told once it rests. A choice made by the user
    stays until Python sends a *different* value than it sent before (and not just the echo of what
    the user chose), so a page may pass back the cursor or a constant: neither fights the user.
    Of what is in `view.heard` Python's value counts once it has heard the user's last.

    Args:
        view: What to show.
        key: Streamlit's key; the component keeps cursor and choices as long as the key stays.
        on_cursor: Called when the committed step changed.
        on_choice: Called when anything else was chosen. The browser has already drawn it, except
            for what must come from Python: the lanes of another layer, the sums of another unit
            and what is computed on demand.

    Reports (see `mounting`):
        `cursor` (0-based step), `lane`, `layer`, `order`, `strip`, `edges`, `fold`, `speed`,
        `truncate`, `origin`, `unit` (0-based), `detail` and `asked` as last chosen by the user, in
        the values that `ExplorerView` takes.
    """
    _MOUNT(
        key=key,
        data=pack(view),
        **hears(cursor=on_cursor, **dict.fromkeys(CHOICES, on_choice)),
    )
