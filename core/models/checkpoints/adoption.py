"""A stranger's weights under our names, token for token the same network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.errors import CheckpointError, CoreError
from core.models.checkpoints.checkpoint import MAX_NOTE, MAX_NOTES, Checkpoint
from core.models.checkpoints.parts import Matrix, RecurrentGroup
from core.models.checkpoints.shapes import parameter_shapes
from core.models.checkpoints.wording import listed, shown
from core.models.spec import CellName, ModelSpec, spec_of_any_size
from core.text.tokens import TokenScheme
from core.text.vocabulary import UNKNOWN, Vocabulary

# exp(-40) is below the rounding of float64: beside the others' the share of `<unk>` is exactly 0.
_NEVER = 40.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a file becomes the network.

    Attributes:
        group: The recurrent layers.
        cell: One of the group's cells.
        head: The matrix that makes the logits.
        embedding: The matrix that the tokens' numbers are read from; None for one-hot input.
        notes: What else is to be said of them.
    """

    group: RecurrentGroup
    cell: CellName
    head: Matrix
    embedding: Matrix | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Order:
    """Our tokens, and for each its row in the file, whose row V is the one added for `<unk>`."""

    vocabulary: Vocabulary
    rows: list[int]
    notes: tuple[str, ...]


def adopt(
    tensors: Mapping[str, Tensor],
    parts: Parts,
    vocabulary: Vocabulary | Sequence[str] | None,
    scheme: TokenScheme | None,
) -> Checkpoint:
    """Makes a checkpoint of ours.

    A `Vocabulary` of ours is sorted and holds `<unk>`. Tokens in another order are sorted, and the
    rows of the head and the embedding (or the columns of W_ih) with them. Where there is no
    `<unk>`, it is added as one more token: read as nothing (zeros), and guessed with a logit at
    least 40 below every other, so that no other token's probability changes.

    Args:
        tensors: Of the file, by name.
        parts: Which of them.
        vocabulary: The tokens: a `Vocabulary` of V; or texts in the file's order, V; or None for
            "#0", "#1" and so on with as many digits as the last needs: the token at index i stays
            there, and `<unk>` is at V.
        scheme: How a text is cut into them, or None.

    Returns:
        The checkpoint; its notes say what was added.

    Raises:
        CheckpointError: The network is beyond the limits of `ModelSpec`, or the tokens are not
            those of the head.
    """
    size, group, embedding = parts.head.rows, parts.group, parts.embedding
    order = _order(vocabulary, size)
    try:
        spec = spec_of_any_size(
            cell=parts.cell,
            vocabulary_size=len(order.vocabulary),
            hidden_size=group.hidden_size,
            num_layers=group.num_layers,
            bidirectional=group.bidirectional,
            **({"input": "embedding", "embedding_size": embedding.columns} if embedding else {}),
        )
    except CoreError as error:
        raise CheckpointError(f"`data` holds a network that is too large: {error}") from error
    weights = _weights(tensors, parts, spec, order.rows)
    notes = [*order.notes, *parts.notes]
    if not group.bias:
        notes.append("The file's recurrent layers have no biases: here they are zeros.")
    if not parts.head.bias:
        notes.append("The file's head has no bias: here it is zeros.")
    return Checkpoint(
        spec=spec,
        weights=weights,
        vocabulary=order.vocabulary,
        scheme=scheme,
        notes=tuple(note[:MAX_NOTE] for note in notes[:MAX_NOTES]),
    )


def _order(vocabulary: Vocabulary | Sequence[str] | None, size: int) -> _Order:
    if isinstance(vocabulary, Vocabulary):
        if len(vocabulary) != size:
            raise CheckpointError(
                f"`vocabulary` (of {len(vocabulary):,} tokens, {UNKNOWN} among them) must have the "
                f"{size:,} tokens of the head: give them as texts in the file's order, with "
                f"{UNKNOWN} only if the network knows it."
            )
        return _Order(vocabulary, list(range(size)), ())
    if vocabulary is None:
        digits = len(str(size - 1))
        tokens = [f"#{index:0{digits}d}" for index in range(size)]
        notes = [f"The tokens' names are not known: they are called {tokens[0]} to {tokens[-1]}."]
    else:
        tokens, notes = _checked(vocabulary, size), []
    if UNKNOWN not in tokens:
        tokens = [*tokens, UNKNOWN]
        notes.append(
            f"{UNKNOWN} was added for tokens the network does not know: it is read as nothing and "
            "never guessed."
        )
    rows = sorted(range(len(tokens)), key=lambda row: tokens[row])
    return _Order(Vocabulary(tuple(tokens[row] for row in rows)), rows, tuple(notes))


