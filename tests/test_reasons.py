"""Sentences that state a cause: each number in them, and each claim, against its own computation."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest
from torch import nn

from app.compute import gradients, texts
from app.compute.networks import Network
from app.panels.clipping import RATE, START, UPDATES, descents, descents_words
from app.sidebar.source import Source
from app.views.gradients import indices_of, reach_view
from core.analysis import clip_by_norm, clip_by_value, jacobian_norms, predictions
from core.analysis.cliff import loss_and_gradient
from core.analysis.jacobians.lyapunov import lyapunov_exponents
from core.models import ModelSpec
from core.text import Stretch
from tests.driven_networks import CELLS, autograd_steps, stock, traced


MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")


def source_of(text: str = "story", scheme: str = "graphemes", start: int = 0, steps: int = 30):
    decoded = texts.shipped(text)
    tokens = texts.tokens_of(decoded.digest, scheme, decoded.text)
    stretch = Stretch.of(tokens.tokens, start, steps)
    return Source(decoded, text, False, scheme, tokens, stretch)


def untrained(source: Source, cell: str, **attributes) -> Network:
    size = len(source.tokens.vocabulary)
    return Network(ModelSpec(cell=cell, vocabulary_size=size, hidden_size=4, seed=3, **attributes))


def page(path: str, **query: str) -> AppTest:
    """A page of the app with a link's parameters."""
    app = AppTest.from_file(MAIN, default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if path:
        app.switch_page(f"screens/{path}.py").run()
    if "lab" in query:
        app.segmented_control(key="lab").set_value(query["lab"]).run()
    assert not app.exception
    return app


def lyapunov_reason(trace) -> str:
    return next(one.why for one in predictions(trace) if one.key == "lyapunov")


def grown(jacobians: list[torch.Tensor], seed: int = 0) -> np.ndarray:
    """How much each step stretches one direction carried along, as logarithms."""
    width = len(jacobians[0])
    direction = torch.from_numpy(np.random.default_rng(seed).normal(size=(width, 1)))[:, 0]
    logs = []
    for jacobian in jacobians:
        direction = jacobian @ (direction / direction.norm())
        logs.append(float(direction.norm().log()))
    return np.array(logs)


def saturated_lstm() -> nn.LSTM:
    """One unit keeps its large cell state for good; the others forget."""
    module = stock("lstm", 3)
    with torch.no_grad():
        module.bias_ih_l0[[0, 3, 6]] = 40.0  # input, forget and cell gate of unit 1
    return module


@pytest.mark.parametrize("cell", CELLS)
def test_the_exponent_is_that_of_the_whole_state_and_its_reason_says_whose(cell):
    """Against autograd of PyTorch's equations: (h, c) of an LSTM, h of all other cells."""
    module = stock(cell, 3, gain=2.0)
    trace = traced(module, 30)
    logs = grown(autograd_steps(trace, module))
    found = lyapunov_exponents(trace, 1)
    assert found.exponents[0] == pytest.approx(logs.mean(), rel=1e-9)
    reason = lyapunov_reason(trace)
    assert ("the whole state (h, c)" in reason) == (cell == "lstm")
    assert ("from h to h alone" in reason) == (cell == "lstm")
    assert f"{math.exp(logs.mean()):.3g} per step" in reason
    assert f"and {math.exp(logs[1:].mean()):.3g} over the 29 steps shown" in reason
    measured = jacobian_norms(trace).spectral[-1]
    assert f"the 29 steps shown have {10 ** (measured / 29):.3g}" in reason


def test_saturated_cells_part_the_whole_state_from_its_hidden_half():
    module = saturated_lstm()
    trace = traced(module, 40)
    jacobians = autograd_steps(trace, module)
    whole = torch.linalg.multi_dot(jacobians[:0:-1])
    state, hidden = (torch.linalg.matrix_norm(m, 2) ** (1 / 39) for m in (whole, whole[:3, :3]))
    assert state > 0.99 and hidden < 0.95
    reason = lyapunov_reason(trace)
    felt = float((1 - trace.cell_state[-1, 0, 0].tanh() ** 2) * trace.gates["output"][-1, 0, 0])
    held = float(trace.gates["forget"][1:, 0, 0].log().mean().exp())
    assert felt < 1e-9
    assert f"keeps most of c, ×{held:.3g} per step, hardly shows it in h: its ∂h/∂c is" in reason
    assert float(re.search(r"∂h/∂c is ([\d.e-]+)", reason)[1]) == pytest.approx(felt, rel=0.1)
    # Without saturation nothing of the kind is said.
    assert "hardly shows" not in lyapunov_reason(traced(stock("lstm", 3), 40))


entries = st.lists(
    st.sampled_from([0.0, 1.0, -1.0, 0.5, 3.0, 1e-7, 1.0000004]) | st.floats(-5, 5), min_size=1,
    max_size=4,
)  # fmt: skip
dtypes = st.sampled_from([torch.float32, torch.float64])


@settings(max_examples=150, deadline=None)
@given(values=entries, threshold=st.sampled_from([1.0, 0.001, 0.5, 2.5]), dtype=dtypes)
def test_what_clipping_says_it_did_is_what_it_did(values, threshold, dtype):
    gradient = torch.tensor(values, dtype=dtype)
    by_norm, by_value = clip_by_norm([gradient], threshold), clip_by_value([gradient], threshold)
    assert ("nothing changes" in by_norm.reason) == (by_norm.factor == 1)
    assert ("nothing changes" in by_value.reason) == torch.equal(gradient, by_value.after[0])
    if "direction" in by_value.reason:
        one, other = gradient.double(), by_value.after[0].double()
        across = torch.outer(one, other) - torch.outer(other, one)  # 0 where they are parallel
        turned = bool((across.abs() > 1e-6 * torch.outer(one, one).abs()).any())
        assert ("so the direction turns" in by_value.reason) >= turned
        assert ("so the direction stays" in by_value.reason) <= (not turned)
    norm = float(torch.linalg.vector_norm(gradient))
    limit = float(torch.tensor(threshold, dtype=dtype))
    for word, holds in (
        ("above", norm > limit),
        ("below", norm < limit),
        ("at the", norm == limit),
    ):
        assert (f" is {word}" in by_norm.reason) == holds
    said, bound = re.match(r"The norm (\S+) is (?:above|below|at the threshold) ([\d.e-]*\d)",
                           by_norm.reason).groups()  # fmt: skip
    assert (said == bound) <= (norm == limit)  # "The norm 1 is above 1" explains nothing


def test_a_norm_just_below_the_threshold_is_not_called_above_it():
    just = clip_by_norm([torch.tensor([1.0], dtype=torch.float64)], 1)
    assert just.factor < 1
    assert just.reason.startswith("The norm 1 is at the threshold 1, but not with the 10⁻⁶")
    close = clip_by_norm([torch.tensor([0.9999995], dtype=torch.float64)], 1)
    assert close.factor < 1
    assert close.reason.startswith("The norm 0.9999995 is below 1")
    alike = clip_by_value([torch.tensor([3.0, -3.0, 0.0])], 1)
    assert "so the direction stays" in alike.reason
    some = clip_by_value([torch.tensor([3.0, 0.5])], 1)
    assert "so the direction turns" in some.reason
    endless = clip_by_value([torch.tensor([math.inf, 0.5])], 1)
    assert "only the sign is left" in endless.reason and "direction" not in endless.reason


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize(("of", "quantity"), [("loss", "state"), ("loss", "input"),
                                              ("logit", "input")])  # fmt: skip
def test_the_reach_speaks_of_what_its_rows_are_and_of_later_steps_where_they_count(
    of, quantity, both
):
    source = source_of("story", steps=12)
    network = untrained(source, "gru", bidirectional=both)
    inputs, targets = indices_of(source)
    view = reach_view(source, network, "net", gradients.reaching(network, inputs, targets, of), of,
                      quantity, None, "absolute")  # fmt: skip
    assert view.subject == of
    assert ("logit" in view.how) == (of == "logit") and ("loss" in view.how) == (of == "loss")
    # Whether what is read last reaches the loss at the first step, by changing it.
    model = network.model()
    other = [*inputs[:-1], (inputs[-1] + 1) % network.spec.vocabulary_size]
    first, then = (model(torch.tensor(each).unsqueeze(1))[0][0] for each in (inputs, other))
    depends = not torch.equal(first, then)
    assert depends == both
    assert view.later == (depends and quantity == "input")
    assert ("after a step" in view.how) == view.later


@pytest.mark.parametrize("exponent", [-3.0, -1.0, 0.0, 0.5, 1.0])
def test_the_cliff_is_descended_with_the_threshold_of_the_slider(exponent):
    threshold = 10.0**exponent
    free, clipped = ways = descents(threshold)
    w, b = START
    for update in range(UPDATES):
        assert (clipped.descent.w[update], clipped.descent.b[update]) == pytest.approx((w, b))
        _, of_w, of_b = (float(each) for each in loss_and_gradient(w, b))
        scale = min(1.0, threshold / math.hypot(of_w, of_b)) * RATE
        w, b = w - scale * of_w, b - scale * of_b
    words = descents_words(ways, threshold)
    cut = int((clipped.descent.norm[:-1] > threshold).sum())
    assert f"clipped at {threshold:.3g}" in clipped.name
    assert f"({cut} update{'' if cut == 1 else 's'} cut)" in words
    huge = descents(2 * float(free.descent.norm.max()))
    assert np.array_equal(huge[0].descent.w, huge[1].descent.w)
    assert "both ways are one" in descents_words(huge, 2 * float(free.descent.norm.max()))


@pytest.mark.parametrize("theta", ["-2.0", "0.5"])
def test_the_page_hands_the_threshold_to_the_cliff(theta):
    app = page("gradients", lab="clipping", theta_log=theta, weights="untrained", units="4")
    shown = f"{10 ** float(theta):.3g}"
    cliff = next(each.value for each in app.caption if "descent from the star" in each.value)
    assert f"clipped at {shown}," in cliff
