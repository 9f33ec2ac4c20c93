"""The question about truncated backpropagation."""

import math

from app.bets.values import Bet, Option, Reveal, Stage
from app.digits import rounded
from core.analysis.norms import Status
from core.analysis.truncation import segment_curve, weight_gradient_by_lag
from core.models import CellName

CUT = 8
"""steps in a segment"""
LOW, HIGH = 0.5, 0.9
"""cosines between the options"""


def truncation(stage: Stage) -> Bet:
    """How much of the gradient's direction short segments keep."""
    options = (
        Option("little", f"below {LOW:g}: hardly the same direction"),
        Option("some", f"from {LOW:g} to {HIGH:g}: roughly"),
        Option("most", f"above {HIGH:g}: nearly the same"),
    )
    question = (
        f"Training cuts the gradient every {CUT} steps and hands only the state on. How near does "
        "the direction of the gradient of Wₕₕ come to the true one? (The cosine of the angle "
        "between them, loss at every step.)"
    )
    return Bet("truncation", question, options, lambda: _reveal(stage))


def _reveal(stage: Stage) -> Reveal:
    trace = stage.trace(stage.model(), "mean")
    kept = segment_curve(trace, [CUT]).kept
    parts = weight_gradient_by_lag(trace)
    cosine, size = float(kept.cosine[0]), float(kept.relative_size[0])
    near = float(parts.share[:CUT].sum())
    log10 = parts.log10_norm.copy()
    log10[parts.status == Status.EXACT_ZERO] = -math.inf
    numbers = {"cosine": cosine, "relative size": size, "share of nearer lags": near}
    curves = {"part of ∂L/∂Wₕₕ": log10}
    cells: dict[str, CellName] = dict.fromkeys(curves, stage.spec.cell)
    measure = "‖part of ∂L/∂W_{hh} at this distance‖"
    if math.isnan(cosine):
        because = "Neither: the gradient is 0 or not finite, and has no direction."
        return Reveal(None, numbers, because, curves, cells, measure)
    because = (
        f"The cosine is {rounded(cosine, 4)}, the size {rounded(size)} of the true one. Distances "
        f"under {CUT} steps make up {rounded(100 * near)} % of the whole gradient (measured along "
        "it); segments lose even some of those, at their starts."
    )
    right = "little" if cosine < LOW else "some" if cosine <= HIGH else "most"
    return Reveal(right, numbers, because, curves, cells, measure)
