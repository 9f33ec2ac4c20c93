"""An ExplorerView as one block of bytes: Streamlit hands bytes to the browser untouched.

Layout, little endian: the four letters UNR1; uint32 length M of the meta object; M bytes of strict
JSON in UTF-8; zeros up to a multiple of 8; the arrays, each starting at a multiple of 8.
"""

import json
import math
from typing import Any

import numpy as np

from app.components.explorer.details import FeatureUnit
from app.components.explorer.view import ExplorerView
from app.components.shared.decades import decades

__all__ = ["MAGIC", "pack"]

MAGIC = b"UNR1"
ALIGNMENT = 8  # the widest element is a float64, and a typed array must start at a multiple of it


def pack(view: ExplorerView) -> bytes:
    """The view as bytes for the browser.

    Args:
        view: What to show.

    Returns:
        The block described at the top of this file. Each array's place, dtype and shape stand in
        the meta object under "arrays"; the offset counts from the first array's first byte. The
        lane h is not sent twice: it points into `hidden` when it holds the same numbers.
    """
    chunks: list[bytes] = []
    places: dict[str, dict[str, Any]] = {}
    end = 0
    for name, array in _arrays(view).items():
        raw = array.tobytes()
        places[name] = {"dtype": array.dtype.name, "shape": list(array.shape), "offset": end}
        padding = -len(raw) % ALIGNMENT
        chunks += [raw, bytes(padding)]
        end += len(raw) + padding
    lanes = [_lane_place(view, index, places) for index in range(len(view.lanes))]
    meta = json.dumps(
        _meta(view) | {"arrays": places, "lanes": lanes}, allow_nan=False, ensure_ascii=False
    ).encode("utf-8", errors="backslashreplace")  # a lone surrogate travels as JSON's escape
    head = MAGIC + len(meta).to_bytes(4, "little") + meta
    return b"".join([head, bytes(-len(head) % ALIGNMENT), *chunks])


def _arrays(view: ExplorerView) -> dict[str, np.ndarray]:
    wanted = {
        "gradient": np.float64,
        "gradient_flags": np.uint8,
        "share_own": np.float64,
        "edges_forward": np.float64,
        "edges_gradient": np.float64,
        "head_forward": np.float64,
        "head_gradient": np.float64,
        "top": np.int32,
        "top_probability": np.float32,
        "truth_probability": np.float32,
        "surprise": np.float64,
        "truth_rank": np.int32,
    }
    states = _narrowest(view.hidden, *(lane.values for lane in view.lanes))
    arrays = {"hidden": _plain(view.hidden, states)}
    arrays |= {name: _plain(getattr(view, name), dtype) for name, dtype in wanted.items()}
    if view.similarity is not None:
        arrays["similarity"] = _plain(view.similarity, np.int32)
    own = arrays["hidden"][_layer_index(view)]
    for index, lane in enumerate(view.lanes):
        values = _plain(lane.values, states)
        if not (index == 0 and np.array_equal(values, own, equal_nan=True)):
            arrays[f"lane{index}"] = values
    for index, reference in enumerate(view.references):
        arrays[f"reference{index}"] = _plain(reference.surprise, np.float64)
    return arrays | _details(view)


def _details(view: ExplorerView) -> dict[str, np.ndarray]:
    """What is there only when it was asked for."""
    arrays = {}
    if view.sums is not None:
        sums = view.sums.arrays().items()
        arrays |= {f"sums_{name}": _plain(array, array.dtype.type) for name, array in sums}
    if view.reach is not None:
        arrays["reach"] = _plain(view.reach, np.float32)
    for index, feature in enumerate(view.features or ()):
        arrays[f"feature{index}"] = _plain(feature.order, np.int32)
    if view.change is not None:
        arrays["change_relative"] = _plain(view.change.relative, np.float64)
        arrays["change_surprise"] = _plain(view.change.surprise, np.float64)
    return arrays


def _narrowest(*arrays: np.ndarray) -> type:
    """float32, unless a finite state is beyond it: a ReLU network's can be."""
    most = np.finfo(np.float32).max
    wide = any((np.isfinite(array) & (np.abs(array) > most)).any() for array in arrays)
    return np.float64 if wide else np.float32


def _plain(array: np.ndarray, dtype: type) -> np.ndarray:
    return np.ascontiguousarray(array, dtype=np.dtype(dtype).newbyteorder("<"))


def _layer_index(view: ExplorerView) -> int:
    return [each["name"] for each in view.layers].index(view.layer)


def _lane_place(view: ExplorerView, index: int, places: dict[str, dict[str, Any]]) -> dict:
    lane = view.lanes[index]
    steps, units = lane.values.shape
    place = places.get(f"lane{index}") or {
        "dtype": places["hidden"]["dtype"],
        "shape": [steps, units],
        "offset": places["hidden"]["offset"]
        + _layer_index(view) * steps * units * np.dtype(places["hidden"]["dtype"]).itemsize,
    }
    return {"key": lane.key, "label": lane.label, "scale": lane.scale, "place": place}


def _meta(view: ExplorerView) -> dict[str, Any]:
    names = (
        "identity title verdict cell hidden_size layer inputs targets kind start vocabulary "
        "cursor lane order strip edges fold speed truncate origin unit detail offers asked link "
        "reference_note heard unread"
    ).split()
    span = decades(view.gradient)
    fit = view.fit and {name: _number(value) for name, value in view.fit.items()}
    return {name: getattr(view, name) for name in names} | {
        "layers": [dict(each) for each in view.layers],
        "decades": None if span is None else list(span),
        "fit": fit or None,
        "loss": {
            name: value if isinstance(value, str) else _number(value)
            for name, value in view.loss.items()
        },
        "references": [
            {
                "key": each.key,
                "label": each.label,
                "perplexity": _number(each.perplexity),
                "array": f"reference{index}",
            }
            for index, each in enumerate(view.references)
        ],
        "sums": view.sums and {"unit": view.sums.unit, "gates": view.sums.gates},
        "features": view.features and [_feature(each) for each in view.features],
        "change": view.change and {"step": view.change.step, "token": view.change.token},
        "reached": view.reach is not None,
    }


def _feature(feature: FeatureUnit) -> dict[str, Any]:
    scores = {name: _number(getattr(feature, name)) for name in ("chosen", "held_out")}
    return {name: getattr(feature, name) for name in ("key", "label", "lane", "unit")} | scores


def _number(value: float) -> float | str:
    """JSON has no NaN and no infinity: JavaScript's Number() reads these words back."""
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
