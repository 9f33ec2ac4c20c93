"""A TruncationView as bytes of JSON: Streamlit hands bytes to the browser untouched."""

from app.components.shared.wire import strict_json
from app.components.truncation.view import TruncationView

__all__ = ["LONGEST", "pack"]

LONGEST = 60  # code points of a token that are sent; the browser cuts further, by what is seen


def pack(view: TruncationView) -> bytes:
    """The view as the browser reads it.

    Args:
        view: What to show.

    Returns:
        A JSON object of the attributes by their names; a row's `sliding` is null where it has
        `starts`.
    """
    return strict_json(
        {
            "identity": view.identity,
            "tokens": [_cut(token) for token in view.tokens],
            "kind": view.kind,
            "start": int(view.start),
            "cursor": int(view.cursor),
            "rows": [
                {
                    "key": row.key,
                    "label": row.label,
                    "starts": [int(step) for step in row.starts],
                    "sliding": None if row.sliding is None else int(row.sliding),
                    "note": row.note,
                }
                for row in view.rows
            ],
        }
    )


def _cut(token: str) -> str:
    return token if len(token) <= LONGEST else token[: LONGEST - 1] + "…"
