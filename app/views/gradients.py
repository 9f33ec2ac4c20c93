"""From gradients to what the Gradients page draws: the same numbers in the screen's words."""

import hashlib
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.components.decay import DecayNetwork, DecayPrediction, DecayView
from app.components.reach import ReachView
from app.components.truncation import TruncationRow, TruncationView
from app.compute.gradients import Decay, Indices
from app.compute.networks import Network
from app.digits import fixed, rounded
from app.sidebar.source import Source
from app.theme import CELL_COLOURS, plural, verdict_text
from app.views.text import kind_of
from core.analysis import Closeness, Prediction, Reach, Status
from core.analysis.itemised import Of

Array = NDArray[np.float64]
Curve = str  # "loss" or "jacobian"
_LOWEST = (-12.0, -25.0, -50.0, -100.0, -200.0, -400.0, -1000.0)
_HIGHEST = (2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 310.0, 1000.0)
MOST_KEYS = 5
"""theories in one picture: the one that says least is left out beyond"""
LEFT_OUT = ("step_bound", "carry_max")
_LABELS = {
    "uniform_bound": "(σ · max φ′)ᵏ",
    "step_bound": "bound step by step",
    "radius": "(ρ · mean φ′)ᵏ",
    "lyapunov": "Lyapunov, exp(λk)",
    "carry_max": "gates, largest unit",
    "carry_mean": "gates, mean",
}
"""short names of the theories, the same for every cell: f carries in an LSTM, z in a GRU"""
_HOW = {
    "loss": "How to read it: one line is one network, one point the size of the gradient of the "
    "last loss at the state so many steps before it. A straight line is a constant factor per step "
    "back; dashed is what theory says, times the gradient at the loss itself.",
    "jacobian": "How to read it: one line is one network, one point how strongly at most the last "
    "state answers to a small change of the state so many steps before it (the largest singular "
    "value). Dashed is what theory says.",
}
_ABOUT = {"loss": "Against the Jacobian, which it is about: ", "jacobian": ""}
_Y = {"loss": "|∂L_T/∂h_{T−k}|", "jacobian": "‖∂h_T/∂h_{T−k}‖"}
_X = {"loss": "steps back from the loss", "jacobian": "steps back from the last state"}


def decay_view(
    named: Sequence[tuple[str, Network, Decay]], curve: Curve, hidden: tuple[str, ...],
    cursor: int | None, layout: str,
) -> DecayView:  # fmt: skip
    """Norms against lag, with the predictions over them."""
    keys = {each.key for _, _, found in named for each in found.predictions}
    left_out = LEFT_OUT[: max(0, len(keys) - MOST_KEYS)]
    networks = tuple(
        _network(f"n{place}", name, network, found, curve, left_out)
        for place, (name, network, found) in enumerate(named)
    )
    content = [(name, network.digest) for name, network, _ in named]
    lags = len(networks[0].measured)
    numbers = b"".join(each.measured.tobytes() for each in networks)
    return DecayView(
        identity=identity_of(content, curve, numbers),
        networks=networks,
        x_label=_X[curve],
        y_label=_Y[curve],
        y_range=decades([each.measured for each in networks]),
        note=_note(networks),
        how_to_read=_HOW[curve],
        cursor=None if cursor is None else min(cursor, lags - 1),
        hidden=tuple(key for key in hidden if key in {*keys, *(each.key for each in networks)}),
        layout="apart" if layout == "apart" else "together",
    )


def identity_of(*content: object) -> str:
    """A name for what is shown."""
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]


def _network(
    key: str, name: str, network: Network, found: Decay, curve: Curve, left_out: Sequence[str]
) -> DecayNetwork:
    verdict = found.verdict if curve == "loss" else found.jacobian_verdict
    if curve == "loss":
        # Text order ends at the loss; lag 0 is the last step.
        measured = found.loss.log10[:, 0].numpy()[::-1].copy()
        status = found.loss.status[:, 0].numpy()[::-1].astype(np.uint8)
        offset = measured[0]
    else:
        measured = np.where(np.isfinite(found.jacobian.spectral), found.jacobian.spectral, np.nan)
        status = found.jacobian.status.astype(np.uint8)
        offset = 0.0
    kept = [each for each in found.predictions if each.key not in left_out]
    return DecayNetwork(
        key=key,
        name=name,
        colour=CELL_COLOURS[network.spec.cell],
        word=verdict.word,
        text=verdict_text(verdict).partition(" · ")[2],
        measured=measured,
        status=status,
        predictions=tuple(_prediction(each, measured, offset, curve) for each in kept),
    )


def _prediction(
    prediction: Prediction, measured: Array, offset: float, curve_shown: Curve
) -> DecayPrediction:
    curve = prediction.log10 + (offset if math.isfinite(offset) else math.nan)
    curve = np.where(np.isposinf(curve), np.nan, curve)
    return DecayPrediction(
        key=prediction.key,
        label=_LABELS[prediction.key],
        kind=prediction.kind,
        log10=curve,
        error=_error(curve, measured),
        why=f"{prediction.formula}. {_ABOUT[curve_shown]}{prediction.why}",
    )


