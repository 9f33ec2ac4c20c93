"""What stands around every page: navigation, the text that is read, and the note on the link."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app import state
from app.messages import told
from app.sidebar.labels import IMPLIED, LABELS, SHARED
from app.sidebar.source import choose_source


def draw(pages: Sequence[StreamlitPage]) -> None:
    """Draw the frame and the page that is asked for.

    The text is chosen here, outside the pages, so that it stays when the page changes.

    Args:
        pages: all there are, in the order of the navigation.
    """
    # First: a rerun before it would forget which page the link names.
    page = st.navigation(list(pages), position="top")
    state.tidy_address(LABELS, IMPLIED)
    state.enter(page.url_path, SHARED)
    with told():
        with st.sidebar:
            source = choose_source()
        state.hand("source", source)
        page.run()
        with st.sidebar:
            st.caption(
                "The link in the address bar reproduces this screen, but for what you type"
                + (": your text stays on this page." if source.private else ".")
            )
