"""A text becomes tokens: characters as people see them, the chapter's letters, or words."""

from collections.abc import Sequence
from typing import Literal, get_args

import regex

from core.errors import CoreError, TextError

TokenScheme = Literal["graphemes", "letters", "words"]

# The same clusters as `\X` alone, which counts back to the start of a run of regional indicators at
# each of them: quadratic on a text of flags. Clusters begin at every second indicator of a run.
GRAPHEME = regex.compile(
    r"[\U0001F1E6-\U0001F1FF]{1,2}+[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]*+|\X"
)
NOT_LETTERS = regex.compile(r"[^A-Za-z]+")
# A word starts with a letter; combining marks belong to it, and so do the joiners that Persian
# and the Indic scripts write inside words.
WORD = regex.compile(r"\p{L}(?:[\u200c\u200d]?[\p{L}\p{M}])*+")


def tokenize(text: str, scheme: TokenScheme) -> list[str]:
    r"""Cuts a text into tokens.

    - "graphemes": extended grapheme clusters, nothing left out; an emoji with its modifiers, a
      flag or a letter with its accents is one token.
    - "letters": the cleaning of the chapter: everything but A-Z and a-z becomes a single space,
      the rest lower case, one character a token.
    - "words": the chapter's words, for any script: lower case, runs of letters with their marks;
      digits, punctuation and apostrophes separate ("don't" gives "don" and "t"). On plain English
      these are the words of the letters scheme. Scripts that write no spaces give one token for
      each run between marks: take graphemes there.

    Args:
        text: Any text.
        scheme: One of the three.

    Returns:
        The tokens, in order; none for an empty text cut into graphemes.

    Raises:
        TextError: The text holds nothing the scheme keeps, as Chinese under "letters".
        CoreError: `scheme` is none of the three.

    Source: UAX #29 for grapheme clusters (regex's `\X`); Dive into Deep Learning, section 9.2.
    """
    require_scheme(scheme)
    if scheme == "graphemes":
        return GRAPHEME.findall(text)
    if scheme == "letters":
        tokens = list(NOT_LETTERS.sub(" ", text).lower())
        kept = "the letters a to z"
    else:
        tokens = WORD.findall(text.lower())
        kept = "words, which begin with a letter"
    if tokens in ([], [" "]):
        raise TextError(
            f"`text` (of {len(text):,} characters) is left empty by `scheme` (={scheme!r}), which "
            f"keeps only {kept}: choose 'graphemes'."
        )
    return tokens


def join_tokens(tokens: Sequence[str], scheme: TokenScheme) -> str:
    """Puts tokens together again as a reader wants to see them.

    Args:
        tokens: Tokens of one scheme.
        scheme: The scheme that made them.

    Returns:
        Words with single spaces between; graphemes and letters without, so that
        `join_tokens(tokenize(text, "graphemes"), "graphemes")` is the text.

    Raises:
        CoreError: `scheme` is none of the three.
    """
    require_scheme(scheme)
    return (" " if scheme == "words" else "").join(tokens)


def require_tokens(tokens: Sequence[str], minimum: int = 2) -> None:
    """Refuses a text too short to learn from.

    Args:
        tokens: The tokens of a text.
        minimum: The least number of them; 2 is one to read and one to guess.

    Raises:
        TextError: There are fewer.
    """
    if len(tokens) < minimum:
        count = "1 token" if len(tokens) == 1 else f"{len(tokens)} tokens"
        raise TextError(
            f"`text` (of {count}) must have at least {minimum} tokens, one to read and one to "
            "guess: give a longer text."
        )


def require_scheme(scheme: str) -> None:
    """Refuses a scheme that does not exist.

    Args:
        scheme: What was asked for.

    Raises:
        CoreError: It is none of the three.
    """
    if scheme not in get_args(TokenScheme):
        raise CoreError(
            f"`scheme` (={scheme!r}) must be one of {', '.join(get_args(TokenScheme))}."
        )
