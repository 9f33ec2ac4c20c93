"""What the lanes show of several networks on one text: plain arrays and words, checked once."""

import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_NETWORKS", "LaneNetwork", "LanesView"]

SCALES = ("signed_unit", "unit", "signed_own")
MOST_NETWORKS = 3
"""each has a sign of its own: circle, square, triangle"""
FINITE, NON_FINITE = 0, 3  # as core.analysis.Status, which this file must not import
KEY = re.compile(r"[\w-]+")  # no blank: a pair of keys travels side by side
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, eq=False)
class LaneNetwork:
    """One network's lane: T steps of H units, and what it made of each token.

    Attributes:
        key: Of letters, digits, "_" and "-"; unlike those of the others.
        name: Its name on screen ("LSTM, trained").
        colour: "#RRGGBB", as in app.theme.CELL_COLOURS. Networks of one colour are told apart by
            lightness; all of them also by their sign.
        word: The verdict ("vanishing", "healthy", "exploding", "undecided").
        verdict: The verdict in a line ("vanishes · ×0.924 per step back").
        values: float (T, H), the chosen quantity. Drawn in 256 colours; what is not finite is
            hatched.
        scale: "signed_unit" (diverging, [-1, 1]), "unit" (sequential, [0, 1]) or "signed_own"
            (diverging, centred on 0, the largest magnitude of all lanes of that scale).
        gradient: float64 (T,), log10 of the Euclidean norm of the total dL/dh_t, NaN where
            flagged.
        flags: uint8 (T,): 0 finite, 1 exact zero, 2 underflow, 3 not finite.
        surprise: float64 (T,), -log p of `targets` in nats: entry t is the surprise by the token
            read at t + 1. At least 0, or NaN.
        perplexity: On this text, at least 1; NaN or inf for a network that overflowed.
        similarity: int32 (H,), the unit in each row when ordered by similarity; None for none.
        guesses: The most likely next token of each step, T of them; () for none.
        guess_probability: float64 (T,), the probability given to them; None with no guesses.
    """

    key: str
    name: str
    colour: str
    word: str
    verdict: str
    values: NDArray[np.floating]
    scale: str
    gradient: NDArray[np.float64]
    flags: NDArray[np.uint8]
    surprise: NDArray[np.float64]
    perplexity: float
    similarity: NDArray[np.integer] | None = None
    guesses: tuple[str, ...] = ()
    guess_probability: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        """Refuse values that do not fit together, naming the argument."""
        if not KEY.fullmatch(self.key):
            raise ValueError(f"`key` (={self.key!r}) must be letters, digits, '_' and '-'.")
        if not COLOUR.fullmatch(self.colour):
            raise ValueError(f"`colour` (={self.colour!r}) must be '#RRGGBB'.")
        if self.scale not in SCALES:
            raise ValueError(f"`scale` (={self.scale!r}) must be one of {', '.join(SCALES)}.")
        if self.values.ndim != 2 or 0 in self.values.shape:
            raise ValueError(
                f"`values` (shape {self.values.shape}) must be (T, H), at least one of each."
            )
        self._check_shapes()
        self._check_gradient()
        if (self.surprise < 0).any():
            raise ValueError(f"`surprise` (={self.surprise.min():g}) must be at least 0 nats.")
        if self.perplexity < 1:
            raise ValueError(f"`perplexity` (={self.perplexity:g}) must be at least 1.")

    def _check_shapes(self) -> None:
        steps, units = self.values.shape
        of_steps = {"gradient": self.gradient, "flags": self.flags, "surprise": self.surprise}
        if self.guess_probability is not None:
            of_steps["guess_probability"] = self.guess_probability
        for name, array in of_steps.items():
            if array.shape != (steps,):
                raise ValueError(f"`{name}` (shape {array.shape}) must have shape {(steps,)}.")
        if len(self.guesses) != (0 if self.guess_probability is None else steps):
            raise ValueError(
                f"`guesses` (of {len(self.guesses)}) must be {steps}, with `guess_probability`, "
                "or none."
            )
        rows = self.similarity
        if rows is not None and not np.array_equal(np.sort(rows), np.arange(units)):
            raise ValueError(f"`similarity` (={rows}) must hold each of {units} units once.")

    def _check_gradient(self) -> None:
        for flag in self.flags[self.flags > NON_FINITE][:1]:
            raise ValueError(f"`flags` ({flag} in it) must be {FINITE} to {NON_FINITE}.")
        wrong = (self.flags == FINITE) != np.isfinite(self.gradient)
        for t in np.flatnonzero(wrong)[:1]:
            raise ValueError(
                f"`gradient[{t}]` (={self.gradient[t]}) must be finite where `flags` is 0 and "
                f"only there (it is {self.flags[t]})."
            )


