"""The explorer component: what is sent to the browser, and the JavaScript that is sent with it."""

import base64
import dataclasses
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from app.components.explorer import FLAGS, ExplorerView, Lane
from app.components.explorer.bundle import FOLDER, MODULES, javascript, stylesheet
from app.components.explorer.pack import MAGIC, pack

T, H, N, K = 7, 3, 2, 5
TESTS = Path(__file__).parent
ARRAYS = {
    "hidden": "float32",
    "gradient": "float64",
    "gradient_flags": "uint8",
    "share_own": "float64",
    "edges_forward": "float64",
    "edges_gradient": "float64",
    "head_forward": "float64",
    "head_gradient": "float64",
    "top": "int32",
    "top_probability": "float32",
    "truth_probability": "float32",
    "truth_rank": "int32",
    "similarity": "int32",
}


def make_view(**changes) -> ExplorerView:
    rng = np.random.default_rng(3)
    hidden = rng.uniform(-1, 1, (N, T, H)).astype(np.float32)
    gradient = rng.normal(-4, 1, (N, T))
    gradient[0, 2] = np.nan
    flags = np.zeros((N, T), np.uint8)
    flags[0, 2] = FLAGS["underflow"]
    tokens = ("a", " ", "\n", "\t", "</script>", "👩‍👩‍👧", "é")
    fields = {
        "identity": "one",
        "title": "A GRU of 3 units reads 7 characters.",
        "verdict": {"word": "vanishing", "text": "vanishes", "reason": "Because."},
        "cell": "gru",
        "hidden_size": H,
        "layers": (
            {"name": "rnn.l0", "label": "layer 1 →", "reverse": False, "level": 0},
            {"name": "rnn.l0_reverse", "label": "layer 1 ←", "reverse": True, "level": 0},
        ),
        "layer": "rnn.l0_reverse",
        "inputs": tokens,
        "targets": (*tokens[1:], "z"),
        "hidden": hidden,
        "lanes": (
            Lane("h", "h", hidden[1]),
            Lane("reset", "reset gate r", rng.uniform(size=(T, H)).astype(np.float32), "unit"),
        ),
        "gradient": gradient,
        "gradient_flags": flags,
        "fit": {"start": 0, "stop": T, "slope": 0.1, "intercept": -5.0},
        "share_own": np.full(T, np.nan),
        "edges_forward": rng.uniform(size=(N, T, 2)),
        "edges_gradient": rng.uniform(size=(N, T, 2)),
        "head_forward": rng.uniform(size=T),
        "head_gradient": rng.uniform(size=T),
        "vocabulary": ("<unk>", *tokens, "z"),
        "top": rng.integers(0, 9, (T, K), dtype=np.int32),
        "top_probability": rng.uniform(size=(T, K)).astype(np.float32),
        "truth_probability": rng.uniform(size=T).astype(np.float32),
        "truth_rank": rng.integers(1, 10, T, dtype=np.int32),
        "loss": {"at": "last", "value": 2.5, "perplexity": float("inf")},
        "similarity": np.array([2, 0, 1], np.int32),
    }
    return ExplorerView(**(fields | changes))


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


def test_packing_is_deterministic():
    assert pack(make_view()) == pack(make_view())


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
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=re.escape(named)):
        make_view(**changes)


def test_bundle_is_one_module_without_imports():
    source = javascript()
    assert source == javascript()
    assert len(re.findall(r"^export default function \w+\(", source, re.MULTILINE)) == 1
    assert len(re.findall(r"^export ", source, re.MULTILINE)) == 1
    assert not re.search(r"^\s*import\b", source, re.MULTILINE)
    assert not re.search(r"\bimport\(", source)
    for opening, closing in ("()", "[]", "{}"):
        assert source.count(opening) == source.count(closing)


def test_bundle_holds_every_file_of_the_folder():
    assert sorted(MODULES) == sorted(path.name for path in FOLDER.glob("*.js"))


def test_bundle_refuses_two_meanings_of_one_name(monkeypatch, tmp_path):
    monkeypatch.setattr("app.components.explorer.bundle.FOLDER", tmp_path)
    monkeypatch.setattr("app.components.explorer.bundle.MODULES", ("a.js", "b.js"))
    (tmp_path / "a.js").write_text("export function same() {}\n")
    (tmp_path / "b.js").write_text("function same() {}\n")
    with pytest.raises(ValueError, match="`same` is defined"):
        javascript()
    (tmp_path / "b.js").write_text('import { other } from "./a.js";\n')
    with pytest.raises(ValueError, match="imports `other`"):
        javascript()


