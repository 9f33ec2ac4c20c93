"""Many networks: verdict and rate over length, spectral radius and cell."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.compute import sweeps
from app.compute.networks import Network
from app.figures.sweep_map import signs_key, sweep_map
from app.messages import told
from app.panels.plotting import plot
from app.sidebar.labels import CELLS
from app.sidebar.source import Source
from app.theme import CELL_LABELS, plural
from app.views.gradients import indices_of
from core.analysis.sweep import SweepSpec, SweepTable, sweep_table
from core.analysis.sweep.spec import MIN_LENGTH
from core.errors import CoreError

MOST_POINTS = 300
LENGTHS = (10, 20, 50, 100, 200, 500)


def draw(source: Source, network: Network) -> None:
    """Draw it."""
    with told():
        if len(source.stretch) < MIN_LENGTH:
            st.info(f"A verdict needs a stretch of at least {MIN_LENGTH} steps.")
            return
        spec = _choose(source, network)
        if spec is None:
            st.info("Choose at least one cell.")
            return
        if len(spec) > MOST_POINTS:
            raise CoreError(
                f"These are {len(spec):,} networks; the page runs up to {MOST_POINTS}. Choose "
                "fewer, or use the command below, which takes any number of processes."
            )
        asked = st.button(f"Run {plural(len(spec), 'network')}", type="primary")
        rows = sweeps.known(spec)
        if asked and rows is None:
            bar = st.progress(0.0, "Each network reads the text and is judged …")
            try:
                rows = sweeps.run(spec, _progress(bar))
            finally:
                bar.empty()
        if rows is None:
            st.caption(
                "How it works: untrained networks of one layer with "
                f"{plural(spec.hidden_size, 'unit')} (64 at most), one-hot input and orthogonal "
                "weights, each with every cell, radius and length chosen, read the beginning of "
                "the stretch; the gradient of the last loss is judged in each."
            )
            return
        table = sweep_table(spec, rows)
        _maps(table)
        st.caption(
            "How to read it: colour is the rate, decades per step back: what each step multiplies "
            "the gradient by, on a log scale; the sign is the verdict: "
            f"{signs_key(bool(table.missing))}."
        )
        st.download_button("Table as CSV", table.to_csv(), "sweep.csv", on_click="ignore")
    st.code(
        "python -m core.analysis.sweep text.txt --cells rnn_tanh gru lstm --lengths 50 100 200 "
        "--radii 0.5:1.5:21 --workers 8 --store sweep.jsonl --csv sweep.csv", language=None,
        wrap_lines=True,
    )  # fmt: skip


def _maps(table: SweepTable) -> None:
    """One for each cell, beside each other; below each other where it is narrow."""
    cells = table.spec.cells
    across = len(cells) if len(cells) <= 3 else 2
    for first in range(0, len(cells), across):
        row = cells[first : first + across]
        for cell, column in zip(row, st.columns(across), strict=False):
            with column:
                st.markdown(f"#### {CELL_LABELS[cell]}")
                plot(sweep_map(table, cell), key=f"map_{cell}")


def _progress(bar: DeltaGenerator) -> Callable[[int, int, int], None]:
    """Shows how far a sweep is; where the page has asked for something else, Streamlit raises."""

    def show(done: int, points: int, before: int) -> None:
        words = f"{done} of {points}"
        if before:
            words = f"It begins as soon as another sweep ends ({before} before it)."
        elif not done:
            words = "Its processes start …"
        bar.progress(done / points, words)

    return show


def _choose(source: Source, network: Network) -> SweepSpec | None:
    inputs, targets = indices_of(source)
    first, second, third = st.columns(3)
    with first:
        cells = st.pills("Cells", list(CELLS), format_func=CELLS.__getitem__, key="sweep_cells",
                         selection_mode="multi", default=["rnn_tanh", "gru", "lstm"],
                         bind="query-params")  # fmt: skip
    with second:
        low, high = st.slider("Spectral radius, from and to", 0.0, 3.0, (0.5, 1.5), 0.1,
                              key="sweep_radii", bind="query-params")  # fmt: skip
    with third:
        count = st.number_input("Radii between", 2, 21, 11, 1, key="sweep_count",
                                bind="query-params")  # fmt: skip
    if not cells:
        return None
    possible = tuple(each for each in LENGTHS if each <= len(inputs)) or (len(inputs),)
    radii = tuple(float(each) for each in np.round(np.linspace(low, high, int(count)), 4))
    return SweepSpec(
        cells=tuple(cells),
        lengths=possible,
        spectral_radii=tuple(dict.fromkeys(radii)),
        tokens=(*inputs, targets[-1]),
        vocabulary_size=network.spec.vocabulary_size,
        seeds=(network.spec.seed,),
        hidden_size=min(network.spec.hidden_size, 64),
    )
