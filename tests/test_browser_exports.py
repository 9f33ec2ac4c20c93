"""The export menu in a real browser: what a click gives, and how the handout prints."""

import base64
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.components import rasteriser
from tests.conftest import foreign, is_wrong
from tests.serving import ROOT, running
from tests.waiting import PATIENCE

pytestmark = pytest.mark.browser

LINK = "http://localhost:8501/?t=5"
SCRIPT = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from app.panels.export import export
from tests.test_app_exports import LINK, NASTY, screen_of

if "screen" not in st.session_state:
    st.session_state["screen"] = screen_of(text=NASTY, steps=60, start=0, lane="cell", cursor=4)

@st.fragment
def menu():
    screen = st.session_state["screen"]
    export(screen.choices, screen.looking, {LINK!r})

menu()
"""
PIXELS = 2
"""of a saved picture for each px"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page with the menu alone."""
    folder = tmp_path_factory.mktemp("menu")
    (folder / "menu.py").write_text(SCRIPT, encoding="utf-8")
    with running(folder / "menu.py", folder / "log") as where:
        yield where


@pytest.fixture
def menu(address, browser):
    """The menu, open; nothing may go wrong in the browser, and no other host be asked."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page, wrong = context.new_page(), []
    page.set_default_timeout(1000 * PATIENCE)
    page.on("console", lambda m: wrong.append(m.text) if is_wrong(m) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: wrong.append(r.url) if foreign(r.url) else None)
    page.goto(address)
    page.get_by_role("button", name="Export").click()
    page.get_by_text("Made when you click").wait_for()
    yield page
    context.close()
    assert wrong == []


def saved(page: Page, label: str) -> bytes:
    """What a click on a button downloads."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label).click()
    return Path(waiting.value.path()).read_bytes()


def test_every_button_gives_its_file(menu):
    with zipfile.ZipFile(io.BytesIO(saved(menu, "Everything (zip)"))) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    assert files["link.txt"].decode().strip() == LINK
    for label, name in {
        "Handout to print (HTML)": "handout.html",
        "Picture (SVG)": "figures/explorer.svg",
        "Steps (CSV)": "data/steps.csv",
        "All arrays (NPZ)": "data/tape.npz",
        "Lane cell (CSV)": "data/cell.csv",
        "Program (Python)": "recompute.py",
    }.items():
        assert saved(menu, label) == files[name], label
    with np.load(io.BytesIO(files["data/tape.npz"]), allow_pickle=False) as kept:
        assert json.loads(str(kept["about.json"]))["spec"]["cell"] == "lstm"


def test_the_picture_in_pixels_is_drawn_by_the_browser_each_time_it_is_asked_for(menu):
    svg = saved(menu, "Picture (SVG)").decode()
    width, height = (float(each) for each in re.findall(r' (?:width|height)="([\d.]+)"', svg)[:2])
    for _ in range(2):
        png = saved(menu, "Picture (PNG)")
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        size = [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)]
        np.testing.assert_allclose(size, [PIXELS * width, PIXELS * height], atol=PIXELS)
        words = f"Saved, {size[0]} × {size[1]} pixels."
        expect(menu.get_by_text(words)).to_be_visible()
    # Drawn, not blank: the heat map alone has hundreds of colours.
    colours = menu.evaluate(
        """async (data) => {
          const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
          const bitmap = await createImageBitmap(new Blob([bytes]));
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
          const context = canvas.getContext("2d");
          context.drawImage(bitmap, 0, 0);
          const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
          return new Set(new Uint32Array(pixels.buffer)).size;
        }""",
        base64.b64encode(png).decode(),
    )
    assert colours > 300


def test_the_handout_prints_on_a4_without_a_network(menu, browser):
    page = saved(menu, "Handout to print (HTML)").decode()
    context = browser.new_context(offline=True, java_script_enabled=False)
    paper, asked = context.new_page(), []
    paper.on("request", lambda request: asked.append(request.url))
    paper.set_content(page)
    expect(paper.get_by_role("heading", level=1)).to_contain_text("An untrained LSTM of 6 units")
    expect(paper.get_by_role("img")).to_have_count(4)
    printed = paper.pdf(prefer_css_page_size=True)
    context.close()
    assert [url for url in asked if not url.startswith("data:")] == []
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
    width, height = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed).groups()
    assert (round(float(width)), round(float(height))) == (595, 842)


def test_nothing_on_paper_sticks_out(menu, browser):
    page = saved(menu, "Handout to print (HTML)").decode()
    paper = browser.new_page(viewport={"width": 703, "height": 1000})
    paper.emulate_media(media="print")
    paper.set_content(page)
    inside = paper.evaluate(
        """() => [...document.querySelectorAll("svg text, svg rect, svg image")].every((each) => {
          const box = each.getBoundingClientRect();
          const around = each.closest("svg").getBoundingClientRect();
          return box.left >= around.left - 1 && box.right <= around.right + 1 &&
            box.top >= around.top - 1 && box.bottom <= around.bottom + 1;
        })"""
    )
    wide = paper.evaluate("() => document.documentElement.scrollWidth")
    paper.close()
    assert inside
    assert wide <= 703


def test_the_rasteriser_runs_no_text_and_asks_nobody():
    for name in rasteriser.MODULES:
        code = (rasteriser.FOLDER / name).read_text(encoding="utf-8")
        for word in ("innerHTML", "eval(", "fetch(", "XMLHttpRequest", "https:", "document.write"):
            assert word not in code
