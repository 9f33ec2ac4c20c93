"""A SequenceModel run one step after the other as plain autograd tensors, for the self-check.

Nothing is shared with `core.capture`: no hook, no formula of a derivative. With a = W_ih x_t + b_ih
and r = W_hh h_{t-1} + b_hh, cut into the gates' blocks in PyTorch's order:

    RNN   h_t = tanh(a + r), or relu
    GRU   reset, update = σ(a + r),   new = tanh(a + reset * r),
          h_t = (1 - update) * new + update * h_{t-1}
    LSTM  input, forget, output = σ(a + r),   cell = tanh(a + r),
          c_t = forget * c_{t-1} + input * cell,   h_t = output * tanh(c_t)

Source: torch.nn.RNN, torch.nn.GRU and torch.nn.LSTM (PyTorch documentation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float64, Int64
from torch import Tensor

from core.errors import CoreError
from core.models import LossAt, ModelSpec, SequenceModel
from core.progress import checkpoint

LAST_DIGIT = 2.0**-52


@dataclass(frozen=True, eq=False)
class Weights:
    """The numbers of a network, and whether its run is to round otherwise than it would.

    Attributes:
        values: every parameter by its name in the state dict, float64.
        nudge: draws what moves up and what down in its last digit; None: nothing does.
    """

    values: Mapping[str, Float64[Tensor, "..."]]
    nudge: torch.Generator | None = None

    def __getitem__(self, name: str) -> Float64[Tensor, "..."]:
        """One parameter."""
        return self.values[name]

    def sigmoid(self, a: Tensor) -> Tensor:
        """σ(a)."""
        if self.nudge is None:
            return a.sigmoid()
        y = self._moved(a.sigmoid())
        return y + (a - a.detach()) * (y * (1 - y))

    def tanh(self, a: Tensor) -> Tensor:
        """The hyperbolic tangent; ReLU needs no such care, its slope is 0 or 1."""
        if self.nudge is None:
            return a.tanh()
        y = self._moved(a.tanh())
        return y + (a - a.detach()) * (1 - y * y)

    def _moved(self, y: Tensor) -> Tensor:
        """One float up or down: near saturation that is much of 1 - y, and so of the slope."""
        up = torch.rand(y.shape, generator=self.nudge) < 0.5
        return torch.nextafter(y.detach(), torch.where(up, 1.0, -1.0).double())


@dataclass(frozen=True, eq=False)
class StepwiseRun:
    """One reading of a text with T steps; every tensor is a node of autograd's graph.

    Attributes:
        tokens: the one-hot code of each token, T of (1, V).
        inputs: x_t as each layer reads it, by number of the layer, T of (1, D) each.
        hidden: h_t by the layer's name ("rnn.l0", "rnn.l1_reverse"), T of (1, H) each, in text
            order.
        logits: o_t, T of (1, V).
    """

    tokens: list[Tensor]
    inputs: list[list[Tensor]]
    hidden: dict[str, list[Tensor]]
    logits: list[Tensor]

    def loss_at(self, step: int, target: int) -> Float64[Tensor, ""]:
        """The cross-entropy at one step, in nats.

        As log(1 + Σ exp(o_j - o_k)) over the other tokens: softmax minus one loses its digits where
        the network is all but certain.
        """
        logits = self.logits[step][0]
        others = torch.cat([logits[:target], logits[target + 1 :]]) - logits[target]
        return torch.logaddexp(others.new_zeros(()), others.logsumexp(0))

    def loss(self, targets: Int64[Tensor, " time"], at: LossAt) -> Float64[Tensor, ""]:
        """The loss at the "last" step or at one, from 0, or the "mean" over all."""
        if at == "mean":
            each = [self.loss_at(t, k) for t, k in enumerate(targets.tolist())]
            return torch.stack(each).mean()
        step = len(targets) - 1 if at == "last" else at
        return self.loss_at(step, int(targets[step]))


def weights_of(model: SequenceModel, *, nudged: bool = False) -> Weights:
    """Every parameter in float64, as a tensor of its own.

    Args:
        model: of any precision.
        nudged: every weight changed in its last digit, and in the run every activation, up or down
            by chance (always the same): what differs then is what rounding alone can do.
    """
    generator = torch.Generator().manual_seed(0)
    found = {}
    for name, parameter in model.named_parameters():
        values = parameter.detach().to("cpu", torch.float64, copy=True)
        if nudged:
            up = torch.rand(values.shape, generator=generator) < 0.5
            values += values * torch.where(up, LAST_DIGIT, -LAST_DIGIT).double()
        found[name] = values
    return Weights(found, generator if nudged else None)


def run_stepwise(
    spec: ModelSpec,
    weights: Weights,
    inputs: Int64[Tensor, " time"],
    cuts: Mapping[str, Sequence[int]] | None = None,
) -> StepwiseRun:
    """Read a text; autograd must be on, as it is by default.

    Args:
        spec: of the network.
        weights: of the network.
        inputs: the indices read, (T,).
        cuts: for a layer by name the steps, in reading order, that take the state before them
            without its gradient.
    """
    codes = F.one_hot(inputs, spec.vocabulary_size).double()
    tokens = [code.unsqueeze(0).requires_grad_() for code in codes]
    steps = tokens
    if spec.input == "embedding":
        steps = [token @ weights["embedding.weight"] for token in tokens]
    read, hidden = [], {}
    for number in range(spec.num_layers):
        read.append(steps)
        ways = []
        for way in ("", "_reverse")[: spec.num_directions]:
            name = f"rnn.l{number}{way}"
            states = run_direction(spec, weights, name, steps, starts=(cuts or {}).get(name))
            hidden[name] = [h for h, _ in states]
            ways.append(hidden[name])
        steps = [torch.cat(parts, 1) for parts in zip(*ways, strict=True)]
    logits = [h @ weights["head.weight"].T + weights["head.bias"] for h in steps]
    return StepwiseRun(tokens, read, hidden, logits)


def run_direction(
    spec: ModelSpec,
    weights: Weights,
    name: str,
    inputs: Sequence[Float64[Tensor, "1 input"]],
    *,
    copies: int = 1,
    starts: Sequence[int] | None = None,
) -> list[tuple[Tensor, Tensor]]:
    """One layer and direction over its inputs.

    Args:
        spec: of the network.
        weights: of the network.
        name: of the layer.
        inputs: x_t, T of (1, D).
        copies: rows of the state that all read the same: a backward pass then follows as many
            gradients side by side.
        starts: steps, in reading order, whose state before them loses its gradient.

    Returns:
        (h_t, c_t) at each position of the text, (copies, H); c_t only as handed to the next step,
        so that h_t is no function of it; zeros where the cell has none.
    """
    suffix = name.removeprefix("rnn.")
    own = [weights[f"rnn.{part}_{suffix}"] for part in
           ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]  # fmt: skip
    order = range(len(inputs))
    if name.endswith("_reverse"):
        order = reversed(order)
    cut = frozenset(starts or ())
    h = inputs[0].new_zeros(copies, spec.hidden_size).requires_grad_()
    c = torch.zeros_like(h)
    found = {}
    for read, t in enumerate(order):
        checkpoint()
        if read in cut:
            h, c = h.detach(), c.detach()
        h, c = found[t] = _step(spec.cell, weights, inputs[t], h, c, own)
        if h.requires_grad:
            h.register_hook(_passing)
    return [found[t] for t in range(len(inputs))]


def _passing(_: Tensor) -> None:
    """Autograd comes by on its way back: one call of it may take minutes."""
    checkpoint()


def _step(
    cell: str, by: Weights, x: Tensor, h: Tensor, c: Tensor, own: list[Tensor]
) -> tuple[Tensor, Tensor]:
    """The equations above."""
    weight_ih, weight_hh, bias_ih, bias_hh = own
    a, r = x @ weight_ih.T + bias_ih, h @ weight_hh.T + bias_hh
    if cell == "gru":
        (a_reset, a_update, a_new), (r_reset, r_update, r_new) = a.chunk(3, 1), r.chunk(3, 1)
        reset, update = by.sigmoid(a_reset + r_reset), by.sigmoid(a_update + r_update)
        new = by.tanh(a_new + reset * r_new)
        return (1 - update) * new + update * h, c
    if cell == "lstm":
        i, f, g, o = (a + r).chunk(4, 1)
        c = by.sigmoid(f) * c + by.sigmoid(i) * by.tanh(g)
        return by.sigmoid(o) * by.tanh(c), c.clone()
    return by.tanh(a + r) if cell == "rnn_tanh" else (a + r).relu(), c


def gradients_of(
    value: Tensor, nodes: Sequence[Tensor], along: Tensor | None = None
) -> list[Tensor]:
    """What autograd gives for each node, zeros where nothing arrives; the graph stays.

    Args:
        value: a scalar, or a tensor with the gradient `along` arriving.
        nodes: tensors of the graph.
        along: of the shape of `value`.
    """
    found = torch.autograd.grad(value, nodes, along, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(n) if g is None else g for n, g in zip(nodes, found, strict=True)]


def require_layer(spec: ModelSpec, layer: str) -> None:
    """Refuse a name that no layer has.

    Raises:
        CoreError: there is no such layer.
    """
    ways = ("", "_reverse")[: spec.num_directions]
    names = [f"rnn.l{number}{way}" for number in range(spec.num_layers) for way in ways]
    if layer not in names:
        raise CoreError(f"`layer` (={layer!r}) must be one of {', '.join(names)}.")
