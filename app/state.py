"""The only place that reads and writes session state and the address bar.

Sidebar widgets keep themselves in the address bar (`bind="query-params"`, see `sidebar`); here is
what the explorer reports: the cursor and the choices made inside it. Private text, pasted or
uploaded, is in neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

EXPLORER = "explorer"
HEAD_START = 0.9
"""seconds that a new visitor's browser has for the explorer alone"""
_CHOICES = ("lane", "layer", "order", "strip", "edges")
_OPTIONS = {
    "order": ("index", "similarity"),
    "strip": ("surprise", "gradient", "unit"),
    "edges": ("forward", "gradient"),
}


@dataclass(frozen=True)
class Looking:
    """Where in the explorer the user looks.

    Attributes:
        cursor: 0-based step, within the steps there are.
        layer: name of the layer whose lanes are shown.
        lane: key of the lane.
        order: "index" or "similarity".
        strip: "surprise", "gradient" or "unit".
        edges: "forward" or "gradient".
    """

    cursor: int
    layer: str
    lane: str
    order: str
    strip: str
    edges: str


def tidy_address(labels: Mapping[str, Mapping[str, str]]) -> None:
    """Before the first widget of a session: let the address bar say what its widgets can read.

    A link may use short names (cell=lstm) where the widget itself writes its label (cell=LSTM);
    and what is empty or names nothing would be read as "nothing chosen".

    Args:
        labels: for each widget with options, the label of each option's name.
    """
    if st.session_state.get("tidied"):
        return
    st.session_state["tidied"] = True
    asked = st.query_params.to_dict()
    tidy = {}
    for key, value in asked.items():
        known = labels.get(key)
        meant = value if known is None or value in known.values() else known.get(value, "")
        if meant:
            tidy[key] = meant
    if tidy != asked:
        st.query_params.from_dict(tidy)
        st.rerun()


def first_visit() -> bool:
    """Whether the page is drawn for the first time in this session."""
    first = "visited" not in st.session_state
    st.session_state["visited"] = True
    return first


def looking(steps: int, layers: tuple[str, ...], lanes: tuple[str, ...]) -> Looking:
    """What the address bar asks for, anything impossible replaced by the nearest possible.

    Args:
        steps: how many steps there are, at least 1.
        layers: the names of the layers there are.
        lanes: the keys of the lanes that any layer has.
    """
    asked = st.query_params
    written = asked.get("t", "")
    step = int(written) if written.isascii() and written.isdigit() and len(written) < 7 else steps
    chosen = {name: asked.get(name, options[0]) for name, options in _OPTIONS.items()}
    kept = {
        name: value if value in _OPTIONS[name] else _OPTIONS[name][0]
        for name, value in chosen.items()
    }
    # The last loss reaches a reverse layer in one step only, so the highest forward one is shown.
    highest = [name for name in layers if not name.endswith("_reverse")][-1]
    layer, lane = asked.get("layer", highest), asked.get("lane", lanes[0])
    return Looking(
        cursor=min(max(step, 1), steps) - 1,
        layer=layer if layer in layers else highest,
        lane=lane if lane in lanes else lanes[0],
        **kept,
    )


def remember_cursor() -> None:
    """The explorer committed a step: write it, counted from 1, into the address bar."""
    cursor = _reported("cursor")
    if cursor is not None:
        st.query_params["t"] = str(int(cursor) + 1)


def remember_choices() -> None:
    """The explorer reported a choice: write all that were made into the address bar."""
    for name in _CHOICES:
        value = _reported(name)
        if value is not None:
            st.query_params[name] = str(value)


def _reported(name: str) -> Any:
    component = st.session_state.get(EXPLORER)
    return None if component is None else component.get(name)


def keep_text(name: str, value: Any) -> None:
    """Keep the last text that could be read, so that a bad one afterwards loses nothing."""
    st.session_state[f"last_{name}"] = value


def kept_text(name: str) -> Any:
    """The last text that could be read, or None."""
    return st.session_state.get(f"last_{name}")
