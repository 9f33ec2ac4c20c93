"""Gradient norms of several networks over one text, on one absolute log axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Curve:
    """One network's gradient norms.

    Attributes:
        name: in the legend, verdict included.
        log10: log10 of the norm of dL/dh_t, (T,), NaN where it is no number.
        colour: of the line.
        dash: Plotly's name for it, so that lines differ without colour.
    """

    name: str
    log10: NDArray[np.float64]
    colour: str
    dash: str


def gradient_norms(curves: Sequence[Curve]) -> go.Figure:
    """Lines of log10 ‖dL/dh_t‖ over the steps 1..T; gaps where a norm is no number.

    Args:
        curves: of one text, so of one length.
    """
    figure = go.Figure()
    for curve in curves:
        figure.add_scatter(
            x=np.arange(1, len(curve.log10) + 1),
            y=curve.log10,
            name=curve.name,
            mode="lines" if len(curve.log10) > 1 else "markers",
            line={"color": curve.colour, "dash": curve.dash, "width": 2.5},
            hovertemplate=f"{curve.name.split(':')[0]}: 10<sup>%{{y:.2f}}</sup><extra></extra>",
        )
    finite = np.concatenate([curve.log10[np.isfinite(curve.log10)] for curve in curves])
    low, high = (np.floor(finite.min()), np.ceil(finite.max())) if len(finite) else (-1.0, 0.0)
    steps = max((len(curve.log10) for curve in curves), default=1)
    figure.update_layout(
        height=360,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "font": {"size": 14}},
        hovermode="x unified",
        modebar={"remove": ["select2d", "lasso2d"], "orientation": "v"},
    )
    figure.update_xaxes(tickfont_size=14, title_font_size=15)
    figure.update_yaxes(tickfont_size=14, title_font_size=15)
    figure.update_xaxes(title="step t", showgrid=False, range=[0.5, steps + 0.5])
    # Whole powers of ten, at least two of them, however flat the curves are.
    figure.update_yaxes(
        title="‖∂L/∂h<sub>t</sub>‖",
        tickprefix="10<sup>",
        ticksuffix="</sup>",
        tick0=0,
        dtick=max(1, round((high - low) / 6)),
        range=[min(low, high - 2) - 0.1, high + 0.1],
    )
    return figure
