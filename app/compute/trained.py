"""The trained networks in the box, shared by all sessions and never changed."""

import json
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import CoreError
from core.models.checkpoints import Checkpoint, load_checkpoint

MODELS = Path(__file__).resolve().parents[2] / "assets" / "models"


@dataclass(frozen=True)
class ShippedModel:
    """One of the networks in assets/models.

    Attributes:
        name: of its file, without the ending.
        title: what to call it.
        text: name of the text it learnt, in assets/texts.
    """

    name: str
    title: str
    text: str


@st.cache_resource(show_spinner=False)
def shipped_models() -> tuple[ShippedModel, ...]:
    """The networks in the box, in the order they are offered."""
    listed = json.loads((MODELS / "index.json").read_text(encoding="utf-8"))
    return tuple(ShippedModel(**entry) for entry in listed)


@st.cache_resource(show_spinner=False)
def shipped(name: str) -> Checkpoint:
    """One of them."""
    loaded = load_checkpoint((MODELS / f"{name}.safetensors").read_bytes())
    if not isinstance(loaded, Checkpoint):
        raise CoreError(f"`name` (={name!r}) is not one of our own files.")
    return loaded


def siblings(checkpoint: Checkpoint) -> tuple[Checkpoint, ...]:
    """The networks in the box that learnt the same text, in the order they are offered.

    Args:
        checkpoint: any; one that is not in the box has none.
    """
    boxed = {model.name: shipped(model.name) for model in shipped_models()}
    own = {model.text for model in shipped_models() if boxed[model.name] is checkpoint}
    return tuple(boxed[model.name] for model in shipped_models() if model.text in own)
