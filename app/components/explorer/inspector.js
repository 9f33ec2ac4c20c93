// The step under the cursor in numbers. Rows are made once; a move only writes texts and widths.
import { css, level } from "../shared/colours.js";
import { el, symbol } from "../shared/dom.js";
import { clamp, gradientNorm, number, percent, probability } from "../shared/format.js";
import { alone, isolated } from "../shared/signs.js";
import { quoted } from "../shared/words.js";
import { buildEquations, writeEquations } from "./equations.js";
import { blindGuess, surprises } from "./references.js";
import { isUnread, layerIndex, surprise } from "./unpack.js";

const UNKNOWN = "<unk>";

function bar() {
  const inner = el("span", { class: "fill" });
  return { box: el("span", { class: "bar" }, [inner]), inner };
}

function row(name) {
  const label = el("span", { class: "name" });
  if (name) label.textContent = name;
  const { box, inner } = bar();
  const value = el("span", { class: "value" });
  const mark = el("span", { class: "mark" });
  const node = el("div", { class: "entry" }, [label, box, value, mark]);
  return { node, label, inner, value, mark };
}

/** Makes the rows anew; when the lanes or the number of kept tokens changed. */
export function buildInspector(x) {
  const { view } = x;
  x.parts.inspector.classList.toggle("words", view.kind === "word");
  const step = el("h2", { "data-testid": "inspector-step" });
  const next = Array.from({ length: view.kept + 1 }, () => row(""));
  const lanes = view.lanes.map((lane) => row(lane.label));
  for (const lane of lanes) lane.mark.remove();
  const top = el("div", { "data-testid": "inspector-top" }, next.map((each) => each.node));
  const unit = el("h4");
  const norm = el("span", { "data-testid": "gradient-value" });
  const share = el("p", { class: "note" });
  const surprised = el("p", { class: "note" });
  const models = view.references.length ? surprises(view, 0).map(({ label }) => row(label)) : [];
  const equations = buildEquations(x);
  x.inspector = { step, next, lanes, unit, norm, share, surprised, models, equations };
  x.parts.inspector.replaceChildren(
    step, surprised, ...modelTable(view, models),
    el("h4", { text: "Next token" }), top,
    unit, el("div", {}, lanes.map((each) => each.node)), ...equations.nodes,
    el("h4", { text: "Gradient here" }),
    el("p", { class: "norm" }, ["‖∂L/∂", symbol("h", "t"), "‖ = ", norm]),
    share,
  );
}

/* One bar a model on the strip's scale; nothing when the network stands alone. */
function modelTable(view, models) {
  if (!models.length) return [];
  for (const model of models) model.mark.remove();
  const most = (2 * blindGuess(view)).toFixed(1);
  const names = view.references.map(({ label }) => label).join(", ");
  const source = view.reference_note && ` ${names}: ${view.reference_note}.`;
  const title = `Bars: 0 to ${most} nats; the line in the middle is a blind guess.${source}`;
  const nodes = models.map(({ node }) => node);
  return [el("div", { class: "models", "data-testid": "inspector-surprise", title }, nodes)];
}

/** Writes the numbers of the cursor's step. */
export function writeInspector(x) {
  const { view, state, inspector } = x;
  const t = state.cursor;
  inspector.step.textContent = `Step ${t + 1}: it has just read ${readWords(view, t)}`;
  const place = view.start ? `Token ${view.start + t + 1} of the text. ` : "";
  inspector.surprised.textContent = place + surpriseWords(view, t);
  writeModels(x, t);
  writeNext(x, t);
  writeUnit(x, t);
  writeEquations(x);
  writeGradient(x, t);
}

/** What was read at step t, as a sentence names it. */
function readWords(view, t) {
  const token = quoted(view.inputs[t], view.kind, 24);
  return isUnread(view, t) ? `<unk>, in place of ${token}` : token;
}

function surpriseWords(view, t) {
  const nats = surprise(view, t);
  if (isUnread(view, t)) {
    const scored = t === 0 ? "" : ` Scored was <unk>: ${number(view.arrays.surprise[t - 1])} nats.`;
    return `Not in this network’s vocabulary: no surprise of its own.${scored}`;
  }
  if (t === 0) return "Nothing came before it: no surprise.";
  if (Number.isNaN(nats)) return "Its surprise is not a number: the states overflowed.";
  return view.references.length ? "Its surprise, in nats:" : `Its surprise: ${number(nats)} nats`;
}

function writeModels({ view, inspector }, t) {
  const most = 2 * blindGuess(view);
  surprises(view, t).slice(0, inspector.models.length).forEach(({ key, nats }, at) => {
    const { node, inner, value } = inspector.models[at];
    value.textContent = Number.isNaN(nats) ? "–" : nats === Infinity ? "∞" : number(nats);
    inner.style.width = `${Number.isNaN(nats) ? 0 : 100 * clamp(nats / most, 0, 1)}%`;
    Object.assign(node.dataset, { model: key, nats: String(nats) });
  });
}

