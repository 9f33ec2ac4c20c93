// The token at the cursor in numbers, and what the model would have said instead.
import { el } from "../shared/dom.js";
import { alone } from "../shared/signs.js";
import { named, numbersText, sentenceAt, shortChance } from "./words.js";

const ROWS = 6; // five guesses, and the true token where it is none of them
const STILL = 400; // ms without a move until a screen reader speaks

/** Makes the rows once. */
export function buildGuesses(x) {
  x.rows = Array.from({ length: ROWS }, () => {
    const name = el("span", { class: "name", dir: "auto" });
    const fill = el("span", { class: "fill" });
    const value = el("span", { class: "value" });
    const mark = el("span", { class: "mark" });
    const bar = el("span", { class: "bar" }, [fill]);
    const node = el("div", { class: "guess" }, [name, bar, value, mark]);
    return { node, name, fill, value, mark };
  });
  x.parts.panel.rows.replaceChildren(...x.rows.map((row) => row.node));
}

/** The rows at one place: the guesses, then the true token if it is not among them. Pure. */
export function rowsAt({ guesses, read, probability, surprise }, t) {
  const rows = guesses[t].map(([token, p]) => ({ token, p, right: token === read[t] }));
  const known = !Number.isNaN(surprise[t]);
  if (known && !rows.some((row) => row.right)) {
    rows.push({ token: read[t], p: probability[t], right: true, late: true });
  }
  return rows;
}

/** Writes the numbers of the cursor's token. */
export function writePanel(x) {
  const { view, state, parts } = x;
  const t = state.cursor;
  parts.panel.token.textContent = `Token ${named(view, t)}`;
  const [first, ...rest] = numbersText(view, t).split(", "); // two lines need no comma to be seen
  parts.panel.numbers.replaceChildren(
    el("span", { text: first }),
    ...rest.flatMap((text) => [el("i", { class: "hidden", text: ", " }), el("span", { text })]),
  );
  parts.panel.numbers.dataset.surprise = String(view.surprise[t]);
  parts.panel.numbers.dataset.probability = String(view.probability[t]);
  parts.panel.pin.hidden = !state.pinned;
  const rows = rowsAt(view, t);
  parts.panel.heading.classList.toggle("none", rows.length === 0);
  x.rows.forEach((row, place) => writeRow(row, rows[place]));
}

function writeRow({ node, name, fill, value, mark }, given) {
  node.classList.toggle("none", !given);
  node.classList.toggle("right", Boolean(given?.right));
  node.classList.toggle("late", Boolean(given?.late));
  if (!given) {
    for (const key of Object.keys(node.dataset)) delete node.dataset[key];
    return;
  }
  const { token, p, right } = given;
  name.textContent = alone(token, 14);
  name.title = alone(token, 60);
  fill.style.width = `${100 * Math.min(p, 1)}%`;
  value.textContent = p === 0 ? "0" : shortChance(p);
  mark.textContent = right ? "✓" : "";
  mark.title = right ? "the token that really came" : "";
  Object.assign(node.dataset, { token, probability: String(p), true: String(right) });
}

/** Speaks the readout once the cursor rests. */
export function speakSoon(x) {
  clearTimeout(x.speaking);
  x.speaking = setTimeout(() => {
    x.parts.live.textContent = sentenceAt(x.view, x.state.cursor);
  }, STILL);
}
