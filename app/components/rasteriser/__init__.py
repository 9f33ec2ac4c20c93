"""A button that saves a picture as PNG, drawn by the browser from the SVG that Python makes.

    from app.components.rasteriser import rasteriser
    rasteriser("Picture as PNG", "explorer.png", draw, key="png")

Nothing is drawn, and nothing sent, before a click.
"""

from collections.abc import Callable
from pathlib import Path

from streamlit.components.v2 import component

from app.components.bundle import javascript, stylesheet

__all__ = ["rasteriser"]

FOLDER = Path(__file__).parent
STYLES = ("rasteriser.css",)
MODULES = ("main.js",)

_MOUNT = component(
    "unrolled_rasteriser",
    html='<button type="button"></button>\n<span role="status"></span>',
    css=stylesheet(FOLDER, STYLES),
    js=javascript(FOLDER, MODULES),
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
        key: Streamlit's key; `st.session_state[key]` holds `wanted` in the run after a click.
        on_wanted: called after a click, before that run.
    """
    data = {"label": label, "name": name, "svg": svg, "asked": asked}
    _MOUNT(key=key, data=data, on_wanted_change=on_wanted)
