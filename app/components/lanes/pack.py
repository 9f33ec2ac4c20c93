"""A LanesView as bytes of JSON, its arrays in base64.

The pictures have 256 colours, so a value travels as the byte of its colour: a quarter of float32.
What is written as digits travels as float64.
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.components.lanes.view import LaneNetwork, LanesView
from app.components.shared.wire import strict_json

__all__ = ["LEVELS", "levels", "pack", "ranges", "sizes"]

LEVELS = 256


def pack(view: LanesView) -> bytes:
    """The view as the browser reads it.

    Args:
        view: What to show.

    Returns:
        A JSON object of the attributes by their names. Of each network, `levels` is the row of the
        colour table (uint8, T x H), `range` what the table spans, `odd` 1 where a value is not
        finite (uint8, "" where none is) and `size` the number under the cursor, see `sizes`.
    """
    plain = "identity kind start vocabulary_size quantity note how cursor order link".split()
    spans = ranges(view.networks)
    return strict_json(
        {name: getattr(view, name) for name in plain}
        | {
            "inputs": view.inputs,
            "targets": view.targets,
            "networks": [
                _network(each, span) for each, span in zip(view.networks, spans, strict=True)
            ],
            "quantities": view.quantities,
            "decades": [float(end) for end in view.decades],
            "pair": " ".join(view.pair or [each.key for each in view.networks[:2]]),
        }
    )


def ranges(networks: tuple[LaneNetwork, ...]) -> list[tuple[float, float]]:
    """(low, high) of each network's colours; those of "signed_own" share the largest magnitude."""
    sizes = [
        np.abs(each.values[np.isfinite(each.values)]).max(initial=0.0)
        for each in networks
        if each.scale == "signed_own"
    ]
    most = float(max(sizes, default=0.0)) or 1.0
    spans = {"signed_unit": (-1.0, 1.0), "unit": (0.0, 1.0), "signed_own": (-most, most)}
    return [spans[each.scale] for each in networks]


def levels(values: NDArray[np.floating], span: tuple[float, float]) -> NDArray[np.uint8]:
    """The row of the colour table for each value: 0 at the low end, 255 at the high one.

    Args:
        values: of any shape; what is not finite gets row 0.
        span: (low, high), rising.
    """
    low, high = span
    # Halves first: the span itself may be beyond float64 where its ends are not.
    place = (values.astype(np.float64) / 2 - low / 2) / (high / 2 - low / 2) * (LEVELS - 1)
    place = np.where(np.isfinite(place), place, 0)
    return np.floor(np.clip(place, 0, LEVELS - 1) + 0.5).astype(np.uint8)


def sizes(network: LaneNetwork) -> NDArray[np.float64]:
    """One number a step, (T,): the mean of a "unit" quantity, else the Euclidean norm."""
    values = network.values.astype(np.float64)
    if network.scale == "unit":
        return values.mean(1)
    largest = np.abs(values).max(1, keepdims=True)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1)  # squares do not overflow
    return np.linalg.norm(values / scale, axis=1) * scale[:, 0]


def _network(network: LaneNetwork, span: tuple[float, float]) -> dict[str, Any]:
    odd = ~np.isfinite(network.values)
    words = "key name colour word verdict scale guesses".split()
    return {name: getattr(network, name) for name in words} | {
        "units": network.values.shape[1],
        "range": list(span),
        "perplexity": float(network.perplexity),
        "levels": _base64(levels(network.values, span), "u1"),
        "odd": _base64(odd, "u1") if odd.any() else "",
        "size": _base64(sizes(network), "<f8"),
        "similarity": _base64(network.similarity, "<i4"),
        "gradient": _base64(network.gradient, "<f8"),
        "flags": _base64(network.flags, "u1"),
        "surprise": _base64(network.surprise, "<f8"),
        "guess_probability": _base64(network.guess_probability, "<f8"),
    }


def _base64(array: np.ndarray | None, dtype: str) -> str:
    if array is None:
        return ""
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode("ascii")
