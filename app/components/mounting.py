"""A component is made of the files in its folder, and tells the page what the user did.

from app.components.mounting import hears, made
_MOUNT = made(FOLDER, STYLES, MODULES)
_MOUNT(key=key, data=pack(view), **hears(cursor=on_cursor))

What it reports is [value, number], for each name that its function lists, and nothing before the
user's first choice. Each report has another number, so that Streamlit passes on a choice that is
made once more after "Back". Only `app.state` reads it. A trigger, which lasts for one run, is sent
as it is.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

from app.components.bundle import javascript, stylesheet

__all__ = ["hears", "made"]


def made(
    folder: Path, styles: Sequence[str], modules: Sequence[str], html: str | None = None
) -> Callable[..., Any]:
    """Register a component; once, when its module is imported.

    Args:
        folder: Its files; the component is named after it.
        styles: CSS files, see `stylesheet`.
        modules: JavaScript files, see `javascript`.
        html: What stands in it before its JavaScript runs; with a line break in it, or Streamlit
            takes it for a path.
    """
    source = javascript(folder, (*modules, "../shared/reports.js"))
    return component(
        f"unrolled_{folder.name}",
        html=html,
        css=stylesheet(folder, styles),
        js=source.replace("export default ", "const unnumbered = ", 1)
        + "\nexport default countingReports(unnumbered);\n",
    )


def hears(**calls: Callable[[], None] | None) -> dict[str, Callable[[], None]]:
    """The callbacks as Streamlit names them.

    Args:
        calls: For each state that the component reports, what to call when it changed. A state
            without a callback gets one that does nothing: else the result would not have it.
    """
    return {f"on_{name}_change": call or _nothing for name, call in calls.items()}


def _nothing() -> None:
    """Nobody asked to be called."""
