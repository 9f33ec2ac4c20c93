"""Unrolled's entry: `streamlit run app/main.py`.

The server reads it once, for `app`; every session runs it, as its script.
"""

import sys
from pathlib import Path

# `streamlit run` puts app/ on the path; `app` and `core` are found from the folder above.
if (root := str(Path(__file__).resolve().parent.parent)) not in sys.path:
    sys.path.insert(0, root)

import streamlit as st

if __name__ == "__main__":
    from app.frame import draw
    from app.theme import STYLE

    st.set_page_config(
        page_title="Unrolled",
        page_icon=str(Path(root) / "assets" / "images" / "icon.png"),
        layout="wide",
        initial_sidebar_state="auto",
    )
    st.html(STYLE)
    draw(
        [
            st.Page("screens/explore.py", title="Explore", default=True),
            st.Page("screens/gradients.py", title="Gradients", url_path="gradients"),
            st.Page("screens/train.py", title="Train", url_path="train"),
            st.Page("screens/generate.py", title="Generate", url_path="generate"),
            st.Page("screens/text.py", title="Text", url_path="text"),
        ]
    )
else:
    from app import server

    app = st.App(__file__, middleware=server.MIDDLEWARE, lifespan=server.lifespan)
