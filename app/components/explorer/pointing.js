// What lies under the pointer in the unrolled diagram, and its words for the tooltip.
import { number, probability } from "../shared/format.js";
import { quoted } from "../shared/words.js";
import { edgeAt, edgeWords } from "./edges.js";

/** The step whose column holds px, or null. */
function columnAt({ plan, start, view, shape, state }, px) {
  if (shape.amount) {
    return shape.amount === 1 && Math.abs(px - shape.home) < shape.wide ? state.cursor : null;
  }
  const t = Math.floor((px - plan.left) / plan.column + start);
  return px < plan.left || t < 0 || t >= view.steps ? null : t;
}

/** The unit of a node's grid under the point: {n, t, unit}, or null. */
export function unitAt(x, px, py) {
  const { shape, grid, view } = x;
  const t = columnAt(x, px);
  if (t === null) return null;
  const centre = shape.centre(t);
  for (const [n, node] of shape.nodes.entries()) {
    const across = (px - (centre + node.shift - shape.wide / 2)) / shape.wide;
    const down = (py - node.y) / shape.tall;
    if (across < 0 || across >= 1 || down < 0 || down >= 1) continue;
    const unit = Math.floor(across * grid.columns) * grid.rows + Math.floor(down * grid.rows);
    return unit < view.units ? { n, t, unit } : null;
  }
  return null;
}

/** The edge under the point, or null; left of the unrolled network, one of the folded one. */
export function edgeUnder({ plan, edges, symbols, shape }, px, py) {
  if (shape.amount > 0 && shape.amount < 1) return null;
  return edgeAt(shape.amount || px > plan.left ? edges : symbols, px, py, 7);
}

/** The tooltip's words; empty where there is nothing to say. */
export function diagramWords(x, px, py) {
  const { view, plan, state } = x;
  const found = unitAt(x, px, py);
  if (found) {
    const { n, t, unit } = found;
    const value = view.arrays.hidden[(n * view.steps + t) * view.units + unit];
    const where = view.layers.length > 1 ? `, ${view.layers[n].label}` : "";
    return `h of unit ${unit + 1}${where}, t = ${t + 1}: ${number(value)}`;
  }
  const t = columnAt(x, px);
  if (t !== null && py < plan.top) {
    const p = view.arrays.top_probability[t * view.kept];
    const best = view.vocabulary[view.arrays.top[t * view.kept]];
    return `after t = ${t + 1} most likely: ${quoted(best, view.kind, 24)}, probability ${probability(p)}`;
  }
  if (t !== null && py > plan.bottom + 4) {
    return `t = ${t + 1}: reads ${quoted(view.inputs[t], view.kind, 24)}`;
  }
  const edge = edgeUnder(x, px, py);
  return edge ? edgeWords(view, edge, state.edges === "gradient") : "";
}
