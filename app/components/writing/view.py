"""What the picture of a writing network shows: plain numbers and words, checked at the boundary."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = [
    "KEPT",
    "MOST",
    "MOST_NODES",
    "BeamNode",
    "BeamTree",
    "Choice",
    "Hypothesis",
    "NodeState",
    "Option",
    "WritingView",
]

MOST = 1000
"""tokens of the prefix, and written ones, that can be shown"""
KEPT = 10
"""options shown for each written token"""
MOST_NODES = 2000
MOST_HYPOTHESES = 20
CLOSE = 1e-4  # probabilities and entropies may come as float32
Kind = Literal["character", "word"]
NodeState = Literal["alive", "pruned", "finished"]
Option = tuple[str, float, float | None]
"""a token, its probability under the model and after the decoding rule (0 where the rule cut it,
None where the rule is not one on single tokens)"""
Hypothesis = tuple[str, float, float]
"""a text, its log probability and its score"""


@dataclass(frozen=True)
class Choice:
    """One written token and what else could have been written.

    Attributes:
        token: The one that was written.
        probability: Under the model, before the decoding rule.
        rank: 1 where the model held it the most probable.
        among: Up to 10 options, the model's best first; the written one need not be among them.
        entropy: Of the model's whole distribution in nats.
    """

    token: str
    probability: float
    rank: int
    among: tuple[Option, ...]
    entropy: float

    def __post_init__(self) -> None:
        """Refuse numbers that are no probabilities, naming the argument."""
        _probability("probability", self.probability)
        if self.rank < 1:
            raise ValueError(f"`rank` (={self.rank}) must be at least 1.")
        if not (math.isfinite(self.entropy) and self.entropy >= -CLOSE):
            raise ValueError(f"`entropy` (={self.entropy}) must be finite and at least 0 nats.")
        if len(self.among) > KEPT:
            raise ValueError(f"`among` (of {len(self.among)}) must be at most {KEPT}.")
        for token, model, ruled in self.among:
            _probability(f"among, {token!r} under the model", model)
            if ruled is not None:
                _probability(f"among, {token!r} after the rule", ruled)
        chances = [model for _, model, _ in self.among]
        if chances != sorted(chances, reverse=True):
            raise ValueError(f"`among` (={chances}) must stand in order, the model's best first.")


@dataclass(frozen=True)
class BeamNode:
    """One token that beam search tried.

    Attributes:
        parent: Index of the node before it, below its own; -1 right after the prefix.
        token: The token.
        log_probability: Of this token given what stands before it, natural log.
        cumulative: Of all tokens from the prefix on.
        step: 0 right after the prefix, else one more than its parent's.
        state: "alive" (kept in the beam), "pruned" or "finished".
        score: What beam search ranks by where that is not `cumulative`; None where it is.
    """

    parent: int
    token: str
    log_probability: float
    cumulative: float
    step: int
    state: NodeState
    score: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no node, naming the argument."""
        if self.state not in get_args(NodeState):
            raise ValueError(f"`state` (={self.state!r}) must be 'alive', 'pruned' or 'finished'.")
        for name in ("log_probability", "cumulative"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value <= CLOSE):
                raise ValueError(f"`{name}` (={value}) must be finite and at most 0.")
        if self.score is not None and not math.isfinite(self.score):
            raise ValueError(f"`score` (={self.score}) must be finite, or None.")


