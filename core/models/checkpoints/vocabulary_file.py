"""The vocabulary that comes beside somebody's weights: a list of tokens in their order."""

import json
import math
from collections.abc import Mapping

from core.errors import CheckpointError
from core.models.checkpoints.wording import shown

MAX_VOCABULARY_TOKENS = 100_000
_WRITTEN = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}


def parse_vocabulary(text: str) -> list[str]:
    r"""Reads tokens in the order of a file's rows.

    Three forms are known: a JSON list of tokens, ["a", "b"]; a JSON object of token to index,
    {"a": 0}, or of index to token, {"0": "a"}; or one token a line, where a line of \n, \t or \\
    means the line end, the tab and the backslash.

    Args:
        text: The whole of it; a last line end is no token.

    Returns:
        The tokens, each once, at most 100,000.

    Raises:
        CheckpointError: The text is none of the three, or a token or an index stands there twice.
    """
    begun = text.lstrip("\ufeff \n\r\t")
    tokens = _of_json(begun) if begun.startswith(("[", "{")) else _of_lines(text)
    if not 1 <= len(tokens) <= MAX_VOCABULARY_TOKENS:
        raise CheckpointError(
            f"`text` (of {len(tokens):,} tokens) must hold 1 to {MAX_VOCABULARY_TOKENS:,} tokens."
        )
    if len(set(tokens)) < len(tokens):
        seen: set[str] = set()
        twice = next(token for token in tokens if token in seen or seen.add(token))
        raise CheckpointError(
            f"`text` holds {shown(twice)} more than once: each index needs a token of its own."
        )
    return tokens


def _of_lines(text: str) -> list[str]:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    return [_WRITTEN.get(line, line) for line in lines]


def _of_json(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        if "\n" in text:
            return _of_lines(text)  # tokens in lines, a bracket the first of them
        raise CheckpointError(
            "`text` begins like JSON and is none: give a list of tokens, an object of token to "
            "index, or one token a line."
        ) from error
    if isinstance(found, list) and all(isinstance(token, str) for token in found):
        return found
    if isinstance(found, Mapping):
        return _of_indices(found)
    raise CheckpointError(
        f"`text` (JSON, {shown(found)}) must be a list of texts, or an object of token to index."
    )


def _of_indices(found: Mapping[str, object]) -> list[str]:
    """Token to index, or index to token, in the order of the indices."""
    if found and all(isinstance(value, str) for value in found.values()):
        pairs = [(key, str(value)) for key, value in found.items()]
    else:
        pairs = [(value, key) for key, value in found.items()]
    by_index = {_index(index): token for index, token in pairs}
    if len(by_index) < len(pairs) or set(by_index) != set(range(len(pairs))):
        raise CheckpointError(
            f"`text` (a JSON object of {len(pairs):,} entries) must number its tokens from 0 to "
            f"{len(pairs) - 1:,}, each number once."
        )
    return [by_index[index] for index in range(len(by_index))]


def _index(value: object) -> float:
    """A whole number of at least 0, or NaN, which is no index."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and isinstance(value, int) else math.nan
