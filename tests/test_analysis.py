"""Norms told apart from zeros of three kinds, and verdicts on networks whose rate is known."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core import CaptureError, CoreError, capture
from core.analysis import GradientNorms, Status, gradient_norms, judge, norms_of, stack_norms


def linear_network(rate: float, size: int, steps: int, kind: str, reverse: bool = False):
    """A network that is exactly linear: W_hh = rate·Q, Q orthogonal, and where tanh or ReLU is 1.

    tanh: everything is zero, where its slope is 1. ReLU: Q permutes, inputs keep all states > 0.
    """
    draw = np.random.default_rng(size)
    if kind == "tanh":
        q = np.linalg.qr(draw.normal(size=(size, size)))[0]
    else:
        q = np.eye(size)[draw.permutation(size)]
    module = nn.RNN(2, size, nonlinearity=kind, bidirectional=reverse).double()
    with torch.no_grad():
        for name, p in module.named_parameters():
            p.zero_()
            if "weight_hh" in name:
                p.copy_(torch.from_numpy(rate * q))
            elif "bias_ih" in name and kind == "relu":
                p.fill_(0.5)
    x = torch.zeros(steps, 1, 2, dtype=torch.float64)
    step = 0 if reverse else -1
    with capture(module) as tape:
        module(x)[0][step, 0, size if reverse else 0].backward()
    return tape["l0_reverse" if reverse else "l0"]


@settings(max_examples=40, deadline=None)
@given(
    rate=st.floats(0.5, 1.5),
    size=st.integers(1, 9),
    steps=st.integers(10, 60),
    kind=st.sampled_from(("tanh", "relu")),
    reverse=st.booleans(),
)
def test_the_rate_of_a_linear_network_is_its_scale(rate, size, steps, kind, reverse):
    trace = linear_network(rate, size, steps, kind, reverse)
    norms = gradient_norms(trace)
    distance = torch.arange(steps) if reverse else torch.arange(steps - 1, -1, -1)
    wanted = distance.double() * math.log10(rate)
    torch.testing.assert_close(norms.log10[:, 0], wanted, rtol=1e-9, atol=1e-11)
    assert (norms.status == Status.FINITE).all()
    verdict = judge(norms)
    assert verdict.factor == pytest.approx(rate, rel=1e-9)
    assert verdict.straight
    assert (verdict.first, verdict.last) == (0, steps - 1)
    assert verdict.span == pytest.approx((steps - 1) * abs(math.log10(rate)), abs=1e-9)
    for step in (0, steps // 2, steps - 1):
        assert verdict.line_at(step) == pytest.approx(wanted[step].item(), abs=1e-9)
    word = "vanishing" if rate < 10**-0.01 else "exploding" if rate > 10**0.01 else "healthy"
    assert verdict.word == word
    if abs(rate - 1) < 1e-3:
        return  # the half-life of a level curve is the rounding of its slope
    if rate < 1:
        assert rate**verdict.half_life == pytest.approx(0.5, rel=1e-6)
        assert verdict.doubling_time is None
    else:
        assert rate**verdict.doubling_time == pytest.approx(2.0, rel=1e-6)
        assert verdict.half_life is None


@pytest.mark.parametrize(
    ("w", "gradients"),
    [
        (0.5, (0.354167, 0.041667, -0.25)),
        (1.0, (0.666667, 0.333333, 0.0)),
        (1.5, (2.020833, 1.125, 0.416667)),
    ],
)
def test_the_scalar_network_of_the_chapter(w, gradients):
    """h_t = w h_{t-1} + x_t, L = mean of (h - y)²/2; states stay positive, so ReLU is linear."""
    rnn = nn.RNN(1, 1, nonlinearity="relu", bias=False).double()
    with torch.no_grad():
        rnn.weight_ih_l0.fill_(1.0)
        rnn.weight_hh_l0.fill_(w)
    x, y = (torch.tensor(v, dtype=torch.float64).view(3, 1, 1) for v in ((1, 0, 0), (0, 0, 1)))
    with capture(rnn) as tape:
        ((rnn(x)[0] - y) ** 2 / 2).mean().backward()
    found = tape["l0"].grad_hidden.flatten()
    torch.testing.assert_close(found, torch.tensor(gradients).double(), rtol=0, atol=1e-6)
    norms = gradient_norms(tape["l0"])
    zero = torch.tensor(gradients) == 0
    assert torch.equal(norms.status[:, 0] == Status.EXACT_ZERO, zero)
    assert torch.equal(norms.log10[:, 0].isnan(), zero)


def test_zero_underflow_and_overflow_are_told_apart():
    vanished = gradient_norms(linear_network(0.01, 3, 300, "tanh"))
    assert (vanished.status[:140] == Status.UNDERFLOW).all()
    assert (vanished.status[150:] == Status.FINITE).all()
    assert vanished.log10[150].item() == pytest.approx(-298.0, abs=1e-6)
    assert judge(vanished).factor == pytest.approx(0.01, rel=1e-6)
    assert "too small for float64" in judge(vanished).reason

    exploded = gradient_norms(linear_network(100.0, 3, 300, "tanh"))
    assert (exploded.status[:140] == Status.NON_FINITE).all()
    assert judge(exploded).word == "exploding"

    cut = linear_network(0.0, 3, 20, "tanh")
    norms = gradient_norms(cut)
    assert (norms.status[:-1] == Status.EXACT_ZERO).all()
    assert norms.status[-1] == Status.FINITE
    assert judge(norms).word == "undecided"


def test_a_loss_in_the_middle_leaves_exact_zeros_after_it():
    gru = nn.GRU(2, 3).double()
    x = torch.randn(9, 1, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with capture(gru) as tape:
        gru(x)[0][4].sum().backward()
    status = gradient_norms(tape["l0"]).status[:, 0]
    assert (status[5:] == Status.EXACT_ZERO).all()
    assert (status[:5] == Status.FINITE).all()


def test_what_underflows_above_is_no_exact_zero_below():
    steps, loss = 400, 200
    torch.manual_seed(0)
    gru = nn.GRU(2, 3, num_layers=2, bidirectional=True).double()
    with torch.no_grad():
        for name, weight in gru.named_parameters():
            weight.mul_(0.02 if name.startswith("weight_hh") else 1)
            if name.startswith("bias_ih"):
                weight[3:6] = -8.0  # the update gate is shut: a factor of about 1e-3 a step
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(steps, 1, 2, dtype=torch.float64, generator=draw)
    with capture(gru) as tape:
        gru(x)[0][loss].sum().backward()
    found = {trace.name: norms.status[:, 0] for trace, norms in
             zip(tape.layers, stack_norms(tape.layers), strict=True)}  # fmt: skip
    assert (found["l1"][loss + 1 :] == Status.EXACT_ZERO).all()
    assert (found["l1_reverse"][:loss] == Status.EXACT_ZERO).all()
    for name in ("l0", "l0_reverse"):  # by way of the other direction every step has a path
        assert {Status.FINITE, Status.UNDERFLOW} == set(found[name].tolist())
        assert found[name][0] == found[name][-1] == Status.UNDERFLOW
    plain = gradient_norms(tape["l0"]).status[:, 0]
    assert plain[-1] == Status.EXACT_ZERO  # alone it cannot be known


def test_norms_neither_overflow_nor_underflow_on_the_way():
    sizes = torch.tensor([1e-200, 1e200, 1.0], dtype=torch.float64).view(3, 1, 1)
    log10 = norms_of(sizes * torch.tensor([3.0, 4.0])).log10
    wanted = torch.tensor([-200.0, 200.0, 0.0]).double().unsqueeze(1) + math.log10(5)
    torch.testing.assert_close(log10, wanted, rtol=1e-14, atol=0)


def test_float32_underflows_where_float64_does_not():
    rnn = nn.RNN(1, 1, bias=False)
    with torch.no_grad():
        rnn.weight_hh_l0.fill_(0.1)
    x = torch.zeros(100, 1, 1)
    statuses = []
    for dtype in (torch.float32, torch.float64):
        with capture(rnn, dtype=dtype) as tape:
            rnn(x)[0][-1].sum().backward()
        statuses.append(gradient_norms(tape["l0"]).status[:, 0])
    assert statuses[0][0] == Status.UNDERFLOW
    assert (statuses[1] == Status.FINITE).all()


def curve(values) -> GradientNorms:
    log10 = torch.tensor(values, dtype=torch.float64).unsqueeze(1)
    status = torch.where(log10.isfinite(), Status.FINITE, Status.EXACT_ZERO).to(torch.int8)
    return GradientNorms(log10, status)


def test_the_fit_leaves_out_a_bend_at_either_end():
    body = [-0.05 * k for k in range(60)]
    bent = [0.8 * 0.3**k + v for k, v in enumerate(body)]
    verdict = judge(curve(bent[::-1]))
    assert verdict.straight
    assert verdict.slope == pytest.approx(-0.05, abs=0.006)
    wild = [0.0 if k % 2 else -3.0 for k in range(40)]
    verdict = judge(curve(wild))
    assert not verdict.straight
    assert "not a straight line" in verdict.reason


@pytest.mark.parametrize("values", [[0.0], [0.0, -1.0], [math.nan] * 9])
def test_too_little_to_judge_is_said_and_not_guessed(values):
    verdict = judge(curve(values))
    assert verdict.word == "undecided"
    assert math.isnan(verdict.slope)
    assert verdict.half_life is None
    assert verdict.doubling_time is None


def test_refusals():
    rnn = nn.RNN(2, 3)
    with capture(rnn) as tape:
        rnn(torch.zeros(4, 1, 2))
    with pytest.raises(CaptureError):
        gradient_norms(tape["l0"])
    with pytest.raises(CoreError, match=r"`sequence` \(=1\) must be from 0 to 0"):
        judge(curve([0.0, 1.0, 2.0]), sequence=1)
