"""What may come next, as bars."""

from collections.abc import Sequence

import plotly.graph_objects as go

from app.digits import fixed, significant
from app.theme import BLUE


def next_tokens(
    tokens: Sequence[str], probabilities: Sequence[float], counts: Sequence[int]
) -> go.Figure:
    """Horizontal bars, the likeliest on top, each with its probability and its count.

    Args:
        tokens: as they are shown, best first.
        probabilities: of each.
        counts: how often each came after the context.
    """
    places = list(range(len(tokens)))
    figure = go.Figure()
    figure.add_bar(
        y=places,
        x=list(probabilities),
        orientation="h",
        marker={"color": BLUE},
        text=[f"{_chance(p)}  ({n:,}×)" for p, n in zip(probabilities, counts, strict=True)],
        textposition="outside",
        textfont={"size": 14},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(height=290, margin={"l": 10, "r": 90, "t": 10, "b": 10}, bargap=0.25)
    figure.update_xaxes(
        title="probability", rangemode="tozero", tickfont_size=14, title_font_size=15
    )
    # Tokens are the user's: Plotly reads a few tags in labels, so angle brackets go as entities.
    shown = [token.replace("&", "&amp;").replace("<", "&lt;") for token in tokens]
    figure.update_yaxes(
        tickvals=places, ticktext=shown, autorange="reversed", tickfont_size=16, showgrid=False
    )
    return figure


def _chance(p: float) -> str:
    """Four digits, and never a false 0."""
    return fixed(p, 4) if p == 0 or p >= 0.00005 else significant(p, 2)
