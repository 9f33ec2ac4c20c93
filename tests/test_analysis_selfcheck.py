"""The self-check: it agrees where the library is right, and says loudly where it is not."""

import dataclasses
import math

import pytest
import torch
from torch.testing import assert_close

from core import CoreError
from core.analysis import Status, gradient_norms
from core.analysis.itemised import reach
from core.analysis.jacobians import jacobian_norms
from core.analysis.selfcheck import (
    Check,
    check_gradient,
    check_jacobian,
    check_reach,
    check_weight_gradient,
)
from core.analysis.selfcheck.stepwise import run_stepwise, weights_of
from core.analysis.tracing import trace_text
from core.analysis.truncation import segment_gradient, segment_starts
from core.models import ModelSpec, SequenceModel, next_token_loss

T, V, H = 7, 5, 3
CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")


def network(cell: str = "lstm", **options) -> SequenceModel:
    given = {"vocabulary_size": V, "hidden_size": H, "spectral_radius": 1.2, **options}
    return SequenceModel(ModelSpec(cell=cell, **given), torch.float64)


def text(steps: int = T) -> tuple[torch.Tensor, torch.Tensor]:
    tokens = torch.randint(V, (steps + 1,), generator=torch.Generator().manual_seed(2))
    return tokens[:-1].clone(), tokens[1:].clone()


def every_check(model: SequenceModel, layer: str, at: str = "mean") -> list[Check]:
    """All checks of one layer, of what the library says."""
    inputs, targets = text()
    trace = trace_text(model, inputs, targets, at)[layer]
    lowest = layer.startswith("rnn.l0")
    found = [check_gradient(model, inputs, targets, at, layer, gradient_norms(trace))]
    for of in ("loss", "logit"):
        for token in (False, True) if lowest else (False,):
            reached = reach(model, inputs, targets, layer=layer, of=of, token=token)
            found.append(check_reach(model, inputs, targets, reached, losses=4))
    for block in ("hidden", "state"):
        for t in (None, 4):
            norms = jacobian_norms(trace, t, block=block)
            found.append(check_jacobian(model, inputs, norms, layer, lags=4))
    for starts in ((0,), segment_starts(T, 3)):
        gradient = segment_gradient(trace, starts)
        found.append(check_weight_gradient(model, inputs, targets, at, layer, starts, gradient))
    return found


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("at", ["mean", "last"])
def test_what_the_library_says_agrees(cell, at):
    model = network(cell, input="embedding", embedding_size=4)
    for check in every_check(model, "rnn.l0", at):
        assert check.outcome == "agrees", check
        assert check.largest < 1e-10
        assert check.compared > 0
        assert check.beyond == 0


@pytest.mark.parametrize("cell", ["rnn_tanh", "gru", "lstm"])
def test_every_layer_and_direction_agrees(cell):
    model = network(cell, num_layers=2, bidirectional=True)
    for layer in ("rnn.l0", "rnn.l0_reverse", "rnn.l1", "rnn.l1_reverse"):
        for check in every_check(model, layer):
            assert check.outcome == "agrees", check


