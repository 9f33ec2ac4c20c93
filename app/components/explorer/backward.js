// The way of the gradient back from the loss: which edges it takes, in which order, where it ends.
// Pure.
import { clamp, gradientNorm } from "../shared/format.js";
import { CEILING, FLOOR } from "./edges.js";

/** The one step whose loss the view's gradient is of, from 0; null where it is of all losses. */
export function lossStep({ loss, steps }) {
  if (loss.at === "mean") return null;
  return loss.at === "last" ? steps - 1 : loss.step;
}

/**
 * The sweeps in which backpropagation goes through the network. One direction: all layers in one
 * sweep to the left. Two: level by level from the top, each direction against the way it reads.
 */
export function sweepsOf(layers) {
  if (!layers.some((layer) => layer.reverse)) {
    return [{ traces: layers.map((_, n) => n), reverse: false, head: true }];
  }
  const top = Math.max(...layers.map((layer) => layer.level));
  return layers
    .map(({ level, reverse }, n) => ({ traces: [n], level, reverse, head: level === top }))
    .sort((a, b) => b.level - a.level || Number(a.reverse) - Number(b.reverse));
}

/** First step of a window of k steps that ends with step `from`. */
export function windowCut(from, k) {
  return k ? Math.max(0, from - k + 1) : 0;
}

/**
 * A whole run.
 * @param view the explorer's view: `gradient` (log10) and `gradient_flags` decide where it ends
 * @param {number} from the step it starts at
 * @param {number | null} k the truncation window in steps, or null
 * @returns sweeps with their `steps` in order and their `end`, and all frames [sweep, t] in order
 */
export function backwardRun(view, from, k) {
  const cut = windowCut(from, k);
  let offset = 0;
  const sweeps = sweepsOf(view.layers).map((sweep) => {
    const travelled = { ...sweep, ...travel(view, sweep, from, cut, k), offset };
    offset += travelled.steps.length;
    return travelled;
  });
  const frames = sweeps.flatMap(({ steps }, at) => steps.map((t) => [at, t]));
  return { from, k, cut, sweeps, frames };
}

/*
 * The steps of one sweep: on from where there is a gradient until none is left that can be drawn.
 * One loss alone may reach steps after it, by way of a layer that reads from the end.
 */
function travel(view, { traces, reverse }, from, cut, k) {
  const flag = (n, t) => view.arrays.gradient_flags[n * view.steps + t];
  const size = (n, t) => view.arrays.gradient[n * view.steps + t];
  const broken = (t) => traces.some((n) => flag(n, t) === 3);
  const drawn = (t) => broken(t) || traces.some((n) => flag(n, t) === 0 && size(n, t) >= FLOOR);
  const alone = view.loss.at === "step";
  const latest = k ? from : view.steps - 1;
  const all = reverse ? steps(cut, latest) : steps(alone ? latest : from, cut);
  const first = all.findIndex(drawn);
  const begin = reverse ? first : beginOf(all.indexOf(from), first);
  const last = Math.max(all.findLastIndex(drawn), begin - 1);
  if (begin < 0) return { steps: [], end: { why: "nothing", t: all[0] } };
  const odd = all.findIndex((t, at) => at >= begin && broken(t));
  if (odd >= 0) return { steps: all.slice(begin, odd + 1), end: { why: "broken", t: all[odd] } };
  if (last < all.length - 1) {
    return { steps: all.slice(begin, last + 2), end: { why: "below", t: all[last + 1] } };
  }
  const t = all[last];
  const why = !reverse && cut > 0 ? "cut" : reverse && k && from < view.steps - 1 ? "cut" : "edge";
  return { steps: all.slice(begin), end: { why, t } };
}

/* At the loss, or before it on the way where a layer that reads from the end has carried it. */
function beginOf(loss, first) {
  return first < 0 ? loss : Math.min(loss, first);
}

/* first..last in either direction. */
function steps(first, last) {
  const way = last < first ? -1 : 1;
  return Array.from({ length: Math.abs(last - first) + 1 }, (_, at) => first + way * at);
}

/** The frame at which a sweep stands at step t; Infinity where it never comes. */
export function frameOf(sweep, t) {
  const place = Math.abs(t - sweep.steps[0]);
  return sweep.steps[place] === t ? sweep.offset + place : Infinity;
}

/**
 * How much of an edge the gradient has gone back over, 0 to 1.
 * @param {number} position frames passed, with the share of the one under way
 */
export function crossed(run, edge, level, levels, position) {
  let most = 0;
  for (const sweep of run.sweeps) {
    if (edge.kind === "hq" ? !sweep.head : !sweep.traces.includes(edge.n)) continue;
    const [begin, end] = backMoment(edge.kind, level, levels);
    const { why, t } = sweep.end;
    if (why === "cut" && edge.kind === "hh" && edge.t === t) continue;
    const passed = position - frameOf(sweep, edge.t);
    most = Math.max(most, clamp((passed - begin) / (end - begin), 0, 1));
  }
  return most;
}

