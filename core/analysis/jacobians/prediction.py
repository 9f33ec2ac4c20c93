"""What theory says about ‖dh_t/dh_{t-k}‖ against the lag k, held against what was measured.

Bounds are never below the measured spectral norm; estimates can err either way. With σ_max the
largest singular value and ρ the spectral radius of W_hh, φ' the derivative of the activation, k_·
the factors of `core.capture.cells`:

    uniform_bound   RNN          (σ_max · max φ')^k, the largest φ' of any unit and step used
    step_bound      RNN          ∏ σ_max · max_i φ'_i(t), each step with its own largest φ'
                    GRU          ∏ (max z + Σ_b max|k_b| σ_max(W_b)), b over the three blocks
                    LSTM         the hidden entry of ∏ N_t, N_t = [[max|k_o| σ_o + max k_c a,
                                 max k_c f], [a, max f]], a = Σ_b max|k_b| σ_max(W_b), b = i, f, g
    radius          RNN          (ρ · mean φ')^k
    lyapunov        every cell   exp(λ k), λ the leading Lyapunov exponent over all steps read; of
                                 an LSTM's whole state (h, c), where the curve is h to h alone
    carry_max       GRU, LSTM    max over units of ∏ z_t, or ∏ f_t: the path along the carry alone,
    carry_mean                   and the mean over units of the same products

A gated cell has no single recurrent matrix, hence neither a uniform bound nor a radius here.
Source: Pascanu, Mikolov & Bengio (2013) for the RNN; Hochreiter & Schmidhuber (1997) for the carry.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from core.analysis.jacobians.jacobian import JacobianNorms, checked_lags, jacobian_norms
from core.analysis.jacobians.lyapunov import lyapunov_exponents
from core.analysis.jacobians.reasons import Facts, reason
from core.analysis.jacobians.scaled import LOG10_2, normalised
from core.analysis.jacobians.spectrum import BlockSpectrum, spectrum
from core.analysis.jacobians.step_jacobian import StepJacobians
from core.capture import LayerTrace
from core.errors import CoreError
from core.progress import checkpoint, portion

Key = Literal["uniform_bound", "step_bound", "radius", "lyapunov", "carry_max", "carry_mean"]
Curve = Float64[np.ndarray, " lag"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """One predicted curve and its distance from the measured log10 ‖dh_t/dh_{t-k}‖.

    Errors are predicted minus measured, over lags of at least 1 at which both are finite; NaN if
    there is none.

    Attributes:
        key: which; see the module.
        label: its name for a reader.
        kind: "bound", never below what is measured (but for rounding), or "estimate".
        formula: as in the module, for this cell.
        log10: the curve, (K,); -inf where it predicts 0.
        rms: root-mean-square error in decades.
        largest: the error of largest size in decades, with its sign.
        factor: predicted over measured factor per step, from the longest lag: 1 is right.
        why: one sentence on why it holds or parts from what is measured, from the data.
    """

    key: Key
    label: str
    kind: Literal["bound", "estimate"]
    formula: str
    log10: Curve
    rms: float
    largest: float
    factor: float
    why: str


def predictions(
    trace: LayerTrace,
    lags: Sequence[int] | None = None,
    t: int | None = None,
    batch: int = 0,
    *,
    measured: JacobianNorms | None = None,
) -> tuple[Prediction, ...]:
    """Every prediction there is for this cell, see the module.

    Args:
        trace: best captured in float64.
        lags: from 0 to the number of steps read before t; None: all of them.
        t: position of the later state; None: the last one the layer reads.
        batch: which sequence.
        measured: `jacobian_norms(trace, t, lags, batch)` if it is already known.

    Raises:
        CoreError: if there is no such position, lag or sequence, or `measured` belongs to others.
    """
    steps = StepJacobians(trace, batch)
    last = len(steps) - 1 if t is None else steps.step(t, "t")
    wanted = checked_lags(lags, last)
    if measured is None:
        with portion(0, 0.5):
            measured = jacobian_norms(trace, t, lags, batch)
    if not _belongs(measured, wanted, steps.position(last)):
        raise CoreError(
            f"`measured` (of t={measured.t}, block={measured.block!r}) must be of the same t and "
            "lags and of the hidden block: give what `jacobian_norms` returned for them, or None."
        )
    with portion(0.5, 0.75):
        blocks = spectrum(trace)
    with portion(0.75, 1):
        exponent = lyapunov_exponents(trace, 1, batch)
    used = slice(last - int(wanted.max(initial=0)) + 1, last + 1)
    # States that overflowed give inf and NaN here, which the curves then show.
    with np.errstate(all="ignore"):
        facts = Facts.of(trace.cell, steps, used, blocks, exponent)
        curves = _curves(steps, last, wanted, blocks, facts)
    return tuple(_held(key, curve, measured, facts) for key, curve in curves.items())


def _belongs(measured: JacobianNorms, lags: np.ndarray, position: int) -> bool:
    same = measured.t == position and measured.block == "hidden"
    return same and np.array_equal(measured.lags, lags)


def _curves(
    steps: StepJacobians, last: int, lags: np.ndarray, blocks: tuple[BlockSpectrum, ...],
    facts: Facts,
) -> dict[Key, Curve]:  # fmt: skip
    found: dict[Key, Curve] = {}
    if steps.carry is None:
        found["uniform_bound"] = _power(facts.bound_rate, lags)
    found["step_bound"] = _step_bound(steps, last, [b.sigma_max for b in blocks], lags)
    if steps.carry is None:
        found["radius"] = _power(facts.radius_rate, lags)
    found["lyapunov"] = _power(facts.exponent / math.log(10), lags)
    if steps.carry is not None:
        back = np.log10(steps.carry[last::-1])
        walked = np.concatenate([np.zeros((1, steps.size)), back.cumsum(0)])[lags]
        top = walked.max(1, initial=-math.inf)
        apart = np.where(np.isfinite(top)[:, None], walked - top[:, None], 0.0)
        found["carry_max"] = top
        found["carry_mean"] = top + np.log10((10.0**apart).mean(1))
    return found


def _power(log10_rate: float, lags: np.ndarray) -> Curve:
    # The empty product is 1, also where a rate of 0 would make its log 0 · -inf.
    return np.where(lags == 0, 0.0, log10_rate * np.maximum(lags, 1))


def _step_bound(steps: StepJacobians, last: int, sigma: list[float], lags: np.ndarray) -> Curve:
    """The product of matrices of norms, whose entries bound the norms of the product's blocks."""
    peak = np.abs(steps.factors).max(2) * np.array(sigma)
    every = np.full(int(lags.max(initial=0)) + 1, math.nan)
    side = 1 if steps.through_cell is None else 2
    product, exponent = np.eye(1, side), 0
    for lag in range(len(every)):
        checkpoint()
        every[lag] = np.log10(product[0, 0]) + exponent * LOG10_2
        product = product @ _norms_of_step(steps, peak, last - lag)
        product, shift = normalised(product)
        exponent += shift
    return every[lags]


