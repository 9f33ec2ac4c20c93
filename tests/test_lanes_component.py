"""Networks in lanes on one text: what is sent, and the JavaScript sent with it."""

import base64
import json
import re
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.components import lanes as component
from app.components.lanes import MOST_NETWORKS, LaneNetwork, LanesView
from app.components.lanes.pack import LEVELS, levels, pack, ranges, sizes
from tests.components import check_bundle, refuse_constant, run_node

INF, NAN = float("inf"), float("nan")
STEPS = 5
TOKENS = ("a", " ", "\n", "</script>", "é")


def make_network(key="one", units=3, **changes) -> LaneNetwork:
    rng = np.random.default_rng(units)
    fields = {
        "key": key,
        "name": f"network <{key}>",
        "colour": "#E69F00",
        "word": "vanishing",
        "verdict": "vanishes · ×0.9 per step back",
        "values": rng.uniform(-1, 1, (STEPS, units)).astype(np.float32),
        "scale": "signed_unit",
        "gradient": np.array([0.1, -400.125, NAN, NAN, NAN]),
        "flags": np.array([0, 0, 1, 2, 3], np.uint8),
        "surprise": np.array([1 / 3, 0.0, 2.0, 1e80, NAN]),
        "perplexity": 3.5,
    }
    return LaneNetwork(**(fields | changes))


def make_view(**changes) -> LanesView:
    fields = {
        "identity": "one",
        "inputs": TOKENS,
        "targets": (*TOKENS[1:], "z"),
        "kind": "character",
        "start": 7,
        "vocabulary_size": 9,
        "networks": (make_network(), make_network("two", units=4)),
        "quantity": "h",
        "quantities": (("h", "hidden state h"), ("c", "cell state c")),
        "decades": (-401.0, 1.0),
    }
    return LanesView(**(fields | changes))


def array(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype)


def test_every_number_and_word_arrives():
    rows = np.array([2, 0, 1])
    guessed = {"guesses": tuple("vwxyz"), "guess_probability": np.linspace(0, 1, STEPS)}
    view = make_view(
        networks=(make_network(similarity=rows, **guessed), make_network("two", units=4)),
        cursor=3, order="similarity", pair=("two", "one"), link="explore", note="n", how="h",
    )  # fmt: skip
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    for name in "identity kind start vocabulary_size quantity note how cursor order link".split():
        assert sent[name] == getattr(view, name), name
    assert (tuple(sent["inputs"]), tuple(sent["targets"])) == (view.inputs, view.targets)
    assert sent["quantities"] == [["h", "hidden state h"], ["c", "cell state c"]]
    assert (sent["decades"], sent["pair"]) == ([-401.0, 1.0], "two one")
    for got, network in zip(sent["networks"], view.networks, strict=True):
        for name in "key name colour word verdict scale perplexity".split():
            assert got[name] == getattr(network, name), name
        assert (got["units"], got["range"]) == (network.values.shape[1], [-1, 1])
        for name in ("gradient", "surprise"):
            np.testing.assert_array_equal(array(got[name], "<f8"), getattr(network, name))
        np.testing.assert_array_equal(array(got["flags"], "u1"), network.flags)
        drawn = array(got["levels"], "u1").reshape(network.values.shape) / 255 * 2 - 1
        assert np.abs(drawn - network.values).max() <= 1 / 255 + 1e-12
        norms = np.sqrt((network.values.astype(np.float64) ** 2).sum(1))
        np.testing.assert_allclose(array(got["size"], "<f8"), norms, rtol=1e-14)
    first, second = sent["networks"]
    np.testing.assert_array_equal(array(first["similarity"], "<i4"), rows)
    np.testing.assert_array_equal(
        array(first["guess_probability"], "<f8"), np.linspace(0, 1, STEPS)
    )
    assert "".join(first["guesses"]) == "vwxyz"
    assert [second[name] for name in ("similarity", "guesses", "odd")] == ["", [], ""]


def test_without_a_pair_the_first_two_are_compared():
    third = (*make_view().networks, make_network("three"))
    assert json.loads(pack(make_view(networks=third)))["pair"] == "one two"


@given(
    st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=20),
    st.floats(0.001, 1e300),
)
def test_levels_are_the_nearest_colours(values, most):
    kept = np.clip(np.array(values), -most, most)
    rows = levels(kept, (-most, most))
    assert rows.dtype == np.uint8
    jump = most / 255 * 2
    assert (np.abs(rows * jump - most - kept) <= jump * 0.5000001).all()
    assert levels(np.array([-most, most]), (-most, most)).tolist() == [0, LEVELS - 1]


