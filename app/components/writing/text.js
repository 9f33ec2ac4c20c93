// The text: the prefix plain, what was written underlined in the colour of its probability.
import { css, level, ramp, table } from "../shared/colours.js";
import { el } from "../shared/dom.js";
import { inText, lineIntoSight } from "../shared/tokens.js";
import { grouped } from "../shared/words.js";
import { loopText } from "./words.js";

// From unlikely (vermilion) to certain (blue); both ends dark enough on the ground to be a line.
const CHANCES_LIGHT = ["#b23a00", "#e07b1f", "#b7a06a", "#4f97cc", "#07558f"];
const CHANCES_DARK = ["#ff7430", "#f0a35c", "#b3a98a", "#6fb6ec", "#9fd6ff"];

/** Makes the tokens' spans anew; only when the text changed. */
export function buildText(x) {
  const { view, parts } = x;
  const words = view.kind === "word";
  const apart = (nodes) => (words ? nodes.flatMap((node) => [node, " "]) : nodes);
  const prefix = view.prefix.map((token, place) => prefixToken(token, view.unread.includes(place)));
  x.spans = view.choices.map(({ token, probability, rank }, place) => {
    const span = el("span", { class: "token ahead", "data-t": String(place), text: inText(token) });
    span.dataset.probability = String(probability);
    span.dataset.rank = String(rank);
    return span;
  });
  bracket(x);
  parts.text.replaceChildren(
    el("span", { class: "prefix", "data-testid": "prefix" }, apart(prefix)),
    ...apart(x.spans),
  );
  x.root.classList.toggle("words", words);
  parts.text.scrollTop = 0;
  x.revealed = 0;
  x.marked = null;
}

/* What the network does not know is shown as it was typed, and marked as on Explore. */
function prefixToken(token, unread) {
  const span = el("span", { text: inText(token) });
  if (unread) {
    span.classList.add("unread");
    span.title = "read as <unk>: not in the vocabulary of this network";
  }
  return span;
}

/* The repeats of a loop, each in its brackets. */
function bracket({ view, spans, parts }) {
  parts.loop.textContent = view.loop ? loopText(view) : "";
  if (!view.loop) return;
  const [start, period] = view.loop;
  for (let place = start; place < spans.length; place++) {
    const within = (place - start) % period;
    spans[place].classList.add("round");
    if (within === 0) spans[place].classList.add("opens");
    if (within === period - 1) spans[place].classList.add("closes");
  }
}

/** Colours every written token, and the scale. */
export function colourText({ view, theme, spans, parts }) {
  const lut = table(theme.dark ? CHANCES_DARK : CHANCES_LIGHT, theme.nan);
  spans.forEach((span, place) => {
    const p = view.choices[place].probability;
    span.style.borderBottomColor = css(lut, level(p, 0, 1));
  });
  parts.control.ramp.style.backgroundImage = ramp(lut);
}

/** Shows as many tokens as are written by now; those ahead keep their room. */
export function reveal(x) {
  const { shown } = x.state;
  const [from, to] = [Math.min(x.revealed, shown), Math.max(x.revealed, shown)];
  for (let place = from; place < to; place++) x.spans[place].classList.toggle("ahead", place >= shown);
  x.revealed = shown;
  const { view, parts } = x;
  parts.control.count.textContent = `${grouped(shown)} of ${grouped(view.choices.length)}`;
  // It is seen to go round once the second round is there.
  const round = view.loop && shown >= Math.min(view.loop[0] + 2 * view.loop[1], x.spans.length);
  parts.loop.hidden = !round;
  x.root.classList.toggle("looping", Boolean(round));
}

/** Moves the cursor's box, and keeps it in sight unless the pointer stands on the text. */
export function markText(x) {
  const span = x.spans[x.state.cursor];
  if (span && !x.state.over) lineIntoSight(x.parts.text, span);
  if (x.marked === span) return;
  x.marked?.classList.remove("here");
  span?.classList.add("here");
  x.marked = span ?? null;
}
