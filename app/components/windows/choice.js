// Which window is chosen, how keys move it, and the sentence that says what it does.
import { clamp } from "../shared/format.js";
import { grouped } from "../shared/words.js";
import { box, carries, oneEach, tokensOf } from "./layout.js";

/** A choice as one value, "2 0", so that two can be compared. */
export function choiceKey(chosen) {
  return chosen.join(" ");
}

/** The [row, window] of such a value. */
export function choiceOf(key) {
  return key.split(" ").map(Number);
}

/** The windows of a row that can be seen, as their indices. */
export function seen(view, row) {
  const { tokens, first } = tokensOf(view, row);
  return view.rows[row].windows
    .map((_, w) => w)
    .filter((w) => box(view.rows[row].windows[w], first, tokens.length));
}

/** The choice moved to the nearest window that can be seen; null when there is none. */
export function nearestChoice(view, [row, window]) {
  const rows = view.rows.map((_, at) => at).filter((at) => seen(view, at).length);
  if (!rows.length) return null;
  const near = rows.reduce((a, b) => (Math.abs(b - row) < Math.abs(a - row) ? b : a));
  const windows = seen(view, near);
  return [near, clamp(window, windows[0], windows[windows.length - 1])];
}

/**
 * The choice after a key, or null when the key moves nothing. Left and right, and a clicker's page
 * up and down, go on in the next row.
 */
export function choiceAfter(key, view, [row, window]) {
  const windows = seen(view, row);
  if (key === "Home") return [row, windows[0]];
  if (key === "End") return [row, windows[windows.length - 1]];
  const rows = view.rows.map((_, at) => at).filter((at) => seen(view, at).length);
  const other = (way) => rows[clamp(rows.indexOf(row) + way, 0, rows.length - 1)];
  if (key === "ArrowUp" || key === "ArrowDown") {
    const next = other(key === "ArrowUp" ? -1 : 1);
    return nearestChoice(view, [next, window]);
  }
  const way = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 }[key];
  if (!way) return null;
  const at = windows.indexOf(window) + way;
  if (at >= 0 && at < windows.length) return [row, windows[at]];
  const next = other(way);
  if (next === row) return [row, window];
  const beside = seen(view, next);
  return [next, way > 0 ? beside[0] : beside[beside.length - 1]];
}

/** What the chosen window does, places counted from 1. */
export function sentence(view, [row, window]) {
  const [start, stop] = view.rows[row].windows[window];
  const stretch = (from, to) =>
    from === to ? `token ${grouped(from)}` : `tokens ${grouped(from)} to ${grouped(to)}`;
  const state = carries(view, row, window - 1)
    ? "is carried over from the window before"
    : "starts at zero";
  const { label } = view.rows[row];
  const name = oneEach(view)
    ? label.charAt(0).toUpperCase() + label.slice(1)
    : `Window ${window + 1} of row ${label}`;
  return (
    `${name}: reads ${stretch(start + 1, stop)} and ` +
    `must guess ${stretch(start + 2, stop + 1)}; its state ${state}.`
  );
}
