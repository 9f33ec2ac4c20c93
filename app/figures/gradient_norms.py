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
            hovertemplate="step %{x}: 10<sup>%{y:.2f}</sup><extra></extra>",
        )
    figure.update_layout(
        height=340,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hovermode="x unified",
        font={"size": 14},
    )
    figure.update_xaxes(title="step t", showgrid=False)
    figure.update_yaxes(title="‖∂L/∂h<sub>t</sub>‖", tickprefix="10<sup>", ticksuffix="</sup>")
    return figure
