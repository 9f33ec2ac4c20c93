"""Whatever a link says, every page opens: nonsense in it is ignored, whoever reads it."""

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.sidebar.labels import LABELS
from app.state.explorer import _CHOICES

ROOT = Path(__file__).resolve().parent.parent
MAIN = str(ROOT / "app" / "main.py")
NONSENSE = (
    "inf", "nan", "-inf", "1e400", "-1e999", "Infinity", "9" * 30, "-" + "9" * 400, "9" * 5_000,
    "-1", "", " ", "٣", "１e９９９", "1e18", "0.5", "true", "None", "-", "1-inf", "1-1-1", "\ufffd",
    "=1", "<b>", "0", "1e-400", "0x10", "1_000", "NaN", "\0", "é" * 999, "[]",
)  # fmt: skip
QUICK = {"steps": "12", "units": "4", "text": "lighthouse", "weights": "untrained"}
CONTEXTS = (
    ("explore", {"start": "normal", "scaled": "true"}),
    *(
        ("gradients", {"lab": lab})
        for lab in ("decay", "reach", "truncation", "clipping", "gates", "many", "bets")
    ),
    *(("text", {"view": view}) for view in ("stages", "ranks", "ngrams", "windows")),
    ("train", {"preset": "own"}),
    *(
        ("generate", {"rule": rule})
        for rule in ("greedy", "sample", "topk", "topp", "alpha", "beam")
    ),
)  # fmt: skip
READERS = {"asked", "asked_text", "asked_step", "asked_pair", "asked_range", "_within"}


def parameters() -> list[str]:
    """Every parameter of the address bar that the code of the page names."""
    found = {"t", "present"}
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found |= named_by(node)
    return sorted(found | set(LABELS) | set(_CHOICES))


def named_by(call: ast.Call) -> set[str]:
    """The parameters that one call binds to a widget or reads."""
    given = {word.arg: word.value for word in call.keywords}
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    keys = [given["key"]] if "bind" in given and "key" in given else []
    keys += call.args[1:2] if name == "segmented" else []
    keys += call.args[:1] if name in READERS else []
    if "key" in given and not name.startswith("_"):
        keys += [given["key"]]  # a function that passes it on to a widget
    return {
        key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def opened(page: str, query: dict[str, str | list[str]]) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if page != "explore":
        app.switch_page(f"screens/{page}.py")
        for name, value in query.items():  # a link names the page and these together
            label = LABELS.get(name, {}).get(str(value), value)  # names are read on the first run
            app.query_params[name] = label
        app.run()
    return app


def test_parameters_are_found():
    assert {
        "from",
        "steps",
        "units",
        "sweep_radii",
        "cut_seed",
        "t",
        "ranks",
        "w",
        "lab",
        "p",
    } <= set(parameters())
    assert len(parameters()) > 60


@pytest.mark.parametrize(("page", "base"), CONTEXTS, ids=str)
def test_nonsense_in_a_link_is_ignored(page, base):
    names = [name for name in parameters() if name not in {**QUICK, **base}]
    infinite = dict.fromkeys(names, "inf")
    app = opened(page, {**QUICK, **base, **infinite})
    assert_whole(app)
    for name in base.keys() & {"lab", "view", "rule"}:
        assert app.segmented_control(key=name).value == base[name]  # its widgets are on the page
    place = CONTEXTS.index((page, base))
    for shift in range(2):
        mixed = {
            name: NONSENSE[(at + 7 * place + shift) % len(NONSENSE)]
            for at, name in enumerate(names)
        }
        assert_whole(opened(page, {**QUICK, **base, **mixed}))


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_for_what_all_pages_read_is_ignored(value):
    query = dict.fromkeys(("from", "steps", "units", "layers", "embedding", "seed", "t"), value)
    assert_whole(opened("explore", {"text": "lighthouse", **query}))


def test_what_back_brings_again_is_ignored_too():
    app = opened("explore", QUICK)
    app.query_params["from"] = "inf"
    assert_whole(app.run())
    assert "from" not in app.query_params


def test_a_range_keeps_both_ends():
    app = opened(
        "gradients", {**QUICK, "lab": "many", "sweep_radii": ["0.2", "0.9"], "seed": "nan"}
    )
    assert_whole(app)
    assert app.slider(key="sweep_radii").value == (0.2, 0.9)


def assert_whole(app: AppTest) -> None:
    assert not app.exception, [each.value for each in app.exception]