def _error(predicted: Array, measured: Array) -> str:
    """How far a prediction is off, in words."""
    both = np.isfinite(predicted) & np.isfinite(measured)
    both[0] = False
    if not both.any():
        return "cannot be compared here"
    off = (predicted - measured)[both]
    lags = np.flatnonzero(both)
    per_step = 10 ** (off[-1] / lags[-1])
    mean = rounded(float(np.sqrt((off**2).mean())), 2)
    return f"off this curve by {mean} decades (root mean square), ×{rounded(per_step)} per step"


def decades(curves: Sequence[Array]) -> tuple[float, float]:
    """An axis that holds all curves and seldom changes."""
    finite = np.concatenate([curve[np.isfinite(curve)] for curve in curves])
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
    return (
        next((each for each in _LOWEST if each <= low - 0.5), float(math.floor(low))),
        next((each for each in _HIGHEST if each >= high + 0.3), float(math.ceil(high))),
    )


def _note(networks: Sequence[DecayNetwork]) -> str:
    words = {Status.EXACT_ZERO: "exactly 0", Status.UNDERFLOW: "too small for float64",
             Status.NON_FINITE: "not finite"}  # fmt: skip
    said = [
        f"{network.name}: {plural(int((network.status == flag).sum()), 'lag')} {word}"
        for network in networks
        for flag, word in words.items()
        if (network.status == flag).any()
    ]
    return "; ".join(said)


def reach_view(
    source: Source, network: Network, name: str, found: Reach, of: Of, quantity: str,
    cursor: int | None, scale: str,
) -> ReachView:  # fmt: skip
    """The matrix of losses and steps.

    Args:
        source: what is read.
        network: that reads it.
        name: of the network.
        found: its reach.
        of: "loss" or "logit".
        quantity: "state" or "input".
        cursor: loss step, or None.
        scale: "absolute" or "relative".
    """
    state = quantity == "state"
    numerator = "∂Lₜ" if of == "loss" else "∂oₜ[target]"
    what = f"‖{numerator}/∂{'hₛ' if state else 'xₛ'}‖"
    status = found.hidden_status if state else found.input_status
    later = bool((status != Status.EXACT_ZERO)[np.triu_indices(len(status), 1)].any())
    return ReachView(
        identity=identity_of(network.digest, source.tokens.digest, source.stretch.start,
                             len(source.stretch), of, quantity),
        title=name,
        tokens=source.as_read.inputs,
        targets=source.as_read.targets,
        kind=kind_of(source),
        log10=np.ascontiguousarray(found.hidden if state else found.input, dtype=np.float32),
        status=np.ascontiguousarray(status),
        what=what,
        how=_reach_words(of, state) + (_LATER if later else ""),
        subject=of,
        later=later,
        start=source.stretch.start,
        cursor=cursor,
        scale="relative" if scale == "relative" else "absolute",
        colour=CELL_COLOURS[network.spec.cell],
    )  # fmt: skip


_LATER = (
    " This network also reads from the end: what stands after a step reaches it too, and is not "
    "drawn."
)


def _reach_words(of: Of, state: bool) -> str:
    """How to read the matrix."""
    row = "loss of one step" if of == "loss" else "logit of the true next token at one step"
    read = "state" if state else "input" if of == "loss" else "token"
    return (
        f"How to read it: one row is the {row}, going back from the right end; the colour says how "
        f"strongly it depends on the {read} of an earlier step, on a scale that is the same for "
        "every network. Point at a token, or a row, to see how far back it reaches."
    )


def truncation_view(
    source: Source, rows: tuple[TruncationRow, ...], cursor: int, digest: str
) -> TruncationView:
    """The cuts over the unrolled network."""
    return TruncationView(
        identity=identity_of(source.tokens.digest, source.stretch.start, len(source.stretch), rows,
                             digest),
        tokens=source.as_read.inputs,
        kind=kind_of(source),
        start=source.stretch.start,
        rows=rows,
        cursor=cursor,
    )  # fmt: skip


def closeness_note(kept: Closeness, place: int) -> str:
    """Cosine and size of a truncated gradient against the whole."""
    cosine, size = kept.cosine[place], kept.relative_size[place]
    if not (math.isfinite(cosine) and math.isfinite(size)):
        return "cannot be compared: the gradient is 0 or not finite"
    return (
        f"∂L/∂Wₕₕ: cosine {fixed(cosine, 3)}, length ×{rounded(float(size))} of the full gradient"
    )


def indices_of(source: Source) -> tuple[Indices, Indices]:
    """What is read and what is to be guessed, as indices."""
    vocabulary = source.tokens.vocabulary
    return (
        tuple(vocabulary.encode(source.stretch.inputs)),
        tuple(vocabulary.encode(source.stretch.targets)),
    )