def test_scripts_write_text_only_as_text_and_ask_no_other_host():
    forbidden = (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "createContextualFragment"),
        *("document.write", "eval(", "new Function", "http:", "https:", "fetch("),
        *("XMLHttpRequest", "localStorage", "import("),
    )
    for name in MODULES:
        source = (FOLDER / name).read_text(encoding="utf-8")
        assert [word for word in forbidden if word in source] == [], name
    assert "url(" not in stylesheet()
    assert "@import" not in stylesheet()


def test_exported_functions_are_documented_and_files_stay_small():
    for name in MODULES:
        lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 300, name
        for at, line in enumerate(lines):
            if line.startswith(("export function", "export default")):
                assert lines[at - 1].endswith("*/"), f"{name}: {line}"


def needs_node() -> str:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the bundle's syntax is checked by the browser tests")
    return node


def test_node_accepts_the_bundle(tmp_path):
    module = tmp_path / "bundle.mjs"
    module.write_text(javascript(), encoding="utf-8")
    done = subprocess.run(
        [needs_node(), "--check", str(module)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_node_reads_what_python_packed(tmp_path):
    view = make_view()
    (tmp_path / "view.bin").write_bytes(pack(view))
    shutil.copytree(FOLDER, tmp_path / "explorer", ignore=shutil.ignore_patterns("*.py", "__py*"))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "read.js").write_text(
        'import { readFileSync } from "node:fs";\n'
        'import { unpack } from "./explorer/unpack.js";\n'
        'const bytes = new Uint8Array(readFileSync("view.bin"));\n'
        "const odd = new Uint8Array(bytes.length + 3);\n"
        "odd.set(bytes, 3);\n"  # a view at an odd offset, as protobuf may hand it over
        "const view = unpack(odd.subarray(3));\n"
        "const arrays = Object.fromEntries(Object.entries(view.arrays).map(([k, v]) => [k, [...v]"
        ".map(String)]));\n"
        "console.log(JSON.stringify({ arrays, lane: [...view.lanes[0].values].map(String), "
        "inputs: view.inputs, perplexity: String(view.loss.perplexity), decades: view.decades }));"
    )
    done = subprocess.run(
        [needs_node(), "read.js"], cwd=tmp_path, capture_output=True, text=True, check=False
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
    low, high = np.nanmin(view.gradient), np.nanmax(view.gradient)
    assert seen["decades"][0] == np.floor(low) and seen["decades"][1] == np.ceil(high)


def test_node_tests_pass(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "explorer", ignore=shutil.ignore_patterns("*.py", "__py*"))
    shutil.copytree(TESTS / "js", tmp_path / "js")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(
        [needs_node(), "--test", "js/"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), done.stdout


FLAGS_OF_CHROMIUM = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
SHOW = """async ([block, identity]) => {
  const bytes = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
  const setStateValue = (name, value) => (window.told ??= []).push([name, value]);
  window.leave = explorer({ data: bytes, parentElement: document.body, setStateValue });
  const root = document.querySelector('[data-testid="explorer"]');
  while (root.dataset.painted !== identity) await new Promise((go) => setTimeout(go, 5));
}"""


@pytest.fixture(scope="module")
def chromium():
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS_OF_CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def blank(chromium):
    """An empty page with the component's code, and no Streamlit; it must see no error."""
    page = chromium.new_page(viewport={"width": 960, "height": 720}, reduced_motion="reduce")
    seen: list[str] = []
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("console", lambda line: seen.append(line.text) if line.type != "log" else None)
    page.set_content(f"<style>{stylesheet()}</style>")
    code = javascript().replace(
        "export default function explorerComponent", "window.explorer = function"
    )
    page.add_script_tag(content=code, type="module")
    page.wait_for_function("() => 'explorer' in window")  # a module script runs when it likes
    yield page
    page.close()
    assert seen == []


def show(page: Page, view: ExplorerView) -> None:
    block = base64.b64encode(pack(view)).decode()
    page.evaluate(SHOW, [block, view.identity])


@pytest.mark.browser
def test_the_numbers_on_screen_are_the_arrays_of_the_step(blank):
    view = make_view()
    show(blank, view)
    root = blank.get_by_test_id("explorer")
    assert root.get_attribute("data-steps") == str(T)
    root.focus()
    for t in range(T):
        blank.wait_for_function(
            "step => document.querySelector('.explorer').dataset.step === step", arg=str(t + 1)
        )
        rows = blank.locator('[data-testid="inspector-top"] [data-token]')
        said = [float(rows.nth(at).get_attribute("data-probability")) for at in range(K)]
        assert said == view.top_probability[t].astype(float).tolist()
        beyond = view.truth_rank[t] > K
        assert rows.count() == K + beyond
        true = blank.locator('[data-testid="inspector-top"] [data-true="true"]')
        assert true.count() == 1
        assert true.get_attribute("data-rank") == str(view.truth_rank[t])
        if beyond:
            assert true.get_attribute("data-token") == view.targets[t]
        norm = float(blank.get_by_test_id("gradient-value").inner_text())
        assert norm == pytest.approx(10 ** view.gradient[1, t], rel=5e-3)
        blank.keyboard.press("ArrowRight")


@pytest.mark.browser
def test_python_hears_of_the_cursor_once_it_rests_and_not_again(blank):
    show(blank, make_view())
    blank.get_by_test_id("explorer").focus()
    for _ in range(4):
        blank.keyboard.press("ArrowRight")
    assert blank.evaluate("window.told") is None
    blank.wait_for_function("window.told?.length")
    blank.keyboard.press("ArrowRight")
    blank.keyboard.press("ArrowLeft")
    blank.wait_for_timeout(500)
    assert blank.evaluate("window.told") == [["cursor", 4]]
    show(blank, make_view(identity="two", cursor=0))
    assert blank.get_by_test_id("explorer").get_attribute("data-step") == "5"
    blank.get_by_label("What the heatmap shows").select_option("reset")
    assert blank.evaluate("window.told.at(-1)") == ["lane", "reset"]


@pytest.mark.browser
def test_user_text_never_becomes_markup_and_the_component_leaves_nothing(blank):
    tokens = ("<b>", "x", "</b>", "<img src=x onerror=alert(1)>", "&amp;", '"', "'")
    show(blank, make_view(inputs=tokens, title="<b>bold</b>", vocabulary=(*tokens, "y", "z")))
    assert blank.locator(".explorer b, .explorer img").count() == 0
    assert blank.locator(".title").inner_text() == "<b>bold</b>"
    blank.evaluate("leave()")
    assert blank.locator(".explorer").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("size", ["one step, one unit", "nothing but NaN", "no gradient"])
def test_odd_numbers_are_drawn_without_an_error(blank, size):
    view = make_view(identity=size)
    if size == "nothing but NaN":
        lost = np.full((T, H), np.nan, np.float32)
        lane = Lane("h", "h", lost, "signed_own")
        view = dataclasses.replace(view, hidden=np.stack([lost, lost]), lanes=(lane,))
    elif size == "no gradient":
        none = np.full((N, T), np.nan)
        flags = np.arange(N * T, dtype=np.uint8).reshape(N, T) % 3 + 1
        view = dataclasses.replace(view, gradient=none, gradient_flags=flags, fit=None)
    else:
        fields = {each.name: getattr(view, each.name) for each in dataclasses.fields(view)}
        cut = {name: fields[name][:1] for name in ("inputs", "targets", "share_own")}
        cut |= {name: fields[name][:1] for name in ARRAYS if fields[name].shape[0] == T}
        cut |= {name: fields[name][:, :1] for name in ARRAYS if fields[name].shape[0] == N}
        cut["hidden"] = fields["hidden"][:, :1, :1]
        lane = Lane("h", "h", cut["hidden"][1])
        cut |= {"lanes": (lane,), "hidden_size": 1, "similarity": None, "fit": None}
        view = ExplorerView(**(fields | cut))
    show(blank, view)
    blank.get_by_test_id("explorer").focus()
    for key in ("End", "ArrowDown", "Home", "Space", "ArrowUp", "Shift+ArrowRight"):
        blank.keyboard.press(key)
    blank.get_by_role("button", name="gradient back").click()
    blank.get_by_label("Colour of the text").select_option("gradient")
    blank.get_by_test_id("gradient").hover()
    blank.get_by_test_id("diagram").hover()
    blank.wait_for_timeout(100)
    if size == "no gradient":
        words = ["0 (exactly)", "underflow", "not finite"]
        assert any(word in blank.get_by_test_id("gradient-value").inner_text() for word in words)
        for word in ("exact zero", "underflow", "non-finite"):
            assert word in blank.locator(".flags").inner_text()
