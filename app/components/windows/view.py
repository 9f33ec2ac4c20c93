"""What the picture of windows shows: words and places, checked once at the boundary."""

from dataclasses import dataclass
from itertools import pairwise

__all__ = ["MOST_ROWS", "MOST_TOKENS", "MOST_WINDOWS", "Row", "WindowsView"]

SCHEMES = ("overlapping", "disjoint", "consecutive")
KINDS = ("character", "word")
MOST_TOKENS = 120
MOST_ROWS = 200
MOST_WINDOWS = 2000  # in all rows together


@dataclass(frozen=True)
class Row:
    """One band of windows under the tokens.

    Every place is a token's place in the whole text, from 0. A stretch [start, stop) may begin
    before the tokens shown or end after them: it is drawn with a torn edge.

    Attributes:
        label: The name on screen ("offset 3", "stream 1").
        note: A few words under it; may be "".
        windows: [start, stop) of each window's inputs, in the order of the text; its targets are
            the places start + 1 to stop.
        dropped: [start, stop) of the tokens that no window of this row uses; drawn hatched.
        tokens: The tokens of this row where it has its own (parallel streams), else None.
        first: Place of the first of `tokens`; without meaning where they are None.
    """

    label: str
    note: str = ""
    windows: tuple[tuple[int, int], ...] = ()
    dropped: tuple[tuple[int, int], ...] = ()
    tokens: tuple[str, ...] | None = None
    first: int = 0

    def __post_init__(self) -> None:
        """Refuse stretches that are none, naming the argument."""
        for name, stretches in (("windows", self.windows), ("dropped", self.dropped)):
            for start, stop in stretches:
                if not 0 <= start < stop:
                    raise ValueError(f"`{name}` (=({start}, {stop})) must start at 0 or later and "
                                     "stop after its start.")  # fmt: skip
        starts = [start for start, _ in self.windows]
        if any(after <= before for before, after in pairwise(starts)):
            raise ValueError(f"`windows` of row {self.label!r} must stand in the text's order.")
        if self.tokens is not None:
            _few("tokens", len(self.tokens), 1, MOST_TOKENS)
        if self.first < 0:
            raise ValueError(f"`first` (={self.first}) must be at least 0.")


@dataclass(frozen=True)
class WindowsView:
    """Everything the picture shows.

    Attributes:
        identity: Changes whenever any content but `chosen` does; is `data-painted` once drawn.
        tokens: The tokens shown on top; () where every row has its own.
        steps: Tokens that a window reads.
        scheme: "overlapping", "disjoint" or "consecutive" (the state is carried from each window
            to the next one of its row where they touch).
        rows: The bands, top to bottom.
        kind: "character" or "word" (words get wider cells, or are written upwards).
        first: Place in the text of the first of `tokens`.
        chosen: (row, window), 0-based, at first mount and whenever this value changes.
    """

    identity: str
    tokens: tuple[str, ...]
    steps: int
    scheme: str
    rows: tuple[Row, ...]
    kind: str = "character"
    first: int = 0
    chosen: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn together, naming the argument."""
        _one_of("scheme", self.scheme, SCHEMES)
        _one_of("kind", self.kind, KINDS)
        _few("rows", len(self.rows), 1, MOST_ROWS)
        own = all(row.tokens is not None for row in self.rows)
        _few("tokens", len(self.tokens), 0 if own else 1, MOST_TOKENS)
        _few("windows", sum(len(row.windows) for row in self.rows), 0, MOST_WINDOWS)
        if self.steps < 1:
            raise ValueError(f"`steps` (={self.steps}) must be at least 1.")
        for row in self.rows:
            for start, stop in row.windows:
                if stop - start > self.steps:
                    raise ValueError(
                        f"`windows` (=({start}, {stop}) in row {row.label!r}) must read at most "
                        f"`steps` (={self.steps}) tokens."
                    )
        if self.first < 0:
            raise ValueError(f"`first` (={self.first}) must be at least 0.")
        if len(self.chosen) != 2 or min(self.chosen) < 0:
            raise ValueError(f"`chosen` (={self.chosen}) must be a row and a window, from 0.")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"`{name}` (={value!r}) must be one of {', '.join(map(repr, allowed))}.")


def _few(name: str, count: int, least: int, most: int) -> None:
    if not least <= count <= most:
        raise ValueError(f"`{name}` (={count} of them) must be {least} to {most}.")
