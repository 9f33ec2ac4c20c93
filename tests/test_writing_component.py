"""The picture of a writing network: what is sent to the browser, and the JavaScript with it."""

import json
import math
import re

import pytest

from app.components import writing as component
from app.components.writing import (
    KEPT,
    MOST,
    MOST_NODES,
    BeamNode,
    BeamTree,
    Choice,
    WritingView,
)
from app.components.writing.pack import LONGEST, pack
from tests.components import check_bundle, refuse_constant, run_node

NAN, INF = float("nan"), float("inf")


def make_choice(**changes) -> Choice:
    fields = {
        "token": "b",
        "probability": 0.25,
        "rank": 2,
        "among": (("a", 0.5, 0.8), ("b", 0.25, 0.2), ("</script>", 0.1, 0.0)),
        "entropy": math.log(3.4),
    }
    return Choice(**(fields | changes))


def make_node(**changes) -> BeamNode:
    fields = {
        "parent": -1,
        "token": "t",
        "log_probability": -0.5,
        "cumulative": -0.5,
        "step": 0,
        "state": "alive",
    }
    return BeamNode(**(fields | changes))


def make_tree(**changes) -> BeamTree:
    nodes = (
        make_node(),
        make_node(token="a", state="pruned"),
        make_node(parent=0, step=1, cumulative=-1.0, state="finished", score=-0.6),
    )
    fields = {"nodes": nodes, "best": (0, 2), "hypotheses": (("tt", -1.0, -0.6),)}
    return BeamTree(**(fields | changes))


def make_view(**changes) -> WritingView:
    fields = {
        "identity": "one",
        "prefix": ("t", "h", "\ud800"),
        "choices": (make_choice(),) * 5,
        "rule": "temperature 0.8, top-k 10",
        "kind": "character",
        "vocabulary_size": 28,
        "loop": (1, 2),
        "tree": make_tree(),
        "cursor": 3,
    }
    return WritingView(**(fields | changes))


def test_every_number_and_word_arrives():
    view = make_view()
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    for name in ("identity", "rule", "kind", "cursor"):
        assert sent[name] == getattr(view, name)
    assert (sent["size"], sent["loop"], sent["prefix"]) == (28, [1, 2], ["t", "h", "\ud800"])
    assert len(sent["choices"]) == 5
    choice = sent["choices"][0]
    assert choice["among"] == [list(each) for each in view.choices[0].among]
    for name in ("token", "probability", "rank", "entropy"):
        assert choice[name] == getattr(view.choices[0], name)
    assert view.tree is not None
    for given, node in zip(view.tree.nodes, sent["tree"]["nodes"], strict=True):
        for name in ("parent", "token", "log_probability", "cumulative", "step", "state"):
            assert node[name] == getattr(given, name)
    assert [node["score"] for node in sent["tree"]["nodes"]] == [-0.5, -0.5, -0.6]
    assert (sent["tree"]["best"], sent["tree"]["hypotheses"]) == ([0, 2], [["tt", -1.0, -0.6]])


def test_the_degenerate_is_allowed():
    empty = make_view(prefix=(), choices=(), loop=None, tree=None, cursor=None)
    sent = json.loads(pack(empty))
    assert (sent["choices"], sent["tree"], sent["cursor"], sent["loop"]) == ([], None, None, None)
    sure = make_choice(probability=1.0, rank=1, among=(("b", 1.0, 1.0),), entropy=0.0)
    make_view(choices=(sure,), vocabulary_size=1, loop=None)


def test_a_huge_token_is_cut():
    sent = json.loads(pack(make_view(prefix=("x" * 99_999,))))
    assert len(sent["prefix"][0]) == LONGEST


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"probability": 1.1}, "`probability` (=1.1)"),
        ({"probability": NAN}, "`probability` (=nan)"),
        ({"rank": 0}, "`rank` (=0)"),
        ({"entropy": INF}, "`entropy` (=inf)"),
        ({"entropy": -1.0}, "`entropy` (=-1.0)"),
        ({"among": (("a", 0.1, 0.1),) * (KEPT + 1)}, f"`among` (of {KEPT + 1})"),
        ({"among": (("a", 0.1, 0.1), ("b", 0.2, 0.1))}, "`among` (=[0.1, 0.2])"),
        ({"among": (("a", 0.1, 1.5),)}, "`among, 'a' after the rule` (=1.5)"),
        ({"among": (("a", -0.1, 0.5),)}, "`among, 'a' under the model` (=-0.1)"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_choice(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"state": "dead"}, "`state` (='dead')"),
        ({"log_probability": 0.5}, "`log_probability` (=0.5)"),
        ({"cumulative": -INF}, "`cumulative` (=-inf)"),
        ({"score": NAN}, "`score` (=nan)"),
    ],
)
def test_a_node_that_cannot_be_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_node(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"nodes": ()}, "`nodes` (of 0)"),
        ({"nodes": (make_node(),) * (MOST_NODES + 1)}, f"`nodes` (of {MOST_NODES + 1})"),
        ({"nodes": (make_node(parent=0),)}, "`nodes[0].parent` (=0)"),
        ({"nodes": (make_node(), make_node(parent=0))}, "`nodes[1].step` (=0)"),
        ({"best": (2,)}, "`best` (=(2,))"),
        ({"best": (0, 7)}, "`best` (=(0, 7))"),
        ({"hypotheses": (("x", NAN, 0.0),)}, "`hypotheses` ('x': nan"),
        ({"hypotheses": (("x", 0.0, 0.0),) * 21}, "`hypotheses` (of 21)"),
    ],
)
def test_what_is_no_tree_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_tree(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": "token"}, "`kind` (='token')"),
        ({"prefix": ("x",) * (MOST + 1)}, f"`prefix` (of {MOST + 1})"),
        ({"choices": (make_choice(),) * (MOST + 1)}, f"`choices` (of {MOST + 1})"),
        ({"vocabulary_size": 0}, "`vocabulary_size` (=0)"),
        ({"vocabulary_size": 1}, "`choices[0].rank` (=2)"),
        ({"vocabulary_size": 3}, "`choices[0].entropy`"),
        ({"loop": (-1, 2)}, "`loop` (=(-1, 2))"),
        ({"loop": (1, 0)}, "`loop` (=(1, 0))"),
        ({"loop": (3, 2)}, "`loop` (=(3, 2))"),
        ({"cursor": -1}, "`cursor` (=-1)"),
    ],
)
def test_a_view_that_does_not_fit_together_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(**changes)


def test_bundle():
    check_bundle(component)


def test_node_tests_pass(tmp_path):
    run_node(component, tmp_path)
