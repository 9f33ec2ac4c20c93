"""Predict, then reveal: the answers against autograd, and that they can come out differently."""

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from app.bets import Bet, Reveal, Stage, bets
from app.bets.networks import _further as further_by_half_lives
from app.bets.values import largest, size
from app.bets.weights import _further as further_by_lags
from app.bets.weights import _lag_left as lag_left
from app.panels.bets import _picture as picture
from core import CoreError
from core.analysis.selfcheck.stepwise import gradients_of, run_stepwise, weights_of
from core.models import ModelSpec, SequenceModel
from core.models.checkpoints import load_checkpoint
from core.text import tokenize

ROOT = Path(__file__).resolve().parent.parent
T, V, H = 20, 5, 4


def stage_of(cell: str = "lstm", steps: int = T, seed: int = 2, **options) -> Stage:
    tokens = torch.randint(V, (steps + 1,), generator=torch.Generator().manual_seed(seed))
    given = {"vocabulary_size": V, "hidden_size": H, **options}
    return Stage(ModelSpec(cell=cell, **given), tokens[:-1], tokens[1:])


def trained_stage(name: str = "rnn-story", steps: int = 60) -> Stage:
    assets = ROOT / "assets"
    checkpoint = load_checkpoint((assets / f"models/{name}.safetensors").read_bytes())
    text = (assets / "texts/story.txt").read_text(encoding="utf-8")
    tokens = tokenize(text, checkpoint.scheme)[200 : 201 + steps]
    indices = torch.tensor(checkpoint.vocabulary.encode(tokens))
    return Stage(checkpoint.spec, indices[:-1], indices[1:], checkpoint)


def bet(stage: Stage, key: str) -> Bet:
    return next(each for each in bets(stage) if each.key == key)


def reveal(stage: Stage, key: str) -> Reveal:
    return bet(stage, key).reveal()


def gradients(stage: Stage, spec: ModelSpec, step: int = -1) -> np.ndarray:
    """log10 ‖dL_t/dh_(t-k)‖ over k of the highest forward layer, by autograd alone."""
    run = run_stepwise(spec, weights_of(SequenceModel(spec, torch.float64)), stage.inputs)
    step = range(len(stage.inputs))[step]
    hidden = run.hidden[f"rnn.l{spec.num_layers - 1}"][: step + 1]
    found = gradients_of(run.loss_at(step, int(stage.targets[step])), hidden)
    return torch.cat(found).norm(dim=1).log10().flip(0).numpy()


@pytest.mark.parametrize("cell", ["rnn_tanh", "rnn_relu", "gru", "lstm"])
def test_there_are_five_questions_each_with_something_to_bet_on(cell):
    stage = stage_of(cell, num_layers=2, bidirectional=True)
    found = bets(stage)
    assert [each.key for each in found] == ["cells", "radius", "start", "truncation", "activation"]
    for each in found:
        assert each.question.rstrip(")").endswith((".", "?"))
        assert 2 <= len(each.options) <= 4
        revealed = each.reveal()
        keys = {option.key for option in each.options}
        assert len(keys) == len(each.options)
        assert revealed.right in keys | {None}
        assert {option.curve for option in each.options} - {""} <= set(revealed.curves)
        assert list(revealed.cells) == list(revealed.curves)
        assert all(curve.ndim == 1 for curve in revealed.curves.values())
        assert revealed.because.endswith(".")


def test_a_trained_network_is_asked_about_its_training():
    keys = [each.key for each in bets(trained_stage())]
    assert keys == ["cells", "radius", "training", "truncation", "activation"]


@pytest.mark.parametrize("input_", ["one_hot", "embedding"])
def test_curves_of_cells_are_the_gradients_that_autograd_gives(input_):
    stage = stage_of("lstm", num_layers=2, input=input_, embedding_size=3)
    found = reveal(stage, "cells")
    for cell, name in (("rnn_tanh", "RNN"), ("gru", "GRU"), ("lstm", "LSTM")):
        expected = gradients(stage, replace(stage.spec, cell=cell))
        np.testing.assert_allclose(found.curves[name], expected, rtol=0, atol=1e-12)
        assert found.numbers[f"log₁₀ ‖∂L/∂h‖, {name}"] == found.curves[name][T - 1]
    assert (
        found.right
        == max(
            (("rnn_tanh", "RNN"), ("gru", "GRU"), ("lstm", "LSTM")),
            key=lambda pair: found.curves[pair[1]][T - 1],
        )[0]
    )