/** When the gradient crosses an edge within its frame: down the levels, then back in time. */
export function backMoment(kind, level, levels) {
  if (kind === "hq") return [0, 0.25];
  if (kind === "hh" || level === 0) return [0.5, 1];
  const share = 0.25 / (levels - 1);
  const begin = 0.25 + (levels - 1 - level) * share;
  return [begin, begin + share];
}

/** Whether the gradient has come to a node. */
export function arrived(run, n, t, position) {
  return run.sweeps.some((sweep) => sweep.traces.includes(n) && position > frameOf(sweep, t) + 0.25);
}

/** Where on the scale of widths and colours a gradient norm stands, 0 to 1. */
export function gradientShare(log10) {
  return clamp((log10 - FLOOR) / (CEILING - FLOOR), 0, 1);
}

function normAt(view, n, t) {
  const at = n * view.steps + t;
  return gradientNorm(view.arrays.gradient[at], view.arrays.gradient_flags[at]);
}

/* The layer a sweep is told by: the chosen one where it has it. */
function spokenFor(view, sweep) {
  const chosen = view.layers.findIndex((layer) => layer.name === view.layer);
  return sweep.traces.includes(chosen) ? chosen : sweep.traces[0];
}

/** Which loss it is, and where the run started. */
export function lossWords(view, from) {
  if (view.loss.at === "last") return `Loss at the last step, t = ${view.steps}.`;
  if (view.loss.at === "step") return `Loss at t = ${from + 1} alone.`;
  const later = from < view.steps - 1 ? ", with what later losses sent back" : "";
  return `Mean loss of all ${view.steps} steps, from t = ${from + 1}${later}.`;
}

/** The sentence beside a run that is under way. */
export function passingWords(view, run, [at, t]) {
  const n = spokenFor(view, run.sweeps[at]);
  const layer = view.layers.length > 1 ? `${view.layers[n].label}, ` : "";
  const norm = `‖∂L/∂h‖ = ${normAt(view, n, t)}`;
  return `${lossWords(view, run.from)} Back at ${layer}t = ${t + 1}: ${norm}. Frames: all of ` +
    "∂L/∂h, edges: what crosses their weights, from pale at 10⁻⁸ to strong at 10.";
}

/** The sentence that says where a run ended: that of the chosen layer. */
export function endWords(view, run) {
  const chosen = view.layers.findIndex((layer) => layer.name === view.layer);
  const sweep = run.sweeps.find(({ traces }) => traces.includes(chosen));
  const n = spokenFor(view, sweep);
  const many = view.layers.length > 1;
  const where = many ? ` in ${view.layers[n].label}` : "";
  const said = { t: sweep.end.t, norm: normAt(view, n, sweep.end.t), where };
  return `${lossWords(view, run.from)} ${ENDS[sweep.end.why](view, run, sweep, said, n)}`;
}

const ENDS = {
  nothing: (view, run, sweep, { where }) => `No gradient that can be drawn${where}.`,
  broken: (view, run, sweep, { t, where }) =>
    `Blown up at t = ${t + 1}${where}: the gradient is not a finite number from there on.`,
  below: (view, run, sweep, { t, norm }) => {
    const every = sweep.traces.length > 1 ? " in every layer" : "";
    const away = Math.abs(run.from - t);
    const far = away ? `, ${away} ${away === 1 ? "step" : "steps"} from its start` : "";
    return `Died out at t = ${t + 1}${far}: ‖∂L/∂h‖ = ${norm}, and below 10⁻⁸ from there on${every}.`;
  },
  cut: (view, run, sweep, { t, norm }, n) => {
    const beyond = sweep.reverse ? t + 1 : t - 1;
    return `Stopped at t = ${t + 1}, where k = ${run.k} cuts: ‖∂L/∂h‖ = ${norm}. Beyond the cut ` +
      `the full gradient has ${normAt(view, n, beyond)} at t = ${beyond + 1}.`;
  },
  edge: (view, run, sweep, { t, norm, where }, n) =>
    `Came to t = ${t + 1}${where}: ‖∂L/∂h‖ = ${norm}${ratio(view, n, sweep.steps[0], t)}.`,
};

/* The norm at the end against that at the start, where both are numbers. */
function ratio(view, n, from, to) {
  const [first, last] = [from, to].map((t) => view.arrays.gradient[n * view.steps + t]);
  if (from === to || !Number.isFinite(first) || !Number.isFinite(last)) return "";
  return `, ${gradientNorm(last - first, 0)} times that at t = ${from + 1}`;
}
