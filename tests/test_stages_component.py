"""The stages: what is refused, what is sent to the browser, and the JavaScript sent with it."""

import json
import re

import pytest

from app.components import stages as component
from app.components.stages import MOST, Piece, StagesView
from app.components.stages.pack import LONGEST, pack
from tests.components import check_bundle, refuse_constant, run_node

VOCABULARY = ("<unk>", "a", "b", "it")
COUNTS = (2, 5, 3, 3)


def make_stages(**changes) -> StagesView:
    """Words of "A, b it! a q": changed, dropped, repeated and unknown text."""
    fields = {
        "identity": "one",
        "scheme_label": "words, lower case",
        "raw": (
            *(Piece("A", 0), Piece(", ", -1), Piece("b", 1), Piece(" ", -1), Piece("it", 2)),
            *(Piece("!\n", -1), Piece("a", 3), Piece(" ", -1), Piece("q", 4)),
        ),
        "cleaned": (
            *(Piece("a", 0), Piece(" ", -1), Piece("b", 1), Piece(" ", -1), Piece("it", 2)),
            *(Piece(" ", -1), Piece("a", 3), Piece(" ", -1), Piece("q", 4)),
        ),
        "tokens": ("a", "b", "it", "a", "q"),
        "indices": (1, 2, 3, 1, 0),
        "unknown": 0,
        "vocabulary": VOCABULARY,
        "counts": COUNTS,
        "total": 13,
        "start": 7,
        "kind": "word",
    }
    return StagesView(**(fields | changes))


def test_every_word_and_number_arrives():
    view = make_stages()
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    for name in ("identity", "scheme_label", "unknown", "total", "start", "kind"):
        assert sent[name] == getattr(view, name)
    for name in ("raw", "cleaned"):
        assert [(text, token) for text, token, _ in sent[name]] == list(getattr(view, name))
        assert all(length == len(text) for text, _, length in sent[name])
    assert tuple(sent["tokens"]) == view.tokens
    assert tuple(sent["indices"]) == view.indices
    assert (sent["size"], sent["unknown_name"]) == (4, "<unk>")


def test_facts_are_count_and_rank_of_the_indices_shown():
    # a occurs most; b and it share the second rank; <unk> has count but is not ranked among them
    facts = json.loads(pack(make_stages()))["facts"]
    assert {index: fact for index, fact in facts.items() if index != "0"} == {
        "1": [5, 1], "2": [3, 2], "3": [3, 2],
    }  # fmt: skip
    assert facts["0"][0] == 2
    many = json.loads(pack(make_stages(counts=(9, 5, 3, 3), total=20)))["facts"]
    assert many["1"] == [5, 1]


def test_what_is_endless_is_cut_but_its_length_told():
    token = "é" * (3 * LONGEST)
    view = make_stages(
        raw=(Piece(token, 0),), cleaned=(Piece(token, 0),), tokens=(token,), indices=(0,)
    )
    sent = json.loads(pack(view))
    assert sent["raw"] == [[token[:LONGEST], 0, 3 * LONGEST]]
    assert sent["tokens"] == [token[:LONGEST]]


def test_a_lone_surrogate_travels_and_packing_is_deterministic():
    view = make_stages(raw=(Piece("\ud800", 0),))
    assert json.loads(pack(view))["raw"][0][0] == "\ud800"
    assert pack(view) == pack(view)


def test_pieces_of_any_class_with_text_and_token_will_do():
    class Own:
        text = "A"
        token = 0

    assert json.loads(pack(make_stages(raw=(Own(),))))["raw"] == [["A", 0, 1]]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": "letter"}, "`kind` (='letter')"),
        ({"tokens": (), "indices": (), "raw": (), "cleaned": ()}, "`tokens` (of 0)"),
        ({"tokens": ("a",) * (MOST + 1)}, "`tokens` (of 501)"),
        ({"indices": (1, 2)}, "`indices` (of 2)"),
        ({"counts": (1, 2)}, "`counts` (of 2)"),
        ({"unknown": 4}, "`unknown` (=4)"),
        ({"unknown": -1}, "`unknown` (=-1)"),
        ({"total": 14}, "`total` (=14)"),
        ({"start": 9}, "`start` (=9)"),
        ({"start": -1}, "`start` (=-1)"),
        ({"indices": (1, 2, 9, 1, 0)}, "`indices[2]` (=9)"),
        ({"indices": (1, 2, 1, 1, 0)}, "`indices[2]` (=1) is 'a'"),
        ({"counts": (7, 1, 3, 2)}, "`counts[1]` (=1)"),
        ({"raw": (Piece("", 0),)}, "`raw[0]` must hold"),
        ({"cleaned": (Piece("a", 5),)}, "`cleaned[0]` (token 5)"),
        ({"raw": (Piece("a", -2),)}, "`raw[0]` (token -2)"),
        ({"raw": (Piece("b", 1), Piece("-", -1), Piece("a", 0))}, "`raw[2]` (token 0)"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_stages(**changes)


def test_bundle():
    check_bundle(component)


def test_node_tests_pass(tmp_path):
    run_node(component, tmp_path)
