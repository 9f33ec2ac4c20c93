"""Saturation and carry products against counting and multiplying one by one."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core import CoreError, capture
from core.analysis.gates import carry_product, saturation

T, B, D, H = 5, 3, 4, 2
NAMES = {"lstm": ("input", "forget", "output"), "gru": ("reset", "update")}


def traces(cell: str, spread: float = 4.0, lengths: list[int] | None = None, steps: int = T):
    kind = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn_tanh": nn.RNN}[cell]
    module = kind(D, H, bidirectional=True).double()
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -spread, spread)
    x = torch.randn(steps, B, D, dtype=torch.float64)
    if lengths:
        x = nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
    with torch.no_grad(), capture(module) as tape:
        module(x)
    return tape


@pytest.mark.parametrize("lengths", (None, [5, 1, 3]))
@pytest.mark.parametrize("cell", ("lstm", "gru"))
def test_saturation_counts_every_step_once(cell, lengths):
    for trace in traces(cell, lengths=lengths).layers:
        found = saturation(trace)
        assert set(found.left) == set(found.right) == set(NAMES[cell])
        assert set(found.not_applicable) == set(trace.gates) - set(NAMES[cell])
        counted = sum(lengths or [T] * B)
        assert found.steps == counted
        for name in NAMES[cell]:
            for unit in range(H):
                values = [
                    float(trace.gates[name][t, b, unit])
                    for b in range(B)
                    for t in range((lengths or [T] * B)[b])
                ]
                assert found.left[name][unit] == sum(v < 0.1 for v in values) / counted
                assert found.right[name][unit] == sum(v > 0.9 for v in values) / counted


def test_some_gates_are_saturated_and_some_are_not():
    found = saturation(traces("lstm")["l0"])
    every = np.concatenate([*found.left.values(), *found.right.values()])
    assert 0 < every.mean() < 1
    assert all((found.left[n] + found.right[n] <= 1).all() for n in found.left)


@settings(max_examples=40, deadline=None)
@given(
    cell=st.sampled_from(("lstm", "gru")),
    place=st.sampled_from(("l0", "l0_reverse")),
    sequence=st.integers(0, B - 1),
    packed=st.booleans(),
    share=st.floats(0, 0.999),
)
def test_the_carry_is_the_product_of_gates_one_by_one(cell, place, sequence, packed, share):
    lengths = [5, 1, 3] if packed else None
    trace = traces(cell, lengths=lengths)[place]
    length = lengths[sequence] if lengths else T
    step = int(share * length)
    found = carry_product(trace, step, sequence)
    gate = trace.gates["forget" if cell == "lstm" else "update"][:, sequence]
    reached = range(step, length) if trace.reverse else range(step, -1, -1)
    assert found.log10.shape == (len(reached), H)
    for d in range(len(reached)):
        exact = [Fraction(1)] * H
        for t in list(reached)[:d]:
            exact = [
                product * Fraction(float(g)) for product, g in zip(exact, gate[t], strict=True)
            ]
        products = [float(product) for product in exact]
        assert 10 ** found.log10[d] == pytest.approx(products)
        assert 10 ** found.largest[d] == pytest.approx(max(products))
        assert 10 ** found.mean[d] == pytest.approx(sum(products) / H)
        assert 10 ** found.median[d] == pytest.approx(math.sqrt(products[0] * products[1]))
    default = carry_product(trace, sequence=sequence)
    assert default.step == (0 if trace.reverse else length - 1)
    assert len(default.log10) == length


def with_forget_bias(bias: float, steps: int):
    module = nn.LSTM(1, 3).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.bias_ih_l0[3:6] = torch.tensor([bias, bias / 2, -bias], dtype=torch.float64)
        with capture(module) as tape:
            module(torch.zeros(steps, 1, 1, dtype=torch.float64))
    return tape["l0"]


def test_a_long_product_does_not_underflow():
    found = carry_product(with_forget_bias(-40.0, 100))
    d = np.arange(100)
    for unit, bias in enumerate((-40.0, -20.0, 40.0)):
        assert found.log10[:, unit] == pytest.approx(
            d * -math.log10(1 + math.exp(-bias)), rel=1e-12
        )
    assert found.log10[-1, 0] < -1700
    assert found.median == pytest.approx(found.log10[:, 1])
    assert found.mean[50] == pytest.approx(found.log10[50, 2] - math.log10(3), abs=1e-12)


def test_a_gate_that_is_zero_is_told_apart():
    found = carry_product(with_forget_bias(-800.0, 4))
    assert found.log10[:, 0].tolist() == [0, -math.inf, -math.inf, -math.inf]
    assert np.isfinite(found.log10[:, 1]).all()
    assert np.isfinite(found.mean).all()
    assert not np.isnan(found.median).any()


@pytest.mark.parametrize(
    ("call", "sentence"),
    (
        (lambda: saturation(traces("rnn_tanh")["l0"]), "`trace` .* has no gates"),
        (lambda: carry_product(traces("rnn_tanh")["l0"]), "`trace` .* has no gates"),
        (lambda: carry_product(traces("gru")["l0"], T), r"`step` \(=5\) must be from 0 to 4"),
        (lambda: carry_product(traces("gru")["l0"], -1), r"`step` \(=-1\)"),
        (lambda: carry_product(traces("gru")["l0"], 0, B), r"`sequence` \(=3\)"),
        (lambda: carry_product(traces("gru", lengths=[5, 1, 3])["l0"], 3, 2), r"`step` \(=3\)"),
    ),
)
def test_what_makes_no_sense_is_refused(call, sentence):
    with pytest.raises(CoreError, match=sentence):
        call()