@dataclass(frozen=True, eq=False)
class LanesView:
    """Everything the lanes show. Steps are 0-based here; the screen counts from 1.

    Attributes:
        identity: Changes whenever any content but `cursor`, `order` and `pair` does; appears as
            `data-painted` once drawn.
        inputs: T tokens as read.
        targets: T tokens that come next.
        kind: "character" or "word" (words are set apart by spaces in the text).
        start: Index in the whole text of the first token.
        vocabulary_size: V, the number of different tokens: a blind guess has a surprise of ln V
            nats, where the colours of the difference end.
        networks: 2 or 3; H may differ.
        quantity: Key of what `values` hold.
        quantities: (key, label) of all that can be chosen; the label's last word is its symbol
            ("hidden state h").
        decades: (low, high), log10 of the gradient's axis, the same for all: fixed by Python.
        note: A line below; "" for none.
        how: One sentence on how to read it.
        cursor: 0-based step at first mount, and whenever this value changes; kept in the text.
        order: "index" or "similarity", in the same way.
        pair: Keys of the two networks whose surprise is compared; () for the first two.
        link: Components of one page with the same name here share their cursor; "" for none.
    """

    identity: str
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    kind: Literal["character", "word"]
    start: int
    vocabulary_size: int
    networks: tuple[LaneNetwork, ...]
    quantity: str
    quantities: tuple[tuple[str, str], ...]
    decades: tuple[float, float]
    note: str = ""
    how: str = ""
    cursor: int = 0
    order: Literal["index", "similarity"] = "index"
    pair: tuple[str, ...] = ()
    link: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn together, naming the argument."""
        count, steps = len(self.networks), len(self.inputs)
        if not 2 <= count <= MOST_NETWORKS:
            raise ValueError(f"`networks` (of {count}) must be 2 to {MOST_NETWORKS}.")
        keys = [network.key for network in self.networks]
        if len(set(keys)) < count:
            raise ValueError(f"`networks` (keys {', '.join(keys)}) must have different keys.")
        for network in self.networks:
            if len(network.values) != steps:
                raise ValueError(
                    f"`values` of `{network.key}` (of {len(network.values)} steps) must be as "
                    f"many as `inputs` (={steps})."
                )
        if len(self.targets) != steps:
            raise ValueError(f"`targets` (of {len(self.targets)}) must be as many as `inputs`.")
        low, high = self.decades
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"`decades` (={self.decades}) must be two finite decades, rising.")
        if self.pair and (len(self.pair) != len(set(self.pair) & set(keys)) or len(self.pair) != 2):
            raise ValueError(f"`pair` (={self.pair}) must be two of {', '.join(keys)}.")
        self._check_choices()

    def _check_choices(self) -> None:
        for name, allowed in {
            "kind": ("character", "word"),
            "order": ("index", "similarity"),
            "quantity": tuple(key for key, _ in self.quantities),
        }.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ValueError(f"`{name}` (={value!r}) must be one of {', '.join(allowed)}.")
        if self.vocabulary_size < 1 or self.start < 0 or self.cursor < 0:
            raise ValueError(
                f"`vocabulary_size` (={self.vocabulary_size}) must be at least 1, `start` "
                f"(={self.start}) and `cursor` (={self.cursor}) at least 0."
            )