def test_curves_are_drawn_in_the_colours_of_their_cells_on_an_axis_that_ends_with_them():
    asked = bet(stage_of("lstm"), "cells")
    found = asked.reveal()
    view = picture(asked, found)
    assert [each.colour for each in view.networks] == ["#E69F00", "#009E73", "#CC79A7"]
    measured = np.concatenate([each.measured for each in view.networks])
    low, high = view.y_range
    assert low <= measured.min() < low + 1
    assert high - 1 < measured.max() <= high
    nothing = replace(found, curves={"RNN": np.full(3, -math.inf)})
    assert picture(asked, nothing).y_range == (-1, 0)


def test_which_cell_wins_depends_on_the_network():
    small = reveal(stage_of("lstm", steps=60), "cells")
    large = reveal(stage_of("lstm", steps=60, hidden_size=30, spectral_radius=1.3), "cells")
    assert small.right in {"gru", "lstm"}
    assert large.right == "rnn_tanh"


def test_sizes_are_compared_fifty_steps_back():
    stage = stage_of(steps=60)
    assert "50 steps back" in bet(stage, "cells").question
    assert "19 steps back" in bet(stage_of(), "cells").question
    found = reveal(stage, "activation")
    assert found.numbers["log₁₀ ‖∂L/∂h‖, tanh"] == found.curves["tanh"][50]


def test_tanh_and_relu_have_the_same_weights_and_either_can_win():
    calm = reveal(stage_of(hidden_size=30), "activation")
    wild = reveal(stage_of(hidden_size=30, spectral_radius=3.0), "activation")
    assert calm.right == "rnn_tanh"
    assert wild.right == "rnn_relu"
    stage = stage_of()
    for cell, name in (("rnn_tanh", "tanh"), ("rnn_relu", "ReLU")):
        expected = gradients(stage, replace(stage.spec, cell=cell))
        np.testing.assert_allclose(
            reveal(stage, "activation").curves[name], expected, rtol=0, atol=1e-12
        )


def test_the_radius_that_is_doubled_is_the_networks_own():
    stage = stage_of("rnn_tanh", hidden_size=12)
    weight = SequenceModel(stage.spec, torch.float64).rnn.weight_hh_l0.detach()
    own = float(torch.linalg.eigvals(weight).abs().max())
    found = reveal(stage, "radius")
    for name, radius in zip(found.curves, (own, 2 * own), strict=True):
        assert name == f"ρ = {radius:.3g}"
        expected = gradients(stage, replace(stage.spec, spectral_radius=radius))
        np.testing.assert_allclose(found.curves[name], expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("radius", "doubled"), [(0.4, 0.4), (1.0, 1.0), (0.0, 0.5), (1.3, 0.5)])
def test_a_radius_that_says_nothing_when_doubled_is_replaced(radius, doubled):
    curves = reveal(stage_of("rnn_tanh", spectral_radius=radius), "radius").curves
    assert list(curves) == [f"ρ = {doubled:.3g}", f"ρ = {2 * doubled:.3g}"]


def test_doubling_can_help_little_or_much():
    rights = {
        reveal(stage_of("rnn_tanh", steps=60, hidden_size=30, spectral_radius=r), "radius").right
        for r in (0.01, 0.25, 0.8)
    }
    assert rights == {"hardly", "twice", "more"}


@pytest.mark.parametrize(
    ("lives", "factors", "right"),
    [
        ([4.0, 5.9], [0.84, 0.89], "hardly"),
        ([4.0, 6.1], [0.84, 0.89], "twice"),
        ([4.0, 12.1], [0.84, 0.94], "more"),
        ([4.0, None], [0.84, 1.1], "more"),
        ([None, None], [1.1, 1.2], None),
        ([4.0, None], [0.84, math.nan], None),
    ],
)
def test_half_lives_are_compared(lives, factors, right):
    assert further_by_half_lives(lives, factors)[0] == right


def test_the_cosine_is_that_of_a_gradient_really_cut():
    stage = stage_of("gru", hidden_size=6)
    found = reveal(stage, "truncation")
    weights = weights_of(SequenceModel(stage.spec, torch.float64))
    weight = weights["rnn.weight_hh_l0"].requires_grad_()

    def gradient(starts):
        run = run_stepwise(stage.spec, weights, stage.inputs, {"rnn.l0": starts})
        return gradients_of(run.loss(stage.targets, "mean"), [weight])[0].flatten()

    whole, cut = gradient(()), gradient((0, 8, 16))
    expected = torch.nn.functional.cosine_similarity(whole, cut, dim=0)
    assert_close(torch.tensor(found.numbers["cosine"], dtype=torch.float64), expected)
    size_ = float(cut.norm() / whole.norm())
    assert found.numbers["relative size"] == pytest.approx(size_, rel=1e-12)


