"""Vocabularies that lie beside the weights in a file: lists and dicts of texts, both ways."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import CheckpointError
from core.models.checkpoints.strict_json import parse_json
from core.models.checkpoints.vocabulary_file import MAX_VOCABULARY_TOKENS
from core.models.checkpoints.wording import listed
from core.text.tokens import GRAPHEME, TokenScheme
from core.text.vocabulary import UNKNOWN

_NAMES = re.compile(
    r"tok|char|vocab|word|stoi|itos|alphabet|symbol|letter|dict|glyph|phone|piece|lexicon|"
    r"2i|2id|_to_i|to_id|int2|idx2|id2|ix2|i2|index|mapping|lookup",
    re.IGNORECASE,
)
_CHARACTERS = re.compile(r"char|alphabet|letter|vocab|symbol", re.IGNORECASE)
_UNKNOWN = frozenset({"<UNK>", "[UNK]", "<Unk>", "<oov>", "<OOV>", "[OOV]", "<unknown>"})
PAD = "<pad>"
_MAX_DEPTH = 6
_MAX_FOUND = 40
_MAX_LOOKED = 1_000_000  # values in all lists and dicts that are looked at, and 100 for each
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class FoundTokens:
    """One list of texts in a file.

    Attributes:
        place: Its name in the file: "hparams.vocab.itos".
        tokens: In the order of their indices.
        first: The first index: 1 where 0 is kept for padding.
    """

    place: str
    tokens: tuple[str, ...]
    first: int = 0

    def of_size(self, size: int) -> list[str] | None:
        """The tokens at 0 to `size` - 1, or None if they are not as many."""
        padded = [PAD] * (self.first if PAD not in self.tokens else 0)
        tokens = [*padded, *self.tokens]
        if len(tokens) != size or len(set(tokens)) != size:
            return None
        unknown = [at for at, token in enumerate(tokens) if token in _UNKNOWN]
        if len(unknown) == 1 and UNKNOWN not in tokens:
            tokens[unknown[0]] = UNKNOWN
        return tokens


def find_tokens(content: Mapping[Any, Any]) -> tuple[FoundTokens, ...]:
    """Looks for vocabularies by their names and by what they hold.

    Args:
        content: Plain values in dicts inside dicts; it may hold itself.

    Returns:
        What was found, in the order of the file; at most 40.
    """
    found: list[FoundTokens] = []
    visited: set[int] = set()
    waiting: list[tuple[str, Mapping[Any, Any], int]] = [("", content, 0)]
    looked = 0
    while waiting:
        prefix, mapping, depth = waiting.pop()
        if id(mapping) in visited or depth > _MAX_DEPTH:
            continue
        visited.add(id(mapping))
        for key, value in mapping.items():
            if not isinstance(value, str | list | tuple | Mapping):
                continue
            if isinstance(key, str) and len(key) > _LONGEST_NAME:
                continue
            # One list may be in the file many times: the values are counted, not the lists.
            looked += 100 + len(value)
            if looked > _MAX_LOOKED or len(found) == _MAX_FOUND:
                return tuple(found)
            place = f"{prefix}{key}"[:_LONGEST_NAME]
            tokens = _tokens(place, value) if _NAMES.search(place) else None
            if tokens is not None:
                found.append(tokens)
            elif isinstance(value, Mapping):
                waiting.append((f"{place}.", value, depth + 1))
    return tuple(found)


def tokens_in_metadata(metadata: Mapping[str, str]) -> tuple[FoundTokens, ...]:
    """Looks for vocabularies in the texts of a safetensors file.

    Args:
        metadata: Texts, of which some are JSON.

    Returns:
        What was found.
    """
    content: dict[str, Any] = {}
    for key, text in metadata.items():
        try:
            content[key] = parse_json(text.encode(), CheckpointError) if text[:1] in "[{" else text
        except CheckpointError:
            continue  # a text that looks like JSON and is none is no vocabulary
    return find_tokens(content)


def choose_tokens(
    found: Iterable[FoundTokens], size: int
) -> tuple[list[str] | None, tuple[str, ...]]:
    """The vocabulary of a network of `size` tokens, if the file has exactly one that fits.

    Args:
        found: What `find_tokens` gave.
        size: V.

    Returns:
        The tokens or None, and a note that says what was used and why the rest was not.
    """
    found = tuple(found)
    fitting = {tuple(tokens): each for each in found if (tokens := each.of_size(size)) is not None}
    if len(fitting) == 1:
        (tokens, each), = fitting.items()  # fmt: skip
        return list(tokens), (
            f"The tokens are those that the file names in {listed([each.place])}.",
        )
    if fitting:
        places = listed(each.place for each in fitting.values())
        return None, (
            f"The file holds several vocabularies of {size:,} tokens ({places}): choose.",
        )
    if found:
        places = listed(f"{each.place} of {len(each.tokens):,}" for each in found)
        return None, (f"The file's {places} are not used: the network has {size:,} tokens.",)
    return None, ()


def scheme_of(tokens: object) -> TokenScheme | None:
    """How a text is cut into these tokens, if they are plainly characters; else None."""
    if not isinstance(tokens, list) or not tokens:
        return None
    marks = {token for token in tokens if token.startswith("<") and token.endswith(">")}
    characters = [token for token in tokens if token not in marks]
    alone = all(GRAPHEME.fullmatch(token[:64]) is not None for token in characters)
    return "graphemes" if characters and alone else None


def _tokens(place: str, value: Any) -> FoundTokens | None:
    if isinstance(value, str) and _CHARACTERS.search(place) and 2 <= len(value) <= 5_000:
        return FoundTokens(place, tuple(value)) if len(set(value)) == len(value) else None
    if not isinstance(value, list | tuple | Mapping):
        return None
    if not 2 <= len(value) <= MAX_VOCABULARY_TOKENS:
        return None
    if isinstance(value, Mapping):
        return _numbered(place, value)
    return FoundTokens(place, tuple(value)) if all(isinstance(t, str) for t in value) else None


def _numbered(place: str, value: Mapping[Any, Any]) -> FoundTokens | None:
    """Token to index, or index to token; the indices follow each other from 0 or 1."""
    pairs = list(value.items())
    if all(isinstance(key, str) and _whole(index) for key, index in pairs):
        by_index = {index: key for key, index in pairs}
    elif all(isinstance(token, str) and _index(key) is not None for key, token in pairs):
        by_index = {_index(key): token for key, token in pairs}
    else:
        return None
    order = sorted(by_index)
    if len(by_index) < len(pairs) or order[0] not in (0, 1):
        return None
    if order[-1] - order[0] != len(order) - 1:
        return None
    return FoundTokens(place, tuple(by_index[index] for index in order), order[0])


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _index(key: Any) -> Any:
    """A number, or a text of digits as JSON has it for a key."""
    if isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 10:
        return int(key)
    return key if _whole(key) else None
