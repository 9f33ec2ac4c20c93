// The network unrolled around the cursor: tokens below, layers upward, prediction on top.
import { css, level } from "../shared/colours.js";
import { el, sized } from "../shared/dom.js";
import { chance } from "../shared/format.js";
import { alone } from "../shared/signs.js";
import { gradientShare } from "./backward.js";
import { captionRun } from "./caption.js";
import { columnEdges, drawEdge, edgeWidth } from "./edges.js";
import { drawFolded, loopWords } from "./folded.js";
import { diagramPlan, windowStart } from "./layout.js";
import { trail } from "./trail.js";
import { drawWindow } from "./truncated.js";
import { bend, drawnSteps, folding } from "./unfold.js";
import { layerIndex } from "./unpack.js";
import { seen } from "./veil.js";

const CLOSE = 26; // px between levels under which the frames of two would touch

/** Rows and columns of the little grid that holds a node's H units. */
export function nodeGrid(units, wide, tall) {
  const columns = Math.max(1, Math.min(units, Math.round(Math.sqrt((units * wide) / tall))));
  const rows = Math.ceil(units / columns);
  return { columns: Math.ceil(units / rows), rows };
}

/** Sizes and node pictures; when data, size or theme changed. */
export function layDiagram(x, width, height) {
  x.plan = diagramPlan(width, height, x.sizes, x.view);
  x.grid = nodeGrid(x.view.units, x.plan.wide, x.plan.tall);
  x.atlases = x.view.layers.map((_, n) => atlas(x, n));
}

