"""The figures of the Gradients page hold the numbers given, and no markup of the user's."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from torch import nn

from app.digits import rounded
from app.figures.carry import Carried, carry
from app.figures.clipping import clipping_dots, clipping_plane
from app.figures.eigenvalues import NamedSpectrum, eigenvalues
from app.figures.gate_activations import gate_activations
from app.figures.lag_shares import lag_shares
from app.figures.loss_cliff import Way, loss_cliff, loss_surface
from app.figures.saturation import saturation_figure
from app.figures.sweep_map import SIGNS, signs_key, sweep_map
from app.figures.truncation_bias import random_truncation_figure, truncation_bias
from core import CoreError, analysis, capture
from core.analysis import Closeness, SegmentCurve, Status
from core.analysis.sweep import SweepRow, SweepSpec, sweep_table

T, B, D, H = 5, 3, 4, 2
NAN = math.nan
HOSTILE = "<b>%{y} & co"
SHOWN = "&lt;b&gt;%{y} &amp; co"
GRADIENT = torch.tensor([3.0, 4.0], dtype=torch.float64)


def trace(kind: type[nn.RNNBase] = nn.RNN):
    module = kind(D, H).double()
    with capture(module) as tape:
        module(torch.randn(T, B, D, dtype=torch.float64))[0].square().sum().backward()
    return tape["l0"]


def named(figure, name: str):
    (found,) = (each for each in figure.data if each.name == name)
    return found


def test_eigenvalues_lie_where_they_are_with_the_unit_circle_in_sight():
    (small,) = analysis.spectrum(trace())
    large = replace(small, eigenvalues=torch.tensor([3 - 4j, 0.5j], dtype=torch.complex128))
    figure = eigenvalues([NamedSpectrum(HOSTILE, "#111111", "x", small),
                          NamedSpectrum("after", "#222222", "circle", large)])  # fmt: skip
    points = [each for each in figure.data if each.mode == "markers"]
    for drawn, spectrum in zip(points, (small, large), strict=True):
        assert_array_equal(drawn.x, spectrum.eigenvalues.real)
        assert_array_equal(drawn.y, spectrum.eigenvalues.imag)
        np.testing.assert_allclose(drawn.customdata, spectrum.eigenvalues.abs(), rtol=1e-15)
    assert points[0].meta == SHOWN
    assert points[0].name.startswith(SHOWN)
    assert "%{y}" not in points[0].hovertemplate.replace("%{y:", "")
    circles = [np.hypot(each.x, each.y) for each in figure.data if each.mode == "lines"]
    for circle, radius in zip(circles, (1, small.radius, 5), strict=True):
        np.testing.assert_allclose(circle, radius, rtol=1e-12)
    assert figure.layout.yaxis.scaleanchor == "x"
    assert figure.layout.xaxis.range == figure.layout.yaxis.range == pytest.approx((-5.4, 5.4))
    none = replace(small, eigenvalues=torch.zeros(H, dtype=torch.complex128))
    only = eigenvalues([NamedSpectrum("zero", "#111", "x", none)])
    assert only.layout.xaxis.range[1] > 1
    assert len(only.data) == 2
    assert len(eigenvalues([]).data) == 1


def test_networks_of_one_colour_differ_by_more_than_the_points_form():
    (block,) = analysis.spectrum(trace())
    colours = ["#111111", "#222222", "#111111", "#111111"]
    signs = ["circle", "square", "diamond", "x"]
    figure = eigenvalues(
        [NamedSpectrum(*each, block) for each in zip(signs, colours, signs, strict=True)]
    )
    markers = [each.marker for each in figure.data if each.mode == "markers"]
    drawn = [each.symbol for each in markers]
    assert drawn == ["circle", "square", "diamond-open", "x-open"]
    assert len({each.size for each in (markers[0], markers[2], markers[3])}) == 3
    assert markers[0].size == markers[1].size


def closeness(error) -> Closeness:
    error = np.array(error)
    return Closeness(1 - error, error, error)


def test_truncation_draws_both_kinds_and_marks_a_zero_at_the_edge():
    segments = SegmentCurve(np.array([1, 2, 4]), closeness([1.5, 0.01, 0.0]))
    sliding = closeness([0.75, 1e-3, NAN, 0.0])
    figure = truncation_bias(segments, sliding, 2)
    lines = [each for each in figure.data if "lines" in each.mode]
    assert_array_equal(lines[0].y, [1.5, 0.01, NAN])
    assert_array_equal(lines[1].y, segments.kept.cosine)
    assert_array_equal(lines[2].y, [0.75, 1e-3, NAN, NAN])
    assert_array_equal(lines[3].y, sliding.cosine)
    assert_array_equal(lines[0].x, [1, 2, 4])
    assert_array_equal(lines[2].x, [1, 2, 3, 4])
    assert np.argmax(lines[2].marker.size) == 1
    zeros = [each for each in figure.data if each.mode == "markers"]
    assert [each.x.tolist() for each in zeros] == [[4], [4]]
    assert all(each.y == pytest.approx([1e-3]) for each in zeros)
    assert "no error" in zeros[0].hovertemplate
    assert figure.layout.shapes[0].x0 == 2
    assert figure.layout.yaxis2.range[0] < -0.5
    nothing = truncation_bias(SegmentCurve(np.array([1]), closeness([NAN])), closeness([NAN]), 1)
    assert np.isnan(nothing.data[0].y).all()


def test_random_truncation_draws_exact_lines_and_estimates_with_errors():
    layer = trace()
    exact = [analysis.random_truncation(layer, keep) for keep in (1.0, 0.8, 0.5)]
    plain = analysis.random_truncation(layer, 0.5, reweighted=False)
    drawn = analysis.draw_truncations(layer, 0.75, draws=7, seed=1)
    figure = random_truncation_figure([*exact, plain, drawn])
    bias, deviation = (e for e in figure.data if e.name == "divided by π: exact")
    np.testing.assert_allclose(bias.x, [2, 5], rtol=1e-12)
    assert_array_equal(bias.y, [exact[2].bias, exact[1].bias])
    assert_array_equal(deviation.y, [exact[2].relative_deviation, exact[1].relative_deviation])
    bias, deviation = (e for e in figure.data if e.name == "divided by π: 7 draws")
    assert bias.y == (drawn.bias,)
    assert tuple(bias.error_y.array) == (drawn.bias_error,)
    assert deviation.y == (drawn.standard_deviation,)
    assert tuple(deviation.error_y.array) == (drawn.deviation_error,)
    assert next(e for e in figure.data if e.name == "not divided: exact").y == (plain.bias,)
    assert "π = 1" in figure.layout.xaxis2.title.text
    assert figure.layout.xaxis.matches == "x2"  # below each other: a phone has no room beside
    one = analysis.draw_truncations(layer, 0.75, draws=1, seed=1)
    assert "error unknown" in random_truncation_figure([one]).data[1].customdata[0][2]
    assert not random_truncation_figure([]).data


def test_lags_hold_shares_and_norms_and_say_what_a_missing_norm_is():
    found = analysis.weight_gradient_by_lag(trace())
    figure = lag_shares(found)
    assert_array_equal(figure.data[0].y, found.share)
    assert_array_equal(figure.data[0].customdata, np.cumsum(found.share))
    assert_array_equal(figure.data[1].y, found.log10_norm)
    zero = named(figure, "exactly 0: nothing comes so far, or h is 0 there")
    assert list(zero.x) == [T - 1] == np.flatnonzero(found.status == Status.EXACT_ZERO).tolist()
    none = np.full(T, NAN)
    status = np.array([Status.NON_FINITE] + [Status.UNDERFLOW] * 4, np.uint8)
    figure = lag_shares(replace(found, share=none, log10_norm=none, status=status))
    assert list(named(figure, "no finite number").x) == [0]
    assert list(named(figure, "too small for the number format").x) == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", (nn.GRU, nn.LSTM))
def test_saturation_counts_steps_of_each_unit(kind):
    found = analysis.saturation(trace(kind))
    figure = saturation_figure(found)
    assert len(figure.data) == 1 + len(found.left)
    for gate in found.left:
        points = named(figure, f"{gate} gate")
        assert_array_equal(points.x, found.left[gate])
        assert_array_equal(points.y, found.right[gate])
        units, low, high = zip(*points.customdata, strict=True)
        assert units == (1, 2)
        assert low == pytest.approx(found.left[gate] * T * B)
        assert high == pytest.approx(found.right[gate] * T * B)
        assert f"{T * B} steps" in points.hovertemplate
    assert [each.name for each in saturation_figure(found, [gate]).data][1:] == [f"{gate} gate"]
    assert tuple(figure.data[0].x + figure.data[0].y) == (0, 1, 1, 0)


def test_carry_draws_the_products_beside_the_gradient_and_leaves_gaps_for_zeros():
    product = analysis.carry_product(trace(nn.LSTM))
    measured = np.array([0.0, -1.0, NAN, -3.5])
    figure = carry([Carried(HOSTILE, "#123456", product, measured)])
    assert_array_equal(figure.data[0].y, measured)
    for line, which in zip(figure.data[1:], ("largest", "mean", "median"), strict=True):
        assert_array_equal(line.y, getattr(product, which))
        assert_array_equal(line.x, np.arange(T))
        assert line.name.startswith(f"{SHOWN}: {which}")
        assert line.meta.startswith(SHOWN)
        assert HOSTILE not in line.hovertemplate
    assert len({line.line.dash for line in figure.data}) == 4
    shut = replace(product, largest=np.array([0, -2, -np.inf]), mean=np.array([0, -2.3, NAN]),
                   median=np.array([0, -200.0, -np.inf]))  # fmt: skip
    figure = carry([Carried("a", "#111", shut)])
    assert_array_equal(figure.data[0].y, [0, -2, NAN])
    assert figure.data[2].name == "a: median product (falls to 10<sup>-200</sup>)"
    assert figure.layout.yaxis.range == pytest.approx((-3.1, 0.1))
    assert not carry([]).data


def test_the_cliff_holds_the_loss_and_says_where_a_way_leaves():
    cliff = analysis.loss_cliff((4, 7), (-3.5, -2), 7)
    free = analysis.descend((5.5, -2.6), 0.5, None, 30)
    held = analysis.descend((5.5, -2.6), 0.5, 0.1, 30)
    ways = [Way(HOSTILE, free, "#123456", "solid"), Way("held", held, "#654321", "dash")]
    figure = loss_cliff(cliff, ways)
    assert_array_equal(figure.data[0].z, cliff.loss)
    assert_array_equal(figure.data[0].x, cliff.w)
    assert_array_equal(figure.data[0].y, cliff.b)
    outside = (free.w < 4) | (free.w > 7) | (free.b < -3.5) | (free.b > -2)
    first = int(np.argmax(outside))
    (wild,) = (each for each in figure.data if each.meta == SHOWN)
    assert_array_equal(wild.x, free.w)
    assert_array_equal(wild.y, free.b)
    assert wild.name.startswith(f"{SHOWN}: leaves at update {first}")
    where = f"w = {rounded(free.w[first], 4)}, b = {rounded(free.b[first], 4)}"
    assert where in wild.customdata[first]
    tame = named(figure, "held")
    assert_array_equal(tame.x, held.w)
    assert [("clipped here" in text) for text in tame.customdata[:-1]] == held.clipped.tolist()
    assert HOSTILE not in wild.hovertemplate
    (note,) = figure.layout.annotations
    assert note.text == f"update {first} leaves"
    # On the edge, and on the way from the last point inside to the first outside.
    assert math.isclose(note.y, -2) or math.isclose(note.x, 7) or note.x == 4 or note.y == -3.5
    move = np.array([free.w[first] - free.w[first - 1], free.b[first] - free.b[first - 1]])
    along = np.array([note.x - free.w[first - 1], note.y - free.b[first - 1]])
    assert move[0] * along[1] == pytest.approx(move[1] * along[0], abs=1e-9)
    assert figure.layout.xaxis.range == (4, 7)
    solid = loss_surface(cliff, ways)
    assert_array_equal(solid.data[0].z, cliff.loss)
    assert_array_equal(np.isnan(solid.data[1].x), outside)
    away = analysis.descend((9, 9), 0.5, 0.1, 2)
    assert "starts outside" in loss_cliff(cliff, [Way("a", away, "#111", "solid")]).data[2].name


def test_clipping_draws_the_facts_as_arrows():
    norm, value = analysis.clip_by_norm([GRADIENT], 1), analysis.clip_by_value([GRADIENT], 1)
    figure = clipping_plane(norm, value)
    arrows = figure.data[2:]
    assert [(each.x[1], each.y[1]) for each in arrows] == [
        (3, 4), tuple(norm.after[0].tolist()), (1, 1)
    ]  # fmt: skip
    assert [each.name.split(": ")[1] for each in arrows] == ["(3, 4)", "(0.6, 0.8)", "(1, 1)"]
    np.testing.assert_allclose(np.hypot(figure.data[0].x, figure.data[0].y), 1)
    assert {*figure.data[1].x} == {1, -1}
    wild = [torch.tensor([math.inf, NAN])]
    figure = clipping_plane(analysis.clip_by_norm(wild, 1), analysis.clip_by_value(wild, 1))
    assert np.isfinite(figure.layout.xaxis.range).all()
    with pytest.raises(CoreError, match="`clipping_dots`"):
        clipping_plane(analysis.clip_by_norm([torch.ones(3)], 1), value)


@settings(max_examples=30)
@given(
    st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=5), st.floats(1e-3, 1e3), st.booleans()
)
def test_clipping_dots_are_the_norms_of_each_parameter(sizes, threshold, by_norm):
    clip = analysis.clip_by_norm if by_norm else analysis.clip_by_value
    found = clip([GRADIENT * size / 5 for size in sizes], threshold)
    figure = clipping_dots(found, [f"p{k}" for k in range(len(sizes))])
    for drawn, side in zip(figure.data[1:], (found.before, found.after), strict=True):
        for norm, gradient in zip(drawn.x, side, strict=True):
            expected = math.hypot(*gradient.tolist())
            assert (norm or 0) == pytest.approx(expected, rel=1e-12, abs=0)


def test_clipping_says_what_a_log_axis_cannot_show_beside_the_escaped_name():
    gradients = [torch.zeros(2), torch.tensor([math.inf]), torch.zeros(0), GRADIENT]
    figure = clipping_dots(analysis.clip_by_value(gradients, 1), [HOSTILE, "b", "c", "d"])
    shown = figure.layout.yaxis.ticktext
    assert shown == (f"{SHOWN} (0 → 0)", "b (+∞ → 1)", "c (0 → 0)", "d")
    assert figure.data[1].x == (None, None, None, 5)
    with pytest.raises(CoreError, match=r"`names` \(of 1\)"):
        clipping_dots(analysis.clip_by_value(gradients, 1), ["a"])


SPEC = SweepSpec(
    cells=("lstm", "rnn_tanh"), lengths=(9, 5, 7), spectral_radii=(1.2, 0.5), seeds=(3, 1),
    tokens=(0, 1) * 5, vocabulary_size=2, hidden_size=H,
)  # fmt: skip


def sweep_row(point, word="vanishing", slope=-0.1) -> SweepRow:
    return SweepRow(point, word, slope, False, 1.0, 0.0, Status.FINITE, 1.0, 0.0)


def test_the_sweep_map_sorts_its_axes_and_means_over_seeds():
    places = {(5, 0.5): 0.4, (7, 0.5): 0.2, (9, 1.2): -0.3}
    rows = [
        sweep_row(p, slope=places.get((p.length, p.spectral_radius), 0.1) + 0.01 * p.seed)
        for p in SPEC.points
    ]
    for cell in SPEC.cells:
        heat, _ = sweep_map(sweep_table(SPEC, rows), cell).data
        assert tuple(heat.x) == ("5", "7", "9")
        assert tuple(heat.y) == ("0.5", "1.2")
        np.testing.assert_allclose(heat.z, [[0.42, 0.22, 0.12], [0.12, 0.12, -0.28]], rtol=1e-12)
        assert heat.zmin == -heat.zmax
    with pytest.raises(CoreError):
        sweep_map(sweep_table(SPEC, rows), "gru")


def test_bars_of_colours_lie_below_so_that_a_map_is_as_wide_as_a_phone():
    cliff = analysis.loss_cliff((4, 7), (-3.5, -2), 7)
    gates = np.linspace(0, 1, T * H).reshape(T, H)
    tables = sweep_table(SPEC, [sweep_row(point) for point in SPEC.points])
    for figure in (
        loss_cliff(cliff), gate_activations(gates, "abcde", "forget"), sweep_map(tables, "lstm")
    ):  # fmt: skip
        bar = figure.data[0].colorbar
        assert (bar.orientation, bar.yref, bar.y, bar.len) == ("h", "container", 0, 1)
        assert figure.layout.margin.b > 100
        assert figure.layout.margin.r == 10


def test_the_sweep_map_tells_verdicts_by_signs_and_leaves_the_unmeasured_blank():
    given = {
        (9, 1.2, 3): ("exploding", 0.2), (9, 1.2, 1): ("healthy", 0.0),
        (5, 0.5, 3): ("undecided", None), (5, 0.5, 1): ("undecided", None),
        (7, 1.2, 3): ("vanishing", -0.2),
    }  # fmt: skip
    places = {(p.length, p.spectral_radius, p.seed): p for p in SPEC.points if p.cell == "lstm"}
    rows = [sweep_row(places[key], *found) for key, found in given.items()]
    heat, signs = sweep_map(sweep_table(SPEC, rows), "lstm").data
    assert_array_equal(heat.z, [[NAN, NAN, NAN], [NAN, -0.2, 0.1]])
    at = {(x, y): text for x, y, text in zip(signs.x, signs.y, signs.text, strict=True)}
    assert at["9", "1.2"] == SIGNS["healthy"] + SIGNS["exploding"]
    assert at["5", "0.5"] == "?"
    assert at["7", "1.2"] == "▼…"
    assert at["7", "0.5"] == "…"
    told = dict(zip(zip(signs.x, signs.y, strict=True), signs.customdata, strict=True))
    assert told["7", "1.2"] == (
        "LSTM, 7 tokens, spectral radius 1.2<br>seed 3: vanishing, ×0.631 per step back "
        "(−0.2 decades), a mean: the curve is not straight<br>seed 1: not measured yet"
    )
    assert "undecided, no rate" in told["5", "0.5"]
    assert signs_key(missing=False) == "▼ vanishing · ● healthy · ▲ exploding · ? undecided"
    assert signs_key(missing=True).endswith("? undecided · … not measured yet")
