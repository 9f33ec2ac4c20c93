"""Beam search: the likeliest continuations of a prefix, and the tree in which they were found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from core.errors import CoreError
from core.learning.decoding import advance, log_distribution, require_whole, warm_up
from core.models import SequenceModel
from core.models.sequence_model import State
from core.progress import checkpoint

NodeStatus = Literal["alive", "pruned", "finished"]

MAX_BEAM_LENGTH = 1000
MAX_WIDTH = 100
MAX_LENGTH_POWER = 10.0


@dataclass(frozen=True, slots=True)
class BeamNode:
    """One token in the tree.

    Attributes:
        parent: Place of the node before it in `BeamTree.nodes`; None for a first token.
        token: Its index in the vocabulary.
        log_probability: log p(token | prefix and all nodes before it), in nats.
        cumulative: The sum of `log_probability` from the first token to this one.
        step: Number of the token, from 0.
        status: "alive": taken onto the beam at its step, and read by the network if there was a
            next one; "finished": taken, and it is the stop token; "pruned": not among the best.
    """

    parent: int | None
    token: int
    log_probability: float
    cumulative: float
    step: int
    status: NodeStatus


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One text that was not pruned: finished, or as long as asked for.

    Attributes:
        node: Place of its last token in `BeamTree.nodes`.
        tokens: All its tokens, the stop token included.
        log_probability: log P of the tokens after the prefix.
        score: log P / L^alpha, L being the number of tokens.
        finished: Whether it ends in the stop token.
    """

    node: int
    tokens: tuple[int, ...]
    log_probability: float
    score: float
    finished: bool


@dataclass(frozen=True, slots=True)
class BeamTree:
    """Everything beam search took and the best of what it rejected.

    Attributes:
        nodes: In order of step; within one the taken, then the rejected, likeliest first.
        hypotheses: The best score first; equal ones in order of their nodes.
        width: As given.
        length_power: As given.
    """

    nodes: tuple[BeamNode, ...]
    hypotheses: tuple[Hypothesis, ...]
    width: int
    length_power: float

    def path(self, node: int) -> tuple[int, ...]:
        """The places of all nodes from the first token to a node.

        Args:
            node: Place in `nodes`.

        Returns:
            Places in `nodes`, the node's own the last.
        """
        places, place = [], node
        while place is not None:
            places.append(place)
            place = self.nodes[place].parent
        return tuple(reversed(places))


def beam_search(
    model: SequenceModel,
    prefix: Sequence[int],
    length: int,
    width: int,
    length_power: float = 0.75,
    stop: int | None = None,
    rejected: int | None = None,
) -> BeamTree:
    """Keeps, at every step, the `width` likeliest of all continuations of those kept before.

    The network takes one step for all of them together. A continuation that ends in `stop` is a
    hypothesis and is not continued; the next step again takes the `width` best, from the rest.

    Hypotheses of different length are compared by log P / L^alpha. log P is negative and falls
    with every token, so alpha = 0 favours short texts; dividing by L^alpha favours long ones, the
    more the larger alpha is. Without `stop` all have one length and alpha changes no ranking.

    At equal log P the earlier parent, then the lower index goes first. Width 1 is greedy decoding.

    Args:
        model: A network that reads forward only.
        prefix: Token indices, may be empty (see `decoding.warm_up`).
        length: Number of tokens of a hypothesis that does not finish, 1 to 1,000.
        width: 1 to 100.
        length_power: alpha, 0 to 10.
        stop: Index of the token that ends a text; None for none.
        rejected: How many of the best rejected continuations each step adds to the tree as
            "pruned", at least 0; None for as many as `width`.

    Returns:
        The tree.

    Raises:
        CoreError: An argument is out of range, or the network gives NaN.

    Source: Dive into Deep Learning, section 10.8, where also the kept texts that are shorter than
        `length` and not finished compete; here they do not.
    """
    require_whole("length", length, 1, MAX_BEAM_LENGTH)
    require_whole("width", width, 1, MAX_WIDTH)
    number = isinstance(length_power, int | float) and not isinstance(length_power, bool)
    if not (number and 0 <= length_power <= MAX_LENGTH_POWER):
        raise CoreError(f"`length_power` (={length_power!r}) must be a number between 0 and 10.")
    if stop is not None:
        require_whole("stop", stop, 0, model.spec.vocabulary_size - 1)
    if rejected is not None:
        require_whole("rejected", rejected, 0)
    nodes = _searched(model, prefix, length, width, stop, width if rejected is None else rejected)
    return _ranked(BeamTree(tuple(nodes), (), width, float(length_power)), length)


def _searched(
    model: SequenceModel,
    prefix: Sequence[int],
    length: int,
    width: int,
    stop: int | None,
    rejected: int,
) -> list[BeamNode]:
    state, logits = warm_up(model, prefix)
    log_p = log_distribution(logits).unsqueeze(0)
    nodes: list[BeamNode] = []
    beam: list[int | None] = [None]
    for step in range(length):
        checkpoint(step, length)
        if step:
            tokens = torch.tensor([nodes[place].token for place in beam if place is not None])
            state, rows = advance(model, tokens, state)
            log_p = log_distribution(rows)
        first = len(nodes)
        parents = _grow(nodes, beam, log_p, step, (width, rejected), stop)
        taken = range(first, first + len(parents))
        living = [place for place in taken if nodes[place].status == "alive"]
        if not living:
            break
        state = _of_parents(state, torch.tensor([parents[place - first] for place in living]))
        beam = list(living)
    return nodes


def _grow(
    nodes: list[BeamNode],
    beam: list[int | None],
    log_p: Float[Tensor, "beam vocabulary"],
    step: int,
    counts: tuple[int, int],
    stop: int | None,
) -> list[int]:
    """Adds one step's nodes; gives, for each that was taken, its parent's row on the beam."""
    width, rejected = counts
    sums = [0.0 if place is None else nodes[place].cumulative for place in beam]
    totals = log_p + torch.tensor(sums, dtype=torch.float64).unsqueeze(1)
    ranked, order = torch.sort(totals.flatten(), descending=True, stable=True)
    possible = int((ranked > -torch.inf).sum())
    taken = min(width, possible)
    best = order[: min(width + rejected, possible)]
    own = log_p.flatten()[best]
    rows = []
    for rank, (place, log_probability, total) in enumerate(
        zip(best.tolist(), own.tolist(), ranked[: len(best)].tolist(), strict=True)
    ):
        row, token = divmod(place, log_p.shape[1])
        status = "pruned" if rank >= taken else "finished" if token == stop else "alive"
        nodes.append(BeamNode(beam[row], token, log_probability, total, step, status))
        rows.append(row)
    return rows[:taken]


def _of_parents(state: State, rows: Tensor) -> State:
    """The state of each new sequence: its parent's."""
    if isinstance(state, tuple):
        h, c = state
        return h.index_select(1, rows), c.index_select(1, rows)
    return state.index_select(1, rows)


def _ranked(tree: BeamTree, length: int) -> BeamTree:
    found = []
    for place, node in enumerate(tree.nodes):
        if node.status == "finished" or (node.status == "alive" and node.step == length - 1):
            tokens = tuple(tree.nodes[each].token for each in tree.path(place))
            score = node.cumulative / len(tokens) ** tree.length_power
            finished = node.status == "finished"
            found.append(Hypothesis(place, tokens, node.cumulative, score, finished))
    best_first = tuple(sorted(found, key=lambda each: -each.score))
    return BeamTree(tree.nodes, best_first, tree.width, tree.length_power)
