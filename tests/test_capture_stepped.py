"""Cells called step by step by the user's own loop: one trace, its calls the time steps."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core import CaptureError, capture
from tests.oracles import gradient, kept, one_step

EXACT = {"rtol": 1e-10, "atol": 1e-13}
KINDS = {"rnn_tanh": nn.RNNCell, "rnn_relu": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}


class Loop(nn.Module):
    """A model with a loop of its own over one cell."""

    def __init__(self, cell: str, size: int, hidden: int, bias: bool, dtype=torch.float64):
        super().__init__()
        extra = {"nonlinearity": cell[4:]} if cell.startswith("rnn") else {}
        self.cell = KINDS[cell](size, hidden, bias=bias, **extra).to(dtype)

    def forward(self, x, h, c, cut=(), start_given=True):
        outputs, cells = [], []
        state = (h, c) if isinstance(self.cell, nn.LSTMCell) else h
        for t, x_t in enumerate(x):
            if t in cut:
                state = (
                    tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
                )
            state = self.cell(x_t, state if start_given or t else None)
            outputs.append(state[0] if isinstance(state, tuple) else state)
            cells.append(state[1] if isinstance(state, tuple) else None)
        return outputs, cells


def weight(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def loss_of(outputs, cells, where, seed):
    """A loss with a known direct gradient: w + 0.6 h where it looks, else 0."""
    loss = 0.0
    for t, h in enumerate(outputs):
        if where == "all" or t == len(outputs) - 1:
            loss = loss + (weight(h.shape, seed + t).to(h.dtype) * h + 0.3 * h * h).sum()
    if cells[-1] is not None and where == "all":
        loss = loss + (weight(cells[-1].shape, seed + 99).to(h.dtype) * cells[-1]).sum()
    return loss


@settings(max_examples=150, deadline=None)
@given(
    cell=st.sampled_from(tuple(KINDS)),
    sizes=st.lists(st.integers(1, 6), min_size=4, max_size=4, unique=True),
    bias=st.booleans(),
    where=st.sampled_from(("all", "last")),
    batched=st.booleans(),
    start_given=st.booleans(),
    cuts=st.sets(st.integers(1, 5), max_size=2),
    seed=st.integers(0, 9999),
)
def test_a_stepped_cell_equals_autograd(cell, sizes, bias, where, batched, start_given, cuts, seed):
    time, batch, size, hidden = sizes
    batch = batch if batched else 1
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Loop(cell, size, hidden, bias)
    x = weight((time, batch, size), seed)
    h0, c0 = weight((batch, hidden), seed + 1), weight((batch, hidden), seed + 2)
    if not start_given:
        h0, c0 = torch.zeros_like(h0), torch.zeros_like(c0)
    as_given = (lambda v: v) if batched else (lambda v: v.squeeze(-2))
    x_given = as_given(x).clone().requires_grad_()
    with capture(model) as tape:
        outputs, cells = model(x_given, as_given(h0), as_given(c0), cuts, start_given)
        loss_of(outputs, cells, where, seed).backward()
    layer = tape["cell"]

    p = {
        f"{name}_l0": v.detach().clone().requires_grad_()
        for name, v in model.cell.named_parameters()
    }
    steps = []
    for t in range(time):
        row = []
        for b in range(batch):
            before = steps[-1][b] if t else None
            h_b = before.hidden if before else h0[b]
            c_b = before.cell_state if before and cell == "lstm" else c0[b]
            if t in cuts:
                h_b, c_b = h_b.detach(), c_b.detach()
            row.append(one_step(cell, kept(x[t, b]), h_b, c_b, p, "_l0"))
        steps.append(row)
    last_c = [torch.stack([r.cell_state for r in row]) if cell == "lstm" else None for row in steps]
    own = [as_given(torch.stack([record.own for record in row])) for row in steps]
    loss_of(own, [None if c is None else as_given(c) for c in last_c], where, seed).backward()

    def of(pick):
        return torch.stack([torch.stack([pick(r) for r in row]) for row in steps]).detach()

    wanted = {
        "input": x,
        "hidden": of(lambda r: r.hidden),
        "grad_hidden": of(lambda r: gradient(r.hidden)),
        "grad_hidden_direct": of(lambda r: gradient(r.own)),
        "grad_pre_activation": of(lambda r: gradient(r.recurrent)),
        "grad_input": of(lambda r: gradient(r.input)),
        "initial_hidden": h0,
    }
    if cell == "lstm":
        wanted["cell_state"] = of(lambda r: r.cell_state)
        wanted["grad_cell_state"] = of(lambda r: gradient(r.cell_state))
        wanted["initial_cell"] = c0
    for name, value in wanted.items():
        torch.testing.assert_close(
            getattr(layer, name), value, msg=lambda text, name=name: f"{name}: {text}", **EXACT
        )
    for gate, value in layer.gates.items():
        torch.testing.assert_close(value, of(lambda r, gate=gate: r.gates[gate]), **EXACT)
    for name, parameter in model.cell.named_parameters():
        torch.testing.assert_close(getattr(layer, f"grad_{name}"), gradient(parameter), **EXACT)
        torch.testing.assert_close(
            getattr(layer, f"grad_{name}"), gradient(p[f"{name}_l0"]), **EXACT
        )


@pytest.mark.parametrize("cell", KINDS)
def test_only_the_last_loss_leaves_no_direct_gradient_before_it(cell):
    torch.manual_seed(3)
    model = Loop(cell, 4, 7, True)
    with capture(model) as tape:
        outputs, _ = model(weight((6, 2, 4), 0), weight((2, 7), 1), weight((2, 7), 2))
        outputs[-1].sum().backward()
    direct = tape["cell"].grad_hidden_direct
    assert torch.equal(direct[:-1], torch.zeros_like(direct[:-1]))
    assert torch.equal(direct[-1], torch.ones_like(direct[-1]))
    assert tape["cell"].grad_hidden[0].abs().sum() > 0


def test_float64_analysis_of_a_stepped_float32_cell_does_not_underflow():
    model = Loop("rnn_tanh", 1, 1, False, torch.float32)
    with torch.no_grad():
        model.cell.weight_hh.fill_(0.1)
        model.cell.weight_ih.fill_(0.0)
    with capture(model, dtype=torch.float64) as tape:
        outputs, _ = model(torch.zeros(200, 1, 1), torch.zeros(1, 1), torch.zeros(1, 1))
        outputs[-1].sum().backward()
    found = tape["cell"].grad_hidden[:, 0, 0]
    rate = model.cell.weight_hh.detach().double().item()
    torch.testing.assert_close(
        found, rate ** torch.arange(199, -1, -1, dtype=torch.float64), rtol=1e-9, atol=0
    )


def test_two_cells_stacked_by_hand_are_two_traces():
    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            self.below, self.above = nn.GRUCell(3, 4), nn.LSTMCell(4, 5)

        def forward(self, x):
            h, state = None, None
            for x_t in x:
                h = self.below(x_t, h)
                state = self.above(h, state)
            return state[0]

    model, stock = Stack().double(), nn.GRU(3, 4).double()
    for name, p in model.below.named_parameters():
        getattr(stock, f"{name}_l0").data.copy_(p.data)
    x = weight((6, 2, 3), 5)
    with capture(model) as tape:
        model(x).sum().backward()
    assert [layer.name for layer in tape.layers] == ["below", "above"]
    below, above = tape["below"], tape["above"]
    torch.testing.assert_close(below.grad_hidden_direct, above.grad_input, **EXACT)
    with capture(stock) as tape:
        stock(x)[0].backward(above.grad_input)
    torch.testing.assert_close(below.grad_hidden, tape["l0"].grad_hidden, **EXACT)


def test_a_batch_that_changes_on_the_way_is_refused():
    cell = nn.RNNCell(3, 4)
    with capture(cell) as tape:
        state = cell(torch.zeros(5, 3))
        cell(torch.zeros(2, 3), state[:2])
    with pytest.raises(CaptureError, match=r"batches of \[2, 5\] sequences"):
        _ = tape["l0"].hidden


def test_weights_changed_between_steps_are_told_apart():
    cell = nn.RNNCell(2, 3, bias=False).double()
    x = weight((2, 1, 2), 0)
    with capture(cell) as tape:
        h = cell(x[0])
        with torch.no_grad():
            cell.weight_ih.mul_(2)
        cell(x[1], h.detach()).sum().backward()
    hidden = tape["l0"].hidden
    first = torch.tanh(x[0] @ (cell.weight_ih / 2).T)
    torch.testing.assert_close(hidden[0], first, **EXACT)
    second = torch.tanh(x[1] @ cell.weight_ih.T + first @ cell.weight_hh.T)
    slope = 1 - second**2
    torch.testing.assert_close(tape["l0"].grad_input[1], slope @ cell.weight_ih, **EXACT)


def test_a_fused_cell_whose_c_lacks_the_part_through_h_gives_the_same_gradients():
    """On CUDA one node gives h and c, and autograd's gradient of c then lacks the part through h.

    No such device is needed to check the arithmetic: the part is taken out of what arrived here.
    """
    model = Loop("lstm", 3, 4, True)
    with capture(model) as tape:
        outputs, cells = model(weight((5, 2, 3), 0), weight((2, 4), 1), weight((2, 4), 2))
        loss_of(outputs, cells, "all", 3).backward()
    layer = tape["cell"]
    names = ("grad_cell_state", "grad_hidden", "grad_hidden_direct", "grad_weight_hh")
    wanted = {name: getattr(layer, name) for name in names}
    source = layer._source
    gates, squashed = layer.gates, layer.cell_state.tanh()
    through = wanted["grad_hidden"] * gates["output"] * (1 - squashed**2)
    for t, step in enumerate(source._steps):
        assert step.cell_sees_all
        step.cell_sees_all = False
        step.at_cell.total = step.at_cell.total - through[t]
    source._results = None
    for name, value in wanted.items():
        torch.testing.assert_close(getattr(layer, name), value, rtol=1e-10, atol=1e-13)
