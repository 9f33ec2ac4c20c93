"""Which network is looked into: an untrained one, or one that has learnt."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from app import state
from app.compute import texts, trained
from app.compute.networks import Network
from app.sidebar.labels import HERE, LABELS, LOSSES, OWN, UNTRAINED, VOCABULARIES
from app.sidebar.network import LOSS_HELP, choose_spec
from app.sidebar.own_text import OWN as OWN_TEXT
from app.sidebar.source import Source
from app.sidebar.widgets import segmented
from app.theme import visible
from core.errors import CoreError
from core.models import LossName
from core.models.checkpoints import (
    MAX_CHECKPOINT_BYTES,
    Checkpoint,
    ForeignCheckpoint,
    load_checkpoint,
    parse_vocabulary,
)
from core.text import MAX_BYTES, decode_text

Option = TypeVar("Option")
_ON_SCREEN = {"`data`": "Your file", "`vocabulary`": "The vocabulary", "`text`": "The list"}
"""what the arguments that the library's messages name are called on the page"""


def choose_network(source: Source) -> tuple[Network, LossName]:
    """The network, and where its loss is.

    Args:
        source: what is read, for the vocabulary of an untrained network.

    Raises:
        CoreError: if no network can be built as asked.
    """
    options = LABELS["weights"]
    name = st.selectbox(
        "Weights", list(options), format_func=options.__getitem__, key="weights",
        bind="query-params", help="A network that has learnt, or one as it is drawn.",
    )  # fmt: skip
    checkpoint = _checkpoint(name, source)
    if checkpoint is None:
        spec, at = choose_spec(source.tokens)
        return Network(spec), at
    step = _choose_step(checkpoint)
    at: LossName = segmented("Loss", "loss", LOSSES, "last", LOSS_HELP)
    for note in checkpoint.notes:
        st.caption(note)
    return Network(checkpoint.spec, checkpoint, step, _learnt(name, checkpoint, source)), at


def _learnt(name: str, checkpoint: Checkpoint, source: Source) -> str:
    """What the network learnt, in a few words."""
    models = {each.name: each.text for each in trained.shipped_models()}
    if name in models:
        return texts.title_of(models[name])
    title = checkpoint.title.removeprefix("trained on ")
    if title in OWN_TEXT.values() and checkpoint.text_digest != source.text.digest:
        return "an earlier text of yours"  # another one bears that name by now
    return title or "a text that its file does not name"


def _checkpoint(name: str, source: Source) -> Checkpoint | None:
    if name == UNTRAINED:
        return None
    if name == HERE:
        trained_here = state.kept_text("trained")
        if trained_here is None:
            st.caption("Nothing was trained in this session yet: see Train. Until then, untrained.")
        return trained_here
    return _uploaded(source) if name == OWN else trained.shipped(name)


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


def _uploaded(source: Source) -> Checkpoint | None:
    """A file of the user's, or the last one; None, and why, where it cannot be used."""
    file = st.file_uploader(
        "A checkpoint, up to 20 MB", key="checkpoint",
        max_upload_size=MAX_CHECKPOINT_BYTES // 1_000_000,
    )  # fmt: skip
    try:
        if file is not None:
            state.keep_text(OWN, (file.name, load_checkpoint(file.getvalue())))
        if state.kept_text(OWN) is None:
            st.caption("Ours, a safetensors file, or a state_dict saved by torch.save.")
            return None
        name, loaded = state.kept_text(OWN)
        if file is None:
            st.caption(f"Still looking into {visible(name[:40])}.")
        return loaded if isinstance(loaded, Checkpoint) else _adopted(loaded, source)
    except CoreError as error:
        message = str(error)
        for name_in_code, on_screen in _ON_SCREEN.items():
            message = message.replace(name_in_code, on_screen)
        st.error(message)
        return None


def _adopted(foreign: ForeignCheckpoint, source: Source) -> Checkpoint:
    """Somebody else's file: what it does not tell is asked."""
    group = _one("Recurrent layers", foreign.groups, lambda each: each.prefix or "(no prefix)")
    cell = _one("Cell", group.cells, str)
    heads = foreign.heads_of(group)
    tables = foreign.embeddings_of(group)
    head = _one("Output layer", heads, lambda each: each.prefix) if heads else None
    table = _one("Embedding", tables, lambda each: each.prefix) if tables else None
    kind = segmented(
        "Its vocabulary", "named_by", VOCABULARIES, "numbers",
        "The order of its tokens, which no file of weights tells: those of the text in the "
        "sidebar, sorted; a list of your own; or numbers alone.",
    )  # fmt: skip
    tokens = _tokens_of(kind, source)
    return foreign.adopt(group, cell, head, table, tokens, source.scheme if tokens else None)


def _tokens_of(kind: str, source: Source) -> list[str] | None:
    """The tokens in the file's order; None where they are numbers."""
    if kind == "sorted":
        return sorted(set(source.tokens.tokens))
    if kind == "numbers":
        return None
    file = st.file_uploader("A list of tokens: JSON, or one a line", key="token_list",
                            max_upload_size=2)  # fmt: skip
    typed = st.text_area(
        "or typed, one token a line", key="foreign_tokens", persist_state="session",
        placeholder="a line of \\n means the line end, \\t the tab",
    )  # fmt: skip
    if file is not None:
        return parse_vocabulary(decode_text(file.getvalue(), limit=MAX_BYTES).text)
    return parse_vocabulary(typed) if typed else None


def _one(label: str, options: Sequence[Option], name: Callable[[Option], str]) -> Option:
    """The only option, or the chosen one."""
    if len(options) == 1:
        return options[0]
    return st.selectbox(label, options, format_func=name, key=f"foreign_{label}")
