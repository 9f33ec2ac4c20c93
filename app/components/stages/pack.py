"""A StagesView as bytes for the browser."""

from bisect import bisect_right
from collections.abc import Sequence

from app.components.shared.wire import strict_json
from app.components.stages.view import AnyPiece, StagesView

__all__ = ["pack"]

LONGEST = 1000  # code points of a piece or token that are sent; the browser cuts further


def pack(view: StagesView) -> bytes:
    """The view as strict JSON in UTF-8.

    Of the vocabulary only what is shown travels: `facts` gives for each index among the tokens
    [how often it occurs in the text, its rank by that among the known ones]; equally frequent
    indices share the better rank. A piece is [text, token, its length in code points].
    """
    known = sorted(n for index, n in enumerate(view.counts) if index != view.unknown)
    return strict_json(
        {
            "identity": view.identity,
            "scheme_label": view.scheme_label,
            "raw": _pieces(view.raw),
            "cleaned": _pieces(view.cleaned),
            "tokens": [token[:LONGEST] for token in view.tokens],
            "indices": view.indices,
            "unknown": view.unknown,
            "unknown_name": view.vocabulary[view.unknown],
            "size": len(view.vocabulary),
            "total": view.total,
            "start": view.start,
            "kind": view.kind,
            "facts": {
                str(index): [view.counts[index], _rank(known, view.counts[index])]
                for index in sorted(set(view.indices))
            },
        }
    )


def _pieces(pieces: Sequence[AnyPiece]) -> list[tuple[str, int, int]]:
    return [(each.text[:LONGEST], each.token, len(each.text)) for each in pieces]


def _rank(ascending: list[int], count: int) -> int:
    """1 for the largest."""
    return len(ascending) - bisect_right(ascending, count) + 1
