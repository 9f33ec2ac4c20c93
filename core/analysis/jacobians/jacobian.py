"""Jacobians through time: how much a state depends on an earlier one, ds_t/ds_{t-k}.

    ds_t/ds_{t-k} = J_t J_{t-1} … J_{t-k+1},  J_t = ds_t/ds_{t-1}

One sweep backwards from t builds the product from the left and meets every lag on its way. After
each factor it is rescaled by a power of two, so that no lag under- or overflows. The error of a
norm is that of the plain float64 product: a few eps per factor, relative to the norm.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float64, Int8, Int64

from core.analysis.jacobians.graded import GradedProduct
from core.analysis.jacobians.scaled import LOG10_2, Scaled, normalised
from core.analysis.jacobians.step_jacobian import Matrix, StepJacobians
from core.analysis.norms import Status
from core.capture import LayerTrace
from core.errors import CoreError
from core.progress import checkpoint, portion

Block = Literal["hidden", "state"]

SMALL = 24
"""rows up to which the full singular value decomposition is the fastest"""
MOST_ITERATIONS = 48
"""of Lanczos, before the eigenvalues of the whole Gram matrix are taken instead"""
RESIDUAL = 1e-7
"""of the Gram matrix's leading eigenvalue, relative; the eigenvalue's own error is its square over
the relative distance to the next, about 1e-13"""


@dataclass(frozen=True, eq=False)
class JacobianNorms:
    """Norms of ds_t/ds_{t-k} over lags k.

    Attributes:
        lags: steps between the two states, (K,).
        spectral: log10 of the largest singular value, (K,): -inf for an exact zero, NaN where
            `status` is UNDERFLOW or NON_FINITE.
        frobenius: log10 of the root of the sum of squares, (K,), likewise.
        status: a `Status` for each lag, (K,).
        singular_values: log10 of all, largest first, (K, S), if asked for; -inf for exact zeros,
            NaN for those lost in rounding because a single step is as good as singular.
        block: "hidden", dh_t/dh_{t-k} alone; "state", for an LSTM of (h, c).
        t: position in the text of the later state, 0-based.
        reverse: whether the layer reads from the end: then the earlier state is at t + k.
    """

    lags: Int64[np.ndarray, " lag"]
    spectral: Float64[np.ndarray, " lag"]
    frobenius: Float64[np.ndarray, " lag"]
    status: Int8[np.ndarray, " lag"]
    singular_values: Float64[np.ndarray, "lag value"] | None
    block: Block
    t: int
    reverse: bool


def temporal_jacobian(trace: LayerTrace, t: int, s: int, batch: int = 0) -> Scaled:
    """The Jacobian ds_t/ds_s of the layer's states at two positions of the text.

    Rows belong to the entries of the state at t, columns to those at s; for an LSTM the state is
    (h, c), all of h first: [:H, :H] is dh_t/dh_s. Exactly 0 where s is read after t.

    Args:
        trace: best captured in float64; a float32 trace gives the Jacobian at its rounded states.
        t: position of the state that depends, 0-based.
        s: position of the state it depends on.
        batch: which sequence.

    Raises:
        CoreError: if there is no such position or sequence.
    """
    steps = StepJacobians(trace, batch)
    first, last = steps.step(s, "s"), steps.step(t, "t")
    if first > last:
        return Scaled(torch.zeros(steps.width, steps.width, dtype=torch.float64), 0, _ZERO)
    product, exponent = np.eye(steps.width), 0
    with np.errstate(all="ignore"):
        for step in range(last, first, -1):
            checkpoint(last - step, last - first)
            product, shift = normalised(steps.right(product, step))
            exponent += shift
    status = _status(product, steps, last, last - first, slice(None))
    if status != Status.FINITE:
        exponent = 0
    product, shift = normalised(product)
    return Scaled(torch.from_numpy(product), exponent + shift, status)


def jacobian_norms(
    trace: LayerTrace,
    t: int | None = None,
    lags: Sequence[int] | None = None,
    batch: int = 0,
    *,
    block: Block = "hidden",
    singular_values: bool = False,
) -> JacobianNorms:
    """The size of ds_t/ds_{t-k} against the lag k.

    The spectral norm has about twelve digits beyond the rounding of the product. All singular
    values take far more time, see `GradedProduct`.

    Args:
        trace: best captured in float64.
        t: position of the later state; None: the last one the layer reads.
        lags: from 0 to the number of steps read before t; None: all of them.
        batch: which sequence.
        block: "hidden" for dh_t/dh_{t-k}, "state" for (h, c) of an LSTM, the same for other cells.
        singular_values: whether to give all of them.

    Raises:
        CoreError: if there is no such position, lag or sequence.
    """
    steps = StepJacobians(trace, batch)
    last = len(steps) - 1 if t is None else steps.step(t, "t")
    wanted = checked_lags(lags, last)
    side = steps.size if block == "hidden" else steps.width
    spectral, frobenius = np.full((2, len(wanted)), math.nan)
    status = np.zeros(len(wanted), dtype=np.int8)
    leading = _Leading(side)

    def keep(places: np.ndarray, product: Matrix, exponent: int, lag: int) -> None:
        found = _status(product[:, :side], steps, last, lag, slice(side))
        status[places] = found
        if found == Status.FINITE:
            part, shift = normalised(product[:, :side])
            scale = (exponent + shift) * LOG10_2
            spectral[places] = math.log10(leading.singular_value(part)) + scale
            frobenius[places] = math.log10(float(np.linalg.norm(part))) + scale
        elif found == Status.EXACT_ZERO:
            spectral[places] = frobenius[places] = -math.inf

    with np.errstate(all="ignore"):
        with portion(0, 0.2 if singular_values else 1):
            _sweep(steps, last, wanted, side, keep)
        with portion(0.2, 1):
            values = _all_values(steps, last, wanted, side, status) if singular_values else None
    position = steps.position(last)
    return JacobianNorms(
        wanted, spectral, frobenius, status, values, block, position, trace.reverse
    )


def checked_lags(lags: Sequence[int] | None, most: int) -> Int64[np.ndarray, " lag"]:
    """The lags as an array; None: from 0 to `most`.

    Raises:
        CoreError: if a lag is outside.
    """
    wanted = np.arange(most + 1) if lags is None else np.asarray(lags, dtype=np.int64).reshape(-1)
    for lag in wanted[(wanted < 0) | (wanted > most)]:
        raise CoreError(f"`lags` (contains {lag}) must be from 0 to {most}, the steps before `t`.")
    return wanted.astype(np.int64)


def _sweep(
    steps: StepJacobians, last: int, lags: np.ndarray, side: int,
    keep: Callable[[np.ndarray, Matrix, int, int], None],
) -> None:  # fmt: skip
    """Build the product's first `side` rows from the left; hand over those of the wanted lags."""
    product, exponent = np.eye(side, steps.width), 0
    count = int(lags.max(initial=-1)) + 1
    for lag in range(count):
        checkpoint(lag, count)
        places = np.flatnonzero(lags == lag)
        if len(places):
            keep(places, product, exponent, lag)
        product, shift = normalised(steps.right(product, last - lag))
        exponent += shift


