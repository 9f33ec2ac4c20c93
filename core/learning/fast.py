"""The training pass of nn.RNN and nn.GRU on the CPU, faster than PyTorch's own.

Autograd runs the backward pass of these two step by step: a product for dW at every step, a
gradient tensor for every intermediate. In closed form the recurrence needs one product a step
and two or three elementwise operations in place; what does not depend on the next step is done
for many steps at once. Forward and backward go through the text in *stretches* of about
`_ROWS` rows (steps times sequences): large enough for the matrix products, small enough to stay
in the cache between one operation and the next, and no buffer as long as the text but those the
backward pass needs.

nn.LSTM is left to PyTorch: its CPU kernel (oneDNN, float32) is already fused, and the same
treatment gave between 0.5 and 1.1 times its speed. `tests/benchmarks/bench_fast.py` measures.

Letters: T time, B batch, H hidden size, G gate blocks; `d·` is the derivative of the loss. The
equations and their derivatives are those of `core.capture.cells`, in reading order.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from core.capture.torch_internals import is_observed

Hidden = Float[Tensor, "layer batch unit"]
State = Hidden | tuple[Hidden, Hidden]

_ROWS = 2048  # measured: 1024 to 4096 are alike, below and above it gets slower


def fastest(module: nn.RNNBase) -> bool:
    """Whether `fast_rnn` runs a module itself: where that measured faster than PyTorch's own.

    So for an nn.RNN or nn.GRU on the CPU, time-major, with biases, in float32 or float64, while
    gradients are recorded. Not for nn.LSTM; nor where something must see or change the call:
    a capture, forward hooks, dropout between layers, autocast.

    Args:
        module: A stock recurrent module.

    Returns:
        True for the closed form, False for PyTorch's own.
    """
    weight = module.all_weights[0][0]
    return (
        type(module) in (nn.RNN, nn.GRU)
        and torch.is_grad_enabled()
        and weight.device.type == "cpu"
        and weight.dtype in (torch.float32, torch.float64)
        and not torch.is_autocast_enabled("cpu")
        and module.bias
        and not module.batch_first
        and not (module.dropout and module.training)
        and not (module._forward_hooks or module._forward_pre_hooks or is_observed(module))
    )


def fast_rnn(
    module: nn.RNNBase, x: Float[Tensor, "time batch input"], state: State | None = None
) -> tuple[Float[Tensor, "time batch output"], State]:
    """Runs a recurrent module as `module(x, state)` does, by the faster of two ways.

    Outputs and all first derivatives are PyTorch's up to rounding. There is no second derivative:
    asking for one raises PyTorch's RuntimeError.

    Args:
        module: nn.RNN, nn.GRU or nn.LSTM.
        x: Input, (time, batch, input), at least one step.
        state: State before the first step, as the module takes it; zeros if None.

    Returns:
        Output of the last layer, (time, batch, directions times H), and the final state, as the
        module gives them.

    Source: derived in `core.capture.cells`; PyTorch documentation of nn.RNN and nn.GRU.
    """
    if not fastest(module) or x.ndim != 3 or not x.numel():
        return module(x, state)
    directions = 2 if module.bidirectional else 1
    if state is None:
        state = x.new_zeros(module.num_layers * directions, x.shape[1], module.hidden_size)
    assert isinstance(state, Tensor)
    module.check_forward_args(x, state, None)
    final = []
    for layer in range(module.num_layers):
        outputs = []
        for place in range(layer * directions, (layer + 1) * directions):
            reverse = place % directions == 1
            read = x.flip(0) if reverse else x
            weights = module.all_weights[place]
            if isinstance(module, nn.GRU):
                hidden = _Gru.apply(read, state[place], *weights)
            else:
                hidden = _Elman.apply(read, state[place], *weights, module.nonlinearity)
            final.append(hidden[-1])
            outputs.append(hidden.flip(0) if reverse else hidden)
        x = torch.cat(outputs, -1) if directions == 2 else outputs[0]
    return x, torch.stack(final)


def _stretches(steps: int, batch: int) -> list[slice]:
    """The steps in consecutive stretches of about `_ROWS` rows, at least one step each."""
    length = max(1, _ROWS // max(1, batch))
    return [slice(start, min(start + length, steps)) for start in range(0, steps, length)]


def _after(steps: slice) -> slice:
    """The same steps in a buffer whose entry 0 is the initial state."""
    return slice(steps.start + 1, steps.stop + 1)


def _reversed(values: Tensor) -> Iterator[Tensor]:
    return reversed(values.unbind())


def _rows(values: Float[Tensor, "time batch size"]) -> Float[Tensor, "rows size"]:
    return values.flatten(0, 1)


def _states(x: Tensor, initial: Tensor) -> Float[Tensor, "steps batch unit"]:
    """Room for h_0 … h_T, h_0 in place: h_{t-1} of every step is then a view."""
    h = x.new_empty(len(x) + 1, *initial.shape)
    h[0] = initial
    return h


def _tanh_(values: Tensor) -> Tensor:
    """In place, by NumPy on the tensor's own memory: it takes a sixth of torch.tanh_'s time."""
    native = values.numpy()
    np.tanh(native, out=native)
    return values


class _Gradients:
    """dL/dW, dL/db and dL/dx of one layer, added up stretch by stretch.

    `projected` are the rows that W_ih x_t enters, `recurrent` those that W_hh h_{t-1} enters.
    """

    def __init__(self, x: Tensor, weight_ih: Tensor, weight_hh: Tensor, wants_x: bool) -> None:
        self._x, self._weight_ih = x, weight_ih
        self.weight_ih, self.weight_hh = torch.zeros_like(weight_ih), torch.zeros_like(weight_hh)
        self.x = torch.empty_like(x, memory_format=torch.contiguous_format) if wants_x else None

    def add(self, steps: slice, h_prev: Tensor, projected: Tensor, recurrent: Tensor) -> None:
        self.weight_ih.addmm_(projected.T, _rows(self._x[steps]))
        self.weight_hh.addmm_(recurrent.T, _rows(h_prev))
        if self.x is not None:
            torch.mm(projected, self._weight_ih, out=_rows(self.x[steps]))


class _Elman(torch.autograd.Function):
    """One direction of one layer of nn.RNN; equations in `core.capture.cells.Elman`."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        initial: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor,
        bias_hh: Tensor,
        nonlinearity: str,
    ) -> Float[Tensor, "time batch unit"]:
        h = _states(x, initial)
        activate = _tanh_ if nonlinearity == "tanh" else torch.relu_
        w_input, w, bias = weight_ih.T, weight_hh.T, bias_ih + bias_hh
        h_prev = h[0]
        for steps in _stretches(*x.shape[:2]):
            now = h[_after(steps)]
            torch.addmm(bias, _rows(x[steps]), w_input, out=_rows(now))
            for h_t in now:
                h_prev = activate(h_t.addmm_(h_prev, w))
        ctx.save_for_backward(x, weight_ih, weight_hh, h)
        ctx.nonlinearity = nonlinearity
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, arriving: Tensor
    ) -> tuple[Tensor | None, ...]:
        x, weight_ih, weight_hh, h = ctx.saved_tensors
        gradients = _Gradients(x, weight_ih, weight_hh, ctx.needs_input_grad[0])
        d_bias = torch.zeros_like(weight_ih[:, 0])
        da_next = None
        for steps in reversed(_stretches(*x.shape[:2])):
            da = arriving[steps].clone(memory_format=torch.contiguous_format)
            slopes = _slopes(h[_after(steps)], ctx.nonlinearity)
            for da_t, slope in zip(_reversed(da), _reversed(slopes), strict=True):
                if da_next is not None:
                    da_t.addmm_(da_next, weight_hh)
                da_next = _through(da_t, slope)
            rows = _rows(da)
            gradients.add(steps, h[steps], rows, rows)
            d_bias += rows.sum(0)
        assert da_next is not None
        g, d_initial = gradients, da_next @ weight_hh
        # Two tensors: as one, clipping the one in place would clip the other again.
        return g.x, d_initial, g.weight_ih, g.weight_hh, d_bias, d_bias.clone(), None


