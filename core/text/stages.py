"""The stages of a text on its way to indices, kept apart and linked to each other."""

import itertools
from dataclasses import dataclass

import regex

from core.text.limits import require_integer
from core.text.tokens import GRAPHEME, NOT_LETTERS, WORD, TokenScheme, require_scheme, tokenize
from core.text.vocabulary import Vocabulary

_LETTER_OR_GAP = regex.compile(rf"[A-Za-z]|{NOT_LETTERS.pattern}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text and the token it became.

    Attributes:
        text: The stretch.
        token: Place of the token among those shown, or -1: it was left out.
    """

    text: str
    token: int


@dataclass(frozen=True, slots=True)
class Stages:
    """A part of a text at each stage.

    Attributes:
        raw: The text as it is, in pieces; joined they are the text without a gap.
        cleaned: What the scheme keeps, in pieces; -1 is the space that separates words.
        tokens: The tokens.
        start: Place of the first token in the whole text, from 0.
    """

    raw: tuple[Piece, ...]
    cleaned: tuple[Piece, ...]
    tokens: tuple[str, ...]
    start: int

    @classmethod
    def of(cls, text: str, scheme: TokenScheme, start: int = 0, length: int = 500) -> "Stages":
        """Follows some tokens of a text through the stages.

        Args:
            text: The whole text.
            scheme: How it is cut into tokens.
            start: Place of the first token to show, from 0.
            length: How many to show, at least 1; fewer at the end.

        Returns:
            The stages; `tokens` equals `tokenize(text, scheme)[start : start + length]`. What was
            left out before the text's first token or after its last is shown with them. No tokens
            where the text has none there.

        Raises:
            CoreError: `scheme`, `start` or `length` is out of range.
        """
        require_scheme(scheme)
        start = require_integer("start", start, 0)
        length = require_integer("length", length, 1)
        found = _found(text, scheme, start, length + 1)
        ends, found = len(found) <= length, found[:length]
        at = found[0][0] if start and found else 0
        raw: list[Piece] = []
        for token, (low, high, _) in enumerate(found):
            if low > at:
                raw.append(Piece(text[at:low], -1))
            raw.append(Piece(text[low:high], token))
            at = high
        if at < len(text) and found and ends:
            raw.append(Piece(text[at:], -1))
        tokens = tuple(token for *_, token in found)
        cleaned = [Piece(token, place) for place, token in enumerate(tokens)]
        if scheme == "words":
            spaced = ((Piece(" ", -1), piece) for piece in cleaned)
            cleaned = list(itertools.chain.from_iterable(spaced))[1:]
        return cls(tuple(raw), tuple(cleaned), tokens, start)

    def indices(self, vocabulary: Vocabulary) -> tuple[int, ...]:
        """The last stage: the index of each token, that of <unk> where there is none.

        Args:
            vocabulary: Of tokens of the same scheme.

        Returns:
            As many as tokens.
        """
        return tuple(vocabulary.encode(self.tokens))


def clean(text: str, scheme: TokenScheme) -> str:
    """The text as the scheme keeps it, between raw text and tokens.

    Args:
        text: Any text.
        scheme: "graphemes" keeps everything; "letters" a to z and single spaces; "words" the
            words, lower case, with single spaces.

    Returns:
        A text of the same tokens: `tokenize(clean(text, scheme), scheme)` is
        `tokenize(text, scheme)`.

    Raises:
        TextError: Nothing is left.
        CoreError: `scheme` is none of the three.
    """
    require_scheme(scheme)
    if scheme == "graphemes":
        return text
    return (" " if scheme == "words" else "").join(tokenize(text, scheme))


def _found(text: str, scheme: TokenScheme, start: int, length: int) -> list[tuple[int, int, str]]:
    """Where in the text each token begins and ends, and the token."""
    pattern, searched = {
        "graphemes": (GRAPHEME, text),
        "letters": (_LETTER_OR_GAP, text),
        "words": (WORD, text.lower()),
    }[scheme]
    matches = list(itertools.islice(pattern.finditer(searched), start, start + length))
    tokens = [match[0] for match in matches]
    if scheme == "letters":
        tokens = [token.lower() if token.isascii() and token.isalpha() else " " for token in tokens]
    spans = [match.span() for match in matches]
    if len(searched) != len(text):
        # Some capitals become two code points: each is found back where it came from.
        origin = [at for at, letter in enumerate(text) for _ in letter.lower()]
        spans = [(origin[low], origin[high - 1] + 1) for low, high in spans]
    return [(low, high, token) for (low, high), token in zip(spans, tokens, strict=True)]
