"""Exports without a browser: tables, arrays, pictures, handout, program and the bundle of all."""

import ast
import csv
import io
import json
import math
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest
from torch import Tensor

from app import digits
from app.components.shared.signs import visible
from app.compute import texts, trained
from app.compute.networks import Network
from app.exports.bundle import bundle
from app.exports.colours import TABLES, painted
from app.exports.gradient_line import gradient_line
from app.exports.handout import handout
from app.exports.lanes_csv import STATUS, cell, lane_csv, plain, steps_csv
from app.exports.picture import picture_svg
from app.exports.png import lane_png, png
from app.exports.program import compare
from app.exports.screen import Contents, Screen, contents
from app.exports.snippet import snippet
from app.exports.svg import safe
from app.exports.tape_npz import tape_npz
from app.exports.token_strip import token_strip
from app.panels import export as panel
from app.sidebar.source import Source, read_by
from app.state import Looking
from app.views.explorer import Choices
from core.analysis import Status
from core.models import ModelSpec
from core.models.checkpoints import Checkpoint
from core.text import Stretch, check_text
from tests.oracles import gradient, run_oracle

ROOT = Path(__file__).resolve().parent.parent
CELLS = ("rnn_tanh", "rnn_relu", "gru", "lstm")
LINK = "http://localhost:8501/?text=paste&cell=lstm&t=4"
NASTY = (
    "=1+1 @x -2 +3 'a' \"b\" \"\"\" ''' \\n <b>&amp;</b> </svg> </script>\r\n\t=a,b;c\n"
    "\u202eabc\u2066 \u05e9\u05dc\u05d5\u05dd 秘密 e\u0301 👩\u200d👩\u200d👧 {x} %s \x0b\x1b ]]> "
) * 3
SVG = "{http://www.w3.org/2000/svg}"


def screen_of(
    cell="lstm", text="lighthouse", scheme="graphemes", network=None, lane="h", cursor=3,
    layer="rnn.l0", at="last", start=5, steps=23, strip="surprise", unit=0, **more,
) -> Screen:  # fmt: skip
    decoded = check_text(text) if len(text) > 20 else texts.shipped(text)
    tokens = texts.tokens_of(decoded.digest, scheme, decoded.text)
    stretch = Stretch.of(tokens.tokens, start, steps)
    source = Source(decoded, "Your text", len(text) > 20, scheme, tokens, stretch)
    if network is None:
        options = {"hidden_size": 6, "seed": 3} | more
        spec = ModelSpec(cell=cell, vocabulary_size=len(tokens.vocabulary), **options)
        network = Network(spec)
    choices = Choices(read_by(network, source), network, at)
    return Screen(choices, Looking(cursor, layer, lane, "similarity", strip, "forward", unit), LINK)


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def assert_column(rows: list[dict[str, str]], name: str, values: np.ndarray) -> None:
    """Every number comes back as the same float64, an empty cell where there is none."""
    assert len(rows) == len(values)
    for row, value in zip(rows, values.tolist(), strict=True):
        assert (row[name] == "") if math.isnan(value) else (float(row[name]) == value), name


