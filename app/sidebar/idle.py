"""Which controls of the sidebar do nothing on a page, in the view that is chosen there.

They are drawn out of sight: Streamlit forgets what is not drawn, in the session and in the link.
"""

from collections.abc import Callable, Collection

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import state
from app.sidebar.labels import COMPARISONS, LABS, SCORED, VIEWS

STRETCH = frozenset({"steps", "from"})
DRAWN = frozenset({"cell", "layers", "both", "start", "scaled", "input"})
"""what only the drawing of a network reads, the number of units and the seed aside"""
OF_A_LOSS = ("truncation", "clipping")
"""laboratories whose pictures depend on where the loss is"""
REPLACED = {
    "radius": frozenset({"snapshot", "scaled"}),
    "start": frozenset({"snapshot", "scaled", "start"}),
    "activation": frozenset({"snapshot", "cell"}),
}
"""by comparison, what its untrained networks have of their own"""


def idle(page: str) -> frozenset[str]:
    """The keys of the controls that change nothing of what the page shows or begins.

    A control that another one opens, as σ is by normal weights, goes with that one.

    Args:
        page: Its address.
    """
    on_page: Callable[[], frozenset[str]] = {
        "generate": _on_generate, "gradients": _on_gradients, "text": _on_text,
        "train": lambda: STRETCH | {"loss"},
    }.get(page, frozenset)  # fmt: skip
    return on_page()


def in_sight(key: str, idle: Collection[str]) -> DeltaGenerator:
    """The place of a control: in sight, unless it does nothing here.

    Args:
        key: Of the control.
        idle: Keys of those that do nothing.
    """
    return st.container(key=f"{key}_out_of_sight" if key in idle else f"{key}_in_use")


def pair_in_sight(
    left: str, right: str, idle: Collection[str]
) -> tuple[DeltaGenerator, DeltaGenerator]:
    """The places of two controls: side by side, or one alone where the other does nothing.

    Args:
        left: Key of the first.
        right: Key of the second.
        idle: Keys of those that do nothing.
    """
    if (left in idle) != (right in idle):
        return in_sight(left, idle), in_sight(right, idle)
    first, second = in_sight(left, idle).columns(2)
    return first, second


def _on_generate() -> frozenset[str]:
    return STRETCH if state.chosen("prefix") else frozenset({"steps"})


def _on_gradients() -> frozenset[str]:
    lab = state.asked_option("lab", LABS, "decay")
    nothing = frozenset() if lab in OF_A_LOSS else frozenset({"loss"})
    if lab == "many":
        return nothing | DRAWN | {"snapshot"}
    if lab == "decay":
        compared = state.asked_option("compare", COMPARISONS, "training")
        return nothing | REPLACED.get(compared, frozenset())
    return nothing


def _on_text() -> frozenset[str]:
    view = state.asked_option("view", VIEWS, "stages")
    if view == "ngrams":
        scored = state.asked_option("scored", SCORED, "stretch")
        return frozenset() if scored == "stretch" else frozenset({"steps"})
    return frozenset() if view == "stages" else STRETCH
