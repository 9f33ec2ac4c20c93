"""Predict, then reveal: five questions about gradients, answered by running the real computation.

Each is asked about the text and the network at hand, and nothing about the answer is stored: it can
come out differently on another text or network, and undecided where the numbers do not tell.
"""

from app.bets.networks import activation, cells, radius
from app.bets.truncation import truncation
from app.bets.values import Bet, Option, Reveal, Stage
from app.bets.weights import start, training

__all__ = ["Bet", "Option", "Reveal", "Stage", "bets"]


def bets(stage: Stage) -> tuple[Bet, ...]:
    """The five questions; the third is about training where the network is trained.

    Raises:
        CoreError: the network that a question starts from cannot be drawn.
    """
    third = start if stage.checkpoint is None else training
    return tuple(make(stage) for make in (cells, radius, third, truncation, activation))