def _slopes(h: Tensor, nonlinearity: str) -> Tensor:
    """1 - h² for tanh; for ReLU where it is shut: as autograd has it, NaN is not shut."""
    if nonlinearity == "relu":
        return h <= 0
    return torch.addcmul(h.new_ones(()), h, h, value=-1)


def _through(d: Tensor, slope: Tensor) -> Tensor:
    # For ReLU a selection, as autograd does it, where a product would give 0 · inf = NaN.
    return d.masked_fill_(slope, 0) if slope.dtype == torch.bool else d.mul_(slope)


class _Gru(torch.autograd.Function):
    """One direction of one layer of nn.GRU; equations in `core.capture.cells.Gru`.

    Gradients lie in the order dm, da_r, da_z, da_n: the first three are the rows that
    W_hh h_{t-1} enters, in the order new, reset, update, and the last three those of W_ih x_t.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        initial: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor,
        bias_hh: Tensor,
    ) -> Float[Tensor, "time batch unit"]:
        size = weight_hh.shape[1]
        split = (2 * size, size)
        w_rz, w_n = (block.T for block in weight_hh.split(split))
        w_input_rz, w_input_n = (block.T for block in weight_ih.split(split))
        (b_rz, b_n), (b_recurrent_rz, b_m) = bias_ih.split(split), bias_hh.split(split)
        b_rz = b_rz + b_recurrent_rz
        h, kept = _states(x, initial), []
        h_prev = h[0]
        for steps in _stretches(*x.shape[:2]):
            now, rows = h[_after(steps)], _rows(x[steps])
            rz = torch.addmm(b_rz, rows, w_input_rz).view(*now.shape[:2], 2 * size)
            n = torch.addmm(b_n, rows, w_input_n).view(now.shape)
            m = torch.empty_like(n)
            kept += [rz, n, m]
            for rz_t, n_t, m_t, h_t in zip(rz, n, m, now, strict=True):
                rz_t.addmm_(h_prev, w_rz).sigmoid_()
                torch.addmm(b_m, h_prev, w_n, out=m_t)
                r_t, z_t = rz_t.chunk(2, -1)
                _tanh_(n_t.addcmul_(r_t, m_t))
                h_prev = torch.lerp(n_t, h_prev, z_t, out=h_t)
        ctx.save_for_backward(x, weight_ih, weight_hh, h, *kept)
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, arriving: Tensor
    ) -> tuple[Tensor | None, ...]:
        x, weight_ih, weight_hh, h, *kept = ctx.saved_tensors
        size = weight_hh.shape[1]
        w = weight_hh.roll(size, 0)
        gradients = _Gradients(x, weight_ih, w, ctx.needs_input_grad[0])
        d_bias = weight_ih.new_zeros(4 * size)
        d_prev = torch.zeros_like(h[0])
        for steps in reversed(_stretches(*x.shape[:2])):
            *kept, rz, n, m = kept
            d = _gru_factors(h[steps], rz, n, m)
            d_wide, d_recurrent = d.unflatten(-1, (4, size)), d[..., : 3 * size]
            each_step = (arriving[steps], d_wide, d_recurrent, rz[..., size:])
            for own, d_t, d_recurrent_t, z_t in zip(*map(_reversed, each_step), strict=True):
                dh = own + d_prev
                d_t.mul_(dh.unsqueeze(1))
                d_prev = dh.mul_(z_t).addmm_(d_recurrent_t, w)
            rows = _rows(d)
            gradients.add(steps, h[steps], rows[:, size:], rows[:, : 3 * size])
            d_bias += rows.sum(0)
        d_weight_hh = gradients.weight_hh.roll(-size, 0)
        d_bias_hh = d_bias[: 3 * size].roll(-size)
        return gradients.x, d_prev, gradients.weight_ih, d_weight_hh, d_bias[size:], d_bias_hh


def _gru_factors(
    h_prev: Tensor, rz: Tensor, n: Tensor, m: Tensor
) -> Float[Tensor, "time batch rows"]:
    """What dh_t is multiplied by to give dm, da_r, da_z, da_n: (T, B, 4H)."""
    size = n.shape[-1]
    factors = n.new_empty(*n.shape[:2], 4 * size)
    of_m, of_r, of_z, of_n = factors.split(size, -1)
    r, z = rz.split(size, -1)
    torch.mul(1 - z, torch.addcmul(n.new_ones(()), n, n, value=-1), out=of_n)
    torch.mul(of_n, r, out=of_m)
    torch.mul(of_n, m, out=of_r)
    torch.sub(h_prev, n, out=of_z)
    factors[..., size : 3 * size].mul_(rz).mul_(1 - rz)
    return factors
