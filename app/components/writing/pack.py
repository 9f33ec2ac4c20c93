"""A WritingView as bytes of JSON: Streamlit hands bytes to the browser untouched."""

from typing import Any

from app.components.shared.wire import strict_json
from app.components.writing.view import BeamTree, Choice, WritingView

__all__ = ["LONGEST", "pack"]

LONGEST = 400  # code points of a token or a hypothesis that are sent; the screen shows fewer


def pack(view: WritingView) -> bytes:
    """The view as the browser reads it.

    Args:
        view: What to show.

    Returns:
        A JSON object of the attributes by their names.
    """
    return strict_json(
        {
            "identity": view.identity,
            "prefix": [_cut(token) for token in view.prefix],
            "choices": [_choice(choice) for choice in view.choices],
            "rule": view.rule,
            "kind": view.kind,
            "size": int(view.vocabulary_size),
            "loop": view.loop and [int(each) for each in view.loop],
            "tree": view.tree and _tree(view.tree),
            "cursor": None if view.cursor is None else int(view.cursor),
            "compact": bool(view.compact),
            "link": view.link,
            "unread": [int(place) for place in view.unread],
        }
    )


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "token": _cut(choice.token),
        "probability": float(choice.probability),
        "rank": int(choice.rank),
        "among": [
            [_cut(token), float(model), None if rule is None else float(rule)]
            for token, model, rule in choice.among
        ],
        "entropy": float(choice.entropy),
    }


def _tree(tree: BeamTree) -> dict[str, Any]:
    return {
        "nodes": [
            {
                "parent": int(node.parent),
                "token": _cut(node.token),
                "log_probability": float(node.log_probability),
                "cumulative": float(node.cumulative),
                "step": int(node.step),
                "state": node.state,
                "score": float(node.cumulative if node.score is None else node.score),
            }
            for node in tree.nodes
        ],
        "best": [int(index) for index in tree.best],
        "hypotheses": [[_cut(text), float(p), float(score)] for text, p, score in tree.hypotheses],
    }


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
