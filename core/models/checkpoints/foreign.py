"""A file of weights that others wrote: what was recognised, and how it becomes a checkpoint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from torch import Tensor

from core.models.checkpoints import alone
from core.models.checkpoints.adoption import Parts, adopt
from core.models.checkpoints.adoption_notes import notes_on_reading, one_hot_note, stands_between
from core.models.checkpoints.checkpoint import Checkpoint, require_finite
from core.models.checkpoints.choosing_ends import Choice, candidates, choose_ends, doubt
from core.models.checkpoints.choosing_groups import cell_of, choose_group, is_copy
from core.models.checkpoints.contents import Contents
from core.models.checkpoints.ends import Ends
from core.models.checkpoints.parts import Matrix, RecurrentGroup
from core.models.checkpoints.recognition import find_groups, find_matrices
from core.models.checkpoints.reparametrised import (
    Plain,
    inside_wrappers,
    plain_weights,
)
from core.models.checkpoints.surroundings import Chosen, Surroundings, look_around
from core.models.checkpoints.tokens_in_file import FoundTokens, choose_tokens, scheme_of
from core.models.checkpoints.wording import listed
from core.models.spec import CellName
from core.text.tokens import TokenScheme
from core.text.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class ForeignCheckpoint:
    """The recurrent layers of a file, and what could be their head and embedding.

    Attributes:
        groups: The recurrent modules, at least one; copies that a training kept come last.
        matrices: Weights of which some are heads and embeddings; see `heads_of`, `embeddings_of`.
        ignored: Names of the tensors that are neither, nor a bias of one.
        tensors: All tensors of floats by name; those that a file holds in parts, as weight_norm
            leaves them, are put together.
        vocabularies: Lists of texts in the file that may name its tokens.
    """

    groups: tuple[RecurrentGroup, ...]
    matrices: tuple[Matrix, ...]
    ignored: tuple[str, ...]
    tensors: Mapping[str, Tensor] = field(repr=False)
    vocabularies: tuple[FoundTokens, ...] = field(default=(), repr=False)
    _plain: Plain | None = field(default=None, repr=False)
    _roots: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def recognise(cls, contents: Contents) -> "ForeignCheckpoint":
        """Looks for recurrent layers by PyTorch's names and shapes.

        Args:
            contents: Of the file.

        Returns:
            What was found.

        Raises:
            CheckpointError: There is no recurrent layer that can be used, or its weights or
                those of a possible head are not finite.
        """
        plain = plain_weights(inside_wrappers(contents.tensors))
        tensors = plain.tensors
        groups = tuple(sorted(find_groups(plain), key=lambda group: is_copy(group.prefix)))
        matrices = find_matrices(tensors, groups)
        used = {name for group in groups for name in group.sources.values()}
        used |= {name for matrix in matrices for name in matrix.names}
        for name in sorted(used):
            require_finite(name, tensors[name], "data")
        in_use = {part for name in used for part in plain.made_of.get(name, (name,))}
        ignored = tuple(name for name in contents.tensors if name not in in_use)
        roots = {
            name: contents.roots.get(plain.made_of.get(name, (name,))[0], "") for name in tensors
        }
        return cls(
            groups,
            matrices,
            ignored + contents.unread,
            MappingProxyType(dict(tensors)),
            contents.tokens,
            plain,
            roots,
        )

    def heads_of(self, group: RecurrentGroup) -> tuple[Matrix, ...]:
        """The output layers that fit the group and an input of it.

        Args:
            group: One of `groups`.

        Returns:
            The likeliest first: the one that `adopt` takes where it needs not be told.
        """
        ends, best = self._fitting(group)
        heads = ends.heads
        if best is None:
            return heads
        taken = best[:1] if self.doubt(group, *best) else best
        return (best[0], *(head for head in heads if head not in taken))

    def embeddings_of(
        self, group: RecurrentGroup, head: Matrix | None = None
    ) -> tuple[Matrix, ...]:
        """The embeddings that fit the group and a head.

        Args:
            group: One of `groups`.
            head: One of `heads_of(group)`; None for the first of them.

        Returns:
            The likeliest first; none where the layers read one-hot vectors.
        """
        ends, best = self._fitting(group)
        head = head or next(iter(self.heads_of(group)), None)
        if head is None:
            return ()
        tables = ends.inputs_of(head)
        if best is not None and head == best[0]:
            first = () if best[1] is None else (best[1],)
            return first + tuple(table for table in tables if table not in first)
        if best is None or self.doubt(group, *best):
            return tables
        return tuple(table for table in tables if table != best[0])

    def require_whole(self, group: RecurrentGroup, head: Matrix, embedding: Matrix | None) -> None:
        """Refuses parts beside which the file holds what would change their output.

        Args:
            group: One of `groups`.
            head: The output layer.
            embedding: The embedding, or None.

        Raises:
            CheckpointError: Something stands between them.
        """
        around = self.surroundings(group, head, embedding)
        if around.between:
            raise stands_between(group, (head, embedding), around)

    def doubt(self, group: RecurrentGroup, head: Matrix, embedding: Matrix | None) -> str:
        """What to know where head and embedding could as well be exchanged.

        Args:
            group: One of `groups`.
            head: The output layer.
            embedding: The embedding, or None.

        Returns:
            One sentence; "" where shapes, biases or names decide.
        """
        return doubt(group, (head, embedding), self._order, self.tensors)

    def takes_one_hot(self, group: RecurrentGroup, head: Matrix) -> bool:
        """Whether the group can read one-hot vectors of the head's tokens."""
        return head.rows == group.input_size

    def surroundings(
        self, group: RecurrentGroup, head: Matrix | None, embedding: Matrix | None
    ) -> Surroundings:
        """What of the file stands around these parts, and whether it would change the output.

        Args:
            group: One of `groups`.
            head: The output layer, or None.
            embedding: The embedding, or None.

        Returns:
            What was found.
        """
        others = [g for g in self.groups if g is not group]
        return look_around(Chosen(group, head, embedding), self.tensors, self._roots, others)

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
            group: Which recurrent module, or its name.
            cell: Which of its cells; needed for an nn.RNN, whose file does not say which it has.
            head: The output layer, or its prefix.
            embedding: The table the input is read from, or its prefix; "one_hot" for none.
            vocabulary: A `Vocabulary` of as many tokens as the head has rows; or texts in the
                file's order, which are sorted and given `<unk>`, the rows with them; or None for
                those that the file names, or else tokens called "#0", "#1" and so on.
            scheme: How a text is cut into these tokens, if that is known.

        Returns:
            The checkpoint: the same logits for the same tokens; its notes say what was added,
            assumed and not read. A group that is asked for and reads numbers gets a code of
            numbers for each token.

        Raises:
            CheckpointError: A choice is needed, or does not fit; it is no language model; something
                stands between the parts that are rebuilt and `head` was not asked for; or the
                network is beyond the limits of `LargeSpec`.
        """
        chosen = choose_group(self.groups, self.tensors, group)
        cell = cell_of(chosen, cell)
        pair, made, notes = self._pair(chosen, head, embedding, group is not None)
        if head is None and embedding is None and (said := self.doubt(chosen, *pair)):
            notes = (*notes, said)
        around = self.surroundings(chosen, pair[0], pair[1] if not made else None)
        if around.between and head is None:
            raise stands_between(chosen, pair, around)
        if around.between:
            notes = (*notes, f"Left out, since the output layer was asked for: "
                             f"{listed(around.between)}.")  # fmt: skip
        tokens, said = vocabulary, ()
        if vocabulary is None:
            tokens, said = choose_tokens(self.vocabularies, pair[0].rows)
            scheme = scheme or scheme_of(tokens)
        if pair[1] is None and tokens is None:
            notes = (*notes, one_hot_note(chosen, pair[0]))
        parts = Parts(
            chosen,
            cell,
            *pair,
            notes=(*said, *notes, *notes_on_reading(chosen, pair, around, self._plain)),
        )
        return adopt({**self.tensors, **made}, parts, tokens, scheme)

    def adopt_layers(
        self,
        group: RecurrentGroup | str | None = None,
        cell: CellName | None = None,
        vocabulary: Vocabulary | Sequence[str] | None = None,
        scheme: TokenScheme | None = None,
    ) -> Checkpoint:
        """The recurrent layers alone, of any network: their states and gradients are the file's.

        They read the file's embedding where one fits, else one-hot vectors, or a number where they
        read a single one. The output layer is drawn at random, since a gradient must begin
        somewhere.

        Args:
            group: As for `adopt`.
            cell: As for `adopt`.
            vocabulary: As for `adopt`, of as many tokens as are read.
            scheme: As for `adopt`.

        Returns:
            The checkpoint; its training record says "layers_alone", its notes what is whose.

        Raises:
            CheckpointError: A choice is needed or does not fit, or the network is beyond the
                limits of `LargeSpec`.
        """
        chosen = choose_group(self.groups, self.tensors, group)
        cell = cell_of(chosen, cell)
        _, tables = candidates(chosen, self.matrices, self.groups, self._order)
        rows, table, made, notes = alone.input_of(chosen, next(iter(tables), None))
        head, drawn = alone.drawn_head(chosen, rows)
        around = self.surroundings(chosen, None, None if made else table)
        named = (f"Not read: {listed(around.between)}.",) if around.between else ()
        tokens, said = vocabulary, ()
        if vocabulary is None and not made:
            tokens, said = choose_tokens(self.vocabularies, rows)
            scheme = scheme or scheme_of(tokens)
        first = alone.alone_note(chosen)
        read = notes_on_reading(chosen, (head, table), around, self._plain)
        parts = Parts(chosen, cell, head, table, notes=(first, *notes, *named, *said, *read))
        made_here = adopt({**self.tensors, **made, **drawn}, parts, tokens, scheme)
        notes = (first, *(note for note in made_here.notes if note != first))
        return replace(made_here, training={"layers_alone": True}, notes=notes)

    @cached_property
    def _order(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.tensors)}

    def _fitting(self, group: RecurrentGroup) -> tuple[Ends, tuple[Matrix, Matrix | None] | None]:
        """What fits, and the pair that `adopt` would choose, or the first where it would ask."""
        choice = self._choice(group, None, None)
        return choice.ends, next(iter(choice.pairs), None)

    def _choice(
        self, group: RecurrentGroup, head: Matrix | str | None, embedding: Matrix | str | None
    ) -> Choice:
        return choose_ends(
            group, head, embedding, self.matrices, self.groups, self._order, self.tensors
        )

    def _pair(
        self,
        group: RecurrentGroup,
        head: Matrix | str | None,
        embedding: Matrix | str | None,
        asked: bool,
    ) -> tuple[tuple[Matrix, Matrix | None], dict[str, Tensor], tuple[str, ...]]:
        """Head and embedding; what was made for them, and notes on it."""
        choice = self._choice(group, head, embedding)
        if choice.count == 1 and choice.pairs[0][0].rows > 1:
            return choice.pairs[0], {}, ()
        if choice.count > 1:
            raise choice.undecided()
        mine, tables = candidates(group, self.matrices, self.groups, self._order)
        alone_head = choice.heads[0] if len(choice.heads) == 1 else None
        if asked and embedding is None and not tables and alone_head and alone_head.rows > 1:
            table, made, note = alone.coded_table(group, alone_head.rows)
            return (alone_head, table), made, (note,)
        raise choice.no_language_model(mine, tables, self.tensors, self.ignored)
