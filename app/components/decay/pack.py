"""A DecayView as bytes of JSON; the arrays in it as base64, which is short and exact.

It goes to the browser several times a second while a slider is dragged, and JSON has no inf.
"""

import base64
from typing import Any

import numpy as np

from app.components.decay.view import DecayNetwork, DecayPrediction, DecayView
from app.components.shared.wire import strict_json

__all__ = ["NO_CURSOR", "pack"]

NO_CURSOR = -1


def pack(view: DecayView) -> bytes:
    """The view as the browser reads it.

    Args:
        view: What to show.

    Returns:
        A JSON object of the attributes by their names. Logarithms are little-endian float64,
        `status` is uint8, each in base64; `cursor` is -1 for none.
    """
    return strict_json(
        {
            "identity": view.identity,
            "networks": [_network(network) for network in view.networks],
            "x_label": view.x_label,
            "y_label": view.y_label,
            "y_range": [float(end) for end in view.y_range],
            "note": view.note,
            "how_to_read": view.how_to_read,
            "cursor": NO_CURSOR if view.cursor is None else int(view.cursor),
            "hidden": list(view.hidden),
            "layout": view.layout,
        }
    )


def _network(network: DecayNetwork) -> dict[str, Any]:
    return {
        "key": network.key,
        "name": network.name,
        "colour": network.colour,
        "word": network.word,
        "text": network.text,
        "measured": _bytes(network.measured, "<f8"),
        "status": _bytes(network.status, "u1"),
        "predictions": [_prediction(each) for each in network.predictions],
    }


def _prediction(prediction: DecayPrediction) -> dict[str, Any]:
    return {
        "key": prediction.key,
        "label": prediction.label,
        "kind": prediction.kind,
        "log10": _bytes(prediction.log10, "<f8"),
        "error": prediction.error,
        "why": prediction.why,
    }


def _bytes(array: np.ndarray, dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode("ascii")
