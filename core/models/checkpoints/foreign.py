"""A file of weights that others wrote: what was recognised, and how it becomes a checkpoint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from torch import Tensor

from core.errors import CheckpointError
from core.models.checkpoints.adoption import Parts, adopt
from core.models.checkpoints.checkpoint import Checkpoint, require_finite
from core.models.checkpoints.recognition import (
    Matrix,
    RecurrentGroup,
    find_groups,
    find_matrices,
)
from core.models.checkpoints.wording import listed, shown, with_shapes
from core.models.spec import CellName
from core.text.tokens import TokenScheme
from core.text.vocabulary import Vocabulary

ONE_HOT = "one_hot"


@dataclass(frozen=True, eq=False)
class ForeignCheckpoint:
    """The recurrent layers of a file, and what could be their head and embedding.

    Attributes:
        groups: The recurrent modules, at least one.
        matrices: Weights of which some are heads and embeddings; see `heads_of`, `embeddings_of`.
        ignored: Names of the tensors that are neither, nor a bias of one.
        tensors: All tensors of floats by name.
    """

    groups: tuple[RecurrentGroup, ...]
    matrices: tuple[Matrix, ...]
    ignored: tuple[str, ...]
    tensors: Mapping[str, Tensor] = field(repr=False)

    @classmethod
    def recognise(
        cls, tensors: Mapping[str, Tensor], unread: tuple[str, ...] = ()
    ) -> "ForeignCheckpoint":
        """Looks for recurrent layers by PyTorch's names and shapes.

        Args:
            tensors: Floats, by name.
            unread: Names of the file's other tensors.

        Returns:
            What was found.

        Raises:
            CheckpointError: There is no recurrent layer that can be used, or its weights or
                those of a possible head are not finite.
        """
        groups = find_groups(tensors)
        matrices = find_matrices(tensors, groups)
        used = {group.prefix + name for group in groups for name in group.parameters}
        for matrix in matrices:
            used |= {f"{matrix.prefix}weight"} | (
                {f"{matrix.prefix}bias"} if matrix.bias else set()
            )
        for name in sorted(used):
            require_finite(name, tensors[name], "data")
        ignored = tuple(name for name in tensors if name not in used) + unread
        return cls(groups, matrices, ignored, MappingProxyType(dict(tensors)))

    def heads_of(self, group: RecurrentGroup) -> tuple[Matrix, ...]:
        """The matrices that read all units of the group's last layer.

        Args:
            group: One of `groups`.

        Returns:
            In the order of the file.
        """
        return tuple(matrix for matrix in self.matrices if matrix.columns == group.output_size)

    def embeddings_of(self, group: RecurrentGroup) -> tuple[Matrix, ...]:
        """The matrices with as many numbers per row as the group's first layer reads.

        Args:
            group: One of `groups`.

        Returns:
            In the order of the file.
        """
        return tuple(matrix for matrix in self.matrices if matrix.columns == group.input_size)

    def adopt(
        self,
        group: RecurrentGroup | str | None = None,
        cell: CellName | None = None,
        head: Matrix | str | None = None,
        embedding: Matrix | str | None = None,
        vocabulary: Vocabulary | Sequence[str] | None = None,
        scheme: TokenScheme | None = None,
    ) -> Checkpoint:
        """Makes a checkpoint of ours; what is not said is decided where only one answer fits.

        Args:
            group: Which recurrent module, or its prefix.
            cell: Which of its cells; needed for an nn.RNN, whose nonlinearity no file tells.
            head: The output layer, or its prefix.
            embedding: The table the input is read from, or its prefix; "one_hot" for none.
            vocabulary: A `Vocabulary` of as many tokens as the head has rows; or texts in the
                file's order, which are sorted and given `<unk>`, the rows with them; or None for
                tokens called "#0", "#1" and so on.
            scheme: How a text is cut into these tokens, if that is known.

        Returns:
            The checkpoint: the same logits for the same tokens; its notes say what was added.

        Raises:
            CheckpointError: A choice is needed, or does not fit; there is no head; or the network
                is beyond the limits of `ModelSpec`.
        """
        chosen = self._group(group)
        if cell is None and len(chosen.cells) > 1:
            raise CheckpointError(
                f"`cell` must be given: the weights of {_label(chosen)} are those of an nn.RNN, "
                f"and no file tells its nonlinearity. Choose {' or '.join(chosen.cells)}."
            )
        if cell is not None and cell not in chosen.cells:
            raise CheckpointError(
                f"`cell` (={shown(cell)}) must be {' or '.join(chosen.cells)}: the shapes of "
                f"{_label(chosen)} leave no other."
            )
        output, table = self._ends(chosen, head, embedding)
        parts = Parts(chosen, cell or next(iter(chosen.cells)), output, table)
        return adopt(self.tensors, parts, vocabulary, scheme)

    def _group(self, group: RecurrentGroup | str | None) -> RecurrentGroup:
        fitting = [each for each in self.groups if group is None or _is(each, group)]
        if len(fitting) != 1:
            raise CheckpointError(
                f"`group` (={_given(group)}) must be one of the {len(self.groups)} recurrent "
                f"modules of the file: {listed(_label(each) for each in self.groups)}."
            )
        return fitting[0]

    def _ends(
        self, group: RecurrentGroup, head: Matrix | str | None, embedding: Matrix | str | None
    ) -> tuple[Matrix, Matrix | None]:
        """The one pair of head and embedding that has the same tokens and what was asked for."""
        heads = self._asked("head", self._heads(group), head)
        tables: list[Matrix | None] = [None]
        if embedding != ONE_HOT:
            found = self._asked("embedding", list(self.embeddings_of(group)), embedding)
            tables = [*found, None] if embedding is None else [*found]
        pairs = [
            (output, table)
            for output in heads
            for table in tables
            if _same_tokens(group, output, table)
            and (table is not output or head == embedding is not None)
        ]
        best = max((_likeliness(*pair) for pair in pairs), default=0)
        likeliest = [pair for pair in pairs if _likeliness(*pair) == best]
        if len(likeliest) == 1:
            return likeliest[0]
        if not pairs:
            raise self._without_pair(group, heads, tables)
        raise CheckpointError(
            "`head` and `embedding` must be given, as more than one choice fits: "
            f"{listed(_pair_label(*pair) for pair in likeliest)}."
        )

    def _heads(self, group: RecurrentGroup) -> list[Matrix]:
        heads = list(self.heads_of(group))
        if not heads:
            names = (f"{matrix.prefix}weight" for matrix in self.matrices)
            others = {
                name: self.tensors[name] for name in (*names, *self.ignored) if name in self.tensors
            }
            raise CheckpointError(
                f"`data` holds no head for {_label(group)}: a matrix named weight with "
                f"{group.output_size} columns and a row for each token is needed, and besides "
                f"there is {with_shapes(others)}. Save the whole model, its nn.Linear included."
            )
        return heads

    def _asked(
        self, name: str, candidates: list[Matrix], asked: Matrix | str | None
    ) -> list[Matrix]:
        if asked is None:
            return candidates
        fitting = [each for each in candidates if _is(each, asked)]
        if not fitting:
            raise CheckpointError(
                f"`{name}` (={_given(asked)}) must be one of "
                f"{listed(_label(each) for each in candidates)}."
            )
        return fitting

    def _without_pair(
        self, group: RecurrentGroup, heads: list[Matrix], tables: list[Matrix | None]
    ) -> CheckpointError:
        read = listed(_label(table) for table in tables if table is not None)
        return CheckpointError(
            f"`data` holds no input for {_label(group)}: it reads {group.input_size} numbers at "
            "each step, which must be one for each token of the head, or the columns of an "
            f"embedding with a row for each. The heads are {listed(map(_label, heads))}, the "
            f"embeddings {read}."
        )


def _is(candidate: RecurrentGroup | Matrix, asked: RecurrentGroup | Matrix | str) -> bool:
    if isinstance(asked, str):
        return candidate.prefix.removesuffix(".") == asked.removesuffix(".")
    return candidate == asked


def _same_tokens(group: RecurrentGroup, head: Matrix, table: Matrix | None) -> bool:
    return head.rows == (group.input_size if table is None else table.rows)


def _likeliness(head: Matrix, table: Matrix | None) -> int:
    """Counts what heads and embeddings usually are: the one with a bias, the other named so."""
    score = int(head.bias) + ("emb" not in head.prefix.lower())
    return score if table is None else score + (not table.bias) + ("emb" in table.prefix.lower())


def _given(asked: RecurrentGroup | Matrix | str | None) -> str:
    return shown(asked if asked is None or isinstance(asked, str) else asked.prefix)


def _label(part: RecurrentGroup | Matrix) -> str:
    name = part.prefix.removesuffix(".") or "the outermost level"
    return name if isinstance(part, RecurrentGroup) else f"{name} ({part.rows}, {part.columns})"


def _pair_label(head: Matrix, table: Matrix | None) -> str:
    return f"{_label(head)} with {ONE_HOT if table is None else _label(table)}"
