"""Which matrix is the output layer and which the embedding: by name, bias, place and shape.

An nn.Embedding has no bias, comes before the recurrent layers in most files and is called so; an
nn.Linear usually has one and comes behind. Both have a row for each token. Pairs are never listed
one by one: of 1,200 outputs and 1,200 embeddings there are 1.4 million.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

import torch
from torch import Tensor

from core.models.checkpoints.parts import Matrix, RecurrentGroup

Pair = tuple[Matrix, Matrix | None]

_HEADS = re.compile(
    r"unemb|deco|(?:^|_)dec$|fc|out|lin(?:$|_|\d|ear)|head|proj|logit|classif|dense|affine|readout|"
    r"generator|predict|softmax|to_?(?:vocab|token|char|word)s?$|2(?:o|out|tag|vocab|char|word)$|"
    r"(?:^|_)(?:ff|ho|hy|why|who|hq)$",
    re.IGNORECASE,
)
_TABLES = re.compile(
    r"emb|encod|(?:^|_)enc$|lookup|(?:^|_)lut$|wte|table|word_?vec|glove|w2v|"
    r"(?:^|_)(?:token|tok|char|word|vocab|input|in|src|inp)s?(?:$|_)",
    re.IGNORECASE,
)
_DECODERS_TABLE = re.compile(r"(?:^|_)dec(?:oder)?_?emb|emb\w*_dec", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_NAME, _BIAS, _ORDER = 3, 4, 1


@dataclass(frozen=True, eq=False)
class Ends:
    """The outputs and embeddings that fit one group of recurrent layers, likeliest first.

    Attributes:
        heads: Each with an input that fits it.
        tables: Embeddings by their number of rows.
        one_hot: Rows of a head that needs no embedding: what the lowest layer reads at each step.
        likeliness: Of each as the head, and of each as the embedding: above 0 for likely, 0 for
            not known, below for unlikely.
    """

    heads: tuple[Matrix, ...]
    tables: Mapping[int, tuple[Matrix, ...]]
    one_hot: int
    as_head: Mapping[Matrix, int]
    as_table: Mapping[Matrix, int]

    def inputs_of(self, head: Matrix) -> tuple[Matrix, ...]:
        """The embeddings that fit a head, likeliest first."""
        return tuple(table for table in self.tables.get(head.rows, ()) if table is not head)


def find_ends(
    group: RecurrentGroup,
    matrices: Sequence[Matrix],
    order: Mapping[str, int],
    heads: Sequence[Matrix] | None = None,
    tables: Sequence[Matrix] | None = None,
) -> Ends:
    """Sorts matrices into what can be the output and what the embedding.

    Args:
        group: The recurrent layers.
        matrices: That belong to no other network.
        order: Where each tensor stands in the file.
        heads: Those asked for; None for all.
        tables: Likewise; [] for one-hot input.

    Returns:
        What fits.
    """
    first = min(order[name] for name in group.sources.values())
    as_head = {m: _as_head(m, order[m.weight] > first) for m in matrices}
    as_table = {m: _as_table(m, order[m.weight] < first) for m in matrices}
    reads = [m for m in (heads if heads is not None else matrices)
             if m.columns == group.output_size]  # fmt: skip
    by_rows: dict[int, list[Matrix]] = {}
    for m in tables if tables is not None else matrices:
        # With a bias it is no nn.Embedding; what is called an output is one, unless asked for.
        usable = tables is not None or (not m.bias and not _is_only(m, as_head, as_table))
        if m.columns == group.input_size and usable:
            by_rows.setdefault(m.rows, []).append(m)
    fitting = [
        m
        for m in reads
        if (m.rows == group.input_size or any(t is not m for t in by_rows.get(m.rows, ())[:2]))
        and (heads is not None or not _is_only(m, as_table, as_head))
    ]
    return Ends(
        tuple(sorted(fitting, key=lambda m: -as_head.get(m, 0))),
        {
            rows: tuple(sorted(found, key=lambda m: -as_table.get(m, 0)))
            for rows, found in by_rows.items()
        },
        group.input_size,
        as_head,
        as_table,
    )


def likeliest(ends: Ends, one_hot: bool, tensors: Mapping[str, Tensor]) -> tuple[int, list[Pair]]:
    """The pairs of output and embedding for which most speaks.

    Args:
        ends: What fits.
        one_hot: Whether there may be no embedding.
        tensors: Of the file: two names of the same numbers are one choice.

    Returns:
        How many there are, and the first four of them.
    """
    best, choices = -(10**9), []
    by_rows: dict[int, list[Matrix]] = {}
    for head in ends.heads:
        by_rows.setdefault(head.rows, []).append(head)
    for rows, heads in by_rows.items():
        tables: list[Matrix | None] = list(ends.tables.get(rows, ()))
        if one_hot and rows == ends.one_hot:
            tables.append(None)
        for score, pair in _best_pairs(ends, heads, tables, tensors):
            if score > best:
                best, choices = score, [pair]
            elif score == best:
                choices.append(pair)
    count = sum(_count(heads, tables) for heads, tables in choices)
    pairs: Iterator[Pair] = (
        (head, table)
        for heads, tables in choices
        for head, table in product(heads, tables)
        if head is not table
    )
    return count, list(islice(pairs, 4))


_Choice = tuple[list[Matrix], list[Matrix | None]]


def _best_pairs(
    ends: Ends, heads: list[Matrix], tables: list[Matrix | None], tensors: Mapping[str, Tensor]
) -> Iterator[tuple[int, _Choice]]:
    """The best heads with the best tables; where they are one matrix alone, the two next best."""
    head_levels = _levels(heads, lambda m: _sign(ends.as_head.get(m, 0)))
    table_levels = _levels(
        tables, lambda m: 0 if m is None else _sign(ends.as_table.get(m, 0)) * 2 + 1
    )
    for head_score, some in head_levels:
        for table_score, others in table_levels:
            pair = _distinct(some, tensors), _distinct(others, tensors)
            if _count(*pair):
                yield head_score * 2 + table_score, pair


def _levels(items, level) -> list[tuple[int, list]]:
    found: dict[int, list] = {}
    for item in items:
        found.setdefault(level(item), []).append(item)
    return sorted(found.items(), key=lambda each: -each[0])


def _count(heads: Sequence[Matrix], tables: Sequence[Matrix | None]) -> int:
    """How many pairs they make, a matrix with itself not counted."""
    same = {id(m) for m in heads} & {id(m) for m in tables}
    return len(heads) * len(tables) - len(same)


def _distinct(items: list, tensors: Mapping[str, Tensor]) -> list:
    """Without those that are the first of them under another name."""
    if len(items) < 2 or items[0] is None:
        return items
    first = items[0]
    return [first, *(m for m in items[1:] if m is None or not same_numbers(first, m, tensors))]


def same_numbers(one: Matrix, other: Matrix, tensors: Mapping[str, Tensor]) -> bool:
    """Whether two matrices, and their biases, are the same numbers."""
    if (one.rows, one.columns, one.bias) != (other.rows, other.columns, other.bias):
        return False
    return all(equal(tensors[a], tensors[b]) for a, b in zip(one.names, other.names, strict=True))


def equal(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors share their memory or hold the same numbers."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    shared = one.data_ptr() == other.data_ptr() and one.stride() == other.stride()
    return shared or torch.equal(one, other)


def _as_head(matrix: Matrix, behind: bool) -> int:
    name = _name_of(matrix.prefix)
    return _BIAS * matrix.bias + _NAME * name + (_ORDER if behind else -_ORDER)


def _as_table(matrix: Matrix, before: bool) -> int:
    name = _name_of(matrix.prefix)
    return (_ORDER if before else -_ORDER) - _NAME * name - 2 * _BIAS * matrix.bias


def _is_only(matrix: Matrix, one: Mapping[Matrix, int], other: Mapping[Matrix, int]) -> bool:
    """Whether nothing but the one role is likely, and its name says so."""
    return one[matrix] > 0 > other[matrix] and (_name_of(matrix.prefix) != 0 or matrix.bias)


def _name_of(prefix: str) -> int:
    """1 for a name of outputs, -1 for one of embeddings, 0 for neither; the last part decides."""
    for part in reversed(prefix.removesuffix(".").split(".")[-6:]):
        head, table = _HEADS.search(part) is not None, _TABLES.search(part) is not None
        if head and table:  # decoder_emb is a table; out_emb, token_decoder, unembed are none
            return -1 if _DECODERS_TABLE.search(part) else 1
        if head or table:
            return 1 if head else -1
    return 0


def is_called_output(prefix: str) -> bool:
    """Whether a module's name is one that output layers have."""
    return _name_of(prefix) == 1


def swapped(
    group: RecurrentGroup, pair: Pair, order: Mapping[str, int], tensors: Mapping[str, Tensor]
) -> tuple[Pair | None, bool]:
    """The other way round, if nothing but the order in the file speaks against it.

    Args:
        group: The recurrent layers.
        pair: Their output and embedding.
        order: Where each tensor is in the file.
        tensors: Of the file.

    Returns:
        The embedding as the output and the output as the embedding, or None where shapes, biases
        or names exclude that or it would be the same; and whether the order says anything: in a
        file that is sorted by name it does not, unless the names count the modules ("0.weight").
    """
    head, table = pair
    if table is None or table is head or head.bias or table.bias:
        return None, True
    if head.columns != table.columns or group.input_size != group.output_size:
        return None, True
    if _name_of(head.prefix) or _name_of(table.prefix) or same_numbers(head, table, tensors):
        return None, True
    counted = len({_DIGITS.sub("#", name) for name in (head.prefix, table.prefix)}) == 1
    names = sorted((head.weight, table.weight, *group.sources.values()), key=order.__getitem__)
    return (table, head), counted or names != sorted(names)


def _sign(score: int) -> int:
    return (score > 0) - (score < 0)
