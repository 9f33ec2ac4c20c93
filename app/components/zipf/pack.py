"""A ZipfView as bytes of JSON: Streamlit hands bytes to the browser untouched."""

import math
from typing import Any

from app.components.shared.wire import strict_json
from app.components.zipf.view import Curve, Fit, ZipfView

__all__ = ["pack"]

LONGEST = 120  # code points of an n-gram that are sent; the browser cuts further, by what is seen


def pack(view: ZipfView) -> bytes:
    """The view as the browser reads it.

    Args:
        view: What to show.

    Returns:
        A JSON object of the attributes by their names; arrays as lists, NaN as null.
    """
    values = {
        "identity": view.identity,
        "fit_identity": view.fit_identity,
        "kind": view.kind,
        "range": [int(view.low), int(view.high)],
        "curves": [_curve(curve) for curve in view.curves],
    }
    return strict_json(values)


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "label": curve.label,
        "order": int(curve.order),
        "ranks": curve.ranks.tolist(),
        "counts": curve.counts.tolist(),
        "examples": [_cut(text) for text in curve.examples],
        "distinct": int(curve.distinct),
        "fits": [_fit(fit) for fit in curve.fits],
    }


def _fit(fit: Fit) -> dict[str, Any]:
    return {
        "estimator": fit.estimator,
        "exponent": _number(fit.exponent),
        "log_intercept": _number(fit.log_intercept),
        "low": int(fit.low),
        "high": int(fit.high),
        "why": fit.why,
    }


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else float(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
