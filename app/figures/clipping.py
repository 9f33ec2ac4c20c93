"""The gradient before and after clipping, as arrows in the plane and parameter by parameter."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import torch

from app.digits import rounded
from app.figures.frame import LEGEND
from app.theme import BLUE, GREY, VERMILION
from core.analysis import Clipping
from core.errors import CoreError


def clipping_plane(by_norm: Clipping, by_value: Clipping) -> go.Figure:
    """A gradient of two entries as an arrow, and what clipping by norm and by value make of it.

    The circle holds what clipping by norm leaves, the square what clipping by value leaves.

    Args:
        by_norm: of a gradient of two entries in all.
        by_value: of the same gradient.

    Raises:
        CoreError: if there are not two entries.
    """
    before, scaled = _entries(by_norm.before), _entries(by_norm.after)
    limited = _entries(by_value.after)
    if len(before) != 2 or len(limited) != 2:
        raise CoreError(
            f"`by_norm` (of {len(before)} entries) and `by_value` (of {len(limited)}) must have "
            "two each: draw more with `clipping_dots`."
        )
    figure = go.Figure()
    norm, value = by_norm.threshold, by_value.threshold
    angles = np.linspace(0, 2 * np.pi, 181)
    _border(figure, norm * np.cos(angles), norm * np.sin(angles), BLUE)
    across, up = value * np.array([1, 1, -1, -1, 1]), value * np.array([1, -1, -1, 1, 1])
    _border(figure, across, up, VERMILION)
    _arrow(figure, "gradient g", before, GREY, "solid")
    _arrow(figure, f"by norm, θ = {norm:g}", scaled, BLUE, "solid", by_norm.cosine)
    _arrow(figure, f"by value, θ = {value:g}", limited, VERMILION, "dash", by_value.cosine)
    figure.update_layout(height=440, margin={"l": 10, "r": 10, "t": 10, "b": 10}, legend=LEGEND)
    x, y = (_reach([before[k], scaled[k], limited[k], norm, -norm, value, -value]) for k in (0, 1))
    figure.update_xaxes(title="∂L/∂w<sub>1</sub>", range=x, constrain="domain")
    figure.update_yaxes(title="∂L/∂w<sub>2</sub>", range=y, constrain="domain")
    figure.update_xaxes(tickfont_size=14, title_font_size=15, zeroline=True)
    figure.update_yaxes(tickfont_size=14, title_font_size=15, zeroline=True)
    figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure


def clipping_dots(clipping: Clipping, names: Sequence[str]) -> go.Figure:
    """The norm of each parameter's gradient before and after, on one log axis.

    Clipping by norm moves every dot by the same distance: the direction stays. What has no place
    on a log axis, 0 or no finite number, is written beside its parameter's name.

    Args:
        clipping: by norm or by value.
        names: of the parameters, in the order of the gradients.

    Raises:
        CoreError: if there are not as many names as gradients.
    """
    if len(names) != len(clipping.before):
        raise CoreError(
            f"`names` (of {len(names)}) must have one for each of the {len(clipping.before)} "
            "gradients."
        )
    norms = [[_norm(g) for g in side] for side in (clipping.before, clipping.after)]
    figure = go.Figure()
    _moves(figure, *norms)
    looks = (("before", GREY, "circle", 14), ("after", BLUE, "diamond", 11))
    totals = (clipping.norm_before, clipping.norm_after)
    for (name, colour, symbol, size), values, total in zip(looks, norms, totals, strict=True):
        figure.add_scatter(
            x=[norm if _drawable(norm) else None for norm in values],
            y=list(range(len(names))),
            name=f"{name}: {rounded(total, 4)} over all",
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": size},
            hovertemplate=f"{name}: norm %{{x:.4g}}<extra></extra>",
        )
    shown = [_labelled(name, *pair) for name, *pair in zip(names, *norms, strict=True)]
    _axes(figure, shown, _decades([norm for side in norms for norm in side]))
    return figure


def _moves(figure: go.Figure, before: Sequence[float], after: Sequence[float]) -> None:
    """A line from each dot before to the dot after."""
    x, y = [], []
    for place, pair in enumerate(zip(before, after, strict=True)):
        if all(_drawable(norm) for norm in pair):
            x += [*pair, None]
            y += [place, place, None]
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": GREY, "width": 2},
        showlegend=False,
        hoverinfo="skip",
    )


def _axes(figure: go.Figure, names: Sequence[str], decades: Sequence[float]) -> None:
    figure.update_layout(
        height=110 + 34 * max(3, len(names)),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend=LEGEND,
    )
    figure.update_xaxes(
        title="gradient norm (log)",
        type="log",
        exponentformat="power",
        range=list(decades),
        dtick=1,
        tickfont_size=14,
        title_font_size=15,
    )
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=list(names),
        range=[len(names) - 0.4, -0.6],
        tickfont_size=15,
    )


def _reach(entries: Sequence[float]) -> list[float]:
    """From the least to the largest that is finite, with a little room."""
    known = [entry for entry in entries if math.isfinite(entry)]
    room = 0.06 * (max(known) - min(known))
    return [min(known) - room, max(known) + room]


def _entries(gradients: tuple[torch.Tensor, ...]) -> list[float]:
    return torch.cat([gradient.flatten().double() for gradient in gradients]).tolist()


def _norm(gradient: torch.Tensor) -> float:
    """Euclidean; by the largest entry, since squares of float32 overflow and underflow early."""
    values = gradient.double()
    peak = float(values.abs().max()) if values.numel() else 0.0
    if not 0 < peak < math.inf:
        return peak
    return peak * float(torch.linalg.vector_norm(values / peak))


def _drawable(norm: float) -> bool:
    return 0 < norm < math.inf


def _labelled(name: str, before: float, after: float) -> str:
    """The name, and in words what the log axis cannot show; names are the user's."""
    text = escape(name, quote=False)
    if _drawable(before) and _drawable(after):
        return text
    return f"{text} ({rounded(before)} → {rounded(after)})"


def _decades(norms: Sequence[float]) -> list[float]:
    known = [math.log10(norm) for norm in norms if _drawable(norm)]
    low, high = (math.floor(min(known)), math.ceil(max(known))) if known else (-1, 0)
    return [low - 0.1, max(high, low + 1) + 0.1]


def _border(figure: go.Figure, x: np.ndarray, y: np.ndarray, colour: str) -> None:
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": colour, "width": 1.5, "dash": "dot"},
        showlegend=False,
        hoverinfo="skip",
    )


def _arrow(
    figure: go.Figure,
    name: str,
    entries: list[float],
    colour: str,
    dash: str,
    cosine: float | None = None,
) -> None:
    x, y = entries
    turned = "" if cosine is None else f"<br>cosine to g: {rounded(cosine, 4)}"
    figure.add_scatter(
        x=[0, x],
        y=[0, y],
        mode="lines+markers",
        name=f"{name}: ({rounded(x, 4)}, {rounded(y, 4)})",
        line={"color": colour, "width": 4, "dash": dash},
        # The head lies along the line; at the tail there is none.
        marker={"symbol": "arrow", "angleref": "previous", "size": [0, 18], "color": colour,
                "opacity": 1},
        hovertemplate=(
            f"{name}: (%{{x:.4g}}, %{{y:.4g}})<br>norm {rounded(math.hypot(x, y), 4)}"
            f"{turned}<extra></extra>"
        ),
    )  # fmt: skip
