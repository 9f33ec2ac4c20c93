"""Every attribute of a LayerTrace against step-by-step autograd, over random networks."""

import torch
from hypothesis import given, settings
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from core import capture
from tests.oracles import gradient, run_oracle
from tests.strategies import Setting, settings_of_modules

# Relative to each entry and, because terms of a sum cancel, to the tensor's largest.
TOLERANCE = {
    torch.float64: {"rtol": 1e-10, "of_largest": 1e-13},
    torch.float32: {"rtol": 1e-5, "of_largest": 1e-5},
}


def loss_of(setting: Setting, output: Tensor, h: Tensor, c: Tensor) -> Tensor:
    """A loss with a different, state-dependent gradient at every entry that it uses."""
    draw = torch.Generator().manual_seed(setting.seed + 2)

    def part(values: Tensor) -> Tensor:
        weight = torch.randn(values.shape, generator=draw, dtype=torch.float64).to(values.dtype)
        return (weight * values + 0.3 * values * values).sum()

    parts = [part(output), part(h), part(c) if setting.cell == "lstm" else 0 * h.sum()]
    use = {"output": parts[:1], "final": parts[1:], "both": parts}[setting.loss]
    return torch.stack(use).sum()


def run_module(setting: Setting, module, x, h0, c0):
    """The stock module's output and final states, back in (time, batch, unit)."""
    result, final = module(*setting.given(x, h0, c0))
    h, c = final if setting.cell == "lstm" else (final, torch.zeros_like(final))
    if isinstance(result, PackedSequence):
        return pad_packed_sequence(result)[0], h, c
    if setting.layout.startswith("unbatched"):
        return result.unsqueeze(1), h.unsqueeze(1), c.unsqueeze(1)
    return (result.transpose(0, 1) if setting.layout == "batch_first" else result), h, c


def expected(setting: Setting, oracle, place: str) -> dict[str, object]:
    """The LayerTrace attributes of one place, from the oracle's records."""
    steps, suffix = setting.time, f"_{place}"
    p = oracle.parameters

    def of(pick):
        return oracle.stacked(place, pick, steps).detach()

    names = oracle.records[place][0][0].gates
    lstm = setting.cell == "lstm"
    return {
        "input": of(lambda r: r.input),
        "hidden": of(lambda r: r.hidden),
        "cell_state": of(lambda r: r.cell_state) if lstm else None,
        "gates": {name: of(lambda r, name=name: r.gates[name]) for name in names},
        "grad_hidden": of(lambda r: gradient(r.hidden)),
        "grad_hidden_direct": of(lambda r: gradient(r.own)),
        "grad_cell_state": of(lambda r: gradient(r.cell_state)) if lstm else None,
        "grad_pre_activation": of(lambda r: gradient(r.recurrent)),
        "grad_input": of(lambda r: gradient(r.input)),
        "grad_weight_ih": gradient(p[f"weight_ih{suffix}"]),
        "grad_weight_hh": gradient(p[f"weight_hh{suffix}"]),
        "grad_bias_ih": gradient(p[f"bias_ih{suffix}"]) if setting.bias else None,
        "grad_bias_hh": gradient(p[f"bias_hh{suffix}"]) if setting.bias else None,
    }


def assert_trace(layer, wanted: dict[str, object], **tolerance) -> None:
    for name, value in wanted.items():
        found = getattr(layer, name)
        if value is None:
            assert found is None, name
        elif isinstance(value, dict):
            assert list(found) == list(value)
            for gate, tensor in value.items():
                assert_same(found[gate], tensor, f"{name}[{gate}]", **tolerance)
        else:
            assert_same(found, value, name, **tolerance)


def assert_same(found: Tensor, wanted: Tensor, name: str, rtol: float, of_largest: float) -> None:
    assert not found.requires_grad, name
    atol = of_largest * max(1.0, float(wanted.abs().max()))
    torch.testing.assert_close(
        found.to(wanted.dtype), wanted, msg=lambda text: f"{name}: {text}", rtol=rtol, atol=atol
    )


def check(setting: Setting, dtype: torch.dtype, analysis: torch.dtype | None = None) -> None:
    module = setting.module(dtype)
    x, h0, c0 = (tensor.to(dtype) for tensor in setting.tensors())
    x.requires_grad_()
    h0.requires_grad_()
    with capture(module, dtype=analysis) as tape:
        loss_of(setting, *run_module(setting, module, x, h0, c0)).backward()

    x64, h64, c64 = (t.detach().double() for t in (x, h0, c0))
    h64.requires_grad_()
    oracle, *ends = run_oracle(module, x64, setting.lengths, h64, c64)
    loss_of(setting, *ends).backward()

    assert [layer.name for layer in tape.layers] == list(oracle.records)
    initial = 0
    for layer in tape.layers:
        assert layer.hidden.dtype == (analysis or dtype)
        assert layer.cell == setting.cell
        tolerance = TOLERANCE[dtype]
        assert_trace(layer, expected(setting, oracle, layer.name), **tolerance)
        assert_same(layer.initial_hidden, h64[initial].detach(), "initial_hidden", **tolerance)
        assert_same(layer.grad_initial_hidden, gradient(h64)[initial], "dh_0", **tolerance)
        if setting.cell == "lstm":
            assert_same(layer.initial_cell, c64[initial], "initial_cell", **tolerance)
        else:
            assert layer.initial_cell is None
        initial += 1
    for name, parameter in module.named_parameters():
        kind, suffix = name.rsplit("_l", 1)
        assert_same(
            getattr(tape[f"l{suffix}"], f"grad_{kind}"), parameter.grad, name, **TOLERANCE[dtype]
        )
    first = [layer for layer in tape.layers if layer.layer == 0]
    shares = sum(layer.grad_input_own for layer in first)
    assert_same(shares, first[0].grad_input, "grad_input_own", **TOLERANCE[dtype])
    assert_same(tape["l0"].grad_input, gradient(x), "x.grad", **TOLERANCE[dtype])


@settings(max_examples=300, deadline=None)
@given(settings_of_modules())
def test_every_attribute_equals_autograd_in_float64(setting):
    check(setting, torch.float64)


@settings(max_examples=60, deadline=None)
@given(settings_of_modules())
def test_every_attribute_equals_autograd_in_float32(setting):
    check(setting, torch.float32)


@settings(max_examples=60, deadline=None)
@given(settings_of_modules())
def test_a_float32_model_can_be_analysed_in_float64(setting):
    check(setting, torch.float32, torch.float64)
