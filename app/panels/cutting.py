"""Truncated backpropagation: where the way back is cut, and what that does to the gradient."""

import numpy as np
import streamlit as st

from app import state
from app.components.truncation import TruncationRow, truncation
from app.compute import costs, truncating
from app.compute.networks import Network
from app.digits import rounded
from app.figures.lag_shares import lag_shares
from app.figures.truncation_bias import random_truncation_figure, truncation_bias
from app.messages import told
from app.panels.checking import offer
from app.panels.plotting import plot
from app.sidebar.source import Source
from app.views.gradients import closeness_note, indices_of, truncation_view
from core.analysis import random_starts
from core.models import LossName

COMPONENT = "cutting"
KEEPS = (0.5, 0.7, 0.8, 0.9, 0.95)
"""probabilities that are drawn as a curve"""


@st.fragment
def draw(source: Source, network: Network, at: LossName) -> None:
    """Draw it; a fragment, so that the slider redraws nothing else."""
    with told():
        steps = len(source.stretch)
        left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
        with left:
            length = st.slider("Steps k that the gradient may go back", 1, max(steps, 2),
                               min(8, steps), key="window_steps", bind="query-params")  # fmt: skip
        with middle:
            keep = st.slider(
                "π: chance that it passes a step, where cuts are random", 0.05, 0.99, 0.9, 0.01,
                key="keep", bind="query-params",
            )  # fmt: skip
        with right:
            seed = st.number_input("Seed of the cuts", 0, 2**53 - 1, 7, 1, key="cut_seed",
                                   bind="query-params")  # fmt: skip
        length = min(int(length), steps)
        starts = random_starts(steps, keep, int(seed))
        truncating.cutting(network, *indices_of(source), at, length, starts, _keeps(keep))
        _rows(source, network, at, length, keep, starts)
        _figures(source, network, at, length, keep)
        inputs, targets = indices_of(source)
        offer(f"{network.digest}{at}{length}{source.tokens.digest}{source.stretch.start}",
              lambda: truncating.check_cuts(network, inputs, targets, at, length),
              costs.check_cuts(network.spec, steps), costs.about(network.spec, steps))  # fmt: skip


def _rows(
    source: Source, network: Network, at: LossName, length: int, keep: float,
    cuts: tuple[int, ...],
) -> None:  # fmt: skip
    """The ways to cut, on the text."""
    inputs, targets = indices_of(source)
    steps = len(inputs)
    found = truncating.truncated(network, inputs, targets, at)
    starts, curve = truncating.segments(network, inputs, targets, at, length)
    own, drawn = truncating.cut_at(network, inputs, targets, at, cuts)
    rows = (
        TruncationRow("whole", "whole text", (0,), note="the full gradient"),
        TruncationRow("equal", f"equal segments of {length}", starts,
                      note=closeness_note(curve.kept, 0)),
        TruncationRow("random", f"random segments, π = {rounded(keep)}", own,
                      note=closeness_note(drawn, 0)),
        TruncationRow("sliding", f"the last {length}", sliding=length,
                      note=closeness_note(found.lags.kept, length - 1)),
    )  # fmt: skip
    cursor = state.asked_step("loss_step") if state.asked("loss_step") else steps - 1
    view = truncation_view(source, rows, min(cursor, steps - 1), network.digest + at)
    truncation(view, key=COMPONENT, on_cursor=_remember_cursor)
    where = "at the last step" if at == "last" else "at every step, their mean"
    st.caption(
        f"How to read it: the loss is {where}. Forwards the state crosses every cut; backwards the "
        "gradient stops there. Cosine and length compare the gradient of Wₕₕ with the full one."
    )


def _figures(source: Source, network: Network, at: LossName, length: int, keep: float) -> None:
    inputs, targets = indices_of(source)
    found = truncating.truncated(network, inputs, targets, at)
    left, right = st.columns(2)
    with left:
        st.markdown("#### What a window leaves of the gradient")
        plot(truncation_bias(found.segments, found.lags.kept, length), key="bias")
        st.caption("How to read it: ‖gₖ − g‖/‖g‖ of the gradient of Wₕₕ, and its direction, "
                   "against k; the line marks the k chosen.")  # fmt: skip
    with right:
        st.markdown("#### How much each distance contributes")
        plot(lag_shares(found.lags), key="lags")
        st.caption("How to read it: ∂L/∂Wₕₕ split by the distance between the loss and the step "
                   "where the weights act" + _sum_of(found.lags.share))  # fmt: skip
    st.markdown("#### Random cuts: bias and spread")
    moments = [
        each for pi in _keeps(keep) for each in truncating.randomised(network, inputs, targets, pi)
    ]
    plot(random_truncation_figure(moments), key="random")
    st.caption(_told(moments, keep))


def _keeps(keep: float) -> list[float]:
    """The probabilities of the curve, the chosen one among them."""
    return [float(pi) for pi in sorted({*KEEPS, round(keep, 2)})]


def _sum_of(shares: np.ndarray) -> str:
    if np.isfinite(shares).all():
        return "; the shares add up to 1."
    return ". Here it is 0 or no finite number, and has no shares."


def _told(moments: list, keep: float) -> str:
    own = [each for each in moments if np.isclose(each.keep, keep)]
    weighted = next(each for each in own if each.reweighted)
    plain = next(each for each in own if not each.reweighted)
    if not np.isfinite(weighted.relative_deviation):
        return "The gradient is 0 or no finite number: there is nothing to compare."
    return (
        "How to read it: exact over all draws, for the loss at the last step. Dividing by π what "
        f"passes makes the mean right (bias {rounded(weighted.bias, 2)} of ‖g‖, rounding) and the "
        f"spread {rounded(weighted.relative_deviation, 2)} of ‖g‖; random segments without it have "
        f"bias {rounded(plain.bias, 2)} and spread {rounded(plain.relative_deviation, 2)}."
    )


def _remember_cursor() -> None:
    state.remember_step(COMPONENT, "cursor", "loss_step")
