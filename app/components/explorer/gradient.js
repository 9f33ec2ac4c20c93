// The gradient lane: log10 of a norm per step, on an absolute axis, aligned with the heatmap.
import { timeTicks } from "../shared/axis.js";
import { el, sized } from "../shared/dom.js";
import { FLAG_WORDS, clamp, gradientNorm, tenTo } from "../shared/format.js";
import { markColumn } from "../shared/marker.js";
import { lossStep } from "./backward.js";
import { layerIndex } from "./unpack.js";
import { seen, veil } from "./veil.js";

const FLAG_SIGNS = ["", "○", "▽", "×"];

/** Draws axis, lines, fit and flagged steps; when data, size or theme changed. */
export function drawGradient(x, width, height) {
  const { view, theme, sizes, parts } = x;
  const context = sized(parts.gradient.base, width, height);
  const ticks = sizes.small + 6;
  const marks = view.arrays.gradient_flags.some((flag) => flag > 0) ? 10 : 4;
  x.lane = { width, height, top: 8, bottom: height - ticks - marks, marks, low: 0, high: 1 };
  if (view.decades) [x.lane.low, x.lane.high] = view.decades;
  x.logY = (log10) => {
    const { top, bottom, low, high } = x.lane;
    return bottom - ((log10 - low) / (high - low)) * (bottom - top);
  };
  context.font = `${sizes.small}px ${theme.font}`;
  drawAxes(context, x);
  const chosen = layerIndex(view);
  view.layers.forEach((_, n) => {
    if (n !== chosen) drawLine(context, x, n, theme.faint, 1.1);
  });
  drawFit(context, x);
  drawLine(context, x, chosen, theme.gradient, 2.2);
  const counts = drawFlags(context, x, chosen);
  captionGradient(x, counts);
}

function drawAxes(context, x) {
  const { view, axis, lane, theme, sizes } = x;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.lineWidth = 1;
  const room = (lane.bottom - lane.top) / (1.15 * sizes.small);
  const least = (lane.high - lane.low) / Math.max(room, 1);
  const jump = [1, 2, 3, 5, 10, 20, 50, 100, 200].find((each) => each >= least) ?? 500;
  const first = Math.ceil(lane.low / jump) * jump;
  for (let power = first; view.decades && power <= lane.high; power += jump) {
    const y = Math.round(x.logY(power)) + 0.5;
    context.strokeStyle = theme.hair;
    context.beginPath();
    context.moveTo(axis.left, y);
    context.lineTo(axis.right, y);
    context.stroke();
    context.fillStyle = theme.muted;
    context.fillText(tenTo(power), axis.left - 7, y);
  }
  context.textBaseline = "alphabetic";
  const ground = lane.height - 4;
  context.fillStyle = theme.muted;
  const roomTicks = (axis.right - axis.left) / (4.2 * sizes.small);
  for (const t of timeTicks(view.steps, roomTicks)) {
    // Under its point; a label at either end that would stick out is moved inside.
    const half = context.measureText(t === 0 ? "t = 1" : String(t + 1)).width / 2;
    const place = clamp(axis.centre(t), axis.left + half, axis.right - half);
    context.textAlign = "center";
    context.fillText(t === 0 ? "t = 1" : String(t + 1), place, ground);
  }
  if (!view.decades) {
    context.textAlign = "center";
    const middle = (axis.left + axis.right) / 2;
    context.fillText("no step has a gradient norm to draw", middle, lane.bottom - 18);
  }
}

function drawLine(context, { view, axis, logY }, n, colour, width) {
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.beginPath();
  let pen = false;
  for (let t = 0; t < view.steps; t++) {
    const value = view.arrays.gradient[n * view.steps + t];
    const drawn = Number.isFinite(value);
    if (drawn && pen) context.lineTo(axis.centre(t), logY(value));
    if (drawn && !pen) {
      context.moveTo(axis.centre(t), logY(value));
      context.lineTo(axis.centre(t) + 0.01, logY(value)); // a single point shows as a dot
    }
    pen = drawn;
  }
  context.lineCap = "round";
  context.stroke();
  context.lineCap = "butt";
}