@given(st.text())
@example("=1")
@example("'=1")
@example("\r\n")
def test_no_text_in_a_table_is_a_formula_and_each_comes_back(text):
    written = cell(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain(written) == text


UNSEEN = st.text(
    st.characters(categories=["Z", "Cc", "Cf"]) | st.sampled_from("\u034f\u115f\u3164\ufe0f")
)


@given(UNSEEN, st.sampled_from("=+-@＝＋－＠﹦﹢﹣﹫−"), st.text())
@example("\u3000", "=", "1+1")
@example("\ufeff", "＝", "1+1")
@example("\u200b \xa0", "@", "SUM(A1)")
def test_nor_is_what_a_spreadsheet_trims_or_takes_for_one(before, sign, after):
    for text in (before + sign + after, sign + after):
        assert cell(text) == f"'{text}"
        assert plain(cell(text)) == text


def test_steps_hold_tokens_and_numbers_as_they_are():
    of = contents(screen_of(text=NASTY, num_layers=2, bidirectional=True, steps=140, start=0))
    rows = rows_of(steps_csv(of))
    stretch = of.screen.choices.source.stretch
    assert tuple(plain(row["token"]) for row in rows) == stretch.inputs
    assert tuple(plain(row["next_token"]) for row in rows) == stretch.targets
    assert "\r\n" in stretch.inputs or "\n" in stretch.inputs
    assert [row["step"] for row in rows] == [str(t + 1) for t in range(len(stretch))]
    assert_column(rows, "surprise_nats", of.reading.surprise)
    assert_column(rows, "next_probability", of.reading.truth_probability)
    assert_column(rows, "next_rank", of.reading.truth_rank)
    assert [layer.name for layer in of.reading.layers] == [
        "rnn.l0", "rnn.l0_reverse", "rnn.l1", "rnn.l1_reverse"
    ]  # fmt: skip
    for layer in of.reading.layers:
        assert_column(rows, f"{layer.name}.log10_grad_hidden_norm", layer.gradient)
        assert_column(rows, f"{layer.name}.share_own", layer.share_own)
        said = [row[f"{layer.name}.grad_hidden_status"] for row in rows]
        assert said == [STATUS[Status(code)] for code in layer.status.tolist()]
    assert "exact zero" in {row["rnn.l1_reverse.grad_hidden_status"] for row in rows}
    for reference in of.view.references:
        assert_column(rows, f"{reference.key}_surprise_nats", reference.surprise)


@pytest.mark.parametrize("kind", CELLS)
def test_every_lane_is_the_networks_own_float64(kind):
    of = contents(screen_of(kind))
    choices = of.screen.choices
    model = choices.network.model()
    indices = torch.tensor(of.arrays["inputs"])
    with torch.no_grad():
        hidden, _ = model.rnn(model.embed(indices[:, None]))
    for lane in of.view.lanes:
        rows = rows_of(lane_csv(of, lane.key))
        named = {"h": hidden[:, 0].numpy(), "c": of.layer.cell_state}
        values = named.get(lane.key)
        if values is None:
            values = (of.layer.gates | of.layer.terms)[lane.key]
        assert values.dtype == np.float64
        assert len(rows[0]) == 2 + 6
        for unit in range(6):
            name = f"rnn.l0.{lane.key}[{unit + 1}]"
            found = np.array([float(row[name]) for row in rows])
            np.testing.assert_allclose(found, values[:, unit], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("at", ["mean", 6])
@pytest.mark.parametrize("kind", CELLS)
def test_the_arrays_load_without_pickles_and_agree_with_autograd(kind, at):
    of = contents(screen_of(kind, steps=11, at=at))
    with np.load(io.BytesIO(tape_npz(of)), allow_pickle=False) as kept:
        loaded = dict(kept.items())
    about = json.loads(str(loaded.pop("about.json")))
    assert ModelSpec.from_dict(about["spec"]) == of.screen.choices.spec
    assert tuple(about["tokens"]) == of.tokens
    assert (about["loss_at"], about["steps_count_from"]) == (at, 0)
    loss = {row["loss"] for row in rows_of(steps_csv(of))}
    assert loss == {"mean" if at == "mean" else f"step {at + 1}"}
    assert loaded.keys() == of.arrays.keys()
    for name, array in loaded.items():
        assert array.dtype == np.float64 or array.dtype.kind in "iu", name
        np.testing.assert_array_equal(array, of.arrays[name])
    gates = {"lstm": {"input", "forget", "cell", "output"}, "gru": {"reset", "update", "new"}}
    found = {name.rpartition(".")[2] for name in loaded if ".gates." in name}
    assert found == gates.get(kind, set())
    model = of.screen.choices.network.model()
    x = model.embed(torch.tensor(loaded["inputs"])[:, None]).detach()
    none = torch.zeros(1, 1, 6, dtype=torch.float64)
    oracle, output, _, _ = run_oracle(model.rnn, x, [11], none, none)
    steps = slice(None) if at == "mean" else slice(at, at + 1)
    loss = F.cross_entropy(model.head(output[steps, 0]), torch.tensor(loaded["targets"])[steps])
    loss.backward()
    assert loaded["loss"].item() == pytest.approx(loss.item(), rel=1e-12)
    for name in ("hidden", "cell_state") if kind == "lstm" else ("hidden",):
        for prefix, of_tensor in (("", Tensor.detach), ("grad_", gradient)):
            told = [of_tensor(getattr(step, name)) for step in oracle.records["l0"][0]]
            torch.testing.assert_close(
                torch.from_numpy(loaded[f"rnn.l0.{prefix}{name}"]), torch.stack(told)
            )
    norms = np.linalg.norm(loaded["rnn.l0.grad_hidden"], axis=1)
    log10 = [math.log10(norm) if norm else math.nan for norm in norms]
    np.testing.assert_allclose(log10, loaded["rnn.l0.log10_grad_hidden_norm"], rtol=1e-9)


def own_network() -> Network:
    """A network as somebody brings it: not of the box, at a moment of its training."""
    boxed = trained.shipped("gru-story")
    own = Checkpoint(
        spec=boxed.spec, weights=boxed.weights, vocabulary=boxed.vocabulary, scheme=boxed.scheme,
        snapshots=boxed.snapshots[:3], title='trained on """',
    )  # fmt: skip
    return Network(own.spec, own, own.snapshots[2].step, own.title)


def run(folder: Path) -> list[str]:
    """What the program prints in a process of its own, with the library alone."""
    blocked = "import sys; sys.modules['streamlit'] = sys.modules['plotly'] = None\n"
    (folder / "sitecustomize.py").write_text(blocked)
    path = os.pathsep.join([str(folder), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-W", "error", "recompute.py"], cwd=folder, capture_output=True,
        text=True, check=False, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def assert_printed(lines: list[str], of: Contents) -> None:
    """The program's numbers are the screen's, every one of them."""
    words = lines[0].split("\t")
    verdict = of.layer.verdict
    assert (words[1], words[3]) == (verdict.word, verdict.reason)
    assert float(words[2]) == pytest.approx(verdict.factor, rel=1e-9)
    assert float(lines[1].split("\t")[1]) == pytest.approx(of.reading.loss, rel=1e-12)
    head, steps = lines[2].split("\t"), len(of.tokens) - 1
    rows = [line.split("\t") for line in lines[3 : 3 + steps]]
    assert len(head) >= 8
    for t, row in enumerate(rows):
        assert (int(row[0]), ast.literal_eval(row[1])) == (t + 1, of.tokens[t])
        assert ast.literal_eval(row[2]) == of.tokens[t + 1]
    for column, name in enumerate(head[3:], 3):
        printed = [float(row[column]) for row in rows]
        np.testing.assert_allclose(printed, of.arrays[name], rtol=1e-9)
    for name in ("surprise", "truth_probability", "truth_rank"):
        assert name in head


@pytest.mark.parametrize("whose", ["drawn", "own", "alone"])
def test_the_program_in_the_bundle_recomputes_the_screen(whose, tmp_path):
    if whose == "drawn":
        screen = screen_of("gru", NASTY, num_layers=2, bidirectional=True, spectral_radius=1.2)
    elif whose == "alone":
        screen = screen_of(text=NASTY, at=7)
    else:
        screen = screen_of(text="story", network=own_network(), steps=31, at="mean")
    of = contents(screen)
    with zipfile.ZipFile(io.BytesIO(bundle(of))) as packed:
        packed.extractall(tmp_path)
    assert (tmp_path / "network.safetensors").exists() == (whose == "own")
    loss = {"drawn": "at the last step", "own": "mean over all steps", "alone": "at step 8 alone"}
    assert loss[whose] in (tmp_path / "README.txt").read_text(encoding="utf-8")
    lines = run(tmp_path)
    assert_printed(lines, of)
    # What somebody's own file learnt from is not known: no n-grams stand beside it.
    shown = 0 if whose == "own" else 3
    assert sum(name.startswith("reference.") for name in lines[2].split("\t")) == shown
    assert lines[-1] == f"{len(of.arrays)} arrays agree with tape.npz to a relative 1e-9"


def test_the_program_alone_finds_a_network_of_the_box(tmp_path):
    boxed = trained.shipped("lstm-story")
    step = boxed.snapshots[4].step
    of = contents(screen_of(text="story", network=Network(boxed.spec, boxed, step, "Skerrow")))
    (tmp_path / "recompute.py").write_text(snippet(of), encoding="utf-8")
    lines = run(tmp_path)
    assert_printed(lines, of)
    assert sum(name.startswith("reference.") for name in lines[2].split("\t")) == 3


def test_the_program_needs_the_library_alone():
    for screen in (screen_of(text=NASTY), screen_of(text="story", network=own_network())):
        tree = ast.parse(snippet(contents(screen)))
        names = {
            name.split(".")[0]
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names] if isinstance(node, ast.Import)
                else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            )
        }  # fmt: skip
        assert names == {"core", "numpy", "pathlib", "torch"}


def test_the_program_stops_where_a_number_is_another_one(tmp_path):
    of = contents(screen_of())
    path = tmp_path / "tape.npz"
    path.write_bytes(tape_npz(of))
    compare(of.arrays, path)
    changed = of.arrays | {"surprise": of.arrays["surprise"] * (1 + 1e-6)}
    with pytest.raises(SystemExit, match=r"surprise is not what tape\.npz holds"):
        compare(changed, path)


def decoded(data: bytes) -> np.ndarray:
    """An RGB image without filters, read back by the letter of the standard."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, found = 8, {}
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(
            kind + body
        )
        found[kind] = body
        at += 12 + size
    width, height = struct.unpack(">II", found[b"IHDR"][:8])
    lines = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3)


def test_an_image_is_its_lane_pixel_by_pixel():
    of = contents(screen_of("lstm", lane="forget"))
    pixels = decoded(lane_png(of, "forget"))
    assert pixels.shape == (6, 23, 3)
    values = of.layer.gates["forget"].T[of.rows]
    assert sorted(of.rows.tolist()) == list(range(6))
    nearest = np.floor(values * 255 + 0.5).astype(int)
    np.testing.assert_array_equal(pixels, TABLES["gates"][nearest])
    random = np.random.default_rng(1).integers(0, 256, (5, 4, 3)).astype(np.uint8)
    np.testing.assert_array_equal(decoded(png(random)), random)


def test_the_scales_are_the_explorers():
    words = (ROOT / "app/components/shared/colours.js").read_text(encoding="utf-8")
    source = (ROOT / "app/exports/colours.py").read_text(encoding="utf-8").split("GROUND, TEXT")[0]
    own = re.findall(r"#[0-9a-f]{6}", source)
    assert len(own) >= 16
    assert [colour for colour in own if colour not in words] == []
    ends = painted(np.array([-1.0, 0.0, 1.0, np.nan, -np.inf, np.inf]), -1.0, 1.0, "states")
    assert ends[0].tolist() == [0x08, 0x4A, 0x82]
    assert ends[2].tolist() == [0xA8, 0x43, 0x00]
    assert ends[1].min() > 250
    assert ends[3].tolist() == [0x8D, 0x8D, 0x8D]
    np.testing.assert_array_equal(ends[4:], ends[[0, 2]])


def test_the_line_is_the_gradient():
    of = contents(screen_of("gru", steps=40))
    inside = ElementTree.fromstring(f'<svg xmlns="{SVG[1:-1]}">{gradient_line(of).markup}</svg>')
    path = inside.findall(f"{SVG}path")[-1].attrib["d"]
    y = np.array([float(each) for each in re.findall(r"[ML][\d.]+ ([\d.]+)", path)])
    low, high = math.floor(of.layer.gradient.min()), math.ceil(of.layer.gradient.max())
    found = low + (190 - y) / 180 * max(high - low, 1)
    np.testing.assert_allclose(found, of.layer.gradient, atol=0.006 * (high - low) / 180 + 1e-9)


@pytest.mark.parametrize(
    "strip",
    ["surprise", "gradient", "unit", "mean:update", "reach", "reference:bigram", "difference"],
)
def test_the_text_has_the_colours_of_its_numbers(strip):
    of = contents(screen_of("gru", steps=30, strip=strip, unit=2))
    blind = math.log(of.screen.choices.spec.vocabulary_size)
    bigram, trigram = (each.surprise for each in of.view.references[1:])
    network = of.reading.surprise
    low, high = math.floor(of.layer.gradient.min()), math.ceil(of.layer.gradient.max())
    values, ends, table = {
        "surprise": (network[:-1], (0, 2 * blind), "surprise"),
        "reach": (network[:-1], (0, 2 * blind), "surprise"),
        "unit": (of.layer.hidden[:, 2], (-1, 1), "states"),
        "mean:update": (of.layer.gates["update"].mean(1), (0, 1), "gates"),
        "reference:bigram": (bigram[:-1], (0, 2 * blind), "surprise"),
        "difference": ((network - trigram)[:-1], (-blind, blind), "states"),
        "gradient": (of.layer.gradient, (low, high), "magnitude"),
    }[strip]
    root = ElementTree.fromstring(f'<svg xmlns="{SVG[1:-1]}">{token_strip(of).markup}</svg>')
    boxes = root.find(f"{SVG}g").findall(f"{SVG}rect")
    assert len(boxes) == 30
    share = np.clip((values - ends[0]) / (ends[1] - ends[0]), 0, 1)
    expected = TABLES[table][np.floor(255 * share + 0.5).astype(int)]
    drawn = [box.attrib["fill"] for box in boxes][-len(expected) :]
    assert drawn == [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in expected.tolist()]
    if len(expected) < 30:
        assert boxes[0].attrib["fill"] == "#ffffff"


@pytest.mark.parametrize(
    "screen",
    [
        screen_of(text=NASTY, steps=300, start=0),
        screen_of("gru", NASTY, "words", num_layers=3, bidirectional=True, layer="rnn.l1_reverse"),
        screen_of("rnn_relu", steps=1, cursor=0, hidden_size=1),
        screen_of("rnn_relu", steps=400, start=0, spectral_radius=10.0, cursor=399, at="mean"),
        screen_of("rnn_tanh", spectral_radius=0.0, lane="from_state"),
        screen_of(at=4),
    ],
    ids=["nasty", "deep", "one step", "overflow", "no memory", "one loss alone"],
)
def test_pictures_and_handout_stand_whatever_is_read(screen):
    of = contents(screen)
    root = ElementTree.fromstring(picture_svg(of))
    assert not {each.tag for each in root.iter()} & {f"{SVG}script", f"{SVG}foreignObject"}
    addresses = [v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")]
    assert addresses
    assert all(each.startswith("data:image/png;base64,") for each in addresses)
    shown = "".join(root.itertext())
    assert of.layer.verdict.reason.split()[-1] in shown
    page = Page()
    page.feed(handout(of))
    assert page.open == []
    for name in ("surprise_nats", "step"):
        assert name in rows_of(steps_csv(of))[0]
    assert of.layer.verdict.reason in " ".join(page.words)


class Page(HTMLParser):
    """A page's words; refuses all that a page offline must not have."""

    EMPTY = ("meta", "br", "!doctype")

    def __init__(self):
        super().__init__()
        self.words, self.open, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "link", "iframe", "object", "embed", "img", "base", "form")
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name in ("src", "href") and tag == "a":
                self.links.append(value)
            elif name in ("src", "href", "xlink:href"):
                assert value.startswith("data:image/png"), value
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        assert self.open[-1:] != ["style"] or not re.search(r"url\(|@import|<", data)
        self.words.append(data)


def test_the_handout_holds_the_numbers_at_the_cursor():
    of = contents(screen_of(text=NASTY, cursor=6, steps=40, hidden_size=9, unit=7))
    page = Page()
    page.feed(handout(of))
    words = "\n".join(page.words)
    t = of.view.cursor
    assert "The numbers at step 7" in words
    assert f"{of.reading.surprise[t - 1]:.4f} nats" in words
    assert f"{of.reading.top_probability[t, 0]:.4f}" in words
    assert f"{of.reading.loss:.4f} nats" in words
    largest = int(np.abs(of.layer.hidden[t]).argmax())
    for lane in of.view.lanes:
        for unit in (largest, 7):
            assert digits.number(float(lane.values[t, unit])) in words
    assert page.links == [LINK]
    assert "Loss L at the last step" in words
    assert "does not hold the text" in words
    for word in ("torch", "numpy", "unrolled", "How to read it"):
        assert word in words


def test_a_link_that_is_no_address_is_not_one_on_paper():
    screen = screen_of()
    of = contents(Screen(screen.choices, screen.looking, "javascript:alert(1)"))
    assert "javascript:" not in handout(of)


def test_the_bundle_is_the_same_bytes_for_the_same_screen():
    screen = screen_of(text=NASTY, lane="cell", steps=40)
    data = bundle(contents(screen))
    assert data == bundle(contents(screen))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        names = set(packed.namelist())
        files = {name: packed.read(name) for name in names}
    lanes = ("h", "c", "input", "forget", "cell", "output")
    assert names == {
        "README.txt", "handout.html", "figures/explorer.svg", "data/steps.csv", "data/tokens.json",
        "data/tape.npz", "recompute.py", "text.txt", "link.txt", "versions.json",
        *(f"data/{lane}.csv" for lane in lanes), *(f"figures/{lane}.png" for lane in lanes),
    }  # fmt: skip
    assert files["text.txt"].decode() == screen.choices.source.text.text
    assert files["link.txt"].decode().strip() == LINK
    tokens = json.loads(files["data/tokens.json"])
    assert tuple(tokens["tokens"]) == contents(screen).tokens
    assert torch.__version__ in json.loads(files["versions.json"])["torch"]


@given(st.text())
def test_any_text_is_well_formed_markup(text):
    written = safe(text)
    shown = visible(text) if text.strip(" ") else text
    assert (ElementTree.fromstring(f"<a>{written}</a>").text or "") in (shown, text)


@pytest.mark.parametrize(
    ("number", "written"),
    [(0.0, "0"), (-0.25, "−0.2500"), (1e-5, "1.00e-05"), (-12345.0, "−1.23e+04"),
     (math.inf, "+∞"), (-math.inf, "−∞"), (math.nan, "NaN"), (9.9999e-6, "1.00e-05")],
)  # fmt: skip
def test_numbers_read_as_on_screen(number, written):
    assert digits.number(number) == written


def test_extreme_numbers_are_not_rounded_to_false_ones():
    assert digits.probability(1e-9) == "<0.0001"
    assert digits.probability(1 - 1e-9) == ">0.9999"
    assert digits.probability(1.0) == "1.0000"
    assert digits.gradient_norm(-400.5, int(Status.FINITE)) == "3.16e-401"
    assert digits.gradient_norm(math.nan, int(Status.EXACT_ZERO)) == "0 (exactly)"
    assert "underflow" in digits.gradient_norm(math.nan, int(Status.UNDERFLOW))
    assert digits.brief(-1.0) == "−1"
    assert digits.ten_to(-12) == "10⁻¹²"


def _menu() -> None:
    import streamlit as st  # noqa: PLC0415 - this function is the script of a page

    from app.panels.export import export  # noqa: PLC0415

    screen = st.session_state["screen"]
    export(screen.choices, screen.looking, screen.link)


def test_nothing_is_computed_before_a_click(monkeypatch):
    def refuse(_):
        raise AssertionError("computed without a click")

    monkeypatch.setattr(panel, "contents", refuse)
    app = AppTest.from_function(_menu, default_timeout=30)
    app.session_state["screen"] = screen_of(text=NASTY, lane="forget")
    app.run()
    assert not app.exception
    labels = {button.label for button in app.get("download_button")}
    assert labels == {
        "Everything (zip)", "Handout to print (HTML)", "Picture (SVG)", "Steps (CSV)",
        "All arrays (NPZ)", "Lane forget (CSV)", "Program (Python)",
    }  # fmt: skip
    assert any("not into the link" in caption.value for caption in app.caption)
