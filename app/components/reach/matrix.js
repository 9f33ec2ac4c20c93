// The matrix: loss step down, earlier step or lag across; drawn when data, scale, axis, size or
// theme change.
import { timeAxis } from "../shared/axis.js";
import { el, sized } from "../shared/dom.js";
import { grouped } from "../shared/words.js";
import { fillMask } from "./hatch.js";
import { matrixPixels } from "./pixels.js";
import { medianOf, subjectOf } from "./reading.js";
import { drawnLag } from "./scale.js";

const LINE = 3; // px of height that a stretch of the line needs

/**
 * Where everything stands, in px. Pure.
 * @param {number} screen height of the window: the picture shall fit with its text on one screen
 */
export function matrixPlan(width, screen, { scale, small }, steps, axis, lag) {
  const left = Math.round(3.2 * small);
  const right = Math.max(left + 1, width - Math.round(0.8 * small));
  const top = Math.round(1.7 * small);
  const tall = Math.round(Math.min(right - left, 380 * scale, Math.max(260, 0.56 * screen)));
  const columns = axis === "step" ? steps : lag + 1;
  return {
    width, height: top + tall + Math.round(3 * small), top, bottom: top + tall, axis, columns,
    across: timeAxis(left, right, columns), down: timeAxis(top, top + tall, steps),
    together: Math.ceil((LINE * steps) / tall),
  };
}

/** The loss step and earlier step at a point; an empty place gives the nearest that is there. */
export function stepsAt({ across, down, axis }, px, py) {
  const t = down.stepAt(py);
  const column = across.stepAt(px);
  return { t, s: axis === "step" ? Math.min(column, t) : Math.max(t - column, 0) };
}

/** Draws everything that does not move with the cursor. */
export function drawMatrix(x) {
  const { view, parts, sizes, state, theme } = x;
  const lag = drawnLag(view, state.scale);
  const wide = parts.matrix.box.clientWidth;
  const plan = matrixPlan(wide, window.innerHeight, sizes, view.steps, state.axis, lag);
  x.plan = plan;
  const context = sized(parts.matrix.base, plan.width, plan.height);
  context.font = `${sizes.small}px ${theme.font}`;
  paint(context, x);
  drawEdge(context, x);
  drawFalls(context, x);
  nameAxes(context, x);
  describe(x, lag);
}

function paint(context, x) {
  const { plan, view, theme, state } = x;
  const ratio = window.devicePixelRatio || 1;
  const [wide, tall] = [plan.across.right - plan.across.left, plan.bottom - plan.top];
  const across = Math.min(plan.columns, Math.round(wide * ratio));
  const down = Math.min(view.steps, Math.round(tall * ratio));
  x.shared = across < plan.columns || down < view.steps;
  const bins = { across, down, columns: plan.columns, axis: plan.axis };
  const { colours, masks } = matrixPixels(view, state.scale, bins, theme.magnitude);
  context.imageSmoothingEnabled = false;
  context.drawImage(canvasOf(colours, across, down), plan.across.left, plan.top, wide, tall);
  for (const [flag, mask] of Object.entries(masks)) {
    const stripes = el("canvas");
    stripes.width = Math.round(wide * ratio);
    stripes.height = Math.round(tall * ratio);
    const pen = stripes.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(canvasOf(mask, across, down), 0, 0, stripes.width, stripes.height);
    fillMask(stripes, Number(flag), theme, ratio);
    context.drawImage(stripes, plan.across.left, plan.top, wide, tall);
  }
}

function canvasOf(pixels, wide, tall) {
  const canvas = el("canvas");
  canvas.width = wide;
  canvas.height = tall;
  canvas.getContext("2d").putImageData(new ImageData(pixels, wide, tall), 0, 0);
  return canvas;
}

