"""The explorer component: what is sent to the browser, and the JavaScript that is sent with it."""

import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import playwright
import pytest

from app.components.bundle import javascript, stylesheet
from app.components.explorer import FOLDER, MODULES, STYLES, Lane, Reference
from app.components.explorer.pack import MAGIC, pack
from tests.explorer_views import ARRAYS, H, N, T, make_references, make_view

TESTS = Path(__file__).parent
SHARED = FOLDER.parent / "shared"


@pytest.fixture
def modules(tmp_path):
    """A folder with the component's files and the shared ones side by side, as node loads them."""
    for folder in (FOLDER, SHARED):
        no_python = shutil.ignore_patterns("*.py", "__py*")
        shutil.copytree(folder, tmp_path / folder.name, ignore=no_python)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return tmp_path


def refuse_constant(word: str):
    raise AssertionError(f"{word} is not strict JSON")


def read(block: bytes):
    assert block[:4] == MAGIC
    length = int.from_bytes(block[4:8], "little")
    meta = json.loads(block[8 : 8 + length], parse_constant=refuse_constant)
    first = -(-(8 + length) // 8) * 8
    return meta, block[first:]


def array_at(body: bytes, place: dict) -> np.ndarray:
    size = int(np.prod(place["shape"]))
    flat = np.frombuffer(body, dtype=place["dtype"], count=size, offset=place["offset"])
    return flat.reshape(place["shape"])


@pytest.mark.parametrize("name", ARRAYS)
def test_bytes_equal_the_array(name):
    view = make_view()
    meta, body = read(pack(view))
    sent = array_at(body, meta["arrays"][name])
    assert sent.dtype == ARRAYS[name]
    assert sent.tobytes() == np.ascontiguousarray(getattr(view, name), ARRAYS[name]).tobytes()
    assert meta["arrays"][name]["offset"] % 8 == 0


def test_every_lane_arrives_and_h_is_not_sent_twice():
    view = make_view()
    meta, body = read(pack(view))
    for lane, sent in zip(view.lanes, meta["lanes"], strict=True):
        assert (sent["key"], sent["label"], sent["scale"]) == (lane.key, lane.label, lane.scale)
        np.testing.assert_array_equal(array_at(body, sent["place"]), lane.values)
    assert "lane0" not in meta["arrays"]
    assert "lane1" in meta["arrays"]


def test_an_h_lane_that_differs_from_hidden_is_sent_itself():
    view = make_view()
    other = Lane("h", "h", np.zeros((T, H), np.float32))
    meta, body = read(pack(dataclasses.replace(view, lanes=(other,))))
    np.testing.assert_array_equal(array_at(body, meta["lanes"][0]["place"]), 0)


def test_arrays_that_are_not_contiguous_or_of_another_type_arrive_whole():
    turned = np.asfortranarray(np.arange(N * T, dtype=np.float32).reshape(N, T))
    meta, body = read(pack(make_view(gradient=turned)))
    np.testing.assert_array_equal(array_at(body, meta["arrays"]["gradient"]), turned)


def test_meta_is_strict_json_and_keeps_every_token():
    view = make_view()
    meta, _ = read(pack(view))
    assert tuple(meta["inputs"]) == view.inputs
    assert meta["loss"]["perplexity"] == "Infinity"
    assert meta["fit"]["intercept"] == -5.0
    assert read(pack(make_view(fit=None)))[0]["fit"] is None
    lost = make_view(loss={"at": "mean", "value": float("nan"), "perplexity": 1.0})
    assert read(pack(lost))[0]["loss"]["value"] == "NaN"


def test_references_arrive_whole_and_in_order():
    references = make_references()
    meta, body = read(pack(make_view(references=references, reference_note="counted elsewhere")))
    assert meta["reference_note"] == "counted elsewhere"
    for reference, sent in zip(references, meta["references"], strict=True):
        assert (sent["key"], sent["label"]) == (reference.key, reference.label)
        assert float(sent["perplexity"]) == reference.perplexity
        place = meta["arrays"][sent["array"]]
        assert place["dtype"] == "float64"
        assert place["offset"] % 8 == 0
        np.testing.assert_array_equal(array_at(body, place), reference.surprise)
    alone, _ = read(pack(make_view()))
    assert alone["references"] == []
    assert not any(name.startswith("reference") for name in alone["arrays"])


@pytest.mark.parametrize("strip", ["reference:unigram", "reference:of another text", "difference"])
def test_a_strip_of_a_reference_that_is_not_there_is_no_error(strip):
    assert read(pack(make_view(strip=strip)))[0]["strip"] == strip


def test_packing_is_deterministic():
    assert pack(make_view()) == pack(make_view())
    with_references = pack(make_view(references=make_references()))
    assert with_references == pack(make_view(references=make_references()))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"cell": "lstn"}, "`cell` (='lstn')"),
        ({"layer": "rnn.l9"}, "`layer`"),
        ({"lanes": ()}, "`lanes`"),
        ({"targets": ("a",)}, "`targets`"),
        ({"inputs": (), "targets": ()}, "at least one"),
        ({"hidden": np.zeros((N, H, T), np.float32)}, "`hidden`"),
        ({"truth_rank": np.zeros(T + 1, np.int32)}, "`truth_rank`"),
        ({"similarity": np.zeros(H + 1, np.int32)}, "`similarity`"),
        ({"lanes": (Lane("h", "h", np.zeros((T, H + 1), np.float32)),)}, "lanes[h].values"),
        ({"lanes": (Lane("h", "h", np.zeros((T, H), np.float32), "loud"),)}, "`scale`"),
        ({"strip": "trigram"}, "`strip` (='trigram')"),
        ({"references": make_references(T + 1)}, "`references[unigram].surprise`"),
        ({"references": make_references()[:1] * 2}, "`references` (keys unigram, unigram)"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key": ""}, "`key`"),
        ({"label": ""}, "`label`"),
        ({"surprise": np.array([1, np.nan, 2])}, "`surprise` of `trigram` (=nan)"),
        ({"surprise": np.array([1, -0.5, np.inf])}, "`surprise` of `trigram` (=-0.5)"),
        ({"perplexity": 0.9}, "`perplexity` (=0.9)"),
        ({"perplexity": float("nan")}, "`perplexity` (=nan)"),
    ],
)
def test_a_reference_that_is_no_surprise_is_refused_by_name(changes, named):
    fields = {"key": "trigram", "label": "trigram", "surprise": np.ones(3), "perplexity": 6.7}
    Reference(**fields)
    with pytest.raises(ValueError, match=re.escape(named)):
        Reference(**(fields | changes))


