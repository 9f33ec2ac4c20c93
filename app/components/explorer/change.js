// One token read as another: choosing it, the change of the states over time, and its sentence.
import { el, sized } from "../shared/dom.js";
import { number, percent, probability, tenTo } from "../shared/format.js";
import { markColumn } from "../shared/marker.js";
import { visible } from "../shared/signs.js";
import { quoted } from "../shared/words.js";
import { choose } from "./choosing.js";
import { decades, layerIndex } from "./unpack.js";

const FADED = 0.01; // of the state's norm
const MOST_TOKENS = 400; // of a vocabulary that is offered whole
const PLOT = 74; // px

/** The step and the index that "34-17" asks for, or null. */
export function askedChange(asked) {
  const found = /^([1-9]\d*)-(\d+)$/.exec(asked ?? "");
  return found ? { step: Number(found[1]) - 1, token: Number(found[2]) } : null;
}

/**
 * Tokens to offer in place of the one at step t, the most likely first: by the prediction made one
 * step earlier, at the first step by how often they occur.
 * @returns {{token: number, p: number | null}[]} at most 5, without the one that stands there
 */
export function alternatives(view, t) {
  const stands = view.vocabulary.indexOf(view.inputs[t]);
  const { top, top_probability: p } = view.arrays;
  if (t > 0) {
    const from = (t - 1) * view.kept;
    return Array.from({ length: view.kept }, (_, at) => ({ token: top[from + at], p: p[from + at] }))
      .filter(({ token }) => token !== stands);
  }
  const counts = new Map();
  for (const token of view.inputs) counts.set(token, (counts.get(token) ?? 0) + 1);
  const often = [...counts].sort(([, a], [, b]) => b - a).map(([token]) => view.vocabulary.indexOf(token));
  return often.filter((token) => token >= 0 && token !== stands).slice(0, 5)
    .map((token) => ({ token, p: null }));
}

/**
 * Where a change fades: pure.
 * @param {Float64Array} relative ‖Δh_t‖ / ‖h_t‖ per step
 * @returns {{first: number, last: number, faded: number | null}} the change at the token, at the
 *   last step read, and the first step (0-based) from which it stays below 1 %, null if it does not
 */
export function fading(relative, step, reverse) {
  const order = reverse
    ? Array.from({ length: step + 1 }, (_, at) => step - at)
    : Array.from({ length: relative.length - step }, (_, at) => step + at);
  let faded = null;
  for (const t of order) {
    if (!(relative[t] < FADED)) faded = null;
    else if (faded === null) faded = t;
  }
  return { first: relative[step], last: relative[order.at(-1)], faded };
}

function shareWords(value) {
  if (value === Infinity) return "from nothing";
  if (Number.isNaN(value)) return "by what is no number";
  if (value === 0) return "not at all";
  return value >= 0.005 ? `by ${percent(value)}` : `by ${number(100 * value)} %`;
}

/** What the change did, in two sentences. */
export function changeWords(view) {
  const { step, token } = view.change;
  const reverse = view.layers[layerIndex(view)].reverse;
  const { first, last, faded } = fading(view.arrays.change_relative, step, reverse);
  const [old, other] = [view.inputs[step], view.vocabulary[token]].map((each) => quoted(each, view.kind, 24));
  const swap = `${old} → ${other} at step ${step + 1}`;
  const end = reverse ? 1 : view.steps;
  const then = faded === null
    ? `it is still changed ${shareWords(last)} at step ${end}`
    : `from step ${faded + 1} ${reverse ? "back" : "on"} the change stays below 1 % (${shareWords(last)} at step ${end})`;
  const before = meanFrom(view.arrays.surprise, step);
  const after = meanFrom(view.arrays.change_surprise, step);
  return `${swap} changes ‖h‖ ${shareWords(first)} there; ${then}. Mean surprise by the tokens after it: ` +
    `${number(before)} → ${number(after)} nats.`;
}

function meanFrom(values, from) {
  return values.subarray(from).reduce((sum, each) => sum + each, 0) / (values.length - from);
}

/** The powers of ten that the change spans, at most twelve; null where nothing changed. */
export function changeDecades(relative) {
  const span = decades(relative.map((value) => (value > 0 ? Math.log10(value) : NaN)));
  return span && [Math.max(span[0], span[1] - 12), span[1]];
}

