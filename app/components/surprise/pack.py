"""A SurpriseView as bytes for the browser."""

import numpy as np

from app.components.shared.wire import strict_json
from app.components.surprise.view import SurpriseView

__all__ = ["pack"]

LONGEST = 1000  # code points of a token that are sent; the browser cuts further


def pack(view: SurpriseView) -> bytes:
    """The view as strict JSON in UTF-8, each float64 such that it is read back exactly."""
    bits = view.bits_per_character
    return strict_json(
        {
            "identity": view.identity,
            "tokens": _cut(view.tokens),
            "read": _cut(view.read or view.tokens),
            "surprise": np.asarray(view.surprise, np.float64).tolist(),
            "probability": np.asarray(view.probability, np.float64).tolist(),
            "kind": view.kind,
            "size": int(view.vocabulary_size),
            "perplexity": float(view.perplexity),
            "bits": None if bits is None else float(bits),
            "model": view.model,
            "guesses": [
                [(token[:LONGEST], float(p)) for token, p in each] for each in view.guesses
            ],
            "cursor": int(view.cursor),
        }
    )


def _cut(tokens: tuple[str, ...]) -> list[str]:
    return [token[:LONGEST] for token in tokens]
