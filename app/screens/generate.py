"""Generate: a network writes on, token by token, while one looks inside."""

import hashlib

import streamlit as st

from app import state
from app.components.explorer import explorer
from app.components.writing import writing
from app.compute import readings, settling
from app.compute.networks import Network
from app.compute.written import Rule, Written, written
from app.messages import told
from app.sidebar.source import Source, read_by
from app.sidebar.writing import GIVEN, choose_prefix, choose_rule
from app.views.details import asked_for
from app.views.explorer import Choices, explorer_view, lane_keys
from app.views.text import kind_of
from app.views.writing import text_written, what_happened, writing_view
from core.errors import CoreError
from core.models import LossName

OTHERS = {"greedy": "greedy", "sample": "sampled"}
LINK = "generate"
"""the name under which text and explorer share their cursor"""
UNFOLDING = "unfolding"
"""the explorer on what was written"""


def _write(source: Source, network: Network, prefix: tuple[str, ...], rule: Rule) -> Written:
    return written(network, tuple(source.tokens.vocabulary.encode(prefix)), rule)


@st.fragment
def _unfold(
    source: Source,
    network: Network,
    prefix: tuple[str, ...],
    texts: list[Written],
    rules: list[Rule],
    at: LossName,
) -> None:
    """The texts and the states; a fragment, so that a cursor redraws no more."""
    with told():
        text, rule = texts[0], rules[0]
        main, beside = st.columns([2.7, 1])
        with main:
            cursor = _draw_text(source, prefix, text, rule)
        with beside:
            other = writing_view(source, texts[1], rules[1], typed=prefix, compact=True)
            writing(other, key="beside")
            happened = what_happened(texts[1], kind_of(source))
            st.caption(f"The same prefix, {OTHERS[rules[1].name]}. {happened}")
        _draw_states(source, network, text, at, len(text.prefix) + (cursor or 0) - 1)


def _draw_text(source: Source, prefix: tuple[str, ...], text: Written, rule: Rule) -> int | None:
    """The text, its choices; what the cursor is at."""
    view = writing_view(source, text, rule, typed=prefix, link=LINK)
    kept = state.kept_text("written")
    if kept not in (None, view.identity):
        state.forget("g")
    state.keep_text("written", view.identity)
    cursor = state.asked_step("g") if state.asked("g") else None
    view = writing_view(source, text, rule, cursor, typed=prefix, link=LINK)
    writing(view, key="writing", on_cursor=_remember)
    st.caption("How to read it: pointing at a written token shows what it was chosen from: the "
               "network’s own probabilities, and what the rule left of them. "
               + what_happened(text, kind_of(source)))  # fmt: skip
    return view.cursor


def _draw_states(source: Source, network: Network, text: Written, at: LossName, step: int) -> None:
    """The explorer on all that was read and written."""
    whole = text_written(source, text)
    alone = state.loss_step(len(whole.stretch))
    choices = Choices(whole, network, at if alone is None else alone, written=len(text.choices))
    vocabulary = whole.tokens.vocabulary
    inputs = tuple(vocabulary.encode(whole.stretch.inputs))
    targets = tuple(vocabulary.encode(whole.stretch.targets))
    reading = readings.reading(network, inputs, targets, choices.at)
    names = tuple(layer.name for layer in reading.layers)
    looking = state.looking(len(whole.stretch), names, lane_keys(choices.spec.cell), step)
    content = (network.digest, whole.tokens.digest, str(choices.at), looking.layer)
    identity = hashlib.sha256("|".join(content).encode()).hexdigest()[:16]
    hidden = reading.layers[names.index(looking.layer)].hidden
    similarity = readings.order_of("|".join(content[:2]), looking.layer, hidden)
    explorer(
        explorer_view(
            choices,
            reading,
            looking,
            similarity,
            identity,
            link=LINK,
            details=asked_for(network, whole, reading, looking, (inputs, targets)),
            heard=state.heard(UNFOLDING),
        ),
        key=UNFOLDING,
        on_choice=_choose,
    )


def _remember() -> None:
    state.remember_step("writing", "cursor", "g")


def _choose() -> None:
    state.remember(UNFOLDING)


def _beside(rule: Rule) -> Rule:
    """What is shown beside a rule: greedy loops where sampling wanders."""
    name = "sample" if rule.name == "greedy" else "greedy"
    return Rule(name=name, length=rule.length, seed=7, stop=rule.stop)


def _page() -> None:
    source: Source = state.handed("source")
    with told():
        network, at = state.handed("network")
        if network.spec.bidirectional:
            st.info("A network that reads in both directions cannot write: it would have to read "
                    "the text from its end. Switch “Read in both directions” off.")  # fmt: skip
            return
        typed = bool(state.chosen("prefix"))  # the text is then not read
        source = read_by(network, source.beginning(GIVEN), unread=not typed)
        left, right = st.columns([2, 3])
        with left:
            prefix = choose_prefix(source)
        rule = choose_rule(source, right)
        rules = [rule, _beside(rule)]
        try:
            texts = [_write(source, network, prefix, each) for each in rules]
        except CoreError as error:
            if network.checkpoint is not None:
                raise
            raise CoreError(
                "This network’s states overflow before it has written the text: choose a smaller "
                "σ or spectral radius, or fewer tokens."
            ) from error
        _unfold(source, network, prefix, texts, rules, at)


_page()
settling.settle()
