// The unrolled diagram's edges: which there are, how thick they are, how they are drawn and found.
import { clamp, gradientNorm, number, significant } from "../shared/format.js";
import { beginning } from "./unfold.js";

/** log10 of the gradient norm drawn as a hairline. */
export const FLOOR = -8;
/** And as the thickest line: absolute, the same for every network. */
export const CEILING = 1;
const THIN = 0.8;
const THICK = 6.5;

/** The width in px of an edge that carries `value`, or 0 for a dashed one. */
export function edgeWidth(value, back, thickest, scale) {
  if (!(value > 0) || !Number.isFinite(value)) return 0;
  const share = back
    ? (Math.log10(value) - FLOOR) / (CEILING - FLOOR)
    : value / Math.max(thickest, 1e-300);
  return (THIN + (THICK - THIN) * clamp(share, 0, 1)) * Math.min(scale, 1.3);
}

/** The sentence that states the scale of the edges' widths. */
export function widthWords(back, thickest) {
  return back
    ? "width: log10 of the gradient norm, from ≤ 10⁻⁸ to ≥ 10; dashed: 0 or no number"
    : `width: norm of what it carries, thickest ${significant(thickest)}; dashed: 0 or no number`;
}

/** All edges of one step's column whose node centre stands at x, the next column at x + column. */
export function columnEdges(view, plan, t, x, back) {
  const { arrays, steps, layers } = view;
  const carried = back ? arrays.edges_gradient : arrays.edges_forward;
  const edges = [];
  const add = (kind, n, x0, y0, x1, y1, value) =>
    edges.push({ kind, n, t, x0, y0, x1, y1, value });
  const tokens = plan.bottom + 3;
  plan.nodes.forEach((node, n) => {
    const at = 2 * (n * steps + t);
    const centre = x + node.shift;
    const from = node.level === 0 ? tokens : source(plan, node.level);
    add("xh", n, centre, from, centre, node.y + plan.tall, carried[at]);
    const side = layers[n].reverse ? 1 : -1;
    const neighbour = x + side * plan.column + node.shift;
    const y = node.y + plan.tall / 2;
    const half = plan.wide / 2;
    add("hh", n, neighbour - side * half, y, centre + side * half, y, carried[at + 1]);
  });
  const head = back ? arrays.head_gradient[t] : arrays.head_forward[t];
  add("hq", -1, x, source(plan, plan.levels), x, plan.top + 4, head);
  return edges;
}

/* Where an edge into a level begins: at the node below, or at the bar that joins two directions. */
function source(plan, levelAbove) {
  if (plan.both) return plan.bus(levelAbove - 1);
  return plan.nodes.find((node) => node.level === levelAbove - 1).y;
}

/**
 * Draws one edge, its arrow in the direction the numbers flow.
 * @param edge a straight one, or one with a cubic `curve`
 * @param {object} style `part`: how much of the way the arrow has come, 0 to 1
 */
export function drawEdge(context, edge, style) {
  const { colour, width, back, lit, dim, part = 1, alpha = 1 } = style;
  const way = route(edge, back, part);
  const [end, before] = [way[way.length - 1], way[way.length - 2]];
  const length = way.reduce(
    (sum, [x, y], at) => sum + (at ? Math.hypot(x - way[at - 1][0], y - way[at - 1][1]) : 0), 0,
  );
  const run = Math.hypot(end[0] - before[0], end[1] - before[1]);
  if (length < 2 || run === 0) return;
  const [ux, uy] = [(end[0] - before[0]) / run, (end[1] - before[1]) / run];
  const head = Math.min(length * 0.6, 5 + 1.1 * width);
  context.globalAlpha = (dim ? 0.13 : 1) * alpha;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = Math.max(width, 1) + (lit ? 1.5 : 0);
  context.setLineDash(width ? [] : [3, 3]);
  context.beginPath();
  context.moveTo(...way[0]);
  if (way.length === 4) {
    const [, out, into, short] = beginning(way, 1 - (0.8 * head) / length);
    context.bezierCurveTo(...out, ...into, ...short);
  } else {
    context.lineTo(end[0] - ux * head * 0.8, end[1] - uy * head * 0.8);
  }
  context.stroke();
  context.setLineDash([]);
  const half = 2.6 + 0.62 * width;
  context.beginPath();
  context.moveTo(...end);
  context.lineTo(end[0] - ux * head - uy * half, end[1] - uy * head + ux * half);
  context.lineTo(end[0] - ux * head + uy * half, end[1] - uy * head - ux * half);
  context.fill();
  context.globalAlpha = 1;
}

/* The points of an edge as far as the arrow has come: two of a line, four of a curve. */
function route({ curve, x0, y0, x1, y1 }, back, part) {
  if (curve) {
    const way = back ? [...curve].reverse() : curve;
    return part < 1 ? beginning(way, part) : way;
  }
  const [ax, ay, bx, by] = back ? [x1, y1, x0, y0] : [x0, y0, x1, y1];
  return [[ax, ay], [ax + part * (bx - ax), ay + part * (by - ay)]];
}

/** The edge nearest to a point, or null when none is within reach. */
export function edgeAt(edges, px, py, reach) {
  let best = null;
  let nearest = reach;
  for (const edge of edges) {
    const [dx, dy] = [edge.x1 - edge.x0, edge.y1 - edge.y0];
    const along = ((px - edge.x0) * dx + (py - edge.y0) * dy) / (dx * dx + dy * dy || 1);
    const place = clamp(along, 0, 1);
    const away = Math.hypot(px - edge.x0 - place * dx, py - edge.y0 - place * dy);
    if (away < nearest) [best, nearest] = [edge, away];
  }
  return best;
}

/** What an edge carries, in words. */
export function edgeWords(view, edge, back) {
  const name = { xh: "W_xh", hh: "W_hh", hq: "W_hq" }[edge.kind];
  if (edge.t === undefined) return `${name}: the same weights at every step`;
  const layer = edge.n >= 0 && view.layers.length > 1 ? `, ${view.layers[edge.n].label}` : "";
  const where = `${name} at t = ${edge.t + 1}${layer}`;
  if (!back) {
    const carried = { xh: "‖W_xh x‖", hh: "‖W_hh h‖", hq: "‖W_hq h‖" }[edge.kind];
    return `${where}: carries ${carried} = ${number(edge.value)}`;
  }
  const flag = edge.value === 0 ? 1 : Number.isFinite(edge.value) ? 0 : 3;
  return `${where}: gradient norm back ${gradientNorm(Math.log10(edge.value), flag)}`;
}
