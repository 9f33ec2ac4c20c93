"""What the picture of gradient norms against lag shows: plain arrays and words, checked once."""

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MOST_LAGS",
    "MOST_NETWORKS",
    "MOST_PREDICTIONS",
    "DecayNetwork",
    "DecayPrediction",
    "DecayView",
    "Kind",
    "Layout",
]

MOST_LAGS = 2000
MOST_NETWORKS = 3
MOST_PREDICTIONS = 5
"""different keys in all networks together: each has a dash pattern and a letter of its own"""
Kind = Literal["bound", "estimate"]
Layout = Literal["together", "apart"]
FINITE, NON_FINITE = 0, 3  # as core.analysis.Status, which this file must not import
KEY = re.compile(r"[\w-]+")  # no blank: keys travel side by side
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, eq=False)
class DecayPrediction:
    """What one theory says about one network, at K lags.

    Attributes:
        key: The theory, the same in every network; of letters, digits, "_" and "-".
        label: Its name on screen, short; the same in every network.
        kind: "bound" (the norm cannot be larger) or "estimate".
        log10: float64 (K,): log10 of the norm it predicts; -inf where it says exactly 0, NaN
            where it says nothing. Never +inf: carry the exponent.
        error: How far it is off, in words, computed in Python; "" for none.
        why: Why it fails or holds here, in words; "" for none.
    """

    key: str
    label: str
    kind: Kind
    log10: NDArray[np.float64]
    error: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        """Refuse values that do not fit together, naming the argument."""
        _check_key(self.key)
        if self.kind not in get_args(Kind):
            raise ValueError(f"`kind` (={self.kind!r}) must be 'bound' or 'estimate'.")
        if np.isposinf(self.log10).any():
            raise ValueError(f"`log10` of {self.key!r} must not hold inf: carry the exponent.")


@dataclass(frozen=True, eq=False)
class DecayNetwork:
    """One network's measured curve at K lags, and the predictions for it.

    Attributes:
        key: Of letters, digits, "_" and "-"; unlike all other keys in the view.
        name: Its name on screen ("LSTM, trained").
        colour: "#RRGGBB", as in app.theme.CELL_COLOURS. Networks of one colour are told apart by
            lightness; all of them also by the sign at their curve.
        word: The verdict ("vanishing", "healthy", "exploding", "undecided"); "" for none.
        text: The verdict in a line ("×0.924 per step back").
        measured: float64 (K,): log10 of the norm at lag 0 to K - 1; NaN where `status` is not 0.
        status: uint8 (K,): 0 finite, 1 exact zero, 2 underflow, 3 not finite.
        predictions: What is drawn over it.
    """

    key: str
    name: str
    colour: str
    word: str
    text: str
    measured: NDArray[np.float64]
    status: NDArray[np.uint8]
    predictions: tuple[DecayPrediction, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that do not fit together, naming the argument."""
        _check_key(self.key)
        if not COLOUR.fullmatch(self.colour):
            raise ValueError(f"`colour` (={self.colour!r}) must be '#RRGGBB'.")
        lags = self.measured.shape
        if len(lags) != 1 or not 1 <= lags[0] <= MOST_LAGS:
            raise ValueError(f"`measured` (shape {lags}) must be 1 to {MOST_LAGS} lags.")
        arrays = [("status", self.status)]
        arrays += [(f"log10 of {each.key!r}", each.log10) for each in self.predictions]
        for name, array in arrays:
            if array.shape != lags:
                raise ValueError(f"`{name}` (shape {array.shape}) must have shape {lags}.")
        for flag in self.status[(self.status < FINITE) | (self.status > NON_FINITE)][:1]:
            raise ValueError(f"`status` ({flag} in it) must be {FINITE} to {NON_FINITE}.")
        wrong = (self.status == FINITE) != np.isfinite(self.measured)
        for lag in np.flatnonzero(wrong)[:1]:
            raise ValueError(
                f"`measured[{lag}]` (={self.measured[lag]}) must be finite where `status` is 0 "
                f"and only there (it is {self.status[lag]})."
            )


@dataclass(frozen=True, eq=False)
class DecayView:
    """Everything the picture shows. Lags are 0 to K - 1, the same for all networks.

    Attributes:
        identity: Changes whenever any content but `cursor`, `hidden` and `layout` does; appears
            as `data-painted` once drawn.
        networks: 1 to 3.
        x_label: What a lag is ("steps back from the loss").
        y_label: What the norm is of; "_" and "^" lower and raise the sign or the {group} after
            them ("|∂L_T/∂h_{T−k}|").
        y_range: Decades (low, high) of the axis, fixed by Python: it never moves by itself.
        note: A line of numbers or warnings below; "" for none.
        how_to_read: One sentence.
        cursor: Lag at first mount and whenever this value changes, None for none; kept in range.
        hidden: Keys of predictions and networks that are switched off, in the same way; unknown
            ones are allowed and mean nothing.
        layout: "together" on one pair of axes, or "apart" on one pair each, in the same way.
    """

    identity: str
    networks: tuple[DecayNetwork, ...]
    x_label: str
    y_label: str
    y_range: tuple[float, float]
    note: str = ""
    how_to_read: str = ""
    cursor: int | None = None
    hidden: tuple[str, ...] = ()
    layout: Layout = "together"

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn together, naming the argument."""
        count = len(self.networks)
        if not 1 <= count <= MOST_NETWORKS:
            raise ValueError(f"`networks` (of {count}) must be 1 to {MOST_NETWORKS}.")
        low, high = self.y_range
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"`y_range` (={self.y_range}) must be two finite decades, rising.")
        if self.layout not in get_args(Layout):
            raise ValueError(f"`layout` (={self.layout!r}) must be 'together' or 'apart'.")
        if self.cursor is not None and self.cursor < 0:
            raise ValueError(f"`cursor` (={self.cursor}) must be at least 0, or None.")
        for key in self.hidden:
            _check_key(key)
        lags = {len(network.measured) for network in self.networks}
        if len(lags) > 1:
            raise ValueError(f"`networks` (of {sorted(lags)} lags) must have the same lags.")
        self._check_keys()

    def _check_keys(self) -> None:
        keys = [network.key for network in self.networks]
        theories: dict[str, tuple[str, str]] = {}
        for network in self.networks:
            own = [each.key for each in network.predictions]
            if len(set(own)) < len(own):
                raise ValueError(f"`predictions` of {network.key!r} (={own}) must differ in key.")
            for each in network.predictions:
                said = theories.setdefault(each.key, (each.label, each.kind))
                if said != (each.label, each.kind):
                    raise ValueError(
                        f"`predictions` ({each.key!r} is {said} and {(each.label, each.kind)}) "
                        "must have one label and kind for a key."
                    )
        if len(theories) > MOST_PREDICTIONS:
            raise ValueError(
                f"`predictions` (={list(theories)}) must be at most {MOST_PREDICTIONS} keys."
            )
        every = keys + list(theories)
        if len(set(every)) < len(every):
            raise ValueError(f"`key` (={every}) must differ between networks and predictions.")


def _check_key(key: str) -> None:
    if not KEY.fullmatch(key):
        raise ValueError(f"`key` (={key!r}) must be letters, digits, '_' and '-'.")
