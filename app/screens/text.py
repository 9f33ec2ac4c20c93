"""Text: what becomes of a text before a network reads it, and what counting alone can tell."""

import streamlit as st

from app import state
from app.compute import settling
from app.messages import told
from app.panels import ngrams, ranks, stages, windows
from app.sidebar.counting import choose_min_freq, choose_model, choose_windows
from app.sidebar.labels import VIEWS
from app.sidebar.source import Source
from app.sidebar.widgets import segmented


def _draw(view: str, source: Source) -> None:
    """The controls of a view in the sidebar, and the view."""
    tokens = len(source.tokens.tokens)
    if view == "ranks":
        ranks.draw(source)
    elif view == "stages":
        with st.sidebar:
            min_freq = choose_min_freq()
        stages.draw(source, min_freq)
    elif view == "ngrams":
        with st.sidebar:
            model = choose_model(tokens)
        ngrams.draw(source, model)
    else:
        with st.sidebar:
            cut = choose_windows(tokens)
        windows.draw(source, cut)


chosen = segmented("View", "view", VIEWS, "stages", None, named=False)
with told():
    _draw(chosen, state.handed("source"))
settling.settle()
