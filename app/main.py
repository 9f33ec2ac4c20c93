"""Unrolled's entry: `streamlit run app/main.py`."""

import sys
from pathlib import Path

# `streamlit run` puts app/ on the path; `app` and `core` are found from the folder above.
if (root := str(Path(__file__).resolve().parent.parent)) not in sys.path:
    sys.path.insert(0, root)

import streamlit as st

from app.theme import STYLE

st.set_page_config(
    page_title="Unrolled",
    page_icon=str(Path(root) / "assets" / "images" / "icon.png"),
    layout="wide",
    initial_sidebar_state="auto",
)
st.html(STYLE)
st.navigation([st.Page("pages/explore.py", title="Explore", default=True)], position="hidden").run()