def _norms_of_step(steps: StepJacobians, peak: np.ndarray, step: int) -> np.ndarray:
    if steps.carry is None:
        return peak[step].reshape(1, 1)
    carry = steps.carry[step]
    if steps.through_cell is None:
        return (carry.max() + peak[step].sum()).reshape(1, 1)
    through = np.abs(steps.through_cell[step])
    into_cell = peak[step, :3].sum()
    hidden = peak[step, 3] + through.max() * into_cell
    return np.array([[hidden, (through * carry).max()], [into_cell, carry.max()]])


def _held(key: Key, curve: Curve, measured: JacobianNorms, facts: Facts) -> Prediction:
    both = (measured.lags > 0) & np.isfinite(curve) & np.isfinite(measured.spectral)
    rms = largest = factor = rate = math.nan
    if both.any():
        error = curve[both] - measured.spectral[both]
        rms = float(np.sqrt(np.mean(error**2)))
        largest = float(error[np.abs(error).argmax()])
        far = int(measured.lags[both].argmax())
        lag = int(measured.lags[both][far])
        factor = 10.0 ** float(error[far] / lag)
        rate = 10.0 ** float(measured.spectral[both][far] / lag)
    beyond = measured.lags > 0
    zero = _zero(curve[beyond]), _zero(measured.spectral[beyond])
    why = reason(key, facts, largest, factor, rate, zero)
    return Prediction(
        key, facts.label(key), "bound" if key.endswith("bound") else "estimate",
        facts.formula(key), curve, rms, largest, factor, why,
    )  # fmt: skip


def _zero(curve: Curve) -> bool:
    return curve.size > 0 and bool((curve == -math.inf).all())