/* The outline of what there is: no loss depends on a later step, none on one before the text. */
function drawEdge(context, { plan, theme, view }) {
  const { across, down, columns, axis } = plan;
  const start = axis === "step" ? across.left : across.edge(1);
  const stairs = [[across.left, plan.top], [start, plan.top]];
  for (let t = 0; t < view.steps; t++) {
    const edge = across.edge(Math.min(t + 1, columns));
    stairs.push([edge, down.edge(t)], [edge, down.edge(t + 1)]);
  }
  stairs.push([across.left, plan.bottom]);
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.beginPath();
  stairs.forEach(([px, py], at) => (at ? context.lineTo(px, py) : context.moveTo(px, py)));
  context.closePath();
  context.stroke();
}

/* Where each row first stands below a hundredth of its value at its own step; where rows are too
   thin for a line of their own, the median of a few. */
function drawFalls(context, { plan, theme, view }) {
  const { across, down, axis, columns, together } = plan;
  context.beginPath();
  let pen = false;
  for (let t = 0; t < view.steps; t += together) {
    const end = Math.min(t + together, view.steps);
    const lag = medianOf(view.lagsOfFall.slice(t, end));
    const column = axis === "step" ? (t + end - 1) / 2 - lag + 1 : lag;
    const drawn = lag !== null && column <= columns;
    if (drawn) {
      const px = across.edge(column);
      if (pen) context.lineTo(px, down.edge(t));
      else context.moveTo(px, down.edge(t));
      context.lineTo(px, down.edge(end));
    }
    pen = drawn;
  }
  context.lineJoin = "round";
  for (const [colour, wide] of [[theme.ground, 3.4], [theme.text, 1.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.stroke();
  }
}

/* The numbers stand on the overlay: they make room for those of the cursor. */
function nameAxes(context, { view, plan, theme, sizes }) {
  const { across, axis } = plan;
  const { small } = sizes;
  context.textBaseline = "alphabetic";
  context.fillStyle = theme.text;
  context.textAlign = "left";
  const subject = subjectOf(view);
  context.fillText(`↓ ${subject} step t`, 2, 1.05 * small);
  context.textAlign = "right";
  const name = axis === "step" ? "earlier step s →" : `lag t − s, steps back from the ${subject} →`;
  context.fillText(name, across.right, plan.bottom + 2.5 * small);
  const empty = axis === "step" ? laterWords(view) : "before the first step shown";
  if (plan.columns < 4 || across.right - across.left < 24 * small) return;
  context.fillStyle = theme.muted;
  context.fillText(empty, across.right, plan.top + 1.1 * small);
}

/** What stands in the empty half: nothing, or what is not drawn. */
export function laterWords(view) {
  return view.later ? "later steps: not drawn" : `no ${subjectOf(view)} depends on a later step`;
}

function describe({ parts, view, plan, state, shared }, lag) {
  const { median, fallen, steps } = view;
  const count = fallen === steps ? `all ${grouped(steps)}` : `${grouped(fallen)} of ${grouped(steps)}`;
  const line = median === null
    ? "No row falls below a hundredth of its value at its own step."
    : `Line: where a row first falls below a hundredth of its value at its own step; median ` +
      `${median} back, over the ${count} rows that do.`;
  const all = steps - 1;
  const rest = view.lags === null ? ": no number beyond stands above the scale's lower end" : "";
  const cut = plan.axis === "lag" && lag < all
    ? ` Lags up to ${grouped(lag)} of ${grouped(all)} are drawn${rest}.` : "";
  const joined = plan.together > 1 && median !== null
    ? ` It joins the medians of ${plan.together} rows each.` : "";
  const share = shared ? " Where cells share a pixel, it shows the largest." : "";
  const off = Math.max(...view.error) * Math.LN10;
  const exact = off > 1e-4 ? ` Numbers to within ${(100 * off).toPrecision(1)} %.` : "";
  parts.matrix.note.textContent = line + joined + cut + share + exact;
  const across = plan.axis === "step" ? "earlier steps" : "lags";
  parts.matrix.base.setAttribute(
    "aria-label",
    `${view.what} as colours, ${steps} ${subjectOf(view)} steps down, ${plan.columns} ${across} across, ` +
      `${state.scale} scale. ${line}`,
  );
}
