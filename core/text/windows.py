"""How a text is cut into the windows that a network learns from."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import CoreError, TextError
from core.text.limits import MAX_VOCABULARY, require_indices, require_integer

MAX_LENGTH = 2**31
"""tokens of a text that is cut: its windows are listed one by one"""
WindowScheme = Literal["overlapping", "disjoint", "consecutive"]


@dataclass(frozen=True, eq=False, slots=True)
class Windows:
    """The places of all windows of one length in a text.

    A window that starts at place s reads the tokens s to s + steps - 1 and must guess the tokens
    s + 1 to s + steps: inputs and targets are shifted by one.

    Attributes:
        scheme: "overlapping", "disjoint" or "consecutive".
        steps: Tokens that a window reads.
        starts: int64 place of each window's first token: (W,) windows in the order of the text;
            for consecutive windows (W, B), row w holding the w-th window of each of B parallel
            streams, to be read in this order with the state carried from row to row.
        length: Tokens of the text.

    Source: Dive into Deep Learning, section 9.3: its code takes all overlapping windows, its text
        disjoint ones from a random offset; consecutive windows are truncated backpropagation
        through time with the state carried over (Williams and Peng, 1990).
    """

    scheme: WindowScheme
    steps: int
    starts: NDArray[np.int64]
    length: int

    @classmethod
    def overlapping(cls, length: int, steps: int) -> "Windows":
        """Every window there is: each starts one token after the one before.

        Args:
            length: Tokens of the text, at least steps + 1.
            steps: Tokens of a window, at least 1.

        Returns:
            length - steps windows.

        Raises:
            TextError: The text is too short for one window.
            CoreError: An argument is out of range.
        """
        length, steps, _, _ = _require_room(length, steps, 0)
        return cls("overlapping", steps, _frozen(np.arange(length - steps)), length)

    @classmethod
    def disjoint(cls, length: int, steps: int, offset: int = 0) -> "Windows":
        """Windows side by side; the first `offset` tokens are left out.

        Args:
            length: Tokens of the text, at least offset + steps + 1.
            steps: Tokens of a window, at least 1.
            offset: From 0 to steps - 1, drawn anew for each pass with `random_offset`.

        Returns:
            As many as fit; fewer than `steps` tokens are left at the end besides the last target.

        Raises:
            TextError: The text is too short for one window.
            CoreError: An argument is out of range.
        """
        length, steps, offset, _ = _require_room(length, steps, offset)
        starts = np.arange(offset, length - steps, steps)
        return cls("disjoint", steps, _frozen(starts), length)

    @classmethod
    def consecutive(cls, length: int, steps: int, batch: int, offset: int = 0) -> "Windows":
        """Windows side by side in each of `batch` parallel streams, for a state carried over.

        Args:
            length: Tokens of the text, at least offset + batch * steps + 1.
            steps: Tokens of a window, at least 1.
            batch: B, streams of equal length into which the text is cut, at least 1.
            offset: Tokens left out before the first stream, 0 to steps - 1.

        Returns:
            Windows of which window w + 1 of a stream reads on where window w stopped.

        Raises:
            TextError: The text is too short for one window in each stream.
            CoreError: An argument is out of range.
        """
        batch = require_integer("batch", batch, 1)
        length, steps, offset, batch = _require_room(length, steps, offset, batch)
        windows = (length - 1 - offset) // (batch * steps)
        streams = offset + windows * steps * np.arange(batch)
        starts = streams + steps * np.arange(windows)[:, None]
        return cls("consecutive", steps, _frozen(starts), length)

    def __len__(self) -> int:
        return self.starts.size

    def cut(self, indices: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Cuts the text.

        Args:
            indices: The text, (length,).

        Returns:
            Inputs and targets, each `starts`' shape + (steps,), read-only: targets[..., t] is the
            token after inputs[..., t]. Overlapping windows are views of the text, without copies.

        Raises:
            CoreError: The text is of another length.
        """
        text = require_indices("indices", indices, MAX_VOCABULARY)
        if len(text) != self.length:
            raise CoreError(
                f"`indices` (of {len(text)} tokens) must be the {self.length} tokens that the "
                "windows were made for."
            )
        rows = np.lib.stride_tricks.sliding_window_view(text, self.steps + 1)
        if self.scheme != "overlapping":
            rows = rows[self.starts]
        rows.flags.writeable = False  # inputs and targets share their memory
        return rows[..., :-1], rows[..., 1:]

    def times_read(self) -> NDArray[np.int64]:
        """How many windows read each token of the text as an input, (length,)."""
        edges = np.bincount(self.starts.ravel(), minlength=self.length + 1)
        edges -= np.bincount(self.starts.ravel() + self.steps, minlength=self.length + 1)
        return np.cumsum(edges)[: self.length]