@dataclass(frozen=True)
class BeamTree:
    """Everything beam search tried, or the part of it worth a look.

    Attributes:
        nodes: A node stands after its parent.
        best: Indices of the best hypothesis's nodes, from the prefix on.
        hypotheses: Texts with their log probability and score, the best first.
    """

    nodes: tuple[BeamNode, ...]
    best: tuple[int, ...]
    hypotheses: tuple[Hypothesis, ...]

    def __post_init__(self) -> None:
        """Refuse what is no tree, naming the argument."""
        if not 1 <= len(self.nodes) <= MOST_NODES:
            raise ValueError(f"`nodes` (of {len(self.nodes)}) must be 1 to {MOST_NODES}.")
        if len(self.hypotheses) > MOST_HYPOTHESES:
            raise ValueError(
                f"`hypotheses` (of {len(self.hypotheses)}) must be at most {MOST_HYPOTHESES}."
            )
        for index, node in enumerate(self.nodes):
            if not -1 <= node.parent < index:
                raise ValueError(
                    f"`nodes[{index}].parent` (={node.parent}) must be -1 to {index - 1}."
                )
            step = 0 if node.parent < 0 else self.nodes[node.parent].step + 1
            if node.step != step:
                raise ValueError(f"`nodes[{index}].step` (={node.step}) must be {step}.")
        before = -1
        for index in self.best:
            if not 0 <= index < len(self.nodes) or self.nodes[index].parent != before:
                raise ValueError(f"`best` (={self.best}) must be a path from the prefix on.")
            before = index
        for text, log_probability, score in self.hypotheses:
            if not (math.isfinite(log_probability) and math.isfinite(score)):
                raise ValueError(
                    f"`hypotheses` ({text!r}: {log_probability}, {score}) must be finite."
                )


@dataclass(frozen=True)
class WritingView:
    """A text that a network wrote, with the choices it had.

    Places are 0-based here and in what the browser reports; the screen counts from 1.

    Attributes:
        identity: Changes whenever any content changes; is `data-painted` once drawn.
        prefix: The tokens that were given, at most MOST of them.
        choices: The tokens that were written, at most MOST.
        rule: How a token is chosen, in a few words ("temperature 0.8, top-k 10").
        kind: "character" or "word" (words are set apart by spaces).
        vocabulary_size: V, at least 1.
        loop: Place of the first written token that is part of a loop, and the loop's length in
            tokens; None where the text does not repeat itself to its end.
        tree: What beam search tried; None for other decodings.
        cursor: The written token that the choices are shown of. None lets the network write the
            text token by token when it is new; with a place the whole text stands there at once.
        compact: Whether the text stands alone, whole, without the choices and the controls.
        link: Components of one page with the same name here share their cursor; "" for none.
        unread: Places in the prefix, rising, of the tokens that are not in the network's vocabulary
            and were read as <unk>.
    """

    identity: str
    prefix: tuple[str, ...]
    choices: tuple[Choice, ...]
    rule: str
    kind: Kind
    vocabulary_size: int
    loop: tuple[int, int] | None = None
    tree: BeamTree | None = None
    cursor: int | None = None
    compact: bool = False
    link: str = ""
    unread: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that do not fit together, naming the argument."""
        rising = sorted({place for place in self.unread if 0 <= place < len(self.prefix)})
        if rising != list(self.unread):
            raise ValueError(
                f"`unread` (={self.unread}) must be rising places in a prefix of "
                f"{len(self.prefix)}."
            )
        if self.kind not in get_args(Kind):
            raise ValueError(f"`kind` (={self.kind!r}) must be 'character' or 'word'.")
        for name in ("prefix", "choices"):
            if len(getattr(self, name)) > MOST:
                raise ValueError(
                    f"`{name}` (of {len(getattr(self, name))}) must be at most {MOST}."
                )
        if self.vocabulary_size < 1:
            raise ValueError(f"`vocabulary_size` (={self.vocabulary_size}) must be at least 1.")
        for place, choice in enumerate(self.choices):
            if choice.rank > self.vocabulary_size:
                raise ValueError(
                    f"`choices[{place}].rank` (={choice.rank}) must be at most "
                    f"{self.vocabulary_size}."
                )
            if choice.entropy > math.log(self.vocabulary_size) + CLOSE:
                raise ValueError(
                    f"`choices[{place}].entropy` (={choice.entropy}) must be at most log "
                    f"{self.vocabulary_size}."
                )
        if self.loop is not None:
            start, period = self.loop
            if start < 0 or period < 1 or start + period >= len(self.choices):
                raise ValueError(
                    f"`loop` (={self.loop}) must be a place and a length of at least 1, ending "
                    f"before the last of {len(self.choices)} tokens."
                )
        if self.cursor is not None and self.cursor < 0:
            raise ValueError(f"`cursor` (={self.cursor}) must be at least 0, or None.")


def _probability(name: str, value: float) -> None:
    if not 0 <= value <= 1 + CLOSE:
        raise ValueError(f"`{name}` (={value}) must be a probability, from 0 to 1.")
