// The text: the loss's token as a box, each earlier token in the colour of the number it has there.
import { css, ink } from "../shared/colours.js";
import { el } from "../shared/dom.js";
import { calm } from "../shared/signs.js";
import { inText, lineIntoSight } from "../shared/tokens.js";
import { placeAt } from "./decode.js";
import { shadeAt } from "./scale.js";

const SHADES = 257; // rows of a colour table, that of NaN included
const BARE = -1; // no colour: a later token
const flagged = (flag) => -1 - flag;

/** Makes the tokens' spans anew; only when the text changed. */
export function buildStrip(x) {
  const { view, parts } = x;
  const words = view.kind === "word";
  x.spans = view.tokens.map((token, t) =>
    el("span", { class: "token", "data-t": String(t), text: inText(token) }),
  );
  const nodes = words ? x.spans.flatMap((span) => [span, " "]) : x.spans;
  parts.strip.replaceChildren(...nodes);
  parts.strip.scrollTop = 0;
  parts.strip.setAttribute("aria-label", `The text: ${calm(view.tokens.join(words ? " " : ""))}`);
  x.root.classList.toggle("words", words);
  x.marked = {};
}

/** Makes the colours of the theme; every token is coloured anew after it. */
export function dyeStrip(x) {
  const { magnitude } = x.theme;
  x.dyes = Array.from({ length: SHADES }, (_, row) => [css(magnitude, row), ink(magnitude, row)]);
  x.dyed = new Int16Array(x.view.steps).fill(-9);
}

/* A colour table's row, or what stands for none. */
function dyeAt({ view, state }, t, s) {
  if (s > t) return BARE;
  const flag = view.flags[placeAt(t, s)];
  return flag ? flagged(flag) : shadeAt(view, state.scale, t, s);
}

/** Colours the tokens for loss step t; only those whose colour changes cost anything. */
export function colourStrip(x, t) {
  x.spans.forEach((span, s) => {
    const dye = dyeAt(x, t, s);
    const before = x.dyed[s];
    if (dye === before) return;
    x.dyed[s] = dye;
    if (dye < BARE || before < BARE) {
      for (const flag of [1, 2, 3]) span.classList.toggle(`flag${flag}`, dye === flagged(flag));
    }
    if ((dye === BARE) !== (before === BARE)) span.classList.toggle("later", dye === BARE);
    span.style.backgroundColor = dye < 0 ? "" : x.dyes[dye][0];
    span.style.color = dye < 0 ? "" : x.dyes[dye][1];
  });
}

/** Moves the boxes of the loss step and of the earlier step; keeps the one that moved in sight. */
export function markStrip(x, t, s) {
  const moved = x.marked.s !== s && s !== null ? s : t;
  if (!x.state.over) lineIntoSight(x.parts.strip, x.spans[moved]);
  for (const [kind, at] of [["t", t], ["s", s === t ? null : s]]) {
    if (x.marked[kind] === at) continue;
    x.spans[x.marked[kind]]?.classList.remove(kind === "t" ? "here" : "source");
    x.spans[at]?.classList.add(kind === "t" ? "here" : "source");
    x.marked[kind] = at;
  }
}
