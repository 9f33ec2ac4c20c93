"""Predict, then reveal: a bet first, then the real computation."""

import math

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from app import state
from app.bets import Bet, Reveal, Stage, bets
from app.bets.values import FEWEST
from app.components.decay import DecayNetwork, DecayView, decay
from app.compute import gradients
from app.compute.networks import Network
from app.digits import rounded
from app.messages import told
from app.sidebar.source import Source
from app.sidebar.widgets import segmented
from app.theme import CELL_COLOURS
from app.views.gradients import identity_of, indices_of

KEPT = "bets"
"""in the session: what was bet on, by question, text and network"""


@st.fragment
def draw(source: Source, network: Network) -> None:
    """Draw it; a fragment, so that a bet redraws nothing else."""
    with told():
        inputs, targets = indices_of(source)
        if len(inputs) < FEWEST:
            st.info(f"The questions need a stretch of at least {FEWEST} steps.")
            return
        stage = Stage(network.spec, torch.tensor(inputs), torch.tensor(targets),
                      network.checkpoint, network.step)  # fmt: skip
        asked = bets(stage)
        names = {bet.key: f"Question {place}" for place, bet in enumerate(asked, 1)}
        chosen = segmented("Question", "bet", names, asked[0].key, None, named=False)
        bet = next((each for each in asked if each.key == chosen), asked[0])
        place = (bet.key, network.digest, source.tokens.digest, source.stretch.start, len(inputs))
        _ask(bet, place)
        if place in _made():
            found = gradients.revealed(bet.key, network, inputs, targets, bet.reveal)
            _tell(bet, found, _made()[place])
        _score(asked, place)


def _ask(bet: Bet, place: tuple) -> None:
    st.markdown(f"#### {bet.question}")
    made = _made().get(place)
    options = {option.key: option.text for option in bet.options}
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        guess = st.radio(
            "Your bet", list(options), format_func=options.__getitem__, horizontal=True,
            index=None if made is None else list(options).index(made), key=f"guess:{place}",
            disabled=made is not None,
        )  # fmt: skip
    right.button("Run it", type="primary", width="stretch", disabled=guess is None or bool(made),
                 on_click=_bet, args=(place, guess), help="Bet first.", key="run_bet")  # fmt: skip


def _tell(bet: Bet, found: Reveal, guess: str) -> None:
    options = {option.key: option.text for option in bet.options}
    if found.right is None:
        st.info("The numbers do not decide it here. " + found.because)
    elif found.right == guess:
        st.success(f"Right: {options[guess]}. {found.because}")
    else:
        st.warning(f"It came out otherwise: {options[found.right]}. {found.because}")
    if found.curves:
        decay(_picture(bet, found), key="bet_picture")
    numbers = {name: rounded(value) for name, value in found.numbers.items()}
    st.caption(" · ".join(f"{name}: {value}" for name, value in numbers.items()))


def _picture(bet: Bet, found: Reveal) -> DecayView:
    most = max(len(curve) for curve in found.curves.values())
    networks = []
    for name, curve in found.curves.items():
        whole = np.full(most, np.nan)
        whole[: len(curve)] = curve
        finite = np.isfinite(whole)
        status = np.where(finite, 0, np.where(np.isneginf(whole), 1, 2)).astype(np.uint8)
        networks.append(DecayNetwork(
            key=f"c{len(networks)}", name=name, colour=CELL_COLOURS[found.cells[name]],
            word="", text="", measured=np.where(finite, whole, np.nan), status=status,
        ))  # fmt: skip
    return DecayView(
        identity=identity_of(bet.key, *[(n, curve.tobytes()) for n, curve in found.curves.items()]),
        networks=tuple(networks),
        x_label="steps back",
        y_label=found.measure,
        y_range=_whole_decades(np.concatenate([each.measured for each in networks])),
    )


def _whole_decades(log10: NDArray[np.float64]) -> tuple[float, float]:
    """An axis that ends where the curves do; nothing moves here, so that it need not keep still."""
    finite = log10[np.isfinite(log10)]
    low, high = (finite.min(), finite.max()) if len(finite) else (-1.0, 0.0)
    low = math.floor(low)
    return float(low), float(max(math.ceil(high), low + 1))


def _score(asked: tuple[Bet, ...], place: tuple) -> None:
    done = sum((bet.key, *place[1:]) in _made() for bet in asked)
    st.caption(
        f"{done} of {len(asked)} bets made on this text and network. Nothing is stored: each "
        "answer is computed when the bet is made, and may differ on another text or network."
    )


def _made() -> dict:
    return state.kept_text(KEPT) or {}


def _bet(place: tuple, guess: str) -> None:
    state.keep_text(KEPT, {**_made(), place: guess})
