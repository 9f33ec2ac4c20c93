"""The network that reads a text: a stock recurrent module of PyTorch and a linear head."""

from collections.abc import Callable, Collection
from typing import Any, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from core.errors import CoreError, SpecError
from core.models.initialisation import draw_parameters
from core.models.spec import ModelSpec

LossName = Literal["mean", "last"]
LossAt = LossName | int
"""where a loss is: the mean over all steps, the last step, or one step, counted from 0"""
State = (
    Float[Tensor, "layer batch unit"]
    | tuple[Float[Tensor, "layer batch unit"], Float[Tensor, "layer batch unit"]]
)


class SequenceModel(nn.Module):
    """Predicts the next token at every step of a text.

    With V tokens, one layer and one direction, as the chapter writes it:

        x_t = one_hot(token_t), or the token's row of the embedding
        h_t = tanh(W_xh x_t + W_hh h_{t-1} + b_h)   (or relu, or nn.GRU's or nn.LSTM's equations)
        o_t = W_hq h_t + b_q                        (logits over V)

    W_xh is `rnn.weight_ih_l0`, W_hh `rnn.weight_hh_l0`, b_h the sum of the two biases PyTorch
    keeps, W_hq and b_q `head.weight` and `head.bias`.

    Args:
        spec: What to build; it decides every parameter (see `core.models.initialisation`).
        dtype: torch.float32 or torch.float64. Parameters are drawn in float64 and rounded, so the
            two are the same network but for rounding.
        drawn: Whether the parameters are drawn; if not they are whatever memory holds, to be
            overwritten.

    Attributes:
        spec: As given.
        rnn: nn.RNN, nn.GRU or nn.LSTM, time-major.
        head: nn.Linear from the units of all directions to V logits.
        embedding: nn.Embedding, or None for one-hot input.

    Raises:
        SpecError: `dtype` is another one, or the spec's `spectral_radius` cannot be reached.

    Source: torch.nn.RNN, GRU and LSTM (PyTorch documentation); Dive into Deep Learning, chapter 9.
    """

    def __init__(
        self, spec: ModelSpec, dtype: torch.dtype = torch.float32, drawn: bool = True
    ) -> None:
        super().__init__()
        if dtype not in (torch.float32, torch.float64):
            raise SpecError(f"`dtype` (={dtype}) must be torch.float32 or torch.float64.")
        self.spec = spec
        outputs = spec.num_directions * spec.hidden_size
        with _Undrawn():
            self.rnn = _stock_module(spec, dtype)
            self.head = nn.Linear(outputs, spec.vocabulary_size, dtype=dtype)
            self.embedding: nn.Embedding | None = None
            if spec.input == "embedding":
                table = nn.Embedding(spec.vocabulary_size, spec.embedding_size, dtype=dtype)
                self.embedding = table
        if not drawn:
            return
        parameters = dict(self.named_parameters())
        with torch.no_grad():
            for name, values in draw_parameters(spec):
                parameters.pop(name).copy_(values)
        assert not parameters, f"left undrawn: {sorted(parameters)}"

    @classmethod
    def from_spec(cls, spec: ModelSpec, dtype: torch.dtype = torch.float32) -> "SequenceModel":
        """Builds the spec's network: the same as calling the class."""
        return cls(spec, dtype)

    def forward(
        self, indices: Int64[Tensor, "time batch"], state: State | None = None
    ) -> tuple[Float[Tensor, "time batch vocabulary"], State]:
        """Reads a stretch of text.

        Args:
            indices: Tokens as indices, (time, batch), each from 0 to V - 1.
            state: State before the first step, as PyTorch's module takes it: h_0 of shape
                (layers times directions, batch, unit), for the LSTM the pair (h_0, c_0). Zeros if
                None.

        Returns:
            Logits, (time, batch, vocabulary), entry t being the guess at the token after
            indices[t]; and the state after the last step.

        Raises:
            CoreError: `indices` has another shape or type, is empty, or leaves the vocabulary.
        """
        output, last_state = self.states(indices, state)
        return self.head(output), last_state

    def states(
        self, indices: Int64[Tensor, "time batch"], state: State | None = None
    ) -> tuple[Float[Tensor, "time batch output"], State]:
        """Reads a stretch of text without guessing: what the head reads.

        Args:
            indices: As for `forward`.
            state: As for `forward`.

        Returns:
            The highest layer's hidden states, (time, batch, output); and the state after the last
            step.

        Raises:
            CoreError: As for `forward`.
        """
        _require_indices(indices, self.spec.vocabulary_size)
        return self.rnn(self.embed(indices), state)

    def embed(self, indices: Int64[Tensor, "time batch"]) -> Float[Tensor, "time batch input_size"]:
        """What the recurrent module reads: x_t of every token.

        Args:
            indices: Tokens as indices, (time, batch).

        Returns:
            Rows of the embedding, or one-hot vectors, (time, batch, input_size).
        """
        if self.embedding is not None:
            return self.embedding(indices)
        return F.one_hot(indices, self.spec.vocabulary_size).to(self.head.weight.dtype)


