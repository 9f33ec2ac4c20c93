"""Random truncation against every draw there is, each by autograd, and the scalar closed form."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from core import CoreError, capture
from core.analysis.truncation import (
    draw_truncations,
    handed_on,
    moments,
    random_starts,
    random_truncation,
    segment_curve,
    segment_gradient,
    segment_starts,
)
from core.analysis.truncation.lags import lag_gradients
from tests.oracles import one_step
from tests.strategies import CELLS
from tests.test_analysis_truncation import B, H, T, captured, drawn, loss_of, module_of


def by_enumeration(cell, module, x, weight, at, keep, reweighted):
    """Mean and deviation over all 2^(T-1) draws, each by autograd."""
    p = {name: value.detach().clone() for name, value in module.named_parameters()}
    w = p["weight_hh_l0"].requires_grad_()

    def scaled(state, factor):
        return None if state is None else state.detach() + factor * (state - state.detach())

    mean, square = torch.zeros_like(w), 0.0
    for passes in itertools.product((False, True), repeat=T - 1):
        chance = math.prod(keep if passed else 1 - keep for passed in passes)
        states = []
        for b in range(B):
            h, c, own = x.new_zeros(H), x.new_zeros(H), []
            for s in range(T):
                factor = 0.0 if s and not passes[s - 1] else 1 / keep if reweighted else 1.0
                record = one_step(cell, x[s, b], scaled(h, factor), scaled(c, factor), p, "_l0")
                h, c = record.hidden, record.cell_state
                own.append(h)
            states.append(torch.stack(own))
        (gradient,) = torch.autograd.grad(loss_of(torch.stack(states, 1), weight, at), w)
        mean, square = mean + chance * gradient, square + chance * float(gradient.square().sum())
    return mean, math.sqrt(square - float(mean.square().sum()))


@pytest.mark.parametrize("reweighted", (True, False))
@pytest.mark.parametrize("at", ("mean", "last"))
@pytest.mark.parametrize("cell", CELLS)
def test_moments_are_exact_over_every_draw(cell, at, reweighted):
    module, (x, weight), keep = module_of(cell), drawn(), 0.6
    trace = captured(module, x, weight, at)
    found = random_truncation(trace, keep, reweighted=reweighted)
    mean, deviation = by_enumeration(cell, module, x, weight, at, keep, reweighted)
    full = trace.grad_weight_hh
    assert_close(found.mean, mean)
    assert found.standard_deviation == pytest.approx(deviation, rel=1e-9)
    assert found.relative_deviation == pytest.approx(deviation / float(full.norm()), rel=1e-9)
    assert found.bias == pytest.approx(float((mean - full).norm() / full.norm()), abs=1e-14)
    if reweighted:
        assert_close(mean, full)
        assert found.cosine == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(cell=st.sampled_from(CELLS), keep=st.floats(0.05, 1), seed=st.integers(0, 1000))
def test_randomised_is_unbiased_and_random_segments_weigh_lags(cell, keep, seed):
    torch.manual_seed(seed)
    module, (x, weight) = module_of(cell), drawn()
    trace = captured(module, x, weight, "mean")
    assert_close(random_truncation(trace, keep).mean, trace.grad_weight_hh)
    weighted = sum(keep**j * part for j, part in enumerate(lag_gradients(trace)))
    assert_close(random_truncation(trace, keep, reweighted=False).mean, weighted)


def scalar_trace(w: float, steps: int):
    """h_t = w h_{t-1} + 1: states stay above 0, where ReLU is the identity; loss h_T."""
    module = nn.RNN(1, 1, nonlinearity="relu", bias=False).double()
    with torch.no_grad():
        module.weight_hh_l0.fill_(w)
        module.weight_ih_l0.fill_(1)
    with capture(module) as tape:
        module(torch.ones(steps, 1, 1, dtype=torch.float64))[0][-1].sum().backward()
    return tape["l0"]


def scalar_deviation(w: float, steps: int, keep: float) -> float:
    """From the outcomes, the first cut lying n steps back: Σ_{j≤n} (w/π)^j h_{T-1-j}."""
    h = [(1 - w**t) / (1 - w) for t in range(steps)]
    estimates = np.cumsum([(w / keep) ** j * h[steps - 1 - j] for j in range(steps)])
    chance = [(1 - keep) * keep**n for n in range(steps - 1)] + [keep ** (steps - 1)]
    mean = np.dot(chance, estimates)
    return math.sqrt(np.dot(chance, (estimates - mean) ** 2))


def test_the_scalar_case_has_its_known_moments():
    found = random_truncation(scalar_trace(0.9, 20), 0.9)
    assert float(found.mean) == pytest.approx(60.8253, abs=5e-5)
    assert found.standard_deviation == pytest.approx(36.39, abs=5e-3)
    assert found.standard_deviation == pytest.approx(scalar_deviation(0.9, 20, 0.9), rel=1e-12)


@pytest.mark.parametrize(("w", "keep", "bounded"), ((0.9, 0.9, True), (0.9, 0.7, False)))
def test_the_deviation_grows_without_bound_where_w_squared_exceeds_pi(w, keep, bounded):
    deviations = [
        random_truncation(scalar_trace(w, steps), keep).standard_deviation
        for steps in (20, 100, 200, 300)
    ]
    expected = [scalar_deviation(w, steps, keep) for steps in (20, 100, 200, 300)]
    assert deviations == pytest.approx(expected, rel=1e-9)
    growth = deviations[3] / deviations[2]
    # Each step multiplies the second moment by w²/π in the end.
    assert growth == pytest.approx(1 if bounded else (w * w / keep) ** 50, rel=1e-3)


def test_draws_agree_with_the_exact_moments():
    module, (x, weight) = module_of("lstm"), drawn()
    trace = captured(module, x, weight, "mean")
    for reweighted in (True, False):
        exact = random_truncation(trace, 0.7, reweighted=reweighted)
        found = draw_truncations(trace, 0.7, draws=4000, seed=3, reweighted=reweighted)
        assert abs(found.standard_deviation - exact.relative_deviation) < 4 * found.deviation_error
        assert found.deviation_error < 0.05 * found.standard_deviation
        assert found.bias_error == pytest.approx(found.standard_deviation / math.sqrt(4000))
        distance = (found.mean - exact.mean).norm() / trace.grad_weight_hh.norm()
        assert float(distance) < 4 * found.bias_error
        assert abs(found.bias - exact.bias) < 4 * found.bias_error


def test_each_draw_is_the_gradient_under_its_cuts():
    module, (x, weight) = module_of("gru"), drawn()
    trace = captured(module, x, weight, "mean")
    found = draw_truncations(trace, 0.6, draws=6, seed=5, reweighted=False)
    full, total = trace.grad_weight_hh, torch.zeros_like(trace.grad_weight_hh)
    for passes, error in zip(found.passes, found.each.relative_error, strict=True):
        starts = [s for s in range(T) if s == 0 or not passes[s]]
        gradient = segment_gradient(trace, starts)
        total += gradient
        assert error == pytest.approx(float((gradient - full).norm() / full.norm()), abs=1e-14)
    assert_close(found.mean, total / 6)
    assert random_starts(T, 0.6, 5) == tuple(
        s for s in range(T) if s == 0 or not found.passes[0, s]
    )
    again = draw_truncations(trace, 0.6, draws=3, seed=5, reweighted=False)
    assert (again.passes == found.passes[:3]).all()
    assert math.isnan(draw_truncations(trace, 0.6, draws=1, seed=5).deviation_error)


def test_random_starts_have_the_mean_length_they_say():
    starts = random_starts(20_000, 0.9, 1)
    lengths = np.diff([*starts, 20_000])
    assert starts[0] == 0
    # Geometric with mean 10 and deviation √90; about 2,000 segments.
    assert abs(lengths.mean() - 10) < 4 * math.sqrt(90 / len(lengths))


def test_too_long_a_text_is_refused_with_a_way_out(monkeypatch):
    module, (x, weight) = module_of("gru"), drawn()
    trace = captured(module, x, weight, "mean")
    monkeypatch.setattr(moments, "MAX_BYTES", 1000)
    with pytest.raises(CoreError, match="or draws"):
        random_truncation(trace, 0.5)


@pytest.mark.parametrize(
    ("call", "sentence"),
    (
        (lambda t: segment_starts(0, 3), r"`steps` \(=0\)"),
        (lambda t: segment_starts(3, 0), r"`length` \(=0\)"),
        (lambda t: handed_on(3, [3]), r"`starts` \(with 3\) must lie between 0 and 2"),
        (lambda t: segment_gradient(t, [-1]), r"`starts` \(with -1\)"),
        (lambda t: segment_curve(t, []), "`lengths` is empty"),
        (lambda t: segment_curve(t, [0]), r"`length` \(=0\)"),
        (lambda t: random_truncation(t, 0.0), r"`keep` \(=0.0\) must be above 0"),
        (lambda t: random_truncation(t, math.nan), r"`keep` \(=nan\)"),
        (lambda t: random_starts(3, 1.1, 0), r"`keep` \(=1.1\)"),
        (lambda t: draw_truncations(t, 0.5, draws=0, seed=1), r"`draws` \(=0\)"),
    ),
)
def test_what_makes_no_sense_is_refused(call, sentence):
    with pytest.raises(CoreError, match=sentence):
        call(scalar_trace(0.5, 4))
