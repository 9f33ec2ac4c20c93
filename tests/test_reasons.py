"""Sentences that state a cause: each number and claim in them against its own computation."""

import json
import math
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import playwright
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest
from torch import nn

from app.bets import Stage, bets
from app.bets.networks import _slopes
from app.bets.values import largest, undecided
from app.components.explorer import pack
from app.components.shared.decades import decades
from app.compute import counts, gradients, texts, trained
from app.compute.beside import Beside, learnt_tokens, ngrams_beside
from app.compute.networks import Network
from app.compute.order_losses import KINDS, OrderLosses, order_losses
from app.digits import ten_to
from app.exports.gradient_line import gradient_decades, gradient_line
from app.exports.screen import Screen, contents
from app.exports.strip_scales import strip_scale
from app.panels.clipping import RATE, START, UPDATES, descents, descents_words
from app.sidebar.source import Source, read_by
from app.state import Looking
from app.views.explorer import Choices, beside
from app.views.gradients import indices_of, reach_view
from app.wording import by_order, counted_of
from core.analysis import clip_by_norm, clip_by_value, jacobian_norms, predictions
from core.analysis.cliff import loss_and_gradient
from core.analysis.jacobians.lyapunov import lyapunov_exponents
from core.learning import TrainingText
from core.models import ModelSpec, SequenceModel
from core.models.checkpoints import Checkpoint
from core.text import NgramCounts, NgramModel, Split, Stretch
from tests.driven_networks import CELLS, autograd_steps, stock, traced

ROOT = Path(__file__).resolve().parent.parent
MAIN, COMPONENTS = str(ROOT / "app" / "main.py"), ROOT / "app" / "components"


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


def stage_of(cell: str, steps: int = 40, seed: int = 2, **options) -> Stage:
    tokens = torch.randint(5, (steps + 1,), generator=torch.Generator().manual_seed(seed))
    spec = ModelSpec(cell=cell, vocabulary_size=5, hidden_size=6, seed=seed, **options)
    return Stage(spec, tokens[:-1], tokens[1:])


@pytest.mark.parametrize("radius", [None, 0.3, 3.0])
def test_the_first_bet_tells_what_the_gates_alone_would_do_and_not_their_mean(radius):
    """The product of each unit's own gates, from the equations, over the distance compared."""
    stage = stage_of("lstm", spectral_radius=radius)
    because = next(bet for bet in bets(stage) if bet.key == "cells").reveal().because
    for cell, gate, name in (("gru", "update", "GRU"), ("lstm", "forget", "LSTM")):
        trace = stage.trace(SequenceModel(replace(stage.spec, cell=cell), torch.float64))
        gates = trace.gates[gate][1:, 0]  # every step back but into the first state
        assert len(gates) == stage.far
        alone = float(gates.log().mean(0).exp().max())
        assert f"{name} would have ×{alone:.3g}" in because or f"{name} ×{alone:.3g}" in because
    assert "On average" not in because


@given(st.lists(st.sampled_from([0.0, 0.01, 0.03, -5.0, -math.inf, math.nan]), min_size=2,
                max_size=3))  # fmt: skip
def test_a_bet_that_nobody_wins_says_why(sizes):
    named = dict(zip(("RNN", "GRU", "LSTM"), sizes, strict=False))
    if largest(named) is not None:
        return
    said = undecided(named)
    assert ("not known" in said) == any(map(math.isnan, sizes))
    assert ("exactly 0" in said) == all(each == -math.inf for each in sizes)
    if "within 5 %" in said:
        first, second = sorted(sizes, reverse=True)[:2]
        assert first - second <= math.log10(1.05)


def test_mean_derivatives_that_point_the_other_way_are_not_given_as_the_cause():
    assert "does not decide" not in _slopes(0.9, 0.4, "tanh")
    assert "does not decide" in _slopes(0.9, 0.4, "ReLU")
    assert "does not decide" in _slopes(0.3, 0.4, "tanh")
    assert "does not decide" not in _slopes(0.3, 0.4, None)


