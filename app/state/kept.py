"""What a session keeps beside the address: widgets, the frame's choices, the last good text."""

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.state.parameters import forget


def hand(name: str, value: Any) -> None:
    """The frame around the pages chose something that every page needs."""
    st.session_state[f"handed_{name}"] = value


def handed(name: str) -> Any:
    """What the frame chose."""
    return st.session_state[f"handed_{name}"]


def choose(widget: str, option: Any) -> None:
    """Set a widget to an option; only from a callback, before it is drawn again."""
    st.session_state[widget] = option


def prefer(widget: str, option: Any) -> None:
    """Set a widget of another page to an option, whatever the address bar said of it before."""
    if st.session_state.get(widget) != option:
        st.session_state[widget] = option
    forget(widget)


def chosen(widget: str) -> Any:
    """What a widget is set to, None before it is drawn."""
    return st.session_state.get(widget)


def session() -> str:
    """The name of this session, for work in the background; "" where there is none."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context is not None else ""


def keep_text(name: str, value: Any) -> None:
    """Keep the last text that could be read, so that a bad one afterwards loses nothing."""
    st.session_state[f"last_{name}"] = value


def kept_text(name: str) -> Any:
    """The last text that could be read, or None."""
    return st.session_state.get(f"last_{name}")
