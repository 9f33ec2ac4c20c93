"""What the stages show: pieces of text and the tokens they became, checked once at the boundary."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, get_args

__all__ = ["MOST", "AnyPiece", "Piece", "StagesView"]

MOST = 500
"""tokens that can be shown"""
Kind = Literal["character", "word"]


class AnyPiece(Protocol):
    """A stretch of text and what became of it.

    Attributes:
        text: As it stands there; at least one character.
        token: Place among the shown tokens of the one it became, or -1 if it was dropped.
    """

    @property
    def text(self) -> str: ...  # noqa: D102 - described above

    @property
    def token(self) -> int: ...  # noqa: D102


class Piece(NamedTuple):
    """The plainest piece."""

    text: str
    token: int


@dataclass(frozen=True)
class StagesView:
    """One stretch of a text, as written, as cleaned, as tokens and as indices.

    T tokens are shown (1 to 500), V are in the vocabulary.

    Attributes:
        identity: Changes whenever any content changes; appears as `data-painted` once drawn.
        scheme_label: What the cleaning keeps, in words ("letters a to z").
        raw: The stretch as written, in pieces; put together they are the text.
        cleaned: The same after cleaning. What only separates tokens belongs to none (-1).
        tokens: T tokens.
        indices: T indices, each from 0 to V - 1.
        unknown: The index that stands for every token outside the vocabulary.
        vocabulary: The token of each index, V of them.
        counts: How often each index occurs in the whole text, V of them; at `unknown` the tokens
            that are read as unknown.
        total: Tokens in the whole text: the sum of `counts`.
        start: Place in the whole text of the first token shown, from 0.
        kind: "character" or "word".

    Raises:
        ValueError: These do not fit together.
    """

    identity: str
    scheme_label: str
    raw: Sequence[AnyPiece]
    cleaned: Sequence[AnyPiece]
    tokens: tuple[str, ...]
    indices: tuple[int, ...]
    unknown: int
    vocabulary: tuple[str, ...]
    counts: tuple[int, ...]
    total: int
    start: int = 0
    kind: Kind = "character"

    def __post_init__(self) -> None:
        """Refuse values that do not fit together, naming the argument."""
        if self.kind not in get_args(Kind):
            raise ValueError(f"`kind` (={self.kind!r}) must be 'character' or 'word'.")
        shown, size = len(self.tokens), len(self.vocabulary)
        if not 1 <= shown <= MOST:
            raise ValueError(f"`tokens` (of {shown}) must be 1 to {MOST}: show a shorter stretch.")
        if len(self.indices) != shown:
            raise ValueError(
                f"`indices` (of {len(self.indices)}) must be as many as `tokens` ({shown})."
            )
        if len(self.counts) != size:
            raise ValueError(
                f"`counts` (of {len(self.counts)}) must be as many as `vocabulary` ({size})."
            )
        if not 0 <= self.unknown < size:
            raise ValueError(f"`unknown` (={self.unknown}) must be between 0 and {size - 1}.")
        if sum(self.counts) != self.total:
            raise ValueError(
                f"`counts` (sum {sum(self.counts)}) must add up to `total` (={self.total}): each "
                "token of the text has one index."
            )
        if not 0 <= self.start <= self.total - shown:
            raise ValueError(
                f"`start` (={self.start}) must leave room for the {shown} tokens shown in a text "
                f"of {self.total}."
            )
        self._check_indices()
        for name in ("raw", "cleaned"):
            _check_pieces(name, getattr(self, name), shown)

    def _check_indices(self) -> None:
        size = len(self.vocabulary)
        for place, (token, index) in enumerate(zip(self.tokens, self.indices, strict=True)):
            if not 0 <= index < size:
                raise ValueError(f"`indices[{place}]` (={index}) must be between 0 and {size - 1}.")
            if index != self.unknown and self.vocabulary[index] != token:
                raise ValueError(
                    f"`indices[{place}]` (={index}) is {self.vocabulary[index]!r} in the "
                    f"vocabulary, not the token {token!r}."
                )
        for index, here in Counter(self.indices).items():
            if self.counts[index] < here:
                raise ValueError(
                    f"`counts[{index}]` (={self.counts[index]}) must be at least {here}: so often "
                    "it occurs among the tokens shown."
                )


def _check_pieces(name: str, pieces: Sequence[AnyPiece], shown: int) -> None:
    before = 0
    for place, piece in enumerate(pieces):
        token = piece.token
        if not piece.text:
            raise ValueError(f"`{name}[{place}]` must hold some text.")
        if not -1 <= token < shown:
            raise ValueError(
                f"`{name}[{place}]` (token {token}) must be -1 or one of the {shown} tokens."
            )
        if token >= 0 and token < before:
            raise ValueError(f"`{name}[{place}]` (token {token}) stands after token {before}.")
        before = max(before, token)
