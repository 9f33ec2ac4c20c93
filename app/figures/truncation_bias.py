"""What truncated backpropagation loses: against its length, and for random cuts."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from app.digits import rounded
from app.figures.frame import LEGEND
from app.theme import BLUE, GREY, VERMILION
from core.analysis import Closeness, RandomTruncation, SegmentCurve, TruncationDraws

_FLOOR = -16.0  # decades: float64 holds no smaller relative error
_TICKS = [float(f"{m}e{p}") for p in range(-9, 13) for m in (1, 2, 5)]
_FORMS = {True: (BLUE, "circle", "divided by π"), False: (VERMILION, "square", "not divided")}


def truncation_bias(segments: SegmentCurve, sliding: Closeness, chosen: int) -> go.Figure:
    """Relative error (log) and cosine of the truncated gradient g_k against k.

    An error of 0, which a log axis has no place for, stands as a triangle on the lower edge.

    Args:
        segments: equal segments of k steps.
        sliding: every loss reaches the last k steps; entry k - 1 for k.
        chosen: the k in use, marked.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.07, row_heights=[3, 2]
    )
    lengths = np.arange(1, len(sliding.cosine) + 1)
    errors = np.concatenate([segments.kept.relative_error, sliding.relative_error])
    low = _lowest(errors)
    for name, steps, kept, colour, symbol, dash in (
        ("equal segments", segments.lengths, segments.kept, BLUE, "circle", "solid"),
        ("sliding: the last k steps", lengths, sliding, VERMILION, "square", "dash"),
    ):
        look = {"name": name, "line": {"color": colour, "dash": dash, "width": 2.5}}
        mark = {"color": colour, "symbol": symbol}
        for row, values in ((1, kept.relative_error), (2, kept.cosine)):
            shown = np.where(values > 0, values, np.nan) if row == 1 else values
            _curve(figure, row, (steps, shown), look, mark, chosen)
        _zeros(figure, steps[kept.relative_error == 0], 10.0**low, colour, name)
    _chosen(figure, chosen)
    longest = max([2, *lengths[-1:].tolist(), *segments.lengths.tolist()])
    lowest = float(np.nanmin([0, *segments.kept.cosine, *sliding.cosine]))
    _axes(figure, low, longest, errors)
    figure.update_yaxes(title="cosine to g", range=[lowest - 0.06, 1.1], dtick=0.5, row=2, col=1)
    return figure


def _chosen(figure: go.Figure, chosen: int) -> None:
    figure.add_vline(x=chosen, line={"color": GREY, "dash": "dot", "width": 1.5})
    figure.add_annotation(
        text=f"k = {chosen}",
        x=np.log10(chosen),
        y=0,
        yref="y domain",
        yanchor="bottom",
        xanchor="left",
        xshift=4,
        showarrow=False,
        font={"size": 15},
    )


def _curve(
    figure: go.Figure,
    row: int,
    values: tuple[NDArray[np.int64], NDArray[np.float64]],
    look: dict[str, object],
    mark: dict[str, str],
    chosen: int,
) -> None:
    """A line with its points, the chosen one large; one legend entry for both panels."""
    steps, shown = values
    what = "relative error" if row == 1 else "cosine"
    few = len(steps) <= 40
    figure.add_scatter(
        x=steps,
        y=shown,
        mode="lines+markers",
        marker=mark
        | {"opacity": 1, "size": [15 if k == chosen else 7 if few else 0 for k in steps]},
        legendgroup=str(look["name"]),
        showlegend=row == 1,
        hovertemplate=f"{look['name']}, k = %{{x}}: {what} %{{y:.4g}}<extra></extra>",
        row=row,
        col=1,
        **look,
    )


def _zeros(
    figure: go.Figure, steps: NDArray[np.int64], edge: float, colour: str, name: str
) -> None:
    if not len(steps):
        return
    figure.add_scatter(
        x=steps,
        y=np.full(len(steps), edge),
        mode="markers",
        marker={"symbol": "triangle-down-open", "size": 10, "color": colour},
        legendgroup=name,
        showlegend=False,
        cliponaxis=False,
        hovertemplate=f"{name}, k = %{{x}}: no error, 0 in this number format<extra></extra>",
        row=1,
        col=1,
    )


def _lowest(errors: NDArray[np.float64]) -> float:
    known = errors[np.isfinite(errors) & (errors > 0)]
    return max(_FLOOR, np.floor(np.log10(known.min()))) if len(known) else -1.0


def _axes(figure: go.Figure, low: float, longest: int, errors: NDArray[np.float64]) -> None:
    known = errors[np.isfinite(errors) & (errors > 0)]
    high = max(0.0, float(np.log10(known.max()))) if len(known) else 0.0
    figure.update_layout(height=460, margin={"l": 10, "r": 10, "t": 10, "b": 10}, legend=LEGEND)
    figure.update_xaxes(
        type="log",
        range=[-0.03, np.log10(longest) + 0.03],
        tickvals=_TICKS,
        showgrid=False,
        tickfont_size=14,
        title_font_size=15,
    )
    figure.update_xaxes(title="k, steps that the gradient goes back (log)", row=2, col=1)
    figure.update_yaxes(tickfont_size=14, title_font_size=15)
    figure.update_yaxes(
        title="‖g<sub>k</sub> − g‖ / ‖g‖ (log)",
        type="log",
        exponentformat="power",
        dtick=max(1, round((high - low) / 5)),
        range=[low - 0.08, high + 0.25],
        row=1,
        col=1,
    )


