"""The sidebar: a control is in sight exactly where it changes what the page shows or begins."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from app.compute import sweeps
from app.panels import bets
from app.sidebar.labels import BOOK, COMPARISONS, HERE, LABELS, LABS, OWN, PASTE, UPLOAD

MAIN = str(Path(__file__).resolve().parent.parent / "app" / "main.py")
# Every control that another one opens is there too: σ, the spectral radius and the embedding.
DRAWN = {"weights": "untrained", "units": "4", "steps": "20", "start": "normal", "scaled": "true"}
LEARNT = {"weights": "lstm-story", "steps": "20"}
ELSEWHERE = {BOOK, PASTE, UPLOAD, HERE, OWN}
"""options that ask for something first, and until then show what is shown without them"""
MOST_TRIED = 4
VIEWS = {
    "Explore": ("", {}, DRAWN),
    "Explore, trained": ("", {}, LEARNT),
    "Train": ("train", {}, DRAWN),
    "Generate": ("generate", {}, DRAWN),
    "Generate, trained": ("generate", {}, LEARNT),
    "Generate, typed": ("generate", {"prefix": "The lamp"}, DRAWN),
    "Generate, typed and trained": ("generate", {"prefix": "The lamp"}, LEARNT | {"text": "names"}),
    **{view: ("text", {"view": view}, DRAWN) for view in ("stages", "ranks", "ngrams", "windows")},
    **{f"ngrams, {scored}": ("text", {"view": "ngrams", "scored": scored}, DRAWN)
       for scored in ("validation", "own")},
    **{lab: ("gradients", {"lab": lab}, DRAWN) for lab in LABS if lab not in ("decay", "bets")},
    "many, trained": ("gradients", {"lab": "many"}, LEARNT),
    "bets": ("gradients", {"lab": "bets", "bet": "radius"}, DRAWN),
    **{f"decay, {compared}": ("gradients", {"lab": "decay", "compare": compared}, DRAWN)
       for compared in COMPARISONS},
    **{f"decay, {compared}, trained": ("gradients", {"lab": "decay", "compare": compared}, LEARNT)
       for compared in COMPARISONS},
}  # fmt: skip

STAYS = {"Generate, typed and trained": {"text": "does nothing in sight"}}
"""The text that a typed prefix is read instead of is still what the sidebar says is read."""


class Every(dict):
    """Every bet is made, on what is never right."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: object) -> str:
        return ""


@pytest.fixture
def begun(monkeypatch) -> list[Any]:
    """What the page would begin at a click: a training, or a sweep of networks."""
    found: list[Any] = []
    button, known = DeltaGenerator.button, sweeps.known

    def note_training(self, label, *args, **options):
        if label == "Start training":
            source, model, training, judge, parts = options["args"]
            text = (source.text.digest, source.scheme, source.title, judge)
            cut = parts and (len(parts.train), int(parts.train.sum()), len(parts.validation))
            found.append((*text, model.digest, training.digest, cut))
        return button(self, label, *args, **options)

    def note_sweep(spec):
        found.append(spec)
        return known(spec)

    monkeypatch.setattr(DeltaGenerator, "button", note_training)
    monkeypatch.setattr(sweeps, "known", note_sweep)
    monkeypatch.setattr(bets, "_made", Every)
    monkeypatch.setattr(bets, "_ask", lambda bet, _: bets.st.write(bet.question, bet.options))
    return found


def page(path: str, chosen: dict[str, str], query: dict[str, str]) -> AppTest:
    """A page of the app with a link's parameters, and controls of the page itself."""
    app = AppTest.from_file(MAIN, default_timeout=300)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if path:
        app.switch_page(f"screens/{path}.py").run()
    for key, value in chosen.items():
        control(app, key).set_value(value).run()
    assert not app.exception
    return app


