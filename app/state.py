"""The only place that reads and writes session state and the address bar.

Sidebar widgets keep themselves in the address bar (`bind="query-params"`, see `sidebar`); here is
what the explorer reports: the cursor and the choices made inside it. Private text, pasted or
uploaded, is in neither.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

EXPLORER, PRESENTER = "explorer", "presenter"
_CHOICES = (
    "lane", "layer", "order", "strip", "edges", "detail", "asked", "fold", "speed", "truncate",
    "origin",
)  # fmt: skip
_OPTIONS = {
    "order": (
        "index", "similarity",
        "feature:quotes", "feature:brackets", "feature:line", "feature:space", "feature:capital",
    ),
    "strip": (
        "surprise", "gradient", "unit",
        "reference:unigram", "reference:bigram", "reference:trigram", "difference",
        "reach", "change", "mean:input", "mean:forget", "mean:cell", "mean:output",
        "mean:reset", "mean:update", "mean:new",
    ),
    "edges": ("forward", "gradient"),
    "detail": ("", "equations", "units", "change"),
    "fold": ("", "1"),
    "speed": ("2", "0.5", "1", "4", "8", "16"),
}  # fmt: skip


@dataclass(frozen=True)
class Looking:
    """Where in the explorer the user looks.

    Attributes:
        cursor: 0-based step, within the steps there are.
        layer: name of the layer whose lanes are shown.
        lane: key of the lane.
        order: "index", "similarity" or "feature:<name>".
        strip: what the text is coloured by, see `ExplorerView`.
        edges: "forward" or "gradient".
        unit: 0-based; may be beyond the units there are.
        detail: "equations", "units", "change" or "".
        asked: the change of a token asked for, "<step from 1>-<index>", or "".
        fold: "1" for the folded network, "" for the unrolled one.
        speed: steps a second, as `ExplorerView` takes it.
        truncate: the window k of truncated backpropagation in steps, as digits, or "".
        origin: the step, from 1, whose loss alone the gradient is of, as digits; "" for the loss
            that the sidebar says.
    """

    cursor: int
    layer: str
    lane: str
    order: str
    strip: str
    edges: str
    unit: int = 0
    detail: str = ""
    asked: str = ""
    fold: str = ""
    speed: str = "2"
    truncate: str = ""
    origin: str = ""

    @property
    def change(self) -> tuple[int, int] | None:
        """0-based step and index of the token that is asked for, or None."""
        step, token = map(int, (self.asked or "0-0").split("-"))
        return (step - 1, token) if step else None


def tidy_address(
    labels: Mapping[str, Mapping[str, str]], implied: Mapping[str, tuple[str, Collection[str]]]
) -> None:
    """Before the first widget of a session: let the address bar say what its widgets can read.

    A link may use short names (cell=lstm) where the widget itself writes its label (cell=LSTM);
    and what is empty or names nothing would be read as "nothing chosen".

    Args:
        labels: for each widget with options, the label of each option's name.
        implied: for a widget that the link does not name, the option that is meant if the link
            names one of these others.
    """
    if st.session_state.get("tidied"):
        return
    st.session_state["tidied"] = True
    asked = st.query_params.to_dict()
    tidy = {}
    for key, value in asked.items():
        known = labels.get(key)
        meant = value if known is None or value in known.values() else known.get(value, "")
        if meant:
            tidy[key] = meant
    for key, (option, others) in implied.items():
        if key not in tidy and any(other in tidy for other in others):
            tidy[key] = option
    if tidy != asked:
        st.query_params.from_dict(tidy)
        st.rerun()


def address() -> str:
    """The link that opens this screen again; private text is not in it."""
    query = urlencode(st.query_params.to_dict())
    return f"{st.context.url or ''}{'?' if query else ''}{query}"


def looking(
    steps: int, layers: tuple[str, ...], lanes: tuple[str, ...], at: int | None = None
) -> Looking:
    """What the address bar asks for, anything impossible replaced by the nearest possible.

    Args:
        steps: how many steps there are, at least 1.
        layers: the names of the layers there are.
        lanes: the keys of the lanes that any layer has.
        at: 0-based step of the cursor where something else than the address decides it.
    """
    asked = st.query_params
    step = _whole(asked.get("t", "")) if at is None else at + 1
    step = steps if step is None else step
    chosen = {name: asked.get(name, options[0]) for name, options in _OPTIONS.items()}
    kept = {
        name: value if value in _OPTIONS[name] else _OPTIONS[name][0]
        for name, value in chosen.items()
    }
    # The last loss reaches a reverse layer in one step only, so the highest forward one is shown.
    highest = [name for name in layers if not name.endswith("_reverse")][-1]
    layer, lane = asked.get("layer", highest), asked.get("lane", lanes[0])
    return Looking(
        cursor=min(max(step, 1), steps) - 1,
        layer=layer if layer in layers else highest,
        lane=lane if lane in lanes else lanes[0],
        unit=max(_whole(asked.get("unit", "")) or 1, 1) - 1,
        truncate=_within("truncate", steps),
        origin=_within("origin", steps),
        asked="-".join(map(str, change)) if (change := asked_pair("asked", (0, 0)))[0] else "",
        **kept,
    )


def loss_step(steps: int) -> int | None:
    """The 0-based step whose loss alone the gradient is of, or None.

    Args:
        steps: how many steps there are, at least 1.
    """
    origin = _within("origin", steps)
    return int(origin) - 1 if origin else None


def _within(parameter: str, steps: int) -> str:
    """A number from 1 to the steps there are that the address bar asks for, as digits, or ""."""
    asked = _whole(st.query_params.get(parameter, ""))
    return str(min(asked, steps)) if asked else ""


def remember_cursor() -> None:
    """The explorer committed a step: write it, counted from 1, into the address bar."""
    report = _report("cursor", EXPLORER)
    if report is not None:
        _remembered_reports(EXPLORER)["cursor"] = report
        _write("t", str(int(report[0]) + 1))


def remember_choices(explorer: str = EXPLORER) -> None:
    """An explorer reported a choice: write what is new of it into the address bar.

    A component reports all that was ever chosen in it; what "Back" has undone since is not new.
    """
    before = _remembered_reports(explorer)
    for name in (*_CHOICES, "unit"):
        report = _report(name, explorer)
        if report is None or report == before.get(name):
            continue
        before[name], value = report, report[0]
        _write(name, str(int(value) + 1) if name == "unit" else str(value))


def _remembered_reports(explorer: str) -> dict[str, tuple[Any, int]]:
    """By name, the last report that was written into the address bar."""
    return st.session_state.setdefault("reported", {}).setdefault(explorer, {})


def _write(name: str, value: str) -> None:
    """Write a choice, or take it back if it is empty; what stands there already stays as it is."""
    if value:
        _remembered()[name] = value
        if st.query_params.get(name) != value:
            st.query_params[name] = value
    else:
        _remembered().pop(name, None)
        forget(name)


def _remembered() -> dict[str, str]:
    """What the explorer told in this session."""
    return st.session_state.setdefault("looked", {})


def enter(page: str) -> None:
    """Before a page is drawn: give back to the address bar what leaving it took off.

    Args:
        page: its address, "" for Explore.
    """
    before, st.session_state["page"] = st.session_state.get("page"), page
    if page == "" and before not in (None, page):
        for name, value in _remembered().items():
            if name not in st.query_params:
                st.query_params[name] = value


def _reported(name: str, key: str = EXPLORER) -> Any:
    """The value that a component reported last, or None."""
    value, _ = _report(name, key) or (None, 0)
    return value


def _report(name: str, key: str) -> tuple[Any, int] | None:
    """A component's last report, its value and its number, or None; see `components.mounting`."""
    component = st.session_state.get(key)
    told = None if component is None else component.get(name)
    return None if told is None else (told[0], told[1])


