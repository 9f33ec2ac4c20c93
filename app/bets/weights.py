"""Questions about the weights of one network: after training, or drawn in another way."""

import math
from dataclasses import replace

import numpy as np
import torch

from app.bets.values import TIE, Array, Bet, Option, Reveal, Stage
from app.digits import rounded
from app.theme import plural
from core.analysis import Status
from core.analysis.itemised import reach
from core.models import CellName, SequenceModel

LEFT = 0.01
"""share of a gradient that counts as still felt"""
MEASURE = "‖∂L_t/∂h_{t−k}‖ over ‖∂L_t/∂h_t‖, median over the losses"


def training(stage: Stage) -> Bet:
    """Whether losses reach further back after training than before."""
    return _bet(
        stage,
        "training",
        "This network has learnt a text. Does the loss at a step reach further back in it than in "
        "the same network untrained?",
        ("untrained", "trained"),
    )


def start(stage: Stage) -> Bet:
    """Whether an orthogonal start reaches further than PyTorch's default."""
    return _bet(
        stage,
        "start",
        "PyTorch draws Wₕₕ at random. If it is drawn orthogonal instead, so that it keeps every "
        "length, does the loss at a step reach further back?",
        ("default", "orthogonal"),
    )


def _bet(stage: Stage, key: str, question: str, names: tuple[str, str]) -> Bet:
    options = (
        Option("further", "further back"),
        Option("same", "equally far, within 5 %"),
        Option("less", "less far"),
    )
    told = f"{question} (Counted to where {rounded(100 * LEFT)} % of its gradient is left.)"
    return Bet(key, told, options, lambda: _reveal(stage, key, names))


def _models(stage: Stage, key: str) -> tuple[SequenceModel, SequenceModel]:
    """Before and after, float64."""
    spec = stage.spec
    if key == "start":
        drawn = [
            replace(spec, initialisation=kind, spectral_radius=None)
            for kind in ("pytorch", "orthogonal")
        ]
        return SequenceModel(drawn[0], torch.float64), SequenceModel(drawn[1], torch.float64)
    trained = replace(stage, step=None) if stage.step == 0 else stage
    return SequenceModel(spec, torch.float64), trained.model()


def _reveal(stage: Stage, key: str, names: tuple[str, str]) -> Reveal:
    models = _models(stage, key)
    curves = {name: _median(stage, model) for name, model in zip(names, models, strict=True)}
    lags = {name: _lag_left(curve) for name, curve in curves.items()}
    right = _further(*lags.values())
    most = plural(len(stage.inputs) // 2, "step")
    told = " and ".join(
        f"{name} after {rounded(lag)} {'step' if lag == 1 else 'steps'}" if math.isfinite(lag) else
        f"{name} not within {most}" if lag > 0 else f"{name} unknown"
        for name, lag in lags.items()
    )  # fmt: skip
    because = f"{rounded(100 * LEFT)} % is left: {told}."
    if right is None:
        because = f"Neither can be told. {because}"
    numbers = {f"steps, {n}": lag for n, lag in lags.items()}
    cells: dict[str, CellName] = dict.fromkeys(names, stage.spec.cell)
    return Reveal(right, numbers, because, curves, cells, MEASURE)


def _further(before: float, after: float) -> str | None:
    """The option; None where both are beyond what the text shows, or one is not known."""
    if math.isnan(before) or math.isnan(after) or (math.isinf(before) and math.isinf(after)):
        return None
    if after > TIE * before:
        return "further"
    return "less" if before > TIE * after else "same"


def _median(stage: Stage, model: SequenceModel) -> Array:
    """log10 of the share left k steps back, the median over losses; k up to T // 2."""
    found = reach(model, stage.inputs, stage.targets)
    log10 = np.where(found.hidden_status == Status.EXACT_ZERO, -np.inf, found.hidden)
    own = log10.diagonal()
    with np.errstate(invalid="ignore"):  # nothing is left of nothing: NaN
        shares = [log10.diagonal(-lag) - own[lag:] for lag in range(len(own) // 2 + 1)]
        return np.array([np.median(share) for share in shares])


def _lag_left(curve: Array) -> float:
    """Steps back at which 1 % is left, between steps on the log scale; inf: never."""
    floor = math.log10(LEFT)
    below = np.flatnonzero(~(curve > floor))
    if not len(below):
        return math.inf
    lag = int(below[0])
    if math.isnan(curve[lag]) or lag == 0:
        return math.nan
    before, after = float(curve[lag - 1]), float(curve[lag])
    # A drop to exactly 0 has no place between two steps.
    return lag - 1 + ((before - floor) / (before - after) if math.isfinite(after) else 1.0)
