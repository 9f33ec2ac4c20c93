"""The Gradients page without a browser: every laboratory and network, and what is drawn."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch.testing import assert_close

from app.compute import comparisons, gradients, texts, trained, truncating
from app.compute.networks import Network
from app.figures.gate_activations import gate_activations
from app.sidebar.labels import COMPARISONS, LABS
from app.sidebar.source import Source, read_by
from app.views.gradients import closeness_note, decay_view, indices_of, reach_view
from core.capture import capture
from core.models import ModelSpec, next_token_loss
from core.text import Stretch

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")
CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
STEPS = 30


def source_of(steps: int = STEPS) -> Source:
    text = texts.shipped("story")
    tokens = texts.tokens_of(text.digest, "graphemes", text.text)
    return Source(text, "story", False, "graphemes", tokens, Stretch.of(tokens.tokens, 0, steps))


def boxed(name: str = "lstm-story") -> Network:
    checkpoint = trained.shipped(name)
    return Network(checkpoint.spec, checkpoint, None, "Skerrow Time")


def untrained(cell: str = "gru", **attributes) -> Network:
    size = len(source_of().tokens.vocabulary)
    return Network(ModelSpec(cell=cell, vocabulary_size=size, hidden_size=6, seed=3, **attributes))


def page(lab: str, **query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in {"steps": str(STEPS), **query}.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("screens/gradients.py").run()
    app.segmented_control(key="lab").set_value(lab).run()
    assert not app.exception
    return app


@pytest.mark.parametrize("lab", LABS)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"weights": "untrained", "cell": "rnn_relu", "units": "5", "layers": "2"},
        {"weights": "untrained", "cell": "gru", "units": "4", "both": "true"},
        {"weights": "untrained", "units": "3", "steps": "1"},
    ],
    ids=["trained", "stacked ReLU", "both directions", "one step"],
)
def test_every_laboratory_opens_for_every_network(lab, query):
    app = page(lab, **query)
    assert not app.error, [error.value for error in app.error]
    few = query.get("steps") == "1" and lab in ("many", "bets")
    assert any("at least" in info.value for info in app.info) == few


@pytest.mark.parametrize("kind", COMPARISONS)
@pytest.mark.parametrize("network", [boxed(), untrained("rnn_relu"), untrained("lstm")])
def test_compared_networks_differ_in_what_is_compared_alone(kind, network):
    found = comparisons.networks(kind, network, 1.3)
    assert 1 <= len(found) <= 3
    assert len({name for name, _ in found}) == len(found)
    assert len({each.digest for _, each in found}) == len(found)
    for _, each in found:
        assert each.spec.seed == network.spec.seed
        assert each.spec.hidden_size == network.spec.hidden_size
        assert each.spec.vocabulary_size == network.spec.vocabulary_size
    if kind == "radius":
        assert [each.spec.spectral_radius for _, each in found] == [1.3, 0.9, 1.1]


@pytest.mark.parametrize("cell", CELLS)
def test_the_curve_of_the_loss_is_autograds(cell):
    source, network = source_of(), untrained(cell)
    inputs, targets = indices_of(source)
    view = decay_view(
        [("net", network, gradients.decay(network, inputs, targets))], "loss", (), None, "together"
    )
    expected = _norms_by_autograd(network, inputs, targets)
    assert_close(torch.tensor(10 ** view.networks[0].measured), expected.flip(0), rtol=1e-9, atol=0)


def _norms_by_autograd(network: Network, inputs, targets) -> torch.Tensor:
    """One step at a time through PyTorch's own module, each state keeping its gradient."""
    model = network.model()
    embedded = model.embed(torch.tensor(inputs).unsqueeze(1))
    state, states = None, []
    for x in embedded:
        given = state
        if states:
            given = (states[-1].unsqueeze(0), state[1]) if isinstance(state, tuple) else (
                states[-1].unsqueeze(0))  # fmt: skip
        output, state = model.rnn(x.unsqueeze(0), given)
        kept = output[0].clone().requires_grad_() if not output.requires_grad else output[0].clone()
        kept.retain_grad()
        states.append(kept)
    logits = model.head(torch.stack(states))
    next_token_loss(logits, torch.tensor(targets).unsqueeze(1), "last").backward()
    return torch.stack([h.grad.norm() for h in states])


def test_predictions_are_shifted_to_the_loss_and_bounds_stay_bounds():
    source, network = source_of(), untrained("rnn_tanh", spectral_radius=0.9)
    found = gradients.decay(network, *indices_of(source))
    named = [("net", network, found)]
    loss = decay_view(named, "loss", (), None, "together").networks[0]
    jacobian = decay_view(named, "jacobian", (), None, "together").networks[0]
    for own, other in zip(loss.predictions, jacobian.predictions, strict=True):
        np.testing.assert_allclose(own.log10 - other.log10, loss.measured[0], rtol=1e-12)
        if own.kind == "bound":
            assert (own.log10 >= loss.measured - 1e-9).all()
            assert (other.log10 >= jacobian.measured - 1e-9).all()


