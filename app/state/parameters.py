"""The address bar: what it asks for, made possible, and what is written into it.

Sidebar widgets keep themselves in it (`bind="query-params"`, see `sidebar`). Private text, pasted
or uploaded, is not in it.
"""

import math
from collections.abc import Collection, Mapping
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.state.reports import reported

PRESENTER = "presenter"
Name = TypeVar("Name", bound=str)


def tidy_address(
    labels: Mapping[str, Mapping[str, str]], implied: Mapping[str, tuple[str, Collection[str]]]
) -> None:
    """Before the first widget: let the address bar say what the widgets can read.

    A link may use short names (cell=lstm) where the widget itself writes its label (cell=LSTM);
    and what is empty or names nothing would be read as "nothing chosen". Numbers that are not
    finite are no choice of any widget, and Streamlit cannot make whole numbers of them: they are
    taken off before every run, as "Back" may bring them again.

    Args:
        labels: for each widget with options, the label of each option's name.
        implied: for a widget that the link does not name, the option that is meant if the link
            names one of these others.
    """
    asked = {key: st.query_params.get_all(key) for key in st.query_params}
    finite = {key: values for key, values in asked.items() if all(map(_is_finite, values))}
    if st.session_state.get("tidied"):
        _take_off(asked.keys() - finite)
        return
    st.session_state["tidied"] = True
    tidy: dict[str, list[str]] = {}
    for key, values in finite.items():
        known, value = labels.get(key), values[-1]
        if known is None:
            meant = values if value else []
        else:
            label = value if value in known.values() else known.get(value, "")
            meant = [label] if label else []
        if meant:
            tidy[key] = meant
    for key, (option, others) in implied.items():
        if key not in tidy and any(other in tidy for other in others):
            tidy[key] = [option]
    if tidy != asked:
        st.query_params.from_dict(tidy)
        st.rerun()


def _take_off(parameters: Collection[str]) -> None:
    """Take parameters off the address bar, of widgets too.

    What Streamlit offers for it refuses those of widgets. If its inner methods change, a link with
    "inf" shows an exception again after "Back".
    """
    context = get_script_run_ctx()
    if not parameters or context is None:
        return
    with context.session_state.query_params() as held:
        for parameter in parameters:
            held.remove_param(parameter)
        held.set_initial_query_params_from_current()


def _is_finite(written: str) -> bool:
    """False for what a widget would read as a number that is not finite: "inf", "nan", "1e400"."""
    try:
        return math.isfinite(float(written))
    except ValueError:
        return True


def address() -> str:
    """The link that opens this screen again; private text is not in it."""
    query = urlencode(st.query_params.to_dict())
    return f"{st.context.url or ''}{'?' if query else ''}{query}"


def write(news: Mapping[str, str]) -> None:
    """Write what a component reported into the address bar, and again what it reported before.

    A browser that has not heard of one write yet sends its next message with the address as it was,
    and Streamlit takes the address from there: what was written would be lost. Only "Back" and
    "Forward" take it back, and another page knows nothing of it.

    Args:
        news: the parameters' values, "" takes one off; none at the start of a whole run.
    """
    asked, context = st.query_params, get_script_run_ctx()
    page = context and context.page_script_hash
    wanted: dict[str, str] = st.session_state.get("written", {})
    if page != st.session_state.get("written_on"):
        wanted = {}
    elif context and context.is_history_navigation:
        wanted = {name: words for name, words in wanted.items() if asked.get(name, "") == words}
    wanted = {**wanted, **news}
    st.session_state["written"], st.session_state["written_on"] = wanted, page
    changed = {name: words for name, words in wanted.items() if asked.get(name, "") != words}
    if added := {name: words for name, words in changed.items() if words}:
        asked.update(added)
    for name in changed.keys() - added:
        del asked[name]


def present() -> None:
    """Presenting began or ended: write it into the address bar, or take it off."""
    write({"present": "1" if reported("presenting", PRESENTER) else ""})


def remember_pair(component: str, name: str, parameter: str) -> None:
    """A component reported two numbers: write them, as they are, into the address bar."""
    pair = reported(name, component)
    if pair is not None:
        write({parameter: f"{int(pair[0])}-{int(pair[1])}"})


def remember_step(component: str, name: str, parameter: str) -> None:
    """A component reported a step: write it, counted from 1, into the address bar."""
    step = reported(name, component)
    write({parameter: "" if step is None else str(int(step) + 1)})


def remember_words(component: str, name: str, parameter: str) -> None:
    """A component reported a word, or several: write them into the address bar."""
    words = reported(name, component)
    if words is not None:
        write({parameter: words if isinstance(words, str) else " ".join(words)})


def asked(parameter: str) -> bool:
    """Whether the address bar names a parameter."""
    return parameter in st.query_params


def asked_text(parameter: str, otherwise: str) -> str:
    """What the address bar says of a parameter."""
    return st.query_params.get(parameter, otherwise)


def asked_option(widget: str, labels: Mapping[Name, str], otherwise: Name) -> Name:
    """The option of a widget that is not drawn, or not yet: as set before, or as the address says.

    Args:
        widget: its key, in the session and in the address bar.
        labels: the label of each option's name.
        otherwise: the name of the option where neither names one.
    """
    context = get_script_run_ctx()
    chosen = next((name for name in labels if name == st.session_state.get(widget)), None)
    if chosen is not None and not (context and context.is_history_navigation):
        return chosen
    words = st.query_params.get(widget, "")
    return next((name for name, label in labels.items() if words in (name, label)), otherwise)


def asked_step(parameter: str) -> int:
    """A 0-based step that the address bar asks for, 0 if none."""
    return max((whole(st.query_params.get(parameter, "")) or 1) - 1, 0)


def asked_pair(parameter: str, otherwise: tuple[int, int]) -> tuple[int, int]:
    """Two whole numbers that the address bar asks for."""
    first, _, second = st.query_params.get(parameter, "").partition("-")
    both = [whole(first), whole(second)]
    return otherwise if None in both else (both[0] or 0, both[1] or 0)


def asked_range(parameter: str, otherwise: tuple[int, int], most: int) -> tuple[int, int]:
    """A range of ranks that the address bar asks for, made possible: 1 <= low < high."""
    low, high = asked_pair(parameter, otherwise)
    low = min(max(low, 1), max(most - 1, 1))
    return low, max(min(high, max(most, 2)), low + 1)


def forget(parameter: str) -> None:
    """Take a parameter off the address bar."""
    st.session_state.get("written", {}).pop(parameter, None)
    if parameter in st.query_params:
        del st.query_params[parameter]


def whole(written: str) -> int | None:
    """A whole number from 0 in up to 9 digits, or None."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None