def test_bundle_is_one_module_without_imports():
    source = javascript(FOLDER, MODULES)
    assert source == javascript(FOLDER, MODULES)
    assert len(re.findall(r"^export default function \w+\(", source, re.MULTILINE)) == 1
    assert len(re.findall(r"^export ", source, re.MULTILINE)) == 1
    assert not re.search(r"^\s*import\b", source, re.MULTILINE)
    assert not re.search(r"\bimport\(", source)
    for opening, closing in ("()", "[]", "{}"):
        assert source.count(opening) == source.count(closing)


def test_bundle_holds_every_file_of_the_folder():
    own = {path.name for path in FOLDER.glob("*.js")}
    assert {name for name in MODULES if "/" not in name} == own
    assert len(set(MODULES)) == len(MODULES)


def test_bundle_joins_two_folders(tmp_path):
    own, shared = tmp_path / "own", tmp_path / "shared"
    own.mkdir()
    shared.mkdir()
    (shared / "a.js").write_text("export function first() {}\n")
    (shared / "b.js").write_text('import { first } from "./a.js";\nexport const two = first;\n')
    (own / "main.js").write_text(
        'import { first } from "../shared/a.js";\nimport { two } from "../shared/b.js";\n'
        "export default function go() { first(two); }\n"
    )
    joined = javascript(own, ("../shared/a.js", "../shared/b.js", "main.js"))
    assert re.findall(r"^\w.*", joined, re.MULTILINE) == [
        "function first() {}",
        "const two = first;",
        "export default function go() { first(two); }",
    ]
    with pytest.raises(ValueError, match="imports `first`"):
        javascript(own, ("../shared/b.js", "../shared/a.js", "main.js"))


