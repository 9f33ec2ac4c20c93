"""Which output layer and embedding a network of a file has, and why none or no single one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from core.errors import CheckpointError
from core.models.checkpoints import alone
from core.models.checkpoints.ends import Ends, Pair, find_ends, likeliest, swapped
from core.models.checkpoints.parts import Matrix, RecurrentGroup
from core.models.checkpoints.wording import listed, shown, with_shapes

ONE_HOT = "one_hot"


@dataclass(frozen=True, eq=False)
class Choice:
    """What fits a group, and what was asked.

    Attributes:
        group: The recurrent layers.
        ends: Outputs and embeddings that fit each other.
        count: How many pairs are likeliest.
        pairs: The first of them, four at most.
        heads: All matrices that read the group, or the one asked for.
        tables: The embeddings considered.
    """

    group: RecurrentGroup
    ends: Ends
    count: int
    pairs: list[Pair]
    heads: tuple[Matrix, ...]
    tables: tuple[Matrix, ...]

    def undecided(self) -> CheckpointError:
        """More than one pair fits."""
        more = f" and {self.count - len(self.pairs):,} more" if self.count > len(self.pairs) else ""
        return CheckpointError(
            "`head` and `embedding` must be given, as more than one choice fits: "
            f"{listed(_pair_label(*pair) for pair in self.pairs)}{more}."
        )

    def no_language_model(
        self,
        mine: tuple[Matrix, ...],
        tables: tuple[Matrix, ...],
        tensors: Mapping[str, Tensor],
        ignored: tuple[str, ...],
    ) -> CheckpointError:
        """No pair fits: what the network is instead.

        Args:
            mine: The outputs that can be the group's.
            tables: The embeddings that can be.
            tensors: Of the file.
            ignored: Names of those that are no matrix of it.

        Returns:
            The error.
        """
        group, label = self.group, _label(self.group)
        it_is = alone.what_it_is(group, mine, tables)
        if not self.heads:
            names = [name for table in self.tables for name in table.names]
            others = {n: tensors[n] for n in (*names, *ignored) if n in tensors}
            return CheckpointError(
                f"`data` holds no head for {label}: a matrix named weight with {group.output_size} "
                f"columns and a row for each token is needed, and besides there is "
                f"{with_shapes(others)}. Save the whole model, its nn.Linear included; as it is, "
                f"{it_is}, and only its recurrent layers can be looked at."
            )
        if all(head.rows < 2 for head in self.heads):
            return CheckpointError(
                f"`data` is not a language model: {it_is}. Its recurrent layers can be "
                "looked at alone."
            )
        numbers = f"{group.input_size} number{'s' * (group.input_size > 1)}"
        return CheckpointError(
            f"`data` holds no input for {label}: it reads {numbers} at each step, which must be "
            "one for each token of the head, or the columns of an embedding with a row for each. "
            f"The heads are {listed(map(_matrix_label, self.heads))}, the embeddings "
            f"{listed(map(_matrix_label, self.tables))}. It is not a language model: {it_is}; its "
            "recurrent layers can be looked at alone."
        )


def candidates(
    group: RecurrentGroup,
    matrices: Sequence[Matrix],
    groups: Sequence[RecurrentGroup],
    order: Mapping[str, int],
) -> tuple[tuple[Matrix, ...], tuple[Matrix, ...]]:
    """What can be the output and the embedding of a group, sizes of tokens not considered.

    Args:
        group: The recurrent layers.
        matrices: Of the file.
        groups: All recurrent layers of the file.
        order: Where each tensor stands in the file.

    Returns:
        Outputs and embeddings, likeliest first.
    """
    ends = find_ends(group, own_matrices(group, matrices, groups), order)
    heads = [m for m in ends.as_head if m.columns == group.output_size and ends.as_head[m] > 0]
    tables = [table for tables in ends.tables.values() for table in tables]
    likely = [table for table in tables if ends.as_table[table] > 0]
    return (
        tuple(sorted(heads, key=lambda m: -ends.as_head[m])),
        tuple(sorted(likely, key=lambda m: -ends.as_table[m])),
    )


def own_matrices(
    group: RecurrentGroup, matrices: Sequence[Matrix], groups: Sequence[RecurrentGroup]
) -> tuple[Matrix, ...]:
    """Those that stand at least as near to the group as to any other, in the tree of names."""
    others = [_place(other) for other in groups if other is not group]
    if not others:
        return tuple(matrices)
    nearest = _Nearest(others)
    place = _place(group)
    return tuple(
        matrix for matrix in matrices
        if _common(place, path := matrix.prefix.split(".")) >= nearest.depth(path)
    )  # fmt: skip


def choose_ends(
    group: RecurrentGroup,
    head: Matrix | str | None,
    embedding: Matrix | str | None,
    matrices: Sequence[Matrix],
    groups: Sequence[RecurrentGroup],
    order: Mapping[str, int],
    tensors: Mapping[str, Tensor],
) -> Choice:
    """Looks for the one pair of output and embedding that has the same tokens.

    Args:
        group: The recurrent layers.
        head: What was asked for, or None.
        embedding: Likewise; "one_hot" for none.
        matrices: Of the file.
        groups: All recurrent layers of the file.
        order: Where each tensor stands in the file.
        tensors: Of the file, by name.

    Returns:
        What fits.

    Raises:
        CheckpointError: What was asked for does not exist, or does not fit the group.
    """
    mine = own_matrices(group, matrices, groups)
    reads = [m for m in (matrices if head is not None else mine) if m.columns == group.output_size]
    fits = [m for m in (mine if embedding is None else matrices) if m.columns == group.input_size]
    heads = None if head is None else _asked("head", reads, head)
    if head is not None and not heads:
        raise _not_one_of("head", head, reads)
    tables: list[Matrix] | None = None
    if embedding == ONE_HOT:
        tables = []
    elif embedding is not None:
        tables = _asked("embedding", fits, embedding)
        if not tables:
            raise _not_one_of("embedding", embedding, fits)
    ends = find_ends(group, mine, order, heads, tables)
    if heads and tables and heads == tables:  # one matrix for both, since it was asked for
        count, pairs = 1, [(heads[0], tables[0])]
    else:
        count, pairs = likeliest(ends, embedding in (None, ONE_HOT), tensors)
        if count == 1 and head is None and embedding is None:
            other, ordered = swapped(group, pairs[0], order, tensors)
            if other is not None and not ordered:
                count, pairs = 2, [pairs[0], other]
    considered = fits if tables is None else tables
    return Choice(group, ends, count, list(pairs), tuple(heads or reads), tuple(considered))


def doubt(
    group: RecurrentGroup, pair: Pair, order: Mapping[str, int], tensors: Mapping[str, Tensor]
) -> str:
    """What to know where the output and the embedding could be exchanged.

    Args:
        group: The recurrent layers.
        pair: Their output and embedding.
        order: Where each tensor is in the file.
        tensors: Of the file.

    Returns:
        One sentence; "" where shapes, biases or names decide.
    """
    other, ordered = swapped(group, pair, order, tensors)
    if other is None or other[0] is None:
        return ""
    (head, table), why = pair, "their order in the file suggests this choice"
    assert table is not None
    if not ordered:
        why = "nothing in the file says which"
    return (
        f"Assumed: {_matrix_label(head)} is the output layer and {_matrix_label(table)} the "
        f"embedding. Both have the same shape, and {why}; choose the other output layer if it is "
        "the other way round."
    )


def _asked(name: str, candidates: Sequence[Matrix], asked: Matrix | str) -> list[Matrix]:
    return [each for each in candidates if _is(each, asked)]


def _not_one_of(name: str, asked: Matrix | str, candidates: Sequence[Matrix]) -> CheckpointError:
    given = shown(asked if isinstance(asked, str) else asked.prefix)
    return CheckpointError(
        f"`{name}` (={given}) must be one of {listed(map(_matrix_label, candidates))}."
    )


def _is(candidate: Matrix, asked: Matrix | str) -> bool:
    if isinstance(asked, str):
        return candidate.prefix.removesuffix(".") == asked.removesuffix(".")
    return candidate == asked


class _Nearest:
    """How near the nearest of many places is, without comparing with each."""

    def __init__(self, places: Iterable[Sequence[str]]) -> None:
        self._known = {tuple(p[:depth]) for p in places for depth in range(1, min(len(p), 12) + 1)}

    def depth(self, path: Sequence[str]) -> int:
        depth = 0
        while depth < len(path) and tuple(path[: depth + 1]) in self._known:
            depth += 1
        return depth


def _place(group: RecurrentGroup) -> list[str]:
    return (group.members[0] if group.members else group.prefix).removesuffix(".").split(".")


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    depth = 0
    while depth < min(len(one), len(other), 12) and one[depth] == other[depth]:
        depth += 1
    return depth


def _label(group: RecurrentGroup) -> str:
    return group.prefix.removesuffix(".") or "the outermost level"


def _matrix_label(matrix: Matrix) -> str:
    name = matrix.prefix.removesuffix(".") or "the outermost level"
    return f"{name} ({matrix.rows}, {matrix.columns})"


def _pair_label(head: Matrix, table: Matrix | None) -> str:
    return f"{_matrix_label(head)} with {ONE_HOT if table is None else _matrix_label(table)}"
