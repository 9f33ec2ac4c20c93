"""What the reach picture shows: plain arrays and words, checked once at the boundary."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST", "FloatArray", "Kind", "ReachView", "Scale"]

MOST = 2000
"""steps that can be shown"""
HIGHEST_STATUS = 3
Kind = Literal["character", "word"]
Scale = Literal["absolute", "relative"]
Subject = Literal["loss", "logit"]
FloatArray = NDArray[np.float32] | NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReachView:
    """How far the loss of every step reaches back: a norm for each loss step t and earlier step s.

    T steps are shown (1 to 2,000). Steps are 0-based here and in what the browser reports; the
    screen counts the shown steps from 1.

    Attributes:
        identity: Changes whenever any content changes; appears as `data-painted` once drawn.
        title: A few words above the picture: which network ("LSTM, trained").
        tokens: T tokens as the network reads them.
        targets: T tokens that the loss of each step asks for.
        kind: "character" or "word" (words are set apart by spaces).
        log10: float32 or float64 (T, T), log10 of the norm, [loss step t, earlier step s]; finite
            where `status` is 0, anything elsewhere. Entries with s > t are not looked at.
        status: uint8 (T, T): 0 a number, 1 exactly zero, 2 underflow, 3 not finite.
        what: The quantity as it is written ("‖∂Lₜ/∂hₛ‖").
        how: One sentence: what is drawn and how to read it.
        unit: Unit of the quantity ("nats per unit of h"), or empty.
        start: Index in the whole text of the first token.
        cursor: Loss step at first mount, and whenever this value changes; kept inside the text.
            None shows the last step until the user moves.
        scale: "absolute", or "relative": each row by its own largest number.
        scale_range: Whole decades (low, high) between which absolute colours run, fixed by the
            caller so that pictures of several networks can be compared; what lies outside takes
            the colour of that end, its digits stay its own.
        lags: Longest lag t - s drawn where the horizontal axis is the lag, at least 1, for pictures
            side by side; None draws to the longest at which anything stands above the lower end
            of the scale.
        colour: The network's colour as #rrggbb, or empty.
        subject: What a row is of: the loss at its step, or the logit of its target.
        later: Whether some row also depends on later steps, which the picture then says it leaves
            out; else it says that none does.

    Raises:
        ValueError: These do not fit together.
    """

    identity: str
    title: str
    tokens: tuple[str, ...]
    targets: tuple[str, ...]
    kind: Kind
    log10: FloatArray
    status: NDArray[np.uint8]
    what: str
    how: str
    unit: str = ""
    start: int = 0
    cursor: int | None = None
    scale: Scale = "absolute"
    scale_range: tuple[float, float] = (-12.0, 2.0)
    lags: int | None = None
    colour: str = ""
    subject: Subject = "loss"
    later: bool = False

    def __post_init__(self) -> None:
        """Refuse values that do not fit together, naming the argument."""
        allowed_words = {"kind": Kind, "scale": Scale, "subject": Subject}
        for name, allowed in ((name, get_args(words)) for name, words in allowed_words.items()):
            if getattr(self, name) not in allowed:
                words = " or ".join(map(repr, allowed))
                raise ValueError(f"`{name}` (={getattr(self, name)!r}) must be {words}.")
        steps = len(self.tokens)
        if not 1 <= steps <= MOST:
            raise ValueError(f"`tokens` (of {steps}) must be 1 to {MOST}: show a shorter stretch.")
        if len(self.targets) != steps:
            raise ValueError(
                f"`targets` (of {len(self.targets)}) must be as many as `tokens` ({steps})."
            )
        low, high = self.scale_range
        if not (float(low).is_integer() and float(high).is_integer() and low < high):
            raise ValueError(
                f"`scale_range` (={self.scale_range}) must be two whole decades, the lower first."
            )
        if self.start < 0:
            raise ValueError(f"`start` (={self.start}) must be at least 0.")
        if self.lags is not None and self.lags < 1:
            raise ValueError(f"`lags` (={self.lags}) must be at least 1, or None.")
        if not re.fullmatch(r"(#[0-9a-fA-F]{6})?", self.colour):
            raise ValueError(f"`colour` (={self.colour!r}) must be written as #rrggbb, or be ''.")
        self._check_numbers(steps)

    def _check_numbers(self, steps: int) -> None:
        for name in ("log10", "status"):
            shape = getattr(self, name).shape
            if shape != (steps, steps):
                raise ValueError(f"`{name}` (shape {shape}) must have shape {(steps, steps)}.")
        for t in range(steps):
            status = self.status[t, : t + 1]
            if status.max() > HIGHEST_STATUS:
                s = int(status.argmax())
                raise ValueError(
                    f"`status[{t}, {s}]` (={status[s]}) must be 0 to {HIGHEST_STATUS}."
                )
            for s in np.flatnonzero(~np.isfinite(self.log10[t, : t + 1]) & (status == 0))[:1]:
                raise ValueError(
                    f"`log10[{t}, {s}]` (={self.log10[t, s]}) must be finite where `status` is 0: "
                    "give the status that says why it is not."
                )
