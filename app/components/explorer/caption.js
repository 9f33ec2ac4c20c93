// The diagram in words: its heading, the sentence under it, its label for a screen reader.
import { alone, isolated } from "../shared/signs.js";
import { endWords, passingWords } from "./backward.js";
import { widthWords } from "./edges.js";
import { readingWords } from "./forward.js";
import { windowOf } from "./state.js";

/** The heading, the pressed buttons and the words of the controls. */
export function captionDiagram(x) {
  const { parts, state, film } = x;
  const { flow, weights, fold } = parts.diagram;
  headDiagram(x);
  for (const key of ["forward", "gradient"]) {
    flow[key].setAttribute("aria-pressed", String(state.edges === key));
  }
  for (const key of Object.keys(weights)) {
    weights[key].setAttribute("aria-pressed", String(state.held === key));
  }
  fold.textContent = film.folded ? "Unfold" : "Fold";
  fold.setAttribute("aria-pressed", String(film.folded));
  for (const name of ["origin", "window"]) parts.diagram[name].max = String(x.view.steps);
  captionRun(x);
}

/** Where the diagram stands. */
export function headDiagram({ parts, state, film }) {
  const words = film.folded ? "Folded, at" : "Unrolled around";
  parts.diagram.heading.textContent = `${words} t = ${state.cursor + 1}`;
}

/** The sentence under the diagram; what a run has to say stands in place of how to read it. */
export function captionRun(x) {
  const { how, backward } = x.parts.diagram;
  const run = x.film.run;
  const words = run ? runWords(x, run) : howWords(x);
  if (how.textContent !== words) how.textContent = words;
  const moving = run?.kind === "backward" && run.moving;
  const label = moving ? "❚❚ Pause" : x.film.waiting !== null ? "◀ Waiting …" : "◀ Run back";
  if (backward.textContent !== label) backward.textContent = label;
  const { root } = x.parts;
  const word = run ? `${run.kind} ${run.moving ? "moving" : run.ended ? "ended" : "paused"}` : "";
  if (root.dataset.run !== word) root.dataset.run = word;
}

function runWords({ view, state, still }, run) {
  if (run.kind === "forward") return readingWords(view, state.cursor, still.matches ? 1 : run.done);
  const full = run.way.k ? " All numbers are the full gradient's." : "";
  if (run.ended) return endWords(view, run.way) + full;
  return passingWords(view, run.way, run.way.frames[run.at]) + full;
}

function howWords({ view, state }) {
  const back = state.edges === "gradient";
  const units = view.units === 1 ? "the one unit" : `all ${view.units} units`;
  const grey = view.odd ? " (grey: not a number)" : "";
  const words =
    `Same colour, same weights. A box: ${units}${grey}. Line ${widthWords(back, view.thickest)}.`;
  if (!windowOf(state)) return words;
  return `${words} Window: where truncated backpropagation would cut; the numbers are the full ` +
    "gradient's.";
}

/** What a run that has ended has to say to a screen reader; else nothing. */
export function runNews({ film, view }) {
  return film.run?.ended ? `${endWords(view, film.run.way)} ` : "";
}

/** Words for a screen reader. */
export function diagramLabel({ view, state, film }) {
  const best = view.vocabulary[view.arrays.top[state.cursor * view.kept]];
  const words = film.folded ? "Network folded into its loop, at" : "Network unrolled around";
  return `${words} step ${state.cursor + 1}, reading ${isolated(
    alone(view.inputs[state.cursor], 24),
  )}, most likely next ${isolated(alone(best, 24))}`;
}
