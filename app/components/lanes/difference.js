// The text coloured by which of two networks expected each token more.
import { css, ink, level, ramp } from "../shared/colours.js";
import { fill } from "../shared/dom.js";
import { pairOf, surpriseGap } from "./networks.js";

const LOST = 256; // the colour table's row for what is no number

/** Where the colours end: the surprise of a blind guess among V tokens, ln V nats. Pure. */
export function gapScale({ vocabulary_size: tokens }) {
  return Math.log(Math.max(tokens, 2));
}

/** Each token's row of the colour table: under the middle where the first expected it more. Pure. */
export function gapRows(view, pair) {
  const most = gapScale(view);
  const two = pairOf(view, pair);
  return Array.from(view.inputs, (_, t) => level(surpriseGap(two, t), -most, most));
}

/** Colours every token; writes the legend. */
export function colourDifference(x) {
  const { view, theme, state, spans, parts } = x;
  gapRows(view, state.pair).forEach((row, t) => {
    const span = spans[t];
    span.dataset.level = String(row);
    span.classList.toggle("unknown", row === LOST && t > 0);
    span.style.backgroundColor = row === LOST ? "transparent" : css(theme.states, row);
    span.style.color = row === LOST ? "" : ink(theme.states, row);
  });
  const { ramp: bar, low, high, how } = parts.strip;
  const [one, other] = pairOf(view, state.pair);
  const most = gapScale(view).toFixed(1);
  bar.style.backgroundImage = ramp(theme.states);
  low.textContent = `−${most}`;
  high.textContent = `${most} nats`;
  how.textContent = `Blue: ${one.name} expected the token more than ${other.name}; orange: less.`;
  writePair(x, one, other);
}

/* Two networks leave no choice: their names alone. */
function writePair({ view, parts }, one, other) {
  const { strip } = parts;
  const free = view.networks.length > 2;
  const options = view.networks.map(({ key, name }) => [key, name]);
  fill(strip.one, options, one.key);
  fill(strip.other, options, other.key);
  strip.one.hidden = strip.other.hidden = !free;
  strip.minus.textContent = free ? "−" : `${one.name} − ${other.name}`;
}