def random_offset(steps: int, seed: int) -> int:
    """Draws how many tokens to leave out before the first window.

    Args:
        steps: Tokens of a window, at least 1.
        seed: Of the torch.Generator that draws, at least 0.

    Returns:
        0 to steps - 1, each as likely.

    Raises:
        CoreError: An argument is out of range.
    """
    steps = require_integer("steps", steps, 1)
    seed = require_integer("seed", seed, 0, 2**53 - 1)
    generator = torch.Generator().manual_seed(seed)
    return int(torch.randint(steps, (), generator=generator))


@dataclass(frozen=True, slots=True)
class Split:
    """Which part of a text is learnt from, and which judges what was learnt.

    Attributes:
        train: First token and the one after the last.
        validation: The same.
        note: One sentence to show where the two share tokens; else "".
    """

    train: tuple[int, int]
    validation: tuple[int, int]
    note: str = ""

    @property
    def shared(self) -> int:
        """How many tokens are in both."""
        first = max(self.train[0], self.validation[0])
        return max(0, min(self.train[1], self.validation[1]) - first)

    @classmethod
    def at_end(cls, length: int, share: float = 0.1) -> "Split":
        """The end of the text judges; no token is in both parts.

        Args:
            length: Tokens of the text, at least 4.
            share: Of the text that judges, above 0 and below 1; at least two tokens and at most
                all but two.

        Returns:
            The split.

        Raises:
            TextError: The text has fewer than four tokens.
            CoreError: `share` is out of range.
        """
        length = require_integer("length", length, 0)
        if length < 4:
            raise TextError(
                f"`length` (={length}) must be at least 4, two tokens to learn from and two to "
                "judge by: give a longer text."
            )
        if not (isinstance(share, int | float) and 0 < share < 1):
            raise CoreError(f"`share` (={share!r}) must be above 0 and below 1.")
        cut = length - min(max(round(share * length), 2), length - 2)
        return cls((0, cut), (cut, length))

    @classmethod
    def of_chapter(
        cls, length: int, steps: int = 32, train: int = 10_000, validation: int = 5_000
    ) -> "Split":
        """The chapter's split: the first overlapping windows train, the next ones validate.

        Neighbouring windows overlap, so both parts hold the `steps` tokens at the border. Only
        to reproduce the chapter's numbers.

        Args:
            length: Tokens of the text, at least train + validation + steps.
            steps: Tokens of a window, at least 1.
            train: Windows that train, at least 1.
            validation: Windows that validate, at least 1.

        Returns:
            The split, with a note that says what is shared.

        Raises:
            TextError: The text is shorter than that.
            CoreError: An argument is out of range.
        """
        length = require_integer("length", length, 0)
        steps = require_integer("steps", steps, 1)
        train = require_integer("train", train, 1)
        validation = require_integer("validation", validation, 1)
        needed = train + validation + steps
        if length < needed:
            raise TextError(
                f"`length` (={length:,}) must be at least {needed:,} tokens for the chapter's "
                f"{train:,} + {validation:,} windows of {steps}: choose another split."
            )
        return cls(
            (0, train + steps),
            (train, needed),
            f"As in the chapter, training and validation share {steps} tokens.",
        )


def _require_room(
    length: int, steps: int, offset: int, batch: int = 1
) -> tuple[int, int, int, int]:
    """The arguments as plain numbers, once they are known to leave room for a window."""
    length = require_integer("length", length, 0, MAX_LENGTH)
    steps = require_integer("steps", steps, 1)
    offset = require_integer("offset", offset, 0, steps - 1)
    needed = offset + batch * steps + 1
    if length < needed:
        raise TextError(
            f"`length` (={length}) must be at least {needed} tokens, for a window of {steps}"
            + (f" in each of {batch} streams" if batch > 1 else "")
            + (f" after an offset of {offset}" if offset else "")
            + " and the token after it: give a longer text or shorter windows."
        )
    return length, steps, offset, batch


def _frozen(starts: NDArray[np.int64]) -> NDArray[np.int64]:
    starts.flags.writeable = False
    return starts