letters = st.lists(st.integers(0, 3), min_size=6, max_size=60)


@settings(max_examples=100, deadline=None)
@given(
    learnt=letters, judged=letters, order=st.integers(2, 4),
    epsilon=st.sampled_from([0.0, 0.3, 1.0, 30.0]),
    backoff=st.sampled_from(["unigram", "shorter"]),
)  # fmt: skip
def test_what_an_order_loses_is_split_by_what_was_counted(learnt, judged, order, epsilon, backoff):
    """Against counting by hand, place by place."""
    tally = NgramCounts.of(learnt, 5, order)
    model = NgramModel(tally, (1.0, *[epsilon] * (order - 1)), backoff)
    rows = model.probabilities_by_order(judged)
    first = order - 1
    found = order_losses(tally, np.array(judged), rows[0], rows[-1], order, first)
    told = {kind: 0.0 for kind in KINDS}
    spans = {tuple(learnt[at : at + order]) for at in range(len(learnt) - order + 1)}
    endless = any(rows[-1][t] == 0 for t in range(first, len(judged)))
    for t in range(first, len(judged)):
        gram = tuple(judged[t - order + 1 : t + 1])
        kind = "counted" if gram in spans else "continuation"
        if all(span[:-1] != gram[:-1] for span in spans):
            kind = "context"
        if judged[t] not in learnt:
            kind = "token"
        if endless:
            told[kind] += rows[-1][t] == 0
        else:
            told[kind] += math.log(rows[0][t] / rows[-1][t])
    assert found.endless == endless
    assert found.unseen == sum(each not in learnt for each in judged[first:])
    assert found.nats == pytest.approx(told, abs=1e-9)
    gap = sum(found.nats.values())
    if not endless:
        whole = np.log(rows[0, first:]).sum() - np.log(rows[-1, first:]).sum()
        assert gap == pytest.approx(float(whole), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(letters)
def test_without_smoothing_what_was_counted_never_gets_harder_with_the_order(text):
    """The law behind "so much smoothing drowns the counts"."""
    tally = NgramCounts.of(text, 4, 4, first=3)
    rows = NgramModel(tally, (0.0,) * 4).probabilities_by_order(text)[:, 3:]
    nats = -np.log(rows).mean(1)
    assert (np.diff(nats) <= 1e-12).all()


def perplexities_of(text: str, epsilons=(1.0,) * 5):
    tokens = texts.tokens_of(text, "graphemes", text)
    split = Split.at_end(len(tokens.tokens))
    return counts.perplexities(tokens, 0, split, epsilons, "unigram"), len(tokens.vocabulary)


def test_unseen_letters_are_named_as_the_cause_and_not_rare_contexts():
    """Coin tosses, whose contexts tell nothing; in the end every eighth letter is a new one."""
    tossed = np.random.default_rng(0).choice(list("ab"), 3000)
    tossed[2700::8] = [chr(945 + k) for k in range(len(tossed[2700::8]))]
    found, size = perplexities_of("".join(tossed))
    said = by_order(found, size)
    assert "order 1 forecasts best" in said
    assert found.lost is not None and found.lost.kind == "token"
    assert "at tokens that the counted text does not have at all" in said
    assert "too rarely" not in said and "the few continuations" not in said


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_place_at_which_most_is_lost_is_the_one_that_is_named(kind):
    nats = dict.fromkeys(KINDS, 1.0) | {kind: 5.0}
    lost = OrderLosses(nats, 7, endless=False)
    found = counts.Perplexities((9.0, 8.0), (6.0, 7.0), 900, 900, lost)
    assert "loses most (62 %)" in by_order(found, 28)
    assert ("few continuations" in by_order(found, 28)) == (kind == "continuation")
    impossible = counts.Perplexities((9.0, 8.0), (6.0, math.inf), 900, 900, OrderLosses(
        {each: 10.0 * (each == kind) for each in KINDS}, 7, endless=True))  # fmt: skip
    assert "holds some tokens impossible, most (100 %)" in by_order(impossible, 28)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((9, 4, 4, 4, 4), "orders 2, 3, 4 and 5 forecast best, all alike (4)."),
        ((9, 4, 4.0001, 5, 6), "orders 2 and 3 forecast best, all alike (4)."),
        ((4, 4, 5, 6, 7), "orders 1 and 2 forecast best, all alike (4)."),
        ((9, 4, 4.1, 5, 6), "order 2 forecasts best (4)."),
        ((9, 8, 7, 6, 5), "order 5 forecasts best (5)."),
    ],
)
def test_orders_that_are_equal_are_not_told_apart(values, said):
    found = counts.Perplexities((9.0,) * 5, tuple(map(float, values)), 9000, 900)
    assert said in by_order(found, 28)


