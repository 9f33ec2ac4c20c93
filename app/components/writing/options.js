// What the network could have written at the cursor, as bars.
import { el } from "../shared/dom.js";
import { probability } from "../shared/format.js";
import { alone } from "../shared/signs.js";
import { quoted } from "../shared/words.js";
import { brisk, choiceSentence, rankText, rowsOf, unsureText } from "./words.js";

const ROWS = 11; // ten options, and the written token where it is none of them
const STILL = 400; // ms without a move until a screen reader speaks

/** Makes the rows once. */
export function buildOptions(x) {
  x.rows = Array.from({ length: ROWS }, () => {
    const name = el("span", { class: "name", dir: "auto" });
    const model = el("span", { class: "fill model" });
    const ruled = el("span", { class: "fill ruled" });
    const before = el("span", { class: "number" });
    const after = el("span", { class: "number after" });
    const mark = el("span", { class: "mark" });
    const bars = el("span", { class: "bars" }, [model, ruled]);
    const node = el("div", { class: "option", "data-testid": "option" }, [
      name, bars, before, after, mark,
    ]);
    return { node, name, model, ruled, before, after, mark };
  });
  x.parts.option.rows.replaceChildren(...x.rows.map((row) => row.node));
}

/** Writes the choices at the cursor. */
export function writeOptions(x) {
  const { view, state, parts } = x;
  const { option } = parts;
  const choice = view.choices[state.cursor];
  const rows = choice ? rowsOf(choice) : [];
  // As many rows as the fullest place has: the panel keeps its height while the text is written.
  x.rows.forEach((row, at) => {
    row.node.hidden = at >= x.mostRows;
    writeOption(row, rows[at]);
  });
  option.head.classList.toggle("none", !choice);
  if (!choice) {
    option.token.textContent = "Nothing written yet";
    option.said.textContent = option.unsure.textContent = "";
    return;
  }
  const { token, probability: p, rank, entropy } = choice;
  option.token.textContent = `Token ${state.cursor + 1}: ${quoted(token, view.kind, 16)}`;
  option.token.dataset.probability = String(p);
  option.said.textContent = `p = ${probability(p)}, ${rankText(rank, view.size)}`;
  option.unsure.textContent = unsureText(entropy);
  option.unsure.dataset.entropy = String(entropy);
}

function writeOption({ node, name, model, ruled, before, after, mark }, given) {
  const cut = given?.ruled === 0;
  node.classList.toggle("none", !given);
  node.classList.toggle("cut", cut);
  node.classList.toggle("chosen", Boolean(given?.chosen));
  node.classList.toggle("late", Boolean(given?.late));
  for (const key of ["token", "model", "ruled", "chosen"]) delete node.dataset[key];
  if (!given) return;
  name.textContent = alone(given.token, 12);
  name.title = alone(given.token, 60);
  model.style.width = `${100 * Math.min(given.model, 1)}%`;
  ruled.style.width = `${100 * Math.min(given.ruled ?? 0, 1)}%`;
  before.textContent = brisk(given.model);
  after.textContent = given.ruled === null ? "–" : cut ? "cut" : brisk(given.ruled);
  mark.textContent = given.chosen ? "✓" : "";
  mark.title = given.chosen ? "written" : "";
  Object.assign(node.dataset, {
    token: given.token, model: String(given.model), ruled: String(given.ruled),
    chosen: String(given.chosen),
  });
}

/** Speaks the place once the cursor rests. */
export function speakSoon(x) {
  clearTimeout(x.speaking);
  x.speaking = setTimeout(() => {
    if (x.state.cursor !== null) x.parts.live.textContent = choiceSentence(x.view, x.state.cursor);
  }, STILL);
}
