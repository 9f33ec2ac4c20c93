"""The time axis that the pictures share, and what every picture is."""

from dataclasses import dataclass

from app.exports.colours import CURSOR, MUTED
from app.exports.svg import LEFT, RIGHT, SMALL, box, text

_JUMPS = (1, 2, 5, 10, 20, 50, 100)
_MOST_TICKS = 12


@dataclass(frozen=True)
class Piece:
    """A picture.

    Attributes:
        title: a few words.
        how: how to read it, in a sentence or two.
        markup: SVG without its document.
        height: in px.
    """

    title: str
    how: str
    markup: str
    height: float


@dataclass(frozen=True)
class TimeAxis:
    """Steps 0 to `steps` - 1, side by side."""

    steps: int

    @property
    def wide(self) -> float:
        """One step, in px."""
        return (RIGHT - LEFT) / self.steps

    def centre(self, t: int) -> float:
        """The middle of a step."""
        return LEFT + (t + 0.5) * self.wide

    def labels(self, y: float) -> str:
        """Step numbers, counted from 1."""
        jump = next((each for each in _JUMPS if self.steps / each <= _MOST_TICKS), _JUMPS[-1])
        wanted = [0, *(t for t in range(jump - 1, self.steps, jump) if t >= jump / 2)]
        written = []
        for t in wanted:
            words = "t = 1" if t == 0 else str(t + 1)
            half = 3.5 * len(words)
            place = min(max(self.centre(t), LEFT + half), RIGHT - half)
            written.append(text(words, place, y, SMALL, text_anchor="middle", fill=MUTED))
        return "".join(written)

    def cursor(self, t: int, top: float, height: float) -> str:
        """A frame around one step."""
        wide = max(self.wide, 3.0)
        return box(self.centre(t) - wide / 2, top, wide, height, "none", stroke=CURSOR,
                   stroke_width=1.8)  # fmt: skip


def ramp(table_colours: list[str], x: float, y: float, low: str, high: str) -> str:
    """A legend: a scale's colours between the values at its ends."""
    wide, tall = 150.0, 10.0
    step = wide / len(table_colours)
    parts = [
        box(x + k * step, y - tall, step + 0.5, tall, colour)
        for k, colour in enumerate(table_colours)
    ]
    return (
        text(low, x - 6, y, SMALL, text_anchor="end", fill=MUTED)
        + "".join(parts)
        + text(high, x + wide + 6, y, SMALL, fill=MUTED)
    )