/** Makes the controls, the plot and the sentence; `write` follows the cursor. */
export function buildChange(x) {
  const { view } = x;
  const here = el("span");
  const likely = el("span", { class: "likely", "data-testid": "alternatives" });
  const whole = el("select", { "aria-label": "Read another token of the vocabulary instead" });
  const tokens = view.vocabulary.length <= MOST_TOKENS ? view.vocabulary : [];
  whole.append(el("option", { value: "", text: "any other …" }),
    ...tokens.map((token, at) => el("option", { value: String(at), text: visible(token) })));
  whole.hidden = !tokens.length;
  whole.onchange = () => whole.value && askFor(x, Number(whole.value));
  const undo = el("button", { type: "button", text: "Undo" });
  undo.onclick = () => choose(x, "asked", "");
  undo.hidden = !x.state.asked;
  const row = el("div", { class: "row" }, [here, likely, whole, undo]);
  const said = el("p", { class: "how", "data-testid": "change", role: "status", text: stateWords(x) });
  const plot = el("canvas", { role: "img", "aria-label": "Change of the hidden state per step" });
  plot.hidden = !changeShown(x);
  const write = () => {
    const t = x.state.cursor;
    here.textContent = `Step ${t + 1} reads ${quoted(view.inputs[t], view.kind, 24)}. Read instead:`;
    likely.replaceChildren(...alternatives(view, t).map(({ token, p }) => alternative(x, token, p)));
    whole.value = "";
    if (changeShown(x)) drawChange(x, plot);
  };
  return { nodes: [row, said, plot], write };
}

function alternative(x, token, p) {
  const words = visible(x.view.vocabulary[token]) + (p === null ? "" : ` ${probability(p)}`);
  const button = el("button", { type: "button", "data-token": String(token), text: words });
  button.onclick = () => askFor(x, token);
  return button;
}

function askFor(x, token) {
  if (x.state.strip !== "change") choose(x, "strip", "change");
  choose(x, "asked", `${x.state.cursor + 1}-${token}`);
}

function changeShown({ view, state }) {
  const asked = askedChange(state.asked);
  return Boolean(asked && view.change?.step === asked.step && view.change.token === asked.token);
}

function stateWords(x) {
  if (!x.state.asked) {
    return "Another token at the cursor: the network reads the whole text once more, and the change " +
      "of its states is drawn, step by step.";
  }
  if (changeShown(x)) return changeWords(x.view);
  return x.view.asked === x.state.asked
    ? "That changes nothing: it is the token that stands there, or is not in this text's vocabulary."
    : "Reading again …";
}

/* ‖Δh_t‖ / ‖h_t‖ on a log scale, over the same steps as the pictures above. */
function drawChange(x, canvas) {
  const { axis, theme, sizes, view, state } = x;
  const tall = Math.round(PLOT * sizes.scale);
  const context = sized(canvas, sizes.main, tall);
  if (!axis) return; // the first time it only takes its room: the pictures above are yet to come
  const relative = view.arrays.change_relative;
  const span = changeDecades(relative) ?? [-1, 0];
  const y = (log10) => 5 + (tall - 10) * (1 - Math.max(0, (log10 - span[0]) / (span[1] - span[0])));
  context.font = `${sizes.small}px ${theme.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = theme.muted;
  for (const end of span) context.fillText(tenTo(end), axis.left - 7, y(end) + (end === span[0] ? -4 : 4));
  context.strokeStyle = theme.faint;
  context.strokeRect(axis.left - 0.5, 4.5, axis.right - axis.left + 1, tall - 9);
  context.strokeStyle = theme.gradient;
  context.lineWidth = 2;
  context.beginPath();
  let joined = false;
  relative.forEach((value, t) => {
    const drawn = value > 0 && value < Infinity;
    if (drawn && joined) context.lineTo(axis.centre(t), y(Math.log10(value)));
    if (drawn && !joined) context.moveTo(axis.centre(t) - 0.5, y(Math.log10(value)));
    joined = drawn;
  });
  context.stroke();
  markColumn(context, axis, state.cursor, 5, tall - 10, theme);
}