def test_short_segments_keep_little_or_most_of_the_direction():
    little = reveal(stage_of("rnn_tanh", 100, hidden_size=30, spectral_radius=1.3), "truncation")
    most = reveal(stage_of("rnn_tanh", 100, hidden_size=30, spectral_radius=0.1), "truncation")
    assert little.right == "little"
    assert little.numbers["cosine"] < 0.5
    assert most.right == "most"
    assert most.numbers["cosine"] > 0.9
    assert most.numbers["share of nearer lags"] == pytest.approx(1.0, abs=1e-6)


def test_a_gradient_that_is_zero_has_no_direction():
    stage = stage_of("rnn_relu", hidden_size=1)
    dead = replace(stage, spec=replace(stage.spec, seed=8))  # its only unit is never active
    found = reveal(dead, "truncation")
    assert found.right is None
    assert found.because.startswith("Neither")
    assert np.isneginf(found.curves["part of ∂L/∂Wₕₕ"]).all()
    activation = reveal(dead, "activation")
    assert activation.right == "rnn_tanh"
    assert "ReLU 0" in activation.because
    assert "nan" not in activation.because


def test_the_share_left_is_a_median_over_losses_by_autograd():
    stage = stage_of("gru", steps=12)
    curves = reveal(stage, "start").curves
    for name, kind in (("default", "pytorch"), ("orthogonal", "orthogonal")):
        spec = replace(stage.spec, initialisation=kind)
        each = [gradients(stage, spec, t) for t in range(12)]
        for lag in range(7):
            left = [curve[lag] - curve[0] for curve in each if len(curve) > lag]
            assert curves[name][lag] == pytest.approx(np.median(left), abs=1e-11)


def test_training_is_held_against_the_same_network_untrained():
    stage = trained_stage()
    found = reveal(stage, "training")
    before, after = found.numbers["steps, untrained"], found.numbers["steps, trained"]
    assert found.right == further_by_lags(before, after)
    untrained = Stage(stage.spec, stage.inputs, stage.targets)
    default = reveal(untrained, "start").curves["default"]
    np.testing.assert_array_equal(found.curves["untrained"], default)
    at_start = replace(stage, step=0)
    np.testing.assert_array_equal(reveal(at_start, "training").curves["trained"],
                                  found.curves["trained"])  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "right"),
    [
        (10.0, 10.4, "same"),
        (10.0, 10.6, "further"),
        (10.6, 10.0, "less"),
        (10.0, math.inf, "further"),
        (math.inf, 10.0, "less"),
        (math.inf, math.inf, None),
        (math.nan, 10.0, None),
    ],
)
def test_lags_are_compared(before, after, right):
    assert further_by_lags(before, after) == right


def test_where_one_percent_is_left():
    assert lag_left(np.array([0.0, -1.0, -1.5, -2.5])) == pytest.approx(2.5)
    assert lag_left(np.array([0.0, -1.0, -math.inf])) == 2.0
    assert lag_left(np.array([0.0, -1.0, -1.9])) == math.inf
    assert math.isnan(lag_left(np.array([math.nan, -1.0])))


def test_a_tie_or_an_unknown_size_has_no_winner():
    assert largest({"a": -3.0, "b": -3.01, "c": -9.0}) is None
    assert largest({"a": -3.0, "b": -3.1, "c": -9.0}) == "a"
    assert largest({"a": -3.0, "b": math.nan}) is None
    assert largest({"a": -math.inf, "b": -math.inf}) is None
    assert largest({"a": -math.inf, "b": -300.0}) == "b"


@pytest.mark.parametrize(
    ("log10", "shown"),
    [(0.0, "1"), (-3.0, "0.001"), (-400.0, "1e-400"), (-4.5, "3.16e-05"),
     (math.log10(9.99e-7), "9.99e-07"), (-math.inf, "0"), (math.nan, "unknown")],
)  # fmt: skip
def test_sizes_are_written_as_people_write_them(log10, shown):
    assert size(log10) == shown


def test_an_answer_belongs_to_the_text():
    first, second = (reveal(stage_of(seed=seed), "truncation") for seed in (2, 3))
    assert first.numbers["cosine"] != second.numbers["cosine"]


def test_a_text_that_is_too_short_is_refused():
    with pytest.raises(CoreError, match=r"`inputs` \(of 11 steps\) must have at least 12"):
        stage_of(steps=11)


def test_questions_need_no_page():
    program = "import sys; sys.modules['streamlit'] = None; import app.bets"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
