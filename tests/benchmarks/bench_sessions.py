"""How a class fares: many sessions at once on one server.

    python -m tests.benchmarks.bench_sessions [--sessions 30]

Opens the page so many times (one browser, which shares the machine with the server, so the times
are an upper bound), then lets every session ask for a network of its own at the same moment: LSTM,
64 units, 200 steps, with the comparison. Prints the milliseconds from the click to the painted
picture over the sessions, and the server's memory before and after.
"""

import argparse
import re
import statistics
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.benchmarks.bench_page import PAINTED, healthy, serve
from tests.install_browser import installed

ARM = """(seed) => {
  const explorer = document.querySelector('[data-testid="explorer"]');
  const box = document.querySelector('input[aria-label="Seed"]');
  const button = box.closest('[data-testid="stNumberInput"]')
    .querySelector('[data-testid="stNumberInputStepUp"]');
  const before = explorer.dataset.painted;
  window.taken = new Promise((resolve) => {
    setTimeout(() => {
      const start = performance.now();
      new MutationObserver(() => {
        if (explorer.dataset.painted !== before) resolve(performance.now() - start);
      }).observe(explorer, { attributes: true });
      button.click();
    }, seed - Date.now());
  });
}"""


def megabytes(process_id: int) -> float:
    """Resident memory of a process, on Linux."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found.group(1)) / 1024


def main() -> None:
    """Print one line of a table."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--sessions", type=int, default=30)
    ask.add_argument("--port", type=int, default=8620)
    asked = ask.parse_args()
    server = serve(asked.port)
    while not healthy(asked.port):
        time.sleep(0.1)
    try:
        with sync_playwright() as playwright:
            flags = ["--no-sandbox", "--disable-gpu"]
            chromium = playwright.chromium.launch(executable_path=installed(), args=flags)
            pages = []
            for k in range(asked.sessions):
                page = chromium.new_context(viewport={"width": 1280, "height": 720}).new_page()
                page.goto(f"http://localhost:{asked.port}/?units=64&steps=200&seed={100 * k}")
                page.locator(PAINTED).wait_for(timeout=120_000)
                pages.append(page)
            before, now = megabytes(server.pid), time.time()
            for page in pages:
                page.evaluate(ARM, 1000 * now + 8000)
            taken = sorted(page.evaluate("window.taken") for page in pages)
            after = megabytes(server.pid)
            chromium.close()
    finally:
        server.terminate()
        server.wait(20)
    print("| sessions | median ms | slowest ms | server MB before, after |\n|---|---|---|---|")
    middle = statistics.median(taken)
    print(f"| {len(taken)} | {middle:.0f} | {taken[-1]:.0f} | {before:.0f}, {after:.0f} |")


if __name__ == "__main__":
    main()
