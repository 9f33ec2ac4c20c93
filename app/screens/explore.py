"""Explore: a network reads a text, and everything that happens inside it under one cursor."""

import hashlib
import time

import streamlit as st

from app import state
from app.components.explorer import explorer
from app.compute import comparisons, counts, readings, settling, trained
from app.compute.networks import Network
from app.figures.gradient_norms import Curve, gradient_norms
from app.messages import told
from app.sidebar.source import read_by
from app.sidebar.weights import choose_network
from app.theme import CELL_COLOURS, CELL_DASHES, verdict_text
from app.views.explorer import Choices, explorer_view, lane_keys


def _indices(choices: Choices) -> tuple[tuple[int, ...], tuple[int, ...]]:
    source = choices.source
    vocabulary, stretch = source.tokens.vocabulary, source.stretch
    return tuple(vocabulary.encode(stretch.inputs)), tuple(vocabulary.encode(stretch.targets))


@st.fragment
def _explore(choices: Choices) -> None:
    """The linked pictures; a fragment, so that a moved cursor redraws nothing else."""
    with told():
        _draw_explorer(choices)


def _draw_explorer(choices: Choices) -> None:
    reading = readings.reading(choices.network, *_indices(choices), choices.at)
    names = tuple(layer.name for layer in reading.layers)
    source = choices.source
    looking = state.looking(len(source.stretch), names, lane_keys(choices.spec.cell))
    hidden = reading.layers[names.index(looking.layer)].hidden
    content = (choices.network.digest, source.tokens.digest, str(source.stretch.start),
               str(len(source.stretch)), choices.at, looking.layer)  # fmt: skip
    identity = hashlib.sha256("|".join(content).encode()).hexdigest()[:16]
    similarity = readings.order_of(identity, looking.layer, hidden)
    explorer(
        explorer_view(
            choices,
            reading,
            looking,
            similarity,
            identity,
            counts.references(source.tokens, source.stretch),
        ),
        key=state.EXPLORER,
        on_cursor=state.remember_cursor,
        on_lane=state.remember_choices,
        on_layer=state.remember_choices,
        on_order=state.remember_choices,
        on_strip=state.remember_choices,
        on_edges=state.remember_choices,
    )


def _compared(network: Network) -> tuple[str, list[comparisons.Named]]:
    """What the network is held against: the other cells, and its own beginning."""
    if network.checkpoint is None:
        return "RNN, GRU and LSTM on this text", comparisons.cells(network)
    if len(trained.siblings(network.checkpoint)) < 2:
        return "Before and after training, on this text", comparisons.training(network)
    _, start = comparisons.training(network)
    heading = "Before and after training, and the other cells after it"
    return heading, [start, *comparisons.cells(network)]


def _compare(choices: Choices) -> None:
    """The gradient of several networks on the same text."""
    heading, networks = _compared(choices.network)
    curves = []
    for name, network in networks:
        layer = readings.highest(network, *_indices(choices), choices.at)
        cell = network.spec.cell
        start = choices.network.checkpoint is not None and network.checkpoint is None
        dash = "dot" if start else CELL_DASHES[cell]
        told_by = f"{name}: {verdict_text(layer.verdict)}"
        curves.append(Curve(told_by, layer.gradient, CELL_COLOURS[cell], dash))
    st.markdown(f"#### {heading}")
    st.plotly_chart(gradient_norms(curves), key="compared", config={"displaylogo": False})
    st.caption(
        "How to read it: one line is one network of the same size, one point the size of "
        "the loss’s gradient at one step of the highest layer, on an absolute log scale; the "
        "further left a line stays high, the further back the loss reaches. The verdict in the "
        "legend is on the loss at the last step; a gap is a step whose norm is no number."
    )


def _page() -> None:
    source = state.handed("source")
    with told():
        with st.sidebar:
            network, at = choose_network(source)
        choices = Choices(read_by(network, source), network, at)
        _explore(choices)
        if state.first_visit():
            # Plotly's bundle keeps a browser busy for a second: the explorer is painted before.
            time.sleep(state.HEAD_START)
        with told():
            _compare(choices)
    settling.settle()


_page()
