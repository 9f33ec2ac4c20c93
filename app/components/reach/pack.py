"""A ReachView as bytes for the browser: the lower triangle alone, as base64 in strict JSON.

Up to 700 steps the numbers go as float32 (at most 1 MB). Beyond, as 16 bits each: row t holds
log10 = low[t] + code * step[t], with low and step of its own, so that the error is half a step;
the browser shows only digits that this leaves certain, and says how large it is.
"""

import base64
from typing import Any

import numpy as np

from app.components.reach.view import ReachView
from app.components.shared.wire import strict_json

__all__ = ["EXACT", "LONGEST", "pack", "quantised", "rows"]

EXACT = 700
"""steps up to which the numbers travel as float32"""
LONGEST = 1000  # code points of a token that are sent; the browser cuts further
CODES = 65535


def pack(view: ReachView) -> bytes:
    """The view as the browser reads it.

    Args:
        view: What to show.

    Returns:
        A JSON object of the attributes by their names. "numbers" holds "float32" (base64, rows
        0 to T-1 of the triangle after each other) or "codes" (uint16), "low" and "step" (float64,
        T each); "status" is uint8 in the same order, or null where all are numbers.
    """
    status = rows(np.asarray(view.status, np.uint8))
    return strict_json(
        {
            "identity": view.identity,
            "title": view.title,
            "tokens": [token[:LONGEST] for token in view.tokens],
            "targets": [token[:LONGEST] for token in view.targets],
            "kind": view.kind,
            "numbers": _numbers(view),
            "status": _bytes(status) if status.any() else None,
            "what": view.what,
            "subject": view.subject,
            "later": view.later,
            "how": view.how,
            "unit": view.unit,
            "start": int(view.start),
            "cursor": None if view.cursor is None else int(view.cursor),
            "scale": view.scale,
            "range": [float(end) for end in view.scale_range],
            "lags": None if view.lags is None else int(view.lags),
            "colour": view.colour,
        }
    )


def _numbers(view: ReachView) -> dict[str, Any]:
    log10 = np.where(view.status == 0, view.log10, np.nan)
    if len(view.tokens) <= EXACT:
        return {"float32": _bytes(rows(log10).astype("<f4"))}
    codes, low, step = quantised(log10)
    return {
        "codes": _bytes(codes.astype("<u2")),
        "low": _bytes(low.astype("<f8")),
        "step": _bytes(step.astype("<f8")),
    }


def rows(square: np.ndarray) -> np.ndarray:
    """The lower triangle of (T, T) with its diagonal, row after row, (T (T + 1) / 2,)."""
    return np.concatenate([row[: t + 1] for t, row in enumerate(square)])


def quantised(log10: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lower triangle in 16 bits a number.

    Args:
        log10: float (T, T), NaN where there is no number.

    Returns:
        The codes, uint16 (T (T + 1) / 2,), and for each row `low` and `step`, float64 (T,): a
        number is low + code * step to within half a step. Where there is no number the code is 0.
    """
    codes, low, step = [], [], []
    for t, row in enumerate(log10):
        values = row[: t + 1].astype(np.float64)
        known = values[np.isfinite(values)]
        least, most = (known.min(), known.max()) if known.size else (0.0, 0.0)
        wide = (most - least) / CODES or 1.0
        placed = np.nan_to_num(np.rint((values - least) / wide), nan=0.0)
        codes.append(placed.astype(np.uint16))
        low.append(least)
        step.append(wide if most > least else 0.0)
    return np.concatenate(codes), np.array(low), np.array(step)


def _bytes(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
