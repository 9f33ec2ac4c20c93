// The network as it is written down, before it is unrolled: one box a layer, each with its loop.
import { drawEdge } from "./edges.js";

const LINE = 1.6; // px: these edges stand for all steps, so their width carries no number

/** Draws x, the layers, o and the sign that says "unrolled, this is". */
export function drawFolded(context, x, look) {
  const { plan, theme, sizes } = x;
  const middle = plan.left * 0.4;
  const top = Math.min(...plan.nodes.map((node) => node.y));
  const low = Math.max(...plan.nodes.map((node) => node.y)) + plan.tall;
  context.textAlign = "center";
  context.textBaseline = "middle";
  drawBoxes(context, x, middle, look);
  for (const joint of joints(plan, middle, top, low)) {
    drawEdge(context, joint, {
      colour: theme.weights[joint.kind],
      width: LINE,
      back: look.back,
      lit: look.lit === joint.kind,
      dim: look.lit !== null && look.lit !== joint.kind,
    });
  }
  context.fillStyle = theme.text;
  context.font = `italic ${plan.token}px serif`;
  context.fillText("x", middle, plan.bottom + plan.token / 2 + 6);
  context.fillText("o", middle, plan.small + plan.token / 2 + 5);
  context.fillStyle = theme.muted;
  context.font = `${1.5 * sizes.base}px ${theme.font}`;
  context.fillText("=", plan.left - 10 * sizes.scale, (top + low) / 2);
}

function drawBoxes(context, { plan, view, theme, sizes }, middle, look) {
  const many = view.layers.length > 1;
  const wide = plan.left * (many ? 0.58 : 0.36);
  view.layers.forEach((layer, n) => {
    const { y } = plan.nodes[n];
    const loop = { right: middle + wide / 2, y: y + plan.tall / 2, reverse: layer.reverse };
    drawLoop(context, loop, plan.tall, theme.weights.hh, sizes.scale, look.lit);
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

/* From the box back into the box; a reverse layer's arrow ends above, a forward one's below. */
function drawLoop(context, { right, y, reverse }, tall, colour, scale, lit) {
  const far = right + 18 * scale;
  const half = Math.min(tall * 0.3, 11 * scale);
  context.globalAlpha = lit !== null && lit !== "hh" ? 0.13 : 1;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = lit === "hh" ? LINE + 1.5 : LINE;
  context.beginPath();
  context.moveTo(right, y - half);
  context.bezierCurveTo(far, y - half * 1.6, far, y + half * 1.6, right, y + half);
  context.stroke();
  const tip = reverse ? y - half : y + half;
  context.beginPath();
  context.moveTo(right, tip);
  context.lineTo(right + 7, tip - 5);
  context.lineTo(right + 7.5, tip + 4);
  context.fill();
  context.globalAlpha = 1;
}
