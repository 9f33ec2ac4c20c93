"""Perplexity of n-gram models on what they counted and on what they did not."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from app.digits import fixed
from app.figures.frame import LEGEND
from app.theme import BLUE, GREY, VERMILION

_LOOKS = {
    "training": {"colour": BLUE, "symbol": "circle", "dash": "dash"},
    "validation": {"colour": VERMILION, "symbol": "square", "dash": "solid"},
}


def perplexity_by_order(
    train: Sequence[float], validation: Sequence[float], vocabulary_size: int, chosen: int
) -> go.Figure:
    """Two lines over the order, and the blind guess as a reference; gaps where it is infinite.

    Args:
        train: perplexity of the counted text under order 1, 2, ...
        validation: of the text held back.
        vocabulary_size: the perplexity of a blind guess.
        chosen: the order in use.
    """
    figure = go.Figure()
    orders = list(range(1, len(train) + 1))
    higher = "training" if train[chosen - 1] > validation[chosen - 1] else "validation"
    for (name, look), values in zip(_LOOKS.items(), (train, validation), strict=True):
        shown = [value if np.isfinite(value) else None for value in values]
        both = zip(orders, values, strict=True)
        figure.add_scatter(
            x=orders,
            y=shown,
            name=name + (" (∞ where it is missing)" if None in shown else ""),
            mode="lines+markers+text",
            line={"color": look["colour"], "dash": look["dash"], "width": 2.5},
            marker={
                "size": [15 if order == chosen else 9 for order in orders],
                "symbol": look["symbol"],
            },
            text=[fixed(value, 2) if order == chosen else "" for order, value in both],
            textposition="top center" if name == higher else "bottom center",
            textfont={"size": 15, "color": look["colour"]},
            cliponaxis=False,
            hovertemplate=f"{name}, order %{{x}}: %{{y:.4g}}<extra></extra>",
        )
    figure.add_scatter(
        x=[0.8, len(orders) + 0.2],
        y=[vocabulary_size] * 2,
        name=f"a blind guess, V = {vocabulary_size:,}",
        mode="lines",
        line={"dash": "dot", "width": 1.5, "color": GREY},
        hoverinfo="skip",
    )
    figure.update_layout(
        height=320,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend=LEGEND,
    )
    figure.update_xaxes(
        title="order n",
        dtick=1,
        range=[0.6, len(orders) + 0.4],
        tickfont_size=14,
        title_font_size=15,
    )
    finite = [value for value in (*train, *validation, vocabulary_size) if np.isfinite(value)]
    figure.update_yaxes(
        title="perplexity (log)",
        type="log",
        tickvals=[m * 10**k for k in range(16) for m in (1, 2, 5)],
        range=[np.log10(min(finite)) - 0.25, np.log10(max(finite)) + 0.12],
        tickfont_size=14,
        title_font_size=15,
    )
    return figure
