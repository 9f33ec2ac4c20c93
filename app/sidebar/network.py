"""The network: its cell and size first, what few change last."""

from collections.abc import Collection

import streamlit as st

from app.compute.texts import TokenText
from app.sidebar.idle import in_sight, pair_in_sight
from app.sidebar.labels import CELLS, INITIALISATIONS, INPUTS, LOSSES
from app.sidebar.widgets import segmented
from core.models import CellName, InitialisationName, InputName, LossName, ModelSpec

LOSS_HELP = (
    "Where the network is told how wrong its guess was. From the last step alone one sees how far "
    "back its gradient reaches; with a loss at every step each step adds a gradient of its own. "
    "Any other single step: “loss at t” under the unrolled network."
)


def choose_loss(idle: Collection[str]) -> LossName:
    """Where the loss is.

    Args:
        idle: Keys of the controls that do nothing here.
    """
    with in_sight("loss", idle):
        return segmented("Loss", "loss", LOSSES, "last", LOSS_HELP)


def choose_spec(tokens: TokenText, idle: Collection[str]) -> tuple[ModelSpec, LossName]:
    """An untrained network that reads these tokens, and where its loss is.

    Args:
        tokens: What it reads.
        idle: Keys of the controls that do nothing here.
    """
    vocabulary_size = len(tokens.vocabulary)
    if tokens.unknown:
        st.caption(
            f"The network knows the {vocabulary_size - 1:,} most frequent tokens; "
            f"{tokens.unknown:,} rarer ones are read as <unk>."
        )
    with in_sight("cell", idle):
        cell: CellName = segmented("Cell", "cell", CELLS, "lstm", None)
    left, right = pair_in_sight("units", "layers", idle)
    with left:
        hidden_size = st.number_input(
            "Units (to 512)", 1, 512, 32, 1, key="units", bind="query-params"
        )
    with right:
        num_layers = st.number_input("Layers (to 4)", 1, 4, 1, 1, key="layers", bind="query-params")
    with in_sight("both", idle):
        both = _choose_directions()
    at = choose_loss(idle)
    with in_sight("start", idle):
        initialisation, sigma = _choose_start()
    with in_sight("scaled", idle):
        radius = _choose_radius()
    with in_sight("input", idle):
        source, embedding_size = _choose_input()
    seed = st.number_input("Seed", 0, 2**53 - 1, 7, 1, key="seed", bind="query-params")
    spec = ModelSpec(
        cell=cell,
        vocabulary_size=vocabulary_size,
        hidden_size=int(hidden_size),
        num_layers=int(num_layers),
        bidirectional=both,
        input=source,
        embedding_size=embedding_size,
        seed=int(seed),
        initialisation=initialisation,
        sigma=float(sigma),
        spectral_radius=radius,
    )
    return spec, at


def _choose_directions() -> bool:
    both = st.toggle("Read in both directions", key="both", bind="query-params")
    if both:
        st.caption(
            "What reads from the end has already seen the token to guess: good guesses of such a "
            "network say nothing about forecasting."
        )
    return both


def _choose_start() -> tuple[InitialisationName, float]:
    """How the weights are drawn, and σ where they are normal."""
    initialisation: InitialisationName = st.selectbox(
        "Weights start as",
        list(INITIALISATIONS),
        format_func=INITIALISATIONS.__getitem__,
        key="start",
        bind="query-params",
    )
    if initialisation != "normal":
        return initialisation, 0.01
    sigma = st.number_input(
        "σ (up to 10)", 0.001, 10.0, 0.25, 0.05, format="%.3f", key="sigma", bind="query-params"
    )
    return initialisation, sigma


def _choose_radius() -> float | None:
    scaled = st.toggle(
        "Set spectral radius of Wₕₕ",
        key="scaled",
        bind="query-params",
        help="The largest |eigenvalue| of Wₕₕ (of each gate’s block in a GRU or LSTM): how much "
        "one step multiplies in the long run, before the activations.",
    )
    if not scaled:
        return None
    return st.slider("Spectral radius", 0.0, 3.0, 1.0, 0.01, key="radius", bind="query-params")


def _choose_input() -> tuple[InputName, int]:
    """How a token enters, and the size of its embedding."""
    source: InputName = segmented("Input", "input", INPUTS, "embedding", None)
    if source != "embedding":
        return source, 32
    size = st.number_input(
        "Embedding size (1 to 512)", 1, 512, 32, 1, key="embedding", bind="query-params"
    )
    return source, int(size)
