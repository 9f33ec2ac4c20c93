"""What stands around every page: navigation, the text that is read, and the note on the link."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app import state
from app.components.presenter import presenter
from app.messages import told
from app.sidebar.labels import IMPLIED, LABELS, LABS
from app.sidebar.network import choose_spec
from app.sidebar.source import choose_source
from app.sidebar.weights import choose_network

READING, DRAWING = ("", "gradients", "generate"), ("train",)
"""addresses of the pages on which a network reads the text, and on which one is drawn anew"""

OF_A_LOSS = ("truncation", "clipping")
"""laboratories whose pictures depend on where the loss is"""


def loss_acts(page: str, lab: str) -> bool:
    """Whether what is shown depends on where the loss is.

    Args:
        page: address of the page.
        lab: the laboratory, on the page that has them.
    """
    return lab in OF_A_LOSS if page == "gradients" else page in READING


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
            source = choose_source()
            if page.url_path in READING:
                acts = loss_acts(page.url_path, state.asked_option("lab", LABS, "decay"))
                state.hand("network", choose_network(source, acts))
            elif page.url_path in DRAWING:
                state.hand("network", choose_spec(source.tokens, loss_acts=False))
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
