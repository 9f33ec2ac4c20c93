"""How fast the page answers, in a real browser, as a table.

    python -m tests.benchmarks.bench_page [--runs 20]

Start: seconds from `streamlit run` to the first picture of the explorer in an open browser, a new
server each time (5 runs). Change: milliseconds from a click on the seed's plus button (a new
network each time, so that no cache helps) until the explorer has painted it, for an LSTM of 128
units, with the comparison of three cells computed behind it. Slider: milliseconds from a key on the
spectral radius of the Gradients page until curves, verdicts and predictions of three networks are
painted. Medians and quartiles. Last, the milliseconds between frames while the cursor is dragged
over 500 steps: median and 95th percentile.
"""

import argparse
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.install_browser import installed

ROOT = Path(__file__).resolve().parent.parent.parent
PAINTED = '[data-testid="explorer"][data-painted]'
WATCH = """([button, picture]) => new Promise((resolve) => {
  const before = picture.dataset.painted, start = performance.now();
  const watch = new MutationObserver(() => {
    if (picture.dataset.painted === before) return;
    watch.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - start));
  });
  watch.observe(picture, { attributes: true });
  if (button) button.click();
})"""
DECAY = '[data-testid="decay"][data-painted]'

FRAMES = """() => {
  window.frames_seen = [];
  let last = performance.now();
  const tick = (now) => {
    window.frames_seen.push(now - last);
    last = now;
    if (!window.frames_done) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}"""


def serve(port: int) -> subprocess.Popen:
    """Start the app as the README says."""
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    silent = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, stdout=silent, stderr=silent)


def healthy(port: int) -> bool:
    """Whether the server answers yet."""
    try:
        urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1).close()
    except OSError:
        return False
    return True


def start_seconds(page: Page, port: int) -> float:
    """From the command to the first picture."""
    begun = time.perf_counter()
    server = serve(port)
    try:
        while not healthy(port):
            time.sleep(0.02)
        page.goto(f"http://localhost:{port}/")
        page.locator(PAINTED).wait_for(timeout=60_000)
        return time.perf_counter() - begun
    finally:
        server.terminate()
        server.wait(20)


def change_milliseconds(page: Page, port: int, steps: int, runs: int) -> list[float]:
    """From a click to the painted picture, the server warm."""
    page.goto(f"http://localhost:{port}/?units=128&steps={steps}")
    page.locator(PAINTED).wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    seed = page.get_by_label("Seed", exact=True).locator(
        'xpath=ancestor::*[@data-testid="stNumberInput"]'
    )
    button = seed.get_by_test_id("stNumberInputStepUp").element_handle()
    explorer = page.locator(PAINTED).element_handle()
    taken = []
    for _ in range(runs + 2):
        taken.append(page.evaluate(WATCH, [button, explorer]))
        page.wait_for_timeout(1500)
    return taken[2:]


def visit_seconds(chromium: Browser, port: int) -> float:
    """From opening the page to its first picture, for a visitor whose browser knows nothing."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(f"http://localhost:{port}/")
    page.locator(PAINTED).wait_for(timeout=60_000)
    taken = time.perf_counter() - begun
    context.close()
    return taken


def slider_milliseconds(page: Page, port: int, runs: int) -> list[float]:
    """From a key on the slider of the spectral radius to the painted curves, T = 200, H = 64."""
    query = "compare=radius&weights=untrained&cell=rnn_tanh&units=64&steps=200"
    page.goto(f"http://localhost:{port}/gradients?{query}")
    page.locator(DECAY).wait_for(timeout=60_000)
    page.wait_for_timeout(3000)
    thumb = page.get_by_role("slider", name="Spectral radius")
    picture = page.locator(DECAY).element_handle()
    taken = []
    for _ in range(runs + 2):
        page.evaluate(f"(at) => {{ window.waited = ({WATCH})(at); }}", [None, picture])
        thumb.press("ArrowRight")
        taken.append(page.evaluate("() => window.waited"))
        page.wait_for_timeout(600)
    return taken[2:]


def frame_milliseconds(page: Page) -> list[float]:
    """Between frames, while the cursor is dragged through the heatmap and back."""
    box = page.get_by_test_id("heatmap").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.95 * box["width"], middle)
    page.mouse.down()
    page.evaluate(FRAMES)
    for k in range(300):
        share = 0.15 + 0.8 * abs(1 - k / 150)
        page.mouse.move(box["x"] + share * box["width"], middle)
    page.mouse.up()
    return page.evaluate("() => { window.frames_done = true; return window.frames_seen; }")[2:]


def row(name: str, taken: list[float], unit: str) -> str:
    """One line of the table."""
    low, _, high = statistics.quantiles(taken, n=4)
    middle = statistics.median(taken)
    return f"| {name} | {middle:.3g} {unit} | {low:.3g}–{high:.3g} {unit} | {len(taken)} |"


def main() -> None:
    """Print the table as Markdown."""
    plain_help = argparse.RawTextHelpFormatter
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=plain_help)
    ask.add_argument("--runs", type=int, default=20)
    ask.add_argument("--port", type=int, default=8599)
    asked = ask.parse_args()
    print("| what | median | quartiles | runs |\n|---|---|---|---|")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        chromium = playwright.chromium.launch(executable_path=installed(), args=flags)
        page = chromium.new_page(viewport={"width": 1280, "height": 720})
        starts = [start_seconds(page, asked.port + k) for k in range(5)]
        print(row("`streamlit run` to first picture", starts, "s"), flush=True)
        server = serve(asked.port + 9)
        while not healthy(asked.port + 9):
            time.sleep(0.1)
        visits = [visit_seconds(chromium, asked.port + 9) for _ in range(6)][1:]
        print(row("first picture for a further visitor", visits, "s"), flush=True)
        taken = slider_milliseconds(page, asked.port + 9, asked.runs)
        print(row("slider of the spectral radius, T = 200, H = 64", taken, "ms"), flush=True)
        for steps in (200, 500):
            taken = change_milliseconds(page, asked.port + 9, steps, asked.runs)
            print(row(f"new network painted, T = {steps}, H = 128", taken, "ms"), flush=True)
        frames = sorted(frame_milliseconds(page))
        late = frames[int(0.95 * len(frames))]
        name = "between frames while dragging, T = 500, H = 128"
        print(f"| {name} | {statistics.median(frames):.1f} ms | 95 % within {late:.1f} ms | 1 |")
        server.terminate()
        chromium.close()


if __name__ == "__main__":
    main()
