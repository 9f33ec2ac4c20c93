"""The loss cliff of the smallest recurrent network, and gradient descent on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.digits import rounded
from app.figures.frame import BELOW, LEGEND, colours_below
from app.theme import plural
from core.analysis import Descent, LossCliff

# Cividis: from dark to light at an even pace, with every common kind of colour vision.
_SCALE = "Cividis"


@dataclass(frozen=True, eq=False)
class Way:
    """One descent.

    Attributes:
        name: in the legend, as it is (no markup).
        descent: where it went.
        colour: of its line.
        dash: Plotly's name for it, so that ways differ without colour.
    """

    name: str
    descent: Descent
    colour: str
    dash: str


def loss_cliff(cliff: LossCliff, ways: Sequence[Way] = ()) -> go.Figure:
    """The loss over (w, b) from above, with the ways of descent and a marker at each step.

    The picture keeps the grid's range. Where a way leaves it, legend and edge bear the number of
    the update; where to is told when its points are pointed at.

    Args:
        cliff: the surface.
        ways: drawn in this order, the last on top.
    """
    figure = go.Figure()
    figure.add_heatmap(
        x=cliff.w,
        y=cliff.b,
        z=cliff.loss,
        customdata=np.hypot(cliff.gradient_w, cliff.gradient_b),
        colorscale=_SCALE,
        colorbar=colours_below("loss L"),
        hovertemplate=(
            "w = %{x:.4g}, b = %{y:.4g}<br>loss %{z:.4g}, gradient norm %{customdata:.4g}"
            "<extra></extra>"
        ),
    )
    for way in ways:
        _draw(figure, way, _leaving(cliff, way.descent))
    figure.update_layout(height=540, margin={"l": 10, "r": 10, "t": 10, "b": BELOW}, legend=LEGEND)
    figure.update_xaxes(title="w", range=[cliff.w[0], cliff.w[-1]])
    figure.update_yaxes(title="b", range=[cliff.b[0], cliff.b[-1]])
    figure.update_xaxes(tickfont_size=14, title_font_size=15, showgrid=False, zeroline=False)
    figure.update_yaxes(tickfont_size=14, title_font_size=15, showgrid=False, zeroline=False)
    for way in ways:
        _edge_mark(figure, cliff, way)
    return figure


def loss_surface(cliff: LossCliff, ways: Sequence[Way] = ()) -> go.Figure:
    """The same in three dimensions: the wall stands up, ways end where they leave the grid.

    Args:
        cliff: the surface.
        ways: their points on the surface; those outside the grid are left out.
    """
    figure = go.Figure()
    figure.add_surface(
        x=cliff.w,
        y=cliff.b,
        z=cliff.loss,
        colorscale=_SCALE,
        showscale=False,
        hovertemplate="w = %{x:.4g}, b = %{y:.4g}<br>loss %{z:.4g}<extra></extra>",
    )
    for way in ways:
        _draw_on_surface(figure, cliff, way)
    figure.update_layout(
        height=520,
        margin={"l": 0, "r": 0, "t": 10, "b": 0},
        legend=LEGEND,
        scene={
            "xaxis": {"title": "w", "tickfont": {"size": 12}},
            "yaxis": {"title": "b", "tickfont": {"size": 12}},
            "zaxis": {"title": "loss L", "tickfont": {"size": 12}},
            "aspectratio": {"x": 1, "y": 1, "z": 0.6},
            "camera": {"eye": {"x": 1.5, "y": 1.1, "z": 0.9}},
        },
    )
    return figure


def _draw_on_surface(figure: go.Figure, cliff: LossCliff, way: Way) -> None:
    descent, name = way.descent, escape(way.name, quote=False)
    w, b, loss = (
        np.where(_inside(cliff, descent), values, np.nan)
        for values in (descent.w, descent.b, descent.loss)
    )
    figure.add_scatter3d(
        x=w,
        y=b,
        # Lifted by a hundredth, or the surface would swallow half of the line.
        z=loss + 0.01 * float(np.ptp(cliff.loss)),
        customdata=_told(descent),
        meta=name,
        name=name,
        mode="lines+markers",
        line={"color": way.colour, "width": 7},
        marker={"color": way.colour, "size": 4},
        hovertemplate="%{meta}, %{customdata}<extra></extra>",
    )


def _draw(figure: go.Figure, way: Way, leaving: str) -> None:
    descent, name = way.descent, escape(way.name, quote=False)
    # A dark line under the coloured one: seen on the light and on the dark end of the scale.
    figure.add_scatter(
        x=descent.w,
        y=descent.b,
        mode="lines",
        line={"color": "#000000", "width": 5},
        legendgroup=name,
        showlegend=False,
        hoverinfo="skip",
    )
    last = len(descent.w) - 1
    figure.add_scatter(
        x=descent.w,
        y=descent.b,
        customdata=_told(descent),
        # As meta, a name that holds "%{x}" is not read as a template.
        meta=name,
        name=name + leaving,
        legendgroup=name,
        mode="lines+markers",
        line={"color": way.colour, "width": 2.5, "dash": way.dash},
        marker={
            "color": way.colour,
            "size": [14 if step in (0, last) else 6 for step in range(last + 1)],
            "symbol": ["star" if step == 0 else "square" if step == last else "circle"
                       for step in range(last + 1)],
            "opacity": 1,
            "line": {"color": "#000000", "width": 1},
        },
        hovertemplate="%{meta}, %{customdata}<extra></extra>",
    )  # fmt: skip


def _told(descent: Descent) -> list[str]:
    """Each step in words."""
    texts = []
    for step, (w, b, loss, norm) in enumerate(
        zip(descent.w, descent.b, descent.loss, descent.norm, strict=True)
    ):
        where = "start" if step == 0 else f"after {plural(step, 'update')}"
        cut = "<br>clipped here" if step < len(descent.clipped) and descent.clipped[step] else ""
        texts.append(
            f"{where}: w = {rounded(w, 4)}, b = {rounded(b, 4)}<br>"
            f"loss {rounded(loss, 4)}, gradient norm {rounded(norm, 4)}{cut}"
        )
    return texts


def _inside(cliff: LossCliff, descent: Descent) -> NDArray[np.bool_]:
    return (
        (descent.w >= cliff.w[0])
        & (descent.w <= cliff.w[-1])
        & (descent.b >= cliff.b[0])
        & (descent.b <= cliff.b[-1])
    )


def _leaving(cliff: LossCliff, descent: Descent) -> str:
    """In words, when a way leaves the picture; "" if it stays."""
    inside = _inside(cliff, descent)
    if inside.all():
        return ""
    first = int(np.argmin(inside))
    if first == 0:
        return ": starts outside the picture"
    back = ", comes back" if inside[first:].any() else ""
    return f": leaves at update {first}{back}"


def _edge_mark(figure: go.Figure, cliff: LossCliff, way: Way) -> None:
    """The number of the update that leaves the picture, where it does."""
    inside = _inside(cliff, way.descent)
    first = int(np.argmin(inside))
    if inside.all() or first == 0:
        return
    w, b = _edge(cliff, way.descent, first)
    up, right = b > cliff.b.mean(), w > cliff.w.mean()
    figure.add_annotation(
        text=f"update {first} leaves",
        x=w,
        y=b,
        showarrow=False,
        xanchor="right" if right else "left",
        yanchor="top" if up else "bottom",
        xshift=-8 if right else 8,
        bgcolor="rgba(255, 255, 255, 0.92)",
        bordercolor=way.colour,
        borderwidth=2,
        borderpad=3,
        font={"size": 14, "color": "#1b1f27"},
    )


def _edge(cliff: LossCliff, descent: Descent, first: int) -> tuple[float, float]:
    """Where the line to the first point outside crosses the edge; the nearest point of it else."""
    low = np.array([cliff.w[0], cliff.b[0]])
    high = np.array([cliff.w[-1], cliff.b[-1]])
    there = np.array([descent.w[first], descent.b[first]])
    if first:
        here = np.array([descent.w[first - 1], descent.b[first - 1]])
        move = there - here
        room = np.where(move > 0, high - here, low - here)
        share = np.min(np.divide(room, move, out=np.ones(2), where=move != 0))
        there = here + share * move
    w, b = np.clip(there, low, high)
    return float(w), float(b)
