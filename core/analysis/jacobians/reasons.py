"""Why a prediction of the decay holds or fails, said in one sentence from the data at hand."""

import math
from dataclasses import dataclass

import numpy as np

from core.analysis.jacobians.lyapunov import LyapunovExponents
from core.analysis.jacobians.spectrum import BlockSpectrum
from core.analysis.jacobians.step_jacobian import StepJacobians

AGREES = 0.01
"""relative error of the factor per step up to which a prediction is said to hold"""
MEETS = 1e-6
"""decades up to which a curve is said to meet another"""
UNFELT = 1e-3
"""dh/dc below which a unit's hidden state is said hardly to show its cell"""


@dataclass(frozen=True)
class Facts:
    """What the sentences are made of; slopes and gates over the steps and units used.

    Attributes:
        cell: as in `LayerTrace.cell`.
        steps: steps used, the longest lag.
        sigma_max: of W_hh (gated cells: the largest of a block).
        radius: the spectral radius of the same.
        slope_mean: mean of φ' (RNN), NaN for other cells; likewise the next two.
        slope_max: the largest.
        slope_spread: standard deviation.
        exponent: the leading Lyapunov exponent, nats per step.
        moving: how far it still moves over the last quarter of the steps.
        read: steps the exponent was found from.
        carry_mean: mean forget (LSTM) or update gate (GRU), NaN for an RNN.
        carry_max: the largest one.
        shown: what the direction that the exponent follows grew by per step over the steps used,
            NaN where that is no number.
        held: what the unit that keeps most of the cell state over the steps used keeps per step;
            NaN for other cells than an LSTM.
        felt: dh/dc of that unit at the later state.
    """

    cell: str
    steps: int
    sigma_max: float
    radius: float
    slope_mean: float
    slope_max: float
    slope_spread: float
    exponent: float
    moving: float
    read: int
    carry_mean: float
    carry_max: float
    shown: float = math.nan
    held: float = math.nan
    felt: float = math.nan

    @classmethod
    def of(
        cls, cell: str, steps: StepJacobians, used: slice, blocks: tuple[BlockSpectrum, ...],
        exponent: LyapunovExponents,
    ) -> "Facts":  # fmt: skip
        """Gather them from the steps used."""
        plain = steps.carry is None
        values = steps.factors[used] if steps.carry is None else steps.carry[used]
        mean = largest = spread = math.nan
        if values.size:
            mean, largest, spread = float(values.mean()), float(values.max()), float(values.std())
        held, felt = _kept(steps, used)
        return cls(
            cell=cell,
            steps=len(values),
            sigma_max=max(block.sigma_max for block in blocks),
            radius=max(block.radius for block in blocks),
            slope_mean=mean if plain else math.nan,
            slope_max=largest if plain else math.nan,
            slope_spread=spread if plain else math.nan,
            exponent=float(exponent.exponents[0]),
            moving=exponent.moving,
            read=exponent.steps,
            carry_mean=math.nan if plain else mean,
            carry_max=math.nan if plain else largest,
            shown=_growth(exponent, used),
            held=held,
            felt=felt,
        )

    @property
    def slope(self) -> str:
        """The name of φ'."""
        return "ReLU'" if self.cell == "rnn_relu" else "tanh'"

    @property
    def gate(self) -> str:
        """The name of the gate that carries the state over."""
        return "update" if self.cell == "gru" else "forget"

    @property
    def bound_rate(self) -> float:
        """log10 of σ_max · max φ'."""
        return float(np.log10(self.sigma_max * self.slope_max))

    @property
    def radius_rate(self) -> float:
        """log10 of ρ · mean φ'."""
        return float(np.log10(self.radius * self.slope_mean))

    def label(self, key: str) -> str:
        """The name of a prediction for a reader."""
        product = f"Product of {self.gate} gates (carry only)"
        gated = self.cell in {"gru", "lstm"}
        return {
            "uniform_bound": "Bound, the same at every step",
            "step_bound": "Bound from the gates' blocks" if gated else "Bound, step by step",
            "radius": f"Spectral radius and mean {self.slope}",
            "lyapunov": "Leading Lyapunov exponent",
            "carry_max": f"{product}, largest unit",
            "carry_mean": f"{product}, mean over units",
        }[key]

    def formula(self, key: str) -> str:
        """The formula of a prediction for this cell."""
        letter = "z" if self.cell == "gru" else "f"
        step = {
            "gru": "∏ (max z + Σ_b max|k_b| σ_max(W_b))",
            "lstm": "(∏ N_t)_hh, N_t the norms of the blocks of step t's Jacobian, or more",
        }.get(self.cell, f"∏ σ_max · max_i {self.slope}_i(t)")
        return {
            "uniform_bound": f"(σ_max · max {self.slope})^k",
            "step_bound": step,
            "radius": f"(ρ · mean {self.slope})^k",
            "lyapunov": "exp(λ k)",
            "carry_max": f"max_i ∏ {letter}_i(t)",
            "carry_mean": f"mean_i ∏ {letter}_i(t)",
        }[key]


def _growth(exponent: LyapunovExponents, used: slice) -> float:
    """The growth per step over the steps used, from the running means; NaN if it is no number."""
    sums = exponent.leading * np.arange(1, len(exponent.leading) + 1)
    before = sums[used.start - 1] if used.start else 0.0
    count = used.stop - used.start
    with np.errstate(all="ignore"):
        return float(np.exp((sums[used.stop - 1] - before) / count)) if count else math.nan


