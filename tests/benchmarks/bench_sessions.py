"""How a class fares: many sessions at once on one server.

    python -m tests.benchmarks.bench_sessions [--sessions 30]

Opens the page so many times (one browser, which shares the machine with the server, so the times
are an upper bound), then lets every session ask for a network of its own at the same moment: LSTM,
64 units, 200 steps, with the comparison. Prints the milliseconds from the click to the painted
picture over the sessions, the CPU time that the server itself took for all of them, and its memory
before and after. On two cores the thirty browsers take most of the time; in class they do not run
on the server.
"""

import argparse
import os
import re
import statistics
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.benchmarks.bench_page import PAINTED, healthy, serve
from tests.install_browser import installed

ARM = """([explorer, moment]) => {
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
    }, moment - Date.now());
  });
}"""


def megabytes(process_id: int) -> float:
    """Resident memory of a process, on Linux."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found.group(1)) / 1024


def cpu_seconds(process_id: int) -> float:
    """User and system time of a process so far, on Linux."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
            spent = cpu_seconds(server.pid)
            before, now = megabytes(server.pid), time.time()
            for page in pages:
                explorer = page.locator(PAINTED).element_handle()
                page.evaluate(ARM, [explorer, 1000 * now + 8000])
            taken = sorted(page.evaluate("window.taken") for page in pages)
            after = megabytes(server.pid)
            spent = cpu_seconds(server.pid) - spent
            chromium.close()
    finally:
        server.terminate()
        server.wait(20)
    print("| sessions | median ms | slowest ms | server CPU s | server MB before, after |")
    print("|---|---|---|---|---|")
    row = (len(taken), statistics.median(taken), taken[-1], spent, f"{before:.0f}, {after:.0f}")
    print("| {} | {:.0f} | {:.0f} | {:.1f} | {} |".format(*row))


if __name__ == "__main__":
    main()
