"""What the components report, as they left it in the session; see `components.mounting`."""

from typing import Any

import streamlit as st


def reported(name: str, key: str) -> Any:
    """The value that a component reported last, or None."""
    value, _ = last_report(name, key) or (None, 0)
    return value


def last_report(name: str, key: str) -> tuple[Any, int] | None:
    """A component's last report, its value and its number, or None; see `components.mounting`."""
    component = st.session_state.get(key)
    told = None if component is None else component.get(name)
    return None if told is None else (told[0], told[1])