def next_token_loss(
    logits: Float[Tensor, "time batch vocabulary"],
    targets: Int64[Tensor, "time batch"],
    at: LossAt = "mean",
) -> Float[Tensor, ""]:
    """Cross-entropy of the guesses, in nats; its exponential is the perplexity.

    Args:
        logits: What `SequenceModel` gave, (time, batch, vocabulary).
        targets: The token that came next at each step, (time, batch).
        at: "mean" over all steps of all sequences, or the "last" step only, averaged over the
            batch: the loss whose gradient has the whole text to travel back through. Or any one
            step, from 0 to time - 1, likewise.

    Returns:
        A scalar.

    Raises:
        CoreError: `at` is none of them, or the shapes do not belong together.
    """
    if logits.ndim != 3 or not logits.numel() or logits.shape[:2] != targets.shape:
        raise CoreError(
            f"`targets` (of shape {tuple(targets.shape)}) must be (time, batch), as `logits` "
            f"(of shape {tuple(logits.shape)}) is (time, batch, vocabulary), with at least one "
            "of each."
        )
    one_step = isinstance(at, int) and not isinstance(at, bool) and 0 <= at < len(logits)
    if not one_step and at not in ("mean", "last"):
        raise CoreError(
            f"`at` (={at!r}) must be 'mean', 'last' or a step from 0 to {len(logits) - 1}."
        )
    if at != "mean":
        step = len(logits) - 1 if at == "last" else int(at)
        logits, targets = logits[step : step + 1], targets[step : step + 1]
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


_DRAWS = (
    nn.init.uniform_,
    nn.init.normal_,
    nn.init.kaiming_uniform_,
    Tensor.uniform_,
    Tensor.normal_,
)


class _Undrawn(TorchFunctionMode):
    """Inside it modules leave their parameters as memory has them: nothing random is drawn.

    Modules draw their defaults from the global random state, which is the user's. Building them on
    the meta device avoids that too, but its first use imports PyTorch's compiler, a second or two.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if func in _DRAWS:
            return args[0] if args else given["tensor"]
        return func(*args, **given)


def _stock_module(spec: ModelSpec, dtype: torch.dtype) -> nn.RNN | nn.GRU | nn.LSTM:
    module, options = {
        "rnn_tanh": (nn.RNN, {"nonlinearity": "tanh"}),
        "rnn_relu": (nn.RNN, {"nonlinearity": "relu"}),
        "gru": (nn.GRU, {}),
        "lstm": (nn.LSTM, {}),
    }[spec.cell]
    return module(
        spec.input_size,
        spec.hidden_size,
        spec.num_layers,
        bidirectional=spec.bidirectional,
        dtype=dtype,
        **options,
    )


def _require_indices(indices: Tensor, vocabulary_size: int) -> None:
    if indices.ndim != 2 or indices.dtype != torch.int64 or not indices.numel():
        raise CoreError(
            f"`indices` (of shape {tuple(indices.shape)} and type {indices.dtype}) must be "
            "(time, batch) of torch.int64, with at least one step and one sequence."
        )
    low, high = (int(bound) for bound in indices.aminmax())
    if low < 0 or high >= vocabulary_size:
        raise CoreError(
            f"`indices` (from {low} to {high}) must stay between 0 and {vocabulary_size - 1}, "
            "the last index of the vocabulary."
        )