def test_equal_orders_are_found_equal_on_a_text():
    found, size = perplexities_of("the sea the boat the lamp " * 90, (1.0, 1.0, *[math.inf] * 3))
    assert "order 2 forecasts best" in by_order(found, size)
    found, size = perplexities_of("ab" * 1500)
    alike = [value <= min(found.validation) * 1.001 for value in found.validation]
    assert sum(alike) > 1
    assert "all alike" in by_order(found, size)


def test_an_impossible_token_is_counted():
    found, size = perplexities_of("the sea the boat the lamp " * 90 + "é" * 5, (0.0,) * 5)
    assert "infinite at every order" in by_order(found, size)
    assert "and 5 of these were never counted" in by_order(found, size)


CURVES = [
    [], [math.nan], [-math.inf, math.inf, math.nan], [0.0] * 5, [-3.0], [-3.0, -3.0], [-3.2, -3.1],
    [-2.0, 0.0], [-1.0, 0.0], [-0.0], [5e-324], [-5e-324, 0.0], [-308.0, 2.0],
    [math.nan, -7.0, -6.5], [-1e-16, 1e-16], [-640.25, -2.0, math.inf], [1e6, -1e6],
]  # fmt: skip


def test_the_browser_has_the_same_decades_as_python(tmp_path):
    """Beside those that Python sends: the reach of a loss and a change are drawn on their own."""
    random = np.random.default_rng(1)
    curves = CURVES + [
        (random.normal(size=size) * scale + shift).round(digits).tolist()
        for size in (1, 2, 30) for scale in (0.0, 0.1, 3.0, 80.0) for shift in (-12.0, -0.5, 1.0)
        for digits in (0, 3)
    ]  # fmt: skip
    no_python = shutil.ignore_patterns("*.py", "__py*")
    for folder in ("explorer", "shared"):
        shutil.copytree(COMPONENTS / folder, tmp_path / folder, ignore=no_python)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    given = json.dumps([[str(value) for value in curve] for curve in curves])
    (tmp_path / "try.js").write_text(
        'import { decades } from "./explorer/unpack.js";\n'
        "const number = (word) => Number(word.replace('inf', 'Infinity'));\n"
        f"const curves = {given}.map((curve) => curve.map(number));\n"
        "console.log(JSON.stringify(curves.map((curve) => decades(curve))));"
    )
    node = shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")
    done = subprocess.run(
        [node, "try.js"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    for curve, theirs in zip(curves, json.loads(done.stdout), strict=True):
        ours = decades(curve)
        assert (None if ours is None else list(ours)) == theirs, curve
        finite = [value for value in curve if math.isfinite(value)]
        if ours is None:
            assert not finite
            continue
        low, high = ours
        assert low <= min(finite) and max(finite) <= high and high - low >= 2
        assert high - 1 <= max(finite) and (min(finite) <= low + 1 or high - low == 2)


@pytest.mark.parametrize(
    ("cell", "steps", "more"),
    [("lstm", 40, {}), ("rnn_tanh", 1, {}), ("gru", 2, {"bidirectional": True}),
     ("rnn_relu", 40, {"spectral_radius": 3.0, "initialisation": "normal", "sigma": 9.0}),
     ("rnn_tanh", 40, {"initialisation": "normal", "sigma": 9.0}),
     ("lstm", 12, {"num_layers": 2, "spectral_radius": 0.0})],
)  # fmt: skip
def test_the_screen_and_the_export_draw_the_gradient_on_one_axis(cell, steps, more):
    source = source_of("lighthouse", steps=steps)
    choices = Choices(source, untrained(source, cell, **more), "last")
    layer = f"rnn.l{choices.spec.num_layers - 1}"
    of = contents(Screen(choices, Looking(0, layer, "h", "index", "gradient", "forward")))
    packed = pack(of.view)
    head = int.from_bytes(packed[4:8], "little")
    on_screen = json.loads(packed[8 : 8 + head])["decades"]
    exported = gradient_decades(of)
    assert on_screen == (None if exported is None else list(exported))
    drawn = gradient_line(of).markup
    assert ("no step has a gradient norm" in drawn) == (on_screen is None)
    scale = strip_scale(of)
    if on_screen is None:
        assert scale.labels == ("", "")
    else:
        assert list(scale.ends) == on_screen
        assert f">{ten_to(on_screen[1])}<" in drawn or on_screen[1] - on_screen[0] > 9


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.integers(1, 50), st.integers(0, 300))
def test_how_much_of_a_stretch_was_counted_is_said(start, shown, counted):
    known = sum(place < counted for place in range(start, start + shown))
    said = counted_of(start, shown, counted)
    assert ("not counted" in said) == (known == 0)
    assert ("first" in said) == (0 < known < shown)
    if 0 < known < shown:
        assert f"the first {known} token" in said


def trained_network(name: str, **changes) -> Network:
    """One of the box, or its like with other attributes."""
    checkpoint = trained.shipped(name)
    if changes:
        own = {each: getattr(checkpoint, each) for each in (
            "spec", "weights", "vocabulary", "scheme", "text_digest", "training")}  # fmt: skip
        checkpoint = Checkpoint(**(own | changes))
    return Network(checkpoint.spec, checkpoint, None, "a text")


def beside_of(network: Network, source: Source) -> Beside:
    return beside(Choices(read_by(network, source), network, "last"))


def assert_counted(found: Beside, indices: list[int], size: int, read: list[int]) -> None:
    """The models are those of these tokens, whatever else there is."""
    rows = NgramModel(NgramCounts.of(indices, size, 3), (1.0,) * 3).probabilities_by_order(read)
    assert [each.key for each in found.models] == ["unigram", "bigram", "trigram"]
    for row, each in zip(rows, found.models, strict=True):
        np.testing.assert_allclose(each.surprise, -np.log(row[1:]), rtol=1e-12)
    assert f"counted on the {len(indices):,} " in found.note


@pytest.mark.parametrize("text", ["story", "lighthouse", "greetings"])
def test_ngrams_beside_a_network_of_the_box_counted_its_training_text(text):
    """Whatever it reads; also one stretch that leaves nothing of the text on screen."""
    source, network = source_of(text, steps=500), trained_network("lstm-story")
    story, vocabulary = source_of("story").tokens.tokens, network.vocabulary
    assert vocabulary is not None
    learnt = vocabulary.encode(story[: Split.at_end(len(story)).train[1]])
    read = source.stretch
    indices = vocabulary.encode((*read.inputs, read.targets[-1]))
    assert_counted(beside_of(network, source), learnt, len(vocabulary), indices)


def test_the_networks_in_the_box_learnt_what_the_page_says():
    """Their last validation loss is that of the end of the text, at which the text was split."""
    checkpoint = trained.shipped("rnn-story")
    tokens = source_of("story").tokens.tokens
    assert checkpoint.vocabulary is not None
    low = learnt_tokens(checkpoint, len(tokens))
    judged = torch.tensor(checkpoint.vocabulary.encode(tokens[low:])).unsqueeze(1)
    with torch.no_grad():
        logits, _ = checkpoint.model(torch.float64)(judged[:-1])
    loss = float(torch.nn.functional.cross_entropy(logits[:, 0], judged[1:, 0]))
    # The training judged in batches that start from a zero state.
    assert loss == pytest.approx(checkpoint.training["validation"]["loss"][-1], rel=0.02)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"text_digest": ""}, "not known"),
        ({"text_digest": "0" * 64}, "is not here"),
        ({"title": "a copy"}, "does not say which part"),
        ({"training": {"train_tokens": 10**9}}, "does not say which part"),
        ({"training": {"train_tokens": 100}}, "learnt from 100 characters only"),
    ],
)
def test_where_it_is_not_known_what_a_network_learnt_from_no_ngrams_are_shown(changes, why):
    network = trained_network("gru-story", **changes)
    found = beside_of(network, source_of("story"))
    assert found.models == ()
    assert found.note.startswith("No n-grams beside it: ") and why in found.note
    assert found.note.endswith(".")