def test_a_table_that_python_reads_too_is_written_into_its_module(tmp_path):
    (tmp_path / "table.json").write_text('{"a": ["\\\\n", "⏎", "\\ud800"]}', encoding="utf-8")
    line = 'import TABLE from "./table.json" with { type: "json" };\n'
    (tmp_path / "main.js").write_text(f"{line}export default function go() {{ TABLE; }}\n")
    joined = javascript(tmp_path, ("main.js",))
    assert "import" not in joined
    assert 'const TABLE = {"a":["\\\\n","\\u23ce","\\ud800"]};\n' in joined


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("function same() {}\n", "`same` is defined"),
        ("async function same() {}\n", "`same` is defined"),
        ('import { other } from "./a.js";\n', "imports `other`"),
        ('import { same as other } from "./a.js";\n', "imports `same as other`"),
        ('import { same } from "../a.js";\n', "imports `same`"),
        ('import * as all from "./a.js";\n', "cannot be joined"),
        ('import { same } from "somewhere";\n', "cannot be joined"),
        ('import same from "./c.json" with { type: "json" };\n', "`same` is defined"),
    ],
)
def test_bundle_refuses_what_would_change_its_meaning_when_joined(tmp_path, second, said):
    (tmp_path / "a.js").write_text("export function same() {}\n")
    (tmp_path / "b.js").write_text(second)
    with pytest.raises(ValueError, match=said):
        javascript(tmp_path, ("a.js", "b.js"))


def test_scripts_write_text_only_as_text_and_ask_no_other_host():
    forbidden = (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "createContextualFragment"),
        *("document.write", "eval(", "new Function", "http:", "https:", "fetch("),
        *("XMLHttpRequest", "localStorage", "import("),
    )
    for name in MODULES:
        source = (FOLDER / name).read_text(encoding="utf-8")
        assert [word for word in forbidden if word in source] == [], name
    assert "url(" not in stylesheet(FOLDER, STYLES)
    assert "@import" not in stylesheet(FOLDER, STYLES)


def test_exported_functions_are_documented_and_files_stay_small():
    for name in MODULES:
        lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 300, name
        for at, line in enumerate(lines):
            if line.startswith(("export function", "export default")):
                assert lines[at - 1].endswith("*/"), f"{name}: {line}"


def needs_node() -> str:
    """The machine's node, or the one that playwright brings along."""
    own = Path(playwright.__file__).parent / "driver" / "node"
    return shutil.which("node") or str(own)


def test_node_accepts_the_bundle(tmp_path):
    module = tmp_path / "bundle.mjs"
    module.write_text(javascript(FOLDER, MODULES), encoding="utf-8")
    done = subprocess.run(
        [needs_node(), "--check", str(module)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_node_reads_what_python_packed(modules):
    view = make_view(references=make_references())
    (modules / "view.bin").write_bytes(pack(view))
    (modules / "read.js").write_text(
        'import { readFileSync } from "node:fs";\n'
        'import { unpack } from "./explorer/unpack.js";\n'
        'const bytes = new Uint8Array(readFileSync("view.bin"));\n'
        "const odd = new Uint8Array(bytes.length + 3);\n"
        "odd.set(bytes, 3);\n"  # a view at an odd offset, as protobuf may hand it over
        "const view = unpack(odd.subarray(3));\n"
        "const arrays = Object.fromEntries(Object.entries(view.arrays).map(([k, v]) => [k, [...v]"
        ".map(String)]));\n"
        "console.log(JSON.stringify({ arrays, lane: [...view.lanes[0].values].map(String), "
        "inputs: view.inputs, perplexity: String(view.loss.perplexity), decades: view.decades, "
        "references: view.references.map((each) => [each.key, String(each.perplexity), "
        "[...each.surprise].map(String)]) }));"
    )
    done = subprocess.run(
        [needs_node(), "read.js"], cwd=modules, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    for name, dtype in ARRAYS.items():
        sent = np.array([float(each) for each in seen["arrays"][name]])
        expected = np.ascontiguousarray(getattr(view, name), dtype).ravel().astype(float)
        np.testing.assert_array_equal(sent, expected)
    np.testing.assert_array_equal([float(v) for v in seen["lane"]], view.lanes[0].values.ravel())
    assert tuple(seen["inputs"]) == view.inputs
    assert seen["perplexity"] == "Infinity"
    for reference, sent in zip(view.references, seen["references"], strict=True):
        assert sent[:2] == [reference.key, str(reference.perplexity).replace("inf", "Infinity")]
        np.testing.assert_array_equal([float(v) for v in sent[2]], reference.surprise)
    low, high = np.nanmin(view.gradient), np.nanmax(view.gradient)
    assert seen["decades"][0] == np.floor(low) and seen["decades"][1] == np.ceil(high)


def test_node_tests_pass(modules):
    (modules / "js").mkdir()
    shutil.copy(TESTS / "js" / "explorer.test.js", modules / "js")
    done = subprocess.run(
        [needs_node(), "--test", "js/"], cwd=modules, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), done.stdout
