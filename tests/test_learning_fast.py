"""The faster training pass against PyTorch's own: outputs and every gradient, and its limits."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.testing import assert_close

from core import capture
from core.learning import fast
from core.learning.fast import fast_rnn, fastest

# Pairwise different, so that no two axes can be swapped unseen.
TIME, BATCH, INPUT, HIDDEN = 5, 3, 4, 2
CELLS = ("rnn_tanh", "rnn_relu", "gru")


def module_of(cell: str, dtype=torch.float64, **options) -> nn.RNNBase:
    kind = {"gru": nn.GRU, "lstm": nn.LSTM}.get(cell, nn.RNN)
    if kind is nn.RNN:
        options["nonlinearity"] = cell.removeprefix("rnn_")
    module = kind(INPUT, HIDDEN, dtype=dtype, **options)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -0.9, 0.9)
    return module


def given_to(module: nn.RNNBase, initial: bool, time: int = TIME) -> list[Tensor]:
    """The tensors x and, if asked for, h_0, as leaves that take a gradient."""
    dtype = module.weight_hh_l0.dtype
    places = module.num_layers * (1 + module.bidirectional)
    given = [torch.randn(time, BATCH, INPUT, dtype=dtype)]
    if initial:
        given.append(torch.randn(places, BATCH, HIDDEN, dtype=dtype))
    return [tensor.requires_grad_() for tensor in given]


def everything(run, module: nn.RNNBase, given: list[Tensor], loss: str) -> list[Tensor]:
    """Output, final state and the gradient of a loss on them with respect to all that went in."""
    output, final = run(module, *given)
    draw = torch.Generator().manual_seed(3)
    weighted = [
        (value * torch.randn(value.shape, generator=draw, dtype=value.dtype)).sum()
        for value in (output, final)
    ]
    total = {"output": weighted[0], "final": weighted[1], "both": weighted[0] + weighted[1]}[loss]
    return [output, final, *torch.autograd.grad(total, [*given, *module.parameters()])]


def stock(module: nn.RNNBase, *given: Tensor):
    return module(*given)


@given(
    cell=st.sampled_from(CELLS),
    dtype=st.sampled_from((torch.float32, torch.float64)),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    initial=st.booleans(),
    loss=st.sampled_from(("output", "final", "both")),
    time=st.integers(1, 7),
    rows=st.integers(1, 30),
    seed=st.integers(0, 1000),
)
@settings(max_examples=150)
def test_outputs_and_gradients_are_pytorchs(
    cell, dtype, layers, bidirectional, initial, loss, time, rows, seed
):
    """However the text falls into stretches."""
    torch.manual_seed(seed)
    module = module_of(cell, dtype, num_layers=layers, bidirectional=bidirectional)
    given_tensors = given_to(module, initial, time)
    assert fastest(module)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "_ROWS", rows)
        ours = everything(fast_rnn, module, given_tensors, loss)
    theirs = everything(stock, module, given_tensors, loss)
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if dtype == torch.float32 else {}
    assert_close(ours, theirs, **tolerance)


@pytest.mark.parametrize("cell", CELLS)
def test_derivatives_agree_with_differences(cell):
    module = module_of(cell, num_layers=2, bidirectional=True)

    def run(x, h0, *_):  # gradcheck moves the parameters themselves
        return fast_rnn(module, x, h0)

    inputs = [*given_to(module, initial=True), *module.parameters()]
    assert torch.autograd.gradcheck(run, inputs, fast_mode=True)


@pytest.mark.parametrize("cell", CELLS)
def test_a_batch_and_a_text_longer_than_one_stretch(cell):
    module = nn.GRU(28, 32) if cell == "gru" else nn.RNN(28, 32, nonlinearity=cell[4:])
    x = torch.randn(40, 130, 28)
    ours, theirs = (
        everything(run, module, [x.requires_grad_()], "both") for run in (fast_rnn, stock)
    )
    for one, other in zip(ours, theirs, strict=True):
        assert_close(one, other, rtol=1e-4, atol=1e-6 * other.abs().max().item() + 1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_no_two_gradients_share_memory(cell):
    """As one tensor, clipping the one in place would clip the other again."""
    module = module_of(cell)
    x = torch.randn(TIME, BATCH, INPUT, dtype=torch.float64)
    gradients = torch.autograd.grad(fast_rnn(module, x)[0].sum(), list(module.parameters()))
    assert len({gradient.untyped_storage().data_ptr() for gradient in gradients}) == 4


@pytest.mark.parametrize("cell", CELLS)
def test_a_backward_pass_can_be_run_again(cell):
    module = module_of(cell)
    output = fast_rnn(module, *given_to(module, initial=False))[0].sum()
    first = torch.autograd.grad(output, module.weight_hh_l0, retain_graph=True)
    assert_close(torch.autograd.grad(output, module.weight_hh_l0), first, rtol=0, atol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_a_second_derivative_is_refused(cell):
    module = module_of(cell)
    (x,) = given_to(module, initial=False)
    output = fast_rnn(module, x)[0].square().sum()
    (slope,) = torch.autograd.grad(output, x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


@pytest.mark.parametrize("cell", CELLS)
def test_a_changed_output_is_noticed(cell):
    module = module_of(cell)
    output, _ = fast_rnn(module, *given_to(module, initial=False))
    loss = output.sum()
    with torch.no_grad():
        output.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_relu_network_whose_gradient_overflows_has_autograds():
    """Unit 1 is always shut, and infinity is handed to it: a product would make that NaN."""
    module = nn.RNN(1, 2, nonlinearity="relu", dtype=torch.float64)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.bias_ih_l0[0], module.bias_ih_l0[1] = 1e-200, -1.0
        module.weight_hh_l0[0, 0], module.weight_hh_l0[0, 1] = 1e200, 1.0
        module.weight_hh_l0[1, 0] = -1e200
    x = torch.zeros(4, 1, 1, dtype=torch.float64)
    results = []
    for run in (fast_rnn, stock):
        output, _ = run(module, x)
        results.append(torch.autograd.grad(output[-1, 0, 0], list(module.parameters())))
    assert any(gradient.isinf().any() for gradient in results[1])
    assert_close(results[0], results[1], equal_nan=True)
    assert results[0][3][1] == 0


def test_pytorch_runs_what_it_runs_faster_and_what_must_be_seen():
    module = module_of("gru")
    assert fastest(module)
    with torch.no_grad():
        assert not fastest(module)
    with torch.autocast("cpu"):
        assert not fastest(module)
    with capture(module) as tape:
        assert not fastest(module)
        fast_rnn(module, *given_to(module, initial=False))
    assert tape["l0"].hidden.shape == (TIME, BATCH, HIDDEN)
    assert fastest(module)
    dropped = module_of("gru", num_layers=2, dropout=0.5)
    assert not fastest(dropped)
    assert fastest(dropped.eval())
    others = {"bias": False}, {"batch_first": True}, {"dtype": torch.bfloat16}
    assert not any(fastest(module_of("gru", **options)) for options in others)
    assert not fastest(module_of("lstm"))


@pytest.mark.parametrize("options", [{}, {"batch_first": True}, {"bias": False}])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_whatever_runs_the_result_is_the_modules(cell, options):
    module = module_of(cell, **options)
    x = torch.randn(TIME, BATCH, INPUT, dtype=torch.float64)
    assert_close(fast_rnn(module, x), module(x))
    assert_close(
        fast_rnn(module, x[0] if options else x[:, 0]), module(x[0] if options else x[:, 0])
    )


@pytest.mark.parametrize("shape", [(TIME, BATCH, INPUT + 1), (TIME, 0, INPUT), (0, BATCH, INPUT)])
def test_odd_inputs_fare_as_with_pytorch(shape):
    module = module_of("gru")
    x = torch.zeros(shape, dtype=torch.float64)
    try:
        expected = module(x)
    except RuntimeError as refusal:
        with pytest.raises(RuntimeError) as ours:
            fast_rnn(module, x)
        assert str(ours.value) == str(refusal)
    else:
        assert_close(fast_rnn(module, x), expected)
