"""Widgets that keep themselves in the address bar."""

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

Name = TypeVar("Name", bound=str)


def segmented(
    label: str,
    key: str,
    options: Mapping[Name, str],
    default: Name,
    help_text: str | None,
    *,
    named: bool = True,
) -> Name:
    """One of a few options, side by side.

    Args:
        label: above them.
        key: in the session and in the address bar.
        options: the label of each option's name.
        default: name of the option chosen at first.
        help_text: shown on demand, or None.
        named: whether the label is seen; it is always read out.
    """
    chosen = st.segmented_control(
        label,
        list(options),
        default=default,
        required=True,
        format_func=options.__getitem__,
        key=key,
        bind="query-params",
        help=help_text,
        label_visibility="visible" if named else "collapsed",
        width="stretch",
        wrap=False,
    )
    return default if chosen is None else chosen