def heard(key: str = EXPLORER) -> dict[str, int]:
    """By name, the number of an explorer's last report that was remembered."""
    return {name: number for name, (_, number) in _remembered_reports(key).items()}


def present() -> None:
    """Presenting began or ended: write it into the address bar, or take it off."""
    if _reported("presenting", PRESENTER):
        st.query_params["present"] = "1"
    else:
        forget("present")


def hand(name: str, value: Any) -> None:
    """The frame around the pages chose something that every page needs."""
    st.session_state[f"handed_{name}"] = value


def handed(name: str) -> Any:
    """What the frame chose."""
    return st.session_state[f"handed_{name}"]


def remember_pair(component: str, name: str, parameter: str) -> None:
    """A component reported two numbers: write them, as they are, into the address bar."""
    pair = _reported(name, component)
    if pair is not None:
        st.query_params[parameter] = f"{int(pair[0])}-{int(pair[1])}"


def asked_pair(parameter: str, otherwise: tuple[int, int]) -> tuple[int, int]:
    """Two whole numbers that the address bar asks for."""
    first, _, second = st.query_params.get(parameter, "").partition("-")
    both = [_whole(first), _whole(second)]
    return otherwise if None in both else (both[0] or 0, both[1] or 0)


def asked_range(parameter: str, otherwise: tuple[int, int], most: int) -> tuple[int, int]:
    """A range of ranks that the address bar asks for, made possible: 1 <= low < high."""
    low, high = asked_pair(parameter, otherwise)
    low = min(max(low, 1), max(most - 1, 1))
    return low, max(min(high, max(most, 2)), low + 1)


