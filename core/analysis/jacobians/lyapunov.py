"""Lyapunov exponents of the driven network: the growth per step of small differences of the state.

A small box around the state is carried along the run, s_t = F(s_{t-1}, x_t), and made rectangular
again after each step: J_t Q_{t-1} = Q_t R_t. The exponents are the means of log |r_ii| over steps.
Over a finite text they are finite-time exponents: they depend on the text, and still move.

Source: Benettin et al. (1980); Vogt et al. (2022), "On Lyapunov exponents for RNNs".
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from core.analysis.jacobians.graded import LOST
from core.analysis.jacobians.step_jacobian import Matrix, StepJacobians
from core.analysis.norms import Status
from core.capture import LayerTrace
from core.errors import CoreError
from core.progress import checkpoint


@dataclass(frozen=True, eq=False)
class LyapunovExponents:
    """Finite-time Lyapunov exponents of one layer reading one sequence.

    Attributes:
        exponents: nats per step, largest first, (count,); -inf where some step loses the direction
            for good (a dead ReLU); NaN, at the end, where one shrinks it beyond rounding, and
            everywhere if `status` is NON_FINITE.
        leading: the running estimate of the first one after each step read, (T,), in reading order.
        moving: how far `leading` still moves over the last quarter of the steps, largest minus
            smallest, in nats per step: what the exponent is uncertain by, at least.
        steps: steps read, T.
        status: FINITE; NON_FINITE where a Jacobian overflowed.
    """

    exponents: Float64[np.ndarray, " exponent"]
    leading: Float64[np.ndarray, " time"]
    moving: float
    steps: int
    status: Status

    @property
    def factors(self) -> Float64[np.ndarray, " exponent"]:
        """What a step multiplies each direction by: exp(exponent)."""
        return np.exp(self.exponents)


def lyapunov_exponents(
    trace: LayerTrace, count: int | None = None, batch: int = 0, *, seed: int = 0
) -> LyapunovExponents:
    """The leading Lyapunov exponents along the steps the layer reads, by QR at each step.

    An LSTM's state is (h, c), with 2H exponents. Their sum over all is the mean of log |det J_t|.

    Args:
        trace: best captured in float64.
        count: how many, from 1 to the size of the state; None: all.
        batch: which sequence.
        seed: of the directions it starts from; over a long text they do not matter.

    Raises:
        CoreError: if there is no such sequence or number of exponents.
    """
    steps = StepJacobians(trace, batch)
    number = steps.width if count is None else count
    if not 1 <= number <= steps.width:
        raise CoreError(f"`count` (={count}) must be from 1 to {steps.width}, the state's size.")
    start = np.random.default_rng(seed).normal(size=(steps.width, number))
    q = np.linalg.qr(start)[0]
    logs = np.empty((len(steps), number))
    with np.errstate(all="ignore"):
        for step in range(len(steps)):
            checkpoint(step, len(steps))
            image = steps.left(step, q)
            if not np.isfinite(image).all():
                return _overflowed(number, len(steps))
            q, r = np.linalg.qr(image)
            logs[step] = _growth(r, steps, step)
    leading = logs[:, 0].cumsum() / np.arange(1, len(steps) + 1)
    late = leading[(3 * len(steps)) // 4 :]
    moving = float(np.ptp(late)) if np.isfinite(late).all() else math.nan
    exponents = -np.sort(-logs.mean(0))  # so that NaN comes last
    return LyapunovExponents(exponents, leading, moving, len(steps), Status.FINITE)


def _growth(r: Matrix, steps: StepJacobians, step: int) -> Float64[np.ndarray, " exponent"]:
    """Log |r_ii|; where that is rounding, -inf for a direction that is exactly lost, else NaN."""
    growth = np.abs(np.diag(r))
    lost = growth <= LOST * np.linalg.norm(r, axis=0)
    if lost.any():
        pattern = steps.pattern(step)
        rank = min(pattern.any(0).sum(), pattern.any(1).sum())
        exact = np.arange(len(growth)) >= rank
        growth = np.where(lost, np.where(exact, 0.0, math.nan), growth)
    return np.log(growth)


def _overflowed(count: int, steps: int) -> LyapunovExponents:
    nothing = np.full(count, math.nan), np.full(steps, math.nan)
    return LyapunovExponents(*nothing, math.nan, steps, Status.NON_FINITE)
