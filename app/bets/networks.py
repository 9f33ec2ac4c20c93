"""Questions about kinds of networks: cells, spectral radius, activation; all before training."""

import math
from dataclasses import replace

import torch

from app.bets.values import (
    LAST_LOSS,
    Array,
    Bet,
    Option,
    Reveal,
    Stage,
    backwards,
    largest,
    listed,
    undecided,
)
from app.digits import rounded
from app.theme import CELL_LABELS, plural
from core.analysis import carry_product, gradient_norms, judge
from core.analysis.jacobians import module_spectra
from core.capture import LayerTrace
from core.models import MAX_SPECTRAL_RADIUS, CellName, SequenceModel

CALM = 0.5
"""the spectral radius that is doubled where the network's own is 0 or above 1"""
BIT_FURTHER, MUCH_FURTHER = 1.5, 3.0
"""borders between hardly, about twice, and much further"""


def cells(stage: Stage) -> Bet:
    """Whose gradient is largest far back: RNN, GRU or LSTM."""
    names: tuple[CellName, ...] = (stage.plain, "gru", "lstm")
    options = tuple(Option(cell, CELL_LABELS[cell], CELL_LABELS[cell]) for cell in names)

    def reveal() -> Reveal:
        traces = [_untrained(stage, cell) for cell in names]
        kept = [_carried(trace, stage.far) for trace in traces[1:]]
        why = (
            "Along its gates alone, in the unit that keeps most, the GRU would have "
            f"×{rounded(kept[0])} and the LSTM ×{rounded(kept[1])}; all else goes through Wₕₕ."
        )
        curves = {o.text: backwards(t) for o, t in zip(options, traces, strict=True)}
        of = dict(zip(curves, names, strict=True))
        return _compared(stage, options, curves, of, traces, why)

    question = (
        "Before any training, with the same seed and size: in which network is the gradient of "
        f"the last step’s loss largest {plural(stage.far, 'step')} back?"
    )
    return Bet("cells", question, options, reveal)


def activation(stage: Stage) -> Bet:
    """Tanh against ReLU with the same weights."""
    names: tuple[CellName, ...] = ("rnn_tanh", "rnn_relu")
    options = (Option("rnn_tanh", "tanh", "tanh"), Option("rnn_relu", "ReLU", "ReLU"))

    def reveal() -> Reveal:
        tanh, relu = (_untrained(stage, cell) for cell in names)
        slope = float((1 - tanh.hidden.square()).mean())
        active = float((relu.hidden > 0).double().mean())
        curves = {"tanh": backwards(tanh), "ReLU": backwards(relu)}
        won = largest({name: float(curve[stage.far]) for name, curve in curves.items()})
        why = _slopes(slope, active, won)
        of: dict[str, CellName] = {"tanh": "rnn_tanh", "ReLU": "rnn_relu"}
        return _compared(stage, options, curves, of, [tanh, relu], why)

    question = (
        "The same untrained weights in a plain RNN, once with tanh and once with ReLU: with which "
        f"is the gradient of the last step’s loss larger {plural(stage.far, 'step')} back?"
    )
    return Bet("activation", question, options, reveal)


def _slopes(slope: float, active: float, won: str | None) -> str:
    """The mean derivatives, and whether they alone would have told who wins."""
    words = (
        f"The derivative of tanh is {rounded(slope)} on average over units and steps; that of ReLU "
        f"is 1 where a unit is active, {rounded(100 * active)} % of the time, and else 0."
    )
    if won is not None and won != ("tanh" if slope > active else "ReLU"):
        words += " So the mean derivative does not decide it here."
    return words


def _carried(trace: LayerTrace, lag: int) -> float:
    """What the gates' product alone multiplies by per step, in the unit that keeps most."""
    return 10.0 ** (float(carry_product(trace).largest[lag]) / lag)