function writeNext({ view, inspector }, t) {
  const { top, top_probability, truth_probability, truth_rank } = view.arrays;
  const unread = isUnread(view, t + 1);
  const truth = unread ? UNKNOWN : view.targets[t];
  const rank = truth_rank[t];
  inspector.next.forEach((entry, place) => {
    const last = place === view.kept;
    entry.node.hidden = last && rank <= view.kept;
    if (entry.node.hidden) {
      for (const name of Object.keys(entry.node.dataset)) delete entry.node.dataset[name];
      return;
    }
    const token = last ? truth : view.vocabulary[top[t * view.kept + place]];
    const p = last ? truth_probability[t] : top_probability[t * view.kept + place];
    const right = (last || place + 1 === rank) && Number.isFinite(p);
    entry.label.textContent = Number.isFinite(p) ? alone(token, 60) : "–";
    entry.label.title = alone(token, 60);
    entry.value.textContent = probability(p);
    entry.inner.style.width = `${Number.isFinite(p) ? 100 * p : 0}%`;
    entry.mark.textContent = right ? (last ? `✓ #${rank}` : "✓") : "";
    const came = unread ? `${quoted(view.targets[t], view.kind, 24)} came next, scored as <unk>` :
      "the token that really came next";
    entry.mark.title = right ? `${came}, rank ${rank}` : "";
    entry.node.classList.toggle("right", right);
    Object.assign(entry.node.dataset, {
      token, probability: String(p), true: String(right), rank: String(last ? rank : place + 1),
    });
  });
}

function writeUnit({ view, state, theme, inspector }, t) {
  inspector.unit.textContent = `Unit ${state.unit + 1}` + (view.layers.length > 1
    ? `, ${view.layers[layerIndex(view)].label}` : "");
  view.lanes.forEach((lane, index) => {
    const value = lane.values[t * view.units + state.unit];
    const [low, high] = lane.range;
    const entry = inspector.lanes[index];
    const signed = low < 0;
    const zero = signed ? 0.5 : 0;
    const share = Number.isNaN(value) ? zero : clamp((value - low) / (high - low), 0, 1);
    entry.value.textContent = number(value);
    entry.inner.style.left = `${100 * Math.min(share, zero)}%`;
    entry.inner.style.width = `${100 * Math.abs(share - zero)}%`;
    entry.node.classList.toggle("signed", signed);
    const lut = signed ? theme.states : theme.gates;
    entry.inner.style.backgroundColor = signed
      ? css(lut, level(value < 0 ? -0.62 : 0.62, -1, 1))
      : css(lut, level(theme.dark ? 0.55 : 0.45, 0, 1));
    entry.node.dataset.value = String(value);
    entry.node.title = `${lane.label}: scale ${number(low)} to ${number(high)}`;
  });
}

function writeGradient({ view, inspector }, t) {
  const at = layerIndex(view) * view.steps + t;
  const { gradient, gradient_flags, share_own } = view.arrays;
  inspector.norm.textContent = gradientNorm(gradient[at], gradient_flags[at]);
  const own = share_own[t];
  inspector.share.textContent = Number.isFinite(own)
    ? `from later steps ${percent(1 - own)}, own output ${percent(own)}`
    : "";
}

/** Closer rows where the numbers would reach below the pictures beside them. */
export function tighten({ parts, inspector, sizes }) {
  const { main, inspector: side } = parts;
  side.classList.remove("tight");
  if (sizes.narrow) return; // the numbers stand under the pictures
  const end = (node) => node.offsetTop + node.offsetHeight;
  const spare = inspector.next.at(-1).node.hidden ? inspector.next[0].node.offsetHeight : 0;
  side.classList.toggle("tight", end(side.lastChild) + spare > end(main.lastChild));
}

/** One sentence for the screen reader once the cursor rests. */
export function summary({ view, state }) {
  const t = state.cursor;
  const best = view.vocabulary[view.arrays.top[t * view.kept]];
  const at = layerIndex(view) * view.steps + t;
  const norm = gradientNorm(view.arrays.gradient[at], view.arrays.gradient_flags[at]);
  return (
    `Step ${t + 1} of ${view.steps}: read ${isUnread(view, t) ? `${UNKNOWN} in place of ` : ""}` +
    `${isolated(alone(view.inputs[t], 24))}; most likely next ` +
    `${isolated(alone(best, 24))}, probability ${probability(view.arrays.top_probability[t * view.kept])}; ` +
    `gradient norm ${norm}.`
  );
}
