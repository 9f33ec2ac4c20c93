"""A button that saves a picture as PNG, drawn by the browser from the SVG that Python makes.

    from app.components.rasteriser import rasteriser
    rasteriser("Picture as PNG", "explorer.png", draw, key="png")

Nothing is drawn, and nothing sent, before a click.
"""

from collections.abc import Callable
from pathlib import Path

__all__ = ["rasteriser"]

from app.components.mounting import hears, made

FOLDER = Path(__file__).parent
STYLES = ("rasteriser.css",)
MODULES = ("main.js",)

_MOUNT = made(
    FOLDER, STYLES, MODULES, html='<button type="button"></button>\n<span role="status"></span>'
)


def rasteriser(
    label: str, name: str, svg: str, asked: str, *, key: str, on_wanted: Callable[[], None]
) -> None:
    """Show the button.

    Args:
        label: on the button.
        name: of the file that the browser saves.
        svg: the picture where it was asked for, else "".
        asked: what the component reported as `wanted`, else "": each click is answered once.
        key: Streamlit's key; the state under it holds `wanted` in the run after a click.
        on_wanted: called after a click, before that run.
    """
    data = {"label": label, "name": name, "svg": svg, "asked": asked}
    _MOUNT(key=key, data=data, **hears(wanted=on_wanted))