def _checked(tokens: Sequence[str], size: int) -> list[str]:
    texts = list(tokens)
    if isinstance(tokens, str) or not all(isinstance(token, str) for token in texts):
        raise CheckpointError(f"`vocabulary` (={shown(tokens)}) must be a sequence of texts.")
    if len(texts) != size:
        raise CheckpointError(
            f"`vocabulary` (of {len(texts):,} tokens) must have the {size:,} tokens of the head, "
            "in the file's order."
        )
    seen: set[str] = set()
    repeated = [token for token in texts if token in seen or seen.add(token)]
    if repeated:
        raise CheckpointError(
            f"`vocabulary` holds {listed(repeated)} more than once: each index needs a token of "
            "its own."
        )
    return texts


def _weights(
    tensors: Mapping[str, Tensor], parts: Parts, spec: ModelSpec, rows: list[int]
) -> dict[str, Tensor]:
    """Everything under our names, in float64 where the file has it, else in float32."""
    group, head = parts.group, parts.head
    found = {f"rnn.{name}": tensors[source] for name, source in group.sources.items()}
    found["head.weight"] = tensors[head.weight]
    if head.bias:
        found["head.bias"] = tensors[f"{head.prefix}bias"]
    if parts.embedding is not None:
        found["embedding.weight"] = tensors[parts.embedding.weight]
    exact = any(tensor.dtype == torch.float64 for tensor in found.values())
    weights = {
        name: tensor.to(torch.float64 if exact else torch.float32) for name, tensor in found.items()
    }
    kind = weights["head.weight"]
    bias = weights.get("head.bias", kind.new_zeros(head.rows))
    if len(rows) > head.rows:
        weights["head.weight"], bias = _with_one_never_guessed(kind, bias, parts.cell)
    weights["head.weight"] = _in_order(weights["head.weight"], rows)
    weights["head.bias"] = _in_order(bias, rows)
    if parts.embedding is not None:
        weights["embedding.weight"] = _with_zeros(weights["embedding.weight"], rows)
    else:
        for name in [name for name in weights if name.startswith("rnn.weight_ih_l0")]:
            weights[name] = _with_zeros(weights[name].T, rows).T
    for name, shape in parameter_shapes(spec).items():
        if name not in weights:
            weights[name] = kind.new_zeros(shape)
    return weights


def _with_zeros(table: Float[Tensor, "token number"], rows: list[int]) -> Tensor:
    if len(rows) > len(table):
        table = torch.cat([table, table.new_zeros(1, table.shape[1])])
    return _in_order(table, rows)


def _in_order(table: Tensor, rows: list[int]) -> Tensor:
    """The rows asked for; no copy where they are all, in their order."""
    return table if rows == list(range(len(table))) else table[rows]


def _with_one_never_guessed(
    weight: Float[Tensor, "token unit"], bias: Float[Tensor, " token"], cell: CellName
) -> tuple[Tensor, Tensor]:
    """One more row, whose logit is at least 40 below every other whatever the state is.

    States of tanh, GRU and LSTM stay within -1 and 1: a logit is never below its bias less the
    sum of its |weights|. Those of relu are at least 0: the least weight of each column is below.
    """
    if cell == "rnn_relu":
        row, least = weight.amin(0), bias.min()
    else:
        row, least = weight.new_zeros(weight.shape[1]), (bias - weight.abs().sum(1)).min()
    return torch.cat([weight, row[None]]), torch.cat([bias, least[None] - _NEVER])