def test_mixed_cells_draw_at_most_five_theories():
    source = source_of()
    named = [
        (name, each, gradients.decay(each, *indices_of(source)))
        for name, each in comparisons.cells(boxed())
    ]
    view = decay_view(named, "loss", ("lyapunov",), 500, "apart")
    keys = {each.key for network in view.networks for each in network.predictions}
    assert len(keys) <= 5
    assert view.cursor == STEPS - 1
    low, high = view.y_range
    for network in view.networks:
        finite = network.measured[np.isfinite(network.measured)]
        assert low <= finite.min() <= finite.max() <= high


@pytest.mark.parametrize("of", ["loss", "logit"])
def test_the_reach_shown_is_what_was_computed(of):
    source, network = read_by(boxed(), source_of()), boxed()
    found = gradients.reaching(network, *indices_of(source), of)
    view = reach_view(source, network, "net", found, of, "input", 3, "relative")
    lower = np.tril_indices(STEPS)
    np.testing.assert_allclose(view.log10[lower], found.input[lower], rtol=1e-6)
    assert (found.input_status[np.triu_indices(STEPS, 1)] == 1).all()
    assert view.scale == "relative"


@pytest.mark.parametrize("at", ["last", "mean"])
def test_the_longest_window_is_the_whole_gradient(at):
    source, network = source_of(), untrained("lstm")
    inputs, targets = indices_of(source)
    found = truncating.truncated(network, inputs, targets, at)
    starts, curve = truncating.segments(network, inputs, targets, at, STEPS)
    assert starts == (0,)
    assert "cosine 1.000, length ×1 of" in closeness_note(curve.kept, 0)
    assert "cosine 1.000, length ×1 of" in closeness_note(found.lags.kept, STEPS - 1)
    own, cut = truncating.cut_at(network, inputs, targets, at, tuple(range(STEPS)))
    assert own == tuple(range(STEPS))
    np.testing.assert_allclose(cut.cosine, found.lags.kept.cosine[:1])


def test_parameter_gradients_are_those_of_all_parameters():
    source, network = source_of(), untrained("gru", input="embedding", embedding_size=3)
    found = gradients.parameter_gradients(network, *indices_of(source), "mean")
    model = network.model()
    assert list(found) == [name for name, _ in model.named_parameters()]
    assert all(math.isfinite(float(gradient.norm())) for gradient in found.values())


def test_a_sweep_is_run_once_and_drawn():
    app = page("many", weights="untrained", units="4")
    app.number_input(key="sweep_count").set_value(3).run()
    run = next(button for button in app.button if button.label.startswith("Run "))
    assert run.label == "Run 18 networks"  # three cells, three radii, lengths 10 and 20
    run.click().run()
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == 3  # one for each cell
    app.number_input(key="sweep_count").set_value(21).run()
    app.slider(key="sweep_radii").set_value((0.0, 3.0)).run()
    assert not app.exception


def test_a_bet_is_made_before_the_answer_is_shown():
    app = page("bets")
    run = next(button for button in app.button if button.label == "Run it")
    assert run.disabled
    app.radio[0].set_value("gru").run()
    run = next(button for button in app.button if button.label == "Run it")
    assert not run.disabled
    run.click().run()
    assert not app.exception
    told = [*app.success, *app.warning, *app.info]
    assert len(told) == 1
    assert app.radio[0].disabled
    assert any("1 of 5 bets made" in caption.value for caption in app.caption)


@pytest.mark.parametrize("lab", ["decay", "reach", "truncation"])
def test_the_self_check_agrees_with_what_is_on_screen(lab):
    app = page(lab, weights="untrained", units="4", cell="gru")
    check = next(button for button in app.button if button.label.startswith("Check these numbers"))
    check.click().run()
    assert not app.exception
    table = next(each.value for each in app.markdown if "largest relative difference" in each.value)
    rows = table.splitlines()[2:]
    assert rows
    assert all("**agrees**" in row for row in rows), table


def test_the_gate_over_the_text_is_the_traces_own_and_names_its_tokens_safely():
    source, network = source_of(), untrained("lstm")
    found = gradients.gated(network, *indices_of(source))
    model = network.model()
    with torch.no_grad(), capture(model) as tape:
        model(torch.tensor(indices_of(source)[0]).unsqueeze(1))
    expected = tape["rnn.l0"].gates["forget"][:, 0].numpy()
    figure = gate_activations(found.activations, ["<b>"] * STEPS, "forget")
    np.testing.assert_array_equal(np.asarray(figure.data[0].z).T, expected)
    assert set(np.asarray(figure.data[0].customdata).ravel()) == {"&lt;b&gt;"}
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)
