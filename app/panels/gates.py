"""Gates: how often they are shut or open, and what their product alone would carry."""

import streamlit as st

from app.components.shared.signs import isolated, visible
from app.compute import comparisons, gradients
from app.compute.networks import Network
from app.figures.carry import Carried, carry
from app.figures.gate_activations import gate_activations
from app.figures.saturation import saturation_figure
from app.panels.plotting import plot
from app.sidebar.source import Source
from app.theme import CELL_INKS, plural
from app.views.gradients import indices_of

_CARRY = {"lstm": "forget", "gru": "update"}


def draw(source: Source, network: Network) -> None:
    """Draw it."""
    inputs, targets = indices_of(source)
    if network.spec.cell not in _CARRY:
        st.info("A plain RNN has no gates: choose an LSTM or a GRU in the sidebar.")
        return
    named = comparisons.networks("alone", network, 1.0)
    found = [gradients.gated(each, inputs, targets) for _, each in named]
    gate = _CARRY[network.spec.cell]
    left, right = st.columns([1, 1])
    with left:
        st.markdown("#### Saturation, one point a unit")
        plot(saturation_figure(found[0].saturation), key="saturation")
        st.caption(
            "How to read it: right, the gate of this unit is shut (below 0.1) at most of the "
            f"{plural(found[0].saturation.steps, 'step')}; up, it is open (above 0.9). "
            f"{gate.capitalize()} gates of .9 leave .9ᵏ after k steps, 1e-5 after 109: only one "
            "very near 1 keeps for long."
        )
    with right:
        st.markdown(f"#### The {gate} gates’ product against the gradient")
        plot(
            carry([
                Carried(name, CELL_INKS[each.spec.cell], one.carry,
                        one.loss.log10[:, 0].numpy()[::-1])
                for (name, each), one in zip(named, found, strict=True)
            ]), key="carry",
        )  # fmt: skip
        st.caption(
            f"How to read it: the product of the {gate} gates over so many steps back from the "
            "end, of the unit that keeps most, on average and of the median unit; solid is the "
            "measured gradient of the last loss, which has the paths through Wₕₕ too: compare "
            "slopes, not heights."
        )
    st.markdown(f"#### The {gate} gate of every unit over the text")
    tokens = [isolated(visible(token)) for token in source.as_read.inputs]
    figure = gate_activations(found[0].activations, tokens, gate)
    plot(figure, key="activations")
    st.caption("How to read it: a row is a unit, a column a step; bright is open, dark is shut.")
