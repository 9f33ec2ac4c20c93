"""Hypothesis strategies: networks and inputs with pairwise different sizes, in every layout."""

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")


@dataclass(frozen=True)
class Setting:
    """One combination of everything that a call of a stock recurrent module can vary."""

    cell: str
    layers: int
    bidirectional: bool
    bias: bool
    layout: str  # time_first, batch_first, unbatched, unbatched_batch_first, packed, packed_sorted
    initial: bool
    loss: str  # output, final, both
    time: int
    batch: int
    input: int
    hidden: int
    seed: int

    @property
    def lengths(self) -> list[int]:
        """The length of each sequence; shorter ones only when packed."""
        if not self.layout.startswith("packed"):
            return [self.time] * self.batch
        draw = torch.Generator().manual_seed(self.seed)
        lengths = torch.randint(1, self.time + 1, (self.batch,), generator=draw).tolist()
        lengths[self.seed % self.batch] = self.time
        return sorted(lengths, reverse=True) if self.layout == "packed_sorted" else lengths

    def module(self, dtype: torch.dtype = torch.float64) -> nn.RNNBase:
        """The stock module, with weights large enough for gates to move."""
        kind = {"gru": nn.GRU, "lstm": nn.LSTM}.get(self.cell, nn.RNN)
        extra = {"nonlinearity": self.cell[4:]} if kind is nn.RNN else {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            module = kind(
                self.input,
                self.hidden,
                self.layers,
                bias=self.bias,
                bidirectional=self.bidirectional,
                batch_first=self.layout.endswith("batch_first"),
                **extra,
            ).to(dtype)
            for parameter in module.parameters():
                nn.init.uniform_(parameter, -0.9, 0.9)
        return module

    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        """The tensors x (time, batch, input), h0 and c0 (layers·D, batch, hidden), float64."""
        draw = torch.Generator().manual_seed(self.seed + 1)
        places = self.layers * (1 + self.bidirectional)
        x = torch.randn(self.time, self.batch, self.input, generator=draw, dtype=torch.float64)
        shape = (places, self.batch, self.hidden)
        h0, c0 = (torch.randn(shape, generator=draw, dtype=torch.float64) for _ in range(2))
        return (x, h0, c0) if self.initial else (x, torch.zeros_like(h0), torch.zeros_like(c0))

    def given(self, x: Tensor, h0: Tensor, c0: Tensor):
        """The arguments of the module's forward, in its own layout."""
        unbatched = self.layout.startswith("unbatched")
        if self.layout.startswith("packed"):
            lengths = torch.tensor(self.lengths)
            laid = pack_padded_sequence(x, lengths, enforce_sorted=self.layout == "packed_sorted")
        elif unbatched:
            laid, h0, c0 = x[:, 0], h0[:, 0], c0[:, 0]
        else:
            laid = x.transpose(0, 1) if self.layout == "batch_first" else x
        if not self.initial:
            return (laid,)
        return (laid, (h0, c0)) if self.cell == "lstm" else (laid, h0)


@st.composite
def settings_of_modules(draw, cells: tuple[str, ...] = CELLS) -> Setting:
    """Any combination; sizes pairwise different, except the batch of 1 without a batch axis."""
    layout = draw(
        st.sampled_from(
            ("time_first", "batch_first", "unbatched", "unbatched_batch_first", "packed",
             "packed_sorted")
        )
    )  # fmt: skip
    sizes = draw(st.lists(st.integers(1, 6), min_size=4, max_size=4, unique=True))
    time, batch, size, hidden = sizes
    return Setting(
        cell=draw(st.sampled_from(cells)),
        layers=draw(st.integers(1, 4)),
        bidirectional=draw(st.booleans()),
        bias=draw(st.booleans()),
        layout=layout,
        initial=draw(st.booleans()),
        loss=draw(st.sampled_from(("output", "final", "both"))),
        time=time,
        batch=1 if layout.startswith("unbatched") else batch,
        input=size,
        hidden=hidden,
        seed=draw(st.integers(0, 10_000)),
    )
