"""A WindowsView as bytes of JSON: Streamlit hands bytes to the browser untouched."""

from typing import Any

from app.components.shared.wire import strict_json
from app.components.windows.view import Row, WindowsView

__all__ = ["pack"]

LONGEST = 60  # code points of a token that are sent; the browser cuts further, by what is seen


def pack(view: WindowsView) -> bytes:
    """The view as the browser reads it.

    Args:
        view: What to show.

    Returns:
        A JSON object of the attributes by their names; a row's `tokens` are null where it has none
        of its own.
    """
    values = {
        "identity": view.identity,
        "tokens": _cut(view.tokens),
        "first": int(view.first),
        "steps": int(view.steps),
        "scheme": view.scheme,
        "kind": view.kind,
        "chosen": [int(each) for each in view.chosen],
        "rows": [_row(row) for row in view.rows],
    }
    return strict_json(values)


def _row(row: Row) -> dict[str, Any]:
    return {
        "label": row.label,
        "note": row.note,
        "windows": [[int(start), int(stop)] for start, stop in row.windows],
        "dropped": [[int(start), int(stop)] for start, stop in row.dropped],
        "tokens": None if row.tokens is None else _cut(row.tokens),
        "first": int(row.first),
    }


def _cut(tokens: tuple[str, ...]) -> list[str]:
    return [each if len(each) <= LONGEST else each[: LONGEST - 1] + "…" for each in tokens]
