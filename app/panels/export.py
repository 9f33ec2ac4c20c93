"""What is on screen as files; each is computed when its button is clicked, and not before."""

from collections.abc import Callable

import streamlit as st

from app import state
from app.components.rasteriser import rasteriser
from app.exports.bundle import bundle
from app.exports.handout import handout
from app.exports.lanes_csv import lane_csv, steps_csv
from app.exports.picture import picture_svg
from app.exports.screen import Contents, Screen, contents
from app.exports.snippet import NETWORK_FILE, boxed_name, snippet
from app.exports.tape_npz import tape_npz
from app.state import Looking
from app.views.explorer import Choices

PNG = "export_png"


def export(choices: Choices, looking: Looking, link: str) -> None:
    """A menu of files, closed at first.

    Args:
        choices: what the explorer shows.
        looking: where in it the user looks.
        link: the address that opens this screen again; without private text.
    """
    screen = Screen(choices, looking, link)
    with st.popover("Export", icon=":material/download:"):
        st.caption(
            "Made when you click, in float64, of what the explorer shows now."
            + (" Your text goes into the files, not into the link." if choices.source.private
               else "")
        )  # fmt: skip
        _file("Everything (zip)", "unrolled.zip", "application/zip", screen, bundle,
              "Data, pictures, handout, program, link and versions.", kind="primary")  # fmt: skip
        _file("Handout to print (HTML)", "handout.html", "text/html", screen, handout,
              "One file that works offline; in the browser, print it on A4.")  # fmt: skip
        left, right = st.columns(2)
        with left:
            _file("Picture (SVG)", "explorer.svg", "image/svg+xml", screen, picture_svg)
            _file("Steps (CSV)", "steps.csv", "text/csv", screen, steps_csv,
                  "Tokens, surprise and gradient of every step.")  # fmt: skip
            _file("All arrays (NPZ)", "tape.npz", "application/octet-stream", screen, tape_npz,
                  "Every state, gate and gradient under PyTorch’s names.")  # fmt: skip
        with right:
            _picture(screen)
            lane = looking.lane
            _file(f"Lane {lane} (CSV)", f"{lane}.csv", "text/csv", screen,
                  lambda of: lane_csv(of, of.view.lane), "One row a step, one column a unit.",
                  key="lane")  # fmt: skip
            _file("Program (Python)", "recompute.py", "text/x-python", screen, snippet,
                  _program_help(choices))  # fmt: skip


def _program_help(choices: Choices) -> str:
    checkpoint = choices.network.checkpoint
    needs = "Computes these numbers again with the library alone."
    if checkpoint is None or boxed_name(checkpoint) is not None:
        return needs
    return f"{needs} It reads {NETWORK_FILE}, which is in the zip."


def _file(
    label: str, name: str, mime: str, screen: Screen, make: Callable[[Contents], str | bytes],
    about: str | None = None, *, key: str = "", kind: str = "secondary",
) -> None:  # fmt: skip
    """One button; Streamlit calls the function once it is clicked, in a thread of its own."""
    st.download_button(
        label, lambda: make(contents(screen)), name, mime, key=f"export_{key or name}", help=about,
        on_click="ignore", width="stretch", type="primary" if kind == "primary" else "secondary",
    )  # fmt: skip


def _picture(screen: Screen) -> None:
    """The picture in pixels: drawn here as SVG after a click, turned to pixels by the browser."""
    asked = (state.chosen(PNG) or {}).get("wanted") or ""
    svg = picture_svg(contents(screen)) if asked else ""
    rasteriser("Picture (PNG)", "explorer.png", svg, str(asked), key=PNG, on_wanted=_noticed)


def _noticed() -> None:
    """Nothing to do: the run that follows a click sees it in the session."""