@pytest.mark.parametrize("cell", CELLS)
def test_the_independent_run_is_the_stock_module(cell):
    model, (inputs, targets) = network(cell, num_layers=2, bidirectional=True), text()
    run = run_stepwise(model.spec, weights_of(model), inputs)
    logits, _ = model(inputs.unsqueeze(1))
    assert_close(torch.cat(run.logits), logits[:, 0])
    for at in ("mean", "last", 0, len(targets) // 2):
        expected = next_token_loss(logits, targets.unsqueeze(1), at)
        assert_close(run.loss(targets, at), expected)


def test_a_nudge_changes_every_weight_and_activation_in_its_last_digit():
    model = network()
    plain, nudged = weights_of(model), weights_of(model, nudged=True)
    for name, values in plain.values.items():
        apart = (nudged[name] - values).abs() / values.abs()
        assert (apart > 0).all()
        assert (apart <= 2.0**-51).all()
    a = torch.tensor([-15.0, -3.0, 0.0, 3.0, 15.0], dtype=torch.float64).requires_grad_()
    for name in ("sigmoid", "tanh"):
        y, moved = getattr(plain, name)(a), getattr(nudged, name)(a)
        assert (y != moved).all()
        assert_close(y, moved)
        slopes = [torch.autograd.grad(value.sum(), a)[0] for value in (y, moved)]
        assert_close(*slopes, rtol=1e-2, atol=0)
        assert_close(slopes[0][1:4], slopes[1][1:4], rtol=1e-13, atol=0)


def test_entries_that_hang_on_the_last_digits_of_a_saturated_gate_are_counted_apart():
    model, (inputs, targets) = network("lstm"), text()
    with torch.no_grad():
        model.rnn.bias_ih_l0[0] += 32  # the input gate of the first unit: 1 - y is about 1e-14
    trace = trace_text(model, inputs, targets)["rnn.l0"]
    found = segment_gradient(trace, (0,))
    found[0] *= 1.001
    given = (model, inputs, targets, "last", "rnn.l0", (0,))
    check = check_weight_gradient(*given, found)
    assert check.outcome == "agrees"
    assert (check.beyond, check.compared) == (H, found.numel() - H)
    found[0] *= 50
    check = check_weight_gradient(*given, found)
    assert (check.outcome, check.worst[:5]) == ("differs", "row 1")


def test_a_wrong_gradient_is_found_where_it_is():
    model, (inputs, targets) = network(), text()
    norms = gradient_norms(trace_text(model, inputs, targets)["rnn.l0"])
    log10 = norms.log10.clone()
    log10[2] += math.log10(1.001)
    check = check_gradient(
        model, inputs, targets, "last", "rnn.l0", dataclasses.replace(norms, log10=log10)
    )
    assert check.outcome == "differs"
    assert check.worst == "step 3"
    assert check.largest == pytest.approx(1 - 1 / 1.001)


@pytest.mark.parametrize("status", [Status.EXACT_ZERO, Status.UNDERFLOW, Status.NON_FINITE])
def test_a_number_passed_off_as_none_is_found(status):
    model, (inputs, targets) = network(), text()
    norms = gradient_norms(trace_text(model, inputs, targets)["rnn.l0"])
    wrong = norms.status.clone()
    wrong[4] = status
    check = check_gradient(
        model, inputs, targets, "last", "rnn.l0", dataclasses.replace(norms, status=wrong)
    )
    assert (check.largest, check.worst, check.outcome) == (1.0, "step 5", "differs")


def test_the_gradient_of_another_loss_or_network_is_found():
    model, (inputs, targets) = network(), text()
    norms = gradient_norms(trace_text(model, inputs, targets, "mean")["rnn.l0"])
    other = gradient_norms(trace_text(network(seed=1), inputs, targets, "last")["rnn.l0"])
    for found in (norms, other):
        check = check_gradient(model, inputs, targets, "last", "rnn.l0", found)
        assert check.outcome == "differs"
        assert check.largest > 0.1


@pytest.mark.parametrize(("part", "place"), [("hidden", "hidden state"), ("input", "token")])
def test_a_wrong_reach_is_found_where_it_is(part, place):
    model, (inputs, targets) = network(), text()
    found = reach(model, inputs, targets, token=True)
    wrong = getattr(found, part).copy()
    wrong[T - 1, 1] -= 1
    check = check_reach(model, inputs, targets, dataclasses.replace(found, **{part: wrong}))
    assert check.largest == pytest.approx(0.9)
    assert check.worst == f"loss at step {T}, {place} at step 2"


def test_a_reach_into_the_future_is_found():
    model, (inputs, targets) = network(), text()
    found = reach(model, inputs, targets)
    log10, status = found.hidden.copy(), found.hidden_status.copy()
    log10[3, 5], status[3, 5] = -4.0, Status.FINITE
    wrong = dataclasses.replace(found, hidden=log10, hidden_status=status)
    check = check_reach(model, inputs, targets, wrong)
    assert check.largest == 1.0
    assert check.worst == "loss at step 4, hidden state at step 6"


@pytest.mark.parametrize("norm", ["spectral", "frobenius"])
def test_a_wrong_jacobian_is_found(norm):
    model, (inputs, targets) = network(), text()
    norms = jacobian_norms(trace_text(model, inputs, targets)["rnn.l0"])
    wrong = getattr(norms, norm).copy()
    wrong[-1] += 1e-6
    check = check_jacobian(model, inputs, dataclasses.replace(norms, **{norm: wrong}), "rnn.l0")
    assert check.outcome == "differs"
    assert check.worst.lower() == f"{norm} norm at lag {T - 1}"


def test_a_state_jacobian_is_not_that_of_h_alone():
    model, (inputs, targets) = network(), text()
    norms = jacobian_norms(trace_text(model, inputs, targets)["rnn.l0"], block="state")
    wrong = dataclasses.replace(norms, block="hidden")
    assert check_jacobian(model, inputs, wrong, "rnn.l0").largest > 0.1


def test_a_wrong_weight_gradient_is_found():
    model, (inputs, targets) = network(), text()
    trace = trace_text(model, inputs, targets, "mean")["rnn.l0"]
    starts = segment_starts(T, 3)
    found = segment_gradient(trace, starts)
    given = (model, inputs, targets, "mean", "rnn.l0")
    assert check_weight_gradient(*given, (0,), found).largest > 0.1
    found[4, 1] *= -1
    check = check_weight_gradient(*given, starts, found)
    assert (check.largest, check.worst) == (1.0, "row 5, column 2 of W_hh")


def test_what_float64_cannot_hold_is_counted_and_not_compared():
    model = network("rnn_tanh", spectral_radius=1e-6)
    inputs, targets = text(90)
    trace = trace_text(model, inputs, targets)["rnn.l0"]
    norms = gradient_norms(trace)
    checks = [
        check_gradient(model, inputs, targets, "last", "rnn.l0", norms),
        check_reach(model, inputs, targets, reach(model, inputs, targets), losses=3),
        check_jacobian(model, inputs, jacobian_norms(trace), "rnn.l0", lags=90),
    ]
    for check in checks:
        assert check.beyond > 20
        assert check.compared > 45
        assert check.outcome == "agrees", check
        assert check.largest < 1e-10


def test_what_rounding_decides_is_counted_apart():
    model = network("rnn_tanh", hidden_size=60, spectral_radius=5.0)
    inputs, targets = text(80)
    jacobian = jacobian_norms(trace_text(model, inputs, targets)["rnn.l0"])
    check = check_jacobian(model, inputs, jacobian, "rnn.l0")
    assert check.outcome == "agrees"
    assert check.beyond > 10
    assert check.compared >= 2
    assert check.rounding <= 1e-6
    far = dataclasses.replace(jacobian, spectral=jacobian.spectral + 1e-9 * jacobian.lags)
    assert check_jacobian(model, inputs, far, "rnn.l0").largest < 1e-6
    near = dataclasses.replace(jacobian, spectral=jacobian.spectral + 1e-3)
    assert check_jacobian(model, inputs, near, "rnn.l0").outcome == "differs"


def test_a_network_sure_of_its_guess_still_agrees():
    model, (inputs, targets) = network("gru"), text()
    with torch.no_grad():
        model.head.bias[int(targets[-1])] += 30
    found = reach(model, inputs, targets)
    assert check_reach(model, inputs, targets, found).largest < 1e-10


def test_checking_changes_no_global_setting_and_no_weight():
    model, (inputs, targets) = network(), text()
    before = {name: p.clone() for name, p in model.named_parameters()}
    random = torch.get_rng_state()
    with torch.no_grad():
        check_reach(model, inputs, targets, reach(model, inputs, targets))
        assert not torch.is_grad_enabled()
    assert torch.equal(random, torch.get_rng_state())
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name])
        assert parameter.grad is None


