"""The gradient of the loss at every step, on an absolute log scale."""

import math

import numpy as np
from numpy.typing import NDArray

from app.components.shared.decades import decades
from app.digits import ten_to
from app.exports.axis import Piece, TimeAxis
from app.exports.colours import CURSOR, FAINT, GRADIENT, GROUND, HAIR, MUTED, TEXT
from app.exports.screen import Contents
from app.exports.svg import LEFT, RIGHT, SMALL, line, tag, text
from app.theme import loss_words
from core.analysis import Status

_TOP, _BOTTOM = 10.0, 190.0
_FLAGS = {
    Status.EXACT_ZERO: ("○", "exactly 0"),
    Status.UNDERFLOW: ("▽", "underflow: not 0, but below what a float64 can hold"),
    Status.NON_FINITE: ("×", "not finite"),
}
_JUMPS = (1, 2, 5, 10, 20, 50, 100, 200)


def gradient_line(of: Contents) -> Piece:
    """One line a layer: log10 of the Euclidean norm of dL/dh_t; the chosen layer's in colour."""
    axis = TimeAxis(len(of.view.inputs))
    span = gradient_decades(of)
    low, high = span or (0, 1)

    def at(log10: float) -> float:
        return _BOTTOM - (log10 - low) / (high - low) * (_BOTTOM - _TOP)

    parts = [_ticks(low, high, at)] if span else [_nothing()]
    for layer in of.reading.layers:
        if layer is not of.layer:
            parts.append(_curve(axis, layer.gradient, at, FAINT, 1.2))
    parts.append(_curve(axis, of.layer.gradient, at, GRADIENT, 2.4))
    if span:
        parts.append(_fit(of, axis, at))
    signs, explained = _flags(of, axis)
    here = of.layer.gradient[of.view.cursor]
    if math.isfinite(here):
        parts.append(tag("circle", cx=axis.centre(of.view.cursor), cy=at(here), r=4.5,
                         fill=CURSOR, stroke=GROUND, stroke_width=2))  # fmt: skip
    parts += [signs, axis.cursor(of.view.cursor, _TOP - 4, _BOTTOM - _TOP + 18),
              axis.labels(_BOTTOM + 30)]  # fmt: skip
    how = (
        f"How strongly the loss {loss_words(of.reading.at)} feels each hidden state: ‖∂L/∂h‖ on an "
        "absolute log scale."
        + (" Dashed: the fitted rate of the verdict." if of.view.fit else "")
        + (" Grey: the other layers." if len(of.reading.layers) > 1 else "")
        + explained
    )
    return Piece("Gradient at each step", how, "".join(parts), _BOTTOM + 38)


def gradient_decades(of: Contents) -> tuple[int, int] | None:
    """The axis of the norms of all layers, as on screen; None where no step has a norm."""
    return decades([layer.gradient for layer in of.reading.layers])


def _nothing() -> str:
    """What stands in place of an axis."""
    return text("no step has a gradient norm to draw", (LEFT + RIGHT) / 2, _BOTTOM - 18, SMALL,
                text_anchor="middle", fill=MUTED)  # fmt: skip


def _ticks(low: int, high: int, at) -> str:
    jump = next((each for each in _JUMPS if (high - low) / each <= 9), _JUMPS[-1])
    parts = []
    for power in range(-(-low // jump) * jump, high + 1, jump):
        parts.append(line(LEFT, at(power), RIGHT, at(power), HAIR))
        parts.append(text(ten_to(power), LEFT - 6, at(power) + 4, SMALL, text_anchor="end",
                          fill=MUTED))  # fmt: skip
    return "".join(parts)


def _curve(axis: TimeAxis, log10: NDArray, at, colour: str, width: float) -> str:
    """A line that breaks where there is no number; a single point shows as a dot."""
    path, pen = [], False
    for t, each in enumerate(log10.tolist()):
        drawn = math.isfinite(each)
        if drawn:
            path.append(f"{'L' if pen else 'M'}{axis.centre(t):.2f} {at(each):.2f}")
            if not pen:
                path.append("h0.01")
        pen = drawn
    return tag("path", d="".join(path), fill="none", stroke=colour, stroke_width=width,
               stroke_linejoin="round", stroke_linecap="round")  # fmt: skip


def _fit(of: Contents, axis: TimeAxis, at) -> str:
    fit = of.view.fit
    if fit is None:
        return ""
    first, last = int(fit["start"]), int(fit["stop"]) - 1
    ends = [at(fit["intercept"] + fit["slope"] * t) for t in (first, last)]
    return line(axis.centre(first), ends[0], axis.centre(last), ends[1], TEXT,
                stroke_width=1.4, stroke_dasharray="6 4")  # fmt: skip


def _flags(of: Contents, axis: TimeAxis) -> tuple[str, str]:
    """Signs where the norm is no number, and what they mean with how often they occur."""
    parts, words = [], []
    for status, (sign, meaning) in _FLAGS.items():
        steps = np.flatnonzero(of.layer.status == status).tolist()
        parts += [
            text(sign, axis.centre(t), _BOTTOM + 13, SMALL, text_anchor="middle", fill=TEXT)
            for t in steps
        ]
        if steps:
            words.append(f" {sign} {meaning}: {len(steps)}.")
    return "".join(parts), "".join(words)
