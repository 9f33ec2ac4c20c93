"""Recurrent layers on an input of our own: what can be seen of a network that is no language model.

States and gradients of the layers are the file's; what they read, where the file does not say, and
the output layer are made here, and the notes say so.
"""

import math

import torch
from torch import Tensor

from core.models.checkpoints.parts import Matrix, RecurrentGroup
from core.models.checkpoints.wording import listed

LEVELS = 101
_CODES, _DRAWN = "(codes).", "(drawn)."
_SEED = 0


def coded_table(group: RecurrentGroup, rows: int) -> tuple[Matrix, dict[str, Tensor], str]:
    """Tokens as numbers for layers that read numbers.

    Args:
        group: The layers, which read D numbers at each step.
        rows: How many tokens there are to be.

    Returns:
        A table whose token k is a 1 in the k-th of D numbers, or, where D is 1, a number from -1
        to 1; its tensor by name; and a note.
    """
    columns, name = group.input_size, group.prefix.removesuffix(".")
    if columns == 1:
        table = torch.linspace(-1, 1, rows)[:, None]
        said = f"token k of {rows} as a number, in even steps from -1 to 1"
    else:
        table = torch.zeros(rows, columns)
        some = min(rows, columns)
        table[range(some), range(some)] = 1.0
        said = "token k as a 1 in the k-th of them (one-hot)"
        if rows > columns:
            said += f", those from #{columns} on as zeros"
    note = (
        f"{listed([name])} reads {columns:,} number{'s' * (columns > 1)} at each step, and the "
        f"file does not say what they are: it is assumed to read {said}."
    )
    matrix = Matrix(_CODES, rows, columns, bias=False)
    return matrix, {matrix.weight: table}, note


def input_of(
    group: RecurrentGroup, table: Matrix | None
) -> tuple[int, Matrix | None, dict[str, Tensor], tuple[str, ...]]:
    """What the layers read.

    Args:
        group: The layers.
        table: An embedding of the file that fits, or None.

    Returns:
        How many tokens; their table, None for one-hot vectors; its tensor by name where it is made
        here; and notes on what is assumed.
    """
    rows = tokens_read(group, table)
    if table is not None:
        return rows, table, {}, ()
    if needs_codes(group):
        made, tensors, note = coded_table(group, rows)
        return rows, made, tensors, (note,)
    note = (
        f"Token k is read as a 1 in the k-th of {group.input_size:,} numbers (one-hot): "
        "the file does not say what they are."
    )
    return rows, None, {}, (note,)


def drawn_head(group: RecurrentGroup, rows: int) -> tuple[Matrix, dict[str, Tensor]]:
    """An output layer drawn at random, the same each time.

    Args:
        group: The layers, whose F units it reads.
        rows: How many tokens there are to be.

    Returns:
        The matrix and its tensors by name: N(0, 1 / F), and no bias.
    """
    generator = torch.Generator().manual_seed(_SEED)
    weight = torch.randn(rows, group.output_size, generator=generator)
    matrix = Matrix(_DRAWN, rows, group.output_size, bias=True)
    weight_name, bias_name = matrix.names
    return matrix, {weight_name: weight / math.sqrt(group.output_size),
                    bias_name: torch.zeros(rows)}  # fmt: skip


def tokens_read(group: RecurrentGroup, table: Matrix | None) -> int:
    """How many tokens there are where only the layers are looked at."""
    if table is not None:
        return table.rows
    return LEVELS if group.input_size == 1 else group.input_size


def needs_codes(group: RecurrentGroup) -> bool:
    """Whether the layers read a single number, which no one-hot vector can be."""
    return group.input_size == 1


def what_it_is(group: RecurrentGroup, heads: tuple[Matrix, ...], tables: tuple[Matrix, ...]) -> str:
    """What a network seems to be that is no language model, and why.

    Args:
        group: Its recurrent layers.
        heads: Matrices that read them.
        tables: Matrices that they could read.

    Returns:
        A sentence without its end, such as "it reads 7 numbers at each step and gives 3".
    """
    if any(head.rows < 2 for head in heads) and all(head.rows < 2 for head in heads):
        return (
            f"it gives one number ({_named(heads)}), as a forecaster or a classifier of two kinds "
            "does"
        )
    if not heads:
        read = f"tokens ({_named(tables)})" if tables else f"{group.input_size:,} numbers"
        return f"it reads {read} at each step and has no output layer, as an encoder"
    gives = listed(sorted({head.rows for head in heads}))
    if tables:
        rows = listed(sorted({table.rows for table in tables}))
        return (
            f"it reads {rows} tokens ({_named(tables)}) and gives {gives} numbers "
            f"({_named(heads)}), as a classifier or a tagger does"
        )
    return (
        f"it reads {group.input_size:,} numbers at each step and gives {gives} ({_named(heads)}), "
        "as a forecaster or a classifier does"
    )


def _named(matrices: tuple[Matrix, ...]) -> str:
    return listed(matrix.prefix.removesuffix(".") or "weight" for matrix in matrices)


def alone_note(group: RecurrentGroup) -> str:
    """What is to be said where only the layers are the file's."""
    name = listed([group.prefix.removesuffix(".") or "the outermost level"])
    return (
        f"Only the recurrent layers ({name}) are the file's. The output layer was drawn at random: "
        "its guesses, the surprise and the loss mean nothing; the states are those of this input, "
        "and the gradient goes back through the file's layers."
    )
