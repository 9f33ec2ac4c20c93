"""Train: a network learns the text while one watches."""

from collections.abc import Mapping

import streamlit as st
import torch

from app import state
from app.components.training import training
from app.compute import parts, settling
from app.messages import told
from app.sidebar.obstacles import Obstacle, obstacle
from app.sidebar.source import Source
from app.sidebar.training import choose_training
from app.theme import plural
from app.training import LiveTraining, limits_of
from app.views.training import reference_lines, training_view
from core.learning import TrainingSpec, TrainingText
from core.models import ModelSpec
from core.models.checkpoints import MAX_CHECKPOINT_BYTES, Checkpoint, dump_checkpoint

LIVE, LINES, VERSION = "live", "reference_lines", "training_version"
TWICE_A_SECOND = 0.5


LIMITS = limits_of()
FROM_ALL_OVER = "Judged by lines drawn from all over its text, not by the end of it."


def _text(source: Source, found: parts.Parts) -> TrainingText:
    """The text to learn from, and the part to judge by."""
    return TrainingText(
        train=torch.from_numpy(found.train.copy()),
        validation=torch.from_numpy(found.validation.copy()),
        vocabulary=source.tokens.vocabulary,
        scheme=source.scheme,
        text_digest=source.text.digest,
    )


def _start(
    source: Source, model: ModelSpec, spec: TrainingSpec, judge: parts.Judge, found: parts.Parts
) -> None:
    live = LiveTraining(
        model, spec, _text(source, found), source.title, state.session(), LIMITS,
        (FROM_ALL_OVER,) if judge == "lines" else (),
    )  # fmt: skip
    before: LiveTraining | None = state.kept_text(LIVE)
    if before is not None:
        before.job.stop()
    state.keep_text(LIVE, live)
    state.keep_text(LINES, reference_lines(live))
    state.keep_text(VERSION, 0)


def _buttons(live: LiveTraining) -> None:
    """What can be done with the training there is, in as many rows as the screen needs."""
    with st.container(horizontal=True, gap="small", key="training_buttons"):
        if live.job.state == "paused":
            st.button("Resume", on_click=live.job.resume)
        else:
            st.button("Pause", on_click=live.job.pause, disabled=live.job.over)
        st.button("Stop training", on_click=live.job.stop, disabled=live.job.over)
        checkpoint = live.checkpoint()
        if checkpoint is not None:
            state.keep_text("trained", checkpoint)
            state.keep_text("trained_text", live.text)
            state.prefer("weights", "here")
        for label, to, icon in (
            ("Look inside", "explore", "search"), ("Write with it", "generate", "edit"),
        ):  # fmt: skip
            if checkpoint is None:
                st.button(label, disabled=True, help="Once it stands still.",
                          icon=f":material/{icon}:")  # fmt: skip
            else:
                # A link, since Streamlit switches no page while widgets are bound to the address.
                st.page_link(f"screens/{to}.py", label=label, icon=f":material/{icon}:")
        file = live.file()
        st.download_button(
            "Download", b"" if file is None else lambda: dump_checkpoint(file),
            "unrolled.safetensors", disabled=file is None, on_click="ignore",
        )  # fmt: skip
    if checkpoint is not None and file is not checkpoint:
        st.caption(_left_out(checkpoint, file))


def _left_out(whole: Checkpoint, file: Checkpoint | None) -> str:
    """What the file lacks of what can be looked into."""
    most = f"{MAX_CHECKPOINT_BYTES / 1e6:.0f} MB"
    if file is None:
        return f"This network is too large for a file of {most}: it can be looked into here only."
    return (
        f"The file holds {len(file.snapshots)} of the {plural(len(whole.snapshots), 'snapshot')}: "
        f"more would exceed {most}. All of them can be looked into here."
    )


def _watch(live: LiveTraining) -> None:
    """The buttons and the pictures, twice a second while something happens."""
    every = None if live.job.over else TWICE_A_SECOND

    @st.fragment(run_every=every)
    def draw() -> None:
        with told():
            progress = live.progress
            version = state.kept_text(VERSION) + 1
            state.keep_text(VERSION, version)
            _buttons(live)
            training(training_view(live, progress, state.kept_text(LINES), version), key="training")
        if every and live.job.over:
            st.rerun()  # once more, to stop looking twice a second

    draw()


def _offer(label: str, widgets: Mapping[str, int | str]) -> None:
    """A button that sets widgets."""

    def apply() -> None:
        for key, value in widgets.items():
            state.choose(key, value)

    st.button(label, on_click=apply)


def _obstacle(found: Obstacle) -> None:
    """Why the button cannot be pressed, and the way out."""
    st.warning(found.sentence)
    if found.offer:
        _offer(found.offer, found.widgets)


def _judged(source: Source, judge: parts.Judge) -> None:
    """A word where the end of the text says little about what was learnt."""
    if judge == "end" and parts.end_is_unlike(source.tokens):
        st.info(
            "The end of this text, which judges the network, is unlike the rest: its perplexity "
            "under the rest’s bigrams is more than a tenth above that of any lines drawn from all "
            "over the text. A sorted list looks so."
        )
        _offer("Judge by lines from all over it", {"judge": "lines"})


def _page() -> None:
    source: Source = state.handed("source")
    with told():
        model, _ = state.handed("network")
        live: LiveTraining | None = state.kept_text(LIVE)
        choices, begin = st.columns([4, 1], vertical_alignment="top")
        with choices:
            spec, judge, look = choose_training(model, opened=live is None)
            found = parts.parts(source.tokens, judge, model.seed)
            hindered = obstacle(model, spec, found, LIMITS)
            if hindered is not None:
                _obstacle(hindered)
            elif found is not None:
                _judged(source, judge)
        begin.space("small")
        begin.button("Start training", type="primary", width="stretch", on_click=_start,
                     args=(source, model, spec, judge, found),
                     disabled=hindered is not None)  # fmt: skip
        if look:
            begin.caption(look)
        if live is None:
            st.caption(
                "How it works: the network reads windows of the text, guesses each next token, and "
                "changes its weights by the gradient of its loss. A part of the text is kept back "
                "to judge it by. You may look at other pages meanwhile."
            )
        else:
            _watch(live)


_page()
settling.settle()
