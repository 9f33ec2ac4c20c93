"""How often each unit's gates stand shut or open, on two axes, after Karpathy et al. (2015)."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from app.figures.frame import LEGEND
from app.theme import BLUE, GREEN, GREY, VERMILION, plural
from core.analysis.gates import LEFT, RIGHT, Saturation

_LOOKS = {
    "input": (BLUE, "circle-open"),
    "forget": (VERMILION, "square-open"),
    "output": (GREEN, "triangle-up-open"),
    "reset": (BLUE, "circle-open"),
    "update": (VERMILION, "square-open"),
}


def saturation_figure(saturation: Saturation, gates: Sequence[str] | None = None) -> go.Figure:
    """One point for each unit: how often its gate is below 0.1, and how often above 0.9.

    No point lies beyond the line x + y = 1; on it a gate is at every step either shut or open.

    Args:
        saturation: of one layer.
        gates: which, by PyTorch's names; all of the cell's by default.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[1, 0],
        mode="lines",
        line={"color": GREY, "dash": "dash", "width": 1.5},
        name="always shut or open",
        hoverinfo="skip",
    )
    for gate in saturation.left if gates is None else gates:
        _units(figure, saturation, gate)
    figure.update_layout(
        height=440,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend=LEGEND,
        modebar={"remove": ["select2d", "lasso2d"], "orientation": "v"},
    )
    # A little room on every side: many units sit exactly on an axis.
    axis = {"range": [-0.04, 1.04], "constrain": "domain", "dtick": 0.2, "tickformat": ".0%"}
    figure.update_xaxes(title=f"steps at which the gate is below {LEFT:g}", **axis)
    figure.update_yaxes(title=f"steps at which it is above {RIGHT:g}", **axis)
    figure.update_xaxes(tickfont_size=14, title_font_size=15)
    figure.update_yaxes(tickfont_size=14, title_font_size=15, scaleanchor="x", scaleratio=1)
    return figure


def _units(figure: go.Figure, saturation: Saturation, gate: str) -> None:
    left, right = saturation.left[gate], saturation.right[gate]
    colour, symbol = _LOOKS[gate]
    counts = np.rint(np.stack([left, right], 1) * saturation.steps).astype(int)
    steps = plural(saturation.steps, "step")
    figure.add_scatter(
        x=left,
        y=right,
        customdata=[[unit + 1, *pair] for unit, pair in enumerate(counts.tolist())],
        name=f"{gate} gate",
        mode="markers",
        marker={
            "color": colour,
            "symbol": symbol,
            "size": 11,
            "opacity": 0.85,
            "line": {"width": 2},
        },
        cliponaxis=False,
        hovertemplate=(
            f"{gate} gate, unit %{{customdata[0]}}, {steps}<br>"
            f"below {LEFT:g} at %{{customdata[1]}} of them (%{{x:.1%}})<br>"
            f"above {RIGHT:g} at %{{customdata[2]}} of them (%{{y:.1%}})<extra></extra>"
        ),
    )
