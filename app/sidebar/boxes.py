r"""Tokens in a box of one line: line ends and tabs are written \n and \t, a backslash \\."""

import re

from core.text import with_newlines

_WRITTEN = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_MEANT = {written: sign for sign, written in _WRITTEN.items()}
_SIGNS, _ESCAPES = re.compile(r"[\\\n\t\r]"), re.compile(r"\\[\\ntr]")


def in_a_box(text: str) -> str:
    """A text as a box of one line shows it.

    Args:
        text: any; `from_a_box` gives it back.
    """
    return _SIGNS.sub(lambda found: _WRITTEN[found[0]], text)


def from_a_box(typed: str) -> str:
    r"""The text that is meant by what was typed, with line ends as in a text that was read.

    Args:
        typed: with \n for a line end and \t for a tab; a lone backslash is one.
    """
    return with_newlines(_ESCAPES.sub(lambda found: _MEANT[found[0]], typed))
