"""How many tokens a vocabulary keeps when rare ones are left out."""

from collections.abc import Sequence

import plotly.graph_objects as go

from app.theme import BLUE


def vocabulary_size(least: Sequence[int], sizes: Sequence[int], chosen: int) -> go.Figure:
    """A step line of the vocabulary's size over min_freq, the chosen one marked.

    Args:
        least: values of min_freq, rising from 0, `chosen` among them.
        sizes: the vocabulary's size at each, <unk> included.
        chosen: the min_freq in use.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=list(least),
        y=list(sizes),
        mode="lines",
        line={"shape": "hv", "color": BLUE, "width": 2.5},
        hovertemplate="min_freq %{x}: %{y:,} tokens<extra></extra>",
        showlegend=False,
    )
    size = sizes[list(least).index(chosen)]
    figure.add_scatter(
        x=[chosen],
        y=[size],
        mode="markers+text",
        marker={"size": 14, "color": BLUE, "symbol": "diamond"},
        text=[f"{size:,}"],
        textposition="top right",
        textfont={"size": 16},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(height=230, margin={"l": 10, "r": 10, "t": 10, "b": 10})
    figure.update_xaxes(title="min_freq", tickfont_size=14, title_font_size=15)
    figure.update_yaxes(
        title="vocabulary", range=[0, 1.25 * max(sizes)], tickfont_size=14, title_font_size=15
    )
    return figure