_ZERO = Status.EXACT_ZERO


def _status(product: Matrix, steps: StepJacobians, last: int, lag: int, part: slice) -> Status:
    """What a product is; for a zero, whether weights and states leave a path from end to end."""
    if not np.isfinite(product).all():
        return Status.NON_FINITE
    if product.any():
        return Status.FINITE
    reached = np.eye(steps.width, dtype=np.float32)[part]
    for step in range(last, last - lag, -1):
        checkpoint()
        reached = (reached @ steps.pattern(step).astype(np.float32) > 0).astype(np.float32)
    return Status.UNDERFLOW if reached[:, part].any() else Status.EXACT_ZERO


class _Leading:
    """The largest singular value of one matrix after the other, each starting from the last.

    Lanczos on P Pᵀ. The left singular vectors of ds_t/ds_{t-k} settle as k grows, so the last one
    is a good start. A little of a fixed random vector is added to it: a singular value that has
    overtaken the old one is otherwise never seen where the product is diagonal.
    """

    def __init__(self, size: int) -> None:
        noise = np.random.default_rng(0).normal(size=size)
        self._noise = noise / np.linalg.norm(noise)
        self._vector = self._noise

    def singular_value(self, matrix: Matrix) -> float:
        """The largest singular value."""
        if len(matrix) <= SMALL:
            return float(np.linalg.svd(matrix, compute_uv=False)[0])
        start = self._vector + 1e-3 * self._noise
        basis = np.empty((MOST_ITERATIONS + 1, len(matrix)))
        basis[0] = start / np.linalg.norm(start)
        diagonal, beside = np.zeros((2, MOST_ITERATIONS))
        for i in range(MOST_ITERATIONS):
            checkpoint()
            image = matrix @ (basis[i] @ matrix)
            diagonal[i] = basis[i] @ image
            for _ in range(2):  # once leaves rounding that grows with the iterations
                image -= (basis[: i + 1] @ image) @ basis[: i + 1]
            beside[i] = np.linalg.norm(image)
            projected = np.diag(diagonal[: i + 1]) + np.diag(beside[:i], -1)
            values, vectors = np.linalg.eigh(projected)
            if i and beside[i] * abs(vectors[-1, -1]) <= RESIDUAL * values[-1]:
                self._vector = vectors[:, -1] @ basis[: i + 1]
                return math.sqrt(values[-1])
            basis[i + 1] = image / beside[i] if beside[i] else 0.0
        return math.sqrt(np.linalg.eigvalsh(matrix @ matrix.T)[-1])


def _all_values(
    steps: StepJacobians, last: int, lags: np.ndarray, side: int, status: np.ndarray
) -> Float64[np.ndarray, "lag value"]:
    found = np.full((len(lags), side), math.nan)
    product = GradedProduct(side, steps.width)
    count = int(lags.max(initial=-1)) + 1
    for lag in range(count):
        checkpoint(lag, count)
        for place in np.flatnonzero(lags == lag):
            if status[place] == Status.FINITE:
                found[place] = product.log10_singular_values(side)
            elif status[place] == Status.EXACT_ZERO:
                found[place] = -math.inf
        if (status[lags > lag] == Status.FINITE).any():
            product.multiply(steps, last - lag)
    return found
