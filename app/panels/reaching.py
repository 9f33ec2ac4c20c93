"""Which token's loss reaches which earlier token."""

import streamlit as st

from app import state
from app.components.reach import reach
from app.compute import comparisons, costs, gradients
from app.compute.networks import Network
from app.messages import told
from app.panels.checking import offer
from app.sidebar.labels import QUANTITIES
from app.sidebar.source import Source
from app.sidebar.widgets import segmented
from app.views.gradients import indices_of, reach_view

COMPONENT = "reaching"


@st.fragment
def draw(source: Source, network: Network) -> None:
    """Draw it."""
    with told():
        quantity = segmented("Reach", "reached", QUANTITIES, "state", _HELP)
        inputs, targets = indices_of(source)
        of = "logit" if quantity == "article" else "loss"
        (name, _), *_ = comparisons.networks("alone", network, 1.0)
        found = gradients.reaching(network, inputs, targets, of)
        view = reach_view(
            source, network, name, found, of, "state" if quantity == "state" else "input",
            state.asked_step("loss_step") if state.asked("loss_step") else None,
            state.asked_text("scale", "absolute"),
        )  # fmt: skip
        reach(view, key=COMPONENT, on_cursor=_remember_cursor, on_scale=_remember_scale)
        if quantity == "article":
            st.caption(
                "With respect to the one-hot code of each token, of the logit of the true next "
                "token, as the Distill article on memorization takes it; the article shows the "
                "square of this norm."
            )
        offer(view.identity, lambda: gradients.check_reaching(network, inputs, targets, of),
              costs.check_reach(network.spec, len(inputs)),
              costs.about(network.spec, len(inputs)))  # fmt: skip


_HELP = (
    "The gradient of each step’s loss with respect to every earlier state, or to what the layer "
    "read there; or, as in the Distill article, of the true next token’s logit with respect to the "
    "tokens."
)


def _remember_cursor() -> None:
    state.remember_step(COMPONENT, "cursor", "loss_step")


def _remember_scale() -> None:
    state.remember_words(COMPONENT, "scale", "scale")
