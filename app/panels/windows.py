"""How windows are cut, under each scheme."""

import streamlit as st

from app import state
from app.components.windows import windows
from app.messages import told
from app.sidebar.counting import WindowChoices
from app.sidebar.source import Source
from app.views.text import windows_view
from core.errors import CoreError
from core.text import Windows


@st.fragment
def draw(source: Source, choices: WindowChoices) -> None:
    """Draw it; a fragment, so that a chosen window redraws nothing else."""
    st.caption(
        "How to read it: a network reads the tokens of one window and must guess, at each of them, "
        "the token that comes next, so the targets are the inputs shifted by one. Choose a window "
        "to see both. Shown is the beginning of the whole text."
    )
    with told():
        view = windows_view(source, choices, state.asked_pair("w", (0, 0)))
        windows(view, key="cut", on_chosen=_remember)
    _scheme_table(source, choices)


def _remember() -> None:
    state.remember_pair("cut", "chosen", "w")


def _scheme_table(source: Source, choices: WindowChoices) -> None:
    """What each scheme makes of the whole text, in numbers; narrow enough for a phone."""
    length, rows = len(source.tokens.tokens), []
    schemes = {
        "overlapping": lambda: Windows.overlapping(length, choices.steps),
        "disjoint": lambda: Windows.disjoint(length, choices.steps),
        "consecutive": lambda: Windows.consecutive(length, choices.steps, choices.streams),
    }
    names = {"consecutive": f"consecutive, {choices.streams} streams"}
    states = {"consecutive": "carried over"}
    for scheme, make in schemes.items():
        try:
            found = make()
        except CoreError:
            rows.append(f"| {scheme} | none: the text is too short | | |")
            continue
        read = found.times_read()
        unread = int((read == 0).sum())
        rows.append(
            f"| {names.get(scheme, scheme)} | {len(found):,} | {int(read.max()):,} | {unread:,} "
            f"| {states.get(scheme, 'at zero')} |"
        )
    st.markdown(
        "| scheme | windows | most reads of a token | never read | state starts |\n"
        "|---|---|---|---|---|\n" + "\n".join(rows)
    )
