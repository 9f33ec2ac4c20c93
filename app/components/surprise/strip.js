// The text, each token coloured by its surprise; the cursor as a box.
import { css, ink, level, ramp, table } from "../shared/colours.js";
import { el } from "../shared/dom.js";
import { calm } from "../shared/signs.js";
import { inText, intoSight } from "../shared/tokens.js";
import { grouped } from "../shared/words.js";
import { amount } from "./words.js";

// Yellow to brown, the hue that surprise has everywhere; stronger than between other colours, for
// here nothing else is coloured and a whole room shall see it. Its middle is a blind guess.
const SURPRISED_LIGHT = ["#fdf2bf", "#f4d35e", "#de9f0c", "#a35d00"];
const SURPRISED_DARK = ["#373010", "#75651a", "#bda42c", "#f5e06a"];

function colours({ dark, ground, nan }) {
  return table([ground, ...(dark ? SURPRISED_DARK : SURPRISED_LIGHT)], nan);
}

/** The surprise at which the colours end: twice that of a blind guess. */
export function ceiling(size) {
  return 2 * Math.log(Math.max(size, 2));
}

/** Makes the tokens' spans anew; only when the text changed. */
export function buildStrip(x) {
  const { view } = x;
  const words = view.kind === "word";
  x.spans = view.tokens.map((token, t) => {
    const nats = view.surprise[t];
    const span = el("span", { class: "token", "data-t": String(t), text: inText(token) });
    span.classList.toggle("never", nats === Infinity);
    span.classList.toggle("unguessed", Number.isNaN(nats));
    span.dataset.surprise = String(nats);
    return span;
  });
  const nodes = words ? x.spans.flatMap((span) => [span, " "]) : x.spans;
  x.parts.strip.replaceChildren(...nodes);
  x.parts.strip.scrollTop = 0;
  x.parts.strip.setAttribute("aria-label", `The text: ${calm(view.tokens.join(words ? " " : ""))}`);
  x.root.classList.toggle("words", words);
  x.marked = null;
}

/** Colours every token, and writes what the colours mean. */
export function colourStrip(x) {
  const { view, theme } = x;
  const high = ceiling(view.size);
  const lut = colours(theme);
  x.spans.forEach((span, t) => {
    const nats = view.surprise[t];
    const plain = Number.isFinite(nats);
    const row = level(nats, 0, high);
    span.style.backgroundColor = plain ? css(lut, row) : "";
    span.style.color = plain ? ink(lut, row) : "";
  });
  writeLegend(x, lut, high);
}

function writeLegend({ parts, view, summary }, lut, high) {
  const { ramp: bar, ends, signs } = parts.legend;
  bar.style.backgroundImage = ramp(lut);
  const words = [
    ["0", "certain"],
    [amount(high / 2), "blind guess"],
    [`${amount(high)} nats`, "and more"],
  ];
  ends.forEach((end, at) => {
    const [number, meaning] = words[at];
    end.replaceChildren(el("b", { text: number }), el("span", { text: meaning }));
  });
  bar.title = `Colour: −log p, from 0 to 2 ln ${grouped(view.size)}`;
  const occurring = [
    ["never", "thought impossible", summary.infinite],
    ["unguessed", "no guess", summary.missing],
  ].filter(([, , count]) => count > 0);
  signs.replaceChildren(...occurring.map(([kind, meaning, count]) => el("span", {}, [
    el("span", { class: `token ${kind}`, text: "x" }), ` ${meaning}: ${count}`,
  ])));
}

/** Moves the cursor's box, and keeps it in sight unless the pointer stands on the text. */
export function markStrip(x) {
  const span = x.spans[x.state.cursor];
  if (!x.state.over) intoSight(x.parts.strip, span);
  if (x.marked === span) return;
  x.marked?.classList.remove("here");
  span.classList.add("here");
  x.marked = span;
}
