"""One unit's pre-activation taken apart, held against the trace and the equations step by step."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from core.analysis.contributions import unit_terms
from core.capture import capture
from core.errors import CoreError
from tests.strategies import CELLS, settings_of_modules

T, B, D, H = 5, 3, 4, 2
KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}


def traced(cell, hidden=H, dtype=torch.float64, **options):
    kind = KINDS.get(cell, nn.RNN)
    more = {"nonlinearity": cell[4:]} if kind is nn.RNN else {}
    module = kind(D, hidden, **more, **options).to(dtype)
    x = torch.randn(T, B, D, dtype=dtype)
    with torch.no_grad(), capture(module) as tape:
        module(x)
    return module, x, tape


def summed(terms):
    recurrent = terms.largest_term.sum(-1) + terms.rest + terms.bias_state
    return terms.from_input + terms.bias_input + terms.factor * recurrent


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [{}, {"bias": False}, {"bidirectional": True}])
def test_the_terms_sum_to_the_pre_activation_and_its_activation_is_the_gate(cell, options):
    _, _, tape = traced(cell, hidden=7, **options)
    for trace in tape.layers:
        for unit in (0, 6):
            terms = unit_terms(trace, unit, sequence=1)
            assert_close(summed(terms), terms.pre_activation)
            gates = trace.gates or {"hidden": trace.hidden}
            assert terms.gates == tuple(gates)
            expected = torch.stack([gate[:, 1, unit] for gate in gates.values()], -1)
            assert_close(terms.activation, expected)
            assert terms.largest.shape == (T, len(gates), 3)


@pytest.mark.parametrize("cell", CELLS)
def test_every_term_is_the_equations_own(cell):
    module, x, tape = traced(cell, hidden=6)
    trace, unit, sequence = tape.layers[0], 4, 2
    terms = unit_terms(trace, unit, sequence=sequence, largest=2)
    p = {name: parameter.detach() for name, parameter in module.named_parameters()}
    for t in range(T):
        before = trace.hidden[t - 1, sequence] if t else torch.zeros(6, dtype=torch.float64)
        for g in range(len(terms.gates)):
            row = g * 6 + unit
            products = [float(p["weight_hh_l0"][row, j] * before[j]) for j in range(6)]
            order = sorted(range(6), key=lambda j: -abs(products[j]))
            sizes = [products[j] for j in order]
            assert_close(terms.largest_term[t, g].tolist(), sizes[:2])
            if t:
                assert terms.largest[t, g].tolist() == order[:2]
            assert float(terms.rest[t, g]) == pytest.approx(sum(sizes[2:]), abs=1e-14)
            assert float(terms.from_input[t, g]) == pytest.approx(
                float(p["weight_ih_l0"][row] @ x[t, sequence]), abs=1e-14
            )
            assert float(terms.bias_state[g]) == float(p["bias_hh_l0"][row])
            inside = cell == "gru" and g == 2
            factor = float(trace.gates["reset"][t, sequence, unit]) if inside else 1.0
            assert float(terms.factor[t, g]) == factor


@settings(max_examples=30)
@given(settings_of_modules(), st.data())
def test_it_holds_for_any_layout_direction_and_initial_state(setting, data):
    module = setting.module()
    with torch.no_grad(), capture(module) as tape:
        module(*setting.given(*setting.tensors()))
    trace = data.draw(st.sampled_from(tape.layers))
    batch, units = trace.hidden.shape[1:]
    unit, sequence = data.draw(st.integers(0, units - 1)), data.draw(st.integers(0, batch - 1))
    terms = unit_terms(trace, unit, sequence=sequence)
    gates = (trace.gates or {"hidden": trace.hidden}).values()
    steps = len(terms.activation)
    expected = torch.stack([gate[:steps, sequence, unit] for gate in gates], -1)
    assert_close(summed(terms), terms.pre_activation)
    assert_close(terms.activation, expected)


def test_a_float32_layer_is_taken_apart_in_float64():
    _, _, tape = traced("gru", dtype=torch.float32)
    terms = unit_terms(tape.layers[0], 1)
    assert terms.pre_activation.dtype == torch.float64
    np.testing.assert_allclose(summed(terms), terms.pre_activation, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"unit": H}, r"`unit` \(=2\) must be from 0 to 1"),
        ({"unit": -1}, r"`unit` \(=-1\)"),
        ({"unit": 0, "sequence": B}, r"`sequence` \(=3\) must be from 0 to 2"),
        ({"unit": 0, "largest": 0}, r"`largest` \(=0\) must be at least 1"),
    ],
)
def test_what_is_not_there_is_refused(arguments, said):
    _, _, tape = traced("lstm")
    with pytest.raises(CoreError, match=said):
        unit_terms(tape.layers[0], **arguments)
