"""The picture of gradient norms against lag: what is sent, and the JavaScript sent with it."""

import base64
import json
import re

import numpy as np
import pytest

from app.components import decay as component
from app.components.decay import (
    MOST_LAGS,
    MOST_NETWORKS,
    MOST_PREDICTIONS,
    DecayNetwork,
    DecayPrediction,
    DecayView,
)
from app.components.decay.pack import pack
from tests.components import check_bundle, refuse_constant, run_node

INF, NAN = float("inf"), float("nan")
LAGS = 5


def make_prediction(key="bound", **changes) -> DecayPrediction:
    log10 = np.array([0.5, -1 / 3, -np.inf, NAN, -400.25])
    fields = {"key": key, "label": f"σ {key}", "kind": "bound", "log10": log10}
    return DecayPrediction(**(fields | {"error": "off by 3", "why": "<b>tanh</b>"} | changes))


def make_network(key="one", **changes) -> DecayNetwork:
    fields = {
        "key": key,
        "name": f"network {key}",
        "colour": "#E69F00",
        "word": "vanishing",
        "text": "×0.9 per step back",
        "measured": np.array([0.1, -400.125, NAN, NAN, NAN]),
        "status": np.array([0, 0, 1, 2, 3], np.uint8),
        "predictions": (make_prediction(), make_prediction("rho", kind="estimate")),
    }
    return DecayNetwork(**(fields | changes))


def make_view(**changes) -> DecayView:
    fields = {
        "identity": "one",
        "networks": (make_network(), make_network("two", predictions=())),
        "x_label": "steps back from the loss",
        "y_label": "|∂L_T/∂h_{T−k}|",
        "y_range": (-410.0, 5.0),
        "note": "a note",
        "how_to_read": "how",
    }
    return DecayView(**(fields | changes))


def array(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype)


def test_every_number_and_word_arrives():
    view = make_view(cursor=3, hidden=("rho", "two"), layout="apart")
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    for name in "identity x_label y_label note how_to_read cursor layout".split():
        assert sent[name] == getattr(view, name), name
    assert sent["y_range"] == [-410.0, 5.0]
    assert sent["hidden"] == ["rho", "two"]
    for got, network in zip(sent["networks"], view.networks, strict=True):
        for name in "key name colour word text".split():
            assert got[name] == getattr(network, name), name
        np.testing.assert_array_equal(array(got["measured"], "<f8"), network.measured)
        np.testing.assert_array_equal(array(got["status"], "u1"), network.status)
        for own, prediction in zip(got["predictions"], network.predictions, strict=True):
            for name in "key label kind error why".split():
                assert own[name] == getattr(prediction, name), name
            np.testing.assert_array_equal(array(own["log10"], "<f8"), prediction.log10)


def test_no_cursor_is_minus_one_and_unknown_hidden_keys_are_allowed():
    sent = json.loads(pack(make_view(hidden=("long-gone",))))
    assert (sent["cursor"], sent["hidden"], sent["layout"]) == (-1, ["long-gone"], "together")


def test_what_goes_over_while_a_slider_is_dragged_is_small():
    many = np.linspace(0, -300, 200)
    predictions = tuple(make_prediction(f"p{at}", log10=many) for at in range(MOST_PREDICTIONS))
    networks = tuple(
        make_network(
            f"n{at}", measured=many, status=np.zeros(200, np.uint8), predictions=predictions
        )
        for at in range(MOST_NETWORKS)
    )
    assert len(pack(make_view(networks=networks))) < 50_000


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"networks": ()}, "`networks` (of 0)"),
        ({"networks": tuple(map(make_network, "abcd"))}, "`networks` (of 4)"),
        ({"y_range": (1.0, 1.0)}, "`y_range` (=(1.0, 1.0))"),
        ({"y_range": (-INF, 1.0)}, "`y_range`"),
        ({"layout": "stacked"}, "`layout` (='stacked')"),
        ({"cursor": -1}, "`cursor` (=-1)"),
        ({"hidden": ("a b",)}, "`key` (='a b')"),
        ({"networks": (make_network("a"), make_network("a"))}, "`key` (=['a', 'a'"),
        ({"networks": (make_network("rho"),)}, "`key` (=['rho', 'bound', 'rho'])"),
        (
            {
                "networks": (
                    make_network("a", predictions=(make_prediction(),)),
                    make_network("b", predictions=(make_prediction(label="other"),)),
                )
            },
            "`predictions` ('bound' is ('σ bound', 'bound') and ('other', 'bound'))",
        ),
        (
            {
                "networks": (
                    make_network("a", predictions=tuple(map(make_prediction, "uvw"))),
                    make_network("b", predictions=tuple(map(make_prediction, "xyz"))),
                )
            },
            "`predictions` (=['u', 'v', 'w', 'x', 'y', 'z'])",
        ),
        (
            {
                "networks": (
                    make_network(),
                    make_network(
                        "b", measured=np.zeros(3), status=np.zeros(3, np.uint8), predictions=()
                    ),
                )
            },
            "`networks` (of [3, 5] lags)",
        ),
    ],
)
def test_a_view_that_cannot_be_drawn_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key": ""}, "`key` (='')"),
        ({"colour": "orange"}, "`colour` (='orange')"),
        ({"measured": np.zeros((5, 1))}, "`measured` (shape (5, 1))"),
        ({"measured": np.zeros(0)}, "`measured` (shape (0,))"),
        ({"measured": np.zeros(MOST_LAGS + 1)}, f"`measured` (shape ({MOST_LAGS + 1},))"),
        ({"status": np.zeros(4, np.uint8)}, "`status` (shape (4,))"),
        ({"status": np.array([0, 0, 1, 2, 4], np.uint8)}, "`status` (4 in it)"),
        ({"status": np.array([0, 1, 1, 2, 3], np.uint8)}, "`measured[1]` (=-400.125)"),
        ({"status": np.array([0, 0, 1, 2, 0], np.uint8)}, "`measured[4]` (=nan)"),
        ({"predictions": (make_prediction(log10=np.zeros(4)),)}, "`log10 of 'bound'` (shape (4,))"),
        ({"predictions": (make_prediction(), make_prediction())}, "`predictions` of 'one'"),
    ],
)
def test_a_network_that_cannot_be_drawn_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(networks=(make_network(**changes),))


def test_a_prediction_that_overflowed_or_is_neither_bound_nor_estimate_is_refused():
    with pytest.raises(ValueError, match="`log10` of 'bound' must not hold inf"):
        make_prediction(log10=np.array([0.0, INF]))
    with pytest.raises(ValueError, match=re.escape("`kind` (='guess')")):
        make_prediction(kind="guess")


def test_bundle():
    check_bundle(component)


def test_node_tests_pass(tmp_path):
    run_node(component, tmp_path)
