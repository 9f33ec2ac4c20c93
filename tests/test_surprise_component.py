"""The surprise strip: what is refused, what is sent to the browser, and its JavaScript."""

import json
import math
import re

import numpy as np
import pytest

from app.components import surprise as component
from app.components.shared.wire import strict_json
from app.components.surprise import KEPT, MOST, SurpriseView
from app.components.surprise.pack import LONGEST, pack
from tests.components import check_bundle, refuse_constant, run_node

PROBABILITY = np.array([math.nan, 0.0123, 0.0, 1 / 3, 0.0, 1.0])
SURPRISE = np.array([math.nan, -math.log(0.0123), math.inf, math.log(3), 800.0, 0.0])


def make_surprise(**changes) -> SurpriseView:
    """Six tokens: unguessed, surprising, impossible, plain, underflown and certain."""
    fields = {
        "identity": "one",
        "tokens": ("t", "h", "\n", "q", " ", "e"),
        "surprise": SURPRISE,
        "probability": PROBABILITY,
        "kind": "character",
        "vocabulary_size": 28,
        "perplexity": 6.92,
        "bits_per_character": 2.79,
        "model": "trigram, ε = 1",
        "guesses": (
            (),
            (("e", 0.31), (" ", 0.25), ("a", 0.1), ("i", 0.05), ("h", 0.0123)),
            (("e", 0.6), ("a", 0.4)),
            (("<unk>", 1 / 3), ("u", 0.2)),
            (("e", 0.9),),
            (("e", 1.0),),
        ),
        "read": ("t", "h", "\n", "<unk>", " ", "e"),
        "cursor": 1,
    }
    return SurpriseView(**(fields | changes))


def test_every_number_arrives_exactly():
    view = make_surprise()
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    for name in ("surprise", "probability"):
        read = np.array([float(each) for each in sent[name]])
        np.testing.assert_array_equal(read, getattr(view, name))
    assert sent["surprise"][0] == "NaN"
    assert sent["surprise"][2] == "Infinity"
    assert [[tuple(each) for each in row] for row in sent["guesses"]] == [
        list(row) for row in view.guesses
    ]
    assert (sent["perplexity"], sent["bits"], sent["size"]) == (6.92, 2.79, 28)
    assert (sent["identity"], sent["model"], sent["kind"]) == ("one", view.model, "character")
    assert tuple(sent["tokens"]) == view.tokens
    assert tuple(sent["read"]) == view.read
    assert sent["cursor"] == 1


def test_infinite_means_and_unknown_ones_arrive():
    view = make_surprise(perplexity=math.inf, bits_per_character=math.inf, read=None)
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    assert (sent["perplexity"], sent["bits"]) == ("Infinity", "Infinity")
    assert tuple(sent["read"]) == view.tokens
    lost = json.loads(pack(make_surprise(perplexity=math.nan, bits_per_character=None)))
    assert (lost["perplexity"], lost["bits"]) == ("NaN", None)


def test_float32_arrays_and_endless_tokens_travel():
    view = make_surprise(
        probability=PROBABILITY.astype(np.float32),
        surprise=SURPRISE.astype(np.float32),
        tokens=("x" * (2 * LONGEST), "h", "\n", "q", " ", "\ud800"),
    )
    sent = json.loads(pack(view), parse_constant=refuse_constant)
    assert sent["tokens"][0] == "x" * LONGEST
    assert sent["tokens"][5] == "\ud800"
    assert sent["probability"][1] == float(np.float32(0.0123))
    assert pack(view) == pack(view)


def test_strict_json_reaches_into_every_level():
    odd = {"a": [1.5, math.nan, (math.inf, -math.inf)], "b": {"c": math.nan}, "d": None, "e": True}
    assert json.loads(strict_json(odd), parse_constant=refuse_constant) == {
        "a": [1.5, "NaN", ["Infinity", "-Infinity"]], "b": {"c": "NaN"}, "d": None, "e": True,
    }  # fmt: skip


FIVE = (("a", 0.1),) * KEPT


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": "letter"}, "`kind` (='letter')"),
        ({"tokens": ()}, "`tokens` (of 0)"),
        ({"tokens": ("a",) * (MOST + 1)}, "`tokens` (of 501)"),
        ({"vocabulary_size": 0}, "`vocabulary_size` (=0)"),
        ({"perplexity": 0.5}, "`perplexity` (=0.5)"),
        ({"bits_per_character": -1.0}, "`bits_per_character` (=-1.0)"),
        ({"bits_per_character": math.nan}, "`bits_per_character` (=nan)"),
        ({"surprise": SURPRISE[:3]}, "`surprise` (shape (3,))"),
        ({"probability": PROBABILITY[None]}, "`probability` (shape (1, 6))"),
        ({"guesses": ()}, "`guesses` (of 0)"),
        ({"read": ("a",)}, "`read` (of 1)"),
        ({"surprise": np.array([math.nan, 1, math.inf, 1, 800, 0])}, "`surprise[1]` (=1.0)"),
        ({"surprise": np.where(np.isnan(SURPRISE), 1, SURPRISE)}, "`surprise[0]` (=1.0)"),
        ({"probability": np.where(np.isinf(SURPRISE), 0.5, PROBABILITY)}, "`surprise[2]` (=inf)"),
        ({"surprise": -SURPRISE}, "`surprise[1]`"),
        ({"guesses": ((), (*FIVE, ("b", 0.0)), (), (), (), ())}, "`guesses[1]` (of 6)"),
        ({"guesses": ((), (("a", 0.1), ("b", 0.2)), (), (), (), ())}, "`guesses[1]`"),
        ({"guesses": ((), (("a", 1.5),), (), (), (), ())}, "`guesses[1]` (=[1.5])"),
        ({"guesses": ((), (("a", math.nan),), (), (), (), ())}, "`guesses[1]` (=[nan])"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_surprise(**changes)


def test_bundle():
    check_bundle(component)


def test_node_tests_pass(tmp_path):
    run_node(component, tmp_path)
