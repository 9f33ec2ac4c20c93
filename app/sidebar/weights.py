"""Which network is looked into: an untrained one, or one that has learnt."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from app import state
from app.compute import texts, trained
from app.compute.networks import Network
from app.compute.texts import TokenText
from app.sidebar.labels import HERE, LABELS, LOSSES, OWN, SCHEMES, UNTRAINED
from app.sidebar.network import LOSS_HELP, choose_spec
from app.sidebar.widgets import segmented
from core.errors import CoreError
from core.models import LossAt
from core.models.checkpoints import (
    MAX_CHECKPOINT_BYTES,
    Checkpoint,
    ForeignCheckpoint,
    load_checkpoint,
)
from core.text import TokenScheme

Option = TypeVar("Option")


def choose_network(tokens: TokenText) -> tuple[Network, LossAt]:
    """The network, and where its loss is.

    Args:
        tokens: the text, for the vocabulary of an untrained network.

    Raises:
        CoreError: if no network can be built as asked.
    """
    options = LABELS["weights"]
    name = st.selectbox(
        "Weights", list(options), format_func=options.__getitem__, key="weights",
        bind="query-params", help="A network that has learnt, or one as it is drawn.",
    )  # fmt: skip
    checkpoint = _checkpoint(name)
    if checkpoint is None:
        spec, at = choose_spec(tokens)
        return Network(spec), at
    step = _choose_step(checkpoint)
    at: LossAt = segmented("Loss", "loss", LOSSES, "last", LOSS_HELP)
    for note in checkpoint.notes:
        st.caption(note)
    return Network(checkpoint.spec, checkpoint, step, _learnt(name, checkpoint)), at


def _learnt(name: str, checkpoint: Checkpoint) -> str:
    """What the network learnt, in a few words."""
    models = {each.name: each.text for each in trained.shipped_models()}
    if name in models:
        return texts.title_of(models[name])
    return checkpoint.title.removeprefix("trained on ") or "a text that its file does not name"


def _checkpoint(name: str) -> Checkpoint | None:
    if name == UNTRAINED:
        return None
    if name == HERE:
        trained_here = state.kept_text("trained")
        if trained_here is None:
            st.caption("Nothing was trained in this session yet: see Train. Until then, untrained.")
        return trained_here
    return _uploaded() if name == OWN else trained.shipped(name)


def _choose_step(checkpoint: Checkpoint) -> int | None:
    """A moment of the training; None for its end."""
    steps = [snapshot.step for snapshot in checkpoint.snapshots]
    if not steps:
        return None
    chosen = st.select_slider(
        "After training step", [*map(str, steps), "end"], value="end", key="snapshot",
        bind="query-params", help="The weights were kept at these moments of the training.",
    )  # fmt: skip
    return None if chosen == "end" else int(chosen)


def _uploaded() -> Checkpoint | None:
    """A file of the user's; None, and why, where it cannot be used."""
    file = st.file_uploader(
        "A checkpoint, up to 20 MB", key="checkpoint",
        max_upload_size=MAX_CHECKPOINT_BYTES // 1_000_000,
    )  # fmt: skip
    if file is None:
        st.caption("Ours, a safetensors file, or a state_dict saved by torch.save.")
        return None
    try:
        loaded = load_checkpoint(file.getvalue())
        return loaded if isinstance(loaded, Checkpoint) else _adopted(loaded)
    except CoreError as error:
        st.error(str(error).replace("`data`", "Your file"))
        return None


def _adopted(foreign: ForeignCheckpoint) -> Checkpoint:
    """Somebody else's file: what it does not tell is asked."""
    group = _one("Recurrent layers", foreign.groups, lambda each: each.prefix or "(no prefix)")
    cell = _one("Cell", group.cells, str)
    heads = foreign.heads_of(group)
    tables = foreign.embeddings_of(group)
    head = _one("Output layer", heads, lambda each: each.prefix) if heads else None
    table = _one("Embedding", tables, lambda each: each.prefix) if tables else None
    listed = st.text_area(
        "Vocabulary, one token a line, in the order of the file",
        key="foreign_tokens",
        placeholder="Left empty, tokens are called #0, #1 and so on.",
    )
    tokens = listed.split("\n") if listed else None
    scheme: TokenScheme = segmented("Its tokens", "foreign_scheme", SCHEMES, "graphemes", None)
    return foreign.adopt(group, cell, head, table, tokens, scheme)


def _one(label: str, options: Sequence[Option], name: Callable[[Option], str]) -> Option:
    """The only option, or the chosen one."""
    if len(options) == 1:
        return options[0]
    return st.selectbox(label, options, format_func=name, key=f"foreign_{label}")
