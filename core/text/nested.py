r"""Texts of nested brackets and quotations, made for watching a long memory at work.

The text shipped with the program is written by
`python -m core.text.nested --size 40000 --seed 7 > assets/texts/brackets.txt`.
"""

import argparse
import itertools
import sys
from collections.abc import Sequence
from typing import NoReturn

import torch

from core.errors import CoreError

MAX_SIZE = 2_000_000
MAX_DEPTH = 20
MAX_SEED = 2**53 - 1

_BRACKETS = ("()", "[]", "{}", "<>")
_QUOTATIONS = ("“”", "‘’")  # by the number of quotations open already, even or odd

# Each begins with a letter of its own: its first letter, guessed right, shows it was remembered.
# There is one of each length from 2 to 7, so that any number of characters can be filled.
_NAMES = (
    "ant bee crow deer emu fox goat hen jay koala lamb moth newt ox panda rabbit sparrow tiger "
    "walrus yak zebra"
).split()
_LINKS = "by or and near with sees finds hears meets calls feeds".split()

_DRAWS_AT_ONCE = 4096
# Small enough for torch to make each draw of one 32-bit number, in every version; large enough
# that the remainders of a division are as good as evenly spread.
_DRAWN_BELOW = 2**24
_MOST_DOUBLINGS = 5  # so at most 2**5 - 1 phrases on either side of what is nested
_ROOM_PER_DEPTH = 100  # characters that hold one more open sign easily, whatever is drawn
_TRIES = 20  # lines drawn for the last few characters before plain words fill them