def controls(block: Any, shown: bool = True) -> Iterator[tuple[Any, bool]]:
    """Every control in a block, and whether it is in sight."""
    for child in block.children.values():
        seen = shown and "out_of_sight" not in (getattr(child, "key", None) or "")
        if hasattr(child, "children"):
            yield from controls(child, seen)
        elif getattr(child, "key", None) and hasattr(child, "set_value"):
            yield child, seen


def control(app: AppTest, key: str) -> Any:
    return next(each for each, _ in controls(app._tree) if each.key == key)


def in_sight(app: AppTest) -> dict[str, bool]:
    return {each.key: seen for each, seen in controls(app.sidebar)}


def looked_at(app: AppTest, begun: list[Any]) -> tuple:
    """All that is written in the page or sent to a component there, and what it would begin."""
    begun.clear()
    app.run()
    assert not app.exception
    written = [
        str(node.proto)
        for node in app.main
        if hasattr(node, "proto") and node.type != "download_button"  # named anew in every run
    ]
    # A control may also open others.
    return written, list(begun), [key for key, seen in in_sight(app).items() if seen]


def others(key: str, widget: Any) -> list[Any]:
    """Other values of a control."""
    value = widget.value
    if key in LABELS:
        found = [name for name in LABELS[key] if name not in ELSEWHERE]
    elif widget.type == "select_slider":
        found = list(widget.options)
    elif widget.type == "toggle":
        found = [not value]
    elif widget.type == "slider":
        found = [widget.min, widget.max, (widget.min + widget.max) / 2]
    else:
        asked = (value + 10 * widget.step, value + widget.step, widget.min, value - widget.step)
        found = [each for each in asked if widget.min <= each <= widget.max]
    # From both ends: the last weights are none at all.
    found = [each for pair in zip(found, reversed(found), strict=True) for each in pair]
    return [each for each in dict.fromkeys(found) if each != value][:MOST_TRIED]


@pytest.mark.parametrize("view", VIEWS)
def test_a_control_is_in_sight_exactly_where_it_changes_something(view, begun):
    path, chosen, query = VIEWS[view]
    app = page(path, chosen, query)
    before = looked_at(app, begun)
    wrong = {}
    for key, seen in in_sight(app).items():
        widget = control(app, key)
        value, acts = widget.value, False
        for other in others(key, widget):
            control(app, key).set_value(other)
            acts = looked_at(app, begun) != before
            control(app, key).set_value(value)
            assert not app.run().exception
            if acts:
                break
        if acts != seen:
            wrong[key] = "acts out of sight" if acts else "does nothing in sight"
    assert wrong == STAYS.get(view, {})


def test_what_is_out_of_sight_keeps_its_value_and_its_place_in_the_link():
    kept = {"steps": "33", "from": "5", "loss": "mean", "cell": "gru", "layers": "2"}
    kept |= {"input": "one_hot", "weights": "untrained", "units": "4"}
    app = page("", {}, kept)
    for path, chosen in (
        ("train", {}), ("gradients", {"lab": "many"}), ("text", {"view": "ranks"}),
        ("gradients", {"lab": "decay", "compare": "activation"}), ("train", {}), ("explore", {}),
    ):  # fmt: skip
        app.switch_page(f"screens/{path}.py").run()
        for key, value in chosen.items():
            control(app, key).set_value(value).run()
        assert not app.exception
        values = {each.key: each.value for each, _ in controls(app.sidebar)}
        assert (values["steps"], values["from"]) == (33, 5)
        if path != "text":
            drawn = [values[key] for key in ("loss", "cell", "layers", "input")]
            assert drawn == ["mean", "gru", 2, "one_hot"]
        asked = {key: app.query_params[key] for key in ("steps", "from")}
        assert asked == {"steps": "33", "from": "5"}


def test_the_sidebar_follows_another_comparison(begun):
    app = page("gradients", {"lab": "decay"}, DRAWN)
    for compared, hidden in (("activation", {"cell"}), ("start", {"start", "scaled"})):
        control(app, "compare").set_value(compared).run()
        shown = in_sight(app)
        assert {key for key in ("cell", "start", "scaled") if not shown[key]} == hidden
