"""Which unit follows which feature of the text, judged on text it was not chosen on.

A feature is one number per token, about the text up to and including that token, because h_t is
the state after token t was read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from core.errors import CoreError
from core.progress import checkpoint

Array = NDArray[np.float64]
FEATURES = ("quotes", "brackets", "line", "space", "capital")
"""the names of the features of a text, in the order they are shown"""
_OPENING = {"(": ")", "[": "]", "{": "}"}


def text_features(tokens: Sequence[str]) -> dict[str, Array]:
    """The features of every token.

    Args:
        tokens: The T tokens of a text, read from the start of a sentence or earlier.

    Returns:
        (T,) for each name of `FEATURES`:
        "quotes": 1 after an opening double quotation mark and until the closing one, else 0. “ ”
        and « » open and close, a straight " does so by turns; a blank line closes.
        "brackets": 1 while a (, [ or { is open, else 0; a closing one that matches no open one is
        ignored; a blank line closes all.
        "line": how many code points stand after the last line end.
        "space": 1 if the token ends in white space, else 0.
        "capital": 1 if the token begins with a capital letter, else 0.
    """
    found = np.zeros((len(FEATURES), len(tokens)))
    place = _Place()
    for t, token in enumerate(tokens):
        checkpoint(t, len(tokens))
        for sign in token:
            place.read(sign)
        found[:, t] = (
            place.quoted,
            bool(place.brackets),
            place.column,
            token[-1:].isspace(),
            token[:1].isupper(),
        )
    return dict(zip(FEATURES, found, strict=True))


class _Place:
    """Where in a text one is, sign by sign."""

    def __init__(self) -> None:
        self.quoted = False
        self.brackets: list[str] = []
        self.column = 0
        self._blank = False

    def read(self, sign: str) -> None:
        """One more code point."""
        if sign == "\n":
            if self._blank:
                self.quoted, self.brackets = False, []
            self._blank, self.column = True, 0
            return
        self._blank = self._blank and sign.isspace()
        self.column += 1
        if sign == '"':
            self.quoted = not self.quoted
        elif sign in "“«":
            self.quoted = True
        elif sign in "”»":
            self.quoted = False
        elif sign in _OPENING:
            self.brackets.append(_OPENING[sign])
        elif self.brackets and sign == self.brackets[-1]:
            self.brackets.pop()


@dataclass(frozen=True, eq=False)
class FeatureMatch:
    """The unit that follows one feature best.

    Attributes:
        feature: its name.
        state: which of the states, by its name ("h", "c"); "" where there is none.
        unit: from 0; -1 where there is none.
        chosen: Pearson's r of unit and feature on the first half, where the unit was chosen; NaN
            where the feature, or every unit, is constant there.
        held_out: r of the same unit on the second half; NaN where either is constant there.
        correlations: r of every unit of the first state on the first half, (H,), NaN as above.
    """

    feature: str
    state: str
    unit: int
    chosen: float
    held_out: float
    correlations: Array


def match_features(
    states: Mapping[str, Float[np.ndarray, "time unit"]],
    features: Mapping[str, Float[np.ndarray, " time"]],
) -> tuple[FeatureMatch, ...]:
    """For each feature the unit with the largest |r| on the first half of the steps.

    The score that counts is its r on the second half, T - T // 2 steps, on which it was not
    chosen: among many units one always fits the first half by chance. For a feature of 0 and 1
    Pearson's r is the point-biserial correlation.

    Args:
        states: (T, H) each, T at least 4; the first one orders the units.
        features: (T,) each.

    Returns:
        One match per feature, in the order given.

    Raises:
        CoreError: there are fewer than 4 steps, or the lengths differ.
    """
    lengths = {len(values) for values in (*states.values(), *features.values())}
    if len(lengths) != 1 or min(lengths) < 4:
        raise CoreError(
            f"`states` and `features` (of {sorted(lengths)} steps) must have as many steps, at "
            "least 4."
        )
    half = min(lengths) // 2
    return tuple(_match(name, states, values, half) for name, values in features.items())


def _match(name: str, states: Mapping[str, Array], feature: Array, half: int) -> FeatureMatch:
    checkpoint()
    rows = {key: correlation(values[:half], feature[:half]) for key, values in states.items()}
    first = next(iter(rows.values()))
    sizes = {key: np.abs(row) for key, row in rows.items() if np.isfinite(row).any()}
    if not sizes:
        return FeatureMatch(name, "", -1, np.nan, np.nan, first)
    state = max(sizes, key=lambda key: float(np.nanmax(sizes[key])))
    unit = int(np.nanargmax(sizes[state]))
    held_out = correlation(states[state][half:, unit : unit + 1], feature[half:])[0]
    return FeatureMatch(name, state, unit, float(rows[state][unit]), float(held_out), first)


def correlation(
    states: Float[np.ndarray, "time unit"], feature: Float[np.ndarray, " time"]
) -> Float[np.ndarray, " unit"]:
    """Pearson's r of each unit with a feature over the steps; NaN where one of them is constant.

    Args:
        states: (T, H).
        feature: (T,).

    Returns:
        (H,), within [-1, 1].
    """
    centred, of_feature = _centred(states.astype(np.float64)), _centred(feature[:, None])
    sizes = np.sqrt((centred**2).sum(0)) * np.sqrt((of_feature**2).sum(0))
    with np.errstate(all="ignore"):
        r = (centred * of_feature).sum(0) / sizes
    return np.clip(np.where(sizes > 0, r, np.nan), -1, 1)


def _centred(values: Array) -> Array:
    """Less the mean, scaled so that squares stay in range.

    What is constant becomes exactly 0: divided by its own size it is exactly 1 throughout.
    """
    with np.errstate(all="ignore"):
        scale = np.abs(values).max(0)
        scaled = values / np.where(scale > 0, scale, 1)
        return scaled - scaled.mean(0)
