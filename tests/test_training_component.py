"""The picture of a training run: what is sent to the browser, and the JavaScript sent with it."""

import base64
import json
import re

import numpy as np
import pytest

from app.components import training as component
from app.components.training import MOST_CELLS, MOST_POINTS, TrainingView
from app.components.training.pack import LONGEST, pack
from tests.components import check_bundle, refuse_constant, run_node

INF, NAN = float("inf"), float("nan")


def steps(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def make_view(**changes) -> TrainingView:
    fields = {
        "identity": "run",
        "version": 3,
        "steps_total": 800,
        "step": 4,
        "epoch": 0.5,
        "running": "running",
        "message": "",
        "train": (steps(0, 2, 4), np.array([74.0, INF, 1 / 3 + 30])),
        "validation": (steps(4), np.array([31.5])),
        "references": (("a blind guess V = 74", 74.0), ("unigram", 22.1)),
        "norm": (steps(2, 4), np.array([2.5, NAN]), np.array([1.0, NAN])),
        "threshold": 1.0,
        "per_step": (steps(2, 4), np.array([[-3, -2, -1], [-np.inf, NAN, 0.5]], np.float32)),
        "snapshots": (0, 4),
        "sample": "the </script>\n  time",
        "sample_step": 4,
        "seconds_left": 42.0,
        "tokens_per_second": 31234.0,
    }
    return TrainingView(**(fields | changes))


def array(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype)


def test_every_number_and_word_arrives():
    view = make_view()
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    for name in (
        "identity version steps_total step epoch running message threshold sample sample_step "
        "seconds_left tokens_per_second"
    ).split():
        assert sent[name] == getattr(view, name), name
    assert sent["references"] == [list(each) for each in view.references]
    assert sent["snapshots"] == [0, 4]
    for name, curves in (("train", ["perplexity"]), ("validation", ["perplexity"])):
        given = getattr(view, name)
        np.testing.assert_array_equal(array(sent[name]["steps"], "<i4"), given[0])
        np.testing.assert_array_equal(array(sent[name][curves[0]], "<f8"), given[1])
    np.testing.assert_array_equal(array(sent["norm"]["before"], "<f8"), view.norm[1])
    np.testing.assert_array_equal(array(sent["norm"]["after"], "<f8"), view.norm[2])
    assert view.per_step is not None
    assert sent["per_step"]["window"] == 3
    logs = array(sent["per_step"]["log10"], "<f4").reshape(2, 3)
    np.testing.assert_array_equal(logs, view.per_step[1])


def test_nothing_yet_is_allowed_and_unknown_is_null():
    nothing = (steps(), np.empty(0))
    view = make_view(
        step=0,
        running="queued",
        train=nothing,
        validation=nothing,
        norm=(*nothing, np.empty(0)),
        per_step=None,
        references=(),
        threshold=None,
        seconds_left=None,
        tokens_per_second=None,
    )
    sent = json.loads(pack(view))
    assert (sent["per_step"], sent["threshold"], sent["seconds_left"]) == (None, None, None)
    assert sent["train"] == {"steps": "", "perplexity": ""}
    make_view(per_step=(steps(), np.empty((0, 32), np.float32)))


def test_a_huge_sample_is_cut_and_a_lone_surrogate_travels():
    assert len(json.loads(pack(make_view(sample="x" * 99_999)))["sample"]) == LONGEST
    assert json.loads(pack(make_view(sample="a\ud800b")))["sample"] == "a\ud800b"


def test_the_largest_view_is_a_quarter_of_a_megabyte_or_so():
    many = np.arange(MOST_POINTS)
    curve = (many, np.full(MOST_POINTS, 9.87654321))
    view = make_view(steps_total=10**6, train=curve, norm=(*curve, curve[1]))
    assert len(pack(view)) < 300_000


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"running": "asleep"}, "`running` (='asleep')"),
        ({"steps_total": 0}, "`steps_total` (=0)"),
        ({"step": 801}, "`step` (=801)"),
        ({"step": -1}, "`step` (=-1)"),
        ({"version": -1}, "`version` (=-1)"),
        ({"epoch": NAN}, "`epoch` (=nan)"),
        ({"seconds_left": -1.0}, "`seconds_left` (=-1.0)"),
        ({"tokens_per_second": INF}, "`tokens_per_second` (=inf)"),
        ({"threshold": 0.0}, "`threshold` (=0.0)"),
        ({"snapshots": (0, 900)}, "`snapshots` (900 in it)"),
        ({"references": (("none", INF),)}, "`references` ('none': inf)"),
        ({"references": (("x", 2.0),) * 7}, "`references` (of 7)"),
        ({"train": (steps(0, 1), np.ones(3))}, "`train` (shape (3,))"),
        ({"train": (steps(0, 0), np.ones(2))}, "`train` must have steps that rise"),
        ({"train": (np.array([0.5]), np.ones(1))}, "`train` (steps float64"),
        ({"train": (steps(0, 801), np.ones(2))}, "`train` (steps 0 to 801)"),
        ({"validation": (steps(1), np.array([0.5]))}, "`validation` (0.5 in it)"),
        ({"norm": (steps(1), np.array([-0.5]), np.ones(1))}, "`norm` (-0.5 in it)"),
        ({"norm": (steps(1), np.ones(1), np.ones(2))}, "`norm` (shape (2,))"),
        ({"per_step": (steps(1), np.ones((2, 3), np.float32))}, "`per_step` (shape (2, 3))"),
        ({"per_step": (steps(1), np.ones((1, 0), np.float32))}, "`per_step` (shape (1, 0))"),
        ({"per_step": (steps(1), np.full((1, 3), np.inf))}, "`per_step` must not hold inf"),
        (
            {"per_step": (steps(1), np.ones((1, MOST_CELLS + 1), np.float32))},
            f"`per_step` (of {MOST_CELLS + 1})",
        ),
    ],
)
def test_a_view_that_does_not_fit_together_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(**changes)


def test_too_many_points_are_refused():
    many = np.arange(MOST_POINTS + 1)
    with pytest.raises(ValueError, match="`train` \\(of 5001\\)"):
        make_view(steps_total=9999, train=(many, np.ones(len(many))))


def test_bundle():
    check_bundle(component)


def test_node_tests_pass(tmp_path):
    run_node(component, tmp_path)
