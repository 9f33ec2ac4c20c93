"""Texts and their tokens, shared by all sessions and never changed."""

import hashlib
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app.compute.bounded import Bounded
from core.text import (
    MAX_BYTES,
    DecodedText,
    TokenScheme,
    Vocabulary,
    check_text,
    decode_text,
    require_tokens,
    tokenize,
)
from core.text.download import time_machine as download_time_machine

TEXTS = Path(__file__).resolve().parents[2] / "assets" / "texts"
MOST_TOKENS = 2_000
"""a larger vocabulary keeps its frequent tokens and reads the rest as <unk>: it stays quick"""
MOST_KEPT = 12_000_000
"""tokens of all texts that are kept together: six of the longest, some 100 MB"""
LEAST = 20_000
"""tokens that any text counts for: of short ones some hundred are kept"""
MOST_TEXT = 20_000_000
"""bytes of memory of all uploaded texts that are kept together"""


@dataclass(frozen=True)
class ShippedText:
    """One of the texts in assets/texts."""

    name: str
    title: str
    description: str


@dataclass(frozen=True)
class TokenText:
    """A text as tokens, with the vocabulary that reads it.

    Attributes:
        tokens: the whole text.
        vocabulary: its tokens, sorted, and <unk>.
        unknown: how many different tokens are read as <unk>, 0 unless the vocabulary is full.
        digest: of the tokens.
    """

    tokens: tuple[str, ...]
    vocabulary: Vocabulary
    unknown: int
    digest: str


@st.cache_resource(show_spinner=False)
def shipped_texts() -> tuple[ShippedText, ...]:
    """The texts in the box, in the order they are offered."""
    listed = json.loads((TEXTS / "index.json").read_text(encoding="utf-8"))
    return tuple(
        ShippedText(Path(entry["file"]).stem, entry["title"], entry["description"])
        for entry in listed
    )


def title_of(name: str) -> str:
    """The title of one of them."""
    return next(text.title for text in shipped_texts() if text.name == name)


@st.cache_resource(show_spinner=False)
def shipped(name: str) -> DecodedText:
    """One of them."""
    return check_text((TEXTS / f"{name}.txt").read_text(encoding="utf-8"))


def decoded(data: bytes, encoding: str | None = None) -> DecodedText:
    """A file as text; the same file is the same text for all sessions, kept once.

    Args:
        data: the file; of a large one the first part is read.
        encoding: what it is in; None detects it.

    Raises:
        CoreError: if it cannot be read.
    """
    # Size and beginning decide what is read: the rest of a large file is not looked at.
    key = (hashlib.sha256(data[: MAX_BYTES + 4]).digest(), len(data), encoding)
    return _decoded.get(key, lambda: decode_text(data, encoding, limit=MAX_BYTES, cut=True))


_decoded: Bounded[DecodedText] = Bounded(MOST_TEXT, lambda text: sys.getsizeof(text.text))


def tokens_of(digest: str, scheme: TokenScheme, text: str) -> TokenText:
    """A text cut into tokens.

    Args:
        digest: of the text.
        scheme: how it is cut.
        text: the whole of it.

    Raises:
        TextError: if fewer than two tokens are left.
    """
    return _tokens.get((digest, scheme), lambda: _cut(digest, scheme, text))


def _cut(digest: str, scheme: TokenScheme, text: str) -> TokenText:
    seen: dict[str, str] = {}
    # One object for each kind: two million small strings would take 100 MB.
    tokens = [seen.setdefault(token, token) for token in tokenize(text, scheme)]
    require_tokens(tokens)
    counts = Counter(tokens)
    # Ties go to the token seen first, so that the choice is the same each time.
    kept = [token for token, _ in counts.most_common(MOST_TOKENS - 1)]
    vocabulary = Vocabulary.from_tokens(kept)
    return TokenText(tuple(tokens), vocabulary, len(counts) - len(kept), f"{digest}:{scheme}")


_tokens: Bounded[TokenText] = Bounded(
    MOST_KEPT, lambda text: max(len(text.tokens), LEAST), whole=True
)


@st.cache_resource(show_spinner="Fetching The Time Machine …")
def time_machine() -> DecodedText:
    """The chapter's book, fetched once and kept; a failure is not kept.

    Raises:
        DownloadError: if it cannot be had.
    """
    return download_time_machine()
