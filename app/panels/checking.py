"""The self-check: what is on screen against an independent computation by autograd."""

from collections.abc import Callable, Sequence

import streamlit as st

from app.compute.waiting import Asked, computed
from app.digits import rounded
from app.messages import told
from core.analysis.selfcheck import Check


@st.fragment
def offer(name: str, run: Callable[[], Sequence[Check]], seconds: float, about: str) -> None:
    """A button, and once it was pressed the check's result.

    Args:
        name: of what is on screen, so that another screen offers it anew.
        run: computes the checks.
        seconds: that it takes, estimated.
        about: what computes, in words.
    """
    pressed = st.button(
        "Check these numbers against autograd", key=f"check:{name}",
        help="Runs the network again, step by step, without our code for gradients.",
    )  # fmt: skip
    if not pressed:
        return
    with told():
        _show(computed([Asked(("check", name), run, seconds)], about, begin=True)[0])


def _show(checks: Sequence[Check]) -> None:
    lines = ["| what | outcome | compared | largest relative difference | where | rounding alone |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for check in checks:
        compared = f"{check.compared:,}"
        if check.beyond:
            compared += f" ({check.beyond:,} beyond float64)"
        cells = (check.what, f"**{check.outcome}**", compared, rounded(check.largest, 2),
                 check.worst, rounded(check.rounding, 2))  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("_", "\\_") for cell in cells) + " |")
    st.markdown("\n".join(lines))
    st.caption(
        "How to read it: |a − b| / max(|a|, |b|) over all numbers compared, 1e-16 being the last "
        "digit of float64. “Rounding alone” is how far the independent run moves by itself when "
        "each of its numbers is changed in its last digit."
    )