/* All nodes of one layer trace side by side, one pixel a unit. */
function atlas({ view, theme, grid }, n) {
  const { columns, rows } = grid;
  const canvas = el("canvas");
  canvas.width = columns * view.steps;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, rows);
  const [low, high] = view.hiddenRange[n];
  for (let t = 0; t < view.steps; t++) {
    const from = (n * view.steps + t) * view.units;
    for (let unit = 0; unit < view.units; unit++) {
      const row = 3 * level(view.arrays.hidden[from + unit], low, high);
      const at = 4 * ((unit % rows) * canvas.width + t * columns + Math.floor(unit / rows));
      image.data[at] = theme.states[row];
      image.data[at + 1] = theme.states[row + 1];
      image.data[at + 2] = theme.states[row + 2];
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Draws the window of steps that begins at the real number `start`, folded as far as it is. */
export function drawDiagram(x, start) {
  const { plan, state, film } = x;
  const context = sized(x.parts.diagram.canvas, plan.width, plan.height);
  const back = state.edges === "gradient";
  const look = { back, lit: state.lit ?? state.held, trail: trail(x) };
  const { amount } = film;
  x.shape = folding(plan, amount, start);
  x.symbols = drawFolded(context, x, look);
  x.edges = [];
  context.save();
  context.beginPath();
  context.rect(amount ? 0 : plan.left, 0, amount ? plan.width : plan.room, plan.height);
  context.clip();
  drawCursor(context, x);
  if (amount === 1) drawSteps(context, x);
  const steps = drawnSteps(plan, amount, start, seen(x), state.cursor);
  const alpha = (t) => (t === state.cursor ? 1 : 1 - amount ** 3);
  for (const t of steps) drawEdges(context, x, t, look, alpha(t));
  for (const t of steps) drawColumn(context, x, t, look, alpha(t));
  if (amount === 0) drawWindow(context, x);
  context.restore();
  captionRun(x);
}

/* Beside the loop: how often it has been passed. */
function drawSteps(context, { plan, shape, theme, sizes, view, state }) {
  const far = shape.home + shape.dx * 2 + shape.wide / 2 + 30 * sizes.scale;
  context.font = `${plan.small}px ${theme.font}`;
  context.fillStyle = theme.muted;
  context.textAlign = "left";
  context.textBaseline = "middle";
  const room = plan.width - far - 4;
  const long = "the same weights each time";
  const short = context.measureText(long).width > room;
  const lines = [...loopWords(view, state.cursor), ...(short ? ["the same weights", "each time"] : [long])];
  const first = shape.nodes[0].y + shape.tall / 2 - 0.7 * plan.small * (lines.length - 1);
  lines.forEach((line, at) => context.fillText(line, far, first + 1.4 * plan.small * at, room));
}

function drawEdges(context, x, t, look, alpha) {
  const { view, shape, sizes } = x;
  const centre = shape.centre(t);
  for (const edge of columnEdges(view, shape, t, centre, look.back)) {
    if (shape.amount && edge.kind === "hh") {
      bend(edge, shape, centre, view.layers[edge.n].reverse, sizes.scale);
    }
    paintEdge(context, x, edge, look, alpha);
    if (alpha > 0.5) x.edges.push(edge);
  }
}

function paintEdge(context, { view, theme, sizes }, edge, { back, lit, trail: run }, alpha) {
  const part = run ? run.edge(edge) : 1;
  const style = {
    colour: theme.weights[edge.kind],
    width: edgeWidth(edge.value, back, view.thickest, sizes.scale),
    back,
    lit: lit === edge.kind,
    dim: lit !== null && lit !== edge.kind,
    alpha,
  };
  if (run?.tinted && (part < 1 || !(edge.value > 0))) {
    drawEdge(context, edge, { ...style, width: 0, dim: !style.lit }); // no gradient, or not yet
    if (!(edge.value > 0)) return;
  }
  if (part === 0) return;
  if (run?.tinted) style.colour = gradientColour(theme, Math.log10(edge.value));
  drawEdge(context, edge, { ...style, part });
}

function drawCursor(context, { plan, theme, shape, state }) {
  const centre = shape.centre(state.cursor);
  const grown = shape.dx * (shape.wide / plan.wide) + shape.wide / 2 + 6;
  const half = Math.max(plan.column / 2 - 2, shape.amount * grown);
  context.beginPath();
  context.roundRect(centre - half, 1, 2 * half, plan.height - 2, 7);
  context.globalAlpha = theme.dark ? 0.2 : 0.1;
  context.fillStyle = theme.cursor;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = theme.cursor;
  context.lineWidth = 1.6;
  context.stroke();
}

function drawColumn(context, x, t, look, alpha) {
  const { shape, grid } = x;
  const run = look.trail;
  const centre = shape.centre(t);
  context.imageSmoothingEnabled = false;
  shape.nodes.forEach((node, n) => {
    const left = Math.round(centre + node.shift - shape.wide / 2);
    const box = [left, Math.round(node.y), Math.round(shape.wide), Math.round(shape.tall)];
    const faded = (look.lit ? 0.45 : 1) * alpha;
    context.globalAlpha = alpha;
    context.fillStyle = x.theme.ground;
    context.fillRect(...box);
    context.globalAlpha = faded * (run ? run.node(t, n) : 1);
    context.drawImage(x.atlases[n], t * grid.columns, 0, grid.columns, grid.rows, ...box);
    context.globalAlpha = faded;
    drawFrame(context, x, t, n, box, run);
    context.globalAlpha = 1;
  });
  if (shape.both) drawJoins(context, x, centre, alpha);
  drawWords(context, x, t, centre, (1 - shape.amount) ** 2, run ? run.guess(t) : 1);
}

/* The frame of a node: the chosen one's is strong; one that the gradient has come to shows it. */
function drawFrame(context, { view, theme, state, sizes, plan }, t, n, [left, top, wide, tall], run) {
  const here = t === state.cursor && n === layerIndex(view);
  context.strokeStyle = here ? theme.text : theme.faint;
  context.lineWidth = here ? 1.8 : 1;
  context.strokeRect(left - 0.5, top - 0.5, wide + 1, tall + 1);
  const at = n * view.steps + t;
  if (!run?.ring(t, n) || view.arrays.gradient_flags[at] !== 0) return;
  const size = view.arrays.gradient[at];
  const gap = plan.bottom - Math.max(...plan.nodes.map((node) => node.y + plan.tall));
  const thick = edgeWidth(10 ** size, true, 1, sizes.scale) * Math.min(1, gap / CLOSE);
  context.strokeStyle = gradientColour(theme, size);
  context.lineWidth = thick;
  const out = thick / 2 + 0.5;
  context.strokeRect(left - out, top - out, wide + 2 * out, tall + 2 * out);
}

/* Further from the ground is stronger, on the absolute scale of the widths; the least still shows. */
function gradientColour(theme, log10) {
  return css(theme.magnitude, level(0.2 + 0.8 * gradientShare(log10), 0, 1));
}

/* Grey lines without weights: the two directions of a level are put side by side. */
function drawJoins(context, { shape: plan, theme }, centre, alpha) {
  context.globalAlpha = alpha;
  context.strokeStyle = theme.faint;
  context.lineWidth = 1.2;
  context.beginPath();
  for (const node of plan.nodes) {
    context.moveTo(centre + node.shift, node.y);
    context.lineTo(centre + node.shift, plan.bus(node.level));
    context.lineTo(centre, plan.bus(node.level));
  }
  context.stroke();
  context.globalAlpha = 1;
}

function drawWords(context, x, t, centre, others, guess) {
  const { plan, view, theme, state } = x;
  const { small, token } = plan;
  const most = Math.max(2, Math.floor((0.95 * plan.column) / (0.58 * token)));
  const write = (text, y, size, colour, weight) => {
    context.font = `${weight} ${size}px ${theme.font}`;
    context.fillStyle = colour;
    context.fillText(text, centre, y, plan.column - 4);
  };
  context.textAlign = "center";
  context.textBaseline = "middle";
  const best = view.vocabulary[view.arrays.top[t * view.kept]];
  const p = view.arrays.top_probability[t * view.kept];
  const alpha = t === state.cursor ? 1 : others;
  context.globalAlpha = alpha * guess;
  write(chance(p), small / 2 + 3, small, theme.muted, 400);
  write(alone(best, most), small + token / 2 + 5, token, theme.text, 600);
  context.globalAlpha = alpha;
  write(alone(view.inputs[t], most), plan.bottom + token / 2 + 6, token, theme.text, 600);
  const [colour, weight] = t === state.cursor ? [theme.text, 700] : [theme.muted, 400];
  write(String(t + 1), plan.height - small / 2 - 3, small, colour, weight);
  context.globalAlpha = 1;
}

/** Where the diagram's window should begin. */
export function diagramGoal({ plan, state, view }) {
  return windowStart(state.cursor, plan.shown, view.steps);
}
