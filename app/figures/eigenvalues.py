"""Eigenvalues of recurrent weights in the complex plane, with the unit circle."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go

from app.digits import rounded
from app.figures.frame import LEGEND
from app.theme import GREY
from core.analysis import BlockSpectrum

_ANGLES = np.linspace(0, 2 * np.pi, 181)
_SIZES = (8, 12, 6)
"""px of points: filled, open around a filled one, open inside an open one"""


@dataclass(frozen=True, eq=False)
class NamedSpectrum:
    """One network's eigenvalues.

    Attributes:
        name: in the legend, as it is (no markup).
        colour: of its points and of its circle.
        symbol: Plotly's name for the points' form, so that networks differ without colour.
        spectrum: of one block of its W_hh.
    """

    name: str
    colour: str
    symbol: str
    spectrum: BlockSpectrum


def eigenvalues(networks: Sequence[NamedSpectrum]) -> go.Figure:
    """Points λ for each network, a dashed circle at its spectral radius, and the unit circle.

    Both axes have one scale, whose range always holds the unit circle. The first network of a
    colour has filled points, the next ones open ones, so that those below show through.

    Args:
        networks: in the order of drawing, the last on top; before and after training, say.
    """
    figure = go.Figure()
    _circle(figure, 1.0, {"color": GREY, "width": 2}, "unit circle |λ| = 1")
    for network in networks:
        radius = network.spectrum.radius
        if radius > 0:
            line = {"color": network.colour, "width": 1.5, "dash": "dash"}
            _circle(figure, radius, line, escape(network.name, quote=False))
    drawn: list[str] = []
    for network in networks:
        _points(figure, network, drawn.count(network.colour))
        drawn.append(network.colour)
    reach = 1.08 * max([1.0, *(network.spectrum.radius for network in networks)])
    figure.update_layout(
        height=440,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend=LEGEND,
        modebar={"remove": ["select2d", "lasso2d"], "orientation": "v"},
    )
    axis = {"range": [-reach, reach], "constrain": "domain", "zeroline": True, "nticks": 7}
    figure.update_xaxes(title="real part of λ", tickfont_size=14, title_font_size=15, **axis)
    figure.update_yaxes(title="imaginary part of λ", tickfont_size=14, title_font_size=15, **axis)
    figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure


def _circle(figure: go.Figure, radius: float, line: dict[str, object], name: str) -> None:
    figure.add_scatter(
        x=radius * np.cos(_ANGLES),
        y=radius * np.sin(_ANGLES),
        mode="lines",
        line=line,
        name=name,
        showlegend=line["color"] == GREY,
        hoverinfo="skip",
    )


def _points(figure: go.Figure, network: NamedSpectrum, before: int) -> None:
    """Draw the points; `before` counts the networks of the same colour below them."""
    values = network.spectrum.eigenvalues.cpu().numpy()
    name = escape(network.name, quote=False)
    figure.add_scatter(
        x=np.real(values),
        y=np.imag(values),
        customdata=np.abs(values),
        # A name may hold "%{x}": as meta it is put in last, and not read again.
        meta=name,
        mode="markers",
        name=f"{name}: spectral radius {rounded(network.spectrum.radius)}",
        marker={
            "color": network.colour,
            "symbol": f"{network.symbol}-open" if before else network.symbol,
            "size": _SIZES[min(before, len(_SIZES) - 1)],
            "opacity": 0.85,
            "line": {"width": 2 if before else 1.5, "color": network.colour},
        },
        hovertemplate=(
            "%{meta}<br>λ = %{x:.4g} %{y:+.4g} i<br>modulus |λ| = %{customdata:.4g}<extra></extra>"
        ),
    )