def test_what_does_not_belong_together_is_refused():
    model, (inputs, targets) = network(), text()
    trace = trace_text(model, inputs, targets)["rnn.l0"]
    norms, found = gradient_norms(trace), reach(model, inputs, targets)
    with pytest.raises(CoreError, match=r"`layer` \(='rnn.l1'\) must be one of rnn.l0"):
        check_gradient(model, inputs, targets, "last", "rnn.l1", norms)
    with pytest.raises(CoreError, match=r"`targets` \(of shape \(6,\)\) must be"):
        check_gradient(model, inputs, targets[1:], "last", "rnn.l0", norms)
    with pytest.raises(CoreError, match=r"`inputs` \(of 6 steps\) must be the text"):
        check_gradient(model, inputs[1:], targets[1:], "last", "rnn.l0", norms)
    with pytest.raises(CoreError, match=r"`losses` \(=0\) must be at least 1"):
        check_reach(model, inputs, targets, found, losses=0)
    with pytest.raises(CoreError, match="'given'"):
        check_reach(model, inputs, targets, dataclasses.replace(found, of="given"))
    with pytest.raises(CoreError, match=r"`lags` \(=0\) must be at least 1"):
        check_jacobian(model, inputs, jacobian_norms(trace), "rnn.l0", lags=0)
    with pytest.raises(CoreError, match=r"`inputs` \(of 3 steps\) must reach"):
        check_jacobian(model, inputs[:3], jacobian_norms(trace), "rnn.l0")
    with pytest.raises(CoreError, match=r"`found` \(of shape \(2, 2\)\) must be"):
        check_weight_gradient(
            model, inputs, targets, "last", "rnn.l0", (0,), torch.zeros(2, 2).double()
        )
