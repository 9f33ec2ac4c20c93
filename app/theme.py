"""Colours, names and number formats, one place for all pages.

Hues: Okabe & Ito (2008), distinguishable with every common kind of colour vision. RNN, GRU and LSTM
keep theirs on every page; lines also differ in dash, so that nothing is told by colour alone.
"""

import math
import re

from app.digits import rounded
from core.analysis import Verdict
from core.models import CellName, LossAt

BLUE, VERMILION, GREEN, PURPLE, ORANGE = "#000001", "#000002", "#000003", "#000004", "#000005"
"""lines and words of Plotly's figures: Streamlit's names of the first `chartCategoricalColors`

The page puts in those of the theme that is on when it draws (.streamlit/config.toml).
"""
GREY = "#888888"
"""of what is no data; shows on both grounds"""
PLAIN = {"displaylogo": False, "displayModeBar": False, "scrollZoom": False}
"""Plotly without its buttons, and without a wheel that zooms instead of scrolling the page"""
CELL_LABELS: dict[CellName, str] = {
    "rnn_tanh": "RNN",
    "rnn_relu": "ReLU RNN",
    "gru": "GRU",
    "lstm": "LSTM",
}
CELL_COLOURS: dict[CellName, str] = {
    "rnn_tanh": "#E69F00",
    "rnn_relu": "#E69F00",
    "gru": "#009E73",
    "lstm": "#CC79A7",
}
CELL_INKS: dict[CellName, str] = {
    "rnn_tanh": ORANGE,
    "rnn_relu": ORANGE,
    "gru": GREEN,
    "lstm": PURPLE,
}
"""the same in Plotly's figures"""
CELL_DASHES: dict[CellName, str] = {
    "rnn_tanh": "dot",
    "rnn_relu": "dot",
    "gru": "dash",
    "lstm": "solid",
}
# Streamlit's own settings end here: a projector needs the side margins, and thirty controls in a
# sidebar need less space between them. Wide tables scroll in themselves, not the page. Links beside
# buttons get their frame. Below 768 px Streamlit moves the navigation into the sidebar, which then
# lies over the page at a z-index of 999991: the presenter's buttons stay under it. While presenting
# they have a strip of their own under the page. An uploader lists all files that it has refused:
# the last one is seen. The text is ours alone.
STYLE = """<style>
.stMainBlockContainer { padding: 2.6rem 1.5rem 1.5rem; }
[data-testid="stHeader"] { z-index: 999989; height: 2.5rem; min-height: 2.5rem; }
[data-testid="stSidebarUserContent"] [data-testid="stVerticalBlock"] { gap: 0.55rem; }
[data-testid="stSidebarHeader"] { height: 2.25rem; margin-bottom: 0; }
[data-testid="stSidebarContent"] { padding-left: 1rem; padding-right: 1rem; }
[data-testid="stSidebarUserContent"] { padding-left: 0; padding-right: 0; }
@media (min-width: 768px) { [data-testid="stSidebarUserContent"] { margin-top: -1.5rem; } }
[data-testid="stSidebarUserContent"] [data-testid="stButtonGroup"] button { padding: 0.25rem; }
[data-testid="stBaseButton-primary"]:not(:disabled) * { color: light-dark(#ffffff, #0b0e14); }
[data-presenting] { font-size: 120%; }
[data-presenting] :is([data-testid="stSidebar"], [data-testid="stHeader"]) { display: none; }
[data-presenting] .stMainBlockContainer { padding-top: 0.6rem; }
.st-key-presenter, .st-key-presenter * { width: auto; pointer-events: none; }
.st-key-presenter { position: fixed; top: 0.3rem; right: 0.9rem; z-index: 999990; }
@media (max-width: 767.98px) { .st-key-presenter { left: 3.4rem; } }
[data-presenting] { --strip: 1.25rem; }
@media (pointer: coarse) { [data-presenting] { --strip: 34px; } }
[data-presenting] :is(.stAppViewContainer, .stMain) { max-height: calc(100dvh - var(--strip)); }
[data-presenting] .st-key-presenter { top: auto; bottom: 1px; left: auto; }
[data-testid="stMarkdownContainer"]:has(table) { overflow-x: auto; }
@media (max-width: 640px) {
  [data-testid="stMarkdownContainer"] table { font-size: 0.875rem; }
  [data-testid="stMarkdownContainer"] :is(th, td) { padding: 0.25rem 0.4rem !important; }
}
[data-testid="stFileUploader"] :has([data-testid="stFileChipIconError"]):has(
  ~ * [data-testid="stFileChipIconError"]
) { display: none; }
[data-testid="stFileChip"]:has([role="alert"]) { flex-wrap: wrap; height: auto; }
[data-testid="stFileChip"] [role="alert"] {
  position: static !important; flex: 0 0 100%; width: auto !important; height: auto !important;
  margin: 0.25rem 0 0 !important; clip: auto !important; clip-path: none !important;
  white-space: normal !important; font-size: 0.875rem;
}
[data-testid="stFileChip"] [role="alert"]::after { content: " Choose a smaller one."; }
[data-testid="stLayoutWrapper"]:has(> [class*="_out_of_sight"]) { display: none; }
[data-stale="true"][class*="st-key-compute-"] { display: none; }
:is(.st-key-training_buttons, .st-key-unread_buttons)
  :is([data-testid="stElementContainer"], a) { margin: 0; }
:is(.st-key-training_buttons, .st-key-unread_buttons) [data-testid="stPageLink"] a {
  min-height: 2.5rem; justify-content: center; border: 1px solid light-dark(#d7dce4, #39414f);
}
</style>"""
VERBS = {
    "vanishing": "vanishes",
    "healthy": "stays healthy",
    "exploding": "explodes",
    "undecided": "cannot be judged",
}


_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&^=\"'])")


def markdown_free(text: str) -> str:
    """Any text, so that Markdown shows it as it is."""
    return _MARKDOWN.sub(r"\\\1", text)


def plural(count: int, noun: str) -> str:
    """1 unit, 2 units, 1,200 units."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def verdict_text(verdict: Verdict) -> str:
    """The verdict in a line: "vanishes · ×0.924 per step back · half-life 8.7 steps"."""
    parts = [VERBS[verdict.word]]
    if math.isfinite(verdict.slope):
        parts.append(f"×{rounded(verdict.factor)} per step back")
    if verdict.word == "vanishing" and verdict.half_life is not None:
        parts.append(f"half-life {_steps(verdict.half_life)}")
    if verdict.word == "exploding" and verdict.doubling_time is not None:
        parts.append(f"doubles in {_steps(verdict.doubling_time)}")
    return " · ".join(parts)


def loss_words(at: LossAt) -> str:
    """Where a loss is, as it completes "The loss"; steps count from 1."""
    if isinstance(at, int):
        return f"at step {at + 1} alone"
    return "at the last step" if at == "last" else "(the mean over all steps)"


def _steps(count: float) -> str:
    shown = rounded(count, 2)
    return f"{shown} step{'' if shown == '1' else 's'}"
