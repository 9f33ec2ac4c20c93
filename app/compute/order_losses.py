"""Where a higher-order n-gram model forecasts worse than a lower one, by what was counted there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.text import NgramCounts

KINDS = ("token", "context", "continuation", "counted")
"""of a place: its token was never counted; its token was, but the context never with anything after
it; the context was, but never with this token; the whole n-gram was"""


@dataclass(frozen=True)
class OrderLosses:
    """What one order loses against another on a text.

    Attributes:
        nats: By kind of place, the surprise under the higher order less that under the lower one,
            summed over the places, in nats; negative where the higher order gains. Where the higher
            order holds some token impossible, the number of such places instead.
        unseen: Places whose token was never counted.
        endless: Whether `nats` counts impossible tokens.
    """

    nats: dict[str, float]
    unseen: int
    endless: bool

    @property
    def kind(self) -> str:
        """The kind of place at which most is lost."""
        return max(self.nats, key=self.nats.__getitem__)

    @property
    def share(self) -> float:
        """The part of all that is lost which is lost there, 0 to 1."""
        lost = sum(max(nats, 0.0) for nats in self.nats.values())
        return self.nats[self.kind] / lost if lost else 0.0


def order_losses(
    counts: NgramCounts,
    indices: NDArray[np.int64],
    lower: NDArray[np.float64],
    higher: NDArray[np.float64],
    order: int,
    first: int,
) -> OrderLosses:
    """Split what the higher order loses by what it had counted.

    Args:
        counts: Of the text learnt from.
        indices: The text that judges, (T,).
        lower: The probability that the lower order gives each token, (T,).
        higher: The same for the higher one, (T,).
        order: The higher one, at least 2.
        first: Tokens before this place, from 0, are left out.
    """
    places = counts.places(indices)
    before = np.concatenate([[-1], places[order - 2][:-1]])
    followed = counts.levels[order - 1].followed
    context = np.where(before >= 0, followed[np.maximum(before, 0)], 0) > 0
    of_kind = np.select([places[0] < 0, ~context, places[order - 1] < 0], [0, 1, 2], 3)[first:]
    low, high = lower[first:], higher[first:]
    endless = bool((high == 0).any())
    if endless:
        lost = (high == 0).astype(float)
    else:
        # Where the lower order holds a token impossible, it loses no less than the higher one.
        lost = np.where(low > 0, np.log(np.maximum(low, 5e-324)) - np.log(high), 0.0)
    nats = {kind: float(lost[of_kind == place].sum()) for place, kind in enumerate(KINDS)}
    return OrderLosses(nats, int((of_kind == 0).sum()), endless)