def radius(stage: Stage) -> Bet:
    """How far the gradient goes when the spectral radius is doubled."""
    single = _calm(stage)
    options = (
        Option("hardly", f"hardly further: less than {BIT_FURTHER:g} times as far"),
        Option("twice", f"about twice as far: {BIT_FURTHER:g} to {MUCH_FURTHER:g} times"),
        Option("more", f"over {MUCH_FURTHER:g} times as far, or it shrinks no more"),
    )

    def reveal() -> Reveal:
        radii = (single, 2 * single)
        traces = [_untrained(stage, stage.plain, spectral_radius=each) for each in radii]
        names = [f"ρ = {rounded(each)}" for each in radii]
        curves = {name: backwards(trace) for name, trace in zip(names, traces, strict=True)}
        verdicts = [judge(gradient_norms(trace)) for trace in traces]
        lives = [verdict.half_life for verdict in verdicts]
        factors = [verdict.factor for verdict in verdicts]
        numbers = {f"factor per step, {n}": f for n, f in zip(names, factors, strict=True)}
        numbers |= {f"half-life, {n}": life for n, life in zip(names, lives, strict=True) if life}
        right, because = _further(lives, factors)
        of: dict[str, CellName] = dict.fromkeys(curves, stage.plain)
        return Reveal(right, numbers, because, curves, of, LAST_LOSS)

    question = (
        f"In an untrained {CELL_LABELS[stage.plain]} the spectral radius of Wₕₕ is doubled, from "
        f"{rounded(single)} to {rounded(2 * single)}. How much further back is half of the "
        "gradient still there?"
    )
    return Bet("radius", question, options, reveal)


def _further(lives: list[float | None], factors: list[float]) -> tuple[str | None, str]:
    before, after = lives
    for factor, which in zip(factors, ("smaller", "double"), strict=True):
        if math.isnan(factor):
            return None, f"Neither: with the {which} radius no factor per step can be told."
    if before is None:
        return None, (
            "Neither: with the smaller radius already the gradient does not shrink, "
            f"×{rounded(factors[0])} per step back."
        )
    steps = f"Half of it is left after {rounded(before)} steps"
    rule = (
        f"One step back multiplies by {rounded(factors[0])} and then by {rounded(factors[1])}; the "
        "half-life is log 2 over the logarithm of that, so it grows without bound towards ×1."
    )
    if after is None:
        return "more", f"{steps}, and with the double radius it shrinks no more. {rule}"
    ratio = after / before
    right = "hardly" if ratio < BIT_FURTHER else "twice" if ratio <= MUCH_FURTHER else "more"
    told = f"{steps}, and then after {rounded(after)}: {rounded(ratio)} times as far."
    return right, f"{told} {rule}"


def _calm(stage: Stage) -> float:
    """The radius to double: the network's own, unless that is 0 or above 1."""
    own = stage.spec.spectral_radius
    if own is None:
        drawn = SequenceModel(replace(stage.spec, cell=stage.plain), torch.float64)
        own = module_spectra(drawn)[f"rnn.l{stage.spec.num_layers - 1}"][0].radius
    return own if 0 < own <= min(1.0, MAX_SPECTRAL_RADIUS / 2) else CALM


def _untrained(stage: Stage, cell: CellName, **changes: float) -> LayerTrace:
    spec = replace(stage.spec, cell=cell, **changes)
    return stage.trace(SequenceModel(spec, torch.float64))


def _compared(
    stage: Stage, options: tuple[Option, ...], curves: dict[str, Array],
    cells: dict[str, CellName], traces: list[LayerTrace], why: str,
) -> Reveal:  # fmt: skip
    """Which curve is largest far back."""
    sizes = {name: float(curve[stage.far]) for name, curve in curves.items()}
    won = largest(sizes)
    factors = [judge(gradient_norms(trace)).factor for trace in traces]
    steps = ", ".join(
        f"{name} {'no steady factor' if math.isnan(factor) else f'×{rounded(factor)}'}"
        for name, factor in zip(curves, factors, strict=True)
    )
    told = f"{plural(stage.far, 'step')} back: {listed(sizes)}. Each step back: {steps}. {why}"
    if won is None:
        told = f"Neither: {undecided(sizes)}. {told}"
    right = next((option.key for option in options if option.curve == won), None)
    numbers = {f"log₁₀ ‖∂L/∂h‖, {name}": size for name, size in sizes.items()}
    return Reveal(right, numbers, told, curves, cells, LAST_LOSS)
