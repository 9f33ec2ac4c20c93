// The network as it is written down, before it is unrolled: one box a layer, each with its loop.
import { drawEdge } from "./edges.js";
import { outputLetter } from "./letters.js";
import { loopCurve, upright } from "./unfold.js";

const LINE = 1.6; // px: these edges stand for all steps, so their width carries no number

/**
 * Draws x, the layers, o and the sign that says "unrolled, this is". While the network folds, this
 * picture goes to where the columns run together, and gives way to them.
 * @returns its edges, for the pointer
 */
export function drawFolded(context, x, look) {
  const { plan, theme, sizes, shape } = x;
  const alpha = (1 - shape.amount) ** 2;
  if (alpha < 0.01) return [];
  const middle = (1 - shape.amount) * plan.left * 0.4 + shape.amount * shape.home;
  const top = Math.min(...plan.nodes.map((node) => node.y));
  const low = Math.max(...plan.nodes.map((node) => node.y)) + plan.tall;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const edges = [...loops(x, middle), ...joints(plan, middle, top, low)];
  for (const edge of edges) {
    drawEdge(context, edge, {
      colour: theme.weights[edge.kind],
      width: LINE,
      back: look.back,
      lit: look.lit === edge.kind,
      dim: look.lit !== null && look.lit !== edge.kind,
      alpha,
    });
  }
  context.globalAlpha = alpha;
  drawBoxes(context, x, middle);
  context.fillStyle = theme.text;
  context.font = `italic ${plan.token}px serif`;
  context.fillText("x", middle, plan.bottom + plan.token / 2 + 6);
  context.fillText(outputLetter(x.view), middle, plan.small + plan.token / 2 + 5);
  context.fillStyle = theme.muted;
  context.globalAlpha = alpha ** 4;
  context.font = `${1.5 * sizes.base}px ${theme.font}`;
  context.fillText("=", plan.left - 10 * sizes.scale, (top + low) / 2);
  context.globalAlpha = 1;
  for (const edge of edges) if (edge.curve) upright(edge);
  return edges;
}

/**
 * How often the loops have been passed when step t is read: a layer that reads from the end comes to
 * it later. One line a direction; pure.
 */
export function loopWords({ layers, steps }, t) {
  const count = (done) => `round ${done} of ${steps}`;
  const ways = [
    [layers.some(({ reverse }) => !reverse), t + 1, "→"],
    [layers.some(({ reverse }) => reverse), steps - t, "←"],
  ].filter(([there]) => there);
  const signed = ways.length > 1;
  return ways.map(([, done, sign]) => `${signed ? `${sign} ` : ""}${count(done)},`);
}

function boxWidth({ plan, view }) {
  return plan.left * (view.layers.length > 1 ? 0.58 : 0.36);
}

/* From each box back into it; a reverse layer's arrow ends above, a forward one's below. */
function loops(x, middle) {
  const { plan, view, sizes } = x;
  const right = middle + boxWidth(x) / 2;
  return view.layers.map(({ reverse }, n) => {
    const y = plan.nodes[n].y + plan.tall / 2;
    return { kind: "hh", n, curve: loopCurve(right, y, plan.tall, sizes.scale, reverse) };
  });
}

function drawBoxes(context, x, middle) {
  const { plan, view, theme } = x;
  const many = view.layers.length > 1;
  const wide = boxWidth(x);
  view.layers.forEach((layer, n) => {
    const { y } = plan.nodes[n];
    context.beginPath();
    context.roundRect(middle - wide / 2, y, wide, plan.tall, Math.min(7, plan.tall / 3));
    context.fillStyle = theme.ground;
    context.fill();
    const chosen = many && layer.name === view.layer;
    context.strokeStyle = chosen || !many ? theme.text : theme.muted;
    context.lineWidth = chosen ? 1.8 : 1.1;
    context.stroke();
    context.fillStyle = theme.text;
    context.font = many ? `${plan.small}px ${theme.font}` : `italic ${plan.token}px serif`;
    context.fillText(many ? layer.label : "h", middle, y + plan.tall / 2 + 1, wide - 4);
  });
}

/* The straight edges: into the lowest level, from level to level, out of the highest. */
function joints(plan, middle, top, low) {
  const edge = (kind, y0, y1) => ({ kind, x0: middle, x1: middle, y0, y1 });
  const between = [];
  for (let level = 1; level < plan.levels; level++) {
    const ys = (wanted) => plan.nodes.filter((node) => node.level === wanted).map(({ y }) => y);
    between.push(edge("xh", Math.min(...ys(level - 1)), Math.max(...ys(level)) + plan.tall));
  }
  return [edge("xh", plan.bottom + 3, low), ...between, edge("hq", top, plan.top + 4)];
}
