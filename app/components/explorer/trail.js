// What a run has drawn so far: the parts of each edge and node that are there. Pure.
import { arrived, crossed } from "./backward.js";
import { appeared } from "./forward.js";

/**
 * How much of everything is there while the network reads or the gradient runs back.
 * @param {{film: object, view: object, state: object, plan: object, still: object}} x
 * @returns null where all is there; else functions of an edge, a node and a prediction that give
 *   shares from 0 to 1, and `tinted`: whether colours are those of the gradient's scale
 */
export function trail({ film, view, state, plan, still }) {
  const { run } = film;
  if (!run) return null;
  const { levels } = plan;
  const level = (n) => (n >= 0 ? view.layers[n].level : 0);
  if (run.kind === "forward") {
    const done = still.matches ? 1 : run.done;
    const ahead = plan.both ? 1 : 0; // two directions have read what lies ahead
    const share = (part, n, t) =>
      t < state.cursor ? 1 : t > state.cursor ? ahead : appeared(part, level(n), levels, done);
    return {
      tinted: false,
      edge: ({ kind, n, t }) => share(kind, n, t),
      node: (t, n) => share("node", n, t),
      guess: (t) => share("guess", -1, t),
      ring: () => false,
    };
  }
  const position = run.at + (still.matches ? 1 : run.done);
  return {
    tinted: true,
    edge: (edge) => crossed(run.way, edge, level(edge.n), levels, position),
    node: () => 1,
    guess: () => 1,
    ring: (t, n) => arrived(run.way, n, t, position),
  };
}
