"""The explorer: text, unrolled network, states, gradient and numbers under one time cursor.

    from app.components.explorer import ExplorerView, Lane, explorer
    result = explorer(ExplorerView(...), key="explore")
    result.cursor  # the committed 0-based step, or None before the first move

It knows nothing of torch or of core: it receives plain arrays and draws them.
"""

from collections.abc import Callable
from pathlib import Path

from streamlit.components.v2 import component
from streamlit.components.v2.bidi_component.state import ComponentResult

from app.components.bundle import javascript, stylesheet
from app.components.explorer.details import Change, FeatureUnit, UnitSums
from app.components.explorer.pack import pack
from app.components.explorer.view import FLAGS, ExplorerView, Lane, Reference

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
STYLES = ("../shared/shared.css", "explorer.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/format.js",
    "../shared/colours.js",
    "../shared/dom.js",
    "../shared/axis.js",
    "../shared/cursor.js",
    "../shared/link.js",
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

_MOUNT = component(
    "unrolled_explorer", css=stylesheet(FOLDER, STYLES), js=javascript(FOLDER, MODULES)
)


def explorer(
    view: ExplorerView,
    *,
    key: str,
    on_cursor: Callable[[], None] | None = None,
    on_lane: Callable[[], None] | None = None,
    on_layer: Callable[[], None] | None = None,
    on_order: Callable[[], None] | None = None,
    on_strip: Callable[[], None] | None = None,
    on_edges: Callable[[], None] | None = None,
    on_fold: Callable[[], None] | None = None,
    on_speed: Callable[[], None] | None = None,
    on_truncate: Callable[[], None] | None = None,
    on_unit: Callable[[], None] | None = None,
    on_detail: Callable[[], None] | None = None,
    on_asked: Callable[[], None] | None = None,
) -> ComponentResult:
    """Show the linked pictures.

    The cursor moves in the browser alone; Python is told once it rests. A choice made by the user
    stays until Python sends a *different* value than it sent before (and not just the echo of what
    the user chose), so a page may pass back `result.cursor` or a constant: neither fights the user.

    Args:
        view: What to show.
        key: Streamlit's key; the component keeps cursor and choices as long as the key stays.
        on_cursor: Called when the committed step changed.
        on_lane: Called when another lane was chosen (the browser has already drawn it).
        on_layer: Called when another layer was chosen: its lanes must come from Python.
        on_order: Called when the unit order changed.
        on_strip: Called when the text strip's colouring changed.
        on_edges: Called when the edges were switched between signal and gradient.
        on_fold: Called when the network was folded or unfolded.
        on_speed: Called when another speed was chosen.
        on_truncate: Called when another truncation window was chosen, or none.
        on_unit: Called when another unit was chosen: its sums must come from Python.
        on_detail: Called when another detail was opened, or closed.
        on_asked: Called when another change of a token was asked for.

    Returns:
        `cursor` (0-based step), `lane`, `layer`, `order`, `strip`, `edges`, `fold`, `speed`,
        `truncate`, `unit` (0-based), `detail` and `asked` as last chosen by the user, in the
        values that `ExplorerView` takes; None where nothing was chosen yet.
    """
    return _MOUNT(
        key=key,
        data=pack(view),
        on_cursor_change=on_cursor or _nothing,
        on_lane_change=on_lane or _nothing,
        on_layer_change=on_layer or _nothing,
        on_order_change=on_order or _nothing,
        on_strip_change=on_strip or _nothing,
        on_edges_change=on_edges or _nothing,
        on_fold_change=on_fold or _nothing,
        on_speed_change=on_speed or _nothing,
        on_truncate_change=on_truncate or _nothing,
        on_unit_change=on_unit or _nothing,
        on_detail_change=on_detail or _nothing,
        on_asked_change=on_asked or _nothing,
    )


def _nothing() -> None:
    """Streamlit gives the result an attribute only for a state that has a callback."""
