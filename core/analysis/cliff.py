"""A loss cliff: the error surface of the smallest recurrent network, and steps on it.

One unit, no input, its two parameters w and b shared by all steps:

    h_t = w σ(h_{t-1}) + b,  h_0 = ½,        L(w, b) = (σ(h_T) - target)².

Where h has two stable points, a small change of w or b sends h_T from the one to the other: the
surface has a wall, with a gradient that sends plain gradient descent far away. The gradient is
carried forwards with the state, exactly:

    dh_t/dw = σ(h_{t-1}) + w σ'(h_{t-1}) dh_{t-1}/dw,    dh_t/db = 1 + w σ'(h_{t-1}) dh_{t-1}/db.

Source: Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks (2013),
after figure 6 (50 steps, target 0.7).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import CoreError
from core.progress import checkpoint, portion

Array = NDArray[np.float64]

START, STEPS, TARGET = 0.5, 50, 0.7
"""h_0, T and the target, as in the paper"""
MAX_SIZE = 1000
"""points on a side of the grid"""


@dataclass(frozen=True, eq=False)
class LossCliff:
    """The loss and its gradient over a grid.

    Attributes:
        w: the grid's values of w, (N,).
        b: the grid's values of b, (N,).
        loss: L at w[i], b[j] in row j and column i, (N, N).
        gradient_w: dL/dw there, (N, N).
        gradient_b: dL/db there, (N, N).
        steps: T.
        target: of σ(h_T).
    """

    w: Array
    b: Array
    loss: Array
    gradient_w: Array
    gradient_b: Array
    steps: int
    target: float


@dataclass(frozen=True, eq=False)
class Descent:
    """The way gradient descent takes.

    Attributes:
        w: where it stood, start first, (N + 1,).
        b: likewise.
        loss: the loss there, (N + 1,).
        norm: ‖dL/d(w, b)‖ there, before clipping, (N + 1,).
        clipped: whether the step from there was clipped, (N,).
    """

    w: Array
    b: Array
    loss: Array
    norm: Array
    clipped: NDArray[np.bool_]


def loss_and_gradient(
    w: Array | float, b: Array | float, steps: int = STEPS, target: float = TARGET
) -> tuple[Array, Array, Array]:
    """L, dL/dw and dL/db at points, all in one pass.

    Args:
        w: finite numbers.
        b: finite numbers, of a shape that goes with w's.
        steps: T, at least 1.
        target: of σ(h_T), from 0 to 1.

    Returns:
        Three arrays of the common shape.

    Raises:
        CoreError: if an argument is out of its range.
    """
    if steps < 1:
        raise CoreError(f"`steps` (={steps}) must be at least 1.")
    if not 0 <= target <= 1:
        raise CoreError(f"`target` (={target}) must be from 0 to 1.")
    w, b = np.broadcast_arrays(np.asarray(w, float), np.asarray(b, float))
    if not (np.isfinite(w).all() and np.isfinite(b).all()):
        raise CoreError("`w` and `b` must be finite.")
    h = np.full(w.shape, START)
    of_w, of_b = np.zeros(w.shape), np.zeros(w.shape)
    for step in range(steps):
        checkpoint(step, steps)
        s = _sigmoid(h)
        slope = w * s * (1 - s)
        h, of_w, of_b = w * s + b, s + slope * of_w, 1 + slope * of_b
    s = _sigmoid(h)
    outer = 2 * (s - target) * s * (1 - s)
    return (s - target) ** 2, outer * of_w, outer * of_b


def loss_cliff(
    w_range: tuple[float, float],
    b_range: tuple[float, float],
    size: int,
    *,
    steps: int = STEPS,
    target: float = TARGET,
) -> LossCliff:
    """The loss surface over a grid of `size` by `size` points, ends included.

    Args:
        w_range: lowest and highest w.
        b_range: lowest and highest b.
        size: points on a side, 2 to 1000.
        steps: T, at least 1.
        target: of σ(h_T), from 0 to 1.

    Raises:
        CoreError: if an argument is out of its range.
    """
    if not 2 <= size <= MAX_SIZE:
        raise CoreError(f"`size` (={size}) must be from 2 to {MAX_SIZE}.")
    for name, (low, high) in (("w_range", w_range), ("b_range", b_range)):
        if not -math.inf < low < high < math.inf:
            raise CoreError(f"`{name}` (={(low, high)}) must be two finite numbers, lowest first.")
    w, b = np.linspace(*w_range, size), np.linspace(*b_range, size)
    loss, of_w, of_b = loss_and_gradient(w[None, :], b[:, None], steps, target)
    return LossCliff(w, b, loss, of_w, of_b, steps, target)


def descend(
    start: tuple[float, float],
    rate: float,
    threshold: float | None,
    updates: int,
    *,
    steps: int = STEPS,
    target: float = TARGET,
) -> Descent:
    """Gradient descent on the surface, clipped by norm or not.

    Args:
        start: w and b to begin with, finite.
        rate: learning rate, above 0 and finite.
        threshold: θ of g · min(1, θ / ‖g‖), above 0; None does not clip.
        updates: N, at least 1.
        steps: T, at least 1.
        target: of σ(h_T), from 0 to 1.

    Raises:
        CoreError: if an argument is out of its range.
    """
    _require_descent(rate, threshold, updates)
    w, b = start
    path, clipped = [], []
    for update in range(updates + 1):
        with portion(update / (updates + 1), (update + 1) / (updates + 1)):
            loss, of_w, of_b = (float(v) for v in loss_and_gradient(w, b, steps, target))
        norm = math.hypot(of_w, of_b)
        path.append((w, b, loss, norm))
        if update == updates:
            break
        cut = threshold is not None and norm > threshold
        length = rate * (threshold / norm if cut and threshold is not None else 1.0)
        w, b = w - length * of_w, b - length * of_b
        clipped.append(cut)
    return Descent(*np.array(path).T.copy(), clipped=np.array(clipped, bool))


def _require_descent(rate: float, threshold: float | None, updates: int) -> None:
    if updates < 1:
        raise CoreError(f"`updates` (={updates}) must be at least 1.")
    if not 0 < rate < math.inf:
        raise CoreError(f"`rate` (={rate}) must be above 0 and finite.")
    if threshold is not None and not threshold > 0:
        raise CoreError(f"`threshold` (={threshold}) must be above 0, or None not to clip.")


def _sigmoid(x: Array) -> Array:
    """σ, without overflow at either end."""
    with np.errstate(over="ignore"):
        return np.where(
            x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x)))
        )
