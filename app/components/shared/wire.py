"""Words and numbers as bytes of strict JSON: Streamlit hands bytes to the browser untouched."""

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["strict_json"]


def strict_json(values: Mapping[str, Any]) -> bytes:
    """The values as JSON in UTF-8, the same bytes each time.

    Args:
        values: Strings, numbers, booleans, None, and sequences and mappings of such.

    Returns:
        JSON without NaN and infinities, which it does not have: they become the words "NaN",
        "Infinity" and "-Infinity", which JavaScript's Number() reads back. A lone surrogate travels
        as JSON's own escape, so that the browser names it as Python does.
    """
    text = json.dumps(_plain(values), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", errors="backslashreplace")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
    return value
