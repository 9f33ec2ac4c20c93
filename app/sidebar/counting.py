"""The controls of the Text page: what is counted, and how the model made of it is smoothed."""

import math
from dataclasses import dataclass

import streamlit as st

from app.sidebar.labels import BACKOFFS, ORDERS, SCORED, SPLITS, WINDOWS
from app.sidebar.widgets import segmented
from core.errors import TextError
from core.text import MAX_ORDER, Backoff, Split, WindowScheme

EPSILONS = ("0", "0.001", "0.01", "0.1", "0.3", "1", "3", "10", "30", "100", "1000", "∞")
MOST_SAMPLED = 500


@dataclass(frozen=True)
class ModelChoices:
    """Everything that decides an n-gram model and what is done with it.

    Attributes:
        min_freq: of the vocabulary.
        order: 1 to 5.
        epsilons: smoothing of each order, five numbers.
        backoff: what an order falls back on.
        split: the part that is counted and the part that judges.
        scored: "stretch", "validation" or "own".
        length: tokens to sample.
        seed: of the sample.
    """

    min_freq: int
    order: int
    epsilons: tuple[float, ...]
    backoff: Backoff
    split: Split
    scored: str
    length: int
    seed: int


@dataclass(frozen=True)
class WindowChoices:
    """How the text is cut into windows.

    Attributes:
        scheme: one of the three.
        steps: tokens of a window.
        streams: parallel streams, for consecutive windows.
        seed: of the offsets.
    """

    scheme: WindowScheme
    steps: int
    streams: int
    seed: int


def choose_min_freq() -> int:
    """From which count on a token has an index of its own."""
    return int(
        st.number_input(
            "Least count (min_freq)",
            0,
            1000,
            0,
            1,
            key="min_freq",
            bind="query-params",
            help="Tokens that occur less often in the text are read as <unk>, the unknown token.",
        )
    )


def choose_model(tokens: int) -> ModelChoices:
    """The n-gram model.

    Args:
        tokens: how many the text has.

    Raises:
        TextError: if the text is too short to be split.
    """
    min_freq = choose_min_freq()
    order = int(segmented("Order n", "n", ORDERS, "3", _ORDER_HELP))
    epsilons = _choose_epsilons()
    backoff: Backoff = segmented(
        "Where counts are missing, use", "backoff", BACKOFFS, "unigram", _BACK_HELP
    )
    split = _choose_split(tokens)
    scored = segmented("Surprise shown for", "scored", SCORED, "stretch", None)
    left, right = st.columns(2)
    with left:
        length = st.number_input(
            "Sample tokens", 1, MOST_SAMPLED, 160, 10, key="sampled", bind="query-params"
        )
    with right:
        seed = st.number_input("Seed", 0, 2**32 - 1, 7, 1, key="sample_seed", bind="query-params")
    return ModelChoices(min_freq, order, epsilons, backoff, split, scored, int(length), int(seed))


def choose_windows(tokens: int) -> WindowChoices:
    """How windows are cut.

    Args:
        tokens: how many the text has.
    """
    scheme: WindowScheme = segmented("Scheme", "windows", WINDOWS, "disjoint", _SCHEME_HELP)
    longest = max(1, min(500, tokens - 1))
    steps = st.number_input(
        f"Window length (to {longest})",
        1,
        longest,
        min(5, longest),
        1,
        key="window",
        bind="query-params",
    )
    streams, seed = 3, 7
    if scheme == "consecutive":
        streams = st.number_input("Streams (to 8)", 1, 8, 3, 1, key="streams", bind="query-params")
    if scheme == "disjoint":
        seed = st.number_input(
            "Seed of the offset", 0, 2**32 - 1, 1, 1, key="offset_seed", bind="query-params"
        )
    return WindowChoices(scheme, int(steps), int(streams), int(seed))


_ORDER_HELP = "n tokens long: the next token is guessed from the n − 1 before it."
_BACK_HELP = (
    "The chapter mixes every order with the frequency of single tokens. Mixing with the model of "
    "one token less forecasts better where much is smoothed, and worse where little is."
)
_SCHEME_HELP = (
    "Disjoint windows from a random offset, as the chapter describes; all overlapping windows, as "
    "its code does; or consecutive ones whose state is carried over."
)


def _choose_epsilons() -> tuple[float, ...]:
    own = st.toggle("Smooth each order by itself", key="own_epsilons", bind="query-params")
    if not own:
        return (_epsilon("Smoothing ε", "epsilon"),) * MAX_ORDER
    return tuple(
        _epsilon(f"ε of order {order}", f"epsilon{order}") for order in range(1, MAX_ORDER + 1)
    )


def _epsilon(label: str, key: str) -> float:
    chosen = st.select_slider(
        label,
        EPSILONS,
        value="1",
        key=key,
        bind="query-params",
        help="Pseudo-counts shared out by the model below: 0 is maximum likelihood, ∞ ignores "
        "the counts.",
    )
    return math.inf if chosen == "∞" else float(chosen)


def _choose_split(tokens: int) -> Split:
    kind = segmented(
        "Validation",
        "split",
        SPLITS,
        "end",
        "The last tenth of the text judges what the rest taught. The chapter’s own split is there "
        "to reproduce its numbers: its two parts share 32 tokens.",
    )
    if kind == "chapter":
        try:
            split = Split.of_chapter(tokens)
        except TextError as error:
            st.error(f"{str(error).replace('`length`', 'The text')} Until then its end judges.")
        else:
            st.caption(split.note)
            return split
    return Split.at_end(tokens)
