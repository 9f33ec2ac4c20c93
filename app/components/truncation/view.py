"""What the picture of truncation shows: words and places, checked once at the boundary."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

__all__ = ["MOST_ROWS", "MOST_STEPS", "Kind", "TruncationRow", "TruncationView"]

MOST_STEPS = 500
MOST_ROWS = 6
Kind = Literal["character", "word"]
KEY = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class TruncationRow:
    """One way to cut the way back of the gradient. The state goes on forwards across every cut.

    Attributes:
        key: Of letters, digits, "_" and "-"; unlike the other rows'.
        label: The name on screen ("equal segments of 8").
        starts: First steps of the segments, 0-based and rising from 0: the gradient of a loss
            stays in its own segment. (0,) is the whole sequence; () where `sliding` is given.
        sliding: Each loss reaches only the last so many steps, its own counted, at least 1. None
            where `starts` are given.
        note: A line of numbers computed in Python ("cosine 0.93, length 0.71 of the full
            gradient"); "" for none.
    """

    key: str
    label: str
    starts: tuple[int, ...] = ()
    sliding: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse cuts that are none, naming the argument."""
        if not KEY.fullmatch(self.key):
            raise ValueError(f"`key` (={self.key!r}) must be letters, digits, '_' and '-'.")
        if bool(self.starts) == (self.sliding is not None):
            raise ValueError(
                f"`starts` (={self.starts}) and `sliding` (={self.sliding}): give one of them."
            )
        if self.sliding is not None and self.sliding < 1:
            raise ValueError(f"`sliding` (={self.sliding}) must be at least 1.")
        rising = all(before < after for before, after in pairwise(self.starts))
        if self.starts and (self.starts[0] != 0 or not rising):
            raise ValueError(f"`starts` (={self.starts}) must rise from 0.")


@dataclass(frozen=True)
class TruncationView:
    """Everything the picture shows.

    T steps are shown (1 to 500). Steps are 0-based here and in what the browser reports; the
    screen counts from 1.

    Attributes:
        identity: Changes whenever any content but `cursor` does; is `data-painted` once drawn.
        tokens: T tokens, the input of each step.
        kind: "character" or "word" (words get wider columns, or are written upwards).
        start: Place in the whole text of the first token, from 0.
        rows: Top to bottom, 1 to 6.
        cursor: The step whose loss is followed back, at first mount and whenever this value
            changes; kept inside the text.
    """

    identity: str
    tokens: tuple[str, ...]
    kind: Kind
    start: int
    rows: tuple[TruncationRow, ...]
    cursor: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn together, naming the argument."""
        steps = len(self.tokens)
        if not 1 <= steps <= MOST_STEPS:
            raise ValueError(f"`tokens` (of {steps}) must be 1 to {MOST_STEPS}.")
        if self.kind not in get_args(Kind):
            raise ValueError(f"`kind` (={self.kind!r}) must be 'character' or 'word'.")
        if not 1 <= len(self.rows) <= MOST_ROWS:
            raise ValueError(f"`rows` (of {len(self.rows)}) must be 1 to {MOST_ROWS}.")
        for name in ("start", "cursor"):
            if getattr(self, name) < 0:
                raise ValueError(f"`{name}` (={getattr(self, name)}) must be at least 0.")
        for row in self.rows:
            if row.starts and row.starts[-1] >= steps:
                raise ValueError(
                    f"`starts` of {row.key!r} ({row.starts[-1]} in it) must be at most {steps - 1},"
                    " the last step."
                )
        keys = [row.key for row in self.rows]
        if len(set(keys)) < len(keys):
            raise ValueError(f"`key` (={keys}) must differ between rows.")
