"""All singular values of a long product of matrices, each to its own relative accuracy.

The singular value decomposition of the multiplied-out product knows nothing of what is more than
sixteen decades below the largest. Here the product P is kept factored,

    Pᵀ = Q D V,  Q orthogonal, D = diag(2^e) with whole e, V well-conditioned,

one QR decomposition for each factor J: Jᵀ Q D has its columns sorted by size and is decomposed into
Q' R; the sizes of R's diagonal go to D' and D'⁻¹ R to V'. At the end one-sided Jacobi rotations of
the rows of D V, each with an exponent of its own, give the singular values.

Source: Stewart (1997) and Gogolenko, Bai & Scalettar (2014) for the graded product; Demmel &
Veselić (1992) for the accuracy of Jacobi's method.
"""

import math

import numpy as np
from jaxtyping import Float64, Int64

from core.analysis.jacobians.scaled import LOG10_2
from core.analysis.jacobians.step_jacobian import Matrix, StepJacobians
from core.progress import checkpoint

LOST = 1e-13
"""a diagonal entry of R below this share of its column is rounding: the factor is singular"""
MARGIN = 8
"""powers of two above such an entry that count as lost with it"""
SWEEPS = 30
"""of Jacobi rotations at most; some six are needed"""
ORTHOGONAL = 1e-13
"""cosine of two rows that are not rotated any more"""
NOTHING = -(10**9)
"""the exponent of an exact zero: below any product that ends"""


class GradedProduct:
    """The product of step Jacobians, from the left, for the first `rows` entries of the state.

    At a width of 64 a step costs half a millisecond and a set of singular values a tenth of a
    second, at 128 some two milliseconds and half a second: for a few lags, not for a slider.
    """

    def __init__(self, rows: int, width: int) -> None:
        self._q = np.eye(width, rows)
        self._exponent = np.zeros(rows, dtype=np.int64)
        self._v = np.eye(rows)
        self._lost = np.zeros(rows, dtype=bool)
        self._rank = rows

    def multiply(self, steps: StepJacobians, step: int) -> None:
        """Take in the next factor on the right."""
        pattern = steps.pattern(step)
        self._rank = min(self._rank, int(pattern.any(0).sum()), int(pattern.any(1).sum()))
        columns = steps.right(np.ascontiguousarray(self._q.T), step).T
        graded = _decomposed(columns, self._exponent, self._v, self._lost)
        self._q, self._exponent, self._v, self._lost = graded

    def log10_singular_values(self, columns: int) -> Float64[np.ndarray, " value"]:
        """log10 of the singular values with respect to the first `columns` entries, (rows,).

        -inf for those that are 0 because too few entries of some step's Jacobian are not; NaN for
        those lost in rounding because a step's Jacobian is as good as singular.
        """
        exponent, v, lost = self._exponent, self._v, self._lost
        if columns < len(self._q):
            _, exponent, v, lost = _decomposed(self._q[:columns], exponent, v, lost)
        log2 = np.sort(_jacobi(exponent, v))[::-1]
        if lost.any():
            log2 = np.where(log2 <= exponent[lost].max() + MARGIN, math.nan, log2)
        log2[self._rank :] = -math.inf
        return log2 * LOG10_2


def _decomposed(
    columns: Matrix, exponent: Int64[np.ndarray, " row"], v: Matrix, lost: np.ndarray
) -> tuple[Matrix, Int64[np.ndarray, " row"], Matrix, np.ndarray]:
    """Q', e', V' and what is lost, of columns · diag(2^e) · V."""
    mantissa, shift = np.frexp(np.linalg.norm(columns, axis=0))
    size = np.where(mantissa > 0, exponent + shift + np.log2(np.maximum(mantissa, 0.5)), NOTHING)
    order = np.argsort(-size, kind="stable")
    exponent, v, lost = exponent[order], v[order], lost[order]
    q, r = np.linalg.qr(columns[:, order])
    diagonal = np.abs(np.diag(r))
    lost = lost | (diagonal <= LOST * np.linalg.norm(r, axis=0))
    shift = np.frexp(diagonal)[1].astype(np.int64)
    new = np.where(diagonal > 0, exponent + shift, NOTHING)
    # An exact zero on the diagonal: its row is 0 too, as everything smaller was sorted behind it.
    apart = np.clip(exponent[None, :] - new[:, None], -4000, 4000)
    upper = np.where(diagonal[:, None] > 0, np.ldexp(np.triu(r), apart), 0.0)
    return q, new, upper @ v, lost


def _jacobi(exponent: Int64[np.ndarray, " row"], v: Matrix) -> Float64[np.ndarray, " row"]:
    """log2 of the singular values of diag(2^e) V, by rotating pairs of rows until orthogonal."""
    odd = len(v) % 2
    rows = np.concatenate([v, np.zeros((odd, v.shape[1]))])
    e = np.concatenate([exponent, np.full(odd, NOTHING)])
    order = np.arange(len(rows))
    for _ in range(SWEEPS):
        largest = 0.0
        for _ in range(len(rows) - 1):
            checkpoint()
            half = len(rows) // 2
            largest = max(largest, _rotate(rows, e, order[:half], order[: half - 1 : -1]))
            order = np.concatenate([order[:1], order[-1:], order[1:-1]])
        if largest <= ORTHOGONAL:
            break
    norms = np.linalg.norm(rows, axis=1)[: len(v)]
    log2 = np.log2(np.where(norms > 0, norms, 1.0)) + e[: len(v)]
    return np.where(norms > 0, log2, -math.inf)


def _rotate(rows: Matrix, e: np.ndarray, left: np.ndarray, right: np.ndarray) -> float:
    """Make each pair of rows orthogonal; returns the largest cosine there was.

    With a the larger and b the smaller of two rows, as mantissas, and w = 2^(e_b - e_a) <= 1: the
    tangent t of the angle is w·τ, τ staying moderate however small w is, so neither row underflows.
    """
    norm = np.linalg.norm(rows, axis=1)
    size = e + np.log2(np.where(norm > 0, norm, 1.0))
    size[norm == 0] = NOTHING
    swap = size[left] < size[right]
    big, small = np.where(swap, right, left), np.where(swap, left, right)
    a, b = rows[big], rows[small]
    aa, bb, ab = (np.einsum("ij,ij->i", x, y) for x, y in ((a, a), (b, b), (a, b)))
    length = np.sqrt(aa * bb)
    cosine = np.divide(np.abs(ab), length, out=np.zeros_like(ab), where=length > 0)
    w = np.ldexp(1.0, np.clip(e[small] - e[big], -1100, 60))
    # tan 2θ = 2 w ab / (aa - w² bb), so θ = w τ with τ = 2 ab / (d + sqrt(d² + 4 w² ab²)).
    d = np.maximum(aa - w * w * bb, 0.0)
    root = d + np.sqrt(d * d + 4 * w * w * ab * ab)
    tau = np.divide(2 * ab, root, out=np.zeros_like(ab), where=(root > 0) & (cosine > ORTHOGONAL))
    c = 1 / np.sqrt(1 + (w * tau) ** 2)
    rows[big] = c[:, None] * (a + (w * w * tau)[:, None] * b)
    rows[small] = c[:, None] * (b - tau[:, None] * a)
    return float(cosine.max(initial=0.0))