def _kept(steps: StepJacobians, used: slice) -> tuple[float, float]:
    """Of the unit whose forget gates keep most: what it keeps per step, and dh/dc at the end."""
    if steps.carry is None or steps.through_cell is None or used.start >= used.stop:
        return math.nan, math.nan
    with np.errstate(all="ignore"):
        kept = np.log(steps.carry[used]).mean(0)
    unit = int(kept.argmax())
    return float(np.exp(kept[unit])), float(steps.through_cell[used.stop - 1, unit])


def reason(
    key: str, facts: Facts, largest: float, factor: float, rate: float, zero: tuple[bool, bool]
) -> str:
    """The sentence.

    Args:
        key: which prediction.
        facts: of the network and the steps used.
        largest: the error of largest size in decades.
        factor: predicted over measured factor per step at the longest lag.
        rate: the measured factor per step there.
        zero: whether the predicted and the measured curve are exactly 0 at every lag but 0.
    """
    if all(zero):
        return "It is exactly 0 beyond lag 0, and so is what is measured."
    if zero[0]:
        return "It is exactly 0 beyond lag 0, and what is measured is not: other paths remain."
    if math.isnan(factor):
        return "There is no lag at which both curves have a value, so nothing can be compared."
    if abs(largest) <= MEETS:
        return (
            f"It meets the measured curve to within {MEETS:g} decades at every lag.{_equal(facts)}"
        )
    said = {
        "uniform_bound": _uniform, "step_bound": _stepwise, "radius": _radius,
        "lyapunov": _lyapunov, "carry_max": _carry, "carry_mean": _carry,
    }[key](facts, rate)  # fmt: skip
    if abs(factor - 1) <= AGREES:
        head = f"It holds to {100 * abs(factor - 1):.1g} % per step over {facts.steps} steps"
    elif factor > 1:
        head = f"It is too high by a factor of {factor:.3g} per step"
    else:
        head = f"It is too low by a factor of {1 / factor:.3g} per step"
    return f"{head}: {said}."


def _equal(facts: Facts) -> str:
    flat = facts.slope_spread == 0 and abs(facts.sigma_max / facts.radius - 1) < 1e-9
    if not flat:
        return ""
    return f" Here {facts.slope} is {facts.slope_mean:.3g} throughout, and σ_max equals ρ."


def _uniform(facts: Facts, rate: float) -> str:
    return (
        f"it takes {facts.slope} = {facts.slope_max:.3g}, its largest, for every unit and step "
        f"where the mean is {facts.slope_mean:.3g}, and σ_max = {facts.sigma_max:.3g} for every "
        f"direction where the spectral radius is {facts.radius:.3g}"
    )


def _stepwise(facts: Facts, rate: float) -> str:
    if facts.cell in {"gru", "lstm"}:
        return (
            "it adds up the most that each gate's block can do at each step, as if all pulled "
            "the same direction, which they do not"
        )
    return (
        f"it takes the largest {facts.slope} of each step for all units (their mean is "
        f"{facts.slope_mean:.3g}), and lets every step stretch by σ_max = {facts.sigma_max:.3g}, "
        "as if the direction stretched most came out along itself"
    )


def _radius(facts: Facts, rate: float) -> str:
    parts = [
        f"ρ · mean {facts.slope} is {facts.radius * facts.slope_mean:.3g}, measured {rate:.3g}"
    ]
    unseen = []
    if facts.slope_spread > 0:
        unseen.append(
            f"{facts.slope} varies over units and steps (mean {facts.slope_mean:.3g}, standard "
            f"deviation {facts.slope_spread:.2g})"
        )
    if facts.sigma_max > 1.01 * facts.radius:
        ratio = facts.sigma_max / facts.radius
        unseen.append(f"W_hh is not normal (σ_max is {ratio:.3g} times ρ)")
    if unseen:
        parts.append("it does not see that " + ", nor that ".join(unseen))
    return "; ".join(parts)


def _lyapunov(facts: Facts, rate: float) -> str:
    """Whose growth the exponent is; an LSTM's state has c too, which the curve leaves out."""
    whole = facts.cell == "lstm"
    state = "the whole state (h, c)" if whole else "the state h"
    text = (
        f"it is the mean growth of a small change of {state} over all {facts.read} steps read, "
        f"{math.exp(facts.exponent):.3g} per step (over their last quarter this still moved by "
        f"{facts.moving:.2g} nats)"
    )
    if math.isfinite(facts.shown):
        text += f", and {facts.shown:.3g} over the {facts.steps} steps shown"
    curve = "the way from h to h alone" if whole else "the most that any change can grow"
    text += f"; the curve shows {curve}: the {facts.steps} steps shown have {rate:.3g}"
    if facts.felt < UNFELT:
        text += (
            f". The unit that keeps most of c, ×{facts.held:.3g} per step, hardly shows it in h: "
            f"its ∂h/∂c is {facts.felt:.1g}"
        )
    return text


def _carry(facts: Facts, rate: float) -> str:
    path = "the cell state" if facts.cell == "lstm" else "the update gate"
    rest = (
        "getting from h into the cell and out again, and the paths through all gates"
        if facts.cell == "lstm"
        else "the paths through W_hh and the gates"
    )
    return (
        f"it follows the path through {path} alone ({facts.gate} gate: mean "
        f"{facts.carry_mean:.3g}, largest {facts.carry_max:.3g}) and leaves out {rest}; measured "
        f"is {rate:.3g} per step"
    )
