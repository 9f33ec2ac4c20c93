"""The equations of the stock recurrent cells, and their derivatives, in closed form.

Letters, the same here and in the code: T time, B batch, D input size, H hidden size, G gate
blocks (rows of a weight matrix divided by H). `x` input, `h` hidden state, `c` cell state, `a`
pre-activation, `d·` the derivative of the loss with respect to what follows, `σ` the logistic
function, `⊙` the elementwise product. Everything is time-major and in *reading order*: step 0 is
the step this direction reads first.

Each class states its equations once and gives three things: the stock operator of PyTorch that
runs a layer (`run`), every gate of every step in one batched product once all hidden states are
known (`states`), and the elementwise factors that turn dL/dh_t and dL/dc_t into dL/da_t
(`factors`, used by `recursion` for whole sequences and by `stepped` for cells called by hand).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from core.capture.arithmetic import cell_states

CellName = Literal["rnn_tanh", "rnn_relu", "gru", "lstm"]


@dataclass(frozen=True)
class Weights:
    """The parameters of one layer and direction, as PyTorch lays them out (G·H rows).

    `weight_hr`, (P, H), is there only where an LSTM projects its hidden state to P entries.
    """

    weight_ih: Float[Tensor, "rows input"]
    weight_hh: Float[Tensor, "rows unit"]
    bias_ih: Float[Tensor, " rows"] | None
    bias_hh: Float[Tensor, " rows"] | None
    weight_hr: Float[Tensor, "projected unit"] | None = None

    def to(self, dtype: torch.dtype) -> "Weights":
        """The same numbers in another precision."""
        return Weights(*(None if p is None else p.to(dtype) for p in self.listed()))  # type: ignore[arg-type]

    def listed(self) -> tuple[Tensor | None, ...]:
        """The parameters in PyTorch's order, None where the module has no bias, no projection."""
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, self.weight_hr

    def flat(self) -> list[Tensor]:
        """The parameters that exist, as the stock operators take them."""
        return [p for p in self.listed() if p is not None]

    @cached_property
    def operands(self) -> list[Tensor]:
        """The same, on a GPU in the one block of memory that cuDNN would otherwise ask for.

        Only a module of PyTorch lays them out so; made without drawing its weights, it leaves the
        random state alone.
        """
        given = self.flat()
        if not self.weight_ih.is_cuda:
            return given
        rows, size = self.weight_hh.shape
        kind, options = {1: torch.nn.RNN, 3: torch.nn.GRU}.get(rows // size, torch.nn.LSTM), {}
        if self.weight_hr is not None:
            kind, size, options = torch.nn.LSTM, rows // 4, {"proj_size": size}
        block = kind(
            self.weight_ih.shape[1], size, bias=self.bias_ih is not None,
            device="meta", dtype=self.weight_ih.dtype, **options,
        ).to_empty(device=self.weight_ih.device)  # fmt: skip
        laid_out = [parameter.detach() for parameter in block.parameters()]
        for place, values in zip(laid_out, given, strict=True):
            place.copy_(values)
        return laid_out


@dataclass(frozen=True)
class States:
    """What one layer and direction went through, in reading order.

    `gates` stacks the activated gates in PyTorch's order along its third axis; `recurrent_new` is
    the GRU's W_hn h_{t-1} + b_hn.
    """

    input: Float[Tensor, "time batch input"]
    hidden_prev: Float[Tensor, "time batch unit"]
    hidden: Float[Tensor, "time batch unit"]
    cell_prev: Float[Tensor, "time batch unit"] | None = None
    cell_state: Float[Tensor, "time batch unit"] | None = None
    gates: Float[Tensor, "time batch gate unit"] | None = None
    recurrent_new: Float[Tensor, "time batch unit"] | None = None


def project(
    values: Float[Tensor, "time batch size"],
    weight: Float[Tensor, "rows size"],
    bias: Float[Tensor, " rows"] | None,
) -> Float[Tensor, "time batch rows"]:
    """W v + b for every step and sequence in one matrix product."""
    return torch.nn.functional.linear(values, weight, bias)


class Elman:
    """The plain recurrent network of `nn.RNN`: one block, no gates (G = 1).

        a_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh
        h_t = φ(a_t),  φ = tanh or ReLU
        da_t = dh_t ⊙ φ'(a_t),  tanh' = 1 - h²,  ReLU' = 1 where h > 0
        dh_{t-1} = W_hhᵀ da_t

    Source: PyTorch documentation of nn.RNN; Elman (1990).
    """

    gate_names: tuple[str, ...] = ()
    has_cell_state = False

    def __init__(self, name: Literal["rnn_tanh", "rnn_relu"]) -> None:
        self.name: CellName = name

    def run(self, x: Tensor, h0: Tensor, c0: Tensor | None, w: Weights) -> Tensor:
        """All hidden states of one layer by PyTorch's own operator: (T, B, H)."""
        operator = torch.rnn_tanh if self.name == "rnn_tanh" else torch.rnn_relu
        biased = w.bias_ih is not None
        return operator(x, h0.unsqueeze(0), w.operands, biased, 1, 0.0, False, False, False)[0]

    def states(
        self, x: Tensor, hidden_prev: Tensor, hidden: Tensor, c: Tensor | None, w: Weights
    ) -> States:
        """Nothing but the states themselves: the derivative of φ needs h alone."""
        return States(x, hidden_prev, hidden)

    def factors(self, s: States) -> Float[Tensor, "time batch unit"]:
        """φ'(a_t), from h_t."""
        if self.name == "rnn_relu":
            # As autograd has it: a NaN lets the gradient pass.
            return (~(s.hidden <= 0)).to(s.hidden.dtype)
        return torch.addcmul(torch.ones_like(s.hidden), s.hidden, s.hidden, value=-1)


class Gru:
    """The gated recurrent unit of `nn.GRU` (G = 3: reset, update, new).

        r_t = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
        z_t = σ(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
        m_t = W_hn h_{t-1} + b_hn
        n_t = tanh(W_in x_t + b_in + r_t ⊙ m_t)
        h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}

    The reset gate acts after the matrix product, as in PyTorch and cuDNN and unlike Cho et al.
    (2014). With u_t = (1 - z_t) ⊙ (1 - n_t²), all of it is linear in dh_t:

        da_r = dh ⊙ u ⊙ m ⊙ r(1 - r)      da_z = dh ⊙ (h_{t-1} - n) ⊙ z(1 - z)
        dm   = dh ⊙ u ⊙ r                 da_n = dh ⊙ u
        dh_{t-1} = dh ⊙ z + W_hhᵀ [da_r, da_z, dm]

    Source: PyTorch documentation of nn.GRU.
    """

    gate_names = ("reset", "update", "new")
    has_cell_state = False
    name: CellName = "gru"

    def run(self, x: Tensor, h0: Tensor, c0: Tensor | None, w: Weights) -> Tensor:
        """All hidden states of one layer by PyTorch's own operator: (T, B, H)."""
        biased = w.bias_ih is not None
        return torch.gru(x, h0.unsqueeze(0), w.operands, biased, 1, 0.0, False, False, False)[0]

    def states(
        self, x: Tensor, hidden_prev: Tensor, hidden: Tensor, c: Tensor | None, w: Weights
    ) -> States:
        """r, z, n and m of every step."""
        size = hidden.shape[-1]
        gates = project(x, w.weight_ih, w.bias_ih).unflatten(-1, (3, size))
        recurrent = project(hidden_prev, w.weight_hh, w.bias_hh).unflatten(-1, (3, size))
        m = recurrent[:, :, 2]
        gates[:, :, :2].add_(recurrent[:, :, :2]).sigmoid_()
        gates[:, :, 2].addcmul_(gates[:, :, 0], m).tanh_()
        return States(x, hidden_prev, hidden, gates=gates, recurrent_new=m)

    def factors(self, s: States) -> Float[Tensor, "time batch row unit"]:
        """What dh_t is multiplied by, in the rows da_r, da_z, dm, z (carried over), da_n."""
        assert s.gates is not None and s.recurrent_new is not None
        r, z, n = s.gates.unbind(2)
        rows = s.gates.new_empty(*s.gates.shape[:2], 5, s.gates.shape[3])
        u = torch.mul(1 - z, 1 - n * n, out=rows[:, :, 4])
        m_row = torch.mul(u, r, out=rows[:, :, 2])
        torch.mul(m_row * s.recurrent_new, 1 - r, out=rows[:, :, 0])
        torch.mul(s.hidden_prev - n, z * (1 - z), out=rows[:, :, 1])
        rows[:, :, 3] = z
        return rows


class Lstm:
    """The long short-term memory of `nn.LSTM` (G = 4: input, forget, cell, output).

        i_t = σ(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi)
        f_t = σ(W_if x_t + b_if + W_hf h_{t-1} + b_hf)
        g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)
        o_t = σ(W_io x_t + b_io + W_ho h_{t-1} + b_ho)
        c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
        h_t = o_t ⊙ tanh(c_t)

    Backwards, dc_t being the total:

        dc_t = dh_t ⊙ o(1 - tanh²c_t) + dc_{t+1} ⊙ f_{t+1}
        da_i = dc ⊙ g i(1 - i)        da_f = dc ⊙ c_{t-1} f(1 - f)
        da_g = dc ⊙ i(1 - g²)         da_o = dh ⊙ tanh(c) o(1 - o)
        dh_{t-1} = W_hhᵀ [da_i, da_f, da_g, da_o]

    With a projection (`proj_size`) h_t = W_hr m_t, where m_t = o_t ⊙ tanh(c_t): W_hrᵀ dh_t then
    stands for dh_t in dc_t and da_o.

    Source: PyTorch documentation of nn.LSTM; Hochreiter & Schmidhuber (1997), Gers et al. (2000).
    """

    gate_names = ("input", "forget", "cell", "output")
    has_cell_state = True
    name: CellName = "lstm"

    def run(self, x: Tensor, h0: Tensor, c0: Tensor | None, w: Weights) -> Tensor:
        """All hidden states of one layer by PyTorch's own operator: (T, B, H)."""
        assert c0 is not None
        biased, start = w.bias_ih is not None, (h0.unsqueeze(0), c0.unsqueeze(0))
        return torch.lstm(x, start, w.operands, biased, 1, 0.0, False, False, False)[0]

    def gates(self, x: Tensor, hidden_prev: Tensor, w: Weights) -> Tensor:
        """i, f, g, o of every step: (T, B, 4, H)."""
        size = w.weight_hh.shape[0] // 4
        rows = project(x, w.weight_ih, w.bias_ih).flatten(0, 1)
        rows.addmm_(hidden_prev.flatten(0, 1), w.weight_hh.T)
        if w.bias_hh is not None:
            rows.add_(w.bias_hh)
        gates = rows.view(*hidden_prev.shape[:2], 4, size)
        gates[:, :, :2].sigmoid_()
        gates[:, :, 2].tanh_()
        gates[:, :, 3].sigmoid_()
        return gates

    def states(
        self, x: Tensor, hidden_prev: Tensor, hidden: Tensor, c: Tensor | None, w: Weights
    ) -> States:
        """The gates of every step and, from c_0 (B, H) or given c_{t-1} (T, B, H), every c_t."""
        assert c is not None
        gates = self.gates(x, hidden_prev, w)
        fresh = gates[:, :, 0] * gates[:, :, 2]
        if c.ndim == 3:
            return States(x, hidden_prev, hidden, c, torch.addcmul(fresh, gates[:, :, 1], c), gates)
        c_all = cell_states(gates[:, :, 1], fresh, c)
        return States(x, hidden_prev, hidden, c_all[:-1], c_all[1:], gates)

    def factors(self, s: States) -> tuple[Tensor, Tensor]:
        """What dc_t is multiplied by (rows f, da_i, da_f, da_g) and what dm_t is (da_o, dc)."""
        assert s.gates is not None and s.cell_state is not None and s.cell_prev is not None
        i, f, g, o = s.gates.unbind(2)
        of_cell = torch.empty_like(s.gates)
        of_hidden = s.gates.new_empty(*s.gates.shape[:2], 2, s.gates.shape[3])
        of_cell[:, :, 0] = f
        torch.mul(g, i * (1 - i), out=of_cell[:, :, 1])
        torch.mul(s.cell_prev, f * (1 - f), out=of_cell[:, :, 2])
        torch.addcmul(i, i * g, g, value=-1, out=of_cell[:, :, 3])
        squashed = s.cell_state.tanh()
        torch.mul(squashed, o * (1 - o), out=of_hidden[:, :, 0])
        torch.addcmul(o, o * squashed, squashed, value=-1, out=of_hidden[:, :, 1])
        return of_cell, of_hidden

    def unprojected(self, s: States) -> Float[Tensor, "time batch unit"]:
        """m_t = o_t ⊙ tanh(c_t): the hidden state before a projection."""
        assert s.gates is not None and s.cell_state is not None
        return s.gates[:, :, 3] * s.cell_state.tanh()


Cell = Elman | Gru | Lstm
