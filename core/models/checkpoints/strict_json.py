"""JSON from strangers: bounded before it is parsed, and nothing in it that JSON does not allow."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

from core.errors import CheckpointError
from core.models.checkpoints.wording import shown

MAX_JSON_BYTES = 2_000_000
_MAX_DEPTH = 24
# An empty list takes 2 characters in the text and 64 bytes in memory: this keeps all under 50 MB.
_MAX_CONTAINERS = 200_000
_MAX_DIGITS = 20  # a 64-bit integer has 19 and a sign

Complaint = Callable[[str], CheckpointError]

# A string without an end matches too: where a match fails, the search starts again at every
# quotation mark inside, which takes quadratic time.
_STRINGS = re.compile(r'"(?:[^"\\]++|\\.?)*+"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")


def parse_json(data: bytes, complaint: Complaint) -> Any:
    """Parses a document.

    Args:
        data: At most 2,000,000 bytes of UTF-8.
        complaint: Makes the error from what was found: "its JSON is not UTF-8".

    Returns:
        Plain values.

    Raises:
        CheckpointError: It is too long, too deep, no JSON, repeats a key, or holds a number that
            is not finite or has more than 20 digits, or half a surrogate pair.
    """
    if len(data) > MAX_JSON_BYTES:
        raise complaint(f"its JSON has {len(data):,} bytes, more than {MAX_JSON_BYTES:,}")
    try:
        text = data.decode("utf_8")
    except UnicodeDecodeError as error:
        raise complaint("its JSON is not UTF-8") from error
    _require_flat(text, complaint)
    try:
        value = json.loads(
            text,
            object_pairs_hook=lambda pairs: _unique(pairs, complaint),
            parse_int=lambda digits: _integer(digits, complaint),
            parse_float=lambda digits: _real(digits, complaint),
            parse_constant=lambda name: _refuse_constant(name, complaint),
        )
    except json.JSONDecodeError as error:
        raise complaint(f"its JSON is broken ({error.msg}, character {error.pos:,})") from error
    if "\\u" in text:  # half a surrogate pair can come from an escape alone
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise complaint("its JSON holds half a surrogate pair") from error
    return value


def write_json(value: object, argument: str) -> str:
    """Writes plain values, always the same way.

    Args:
        value: Mappings with text keys, lists, tuples, texts, numbers, booleans, None.
        argument: What it is called in errors.

    Returns:
        JSON in one line, keys sorted.

    Raises:
        CheckpointError: It holds something else, or a number that is not finite.
    """
    try:
        text = json.dumps(
            value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
        )
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"`{argument}` must hold only what JSON can: texts, finite numbers, booleans, None, "
            f"and lists and mappings of them with text keys ({error})."
        ) from error
    return text


def _require_flat(text: str, complaint: Complaint) -> None:
    depth = containers = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        opens = bracket in "[{"
        depth += 1 if opens else -1
        containers += opens
        if depth > _MAX_DEPTH:
            raise complaint(f"its JSON nests deeper than {_MAX_DEPTH} levels")
        if containers > _MAX_CONTAINERS:
            raise complaint(f"its JSON holds more than {_MAX_CONTAINERS:,} lists and objects")


def _unique(pairs: list[tuple[str, Any]], complaint: Complaint) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        repeated, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise complaint(f"its JSON has the key {shown(repeated)} twice")
    return values


def _integer(digits: str, complaint: Complaint) -> int:
    if len(digits) > _MAX_DIGITS:
        raise complaint(f"its JSON holds a number of {len(digits):,} digits")
    return int(digits)


def _real(digits: str, complaint: Complaint) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise complaint(f"its JSON holds the number {shown(digits)}, which is not finite")
    return value


def _refuse_constant(name: str, complaint: Complaint) -> NoReturn:
    raise complaint(f"its JSON holds {name}, which is no number")
