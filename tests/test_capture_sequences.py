"""Several sequences through one cell: each is a trace of its own, equal to the sequence alone."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from core import CaptureError, capture
from core.analysis import gradient_norms, judge
from core.capture.stepped import SteppedCell

EXACT = {"rtol": 1e-9, "atol": 1e-12}
KINDS = (nn.RNNCell, nn.GRUCell, nn.LSTMCell)
ATTRIBUTES = (
    "input", "hidden", "hidden_before", "initial_hidden", "grad_hidden", "grad_hidden_direct",
    "grad_pre_activation", "grad_input", "grad_weight_hh", "grad_weight_ih", "grad_initial_hidden",
    "cell_state", "grad_cell_state",
)  # fmt: skip
CHANGES = {
    "as it is": lambda h: h,
    "masked": lambda h: h * torch.tensor([1.0, 0.0, 1.0, 1.0, 1.0], dtype=h.dtype),
    "normed": lambda h: nn.functional.layer_norm(h, (5,)),
    "cloned": lambda h: h.clone(),
    "in place": lambda h: h.clone().mul_(0.9),
    "through a slice": lambda h: torch.cat([h[:, :2], h[:, 2:]], 1),
    "detached": lambda h: h.detach(),
    "detached and cloned": lambda h: h.detach().clone(),
}
STARTS = {
    "none": lambda cell, seed: None,
    "zeros": lambda cell, seed: torch.zeros(2, 5).double(),
    "given": lambda cell, seed: noise(2, 5, seed=seed),
    "learnt": lambda cell, seed: cell.start.expand(2, 5),
}


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def made(kind):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        cell = kind(3, 5).double()
    cell.start = nn.Parameter(noise(1, 5, seed=50))
    return cell


def first_state(cell, start, seed):
    h = STARTS[start](cell, seed)
    return (h, noise(2, 5, seed=seed + 1)) if h is not None and isinstance(cell, nn.LSTMCell) else h


def changed(state, how):
    change = CHANGES[how]
    return tuple(change(s) for s in state) if isinstance(state, tuple) else change(state)


def hidden_of(state):
    return state[0] if isinstance(state, tuple) else state


def run(cell, x, start, how, seed):
    """A generator of the states of one sequence, so that several can be run in turns."""
    state = first_state(cell, start, seed)
    for t, x_t in enumerate(x):
        state = cell(x_t, state if t == 0 else changed(state, how))
        yield hidden_of(state)


def loss_of(states, seed):
    return sum((noise(2, 5, seed=seed + t) * h).sum() for t, h in enumerate(states))


def assert_equal_traces(found, wanted):
    for name in ATTRIBUTES:
        assert_close(
            getattr(found, name), getattr(wanted, name), **EXACT, msg=lambda m, n=name: n + m
        )
    for name, gate in wanted.gates.items():
        assert_close(found.gates[name], gate, **EXACT)
    verdicts = [judge(gradient_norms(trace)) for trace in (found, wanted)]
    assert verdicts[0].word == verdicts[1].word
    assert_close(verdicts[0].slope, verdicts[1].slope, rtol=1e-9, atol=1e-9, equal_nan=True)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    starts=st.lists(st.sampled_from(tuple(STARTS)), min_size=2, max_size=3),
    how=st.sampled_from(tuple(CHANGES)),
    order=st.sampled_from(("after each other", "in turns", "one backward each")),
    lengths=st.lists(st.integers(1, 6), min_size=3, max_size=3),
)
def test_each_sequence_equals_the_one_run_alone(kind, starts, how, order, lengths):
    cell = made(kind)
    xs = [noise(length, 2, 3, seed=10 * k) for k, length in enumerate(lengths)][: len(starts)]
    plans = list(enumerate(zip(xs, starts, strict=True)))
    with capture(cell) as tape:
        runs = [run(cell, x, start, how, 7 * k) for k, (x, start) in plans]
        states = [[] for _ in runs]
        if order == "in turns":
            for t in range(max(map(len, xs))):
                for k, x in enumerate(xs):
                    if t < len(x):
                        states[k].append(next(runs[k]))
        else:
            for k, each in enumerate(runs):
                states[k] = list(each)
                if order == "one backward each":
                    loss_of(states[k], 100 * k).backward()
        if order != "one backward each":
            sum(loss_of(each, 100 * k) for k, each in enumerate(states)).backward()
    for k, (x, start) in plans:
        with capture(cell) as alone:
            loss_of(list(run(cell, x, start, how, 7 * k)), 100 * k).backward()
        assert len(alone["l0"].hidden) == len(x)
        assert_equal_traces(tape["l0", k], alone["l0"])
    assert len(tape.layers) == len(xs)
    with pytest.raises(
        CaptureError, match=rf"ran {len(xs)} sequences .* k from 0 to {len(xs) - 1}"
    ):
        _ = tape["l0"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["as it is", "masked", "cloned", "detached and cloned"])
def test_without_gradients_states_are_followed_too(kind, how):
    cell = made(kind)
    with torch.no_grad(), capture(cell) as tape:
        for k in range(2):
            list(run(cell, noise(4, 2, 3, seed=k), "zeros", how, 0))
    assert [len(trace.hidden) for trace in tape.layers] == [4, 4]


def test_two_cells_stacked_and_fed_back_stay_one_sequence_each():
    below, above = made(nn.GRUCell), nn.LSTMCell(5, 3).double()
    with capture([below, above]) as tape:
        for _ in range(2):
            h, state, x = None, None, noise(2, 3)
            for _ in range(5):
                h = below(x, h)
                state = above(h, state)
                x = state[0]
            x.sum().backward()
    assert [trace.name for trace in tape.layers] == ["0", "1", "0", "1"]
    assert [len(trace.hidden) for trace in tape.layers] == [5] * 4
    for k in range(2):
        assert_close(tape["0", k].grad_hidden_direct, tape["1", k].grad_input, **EXACT)
        assert_close(tape["0", k].grad_weight_hh, below.weight_hh.grad / 2, **EXACT)


def test_a_branch_and_a_sum_of_two_sequences_start_sequences_of_their_own():
    cell = made(nn.GRUCell)
    x = noise(2, 3)
    with capture(cell) as tape:
        first = cell(x)
        second = cell(x, first)
        branch = cell(2 * x, first)
        cell(x, second + branch).sum().backward()
    assert [len(trace.hidden) for trace in tape.layers] == [2, 1, 1]
    assert_close(sum(trace.grad_weight_hh for trace in tape.layers), cell.weight_hh.grad, **EXACT)


def test_closures_of_lbfgs_are_a_sequence_each_and_a_second_pass_adds_up():
    cell = made(nn.RNNCell)
    step = torch.optim.LBFGS(cell.parameters(), max_iter=3, lr=0.1)
    x, count = noise(6, 2, 3), 0

    def closure():
        nonlocal count
        count += 1
        step.zero_grad()
        loss = sum(h.square().sum() for h in run(cell, x, "none", "as it is", 0))
        loss.backward()
        return loss

    with capture(cell) as tape:
        step.step(closure)
    assert count > 1
    assert [len(trace.hidden) for trace in tape.layers] == [6] * count
    assert_close(tape["l0", count - 1].grad_weight_hh, cell.weight_hh.grad, **EXACT)
    cell.zero_grad()
    with capture(cell) as tape:
        (*_, last) = run(cell, x, "none", "as it is", 0)
        last.sum().backward(retain_graph=True)
        last.sum().backward()
    assert_close(tape["l0"].grad_weight_hh, cell.weight_hh.grad, **EXACT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [None, torch.float64])
def test_a_long_loop_is_read_in_a_few_calls_of_the_cell(kind, dtype, monkeypatch):
    """The states of all steps come from one product, not from one a step."""
    cell, state, counted = kind(3, 5), None, []
    with capture(cell, dtype=dtype) as tape:
        for x_t in torch.randn(200, 2, 3, generator=torch.Generator().manual_seed(0)):
            state = cell(x_t, state)
        hidden_of(state).sum().backward()
    replay = SteppedCell._replay
    monkeypatch.setattr(SteppedCell, "_replay", lambda *given: counted.append(1) or replay(*given))
    assert tape["l0"].grad_hidden.shape == (200, 2, 5)
    assert len(counted) == 1
    assert_close(tape["l0"].grad_weight_hh.float(), cell.weight_hh.grad, rtol=1e-4, atol=1e-5)


def test_what_lies_between_the_steps_is_no_part_of_the_recurrence():
    cell = made(nn.GRUCell)
    with capture(cell) as tape:
        (*_, last) = run(cell, noise(4, 2, 3), "none", "normed", 0)
        last.sum().backward()
    with pytest.raises(CaptureError, match="changed between its calls"):
        tape["l0"].recurrence()
