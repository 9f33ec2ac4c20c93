"""What the gates alone let through over distance, beside the measured gradient."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.figures.frame import LEGEND
from core.analysis import CarryProduct

_SYMBOLS = ("circle", "square-open", "triangle-up", "diamond-open")
_DASHES = {"largest": "dash", "mean": "dashdot", "median": "dot"}


@dataclass(frozen=True, eq=False)
class Carried:
    """One network's gates and gradient, counted back from one step.

    Attributes:
        name: in the legend, as it is (no markup).
        colour: of its lines.
        product: of its forget or update gates.
        measured: log10 of the measured gradient's norm at distance 0, 1 …, NaN where it is no
            number; None to draw the gates alone.
    """

    name: str
    colour: str
    product: CarryProduct
    measured: NDArray[np.float64] | None = None


def carry(networks: Sequence[Carried]) -> go.Figure:
    """Largest, mean and median product of the gates, and the gradient, on one absolute log axis.

    Gaps where a product is 0 (a gate is 0 in the number format) or a norm is no number. A median
    may leave the picture below; its legend then says how low it falls.

    Args:
        networks: LSTMs or GRUs.
    """
    figure = go.Figure()
    low, high = _decades(networks)
    for place, network in enumerate(networks):
        symbol = _SYMBOLS[place % len(_SYMBOLS)]
        if network.measured is not None:
            _line(figure, network, "gradient", network.measured, ("solid", symbol, low))
        for which, dash in _DASHES.items():
            values = getattr(network.product, which)
            _line(figure, network, f"{which} product", values, (dash, symbol, low))
    gates = "/".join(dict.fromkeys(network.product.gate for network in networks))
    _axes(figure, low, high, f"product of {gates} gates, gradient norm")
    return figure


def _decades(networks: Sequence[Carried]) -> tuple[float, float]:
    """Whole powers of ten, at least two of them, around all lines but the medians.

    Half of the units may forget at once: hundreds of decades that would flatten the rest.
    """
    seen = [np.zeros(1)] + [network.product.largest for network in networks]
    seen += [network.product.mean for network in networks]
    seen += [network.measured for network in networks if network.measured is not None]
    every = np.concatenate(seen)
    finite = every[np.isfinite(every)]
    low, high = float(np.floor(finite.min())), float(np.ceil(finite.max()))
    return min(low, high - 2), high


def _axes(figure: go.Figure, low: float, high: float, title: str) -> None:
    figure.update_layout(
        height=440,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend=LEGEND,
        hovermode="x unified",
        modebar={"remove": ["select2d", "lasso2d"], "orientation": "v"},
    )
    figure.update_xaxes(
        title="steps back", rangemode="tozero", showgrid=False, tickfont_size=14, title_font_size=15
    )
    figure.update_yaxes(
        title=title,
        tickprefix="10<sup>",
        ticksuffix="</sup>",
        tick0=0,
        dtick=max(1, round((high - low) / 6)),
        range=[low - 0.1, high + 0.1],
        tickfont_size=14,
        title_font_size=15,
    )


def _line(
    figure: go.Figure,
    network: Carried,
    what: str,
    log10: NDArray[np.float64],
    look: tuple[str, str, float],
) -> None:
    """One line; the legend says how low it goes where the picture ends above that."""
    dash, symbol, low = look
    name = f"{escape(network.name, quote=False)}: {what}"
    finite = log10[np.isfinite(log10)]
    below = len(finite) > 0 and finite.min() < low
    figure.add_scatter(
        x=np.arange(len(log10)),
        y=np.where(np.isfinite(log10), log10, np.nan),
        name=name + (f" (falls to 10<sup>{finite.min():.0f}</sup>)" if below else ""),
        # As meta, a name that holds "%{y}" is not read as a template.
        meta=name,
        mode="lines+markers",
        # A few marks tell networks apart that share a colour: before and after training, say.
        marker={"symbol": symbol, "size": 9, "maxdisplayed": 9},
        line={"color": network.colour, "dash": dash, "width": 3 if dash == "solid" else 2},
        hovertemplate="%{meta} 10<sup>%{y:.2f}</sup><extra></extra>",
    )
