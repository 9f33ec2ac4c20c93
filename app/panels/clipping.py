"""Clipping: the gradient before and after, and the cliff that it is for."""

import math

import streamlit as st
import torch

from app.compute import gradients
from app.compute.networks import Network
from app.digits import rounded
from app.figures.clipping import clipping_dots, clipping_plane
from app.figures.loss_cliff import Way, loss_cliff
from app.messages import told
from app.panels.plotting import plot
from app.sidebar.source import Source
from app.theme import BLUE, VERMILION, plural
from app.views.gradients import indices_of
from core.analysis import Descent, clip_by_norm, clip_by_value, descend
from core.analysis import loss_cliff as cliff_of
from core.models import LossName

START, RATE, UPDATES = (5.5, -2.6), 0.5, 60
W_RANGE, B_RANGE, SIZE = (4.0, 7.0), (-3.5, -2.0), 181
"""where the wall is"""


@st.fragment
def draw(source: Source, network: Network, at: LossName) -> None:
    """Draw it; a fragment, so that the slider redraws nothing else."""
    with told():
        exponent = st.slider(
            "Threshold θ, as a power of ten", -3.0, 1.0, 0.0, 0.1, key="theta_log",
            bind="query-params",
            help="The norm of the gradient of all parameters together is cut to θ.",
        )  # fmt: skip
        threshold = 10.0**exponent
        _own(source, network, at, threshold)
        left, right = st.columns([3, 2])
        with left:
            _cliff(threshold)
        with right:
            _plane(threshold)


def _own(source: Source, network: Network, at: LossName, threshold: float) -> None:
    """This network's gradient on this text."""
    st.markdown("#### This network’s gradient on this text, before and after")
    found = gradients.parameter_gradients(network, *indices_of(source), at)
    values = list(found.values())
    by_norm, by_value = clip_by_norm(values, threshold), clip_by_value(values, threshold)
    plot(clipping_dots(by_norm, list(found)), key="dots")
    turned = ""
    if math.isfinite(by_value.cosine) and by_value.share_cut:
        angle = math.degrees(math.acos(min(1.0, max(-1.0, by_value.cosine))))
        turned = f" By value it would turn the gradient by {rounded(angle, 2)}°."
    st.caption(
        f"θ = {rounded(threshold)}. {by_norm.reason}{turned} One norm is taken over all "
        "parameters. " + _honest(by_norm.factor)
    )
    st.page_link("screens/train.py", label="Train: presets where clipping bites",
                 icon=":material/model_training:")  # fmt: skip


def _honest(factor: float | None) -> str:
    """How this compares with the chapter’s own training, where it does."""
    if factor != 1:
        return ""
    return (
        "The chapter’s own training is like this: its norms stay below 1, and clipping at 1 "
        "changes nothing there."
    )


def _cliff(threshold: float) -> None:
    st.markdown("#### The cliff: one unit, fifty steps")
    surface = cliff_of(W_RANGE, B_RANGE, SIZE)
    ways = descents(threshold)
    plot(loss_cliff(surface, ways), key="cliff")
    st.caption(descents_words(ways, threshold))


def descents(threshold: float) -> list[Way]:
    """Gradient descent on the cliff without clipping, and clipped at the threshold."""
    free, clipped = (descend(START, RATE, each, UPDATES) for each in (None, threshold))
    return [Way("not clipped", free, VERMILION, "dot"),
            Way(f"clipped at {rounded(threshold)}", clipped, BLUE, "solid")]  # fmt: skip


def descents_words(ways: list[Way], threshold: float) -> str:
    """What the two descents did."""
    free, clipped = (way.descent for way in ways)
    cut = int(clipped.clipped.sum())
    text = (
        "How to read it: the loss over the two weights of hₜ = w σ(hₜ₋₁) + b after fifty steps "
        f"(Pascanu et al. 2013), descent from the star with rate {RATE}, {UPDATES} updates. Not "
        f"clipped, {_end(free)}"
    )
    if not cut:
        return (
            f"{text}. No norm on this way is above θ = {rounded(threshold)}: clipping changes "
            "nothing, and both ways are one."
        )
    return (
        f"{text}; clipped at {rounded(threshold)}, {_end(clipped)} ({plural(cut, 'update')} cut)."
    )


def _end(way: Descent) -> str:
    """Where a descent ends."""
    w, b, loss = (rounded(float(values[-1])) for values in (way.w, way.b, way.loss))
    return f"it ends at w = {w}, b = {b} with loss {loss}"


def _plane(threshold: float) -> None:
    st.markdown("#### Two entries: (3, 4)")
    vector = [torch.tensor([3.0, 4.0], dtype=torch.float64)]
    by_norm, by_value = clip_by_norm(vector, threshold), clip_by_value(vector, threshold)
    plot(clipping_plane(by_norm, by_value), key="plane")
    st.caption(f"By norm (the circle): {by_norm.reason} By value (the square): {by_value.reason}")
