"""Signs that are not seen, or that act on those around them: how each is shown.

The table is signs.json, which signs.js reads too: both languages show every text alike.
"""

import json
from bisect import bisect_right
from pathlib import Path

import regex

__all__ = ["calm", "is_blank", "isolated", "visible"]

_TABLE = json.loads(Path(__file__).with_name("signs.json").read_text(encoding="utf-8"))
_ROWS = [(int(first, 16), int(last, 16), kind) for first, last, kind, _ in _TABLE["rows"]]
_STARTS = [first for first, _, _ in _ROWS]
_OWN = {int(code, 16): sign for code, sign in _TABLE["own"].items()}
_MARKS = regex.compile(r"(\p{M}{5})\p{M}+")
# Hebrew to Arabic, their presentation forms, and the right-to-left scripts beyond the first plane.
_RIGHT_TO_LEFT = regex.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_FIRST_STRONG, _POP = "\u2068", "\u2069"


def calm(text: str) -> str:
    """Running text without what would reach beyond it.

    Of a heap of marks five stay; signs of direction, controls and what is not seen are named.
    Blanks, line ends and tabs stay; joiners stay where they shape a glyph.

    Args:
        text: Any text.
    """
    return _written(text, ("blank", "line"))


def visible(token: str) -> str:
    """A token on its own, on one line: something is always seen.

    Args:
        token: Any text; of one of blanks alone each is shown by a sign.
    """
    return _written(token, () if is_blank(token) else ("blank",)) or "∅"


def is_blank(text: str) -> bool:
    """Whether a text is nothing but blanks, at least one."""
    return bool(text) and all(_kind_of(ord(sign)) == "blank" for sign in text)


def isolated(text: str) -> str:
    """A text of its own direction: what stands around is not reordered. Plain where it cannot be.

    Args:
        text: One that `calm` or `visible` returned, so that it holds no isolates of its own.
    """
    return f"{_FIRST_STRONG}{text}{_POP}" if _RIGHT_TO_LEFT.search(text) else text


def _kind_of(code: int) -> str | None:
    """The kind of a code point in the table, or None for a sign that is seen."""
    at = bisect_right(_STARTS, code) - 1
    return _ROWS[at][2] if at >= 0 and code <= _ROWS[at][1] else None


def _stand_in(code: int, kind: str) -> str:
    """The sign that stands for one in the table."""
    if code in _OWN:
        return _OWN[code]
    return chr(0x2400 + code) if kind == "picture" else f"[U+{code:04X}]"


def _written(text: str, kept: tuple[str, ...]) -> str:
    """The text with the signs of every kind but those kept replaced."""
    shown, seen = [], False  # whether a sign that a joiner can shape stands before
    for sign in _MARKS.sub(r"\1…", text):
        kind = _kind_of(ord(sign))
        if kind is None or (kind == "joiner" and seen):
            seen = True
            shown.append(sign)
            continue
        seen = False
        shown.append(sign if kind in kept else _stand_in(ord(sign), kind))
    return "".join(shown)
