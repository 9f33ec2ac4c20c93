"""How a network is trained: presets, optimiser, clipping, windows and budget."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from app import state
from app.compute.parts import Judge
from app.sidebar.labels import CLIPS, JUDGES, OPTIMISERS, PRESETS, SCHEDULES, WINDOWING
from app.sidebar.widgets import Name
from core.learning import (
    ClipName,
    OptimiserName,
    ScheduleName,
    TrainingSpec,
    snapshots_that_fit,
    spread_snapshots,
)
from core.models import ModelSpec
from core.text import WindowScheme

SNAPSHOTS = 12
VALIDATIONS = 40
"""validations in a run besides those at snapshots"""
ROWS = 80
"""rows of the picture of gradient norms over time steps"""
MOST_STEPS = 20_000


@dataclass(frozen=True)
class Preset:
    """Settings that go together, and what to look for.

    Attributes:
        title: on the button.
        look: what to watch.
        widgets: value of each widget under its key; those not named keep theirs.
    """

    title: str
    look: str
    widgets: Mapping[str, object]


_PLAIN = {"both": False, "layers": 1, "scaled": False, "start": "pytorch", "sigma": 0.25}
_CHAPTER = {
    **_PLAIN, "tokens": "letters", "cell": "rnn_tanh", "input": "one_hot", "units": 32,
    "optimiser": "sgd", "rate": 1.0, "clip": "norm", "theta": 1.0, "schedule": "constant",
    "windowing": "overlapping", "span": 32, "batch": 1024,
}  # fmt: skip
PRESET: dict[str, Preset] = {
    "quick": Preset(
        "A quick LSTM",
        "Perplexity falls below the trigram’s within a minute or two, and the sample begins to "
        "hold words.",
        {**_PLAIN, "tokens": "graphemes", "cell": "lstm", "input": "embedding", "units": 80,
         "embedding": 32, "optimiser": "adam", "rate": 0.004, "clip": "norm", "theta": 1.0,
         "schedule": "cosine", "windowing": "disjoint", "span": 64, "batch": 32, "budget": 1200},
    ),
    "chapter": Preset(
        "The chapter’s RNN",
        "The chapter’s settings: the gradient norm never reaches the threshold, so clipping "
        "changes nothing here.",
        {**_CHAPTER, "budget": 1000},
    ),
    "bites": Preset(
        "Where clipping bites",
        "256 units, rate 1.6: the few norms beyond the threshold are cut, and the network learns.",
        {**_CHAPTER, "units": 256, "batch": 128, "rate": 1.6, "budget": 240},
    ),
    "unclipped": Preset(
        "The same, not clipped",
        "The same start and rate without clipping: its norms grow, and it never recovers.",
        {**_CHAPTER, "units": 256, "batch": 128, "rate": 1.6, "budget": 240, "clip": "off"},
    ),
    "relu": Preset(
        "ReLU, large weights",
        "ReLU units with weights N(0, .25²) and no clipping: the loss leaves the numbers.",
        {**_CHAPTER, "cell": "rnn_relu", "start": "normal", "sigma": 0.25, "clip": "off",
         "budget": 120},
    ),
    "rate": Preset(
        "Too high a rate",
        "tanh with learning rate 4: clipping keeps it finite, but does not cure a wrong rate.",
        {**_CHAPTER, "rate": 4.0, "budget": 300},
    ),
}  # fmt: skip


def choose_training(model: ModelSpec, *, opened: bool) -> tuple[TrainingSpec, Judge, str]:
    """Draw the controls, in the page itself, and read them.

    Args:
        model: the network; the order of the windows follows its seed.
        opened: whether all settings are shown at first.

    Returns:
        The training, what judges it, and what to look for.
    """
    chosen = st.selectbox(
        "Preset", list(PRESETS), format_func=PRESETS.__getitem__, key="preset",
        bind="query-params", on_change=_apply,
    )  # fmt: skip
    with st.expander("How it learns", expanded=opened):
        spec, judge = _choose(model)
        kept = len(spec.snapshots_at)
        if kept < min(SNAPSHOTS, spec.max_steps or SNAPSHOTS):
            st.caption(
                f"Of a network of this size {kept or 'no'} snapshots are kept on the way instead "
                f"of {SNAPSHOTS}: a file has no room for more."
            )
    return spec, judge, PRESET[chosen].look if chosen in PRESET else ""


def _choose(model: ModelSpec) -> tuple[TrainingSpec, Judge]:
    first, second = st.columns(5), st.columns(5)
    with first[0]:
        optimiser: OptimiserName = _pick("Optimiser", "optimiser", OPTIMISERS, "adam")
    with first[1]:
        rate = st.number_input("Learning rate", 0.0001, 100.0, 0.004, 0.001, format="%.4f",
                               key="rate", bind="query-params")  # fmt: skip
    with first[2]:
        schedule: ScheduleName = _pick("Schedule", "schedule", SCHEDULES, "cosine")
    with first[3]:
        clip: ClipName = _pick("Clip gradients", "clip", CLIPS, "norm")
    with first[4]:
        theta = st.number_input("Threshold θ", 0.001, 1000.0, 1.0, 0.1, key="theta",
                                bind="query-params", disabled=clip == "off")  # fmt: skip
    with second[0]:
        windowing: WindowScheme = _pick("Windows", "windowing", WINDOWING, "disjoint")
    with second[1]:
        span = st.number_input("Time steps", 2, 500, 64, 1, key="span", bind="query-params")
    with second[2]:
        batch = st.number_input("Batch size", 1, 4096, 32, 1, key="batch", bind="query-params")
    with second[3]:
        budget = st.number_input("Training steps", 10, MOST_STEPS, 1200, 50, key="budget",
                                 bind="query-params")  # fmt: skip
    with second[4]:
        judge: Judge = _pick("Judged by", "judge", JUDGES, "end")
    room = min(SNAPSHOTS, snapshots_that_fit(model))
    spec = TrainingSpec(
        optimiser=optimiser, learning_rate=float(rate), clip=clip, clip_threshold=float(theta),
        schedule=schedule, windows=windowing, time_steps=int(span), batch_size=int(batch),
        epochs=100_000, max_steps=int(budget), seed=model.seed,
        per_step_norms_every=max(1, int(budget) // ROWS),
        validate_every=max(1, int(budget) // VALIDATIONS),
        snapshots_at=spread_snapshots(int(budget), room) if room >= 2 else (),
    )  # fmt: skip
    return spec, judge


def _apply() -> None:
    """A preset was chosen: set the widgets it names, before they are drawn."""
    chosen = state.chosen("preset")
    if chosen in PRESET:
        for key, value in PRESET[chosen].widgets.items():
            state.choose(key, value)


def _pick(label: str, key: str, options: Mapping[Name, str], default: Name) -> Name:
    chosen = st.selectbox(
        label,
        list(options),
        index=list(options).index(default),
        format_func=options.__getitem__,
        key=key,
        bind="query-params",
    )
    return default if chosen is None else chosen
