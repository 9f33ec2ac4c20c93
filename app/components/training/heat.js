// The gradient's norm at every time step of the window, over training: colours on a log scale.
import { level, ramp } from "../shared/colours.js";
import { sized } from "../shared/dom.js";
import { clamp, tenTo } from "../shared/format.js";
import { drawSteps, plotPlan } from "./plot.js";

/** Training steps between which each column is drawn: half way to its neighbours. Pure. */
export function columnEdges(steps) {
  const edges = [];
  for (let at = 1; at < steps.length; at++) edges.push((steps[at - 1] + steps[at]) / 2);
  if (!steps.length) return edges;
  const first = edges.length ? edges[0] - steps[0] : 0.5;
  const last = edges.length ? steps[steps.length - 1] - edges[edges.length - 1] : 0.5;
  return [Math.max(0, steps[0] - first), ...edges, steps[steps.length - 1] + last];
}

/**
 * The colours of all px columns as an image: the last time step on top.
 * @returns {{data: Uint8ClampedArray, wide: number, holes: boolean}}
 */
export function heatPixels({ steps, log10, window: rows }, wide, stepAt, [low, high], lut) {
  const data = new Uint8ClampedArray(4 * wide * rows);
  const edges = columnEdges(steps);
  let [column, holes] = [0, false];
  for (let px = 0; px < wide && steps.length; px++) {
    const step = stepAt(px + 0.5);
    if (step < edges[0] || step > edges[edges.length - 1]) continue;
    while (column < steps.length - 1 && step > edges[column + 1]) column += 1;
    for (let row = 0; row < rows; row++) {
      const value = log10[column * rows + row];
      const shade = 3 * level(value, low, high);
      const to = 4 * ((rows - 1 - row) * wide + px);
      holes ||= Number.isNaN(value);
      for (let part = 0; part < 3; part++) data[to + part] = lut[shade + part];
      data[to + 3] = 255;
    }
  }
  return { data, wide, holes };
}

/** Draws the picture; its axis of training steps is the one of the perplexity above it. */
export function drawHeat(x, width, height, gutter) {
  const { view, parts, theme, sizes, ranges } = x;
  const context = sized(parts.heat.base, width, height);
  const plan = plotPlan(width, height, sizes, ranges.steps, gutter);
  const rows = view.per_step.window;
  plan.rowAt = (y) => {
    const place = (plan.bottom - y) / (plan.bottom - plan.top);
    return clamp(Math.floor(place * rows), 0, rows - 1);
  };
  plan.rowY = (row) => plan.bottom - ((row + 0.5) / rows) * (plan.bottom - plan.top);
  x.plans.heat = plan;
  const ratio = window.devicePixelRatio || 1;
  const wide = Math.max(1, Math.round((plan.right - plan.left) * ratio));
  const { data, holes } = heatPixels(
    view.per_step, wide, (px) => plan.stepAt(plan.left + px / ratio), ranges.heat, theme.heat);
  x.image ??= document.createElement("canvas");
  x.image.width = wide;
  x.image.height = rows;
  x.image.getContext("2d").putImageData(new ImageData(data, wide, rows), 0, 0);
  context.imageSmoothingEnabled = rows > (plan.bottom - plan.top) * ratio;
  context.drawImage(x.image, plan.left, plan.top, plan.right - plan.left, plan.bottom - plan.top);
  drawSteps(context, plan, x);
  nameRows(context, plan, rows, x);
  const [low, high] = ranges.heat;
  parts.scale.low.textContent = tenTo(low);
  parts.scale.high.textContent = tenTo(high);
  parts.scale.ramp.style.backgroundImage = ramp(theme.heat);
  parts.notFinite.hidden = !holes;
  parts.heat.base.setAttribute(
    "aria-label",
    `Norm of the gradient at each of ${rows} time steps of the window (the last on top) over ` +
      `training steps, as colours from ${tenTo(low)} to ${tenTo(high)}`,
  );
}

function nameRows(context, plan, rows, { theme, sizes }) {
  context.font = `${sizes.small}px ${theme.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = theme.muted;
  const half = 0.55 * sizes.small;
  const names = rows > 1 ? [0, rows - 1] : [0];
  if (rows > 7) names.push(Math.round(rows / 2) - 1);
  for (const row of names) {
    const y = clamp(plan.rowY(row), plan.top + half, plan.bottom - half);
    context.fillText(`t = ${row + 1}`, plan.left - 6, y);
  }
  context.textAlign = "left";
  const right = plan.right + 9;
  const room = plan.width - right;
  if (room < 3 * sizes.small) return;
  context.fillText("last time step", right, plan.top + half, room);
  context.fillText("of the window", right, plan.top + half + 1.2 * sizes.small, room);
  context.fillText("first time step", right, plan.bottom - half, room);
}