def test_lanes_of_their_own_scale_share_it_and_bounded_ones_keep_theirs():
    small = make_network(values=np.full((STEPS, 2), -0.5), scale="signed_own")
    large = make_network(
        "two", values=np.array([[NAN, 3.0]] * 4 + [[INF, -7.0]]), scale="signed_own"
    )
    gate = make_network("three", values=np.full((STEPS, 2), 0.25), scale="unit")
    assert ranges((small, large)) == [(-7.0, 7.0)] * 2
    assert ranges((small, gate, make_network("x"))) == [(-0.5, 0.5), (0.0, 1.0), (-1.0, 1.0)]
    nothing = make_network(values=np.full((STEPS, 2), NAN), scale="signed_own")
    assert ranges((nothing, gate))[0] == (-1.0, 1.0)
    sent = json.loads(pack(make_view(networks=(large, gate))), parse_constant=refuse_constant)
    odd = array(sent["networks"][0]["odd"], "u1").reshape(STEPS, 2)
    np.testing.assert_array_equal(odd, [[1, 0]] * 5)
    np.testing.assert_array_equal(sizes(gate), np.full(STEPS, 0.25))  # a gate: its mean


def test_a_norm_does_not_overflow_where_its_squares_do():
    huge = make_network(values=np.full((STEPS, 4), -1e300), scale="signed_own")
    np.testing.assert_allclose(sizes(huge), np.full(STEPS, 2e300), rtol=1e-14)
    np.testing.assert_array_equal(sizes(make_network(values=np.zeros((STEPS, 2)))), np.zeros(STEPS))


def test_what_goes_over_for_three_large_networks_is_small():
    long = {
        "gradient": np.linspace(0, -30, 500),
        "flags": np.zeros(500, np.uint8),
        "surprise": np.linspace(0, 5, 500),
        "guesses": ("e",) * 500,
        "guess_probability": np.linspace(0, 1, 500),
    }
    networks = tuple(
        make_network(f"n{at}", values=np.zeros((500, 128), np.float32), **long)
        for at in range(MOST_NETWORKS)
    )
    view = make_view(inputs=("a",) * 500, targets=("b",) * 500, networks=networks)
    assert len(pack(view)) < 350_000  # as float32 the values alone are 768,000


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"networks": (make_network(),)}, "`networks` (of 1)"),
        ({"networks": tuple(map(make_network, "abcd"))}, "`networks` (of 4)"),
        ({"networks": (make_network(), make_network())}, "`networks` (keys one, one)"),
        ({"inputs": ("a",)}, "`values` of `one` (of 5 steps)"),
        ({"targets": ("a",)}, "`targets` (of 1)"),
        ({"decades": (1.0, 1.0)}, "`decades` (=(1.0, 1.0))"),
        ({"decades": (-INF, 1.0)}, "`decades`"),
        ({"pair": ("one",)}, "`pair` (=('one',))"),
        ({"pair": ("one", "six")}, "`pair` (=('one', 'six'))"),
        ({"pair": ("one", "one")}, "`pair` (=('one', 'one'))"),
        ({"kind": "letter"}, "`kind` (='letter')"),
        ({"order": "random"}, "`order` (='random')"),
        ({"quantity": "f"}, "`quantity` (='f')"),
        ({"cursor": -1}, "`cursor` (=-1)"),
        ({"vocabulary_size": 0}, "`vocabulary_size` (=0)"),
    ],
)
def test_a_view_that_cannot_be_drawn_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key": "a b"}, "`key` (='a b')"),
        ({"colour": "orange"}, "`colour` (='orange')"),
        ({"scale": "own"}, "`scale` (='own')"),
        ({"values": np.zeros(5)}, "`values` (shape (5,))"),
        ({"values": np.zeros((5, 0))}, "`values` (shape (5, 0))"),
        ({"gradient": np.zeros(4)}, "`gradient` (shape (4,))"),
        ({"flags": np.array([0, 0, 1, 2, 4], np.uint8)}, "`flags` (4 in it)"),
        ({"flags": np.array([0, 1, 1, 2, 3], np.uint8)}, "`gradient[1]` (=-400.125)"),
        ({"flags": np.array([0, 0, 1, 2, 0], np.uint8)}, "`gradient[4]` (=nan)"),
        ({"surprise": np.array([0, -1.0, 0, 0, 0])}, "`surprise` (=-1)"),
        ({"perplexity": 0.5}, "`perplexity` (=0.5)"),
        ({"similarity": np.array([0, 0, 2])}, "`similarity` (=[0 0 2])"),
        ({"guesses": ("a",) * 5}, "`guesses` (of 5)"),
        ({"guesses": ("a",), "guess_probability": np.zeros(5)}, "`guesses` (of 1)"),
    ],
)
def test_a_network_that_cannot_be_drawn_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_network(**changes)


def test_bundle():
    check_bundle(component)


def test_node_tests_pass(tmp_path):
    for name in ("decay", "explorer"):
        shutil.copytree(component.FOLDER.parent / name, tmp_path / name)
    run_node(component, tmp_path)
