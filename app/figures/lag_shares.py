"""How much each distance contributes to the gradient of the recurrent weights."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from app.figures.frame import LEGEND
from app.theme import BLUE, VERMILION
from core.analysis import LagContributions, Status

_NO_NUMBER = {
    Status.EXACT_ZERO: ("exactly 0: nothing comes so far, or h is 0 there", "triangle-down-open"),
    Status.UNDERFLOW: ("too small for the number format", "triangle-down"),
    Status.NON_FINITE: ("no finite number", "x-thin-open"),
}
_FEW = 40  # lags whose points can be told apart


def lag_shares(contributions: LagContributions) -> go.Figure:
    """Signed bars of each lag's share of dL/dW_hh, above the norm of its part on a log axis.

    A part without a positive finite norm stands as a sign on the lower edge, in words when pointed
    at.

    Args:
        contributions: of one layer, lags 0 … T - 1.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.07)
    share, log10 = contributions.share, contributions.log10_norm
    lags = np.arange(len(share))
    figure.add_bar(
        x=lags,
        y=share,
        customdata=np.cumsum(share),
        marker={"color": [BLUE if each >= 0 else VERMILION for each in share], "line_width": 0},
        showlegend=False,
        hovertemplate=(
            "lag %{x}: %{y:.2%} of ∂L/∂W<sub>hh</sub><br>"
            "lags 0 to %{x} together: %{customdata:.2%}<extra></extra>"
        ),
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=lags,
        y=log10,
        mode="lines+markers" if len(lags) <= _FEW else "lines",
        line={"color": BLUE, "width": 2.5},
        showlegend=False,
        hovertemplate="lag %{x}: norm 10<sup>%{y:.2f}</sup><extra></extra>",
        row=2,
        col=1,
    )
    low, high = _decades(log10)
    _without_norm(figure, contributions, low)
    _axes(figure, low, high)
    return figure


def _decades(log10: NDArray[np.float64]) -> tuple[float, float]:
    """Whole powers of ten around the norms, at least two of them."""
    finite = log10[np.isfinite(log10)]
    low, high = (np.floor(finite.min()), np.ceil(finite.max())) if len(finite) else (-1.0, 0.0)
    return min(float(low), float(high) - 2), float(high)


def _without_norm(figure: go.Figure, contributions: LagContributions, edge: float) -> None:
    for status, (words, symbol) in _NO_NUMBER.items():
        lags = np.flatnonzero(contributions.status == status)
        if len(lags):
            figure.add_scatter(
                x=lags,
                y=np.full(len(lags), edge),
                name=words,
                mode="markers",
                marker={"symbol": symbol, "size": 9, "color": VERMILION, "line_width": 1.5},
                cliponaxis=False,
                hovertemplate=f"lag %{{x}}: {words}<extra></extra>",
                row=2,
                col=1,
            )


def _axes(figure: go.Figure, low: float, high: float) -> None:
    figure.update_layout(
        height=440,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        bargap=0.15,
        showlegend=True,
        legend=LEGEND,
    )
    figure.update_xaxes(tickfont_size=14, title_font_size=15, showgrid=False)
    figure.update_xaxes(title="lag j, steps between W<sub>hh</sub> and the loss", row=2, col=1)
    figure.update_yaxes(tickfont_size=14, title_font_size=15)
    figure.update_yaxes(
        title="share of ∂L/∂W<sub>hh</sub>", tickformat=".0%", zeroline=True, row=1, col=1
    )
    figure.update_yaxes(
        title="norm of its part",
        tickprefix="10<sup>",
        ticksuffix="</sup>",
        tick0=0,
        dtick=max(1, round((high - low) / 5)),
        range=[low - 0.1, high + 0.1],
        row=2,
        col=1,
    )
