"""Independent computations to hold the library against: slow, plain, by autograd alone.

Nothing here uses `core`. Each sequence of a batch is run by itself, one step after the other, from
the equations in PyTorch's documentation, every intermediate a tensor of its own whose gradient
autograd keeps.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn


@dataclass
class StepRecord:
    """The tensors of one step of one layer and direction, all with `.grad` after a backward."""

    input: Tensor
    hidden: Tensor
    own: Tensor
    recurrent: Tensor
    gates: dict[str, Tensor]
    cell_state: Tensor | None


@dataclass
class Oracle:
    """One run of a stock module's weights over a batch: records[place][sequence][step]."""

    parameters: dict[str, Tensor]
    records: dict[str, list[list[StepRecord]]] = field(default_factory=dict)

    def stacked(self, place: str, pick, steps: int, order: slice = slice(None)) -> Tensor:
        """(time, batch, …) of what `pick` takes from each step, zeros beyond a sequence's end."""
        columns = []
        for sequence in self.records[place]:
            picked = [pick(record) for record in sequence]
            picked += [torch.zeros_like(picked[0])] * (steps - len(picked))
            columns.append(torch.stack(picked))
        return torch.stack(columns, 1)


def gradient(tensor: Tensor) -> Tensor:
    """What autograd put on a tensor; zeros where nothing arrived."""
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad


def kept(tensor: Tensor) -> Tensor:
    """The tensor, as a node of the graph that keeps its gradient."""
    tensor = tensor.clone()
    if not tensor.requires_grad:
        tensor.requires_grad_()
    tensor.retain_grad()
    return tensor


def one_step(
    cell: str, x: Tensor, h: Tensor, c: Tensor | None, p: dict[str, Tensor], suffix: str
) -> StepRecord:
    """The equations of one step (PyTorch's documentation of nn.RNN, nn.GRU and nn.LSTM)."""
    zero = x.new_zeros(())
    b_ih, b_hh = p.get(f"bias_ih{suffix}", zero), p.get(f"bias_hh{suffix}", zero)
    from_input = p[f"weight_ih{suffix}"] @ x + b_ih
    recurrent = kept(p[f"weight_hh{suffix}"] @ h + b_hh)
    new_c = None
    if cell in {"rnn_tanh", "rnn_relu"}:
        gates = {}
        activate = torch.tanh if cell == "rnn_tanh" else torch.relu
        new_h = activate(from_input + recurrent)
    elif cell == "gru":
        xr, xz, xn = from_input.chunk(3)
        hr, hz, hn = recurrent.chunk(3)
        gates = {"reset": torch.sigmoid(xr + hr), "update": torch.sigmoid(xz + hz)}
        gates["new"] = torch.tanh(xn + gates["reset"] * hn)
        new_h = (1 - gates["update"]) * gates["new"] + gates["update"] * h
    else:
        i, f, g, o = (from_input + recurrent).chunk(4)
        gates = {"input": i.sigmoid(), "forget": f.sigmoid(), "cell": g.tanh()}
        gates["output"] = o.sigmoid()
        new_c = kept(gates["forget"] * c + gates["input"] * gates["cell"])
        new_h = gates["output"] * new_c.tanh()
    hidden = kept(new_h)
    return StepRecord(x, hidden, kept(hidden), recurrent, gates, new_c)


def run_oracle(
    module: nn.RNNBase,
    x: Tensor,
    lengths: list[int],
    h0: Tensor,
    c0: Tensor,
) -> tuple[Oracle, Tensor, Tensor, Tensor]:
    """Run a stock module's weights step by step over x (time, batch, input), in x's dtype.

    Returns the records, and output (time, batch, D·H), final hidden and final cell states
    (layers·D, batch, H), all connected to the records.
    """
    cell = module.mode.lower()
    parameters = {
        name: p.detach().to(x.dtype).clone().requires_grad_()
        for name, p in module.named_parameters()
    }
    oracle = Oracle(parameters)
    outputs, last_h, last_c = [], [], []
    for b, length in enumerate(lengths):
        steps = [kept(x[t, b]) for t in range(length)]
        ends_h, ends_c = [], []
        for layer in range(module.num_layers):
            ways = []
            for d in range(2 if module.bidirectional else 1):
                place, suffix = f"l{layer}" + "_reverse" * d, f"_l{layer}" + "_reverse" * d
                index = layer * (2 if module.bidirectional else 1) + d
                h, c = h0[index, b], c0[index, b]
                records: list[StepRecord | None] = [None] * length
                for t in reversed(range(length)) if d else range(length):
                    records[t] = record = one_step(cell, steps[t], h, c, parameters, suffix)
                    h, c = record.hidden, record.cell_state
                oracle.records.setdefault(place, []).append(records)
                ways.append([record.own for record in records])
                ends_h.append(h)
                ends_c.append(c if c is not None else torch.zeros_like(h))
            steps = [kept(torch.cat(parts)) for parts in zip(*ways, strict=True)]
        padding = [torch.zeros_like(steps[0])] * (len(x) - length)
        outputs.append(torch.stack(steps + padding))
        last_h.append(torch.stack(ends_h))
        last_c.append(torch.stack(ends_c))
    return oracle, torch.stack(outputs, 1), torch.stack(last_h, 1), torch.stack(last_c, 1)
