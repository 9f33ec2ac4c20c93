// The loss at the cursor in words and numbers, and what a screen reader hears.
import { el } from "../shared/dom.js";
import { quoted } from "../shared/words.js";
import { placeAt } from "./decode.js";
import { cellText, ratioText, reachText, subjectOf, textAt, tokenText } from "./reading.js";

const STILL = 400; // ms without a move until a screen reader speaks

function row(name, words, value, data) {
  return [
    el("dt", { text: words }), el("dd", { "data-testid": `reach-${name}`, ...data, text: value }),
  ];
}

/* The log10 behind a number on screen; NaN where it is none. */
function behind(view, t, s) {
  return {
    "data-log10": String(view.log10[placeAt(t, s)]), "data-flag": String(view.flags[placeAt(t, s)]),
    "data-t": String(t), "data-s": String(s),
  };
}

/** Writes the panel for loss step t and the chosen earlier step (or null). */
export function writePanel({ view, parts, state }, t, s) {
  const { heading, sentence, numbers, pin } = parts.panel;
  const asked = quoted(view.targets[t], view.kind, 16);
  heading.replaceChildren(
    `${subjectOf(view) === "loss" ? "Loss" : "Logit"} at step ${t + 1}: `, el("span", { class: "pair", text: `${tokenText(view, t)} → ${asked}` }),
  );
  if (view.start) heading.append(el("small", { text: ` token ${view.start + t + 1} of the text` }));
  const words = reachText(view, t);
  if (sentence.textContent !== words) sentence.textContent = words;
  const rows = row("own", `at its own step ${t + 1}`, textAt(view, t, t), behind(view, t, t));
  const largest = view.largest[t];
  if (largest >= 0) {
    const where = `largest, at step ${largest + 1}`;
    rows.push(...row("most", where, textAt(view, t, largest), behind(view, t, largest)));
  }
  if (s !== null) rows.push(...chosenRows(view, t, s, largest));
  numbers.replaceChildren(el("dt", { class: "what", text: view.what }), el("dd", { text: view.unit }), ...rows);
  pin.hidden = !state.pinned;
}

function chosenRows(view, t, s, largest) {
  const words = `at step ${s + 1} ${tokenText(view, s)}, lag ${t - s}`;
  const rows = row("chosen", words, textAt(view, t, s), behind(view, t, s));
  rows.forEach((node) => node.classList.add("chosen"));
  const own = ratioText(view, t, s, t);
  const most = largest < 0 ? null : ratioText(view, t, s, largest);
  if (own !== null) rows.push(...row("of-own", "relative to its own step", own, {}));
  if (most !== null && largest !== t) rows.push(...row("of-most", "relative to the largest", most, {}));
  return rows;
}

/** Speaks once the cursor rests: the cell that was chosen, or the loss. */
export function speakSoon(x, words) {
  clearTimeout(x.speaking);
  x.speaking = setTimeout(() => {
    x.parts.live.textContent = words();
  }, STILL);
}

/** What is said of the place where the cursor rests. */
export function spokenText(view, t, s, moved) {
  return moved === "s" && s !== null ? cellText(view, t, s) : reachText(view, t);
}
