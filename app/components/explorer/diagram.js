// The network unrolled around the cursor: tokens below, layers upward, prediction on top.
import { level } from "../shared/colours.js";
import { el, sized } from "../shared/dom.js";
import { chance, short, visible } from "../shared/format.js";
import { columnEdges, drawEdge, edgeWidth, widthWords } from "./edges.js";
import { drawFolded } from "./folded.js";
import { diagramPlan, windowStart } from "./layout.js";
import { layerIndex } from "./unpack.js";
import { seen } from "./veil.js";

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

/** Draws the window of steps that begins at the real number `start`. */
export function drawDiagram(x, start) {
  const { plan, view, state } = x;
  const context = sized(x.parts.diagram.canvas, plan.width, plan.height);
  const back = state.edges === "gradient";
  const look = { back, lit: state.lit ?? state.held };
  x.edges = [];
  drawFolded(context, x, look);
  context.save();
  context.beginPath();
  context.rect(plan.left, 0, plan.room, plan.height);
  context.clip();
  const centre = (t) => plan.left + (t - start + 0.5) * plan.column;
  drawCursor(context, x, centre(state.cursor));
  const first = Math.max(0, Math.floor(start) - 1);
  const last = Math.min(seen(x) - 1, Math.ceil(start + plan.shown) + 1);
  for (let t = first; t <= last; t++) {
    for (const edge of columnEdges(view, plan, t, centre(t), back)) {
      paintEdge(context, x, edge, look);
      x.edges.push(edge);
    }
  }
  for (let t = first; t <= last; t++) drawColumn(context, x, t, centre(t), look);
  context.restore();
}

function paintEdge(context, { view, theme, sizes }, edge, { back, lit }) {
  drawEdge(context, edge, {
    colour: theme.weights[edge.kind],
    width: edgeWidth(edge.value, back, view.thickest, sizes.scale),
    back,
    lit: lit === edge.kind,
    dim: lit !== null && lit !== edge.kind,
  });
}

function drawCursor(context, { plan, theme }, centre) {
  const half = plan.column / 2 - 2;
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

function drawColumn(context, x, t, centre, { lit }) {
  const { plan, view, theme, state, grid } = x;
  const chosen = layerIndex(view);
  context.imageSmoothingEnabled = false;
  plan.nodes.forEach((node, n) => {
    const left = Math.round(centre + node.shift - plan.wide / 2);
    const top = Math.round(node.y);
    const [wide, tall] = [Math.round(plan.wide), Math.round(plan.tall)];
    context.globalAlpha = lit ? 0.45 : 1;
    const from = t * grid.columns;
    context.fillStyle = theme.ground;
    context.fillRect(left, top, wide, tall);
    context.drawImage(x.atlases[n], from, 0, grid.columns, grid.rows, left, top, wide, tall);
    context.strokeStyle = t === state.cursor && n === chosen ? theme.text : theme.faint;
    context.lineWidth = t === state.cursor && n === chosen ? 1.8 : 1;
    context.strokeRect(left - 0.5, top - 0.5, wide + 1, tall + 1);
    context.globalAlpha = 1;
  });
  if (plan.both) drawJoins(context, x, centre);
  drawWords(context, x, t, centre);
}

/* Grey lines without weights: the two directions of a level are put side by side. */
function drawJoins(context, { plan, theme }, centre) {
  context.strokeStyle = theme.faint;
  context.lineWidth = 1.2;
  context.beginPath();
  for (const node of plan.nodes) {
    context.moveTo(centre + node.shift, node.y);
    context.lineTo(centre + node.shift, plan.bus(node.level));
    context.lineTo(centre, plan.bus(node.level));
  }
  context.stroke();
}

function drawWords(context, x, t, centre) {
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
  write(chance(p), small / 2 + 3, small, theme.muted, 400);
  write(short(best, most), small + token / 2 + 5, token, theme.text, 600);
  write(short(view.inputs[t], most), plan.bottom + token / 2 + 6, token, theme.text, 600);
  const [colour, weight] = t === state.cursor ? [theme.text, 700] : [theme.muted, 400];
  write(String(t + 1), plan.height - small / 2 - 3, small, colour, weight);
}

/** The heading and the caption. */
export function captionDiagram({ parts, state, view }) {
  const { heading, how, flow, weights } = parts.diagram;
  heading.textContent = `Unrolled around t = ${state.cursor + 1}`;
  const back = state.edges === "gradient";
  for (const key of ["forward", "gradient"]) {
    flow[key].setAttribute("aria-pressed", String(state.edges === key));
  }
  for (const key of Object.keys(weights)) {
    weights[key].setAttribute("aria-pressed", String(state.held === key));
  }
  const units = view.units === 1 ? "the one unit" : `all ${view.units} units`;
  const grey = view.odd ? " (grey: not a number)" : "";
  how.textContent =
    `Same colour, same weights. A box: ${units}${grey}. Line ${widthWords(back, view.thickest)}.`;
}

/** Words for a screen reader. */
export function diagramLabel({ view, state }) {
  const best = view.vocabulary[view.arrays.top[state.cursor * view.kept]];
  return `Network unrolled around step ${state.cursor + 1}, reading ${visible(
    view.inputs[state.cursor],
  )}, most likely next ${visible(best)}`;
}

/** Where the diagram's window should begin. */
export function diagramGoal({ plan, state, view }) {
  return windowStart(state.cursor, plan.shown, view.steps);
}
