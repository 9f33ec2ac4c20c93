"""The one way from a Plotly figure to the page."""

import plotly.graph_objects as go
import streamlit as st

from app.theme import PLAIN


def plot(figure: go.Figure, key: str) -> None:
    """Draw it to be looked at: pointing and tapping tell numbers, a drag scrolls the page.

    A figure that zooms takes every drag of a finger that begins on it; the page then stands still.
    """
    figure.update_layout(dragmode=False)
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    st.plotly_chart(figure, key=key, config=PLAIN)
