"""Clipping against torch's own, and the loss cliff against autograd."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from core import CoreError
from core.analysis.cliff import descend, loss_and_gradient, loss_cliff
from core.analysis.clipping import clip_by_norm, clip_by_value

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=7)
thresholds = st.floats(1e-3, 1e3)


def tensor(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def by_torch(gradients, clip, threshold):
    parameters = [nn.Parameter(torch.zeros_like(gradient)) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    clip(parameters, threshold)
    return [parameter.grad for parameter in parameters]


@settings(max_examples=100, deadline=None)
@given(one=numbers, other=numbers, threshold=thresholds, double=st.booleans())
def test_both_do_what_torch_does(one, other, threshold, double):
    dtype = torch.float64 if double else torch.float32
    gradients = [torch.tensor(one, dtype=dtype), torch.tensor([other], dtype=dtype)]
    kept = [gradient.clone() for gradient in gradients]
    for ours, theirs in (
        (clip_by_norm, nn.utils.clip_grad_norm_),
        (clip_by_value, nn.utils.clip_grad_value_),
    ):
        found = ours(gradients, threshold)
        for after, before, expected in zip(
            found.after, found.before, by_torch(gradients, theirs, threshold), strict=True
        ):
            assert torch.equal(after, expected)
            assert before.shape == after.shape and before.dtype == after.dtype
        changed = [a != b for a, b in zip(found.after, found.before, strict=True)]
        count = sum(int(c.sum()) for c in changed)
        assert found.share_cut == pytest.approx(count / (len(one) + len(other)))
        assert ("nothing changes" in found.reason) <= (count == 0)
    for gradient, before in zip(gradients, kept, strict=True):
        assert torch.equal(gradient, before)


@settings(max_examples=60, deadline=None)
@given(values=numbers.filter(lambda v: max(map(abs, v)) > 1e-3), threshold=thresholds)
def test_by_norm_keeps_the_direction_and_the_bound(values, threshold):
    found = clip_by_norm([tensor(*values)], threshold)
    assert found.cosine == pytest.approx(1)
    assert found.norm_after <= threshold * (1 + 1e-12) or found.factor == 1
    assert found.norm_after == pytest.approx(found.norm_before * found.factor)
    assert found.factor == pytest.approx(min(1, threshold / found.norm_before), rel=2e-3)


def test_the_known_vector():
    cut = clip_by_norm([tensor(3.0), tensor(4.0)], 1)
    assert_close(torch.cat(cut.after), tensor(0.6, 0.8), rtol=1e-6, atol=0)
    assert (cut.norm_before, cut.share_cut, cut.cosine) == (5, 1, pytest.approx(1))
    assert cut.factor == pytest.approx(1 / (5 + 1e-6), rel=1e-15)
    assert cut.norm_after == pytest.approx(1, rel=1e-6)
    same = clip_by_norm([tensor(3.0, 4.0)], 10)
    assert torch.equal(same.after[0], tensor(3.0, 4.0))
    assert (same.factor, same.share_cut) == (1, 0)
    assert same.reason == "The norm 5 is below 10: nothing changes."
    turned = clip_by_value([tensor(3.0, 4.0, 0.5)], 1)
    assert torch.equal(turned.after[0], tensor(1.0, 1.0, 0.5))
    assert turned.share_cut == pytest.approx(2 / 3)
    assert turned.factor is None
    assert turned.cosine == pytest.approx(7.25 / math.sqrt(25.25 * 2.25))


def test_numbers_that_are_none_do_as_in_torch_and_say_so():
    endless = clip_by_norm([tensor(1.0, math.inf)], 1)
    expected = by_torch([tensor(1.0, math.inf)], nn.utils.clip_grad_norm_, 1)[0]
    assert_close(endless.after[0], expected, equal_nan=True)
    assert_close(expected, tensor(0.0, math.nan), equal_nan=True)
    assert (endless.norm_before, endless.factor) == (math.inf, 0)
    assert math.isnan(endless.cosine)
    assert "factor is 0" in endless.reason
    unknown = clip_by_norm([tensor(1.0, math.nan)], 1)
    assert unknown.after[0].isnan().all()
    assert "NaN" in unknown.reason
    # Finite entries whose squares overflow float32: torch's norm is inf, and all becomes 0.
    large = clip_by_norm([torch.full((2,), 1e30)], 1)
    assert (large.norm_before, large.factor) == (math.inf, 0)
    assert torch.equal(large.after[0], torch.zeros(2))
    limited = clip_by_value([tensor(-math.inf, math.nan, 0.2)], 1)
    assert_close(limited.after[0], tensor(-1.0, math.nan, 0.2), equal_nan=True)
    assert limited.share_cut == pytest.approx(1 / 3)
    assert "NaN" in limited.reason
    nothing = clip_by_norm([tensor(0.0, 0.0)], 1)
    assert nothing.share_cut == 0
    assert math.isnan(nothing.cosine)


@pytest.mark.parametrize("clip", (clip_by_norm, clip_by_value))
@pytest.mark.parametrize("threshold", (0.0, -1.0, math.nan, math.inf))
def test_a_threshold_that_is_none_is_refused(clip, threshold):
    with pytest.raises(CoreError, match="`threshold`"):
        clip([tensor(1.0)], threshold)
    with pytest.raises(CoreError, match="`gradients` is empty"):
        clip([], 1)


def by_autograd(w: float, b: float, steps: int, target: float):
    weight, bias = tensor(w).requires_grad_(), tensor(b).requires_grad_()
    h = tensor(0.5)
    for _ in range(steps):
        h = weight * h.sigmoid() + bias
    loss = (h.sigmoid() - target).square().sum()
    loss.backward()
    return float(loss.detach()), float(weight.grad), float(bias.grad)


@settings(max_examples=40, deadline=None)
@given(
    w=st.floats(-8, 8),
    b=st.floats(-5, 5),
    steps=st.integers(1, 60),
    target=st.floats(0, 1),
)
def test_the_cliff_is_what_autograd_says(w, b, steps, target):
    found = [float(value) for value in loss_and_gradient(w, b, steps, target)]
    # Near the wall small roundings are multiplied too.
    assert found == pytest.approx(by_autograd(w, b, steps, target), rel=1e-7, abs=1e-12)


def test_the_grid_holds_the_points_and_a_wall():
    cliff = loss_cliff((4, 7), (-3.5, -2), 61)
    assert cliff.loss.shape == (61, 61)
    for column, row in ((0, 60), (17, 40), (60, 3)):
        expected = by_autograd(cliff.w[column], cliff.b[row], 50, 0.7)
        found = (c[row, column] for c in (cliff.loss, cliff.gradient_w, cliff.gradient_b))
        assert list(found) == pytest.approx(expected, rel=1e-7)
    norm = np.hypot(cliff.gradient_w, cliff.gradient_b)
    assert norm.max() > 100 * np.median(norm)


def test_clipping_keeps_the_descent_from_being_thrown_off():
    free = descend((5.5, -2.6), 0.5, None, 60)
    held = descend((5.5, -2.6), 0.5, 0.1, 60)
    assert np.hypot(free.w[-1], free.b[-1]) > 1000 and not free.clipped.any()
    assert held.clipped.any() and held.loss[-1] < 0.01
    for path, threshold in ((free, math.inf), (held, 0.1)):
        for i in range(60):
            loss, of_w, of_b = by_autograd(path.w[i], path.b[i], 50, 0.7)
            norm = math.hypot(of_w, of_b)
            assert path.loss[i] == pytest.approx(loss, rel=1e-9, abs=1e-15)
            assert path.norm[i] == pytest.approx(norm, rel=1e-5, abs=1e-12)
            length = math.hypot(path.w[i + 1] - path.w[i], path.b[i + 1] - path.b[i])
            assert length == pytest.approx(0.5 * min(path.norm[i], threshold), rel=1e-6, abs=1e-9)
            assert (threshold < path.norm[i]) == (i < len(path.clipped) and path.clipped[i])


@pytest.mark.parametrize(
    ("call", "sentence"),
    (
        (lambda: loss_cliff((1, 0), (0, 1), 5), "`w_range`"),
        (lambda: loss_cliff((0, 1), (0, math.inf), 5), "`b_range`"),
        (lambda: loss_cliff((0, 1), (0, 1), 1), r"`size` \(=1\)"),
        (lambda: loss_cliff((0, 1), (0, 1), 5, steps=0), r"`steps` \(=0\)"),
        (lambda: loss_cliff((0, 1), (0, 1), 5, target=2), r"`target` \(=2\)"),
        (lambda: descend((math.nan, 0), 1, None, 1), "`w` and `b` must be finite"),
        (lambda: descend((0, 0), 0, None, 1), r"`rate` \(=0\)"),
        (lambda: descend((0, 0), 1, 0, 1), r"`threshold` \(=0\)"),
        (lambda: descend((0, 0), 1, None, 0), r"`updates` \(=0\)"),
    ),
)
def test_what_makes_no_sense_is_refused(call, sentence):
    with pytest.raises(CoreError, match=sentence):
        call()
