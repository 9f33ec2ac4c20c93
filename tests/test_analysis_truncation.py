"""Truncated gradients of W_hh, against autograd with `detach()` call by call."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from core import capture
from core.analysis.truncation import (
    random_truncation,
    segment_curve,
    segment_gradient,
    segment_starts,
)
from core.analysis.truncation.lags import lag_gradients, weight_gradient_by_lag
from tests.strategies import CELLS

T, B, D, H = 5, 3, 4, 2


def module_of(cell: str) -> nn.RNNBase:
    kind = {"gru": nn.GRU, "lstm": nn.LSTM}.get(cell, nn.RNN)
    extra = {"nonlinearity": cell[4:]} if kind is nn.RNN else {}
    module = kind(D, H, **extra).double()
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -0.9, 0.9)
    return module


def loss_of(states: torch.Tensor, weight: torch.Tensor, at: str) -> torch.Tensor:
    losses = ((states * weight) ** 2 + states * weight).sum((1, 2))
    return losses.mean() if at == "mean" else losses[-1]


def drawn(steps: int = T) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(steps, B, D, dtype=torch.float64)
    return x, torch.randn(steps, B, H, dtype=torch.float64)


def captured(module: nn.RNNBase, x, weight, at: str):
    with capture(module) as tape:
        loss_of(module(x)[0], weight, at).backward()
    return tape["l0"]


def detached(module: nn.RNNBase, x: torch.Tensor, starts: tuple[int, ...]) -> torch.Tensor:
    """The outputs, the stock module called once a segment with a detached state."""
    outputs, state = [], None
    for start, end in itertools.pairwise((*starts, len(x))):
        output, state = module(x[start:end], state)
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        outputs.append(output)
    return torch.cat(outputs)


@pytest.mark.parametrize("at", ("mean", "last"))
@pytest.mark.parametrize("cell", CELLS)
def test_segments_are_what_detach_gives(cell, at):
    module, (x, weight) = module_of(cell), drawn()
    trace = captured(module, x, weight, at)
    curve = segment_curve(trace)
    full = trace.grad_weight_hh
    assert curve.lengths.tolist() == [1, 2, 3, 4, 5]
    for k in range(1, T + 1):
        module.zero_grad()
        loss_of(detached(module, x, segment_starts(T, k)), weight, at).backward()
        expected = module.weight_hh_l0.grad
        assert_close(segment_gradient(trace, segment_starts(T, k)), expected)
        size, error = expected.norm() / full.norm(), (expected - full).norm() / full.norm()
        assert curve.kept.relative_size[k - 1] == pytest.approx(float(size))
        assert curve.kept.relative_error[k - 1] == pytest.approx(float(error), abs=1e-14)
        if expected.abs().max() > 0:
            cosine = (expected * full).sum() / expected.norm() / full.norm()
            assert curve.kept.cosine[k - 1] == pytest.approx(float(cosine))


@settings(max_examples=30, deadline=None)
@given(
    cell=st.sampled_from(CELLS),
    starts=st.sets(st.integers(1, 6)).map(lambda s: (0, *sorted(s))),
    seed=st.integers(0, 1000),
)
def test_any_cuts_are_what_detach_gives(cell, starts, seed):
    torch.manual_seed(seed)
    module, (x, weight) = module_of(cell), drawn(7)
    trace = captured(module, x, weight, "mean")
    module.zero_grad()
    loss_of(detached(module, x, starts), weight, "mean").backward()
    assert_close(segment_gradient(trace, starts), module.weight_hh_l0.grad)


@pytest.mark.parametrize("cell", CELLS)
def test_segments_as_long_as_the_text_cut_nothing(cell):
    module, (x, weight) = module_of(cell), drawn()
    trace = captured(module, x, weight, "mean")
    for k in (T, T + 1, 10 * T):
        assert_close(segment_gradient(trace, segment_starts(T, k)), trace.grad_weight_hh)
    assert segment_curve(trace, [T, 99]).kept.relative_error.max() < 1e-15
    exact = random_truncation(trace, 1.0)
    assert exact.standard_deviation == 0
    assert exact.bias < 1e-15
    # One step: only lag 0 is left, whichever way it is cut.
    assert_close(segment_gradient(trace, range(T)), next(lag_gradients(trace)))


def test_in_a_lower_layer_the_layer_above_stays_whole():
    lower, (x, weight) = module_of("gru"), drawn()
    stacked = nn.GRU(D, H, 2).double()
    with torch.no_grad():
        for name, value in lower.named_parameters():
            dict(stacked.named_parameters())[name].copy_(value)
    second = nn.GRU(H, H).double()
    with torch.no_grad():
        for name, value in second.named_parameters():
            value.copy_(dict(stacked.named_parameters())[name.replace("l0", "l1")])
    with capture(stacked) as tape:
        loss_of(stacked(x)[0], weight, "mean").backward()
    starts = (0, 2, 3)
    loss_of(second(detached(lower, x, starts))[0], weight, "mean").backward()
    assert_close(segment_gradient(tape["l0"], starts), lower.weight_hh_l0.grad)


@pytest.mark.parametrize("reverse", (False, True))
def test_packed_and_reverse_sequences_are_cut_in_reading_order(reverse):
    module = nn.LSTM(D, H, bidirectional=True).double()
    x, lengths = torch.randn(T, B, D, dtype=torch.float64), torch.tensor([5, 2, 4])
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    with capture(module) as tape:
        module(packed)[0].data.square().sum().backward()
    trace = tape["l0_reverse" if reverse else "l0"]
    single, suffix = nn.LSTM(D, H).double(), "_reverse" if reverse else ""
    with torch.no_grad():
        for name, value in single.named_parameters():
            value.copy_(dict(module.named_parameters())[name + suffix])
    loss = torch.zeros((), dtype=torch.float64)
    for b, length in enumerate(lengths.tolist()):
        own = x[:length, b : b + 1]
        own = own.flip(0) if reverse else own
        starts = tuple(s for s in (0, 2, 3) if s < length)
        loss = loss + detached(single, own, starts).square().sum()
    loss.backward()
    assert_close(segment_gradient(trace, (0, 2, 3)), single.weight_hh_l0.grad)


@pytest.mark.parametrize("block", (1, 2, 3))
def test_blocks_of_patterns_change_nothing(block, monkeypatch):
    module, (x, weight) = module_of("lstm"), drawn()
    trace = captured(module, x, weight, "mean")
    whole = segment_curve(trace), random_truncation(trace, 0.6)
    rows = T * B * 4 * H * 8
    monkeypatch.setattr("core.analysis.truncation.segments.WORKSPACE", block * rows)
    parts = segment_curve(trace), random_truncation(trace, 0.6)
    assert_close(parts[0].kept.relative_error, whole[0].kept.relative_error)
    assert parts[1].standard_deviation == pytest.approx(whole[1].standard_deviation, rel=1e-12)


def test_an_exploded_gradient_is_cut_like_any_other():
    module = nn.RNN(1, 1, nonlinearity="relu", bias=False).double()
    with torch.no_grad():
        module.weight_hh_l0.fill_(1e10)
        module.weight_ih_l0.fill_(1)
    x = torch.zeros(9, 1, 1, dtype=torch.float64)
    x[0] = 1e-300
    with capture(module) as tape:
        (module(x)[0] * 1e300)[-1].sum().backward()
    trace = tape["l0"]
    assert not trace.grad_weight_hh.isfinite().all()
    # What is cut is infinite after a single step back; 0 times it would be NaN.
    assert segment_gradient(trace, range(9)).isfinite().all()
    assert np.isnan(segment_curve(trace, [1]).kept.relative_error).all()


def test_sliding_and_segments_agree_where_they_must():
    module, (x, weight) = module_of("gru"), drawn()
    trace = captured(module, x, weight, "last")
    sliding, cut = weight_gradient_by_lag(trace), segment_curve(trace)
    # For a loss at the last step segments of k steps keep the last ((T - 1) mod k) + 1 of them.
    for k in range(1, T + 1):
        kept = (T - 1) % k
        assert cut.kept.relative_error[k - 1] == pytest.approx(
            sliding.kept.relative_error[kept], abs=1e-14
        )
