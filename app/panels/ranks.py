"""Ranks and frequencies, and the exponent of Zipf's law on a range that the user drags."""

import math

import streamlit as st

from app import state
from app.components.zipf import zipf
from app.compute import counts
from app.digits import significant, trimmed
from app.sidebar.source import Source
from app.views.text import zipf_view

RANGE = (10, 1000)
"""the ranks that are fitted at first"""


@st.fragment
def draw(source: Source) -> None:
    """Draw it; a fragment, so that a dragged range redraws nothing else."""
    found = counts.ranks(source.tokens, " " if source.scheme == "words" else "")
    low, high = state.asked_range("ranks", RANGE, max(len(each.frequencies) for each in found))
    st.caption(
        "How to read it: each mark is one n-gram of the whole text, the most frequent on the left; "
        "on these axes a power law is a straight line. Drag the edges of the shaded range: there "
        "is no single Zipf exponent, it depends on the ranks that are fitted and on what is fitted."
        + (
            ""
            if source.scheme == "words"
            else " Zipf’s law is about words: choose them in the sidebar."
        )
    )
    zipf(zipf_view(source, found, low, high), key="zipf", on_range=_remember)
    rows = [
        f"| {each.order}‑grams | {len(each.frequencies):,} | {100 * each.once:.1f} "
        f"| {each.entropy:.4f} | {trimmed(significant(math.exp(each.entropy), 4, math.inf))} |"
        for each in found
    ]
    st.markdown(
        "| | different | once, % | entropy, nats | effective number |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
    )
    st.caption(
        "Least squares weighs every rank the same; maximum likelihood weighs every occurrence the "
        "same, so the frequent ranks decide. “Once” is the share of the different n-grams that are "
        "seen once; the effective number, e to the entropy, is how many equally likely n-grams "
        "would have the same entropy."
    )


def _remember() -> None:
    state.remember_pair("zipf", "range", "ranks")
