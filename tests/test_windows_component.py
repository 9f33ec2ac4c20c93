"""The picture of windows: what is sent to the browser, and the JavaScript sent with it."""

import json
import re

import pytest

from app.components import windows as component
from app.components.windows import MOST_ROWS, MOST_TOKENS, MOST_WINDOWS, Row, WindowsView
from app.components.windows.pack import LONGEST, pack
from tests.components import check_bundle, refuse_constant, run_node


def make_view(**changes) -> WindowsView:
    fields = {
        "identity": "one",
        "tokens": tuple("abcdefghij"),
        "steps": 3,
        "scheme": "disjoint",
        "rows": (Row("offset 1", "a note", ((1, 4), (4, 7), (7, 10)), ((0, 1),)),),
    }
    return WindowsView(**(fields | changes))


def test_every_place_and_word_arrives():
    own = Row("stream 2", "", ((100, 103),), (), ("x", "y"), 100)
    view = make_view(rows=(*make_view().rows, own), chosen=(1, 0), first=7)
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    assert (sent["identity"], sent["steps"], sent["scheme"]) == ("one", 3, "disjoint")
    assert (sent["chosen"], sent["first"], sent["kind"]) == ([1, 0], 7, "character")
    assert tuple(sent["tokens"]) == view.tokens
    first, second = sent["rows"]
    assert first["windows"] == [[1, 4], [4, 7], [7, 10]]
    assert (first["dropped"], first["note"], first["tokens"]) == ([[0, 1]], "a note", None)
    assert (second["tokens"], second["first"]) == (["x", "y"], 100)


def test_a_huge_token_is_cut_and_a_lone_surrogate_replaced():
    sent = json.loads(pack(make_view(tokens=("x" * 10_000, "\ud800", "ok"))))
    assert [len(token) for token in sent["tokens"]] == [LONGEST, 1, 2]


def test_the_degenerate_is_allowed():
    make_view(rows=(Row("too short"),))
    make_view(tokens=("a",), steps=500, rows=(Row("long", "", ((0, 500),)),))
    make_view(tokens=(), rows=(Row("stream 1", "", ((0, 1),), (), ("a",)),), scheme="consecutive")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"windows": ((3, 3),)}, "`windows` (=(3, 3))"),
        ({"windows": ((-1, 3),)}, "`windows` (=(-1, 3))"),
        ({"windows": ((3, 6), (0, 3))}, "`windows` of row 'r'"),
        ({"dropped": ((2, 1),)}, "`dropped` (=(2, 1))"),
        ({"tokens": ()}, "`tokens` (=0 of them)"),
        ({"first": -1}, "`first` (=-1)"),
    ],
)
def test_a_row_that_is_none_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        Row("r", **changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"tokens": ()}, "`tokens` (=0 of them)"),
        ({"tokens": ("a",) * (MOST_TOKENS + 1)}, f"`tokens` (={MOST_TOKENS + 1} of them)"),
        ({"steps": 0}, "`steps` (=0)"),
        ({"steps": 2}, "`steps` (=2)"),
        ({"scheme": "random"}, "`scheme` (='random')"),
        ({"kind": "token"}, "`kind` (='token')"),
        ({"rows": ()}, "`rows` (=0 of them)"),
        ({"rows": (Row("r"),) * (MOST_ROWS + 1)}, "`rows`"),
        (
            {"rows": (Row("r", "", tuple((at, at + 1) for at in range(MOST_WINDOWS + 1))),)},
            f"`windows` (={MOST_WINDOWS + 1} of them)",
        ),
        ({"chosen": (0, -1)}, "`chosen` (=(0, -1))"),
        ({"first": -1}, "`first` (=-1)"),
    ],
)
def test_a_view_that_cannot_be_drawn_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(**changes)


def test_bundle():
    check_bundle(component)


def test_node_tests_pass(tmp_path):
    run_node(component, tmp_path)
