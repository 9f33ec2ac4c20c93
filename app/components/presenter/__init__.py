"""Help with the keys, presenting (the page alone, in large type), and a history that Back follows.

    from app.components.presenter import presenter
    result = presenter(presenting=False, page="Explore", key="presenter", on_presenting=remember)
    result.presenting  # whether the page is presented, or None before the first change

It draws two small buttons in the page's upper right corner, on a narrow window the page's name
before them, and hears "?" and "p" wherever no text is being typed. While presenting the buttons
stand under the page, and a clicker's keys (page up and down) go to the first picture.
"""

from collections.abc import Callable
from pathlib import Path

from streamlit.components.v2 import component
from streamlit.components.v2.bidi_component.state import ComponentResult

from app.components.bundle import javascript, stylesheet
from app.components.shared.wire import strict_json

__all__ = ["presenter"]

FOLDER = Path(__file__).parent
STYLES = ("../shared/shared.css", "presenter.css")
# In the order of use: a module stands after those it imports.
MODULES = (
    "../shared/dom.js",
    "../explorer/keys.js",
    "groups.js",
    "pictures.js",
    "help.js",
    "history.js",
    "main.js",
)

_MOUNT = component(
    "unrolled_presenter", css=stylesheet(FOLDER, STYLES), js=javascript(FOLDER, MODULES)
)


def presenter(
    *, presenting: bool, page: str, key: str, on_presenting: Callable[[], None] | None = None
) -> ComponentResult:
    """Show the two buttons and listen.

    Args:
        presenting: Whether the page is presented at first.
        page: The page's name, as the navigation calls it.
        key: Streamlit's key.
        on_presenting: Called when presenting began or ended.

    Returns:
        `presenting`, as last chosen by the user; None where nothing was chosen yet.
    """
    data = strict_json({"presenting": bool(presenting), "page": page})
    return _MOUNT(key=key, data=data, on_presenting_change=on_presenting or _nothing)


def _nothing() -> None:
    """Streamlit gives the result an attribute only for a state that has a callback."""
