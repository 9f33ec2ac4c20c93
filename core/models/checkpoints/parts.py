"""The parts of a stranger's network that can be rebuilt: recurrent layers, and matrices."""

import re
from dataclasses import dataclass

from core.models.spec import CellName

_LAYER = re.compile(r"(.+)_l([0-9]+)((?:_reverse)?)")


@dataclass(frozen=True, slots=True)
class RecurrentGroup:
    """The parameters of one nn.RNN, nn.GRU or nn.LSTM.

    Attributes:
        prefix: What stands before weight_ih_l0 in their names, such as "net.rnn.".
        cells: Which cells they can belong to; two for an nn.RNN, whose nonlinearity the file does
            not tell.
        hidden_size: H, units per layer and direction.
        input_size: D, numbers that the first layer reads at each step.
        num_layers: At least 1.
        bidirectional: Whether there is a second direction.
        bias: Whether there are biases.
        members: The prefixes of the single modules that it is stacked of, from the lowest; empty
            for one module.
    """

    prefix: str
    cells: tuple[CellName, ...]
    hidden_size: int
    input_size: int
    num_layers: int
    bidirectional: bool
    bias: bool
    members: tuple[str, ...] = ()

    @property
    def output_size(self) -> int:
        """Units of the last layer, both directions: what a head reads."""
        return (1 + self.bidirectional) * self.hidden_size

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters without the prefix."""
        kinds = ("weight_ih", "weight_hh") + (("bias_ih", "bias_hh") if self.bias else ())
        ends = ("", "_reverse")[: 1 + self.bidirectional]
        return tuple(
            f"{kind}_l{layer}{end}"
            for layer in range(self.num_layers)
            for end in ends
            for kind in kinds
        )

    @property
    def sources(self) -> dict[str, str]:
        """For each of `parameters` the name it has among the tensors of the file."""
        if not self.members:
            return {name: self.prefix + name for name in self.parameters}
        return {
            name: self.members[int(layer)] + f"{kind}_l0{end}"
            for name in self.parameters
            for kind, layer, end in [_LAYER.fullmatch(name).groups()]  # pyright: ignore
        }


@dataclass(frozen=True, slots=True)
class Matrix:
    """The weight of an nn.Linear or of an nn.Embedding: the file does not tell which.

    Attributes:
        prefix: What stands before "weight" in its name, such as "fc.".
        rows: Of a head or an embedding, the number of tokens V.
        columns: Of a head the units it reads, of an embedding the numbers per token.
        bias: Whether there is a bias of as many rows.
        tied_to: The prefix of the matrix whose weight it shares, where only its bias is in the
            file; else "".
    """

    prefix: str
    rows: int
    columns: int
    bias: bool
    tied_to: str = ""

    @property
    def weight(self) -> str:
        """The name of its weight in the file."""
        return f"{self.tied_to or self.prefix}weight"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its tensors in the file."""
        return (self.weight, f"{self.prefix}bias") if self.bias else (self.weight,)
