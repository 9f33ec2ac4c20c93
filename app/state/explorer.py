"""Where in the explorer the user looks: cursor and choices, as the address bar keeps them."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.state.parameters import asked_pair, whole, write
from app.state.reports import last_report

EXPLORER = "explorer"
_CHOICES = (
    "lane", "layer", "order", "strip", "edges", "detail", "asked", "fold", "speed", "truncate",
    "origin", "unit",
)  # fmt: skip
_PARAMETERS = {"cursor": "t"}
"""what is called otherwise in the address bar"""
OPTIONS = {
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
    step = whole(asked.get("t", "")) if at is None else at + 1
    step = steps if step is None else step
    chosen = {name: asked.get(name, options[0]) for name, options in OPTIONS.items()}
    kept = {
        name: value if value in OPTIONS[name] else OPTIONS[name][0]
        for name, value in chosen.items()
    }
    # The last loss reaches a reverse layer in one step only, so the highest forward one is shown.
    highest = [name for name in layers if not name.endswith("_reverse")][-1]
    layer, lane = asked.get("layer", highest), asked.get("lane", lanes[0])
    return Looking(
        cursor=min(max(step, 1), steps) - 1,
        layer=layer if layer in layers else highest,
        lane=lane if lane in lanes else lanes[0],
        unit=max(whole(asked.get("unit", "")) or 1, 1) - 1,
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
    asked = whole(st.query_params.get(parameter, ""))
    return str(min(asked, steps)) if asked else ""


def remember(explorer: str = EXPLORER) -> None:
    """An explorer reported something: write what is new of it into the address bar, in one go.

    A component reports all that was ever chosen in it; what "Back" has undone since is not new. The
    cursor and the unit count from 1 there. Only Explore's own cursor is the address's. What else
    writes Explore's parameters (the lanes) calls this afterwards, so that they are kept too.
    """
    before, news = _reports(explorer), {}
    for name in _names(explorer):
        report = last_report(name, explorer)
        if report is None or report == before.get(name):
            continue
        before[name], value = report, report[0]
        words = str(int(value) + 1) if name in ("cursor", "unit") else str(value)
        news[_PARAMETERS.get(name, name)] = words
    write(news)
    if explorer == EXPLORER:
        _keep()


def heard(explorer: str = EXPLORER) -> dict[str, int]:
    """By name, the number of an explorer's last report that was remembered; 0 before the first."""
    reports = _reports(explorer)
    return {name: reports[name][1] if name in reports else 0 for name in _names(explorer)}


def enter(page: str) -> None:
    """Before a page is drawn: give back to the address bar what leaving it took off.

    Args:
        page: its address, "" for Explore.
    """
    before, st.session_state["page"] = st.session_state.get("page"), page
    write({})
    if page != "":
        return
    if before not in (None, page):
        kept = st.session_state.get("looked", {})
        if missing := {name: kept[name] for name in kept if name not in st.query_params}:
            st.query_params.update(missing)
    _keep()


def _keep() -> None:
    """Keep what the address bar says of Explore's explorer, for when the user comes back."""
    names = [_PARAMETERS.get(name, name) for name in _names(EXPLORER)]
    asked = st.query_params
    st.session_state["looked"] = {name: asked[name] for name in names if name in asked}


def _names(explorer: str) -> tuple[str, ...]:
    """What is remembered of an explorer."""
    return ("cursor", *_CHOICES) if explorer == EXPLORER else _CHOICES


def _reports(explorer: str) -> dict[str, tuple[Any, int]]:
    """By name, the last report that was remembered."""
    return st.session_state.setdefault("reported", {}).setdefault(explorer, {})
