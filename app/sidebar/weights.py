"""Which network is looked into: an untrained one, or one that has learnt."""

from collections.abc import Collection

import streamlit as st

from app import state
from app.components.shared.signs import isolated, visible
from app.compute import texts, trained
from app.compute.networks import Network, seconds_to_read
from app.sidebar.foreign import ALONE, adopted, on_screen
from app.sidebar.idle import in_sight
from app.sidebar.labels import HERE, LABELS, OWN, UNTRAINED
from app.sidebar.network import choose_loss, choose_spec
from app.sidebar.own_text import OWN as OWN_TEXT
from app.sidebar.source import Source
from core.errors import CoreError
from core.models import LossName
from core.models.checkpoints import (
    MAX_CHECKPOINT_BYTES,
    Checkpoint,
    load_checkpoint,
)

SLOW = 1.5
"""seconds for a picture from which on they are said"""


def choose_network(source: Source, idle: Collection[str]) -> tuple[Network, LossName]:
    """The network, and where its loss is.

    Args:
        source: what is read, for the vocabulary of an untrained network.
        idle: keys of the controls that do nothing here.

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
        spec, at = choose_spec(source.tokens, idle)
        return Network(spec), at
    step = _choose_step(checkpoint, idle)
    at = choose_loss(idle)
    for note in checkpoint.notes:
        st.caption(on_screen(note))
    material = state.kept_text("trained_text") if name == HERE else None
    learnt = _learnt(name, checkpoint, source)
    return Network(checkpoint.spec, checkpoint, step, learnt, material), at


def _learnt(name: str, checkpoint: Checkpoint, source: Source) -> str:
    """What the network learnt, in a few words."""
    models = {each.name: each.text for each in trained.shipped_models()}
    if name in models:
        return texts.title_of(models[name])
    if checkpoint.training.get(ALONE):
        return "what its file does not name, with an output layer drawn at random"
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


def _choose_step(checkpoint: Checkpoint, idle: Collection[str]) -> int | None:
    """A moment of the training; None for its end."""
    steps = [snapshot.step for snapshot in checkpoint.snapshots]
    if not steps:
        return None
    with in_sight("snapshot", idle):
        chosen = st.select_slider(
            "After training step", [*map(str, steps), "end"], value="end", key="snapshot",
            bind="query-params", help="The weights were kept at these moments of the training.",
        )  # fmt: skip
    return None if chosen == "end" else int(chosen)


def _uploaded(source: Source) -> Checkpoint | None:
    """A file of the user's, or the last one; None, and why, where it cannot be used."""
    file = st.file_uploader(
        f"A checkpoint, up to {MAX_CHECKPOINT_BYTES // 1_000_000} MB", key="checkpoint",
        max_upload_size=MAX_CHECKPOINT_BYTES // 1_000_000,
    )  # fmt: skip
    try:
        known = state.kept_text(OWN)
        if file is not None and (known is None or known[0] != file.file_id):
            known = file.file_id, file.name, load_checkpoint(file.getvalue())
            state.keep_text(OWN, known)
        if known is None:
            st.caption("Ours, a safetensors file, or a state_dict saved by torch.save.")
            return None
        upload, name, loaded = known
        if file is None:
            st.caption(f"Still looking into {on_screen(isolated(visible(name[:40])))}.")
        made = loaded if isinstance(loaded, Checkpoint) else adopted(loaded, upload, source)
    except CoreError as error:
        st.error(on_screen(str(error)))
        return None
    if made is not None:
        _say_cost(made, len(source.stretch))
    return made


def _say_cost(checkpoint: Checkpoint, steps: int) -> None:
    """How long a picture of a large network takes."""
    seconds = seconds_to_read(checkpoint.spec, steps)
    if seconds >= SLOW:
        numbers = checkpoint.spec.parameter_count / 1e6
        st.caption(f"A large network ({numbers:,.0f} million numbers): a picture of {steps:,} "
                   f"steps takes about {max(1, round(seconds)):,} s to compute.")  # fmt: skip
