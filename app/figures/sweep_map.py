"""A sweep of one cell as a map: verdict and rate over length and spectral radius."""

import math

import numpy as np
import plotly.graph_objects as go

from app.digits import rounded
from app.figures.frame import BELOW, colours_below
from app.theme import CELL_LABELS, GREY
from core.analysis.sweep import SweepPoint, SweepRow, SweepTable
from core.models import CellName

SIGNS = {"vanishing": "▼", "healthy": "●", "exploding": "▲", "undecided": "?"}
"""the verdicts, told apart without colour"""
_MISSING = "…"
_LIMIT = 0.3  # decades per step: beyond doubling or halving at each, all rates are equally hopeless
_FACTORS = (0.5, 0.7, 1.0, 1.4, 2.0)
# Blue through light grey to orange, after Okabe & Ito's hues: distinguishable with every common
# kind of colour vision. The ends are light enough for dark signs.
_SCALE = ((0.0, "#4A9BD1"), (0.5, "#F2F2F2"), (1.0, "#EE8B3A"))
_BAR = colours_below(
    "factor per step back",
    tickvals=[max(-_LIMIT, min(_LIMIT, math.log10(factor))) for factor in _FACTORS],
    ticktext=["≤ ×0.5", "×0.7", "×1", "×1.4", "≥ ×2"],
)
_INK = "#1b1f27"


def sweep_map(table: SweepTable, cell: CellName) -> go.Figure:
    """Colours are the mean slope over the seeds, centred on 0 and limited; signs are the verdicts.

    A place with several seeds bears the sign of each verdict that occurs. Where no seed has a rate
    there is no colour, and where seeds are not measured yet stands "…".

    Args:
        table: finished or not.
        cell: one of the sweep's.

    Raises:
        CoreError: if the sweep has no such cell.
    """
    lengths, radii = sorted(table.spec.lengths), sorted(table.spec.spectral_radii)
    order = np.ix_(np.argsort(table.spec.spectral_radii), np.argsort(table.spec.lengths))
    slopes, words = table.slopes(cell)[order], table.words(cell)[order]
    x, y = [f"{length:,}" for length in lengths], [f"{radius:g}" for radius in radii]
    mean = _mean(slopes)
    figure = go.Figure()
    figure.add_heatmap(
        x=x,
        y=y,
        z=mean,
        colorscale=_SCALE,
        zmin=-_LIMIT,
        zmax=_LIMIT,
        colorbar=_BAR,
        xgap=2,
        ygap=2,
        hoverinfo="skip",
    )
    measured = {each.point: each for each in table.rows}
    # The signs lie over the whole map, so that a place without a rate has one and can be asked too.
    figure.add_scatter(
        x=x * len(y),
        y=[radius for radius in y for _ in x],
        text=[_sign(each) for each in words.reshape(-1, words.shape[-1])],
        customdata=[
            _told(table, measured, (cell, length, radius)) for radius in radii for length in lengths
        ],
        mode="text",
        textfont={"size": 18, "color": np.where(np.isnan(mean), GREY, _INK).ravel()},
        showlegend=False,
        hovertemplate="%{customdata}<extra></extra>",
    )
    _frame(figure, len(radii))
    return figure


def signs_key(missing: bool) -> str:
    """What the signs mean.

    Args:
        missing: some places are not measured yet.
    """
    words = [f"{sign} {word}" for word, sign in SIGNS.items()]
    return " · ".join(words + [f"{_MISSING} not measured yet"] * missing)


def _frame(figure: go.Figure, radii: int) -> None:
    figure.update_layout(
        height=20 + 32 * max(3, radii) + BELOW, margin={"l": 10, "r": 10, "t": 10, "b": BELOW}
    )
    look = {"type": "category", "showgrid": False, "tickfont_size": 14, "title_font_size": 15}
    figure.update_xaxes(title="length, tokens", **look)
    figure.update_yaxes(title="spectral radius", **look)


def _mean(slopes: np.ndarray) -> np.ndarray:
    """Over the seeds that have a slope; NaN where none has."""
    known = np.isfinite(slopes)
    total, count = np.where(known, slopes, 0).sum(-1), known.sum(-1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _sign(words: np.ndarray) -> str:
    """The signs of the verdicts of all seeds, each once."""
    found = {SIGNS.get(word, _MISSING) for word in words.tolist()}
    return "".join(sign for sign in (*SIGNS.values(), _MISSING) if sign in found)


def _told(
    table: SweepTable, measured: dict[SweepPoint, SweepRow], at: tuple[CellName, int, float]
) -> str:
    """One place in words, a line for each seed, the first eight of them."""
    cell, length, radius = at
    seeds = table.spec.seeds
    lines = [f"{CELL_LABELS[cell]}, {length:,} tokens, spectral radius {radius:g}"]
    for seed in seeds[:8]:
        row = measured.get(SweepPoint(cell, length, radius, seed))
        lines.append(f"seed {seed}: " + ("not measured yet" if row is None else _verdict(row)))
    if len(seeds) > 8:
        lines.append(f"and {len(seeds) - 8} more seeds")
    return "<br>".join(lines)


def _verdict(row: SweepRow) -> str:
    if row.slope is None or row.factor is None:
        return f"{row.word}, no rate"
    slope = f"{'+' if row.slope > 0 else ''}{rounded(row.slope, 4)}"
    text = f"{row.word}, ×{rounded(row.factor, 4)} per step back ({slope} decades)"
    return text if row.straight else f"{text}, a mean: the curve is not straight"
