"""How the browser tests wait: for a condition that lasts, never for a number of milliseconds.

A fixed time is too short on a busy machine and wasted on a quick one, and words that come and go
may be gone before a test looks. What a timer of the page does is tested with the page's clock
(`page.clock.install()`, then `page.clock.run_for`), which the test moves by itself.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the tests without a browser do not wait for its driver
    from playwright.sync_api import Locator, Page

PATIENCE = 240.0
"""Seconds until a condition counts as failed: far more than a loaded machine needs."""

FAR = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
"""Where a clock is stopped: later than any machine's."""

# Two frames: handlers of events that were dispatched have run, and what they asked for is drawn.
_FRAMES = """() => new Promise((go) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(go, 0))))"""

# Whether Streamlit's script has run, all components are painted, and nothing moves or is stale.
# The layout must be that of the last look: charts and sidebars size themselves after the script.
_SETTLED = """() => {
  const app = document.querySelector('[data-testid="stApp"]')?.dataset;
  if (app?.testScriptState !== "notRunning") return false;
  if (app.testConnectionState !== "CONNECTED") return false;
  if (document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]')) return false;
  const roots = [document];
  for (const root of roots) {
    for (const node of root.querySelectorAll("*")) if (node.shadowRoot) roots.push(node.shadowRoot);
  }
  const all = (selector) => roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  const seen = ({ clientWidth }) => clientWidth > 0;
  const late = ({ dataset }) => dataset.painted !== dataset.identity;
  if (all("[data-identity]").filter(seen).some(late)) return false;
  const charts = all('[data-testid="stPlotlyChart"]').filter(seen);
  if (!charts.every((chart) => chart.querySelector(".main-svg"))) return false;
  const moving = (each) => each.playState === "running" &&
    Number.isFinite(each.effect?.getComputedTiming().endTime);
  if (roots.some((root) => root.getAnimations().some(moving))) return false;
  const places = all("[data-testid], .js-plotly-plot").map((node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    return [left, top, width, height].map(Math.round).join();
  }).join(" ");
  const before = window.placesBefore;
  window.placesBefore = places;
  return places === before;
}"""


def settled(page: Page) -> None:
    """Wait until the app has answered everything and nothing on the page moves.

    What a click or a key has not begun yet is not waited for: wait for its first sign before.
    """
    page.evaluate("window.placesBefore = null")
    page.wait_for_function(_SETTLED, polling=50, timeout=1000 * PATIENCE)


def drawn(page: Page) -> None:
    """Wait until what the events so far have asked for is drawn."""
    page.evaluate(_FRAMES)


def until(read: Callable[[], Any], wanted: Any) -> Any:
    """Read until it is as wanted.

    Args:
        read: What is looked at.
        wanted: The value, or whether a value is the one.

    Returns:
        What was read last.
    """
    end = time.monotonic() + PATIENCE
    while True:
        found = read()
        if wanted(found) if callable(wanted) else found == wanted:
            return found
        assert time.monotonic() < end, f"{found!r} is not what was waited for, {wanted!r}"
        time.sleep(0.02)


def stop_clock(page: Page) -> None:
    """From here on time passes only by `page.clock.run_for`, until `page.clock.resume`."""
    page.clock.install()
    page.clock.pause_at(FAR)


def scrolls(box: Locator) -> bool:
    """Whether a box holds more than twice what it shows, whatever the fonts are."""
    return box.evaluate("(box) => box.scrollHeight > 2 * box.clientHeight")