function drawFit(context, { view, axis, logY, lane, theme }) {
  if (!view.fit || !view.decades) return;
  const { start, stop, slope, intercept } = view.fit;
  context.save();
  context.beginPath();
  context.rect(axis.left, lane.top - 4, axis.right - axis.left, lane.bottom - lane.top + 8);
  context.clip();
  context.strokeStyle = theme.text;
  context.lineWidth = 1.4;
  context.setLineDash([6, 4]);
  context.beginPath();
  context.moveTo(axis.centre(start), logY(intercept + slope * start));
  context.lineTo(axis.centre(stop - 1), logY(intercept + slope * (stop - 1)));
  context.stroke();
  context.restore();
}

function drawFlags(context, { view, axis, lane, theme }, n) {
  const counts = [0, 0, 0, 0];
  context.strokeStyle = theme.text;
  context.lineWidth = 1.3;
  const y = lane.bottom + 4;
  for (let t = 0; t < view.steps; t++) {
    const flag = view.arrays.gradient_flags[n * view.steps + t];
    counts[flag] += 1;
    if (flag === 0) continue;
    const [cx, r] = [axis.centre(t), clamp((axis.right - axis.left) / view.steps / 2 - 0.5, 2, 4)];
    context.beginPath();
    if (flag === 1) context.arc(cx, y, r, 0, 2 * Math.PI);
    if (flag === 2) {
      context.moveTo(cx - r, y - r);
      context.lineTo(cx + r, y - r);
      context.lineTo(cx, y + r);
      context.closePath();
    }
    if (flag === 3) {
      context.moveTo(cx - r, y - r);
      context.lineTo(cx + r, y + r);
      context.moveTo(cx - r, y + r);
      context.lineTo(cx + r, y - r);
    }
    context.stroke();
  }
  return counts;
}

function captionGradient({ parts, view }, counts) {
  const { flags, how } = parts.gradient;
  const present = [1, 2, 3].filter((flag) => counts[flag] > 0);
  flags.replaceChildren(
    ...present.map((flag) =>
      el("span", { text: `${FLAG_SIGNS[flag]} ${FLAG_WORDS[flag]}: ${counts[flag]}` }),
    ),
  );
  const others = view.layers.length > 1 ? "; grey: other layers" : "";
  const fit = view.fit ? "; dashed: fitted rate" : "";
  const loss = view.loss.at === "step" ? `the loss at t = ${view.loss.step + 1} alone` : "the loss";
  how.textContent = `How strongly ${loss} feels each step; absolute log scale${fit}${others}.`;
}

/** Draws the cursor with its dot and the loss step. */
export function overlayGradient(x) {
  const { view, axis, lane, theme, state, sizes, parts } = x;
  const context = sized(parts.gradient.overlay, lane.width, lane.height);
  context.font = `600 ${sizes.small}px ${theme.font}`;
  veil(context, x, lane.top - 4, lane.bottom - lane.top + 4 + lane.marks);
  const loss = lossStep(view);
  if (loss !== null && seen(x) > loss) lossMark(context, x, loss);
  context.globalAlpha = 0.55;
  const tall = lane.bottom - lane.top + 4 + lane.marks;
  markColumn(context, axis, state.cursor, lane.top - 4, tall, theme);
  context.globalAlpha = 1;
  const value = view.arrays.gradient[layerIndex(view) * view.steps + state.cursor];
  if (!Number.isFinite(value) || !view.decades) return;
  context.beginPath();
  context.arc(axis.centre(state.cursor), x.logY(value), 4.2 * Math.min(sizes.scale, 1.3), 0, 7);
  context.fillStyle = theme.cursor;
  context.strokeStyle = theme.ground;
  context.lineWidth = 2;
  context.fill();
  context.stroke();
}

function lossMark(context, { axis, lane, theme, sizes }, step) {
  const place = axis.centre(step);
  context.fillStyle = context.strokeStyle = theme.text;
  context.lineWidth = 1.2;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(place, lane.top);
  context.lineTo(place, lane.bottom);
  context.stroke();
  context.setLineDash([]);
  context.textBaseline = "alphabetic";
  const left = place - 5 - context.measureText("loss here ▸").width < axis.left;
  context.textAlign = left ? "left" : "right";
  const words = left ? "◂ loss here" : "loss here ▸";
  context.fillText(words, left ? place + 5 : place - 5, lane.bottom - 0.3 * sizes.small);
}

/** What the tooltip says about one step. */
export function gradientWords({ view }, t) {
  const at = layerIndex(view) * view.steps + t;
  const norm = gradientNorm(view.arrays.gradient[at], view.arrays.gradient_flags[at]);
  return `t = ${t + 1}: ‖∂L/∂h‖ = ${norm}`;
}
