"""One gate of every unit over a text, as a picture."""

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.figures.frame import BELOW, colours_below


def gate_activations(values: NDArray[np.float64], tokens: Sequence[str], gate: str) -> go.Figure:
    """Units down, steps across, on a fixed scale from 0 (shut) to 1 (open).

    Args:
        values: the gate's activations, (T, H).
        tokens: what is read at each step, T of them, as they are (no markup).
        gate: its name.
    """
    steps, units = values.shape
    figure = go.Figure()
    figure.add_heatmap(
        x=np.arange(1, steps + 1),
        y=np.arange(1, units + 1),
        z=values.T,
        customdata=np.tile([escape(token, quote=False) for token in tokens], (units, 1)),
        zmin=0,
        zmax=1,
        colorscale="Cividis",
        colorbar=colours_below(f"{gate} gate", tickvals=[0, 0.5, 1]),
        hovertemplate="unit %{y}, step %{x} (%{customdata}): %{z:.4f}<extra></extra>",
    )
    figure.update_layout(height=390, margin={"l": 10, "r": 10, "t": 10, "b": BELOW})
    figure.update_xaxes(title="step t", showgrid=False, tickfont_size=14, title_font_size=15)
    figure.update_yaxes(
        title="unit", showgrid=False, autorange="reversed", tickfont_size=14, title_font_size=15
    )
    return figure
