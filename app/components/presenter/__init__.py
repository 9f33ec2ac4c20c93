"""Help with the keys, presenting (the page alone, in large type), and a history that Back follows.

    from app.components.presenter import presenter
    presenter(presenting=False, page="Explore", key="presenter", on_presenting=remember)

It draws two small buttons in the page's upper right corner, on a narrow window the page's name
before them, and hears "?" and "p" wherever no text is being typed. While presenting the buttons
stand under the page, and a clicker's keys (page up and down) go to the first picture.
"""

from collections.abc import Callable
from pathlib import Path

from app.components.mounting import hears, made
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

_MOUNT = made(FOLDER, STYLES, MODULES)


def presenter(
    *, presenting: bool, page: str, key: str, on_presenting: Callable[[], None] | None = None
) -> None:
    """Show the two buttons and listen.

    Args:
        presenting: Whether the page is presented at first.
        page: The page's name, as the navigation calls it.
        key: Streamlit's key.
        on_presenting: Called when presenting began or ended.

    Reports (see `mounting`):
        `presenting`, as last chosen by the user.
    """
    data = strict_json({"presenting": bool(presenting), "page": page})
    _MOUNT(key=key, data=data, **hears(presenting=on_presenting))
