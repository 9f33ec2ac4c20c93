"""The one place where the library's messages reach the user."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import CoreError


class NotNow(Exception):
    """What comes next is not computed now; where it was to be, the page says why."""


@contextmanager
def told() -> Iterator[None]:
    """Show every message of the library to the user where it belongs, as it stands.

    All else is a bug and looks like one.
    """
    try:
        yield
    except CoreError as error:
        st.error(str(error))
    except NotNow:
        return  # said already
