// The numbers in the legends: at the cursor, or the newest.
import { figure, heatFigure, readingAt, readingWords } from "./reading.js";

/** Writes the legends, and what a screen reader hears of the cursor. */
export function writeValues(x) {
  const { view, parts, state } = x;
  const reading = readingAt(view, state.cursor, state.row);
  const { train, validation, before, after, heat } = parts.values;
  put(train, reading.train, figure(reading.train));
  put(validation, reading.validation, figure(reading.validation));
  put(before, reading.before, figure(reading.before));
  put(after, reading.after, figure(reading.after));
  const shown = reading.heat !== null;
  put(heat, reading.heat, shown ? `t = ${reading.row + 1}: ${heatFigure(reading.heat)}` : "");
  parts.beyond.hidden = !x.beyond;
  parts.beyond.textContent = "▲ ∞, or beyond the axis";
  x.root.dataset.cursor = state.cursor === null ? "" : String(reading.step);
  announce(x, reading);
}

function put({ number }, value, text) {
  if (number.textContent !== text) number.textContent = text;
  number.dataset.value = String(value);
}

/* The picture is a slider for those who do not see it; without a cursor it tells the newest step. */
function announce({ view, parts, state }, reading) {
  const { overlay } = parts.perplexity;
  const words = state.cursor === null ? "no step chosen" : readingWords(view, reading);
  overlay.setAttribute("aria-valuemin", "0");
  overlay.setAttribute("aria-valuemax", String(view.steps_total));
  overlay.setAttribute("aria-valuenow", String(state.cursor ?? 0));
  if (overlay.getAttribute("aria-valuetext") !== words) overlay.setAttribute("aria-valuetext", words);
}
