"""The picture of truncation: what is sent to the browser, and the JavaScript sent with it."""

import json
import re

import pytest

from app.components import truncation as component
from app.components.truncation import MOST_ROWS, MOST_STEPS, TruncationRow, TruncationView
from app.components.truncation.pack import LONGEST, pack
from tests.components import check_bundle, refuse_constant, run_node

ROWS = (
    TruncationRow("whole", "Whole sequence", (0,)),
    TruncationRow("equal", "Equal segments of 2", (0, 2, 4), note="cosine 0.93"),
    TruncationRow("slide", "Sliding", sliding=3),
)


def make_view(**changes) -> TruncationView:
    fields = {"identity": "one", "tokens": tuple("time "), "kind": "character", "start": 7}
    return TruncationView(**(fields | {"rows": ROWS, "cursor": 2} | changes))


def test_every_step_and_word_arrives():
    view = make_view()
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    assert sent == {
        "identity": "one",
        "tokens": ["t", "i", "m", "e", " "],
        "kind": "character",
        "start": 7,
        "cursor": 2,
        "rows": [
            {
                "key": row.key,
                "label": row.label,
                "starts": list(row.starts),
                "sliding": row.sliding,
                "note": row.note,
            }
            for row in view.rows
        ],
    }


def test_endless_tokens_are_cut_and_a_lone_surrogate_travels():
    sent = json.loads(pack(make_view(tokens=("x" * 999, "\ud800", "a", "b", "c"))))
    assert len(sent["tokens"][0]) == LONGEST
    assert sent["tokens"][1] == "\ud800"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"tokens": ()}, "`tokens` (of 0)"),
        ({"tokens": ("a",) * (MOST_STEPS + 1)}, f"`tokens` (of {MOST_STEPS + 1})"),
        ({"kind": "token"}, "`kind` (='token')"),
        ({"rows": ()}, "`rows` (of 0)"),
        ({"rows": ROWS[:1] * (MOST_ROWS + 1)}, f"`rows` (of {MOST_ROWS + 1})"),
        ({"rows": ROWS[:1] * 2}, "`key` (=['whole', 'whole'])"),
        ({"start": -1}, "`start` (=-1)"),
        ({"cursor": -1}, "`cursor` (=-1)"),
        ({"tokens": tuple("abcd")}, "`starts` of 'equal' (4 in it)"),
    ],
)
def test_a_view_that_cannot_be_drawn_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key": "a b"}, "`key` (='a b')"),
        ({"starts": ()}, "`starts` (=()) and `sliding` (=None)"),
        ({"sliding": 3}, "`starts` (=(0, 2)) and `sliding` (=3)"),
        ({"starts": (), "sliding": 0}, "`sliding` (=0)"),
        ({"starts": (1, 2)}, "`starts` (=(1, 2))"),
        ({"starts": (0, 2, 2)}, "`starts` (=(0, 2, 2))"),
    ],
)
def test_a_row_without_one_way_to_cut_is_refused_by_name(changes, named):
    fields = {"key": "row", "label": "Row", "starts": (0, 2)}
    with pytest.raises(ValueError, match=re.escape(named)):
        TruncationRow(**(fields | changes))


def test_bundle():
    check_bundle(component)


def test_node_tests_pass(tmp_path):
    run_node(component, tmp_path)
