"""How a network writes: prefix, rule, length and seed; in the page itself."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import state
from app.compute.written import Rule, RuleName
from app.sidebar.boxes import from_a_box
from app.sidebar.labels import RULES, SCHEMES, STOPS
from app.sidebar.source import Source
from app.sidebar.widgets import segmented
from app.theme import plural
from core.errors import TextError
from core.text import tokenize

GIVEN = 12
"""tokens of the text that are the prefix while none is typed"""
MOST_PREFIX, MOST_WRITTEN, MOST_SEARCHED = 90, 400, 60
MOST_SEED = 2**53
_STOP_TOKENS = {"stop": ".", "line": "\n"}


def choose_prefix(source: Source) -> tuple[str, ...]:
    """The tokens to begin with, in the network's kind of tokens.

    Args:
        source: the beginning of what is read, as the network reads it.
    """
    begun = source.stretch.inputs
    typed = st.text_input(
        "Prefix", key="prefix", max_chars=500, persist_state="session",
        placeholder="the text in the sidebar, from the token chosen there",
        help=f"What the network reads before it writes: up to {MOST_PREFIX} tokens, the last ones "
        "if you type more. A line end is written \\\\n, a tab \\\\t. It stays on this page, out of "
        "the link.",
    )  # fmt: skip
    typed = from_a_box(typed or "")
    if not typed or (source.scheme == "words" and not typed.strip()):
        _tell_unread(source, begun)
        return begun
    try:
        tokens = tokenize(typed, source.scheme)
    except TextError:
        st.caption(f"As “{SCHEMES[source.scheme]}” nothing is left of this prefix.")
        return begun
    given = tuple(tokens[-MOST_PREFIX:])
    _tell_unread(source, given)
    return given


def _tell_unread(source: Source, prefix: tuple[str, ...]) -> None:
    """How much of the prefix the network does not know; each is marked where it stands."""
    unread = sum(token not in source.tokens.vocabulary for token in prefix)
    if unread:
        which = "is" if unread == 1 else "are"
        st.caption(
            f"{unread:,} of the {plural(len(prefix), 'token')} of the prefix {which} new to this "
            "network: it reads each of them as `<unk>`, all alike."
        )


def choose_rule(source: Source, beside: DeltaGenerator) -> Rule:
    """Draw the controls and read them.

    Args:
        source: what is read, as the network reads it.
        beside: the place for the name of the rule.
    """
    with beside:
        name: RuleName = segmented(
            "How the next token is chosen", "rule", RULES, "sample",
            "Greedy takes the likeliest. Sampling draws by the probabilities p. Top-k and top-p "
            "draw from the likeliest tokens only. P^α sharpens p as the chapter does: α = "
            "1/temperature. Beam search follows several texts at once and keeps the likeliest.",
        )  # fmt: skip
    columns = st.columns([2, 2, 1.6, 1.4, 1.4, 1.2], vertical_alignment="bottom")
    options = _options(name, columns)
    most = MOST_SEARCHED if name == "beam" else MOST_WRITTEN
    with columns[2]:
        ends = st.selectbox("Stop after", list(STOPS), format_func=STOPS.__getitem__,
                            key="stop", bind="query-params")  # fmt: skip
    with columns[3]:
        key = "searched" if name == "beam" else "length"
        length = st.number_input(
            f"Tokens (to {most})", 1, most, min(120, most // 2), 1 if name == "beam" else 20,
            key=key, bind="query-params",
        )  # fmt: skip
    seed = 7
    with columns[4]:
        if name not in ("greedy", "beam"):
            seed = st.number_input("Seed of the draws", 0, MOST_SEED - 1, 7, 1, key="drawn",
                                   bind="query-params")  # fmt: skip
    columns[5].button("Write anew", type="primary", width="stretch", on_click=_another_seed,
                      disabled=name in ("greedy", "beam"), help="With the next seed.")  # fmt: skip
    stop = _stop(source, ends)
    return Rule(name=name, length=int(length), seed=int(seed), stop=stop, **options)


def _options(name: RuleName, columns: list) -> dict:
    """What belongs to one rule."""
    chosen: dict = {}
    with columns[0]:
        if name in ("sample", "topk", "topp"):
            chosen["temperature"] = st.slider(
                "Temperature", 0.05, 3.0, 1.0, 0.05, key="temperature", bind="query-params",
                help="p^(1/temperature): below 1 the likely gets likelier, above 1 all gets alike.",
            )  # fmt: skip
        if name == "alpha":
            chosen["alpha"] = st.slider("α", 0.2, 10.0, 2.0, 0.1, key="alpha",
                                        bind="query-params")  # fmt: skip
        if name == "beam":
            chosen["width"] = int(st.number_input("Width (texts kept)", 1, 10, 3, 1, key="width",
                                                  bind="query-params"))  # fmt: skip
    with columns[1]:
        if name == "topk":
            chosen["top_k"] = int(st.number_input("k (tokens kept)", 1, 100, 5, 1, key="k",
                                                  bind="query-params"))  # fmt: skip
        if name == "topp":
            chosen["top_p"] = st.slider("p (probability kept)", 0.05, 1.0, 0.9, 0.05, key="p",
                                        bind="query-params")  # fmt: skip
        if name == "beam":
            chosen["length_power"] = st.slider(
                "Length exponent", 0.0, 2.0, 0.75, 0.05, key="power", bind="query-params",
                help="Whole texts are compared by log P / L^exponent: 0 favours short ones, "
                "larger values long ones.",
            )  # fmt: skip
    return chosen


def _stop(source: Source, ends: str | None) -> int | None:
    token = _STOP_TOKENS.get(ends or "")
    if token is None:
        return None
    vocabulary = source.tokens.vocabulary
    if token not in vocabulary:
        st.caption("This network has no such token: it writes to the full length.")
        return None
    return vocabulary.encode([token])[0]


def _another_seed() -> None:
    """A click on "Write anew": the next seed, before the widgets are drawn."""
    seed = state.chosen("drawn")
    state.choose("drawn", ((7 if seed is None else int(seed)) + 1) % MOST_SEED)
