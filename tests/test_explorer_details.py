"""What the explorer shows on demand: computed when asked, sent as it was computed, drawn so."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.components.explorer import FOLDER, Change, FeatureUnit, UnitSums
from app.components.explorer.pack import pack
from app.compute import readings, texts
from app.compute.networks import Network
from app.sidebar.source import Source
from app.state import OPTIONS, Looking
from app.views.details import FEATURE_LABELS, asked_for
from app.views.explorer import Choices, explorer_view
from core.analysis import reach, similarity_order
from core.analysis.features import FEATURES
from core.analysis.perturbation import perturb
from core.models import ModelSpec
from core.text import MAX_STEPS, Stretch
from tests.explorer_views import H, T, make_view
from tests.test_explorer_component import SHARED, array_at, needs_node, read

MAIN = str(Path(__file__).parent.parent / "app" / "main.py")
G, K = 3, 2


def make_sums(units: int = H, steps: int = T, seed: int = 1) -> UnitSums:
    """A unit's sums that add up, with a bracket as a GRU's new gate has."""
    rng = np.random.default_rng(seed)
    terms, rest = rng.normal(size=(steps, G, K)), rng.normal(size=(steps, G))
    own, state = rng.normal(size=G), rng.normal(size=G)
    from_input, factor = rng.normal(size=(steps, G)), np.ones((steps, G))
    factor[:, 2] = rng.uniform(size=steps)
    total = from_input + own + factor * (terms.sum(-1) + rest + state)
    largest = rng.integers(0, units, (steps, G, K))
    weights = rng.normal(size=(G, units))
    return UnitSums(1, ("h", "reset", "reset"), weights, from_input, own, state, factor, largest,
                    terms, rest, total, np.tanh(total))  # fmt: skip


def feature(**changes) -> FeatureUnit:
    fields = {"key": "quotes", "label": "in quotes", "lane": "h", "unit": 2, "chosen": 0.5,
              "held_out": float("nan"), "order": np.array([2, 0, 1])}  # fmt: skip
    return FeatureUnit(**(fields | changes))


def change(**changes) -> Change:
    fields = {"step": 2, "token": 3, "relative": np.linspace(0, 1, T), "surprise": np.ones(T)}
    return Change(**(fields | changes))


def test_what_was_asked_for_arrives_as_it_is_and_the_rest_not_at_all():
    sums, table = make_sums(), np.random.default_rng(2).normal(size=(T, T))
    view = make_view(sums=sums, reach=table, features=(feature(),), change=change())
    meta, body = read(pack(view))
    for name, array in sums.arrays().items():
        sent = array_at(body, meta["arrays"][f"sums_{name}"])
        np.testing.assert_array_equal(sent, getattr(sums, name))
        assert sent.dtype == array.dtype
    assert meta["sums"] == {"unit": 1, "gates": ["h", "reset", "reset"]}
    np.testing.assert_array_equal(array_at(body, meta["arrays"]["reach"]), np.float32(table))
    (sent,) = meta["features"]
    assert (sent["unit"], sent["chosen"], sent["held_out"]) == (2, 0.5, "NaN")
    np.testing.assert_array_equal(array_at(body, meta["arrays"]["feature0"]), [2, 0, 1])
    np.testing.assert_array_equal(
        array_at(body, meta["arrays"]["change_relative"]), view.change.relative
    )
    assert meta["change"] == {"step": 2, "token": 3}
    alone, _ = read(pack(make_view()))
    assert not any(
        name.startswith(("sums", "reach", "feature", "change")) for name in alone["arrays"]
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"detail": "equation"}, "`detail` (='equation')"),
        ({"offers": ("mean", "all")}, "`offers` (='all')"),
        ({"reach": np.zeros((T, T + 1))}, "`reach`"),
        ({"features": (feature(order=np.arange(H + 1)),)}, "`features[quotes].order`"),
        ({"change": change(relative=np.zeros(T + 1))}, "`change.relative`"),
        ({"sums": make_sums(units=H + 1)}, "`sums.weights`"),
        ({"sums": make_sums(steps=T + 1)}, "`sums.rest`"),
    ],
)
def test_a_view_refuses_what_does_not_fit(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(**changes)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: feature(chosen=1.5), "`chosen` (=1.5)"),
        (lambda: feature(unit=-1), "`lane` (='h')"),
        (lambda: change(relative=np.array([-1.0])), "`relative` (=-1)"),
        (lambda: replace(make_sums(), rest=np.zeros((T, 1))), "`rest`"),
        (lambda: replace(make_sums(), gates=("h",)), "`gates`"),
    ],
)
def test_values_refuse_what_they_cannot_be(make, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make()


def choices_of(cell: str = "lstm", **more) -> Choices:
    decoded = texts.shipped("lighthouse")
    tokens = texts.tokens_of(decoded.digest, "graphemes", decoded.text)
    spec = ModelSpec(
        cell=cell, vocabulary_size=len(tokens.vocabulary), hidden_size=6, seed=3, **more
    )
    stretch = Stretch.of(tokens.tokens, 500, 23, MAX_STEPS)
    source = Source(decoded, "lighthouse", False, "graphemes", tokens, stretch)
    return Choices(source, Network(spec), "last")


def shown(choices: Choices, **asked):
    encode = choices.source.tokens.vocabulary.encode
    stretch = choices.source.stretch
    indices = tuple(encode(stretch.inputs)), tuple(encode(stretch.targets))
    reading = readings.reading(choices.network, *indices, choices.at)
    looking = Looking(4, **({"layer": "rnn.l0", "lane": "h", "order": "index", "strip": "surprise",
                             "edges": "forward"} | asked))  # fmt: skip
    found = asked_for(choices.network, choices.source, reading, looking, indices)
    order = similarity_order(reading.layers[0].hidden)
    return explorer_view(choices, reading, looking, order, "id", details=found), found, indices


def test_nothing_is_computed_that_was_not_asked_for():
    view, found, _ = shown(choices_of())
    assert set(vars(found).values()) == {None}
    assert (view.sums, view.reach, view.features, view.change) == (None, None, None, None)
    assert view.offers


@pytest.mark.parametrize("cell", ["rnn_tanh", "rnn_relu", "gru", "lstm"])
def test_the_sums_on_screen_are_those_of_the_lanes(cell):
    choices = choices_of(cell, num_layers=2, bidirectional=True)
    view, _, _ = shown(choices, layer="rnn.l1_reverse", detail="equations", unit=99)
    assert view.unit == view.sums.unit == 5
    lanes = {lane.key: lane.values for lane in view.lanes}
    for gate, key in enumerate(view.sums.gates):
        np.testing.assert_allclose(view.sums.activation[:, gate], lanes[key][:, 5], atol=1e-6)


def test_reach_and_change_are_the_librarys_own():
    choices = choices_of("gru")
    view, _, (inputs, targets) = shown(choices, strip="reach")
    model, read_ = choices.network.model(), (torch.tensor(inputs), torch.tensor(targets))
    expected = reach(model, *read_, layer="rnn.l0").hidden
    np.testing.assert_array_equal(view.reach, np.float32(expected))
    other = (inputs[3] + 1) % len(choices.source.tokens.vocabulary)
    view, _, _ = shown(choices, detail="change", asked=f"4-{other}")
    expected = perturb(model, *read_, 3, other, "rnn.l0")
    np.testing.assert_array_equal(view.change.relative, expected.relative)
    np.testing.assert_array_equal(view.change.surprise, expected.surprise_after)
    for asked in (f"4-{inputs[3]}", "99-1", "4-99999", ""):
        assert shown(choices, strip="change", asked=asked)[0].change is None


def test_features_are_found_for_the_list_and_for_the_order():
    assert tuple(FEATURE_LABELS) == FEATURES
    assert OPTIONS["order"] == ("index", "similarity", *(f"feature:{name}" for name in FEATURES))
    for asked in ({"detail": "units"}, {"order": "feature:space"}):
        view, found, _ = shown(choices_of(), **asked)
        assert [each.key for each in view.features] == list(FEATURES)
        space = next(each for each in found.features if each.feature == "space")
        drawn = next(each for each in view.features if each.key == "space")
        assert (drawn.unit, drawn.held_out) == (space.unit, space.held_out)
        r = space.correlations[drawn.order]
        assert (np.diff(r) <= 0).all()


@pytest.mark.parametrize(
    "query",
    [
        {"detail": "equations", "unit": "3"},
        {"detail": "units", "order": "feature:quotes", "strip": "mean:forget"},
        {"detail": "change", "asked": "5-7", "strip": "change"},
        {"detail": "all", "unit": "0", "asked": "5-", "strip": "mean:x", "order": "feature:"},
        {"detail": "equations", "unit": "9" * 30, "asked": "0-0", "strip": "reach"},
        {"steps": "1", "detail": "units", "asked": "1-1", "order": "feature:line"},
    ],
)
def test_an_address_opens_what_it_names_and_no_address_breaks_the_page(query):
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in ({"weights": "untrained", "steps": "20"} | query).items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == []


def test_node_tests_pass(tmp_path):
    for folder in (FOLDER, SHARED):
        no_python = shutil.ignore_patterns("*.py", "__py*")
        shutil.copytree(folder, tmp_path / folder.name, ignore=no_python)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "js").mkdir()
    shutil.copy(Path(__file__).parent / "js" / "explorer_details.test.js", tmp_path / "js")
    done = subprocess.run(
        [needs_node(), "--test", "js/"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), done.stdout
