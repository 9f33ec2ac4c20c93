"""A TrainingView as bytes of JSON; the arrays in it as base64, which is short and exact.

It goes to the browser twice a second: digits of 25,000 numbers would take three times as long to
write and to read, and JSON has no inf.
"""

import base64
from typing import Any

import numpy as np

from app.components.shared.wire import strict_json
from app.components.training.view import TrainingView

__all__ = ["LONGEST", "pack"]

LONGEST = 4000  # code points of the sample that are sent


def pack(view: TrainingView) -> bytes:
    """The view as the browser reads it.

    Args:
        view: What to show.

    Returns:
        A JSON object of the attributes by their names. Steps are little-endian int32, perplexities
        and norms float64, norms over time steps float32; each in base64.
    """
    norms = None
    if view.per_step is not None:
        steps, logs = view.per_step
        norms = {
            "steps": _bytes(steps, "<i4"),
            "log10": _bytes(logs, "<f4"),
            "window": int(logs.shape[1]),
        }
    sample = view.sample if len(view.sample) <= LONGEST else view.sample[: LONGEST - 1] + "…"
    return strict_json(
        {
            "identity": view.identity,
            "version": int(view.version),
            "steps_total": int(view.steps_total),
            "step": int(view.step),
            "epoch": float(view.epoch),
            "running": view.running,
            "message": view.message,
            "train": _curves("perplexity", *view.train),
            "validation": _curves("perplexity", *view.validation),
            "references": [[label, float(value)] for label, value in view.references],
            "norm": _curves("before after", *view.norm),
            "threshold": _number(view.threshold),
            "per_step": norms,
            "snapshots": [int(step) for step in view.snapshots],
            "sample": sample,
            "sample_step": int(view.sample_step),
            "seconds_left": _number(view.seconds_left),
            "tokens_per_second": _number(view.tokens_per_second),
        }
    )


def _curves(names: str, steps: np.ndarray, *values: np.ndarray) -> dict[str, Any]:
    each = zip(names.split(), values, strict=True)
    return {"steps": _bytes(steps, "<i4")} | {name: _bytes(array, "<f8") for name, array in each}


def _bytes(array: np.ndarray, dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode("ascii")


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
