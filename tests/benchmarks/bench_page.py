"""How fast the page answers, in a real browser, as a table.

    python -m tests.benchmarks.bench_page [--runs 20]

Start: seconds from `streamlit run` until the explorer is painted in an open browser, a new server
each time. Visit: from opening the page until then, in a browser that knows nothing, with a server
that others have used. Change: milliseconds from a key in the field of the seed (a new network each
time) or of the first token (another text) until the explorer has painted it, for an
LSTM of 128 units, with the comparison of three cells computed behind it; no cache helps. Slider:
from a key on the spectral radius of the Gradients page until curves, verdicts and predictions of
three networks are painted. Medians and quartiles. Last, the milliseconds between frames while the
cursor is dragged over 500 steps of an explorer and of three networks in lanes below it, all in
sight: median and 95th percentile.

The browser tells by its own clock when it has painted: asking it from outside would add up to half
a second of waiting between two questions.
"""

import argparse
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, ElementHandle, Locator, Page, sync_playwright

from tests.install_browser import installed

ROOT = Path(__file__).resolve().parent.parent.parent
PAINTED = '[data-testid="explorer"][data-painted]'
WATCH = """(picture) => new Promise((resolve) => {
  const before = picture.dataset.painted, start = performance.now();
  const watch = new MutationObserver(() => {
    if (picture.dataset.painted === before) return;
    watch.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - start));
  });
  watch.observe(picture, { attributes: true });
})"""
# Remembers when the explorer has painted first, in ms of the machine's clock.
NOTE = """new PerformanceObserver((list) => {
  for (const { name, startTime } of list.getEntries()) {
    if (name === "explorer:painted") window.painted_at ??= performance.timeOrigin + startTime;
  }
}).observe({ type: "mark", buffered: true });"""
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


def open_page(chromium: Browser, height: int = 720) -> Page:
    """A page of a new browser profile; opening its window costs as much as a visit, so wait."""
    page = chromium.new_context(viewport={"width": 1280, "height": height}).new_page()
    page.add_init_script(NOTE)
    page.wait_for_timeout(1500)
    return page


def seconds_to_picture(page: Page, address: str, begun: float) -> float:
    """From `begun` (seconds of the machine's clock) to the first picture."""
    page.goto(address)
    page.wait_for_function("() => window.painted_at", timeout=60_000, polling=50)
    return page.evaluate("() => window.painted_at") / 1000 - begun


def start_seconds(chromium: Browser, port: int) -> float:
    """From the command to the first picture."""
    page = open_page(chromium)
    begun = time.time()
    server = serve(port)
    try:
        while not healthy(port):
            time.sleep(0.02)
        return seconds_to_picture(page, f"http://localhost:{port}/", begun)
    finally:
        server.terminate()
        server.wait(20)
        page.context.close()


def visit_seconds(chromium: Browser, port: int) -> float:
    """From opening the page to its first picture, for a visitor whose browser knows nothing."""
    page = open_page(chromium)
    taken = seconds_to_picture(page, f"http://localhost:{port}/", time.time())
    page.wait_for_timeout(1000)
    page.context.close()
    return taken


def change_milliseconds(page: Page, port: int, what: str, steps: int, runs: int) -> list[float]:
    """From a key in a number's field to the painted picture, the server warm."""
    page.goto(f"http://localhost:{port}/?weights=untrained&cell=lstm&units=128&steps={steps}")
    page.locator(PAINTED).wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    number = page.get_by_label(what, exact=True)
    explorer = page.locator(PAINTED).element_handle()
    taken = []
    for _ in range(runs + 2):
        taken.append(after_key(page, number, "ArrowUp", explorer))
        page.wait_for_timeout(1500)
    return taken[2:]


def after_key(page: Page, control: Locator, key: str, picture: ElementHandle) -> float:
    """Milliseconds from pressing a key until a picture is painted."""
    page.evaluate(f"(at) => {{ window.waited = ({WATCH})(at); }}", picture)
    control.press(key)
    return page.evaluate("() => window.waited")


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
        taken.append(after_key(page, thumb, "ArrowRight", picture))
        page.wait_for_timeout(600)
    return taken[2:]


def frame_milliseconds(page: Page, port: int) -> list[float]:
    """Between frames, while the cursor is dragged through the heatmap and back."""
    page.goto(f"http://localhost:{port}/?weights=untrained&cell=lstm&units=128&steps=500")
    page.locator(PAINTED).wait_for(timeout=60_000)
    page.locator('[data-testid="lanes"][data-painted]').wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
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
        starts = [start_seconds(chromium, asked.port + k) for k in range(7)]
        print(row("`streamlit run` to first picture", starts, "s"), flush=True)
        server, port = serve(asked.port + 9), asked.port + 9
        while not healthy(port):
            time.sleep(0.1)
        visits = [visit_seconds(chromium, port) for _ in range(asked.runs + 1)][1:]
        print(row("first picture for a further visitor", visits, "s"), flush=True)
        page = open_page(chromium)
        for steps in (200, 500):
            for what, name in (("Seed", "new network"), ("From token", "other text")):
                taken = change_milliseconds(page, port, what, steps, asked.runs)
                print(row(f"{name} painted, T = {steps}, H = 128", taken, "ms"), flush=True)
        taken = slider_milliseconds(page, port, asked.runs)
        print(row("slider of the spectral radius, T = 200, H = 64", taken, "ms"), flush=True)
        frames = sorted(frame_milliseconds(open_page(chromium, 1600), port))
        late = frames[int(0.95 * len(frames))]
        name = "between frames while dragging, T = 500, H = 128, three networks"
        print(f"| {name} | {statistics.median(frames):.1f} ms | 95 % within {late:.1f} ms | 1 |")
        server.terminate()
        chromium.close()


if __name__ == "__main__":
    main()
