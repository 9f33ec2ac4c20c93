"""What is done once for the whole server."""

import gc

import streamlit as st


@st.cache_resource(show_spinner=False)
def settle() -> None:
    """Once, after the first page: put all that the imports left out of the garbage collector.

    Streamlit collects after every run, and would walk some hundred thousand objects each time.
    """
    gc.collect()
    gc.freeze()
