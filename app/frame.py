"""What stands around every page: navigation, the text that is read, and the note on the link."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app import state
from app.components.presenter import presenter
from app.messages import told
from app.sidebar.idle import idle
from app.sidebar.labels import IMPLIED, LABELS
from app.sidebar.network import choose_spec
from app.sidebar.source import choose_source
from app.sidebar.weights import choose_network

READING, DRAWING = ("", "gradients", "generate"), ("train",)
"""addresses of the pages on which a network reads the text, and on which one is drawn anew"""


def draw(pages: Sequence[StreamlitPage]) -> None:
    """Draw the frame and the page that is asked for.

    The text and the network are chosen here, outside the pages: to Streamlit a widget of one page
    is another than that of the next, which starts from its default and is lost to "Back".

    Args:
        pages: all there are, in the order of the navigation.
    """
    # First: a rerun before it would forget which page the link names.
    page = st.navigation(list(pages), position="top")
    presenter(presenting=state.asked("present"), page=page.title, key=state.PRESENTER,
              on_presenting=state.present)  # fmt: skip
    state.tidy_address(LABELS, IMPLIED)
    state.enter(page.url_path)
    with told():
        state.hand("refusal", "")
        with st.sidebar:
            nothing = idle(page.url_path)
            state.hand("idle", nothing)
            source = choose_source(nothing)
            if page.url_path in READING:
                state.hand("network", choose_network(source, nothing))
            elif page.url_path in DRAWING:
                state.hand("network", choose_spec(source.tokens, nothing))
        state.hand("source", source)
        # Beside the picture, also where the sidebar is folded away. Always there: were the page
        # moved down by one place, its components would be made again.
        refusal = st.container()
        if reason := state.handed("refusal"):
            refusal.error(reason)
        page.run()
        with st.sidebar:
            st.caption(
                "The link in the address bar reproduces this screen, but for what you type"
                + (": your text stays on this page." if source.private else ".")
            )
