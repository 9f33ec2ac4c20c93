"""Explore: a network reads a text, and everything that happens inside it under one cursor."""

import hashlib
import time
from dataclasses import replace

import streamlit as st

from app import state
from app.components.explorer import explorer
from app.components.lanes import lanes
from app.compute import comparisons, readings, settling, trained
from app.compute.networks import Network
from app.messages import told
from app.panels.export import export
from app.sidebar.labels import BESIDE
from app.sidebar.source import read_by
from app.sidebar.widgets import segmented
from app.views.details import asked_for
from app.views.explorer import Choices, beside, explorer_view, lane_keys
from app.views.lanes import highest_layer, lanes_view

LANES, LINK = "lanes", "explore"
"""the comparison, and the name under which it and the explorer share their cursor"""
PAINTING = 0.08
"""seconds for which the browser paints the explorer before the lanes are computed: on one machine
both at once would only slow each other"""


def _indices(choices: Choices) -> tuple[tuple[int, ...], tuple[int, ...]]:
    source = choices.source
    vocabulary, stretch = source.tokens.vocabulary, source.stretch
    return tuple(vocabulary.encode(stretch.inputs)), tuple(vocabulary.encode(stretch.targets))


def _of_the_loss(choices: Choices) -> Choices:
    """With the one loss that the explorer asks for, if it does."""
    step = state.loss_step(len(choices.source.stretch))
    return choices if step is None else replace(choices, at=step)


@st.fragment
def _explore(choices: Choices) -> None:
    """The linked pictures; a fragment, so that a moved cursor redraws nothing else."""
    with told():
        _draw_explorer(choices)
    if state.loss_step(len(choices.source.stretch)) != state.handed("loss_step"):
        st.rerun()  # the explorer is drawn; the lanes below follow it to another loss


def _draw_explorer(choices: Choices) -> None:
    choices = _of_the_loss(choices)
    source, read = choices.source, _indices(choices)
    reading = readings.reading(choices.network, *read, choices.at)
    names = tuple(layer.name for layer in reading.layers)
    looking = state.looking(len(source.stretch), names, lane_keys(choices.spec.cell))
    hidden = reading.layers[names.index(looking.layer)].hidden
    content = (choices.network.digest, source.tokens.digest, str(source.stretch.start),
               str(len(source.stretch)), str(choices.at), looking.layer)  # fmt: skip
    identity = hashlib.sha256("|".join(content).encode()).hexdigest()[:16]
    similarity = readings.order_of("|".join(content[:4]), looking.layer, hidden)
    ngrams = beside(choices)
    explorer(
        explorer_view(
            choices,
            reading,
            looking,
            similarity,
            identity,
            ngrams.models,
            LINK,
            details=asked_for(choices.network, source, reading, looking, read),
            heard=state.heard(),
            reference_note=ngrams.note if ngrams.models else "",
        ),
        key=state.EXPLORER,
        on_cursor=state.remember,
        on_choice=state.remember,
    )
    if not ngrams.models:
        st.caption(ngrams.note)
    export(choices, looking, state.address())


def _beside(network: Network) -> list[comparisons.Named]:
    """What the network is held against: the other cells, or its own beginning."""
    if network.checkpoint is None:
        return comparisons.cells(network)
    if len(trained.siblings(network.checkpoint)) < 2:
        return comparisons.training(network)
    kind = segmented("Compare", "beside", BESIDE, "cells", None, named=False)
    return comparisons.training(network) if kind == "training" else comparisons.cells(network)


@st.fragment
def _compare(choices: Choices) -> None:
    """Two or three networks in lanes, under the explorer's cursor."""
    with told():
        source, read = choices.source, _indices(choices)
        others = _beside(choices.network)
        if len(others) < 2:
            st.caption("Networks of this size are not drawn here, so none stands beside this one.")
            return
        if not all(readings.known(network, *read, choices.at) for _, network in others):
            time.sleep(PAINTING)
        found = readings.together([network for _, network in others], *read, choices.at)
        named = [(name, network, one) for (name, network), one in zip(others, found, strict=True)]
        looking = state.looking(len(source.stretch), ("",), ("h",))
        order = looking.order if looking.order == "similarity" else "index"
        place = f"{source.tokens.digest}|{source.stretch.start}|{len(source.stretch)}"
        similarities = [
            readings.order_of(f"{network.digest}|{place}", "highest", highest_layer(found).hidden)
            for _, network, found in named
        ]
        view = lanes_view(
            choices, named, looking.cursor, order, state.asked_text("quantity", "h"),
            tuple(state.asked_text("against", "").split()), similarities, LINK,
        )  # fmt: skip
        lanes(view, key=LANES, on_cursor=_remember_cursor, on_quantity=_remember_quantity,
              on_order=_remember_order, on_pair=_remember_pair)  # fmt: skip


def _remember_cursor() -> None:
    state.remember_step(LANES, "cursor", "t")
    state.remember()


def _remember_quantity() -> None:
    state.remember_words(LANES, "quantity", "quantity")


def _remember_order() -> None:
    state.remember_words(LANES, "order", "order")
    state.remember()


def _remember_pair() -> None:
    state.remember_words(LANES, "pair", "against")


def _page() -> None:
    source = state.handed("source")
    with told():
        network, at = state.handed("network")
        choices = Choices(read_by(network, source), network, at)
        state.hand("loss_step", state.loss_step(len(choices.source.stretch)))
        _explore(choices)
        _compare(_of_the_loss(choices))
    settling.settle()


_page()
