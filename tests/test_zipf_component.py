"""The rank-frequency plot: what is sent to the browser, and the JavaScript that is sent with it."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from app.components import zipf as component
from app.components.zipf import MOST_POINTS, Curve, Fit, ZipfView
from app.components.zipf.pack import LONGEST, pack
from tests.components import check_bundle, refuse_constant, run_node

TESTS = Path(__file__).parent
NAN = float("nan")


def make_curve(**changes) -> Curve:
    fields = {
        "label": "1-grams",
        "order": 0,
        "ranks": np.array([1, 2, 7]),
        "counts": np.array([309, 40, 1]),
        "examples": ("the", "of", "</script>"),
        "distinct": 9,
        "fits": (
            Fit("least squares", 1.0445, 6.5, 1, 9),
            Fit("maximum likelihood", NAN, NAN, 1, 1, "because"),
        ),
    }
    return Curve(**(fields | changes))


def make_view(**changes) -> ZipfView:
    fields = {"identity": "one", "fit_identity": "f", "curves": (make_curve(),), "low": 1}
    return ZipfView(**(fields | {"high": 9} | changes))


def test_every_number_and_word_arrives():
    view = make_view()
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    assert (sent["identity"], sent["fit_identity"], sent["range"]) == ("one", "f", [1, 9])
    (curve,) = sent["curves"]
    assert curve["ranks"] == view.curves[0].ranks.tolist()
    assert curve["counts"] == view.curves[0].counts.tolist()
    assert tuple(curve["examples"]) == view.curves[0].examples
    assert curve["fits"][0] == dataclasses.asdict(view.curves[0].fits[0])
    assert curve["fits"][1]["exponent"] is None
    assert curve["fits"][1]["why"] == "because"


def test_a_huge_token_is_cut_and_a_lone_surrogate_replaced():
    curve = make_curve(examples=("x" * 10_000, "\ud800", "ok"))
    (sent,) = json.loads(pack(make_view(curves=(curve,))))["curves"]
    assert [len(text) for text in sent["examples"]] == [LONGEST, 1, 2]


def test_the_degenerate_is_allowed():
    nothing = np.empty(0, np.int64)
    empty = make_curve(ranks=nothing, counts=nothing, examples=(), distinct=0, fits=())
    assert json.loads(pack(make_view(curves=(empty,), high=1)))["curves"][0]["ranks"] == []
    one = np.array([1])
    single = make_curve(ranks=one, counts=one, examples=("a",), distinct=1)
    make_view(curves=(single,), low=10, high=1000)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"order": 3}, "`order` (=3)"),
        ({"ranks": np.array([1, 2])}, "`ranks` (shape (2,))"),
        ({"ranks": np.array([0, 2, 7])}, "`ranks` must be at least 1"),
        ({"ranks": np.array([1, 2, 2])}, "`ranks` must rise"),
        ({"counts": np.array([3, 2, 4])}, "`counts` must not rise"),
        ({"counts": np.array([3, 2, 0])}, "`counts` must be at least 1"),
        ({"counts": np.array([3.5, 2, 1])}, "`counts` (dtype float64)"),
        ({"distinct": 6}, "`distinct` (=6)"),
        ({"fits": (Fit("least squares", 1.0, 1.0, 1, 2),) * 2}, "`fits`"),
    ],
)
def test_a_curve_that_does_not_fit_together_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_curve(**changes)


def test_too_many_points_are_refused():
    many = np.arange(1, MOST_POINTS + 2)
    with pytest.raises(ValueError, match="`examples`"):
        make_curve(ranks=many, counts=many[::-1], examples=("x",) * len(many), distinct=len(many))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (("by eye", 1.0, 1.0, 1, 2), "`estimator` (='by eye')"),
        (("least squares", float("inf"), 1.0, 1, 2), "`exponent` (=inf)"),
        (("least squares", NAN, 1.0, 1, 2), "`log_intercept` (=1.0)"),
        (("least squares", 1.0, 1.0, 2, 2), "`low` (=2)"),
    ],
)
def test_what_is_no_line_is_refused_by_name(values, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        Fit(*values)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"low": 0}, "`low` (=0)"),
        ({"low": 10}, "`low` (=10)"),
        ({"kind": "token"}, "`kind` (='token')"),
        ({"curves": ()}, "`curves`"),
        ({"curves": (make_curve(), make_curve())}, "`curves`"),
    ],
)
def test_a_view_that_cannot_be_drawn_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(**changes)


def test_bundle():
    check_bundle(component)


def test_node_tests_pass(tmp_path):
    run_node(component, tmp_path)