def test_a_file_that_says_what_it_learnt_from_has_its_ngrams_counted_on_that():
    network = trained_network("gru-story", training={"train_tokens": 5_000})
    source = source_of("story", start=200)
    assert network.vocabulary is not None
    encode, read = network.vocabulary.encode, source.stretch
    found = beside_of(network, source)
    assert_counted(found, encode(source.tokens.tokens[:5000]), len(network.vocabulary),
                   encode((*read.inputs, read.targets[-1])))  # fmt: skip
    assert (found.text, found.learnt) == ("story", 5000)


def test_a_network_trained_here_keeps_what_it_learnt_from_when_another_text_comes():
    source = source_of("lighthouse")
    network = untrained(source, "gru")
    tokens, size = source.tokens, len(source.tokens.vocabulary)
    indices = np.array(tokens.vocabulary.encode(tokens.tokens))
    material = TrainingText.from_split(
        indices, Split.at_end(len(indices)), vocabulary=tokens.vocabulary, scheme="graphemes",
        text_digest=source.text.digest,
    )  # fmt: skip
    checkpoint = Checkpoint(
        spec=network.spec, weights=network.model().state_dict(), vocabulary=tokens.vocabulary,
        scheme="graphemes", text_digest=source.text.digest,
    )  # fmt: skip
    here = Network(network.spec, checkpoint, None, "lighthouse", material)
    other = source_of("greetings")
    read = tokens.vocabulary.encode((*other.stretch.inputs, other.stretch.targets[-1]))
    found = beside_of(here, other)
    assert_counted(found, material.train.tolist(), size, read)
    assert found.text == "lighthouse"  # in the box; one's own would be gone


