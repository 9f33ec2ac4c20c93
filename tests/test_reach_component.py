"""The reach picture: what is refused, what is sent to the browser, and its JavaScript."""

import base64
import json
import re

import numpy as np
import pytest

from app.components import reach as component
from app.components.reach import EXACT, MOST, ReachView
from app.components.reach.pack import LONGEST, pack, quantised, rows
from tests.components import check_bundle, refuse_constant, run_node

T = 5
STATUS = np.array(
    [[0, 3, 3, 3, 3], [0, 0, 9, 9, 9], [1, 0, 0, 9, 9], [2, 2, 0, 0, 9], [0, 0, 3, 0, 0]], np.uint8
)
LOG10 = np.where(STATUS == 0, -0.7 * (np.arange(T)[:, None] - np.arange(T)), np.nan)


def make_reach(**changes) -> ReachView:
    """Five steps with one of every status below the diagonal, and rubbish above it."""
    fields = {
        "identity": "one",
        "title": "RNN",
        "tokens": ("t", "h", "\n", " ", "e"),
        "targets": ("h", "\n", " ", "e", "q"),
        "kind": "character",
        "log10": LOG10,
        "status": STATUS,
        "what": "‖∂Lₜ/∂hₛ‖",
        "how": "Each row is a loss.",
        "unit": "nats per unit of h",
        "start": 20,
        "cursor": 3,
        "colour": "#E69F00",
    }
    return ReachView(**(fields | changes))


def sent(view: ReachView) -> dict:
    return json.loads(pack(view), parse_constant=refuse_constant)


def array(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype)


def test_the_lower_triangle_arrives_row_after_row():
    view = make_reach()
    data = sent(view)
    t, s = np.tril_indices(T)
    np.testing.assert_array_equal(array(data["status"], "u1"), STATUS[t, s])
    np.testing.assert_array_equal(
        array(data["numbers"]["float32"], "<f4"), LOG10[t, s].astype(np.float32)
    )
    assert tuple(data["tokens"]) == view.tokens
    assert tuple(data["targets"]) == view.targets
    assert (data["identity"], data["title"], data["what"]) == ("one", "RNN", view.what)
    assert (data["how"], data["unit"], data["start"]) == (view.how, view.unit, 20)
    assert (data["cursor"], data["scale"], data["range"]) == (3, "absolute", [-12, 2])
    assert (data["lags"], data["colour"], data["kind"]) == (None, "#E69F00", "character")


def test_a_number_under_a_status_is_not_sent():
    log10 = np.where(STATUS == 0, LOG10, 77.0)
    values = array(sent(make_reach(log10=log10))["numbers"]["float32"], "<f4")
    t, s = np.tril_indices(T)
    assert np.isnan(values[STATUS[t, s] != 0]).all()
    assert not (values == 77).any()


def test_statuses_travel_only_where_there_are_any():
    plain = np.zeros((T, T), np.uint8)
    plain[np.triu_indices(T, 1)] = 3  # above the diagonal nothing counts
    log10 = np.where(plain == 0, 0.0, np.nan)
    assert sent(make_reach(status=plain, log10=log10))["status"] is None


def test_endless_tokens_and_lone_surrogates_travel():
    data = sent(make_reach(tokens=("x" * (2 * LONGEST), "\ud800", "", "a", "b"), cursor=None))
    assert data["tokens"][:3] == ["x" * LONGEST, "\ud800", ""]
    assert data["cursor"] is None
    assert pack(make_reach()) == pack(make_reach())


@pytest.mark.parametrize("decades", [3, 40, 900])
def test_sixteen_bits_are_off_by_half_a_step_at_most(decades):
    noise = np.random.default_rng(decades)
    log10 = noise.uniform(-decades, 2, (31, 31))
    log10[7, 3] = log10[30, 0] = np.nan
    codes, low, step = quantised(log10)
    t, s = np.tril_indices(31)
    truth = log10[t, s]
    known = np.isfinite(truth)
    off = np.abs(low[t] + codes * step[t] - truth)[known]
    assert (off <= 0.5000001 * step[t][known]).all()
    assert step.max() <= (decades + 2) / 65535
    assert codes.dtype == np.uint16


def test_a_row_of_one_number_or_none_is_exact():
    log10 = np.full((3, 3), -4.25)
    log10[1] = np.nan
    codes, low, step = quantised(log10)
    np.testing.assert_array_equal(low, [-4.25, 0, -4.25])
    assert not step.any()
    assert not codes.any()


def test_long_texts_take_two_bytes_a_number():
    steps = EXACT + 1
    log10 = -np.abs(np.subtract.outer(np.arange(steps), np.arange(steps))) / 50.0
    tokens = ("a",) * steps
    view = make_reach(
        tokens=tokens, targets=tokens, log10=log10, status=np.zeros(log10.shape, np.uint8)
    )
    numbers = sent(view)["numbers"]
    codes = array(numbers["codes"], "<u2")
    low, step = array(numbers["low"], "<f8"), array(numbers["step"], "<f8")
    t, _ = np.tril_indices(steps)
    np.testing.assert_allclose(low[t] + codes * step[t], rows(log10), rtol=0, atol=step.max() / 2)
    assert len(pack(view)) < 2 * 4 / 3 * steps * (steps + 1) / 2 + 40_000


NOT_FINITE = np.where(np.eye(T, dtype=bool), np.inf, LOG10)
UNKNOWN = np.where(np.eye(T, k=-2, dtype=bool), 4, STATUS).astype(np.uint8)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": "letter"}, "`kind` (='letter')"),
        ({"scale": "own"}, "`scale` (='own')"),
        ({"tokens": ()}, "`tokens` (of 0)"),
        ({"tokens": ("a",) * (MOST + 1)}, "`tokens` (of 2001)"),
        ({"targets": ("a",)}, "`targets` (of 1)"),
        ({"log10": LOG10[:3]}, "`log10` (shape (3, 5))"),
        ({"status": STATUS[0]}, "`status` (shape (5,))"),
        ({"status": UNKNOWN}, "`status[2, 0]` (=4)"),
        ({"log10": NOT_FINITE}, "`log10[0, 0]` (=inf)"),
        ({"status": np.zeros((T, T), np.uint8)}, "`log10[2, 0]` (=nan)"),
        ({"scale_range": (2.0, 2.0)}, "`scale_range` (=(2.0, 2.0))"),
        ({"scale_range": (-3.5, 2.0)}, "`scale_range` (=(-3.5, 2.0))"),
        ({"scale_range": (-np.inf, 2.0)}, "`scale_range` (=(-inf, 2.0))"),
        ({"start": -1}, "`start` (=-1)"),
        ({"lags": 0}, "`lags` (=0)"),
        ({"colour": "red"}, "`colour` (='red')"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_reach(**changes)


def test_bundle():
    check_bundle(component)


def test_node_tests_pass(tmp_path):
    run_node(component, tmp_path)