def nested_text(size: int, seed: int, *, deepest: int = 6) -> str:
    r"""Writes lines whose every closing sign, name and letter case was settled long before.

    The language, with `|` for or and `*` for any number of times:

        line      = phrase (" " link " " phrase)* "\n"
        phrase    = name | pair | bracket | quotation
        pair      = "()" | "[]" | "{}" | "<>"
        bracket   = "(" inside ")" " " name        or [ ], { }, < >
        quotation = "“" inside "”"                 or ‘ ’ in every second one
        inside    = name (" " link " " phrase)*
        name      = "ant" | "bee" | "crow" | ...   21 animals, each with its own first letter
        link      = "by" | "sees" | "finds" | ...  11 words that lead from one name to the next

    Three things must be remembered from an opening sign to its closing one, over one character
    or over several hundred:

    - which sign it was: the kind is drawn evenly, so counting what is open does not tell it;
    - the name right after an opening bracket: it stands again after the closing bracket;
    - how many quotations are open, even or odd: each turns small letters into capitals and
      capitals into small letters, so “FOX SEES ‘ant near hen’ BY YAK” comes back to capitals.

    How deep a line goes is drawn evenly from 0 to `deepest`. How many phrases stand on either side
    of what is nested has a heavy tail, and so has the distance between signs.

    Args:
        size: How many characters to write, from 1 to 2,000,000.
        seed: A whole number from 0 to 2**53 - 1. The same seed gives the same text everywhere;
            torch's generator takes seeds that differ by a multiple of 2**32 for the same.
        deepest: The most signs open at once, from 1 to 20.

    Returns:
        Exactly `size` characters of whole lines. From 100 * `deepest` characters on, the first
        line has `deepest` signs open at its deepest place; a shorter text may stay shallower. The
        last line may be plain words that fill the room left: in a text of two characters one
        letter, in a text of one character nothing.

    Raises:
        CoreError: An argument is no whole number, or out of its range.

    Source: Dyck words, here with two marks that outlast their signs; Karpathy, Johnson and Li
        (2015), "Visualizing and Understanding Recurrent Networks", for units that keep brackets
        and quotations in mind.
    """
    _require_whole("size", size, 1, MAX_SIZE)
    _require_whole("seed", seed, 0, MAX_SEED)
    _require_whole("deepest", deepest, 1, MAX_DEPTH)
    writer = _Writer(seed)
    lines, room = [], size
    if size >= _ROOM_PER_DEPTH * deepest:
        lines.append(writer.line(deepest, room))
        room -= len(lines[0])
    while room:
        affordable = min(deepest, room // _ROOM_PER_DEPTH + 1)
        lines.append(writer.line(writer.below(affordable + 1), room))
        room -= len(lines[-1])
    return "".join(lines)


class _Writer:
    """Draws the parts of the language, one whole number after another."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._draws: list[int] = []

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        if not self._draws:
            drawn = torch.randint(_DRAWN_BELOW, (_DRAWS_AT_ONCE,), generator=self._generator)
            self._draws = drawn.tolist()
        return self._draws.pop() % count

    def one_of(self, words: Sequence[str]) -> str:
        return words[self.below(len(words))]

    def tail(self) -> int:
        """A count with a heavy tail: each doubling of its range is a third as likely."""
        doublings = 0
        while doublings < _MOST_DOUBLINGS and self.below(3) == 0:
            doublings += 1
        return self.below(2**doublings)

    def line(self, depth: int, room: int) -> str:
        """A line that goes so deep and fits; plain words if none was found for a little room."""
        for tries in itertools.count():
            if tries >= _TRIES and room < _ROOM_PER_DEPTH * max(1, depth):
                break
            line = self.linked(self.phrases(depth, quoted=False)) + "\n"
            # Two letters and a line end are the least that may be left.
            if len(line) == room or len(line) <= room - 3:
                return line
        return self.plain(room - 1) + "\n"

    def phrases(self, depth: int, quoted: bool) -> list[str]:
        """Phrases in a row: one goes so deep, the others seldom."""
        before = [self.aside(depth, quoted) for _ in range(self.tail())]
        deep = self.phrase(depth, quoted)
        return [*before, deep, *(self.aside(depth, quoted) for _ in range(self.tail()))]

    def aside(self, depth: int, quoted: bool) -> str:
        """A name, or now and then something nested of its own."""
        return self.phrase(0 if self.below(3) else min(depth, 1 + self.tail()), quoted)

    def phrase(self, depth: int, quoted: bool) -> str:
        """A phrase with so many signs open at its deepest place."""
        if depth == 0:
            return self.one_of(_NAMES)
        kind = self.below(len(_BRACKETS) + 1)
        if kind == len(_BRACKETS):
            opening, closing = _QUOTATIONS[quoted]
            inside, _ = self.inside(depth - 1, not quoted)
            return opening + inside.swapcase() + closing
        opening, closing = _BRACKETS[kind]
        if depth == 1 and self.below(8) == 0:
            return opening + closing
        inside, name = self.inside(depth - 1, quoted)
        return f"{opening}{inside}{closing} {name}"

    def inside(self, depth: int, quoted: bool) -> tuple[str, str]:
        """What stands between two signs, and the name it begins with."""
        name = self.one_of(_NAMES)
        alone = depth == 0 and self.below(4) == 0
        return self.linked([name] if alone else [name, *self.phrases(depth, quoted)]), name

    def linked(self, phrases: Sequence[str]) -> str:
        first, *others = phrases
        return first + "".join(f" {self.one_of(_LINKS)} {phrase}" for phrase in others)

    def plain(self, size: int) -> str:
        """Names and links of exactly so many characters."""
        words = []
        while size > max(map(len, _NAMES)):
            # Room is kept for the shortest link, two spaces and the shortest last name.
            words.append(self.one_of([name for name in _NAMES if len(name) <= size - 6]))
            size -= len(words[-1]) + 2
            words.append(self.one_of([link for link in _LINKS if len(link) <= size - 2]))
            size -= len(words[-1])
        words.append(self.one_of([name for name in _NAMES if len(name) == size] or ["a"[:size]]))
        return " ".join(words)


def _require_whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise CoreError(f"`{name}` (={value!r}) must be a whole number from {low:,} to {high:,}.")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the list of all options before it."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with status 2."""
        self.exit(2, f"{message.removesuffix('.')}.\n")


def _whole(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text  # nested_text says what it should have been


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes a text to the standard output, in UTF-8 and with the same line ends everywhere.

    Args:
        arguments: What follows the command; by default what this program was started with.

    Raises:
        SystemExit: With status 2 and one sentence on the standard error: an argument is wrong.
    """
    parser = _Parser(description="Write lines of nested brackets and quotations.")
    parser.add_argument("--size", type=_whole, default=40_000, help="how many characters")
    parser.add_argument("--seed", type=_whole, default=7, help="another seed, another text")
    parser.add_argument("--deepest", type=_whole, default=6, help="the most signs open at once")
    options = parser.parse_args(arguments)
    try:
        text = nested_text(options.size, options.seed, deepest=options.deepest)
    except CoreError as error:
        parser.error(str(error))
    sys.stdout.buffer.write(text.encode())


if __name__ == "__main__":
    main()