def remember_step(component: str, name: str, parameter: str) -> None:
    """A component reported a step: write it, counted from 1, into the address bar."""
    step = _reported(name, component)
    if step is None:
        forget(parameter)
    else:
        st.query_params[parameter] = str(int(step) + 1)


def asked(parameter: str) -> bool:
    """Whether the address bar names a parameter."""
    return parameter in st.query_params


def forget(parameter: str) -> None:
    """Take a parameter off the address bar."""
    if parameter in st.query_params:
        del st.query_params[parameter]


def asked_text(parameter: str, otherwise: str) -> str:
    """What the address bar says of a parameter."""
    return st.query_params.get(parameter, otherwise)


def remember_words(component: str, name: str, parameter: str) -> None:
    """A component reported a word, or several: write them into the address bar."""
    words = _reported(name, component)
    if words is not None:
        st.query_params[parameter] = words if isinstance(words, str) else " ".join(words)


def asked_step(parameter: str) -> int:
    """A 0-based step that the address bar asks for, 0 if none."""
    return max((_whole(st.query_params.get(parameter, "")) or 1) - 1, 0)


def _whole(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None


def choose(widget: str, option: Any) -> None:
    """Set a widget to an option; only from a callback, before it is drawn again."""
    st.session_state[widget] = option


def prefer(widget: str, option: Any) -> None:
    """Set a widget of another page to an option, whatever the address bar said of it before."""
    if st.session_state.get(widget) != option:
        st.session_state[widget] = option
    if widget in st.query_params:
        del st.query_params[widget]


def chosen(widget: str) -> Any:
    """What a widget is set to, None before it is drawn."""
    return st.session_state.get(widget)


def session() -> str:
    """The name of this session, for work in the background; "" where there is none."""
    context = get_script_run_ctx()
    return context.session_id if context is not None else ""


def keep_text(name: str, value: Any) -> None:
    """Keep the last text that could be read, so that a bad one afterwards loses nothing."""
    st.session_state[f"last_{name}"] = value


def kept_text(name: str) -> Any:
    """The last text that could be read, or None."""
    return st.session_state.get(f"last_{name}")