@pytest.mark.parametrize("steps", [60, 400, 500])
def test_ngrams_beside_an_untrained_network_count_the_rest_and_say_how_much(steps):
    source = source_of("greetings", steps=steps)
    found = beside_of(untrained(source, "gru"), source)
    rest = len(source.tokens.tokens) - steps - 1
    assert len(found.models) == 3
    assert f"counted on the other {rest:,} characters" in found.note


@pytest.mark.parametrize("length", [3, 40, 200, 349, 500, 700, 900])
@pytest.mark.parametrize("steps", [2, 100, 400])
def test_ngrams_are_never_counted_on_the_few_characters_that_are_not_read(length, steps):
    text = ("the lamp went out and the sea came in. " * 30)[:length]
    tokens = texts.tokens_of(text, "graphemes", text)
    stretch = Stretch.of(tokens.tokens, 0, steps)
    network = Network(ModelSpec(cell="gru", vocabulary_size=len(tokens.vocabulary), hidden_size=2))
    found = ngrams_beside(network, "", tokens, stretch, "character")
    rest = length - len(stretch) - 1
    assert bool(found.models) == (rest >= 250 and rest >= len(stretch))
    if not found.models:
        assert f"goes on for {rest} character" in found.note


def test_the_page_shows_why_there_are_no_ngrams():
    app = page("", text="paste", weights="untrained", units="4")
    app.text_area(key="pasted").set_value("the sea, the boat, the lamp").run()
    said = [each.value for each in app.caption if "No n-grams beside it" in each.value]
    assert said and "goes on for 0 characters only" in said[0]
