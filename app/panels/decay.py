"""How far back the gradient of a loss goes, in several networks, and what theory says of it."""

import math

import streamlit as st

from app import state
from app.components.decay import decay
from app.compute import comparisons, costs, gradients
from app.compute.gradients import Decay
from app.compute.networks import Network
from app.digits import rounded
from app.figures.eigenvalues import NamedSpectrum, eigenvalues
from app.messages import told
from app.panels.checking import offer
from app.panels.plotting import plot
from app.sidebar.idle import idle
from app.sidebar.labels import COMPARISONS, CURVES
from app.sidebar.source import Source
from app.sidebar.widgets import segmented
from app.theme import CELL_INKS
from app.views.gradients import decay_view, indices_of
from core.analysis import LyapunovExponents

COMPONENT = "decay"
SYMBOLS = ("circle", "square", "diamond")
FEWEST = 8
"""steps that an exponent needs to be an estimate"""
OFF = "step_bound"
"""what is switched off at first: true, and far above everything for gated cells"""
CANDIDATE = "candidate"
Found = list[tuple[str, Network, Decay]]


@st.fragment
def draw(source: Source, network: Network) -> None:
    """Draw it; a fragment, so that the slider redraws nothing else."""
    with told():
        left, middle, right = st.columns([2, 2, 2], vertical_alignment="bottom")
        with left:
            kind: comparisons.Comparison = _choose_comparison()
        if idle("gradients") != state.handed("idle"):
            st.rerun()  # the sidebar follows to what these networks depend on
        with middle:
            curve = segmented("Curve", "curve", CURVES, "loss", _CURVE_HELP)
        with right:
            radius = _choose_radius(kind)
        found = _found(source, network, kind, radius)
        view = decay_view(
            found,
            curve,
            tuple(state.asked_text("off", OFF).split()),
            _cursor(),
            state.asked_text("layout", "together"),
        )
        decay(view, key=COMPONENT, on_cursor=_remember_cursor, on_hidden=_remember_hidden,
              on_layout=_remember_layout)  # fmt: skip
        if kind == "training" and network.checkpoint is None:
            st.caption("This network is untrained: choose a trained one under Weights to see what "
                       "training changed.")  # fmt: skip
        _spectra(found)
        inputs, targets = indices_of(source)
        offer(view.identity, lambda: [
            check for _, each, _ in found
            for check in gradients.check_decay(each, inputs, targets)
        ], sum(costs.check_decay(each.spec, len(inputs)) for _, each, _ in found),
            costs.about(network.spec, len(inputs)))  # fmt: skip


_CURVE_HELP = (
    "The gradient of the last loss goes along one direction; the Jacobian is how much any "
    "direction can be stretched at most, which is what theory speaks of."
)


def _choose_comparison() -> comparisons.Comparison:
    chosen = st.selectbox(
        "Networks", list(COMPARISONS), format_func=COMPARISONS.__getitem__, key="compare",
        bind="query-params", index=list(COMPARISONS).index("training"),
        help="All have the size, the input and the seed of the network in the sidebar.",
    )  # fmt: skip
    return chosen or "training"


def _choose_radius(kind: comparisons.Comparison) -> float:
    if kind != "radius":
        return 1.0
    return st.slider(
        "Spectral radius ρ of Wₕₕ", 0.0, 3.0, 1.0, 0.01, key="rho", bind="query-params",
        help="The largest |eigenvalue| of each recurrent block, of an untrained network.",
    )  # fmt: skip


def _found(source: Source, network: Network, kind: comparisons.Comparison, radius: float) -> Found:
    inputs, targets = indices_of(source)
    named = comparisons.networks(kind, network, radius)
    found = gradients.decays([each for _, each in named], inputs, targets)
    return [(name, each, one) for (name, each), one in zip(named, found, strict=True)]


def _spectra(found: Found) -> None:
    """Eigenvalues of one recurrent block of every network, and the numbers that go with them."""
    picture, words = st.columns([3, 2])
    with words:
        chosen = _choose_block(found)
        st.markdown(_table(found, chosen))
        st.caption(
            "ρ is the largest |eigenvalue|, σ the largest singular value; λ the leading Lyapunov "
            "exponent in nats per step, of the layer’s whole state as it reads this text (h and c "
            "in an LSTM), and how far its estimate still moved over the last quarter of it."
        )
    with picture:
        drawn = [
            NamedSpectrum(name, CELL_INKS[network.spec.cell], symbol, spectrum)
            for (name, network, one), symbol in zip(found, SYMBOLS, strict=False)
            for spectrum in one.spectrum
            if _role(spectrum.gate) == chosen
        ]
        plot(eigenvalues(drawn), key="eigenvalues")
        st.caption(
            "How to read it: the eigenvalues of this block of Wₕₕ in the complex plane. In the "
            "long run h ← Wₕₕ h alone explodes if one lies outside the unit circle and vanishes if "
            "all lie inside. The slopes of tanh, ReLU and gates only shrink what a block does; a "
            "gate may also carry the state past it."
        )


def _choose_block(found: Found) -> str:
    """The name of a recurrent block; "candidate" is the RNN's only one and its kin's."""
    gates = [_role(block.gate) for _, _, one in found for block in one.spectrum]
    options = sorted(set(gates), key=lambda gate: (gate != CANDIDATE, gates.index(gate)))
    chosen = st.selectbox(
        "Recurrent block of Wₕₕ", options, key="block", bind="query-params",
        help="The candidate is the only block of a plain RNN, the new gate’s of a GRU and the cell "
        "gate’s of an LSTM.",
    )  # fmt: skip
    return chosen if chosen in options else options[0]


def _role(gate: str) -> str:
    return CANDIDATE if gate in ("recurrent", "new", "cell") else f"{gate} gate"


def _table(found: Found, gate: str) -> str:
    lines = ["| network | ρ | σ | λ |", "|---|---|---|---|"]
    for name, _, one in found:
        block = next((each for each in one.spectrum if _role(each.gate) == gate), None)
        radius, sigma = (
            ("–", "–") if block is None else map(rounded, (block.radius, block.sigma_max))
        )
        shown = _exponent(one.lyapunov)
        lines.append(f"| {name} | {radius} | {sigma} | {shown} |")
    return "\n".join(lines)


def _exponent(found: LyapunovExponents) -> str:
    """The leading exponent and how far its estimate moves, where there is something to estimate."""
    exponent = float(found.exponents[0])
    if found.steps < FEWEST:
        return "–"
    if not math.isfinite(exponent):
        return "−∞" if exponent < 0 else "not finite"
    moved = f" ± {rounded(found.moving, 2)}" if math.isfinite(found.moving) else ""
    return rounded(exponent) + moved


def _cursor() -> int | None:
    return state.asked_step("lag") if state.asked("lag") else None


def _remember_cursor() -> None:
    state.remember_step(COMPONENT, "cursor", "lag")


def _remember_hidden() -> None:
    state.remember_words(COMPONENT, "hidden", "off")


def _remember_layout() -> None:
    state.remember_words(COMPONENT, "layout", "layout")
