"""Train: a network learns the text while one watches."""

import streamlit as st

from app import state
from app.components.training import training
from app.compute import counts, settling
from app.messages import told
from app.sidebar.source import Source
from app.sidebar.training import choose_training
from app.training import LiveTraining
from app.views.training import reference_lines, training_view
from core.learning import TrainingSpec, TrainingText
from core.models import ModelSpec
from core.models.checkpoints import dump_checkpoint
from core.text import Split

LIVE, LINES, VERSION = "live", "reference_lines", "training_version"
MOST_JUDGED = 20_000
"""tokens of validation text: more would only make each validation slower"""
TWICE_A_SECOND = 0.5


def _text(source: Source) -> TrainingText:
    """The text to learn from, and its end to judge by."""
    tokens = source.tokens
    indices = counts.in_vocabulary(tokens)
    split = Split.at_end(len(indices))
    low, high = split.validation
    return TrainingText.from_split(
        indices,
        Split(split.train, (low, min(high, low + MOST_JUDGED))),
        vocabulary=tokens.vocabulary,
        scheme=source.scheme,
        text_digest=source.text.digest,
    )


def _start(source: Source, model: ModelSpec, spec: TrainingSpec) -> None:
    live = LiveTraining(model, spec, _text(source), source.title, state.session())
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
        data = dump_checkpoint(checkpoint) if checkpoint is not None else b""
        st.download_button("Download", data, "unrolled.safetensors", disabled=checkpoint is None,
                           on_click="ignore")  # fmt: skip


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


def _page() -> None:
    source: Source = state.handed("source")
    with told():
        model, _ = state.handed("network")
        live: LiveTraining | None = state.kept_text(LIVE)
        tokens = Split.at_end(len(source.tokens.tokens)).train[1]
        choices, begin = st.columns([4, 1], vertical_alignment="top")
        with choices:
            spec, look = choose_training(model.seed, tokens, opened=live is None)
        begin.space("small")
        begin.button("Start training", type="primary", width="stretch", on_click=_start,
                     args=(source, model, spec))  # fmt: skip
        if look:
            begin.caption(look)
        if live is None:
            st.caption(
                "How it works: the network reads windows of the text, guesses each next token, and "
                "changes its weights by the gradient of its loss. The end of the text is kept back "
                "to judge it by. You may look at other pages meanwhile."
            )
        else:
            _watch(live)


_page()
settling.settle()