def random_truncation_figure(points: Sequence[RandomTruncation | TruncationDraws]) -> go.Figure:
    """Bias and standard deviation under random cuts against the mean run length 1 / (1 - π).

    Exact moments are lines, estimates from draws are points with one standard error up and down.
    π = 1 has no cuts and no mean run length: it is left out, and the picture says so.

    Args:
        points: any mixture of both kinds, weighted by 1/π or not, in any order.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.07)
    cut = sorted((point for point in points if point.keep < 1), key=lambda point: point.keep)
    for divided in (True, False):
        of_kind = [point for point in cut if point.reweighted == divided]
        _moments(figure, [p for p in of_kind if isinstance(p, RandomTruncation)], divided)
        _moments(figure, [p for p in of_kind if isinstance(p, TruncationDraws)], divided)
    title = "mean run, steps (log)"
    if len(cut) < len(points):
        title += "; never cut at π = 1"
    figure.update_layout(
        height=480, margin={"l": 10, "r": 10, "t": 10, "b": 10}, legend=LEGEND, hovermode="closest"
    )
    figure.update_xaxes(type="log", tickvals=_TICKS, tickfont_size=14, title_font_size=15)
    figure.update_xaxes(title=title, row=2, col=1)
    figure.update_yaxes(tickfont_size=14, title_font_size=15)
    figure.update_yaxes(title="bias / ‖g‖", rangemode="tozero", row=1, col=1)
    axis = {"title": "spread / ‖g‖ (log)", "type": "log", **_ticks(points)}
    figure.update_yaxes(axis, row=2, col=1)
    return figure


def _ticks(points: Sequence[RandomTruncation | TruncationDraws]) -> dict[str, object]:
    """Round numbers within two decades, else powers of ten."""
    spread = [_value(point, 2)[0] for point in points]
    known = [value for value in spread if 0 < value < np.inf]
    decades = np.log10(max(known) / min(known)) if known else 0
    if decades < 2:
        return {"tickvals": _TICKS}
    return {"dtick": max(1, round(decades / 5)), "exponentformat": "power"}


def _moments(
    figure: go.Figure, points: Sequence[RandomTruncation | TruncationDraws], divided: bool
) -> None:
    """Points of one kind: both panels."""
    if not points:
        return
    colour, symbol, kind = _FORMS[divided]
    exact = isinstance(points[0], RandomTruncation)
    name = f"{kind}: " + ("exact" if exact else _draws(points))
    for row, what in ((1, "bias"), (2, "standard deviation")):
        values, errors = zip(*(_value(point, row) for point in points), strict=True)
        shown = [v if v > 0 or row == 1 else np.nan for v in values]
        figure.add_scatter(
            x=[1 / (1 - point.keep) for point in points],
            y=shown,
            customdata=[[point.keep, *pair] for point, pair in zip(points, errors, strict=True)],
            error_y=None if exact else {"array": [e for e, _ in errors], "thickness": 1.8},
            mode="lines+markers" if exact else "markers",
            line={"color": colour, "width": 2.5, "dash": "solid" if divided else "dash"},
            marker={
                "color": colour,
                "size": 6 if exact else 11,
                "symbol": symbol if exact else f"{symbol}-open",
                "line": {"width": 2, "color": colour},
            },
            name=name,
            legendgroup=name,
            showlegend=row == 1,
            hovertemplate=(
                f"{name}<br>π = %{{customdata[0]:.4g}}, mean run %{{x:.4g}} steps<br>"
                f"{what} %{{y:.4g}} of ‖g‖%{{customdata[2]}}<extra></extra>"
            ),
            row=row,
            col=1,
        )


def _value(point: RandomTruncation | TruncationDraws, row: int) -> tuple[float, tuple[float, str]]:
    """The number, its standard error, and the error in words; an exact number has none."""
    if isinstance(point, RandomTruncation):
        return (point.bias if row == 1 else point.relative_deviation), (0.0, "")
    value = point.bias if row == 1 else point.standard_deviation
    error = point.bias_error if row == 1 else point.deviation_error
    known = bool(np.isfinite(error))
    return value, (
        error if known else 0.0,
        f" ± {rounded(error, 2)}" if known else ", error unknown",
    )


def _draws(points: Sequence[RandomTruncation | TruncationDraws]) -> str:
    counts = {len(point.passes) for point in points if isinstance(point, TruncationDraws)}
    low, high = min(counts), max(counts)
    return f"{low:,} draws" if low == high else f"{low:,} to {high:,} draws"
