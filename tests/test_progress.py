"""Long analyses report how far they are, end where they are told to, and give the same numbers."""

import threading
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
import torch

from core.analysis import (
    clip_by_norm,
    descend,
    draw_truncations,
    gradient_norms,
    jacobian_norms,
    loss_cliff,
    lyapunov_exponents,
    predictions,
    random_truncation,
    reach,
    read,
    segment_curve,
    spectrum,
    trace_text,
    weight_gradient_by_lag,
)
from core.analysis.features import match_features, text_features
from core.analysis.perturbation import perturb
from core.analysis.selfcheck import (
    check_gradient,
    check_jacobian,
    check_reach,
    check_weight_gradient,
)
from core.learning.beam import beam_search
from core.learning.decoding import DecodingSpec, decode
from core.learning.following import follow
from core.models import ModelSpec, SequenceModel
from core.progress import Cancelled, checkpoint, portion, watched

STEPS, VOCABULARY, LAYERS = 31, 7, 2
INPUTS = torch.randint(VOCABULARY, (STEPS,), generator=torch.Generator().manual_seed(1))
TARGETS = torch.randint(VOCABULARY, (STEPS,), generator=torch.Generator().manual_seed(2))
READ = INPUTS, TARGETS


def model_of(cell="lstm", **attributes) -> SequenceModel:
    given = {"hidden_size": 26, "num_layers": LAYERS, "seed": 3} | attributes
    return SequenceModel(ModelSpec(cell=cell, vocabulary_size=VOCABULARY, **given), torch.float64)


MODEL = model_of()


def top(at="last"):
    return trace_text(MODEL, *READ, at).layers[-1]


def check_of_reach():
    return check_reach(MODEL, *READ, reach(MODEL, *READ))


# What is computed, and how many turns its longest loop has at least.
ANALYSES = {
    "trace": (lambda: top().grad_hidden, 2 * LAYERS),
    "read": (lambda: read(MODEL, *READ, "mean"), 2 * LAYERS),
    "jacobian norms": (lambda: jacobian_norms(top()), STEPS),
    "all singular values": (lambda: jacobian_norms(top(), lags=[3, 9], singular_values=True), 40),
    "lyapunov": (lambda: lyapunov_exponents(top(), 3), STEPS),
    "spectrum": (lambda: spectrum(top()), 4),
    "predictions": (lambda: predictions(top()), 3 * STEPS),
    "reach": (lambda: reach(MODEL, *READ), STEPS),
    "reach of a lower layer": (lambda: reach(MODEL, *READ, layer="rnn.l0"), 2 * STEPS),
    "reach in both directions": (lambda: reach(model_of(bidirectional=True), *READ), 2 * STEPS),
    "lags": (lambda: weight_gradient_by_lag(top("mean")), STEPS),
    "segments": (lambda: segment_curve(top("mean")), 2 * STEPS),
    "random truncation": (lambda: random_truncation(top("mean"), 0.8), 3 * STEPS),
    "draws": (lambda: draw_truncations(top(), 0.8, draws=9, seed=0), STEPS),
    "self-check of a gradient": (
        lambda: check_gradient(MODEL, *READ, "mean", "rnn.l1", gradient_norms(top("mean"))),
        8 * STEPS,
    ),
    "self-check of a Jacobian": (
        lambda: check_jacobian(MODEL, INPUTS, jacobian_norms(top()), "rnn.l1"),
        6 * STEPS,
    ),
    "self-check of reach": (check_of_reach, 12 * STEPS),
    "self-check of a weight’s gradient": (
        lambda: check_weight_gradient(
            MODEL, *READ, "mean", "rnn.l1", [0], top("mean").grad_weight_hh
        ),
        6 * STEPS,
    ),
    "perturbation": (lambda: perturb(MODEL, *READ, 4, (int(INPUTS[4]) + 1) % VOCABULARY), 3),
    "features": (
        lambda: match_features({"h": top().hidden[:, 0].numpy()}, text_features(["a "] * STEPS)),
        STEPS,
    ),
    "cliff": (lambda: loss_cliff((4, 7), (-3.5, -2), 5), 50),
    "descent": (lambda: descend((5.5, -2.6), 0.5, None, 8), 9 * 50),
    "clipping": (lambda: clip_by_norm([torch.ones(3, dtype=torch.float64)] * 4, 1.0), 4),
    "writing": (lambda: list(decode(MODEL, [1], 12, DecodingSpec())), 12),
    "following": (lambda: list(follow(MODEL, [1], [2] * 12)), 12),
    "beam search": (lambda: beam_search(MODEL, [1], 12, 3), 12),
}


def flat(value):
    """Every array and number in a result."""
    if isinstance(value, torch.Tensor):
        return [value.numpy()]
    if is_dataclass(value):
        skipped = "seconds"  # the time that a check took
        return [x for f in fields(value) if f.name != skipped for x in flat(getattr(value, f.name))]
    if isinstance(value, dict):
        return [x for each in value.values() for x in flat(each)]
    if isinstance(value, (list, tuple)):
        return [x for each in value for x in flat(each)]
    return [] if value is None else [np.asarray(value)]


class Watching:
    """Counts the turns, and ends the work at one of them."""

    def __init__(self, last=None):
        self.turns, self.shares, self._last = 0, [], last

    def __call__(self, share):
        self.turns += 1
        if share is not None:
            self.shares.append(share)
        if self.turns == self._last:
            raise Cancelled


@pytest.mark.parametrize("name", ANALYSES)
def test_a_long_analysis_reports_each_turn_and_gives_the_same_to_the_bit(name):
    compute, turns = ANALYSES[name]
    alone, watching = flat(compute()), Watching()
    with watched(watching):
        seen = flat(compute())
    assert watching.turns >= turns
    assert all(0 <= share <= 1 for share in watching.shares)
    assert len(alone) == len(seen) > 0
    for one, other in zip(alone, seen, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ANALYSES)
def test_a_long_analysis_ends_at_the_turn_at_which_it_is_told_to(name):
    compute, _ = ANALYSES[name]
    whole = Watching()
    with watched(whole):
        compute()
    for last in {1, whole.turns // 2, whole.turns - 1} - {0}:
        watching = Watching(last)
        with watched(watching), pytest.raises(Cancelled):
            compute()
        assert watching.turns == last
    untouched = Watching()
    with watched(untouched):  # nothing of the cancelled runs is left behind
        compute()
    assert untouched.turns == whole.turns


def test_the_share_only_grows_over_nested_portions():
    watching = Watching()
    with watched(watching):
        with portion(0, 0.5):
            checkpoint(1, 2)
            with portion(0.5, 1):
                checkpoint(1, 2)
        checkpoint()
        with portion(0.5, 1):
            checkpoint(0, 4)
            checkpoint(4, 4)
    assert watching.shares == [0.25, 0.375, 0.5, 1.0]
    assert watching.turns == 5


def test_without_a_watcher_and_in_another_thread_nothing_happens():
    watching, seen = Watching(), []
    checkpoint(1, 2)
    with portion(0, 1):
        checkpoint()

    def elsewhere():
        checkpoint(1, 2)
        seen.append(True)

    with watched(watching):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert seen and not watching.turns
