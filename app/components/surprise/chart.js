// Surprise per token as a line, with its mean; what is infinite stands in a lane of its own above.
import { timeAxis, timeTicks } from "../shared/axis.js";
import { sized } from "../shared/dom.js";
import { clamp } from "../shared/format.js";
import { ceiling } from "./strip.js";
import { amount } from "./words.js";

/** Where everything in the chart stands, in px. Pure. */
export function chartPlan(width, { scale, small }, { tokens, size }, infinite) {
  const height = Math.round(128 * scale);
  const axis = timeAxis(Math.round(3.1 * small), width - Math.round(5.9 * small), tokens.length);
  const lane = infinite ? Math.round(1.9 * small) : Math.round(0.5 * small);
  const bottom = height - Math.round(1.6 * small);
  const high = ceiling(size);
  const y = (nats) => bottom - (clamp(nats, 0, high) / high) * (bottom - lane);
  return { width, height, axis, top: lane, bottom, high, y, laneY: Math.round(0.68 * small) };
}

/** Draws the chart; when data, size or theme changed. */
export function drawChart(x) {
  const { view, sizes, parts, theme, summary } = x;
  const width = parts.chart.box.clientWidth;
  const plan = chartPlan(width, sizes, view, summary.infinite);
  x.chart = plan;
  const context = sized(parts.chart.base, width, plan.height);
  context.font = `${sizes.small}px ${theme.font}`;
  drawGround(context, x);
  drawLine(context, x);
  drawOdd(context, x);
  drawMean(context, x);
  const mean = Number.isNaN(summary.mean) ? "none" : amount(summary.mean);
  parts.chart.mean.dataset.mean = String(summary.mean);
  parts.chart.mean.textContent = summary.infinite
    ? `mean ∞; dashed: mean of the finite ones, ${mean}`
    : `dashed: mean, ${mean}`;
  parts.chart.base.setAttribute(
    "aria-label",
    `Surprise of ${view.tokens.length} tokens; mean of the finite ones ${mean} nats, ` +
      `infinite ${summary.infinite}, without a guess ${summary.missing}`,
  );
}

function drawGround(context, { chart, theme, sizes, view, summary }) {
  const { axis } = chart;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.lineWidth = 1;
  for (const nats of [0, chart.high / 2, chart.high]) {
    const y = Math.round(chart.y(nats)) + 0.5;
    context.strokeStyle = nats === 0 ? theme.faint : theme.hair;
    stroke(context, [[axis.left, y], [axis.right, y]]);
    context.fillStyle = theme.muted;
    context.fillText(nats === 0 ? "0" : nats.toFixed(1), axis.left - 7, y);
  }
  if (summary.infinite) {
    context.fillStyle = theme.text;
    context.font = `700 ${1.25 * sizes.small}px ${theme.font}`;
    context.fillText("∞", axis.left - 7, chart.laneY);
    context.font = `${sizes.small}px ${theme.font}`;
  }
  context.fillStyle = theme.muted;
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  for (const t of timeTicks(view.tokens.length, (axis.right - axis.left) / (4 * sizes.small))) {
    context.fillText(String(t + 1), axis.centre(t), chart.height - 3);
  }
}

/* The two levels are named at the right; the names make room for each other. */
function drawMean(context, { chart, theme, sizes, summary }) {
  const { axis, high } = chart;
  const blindY = chart.y(high / 2);
  const meanY = chart.y(summary.mean);
  context.textAlign = "left";
  context.textBaseline = "middle";
  const near = Math.abs(meanY - blindY) < 1.15 * sizes.small;
  const away = meanY >= blindY ? -0.6 : 0.6;
  context.fillStyle = theme.muted;
  context.fillText("blind guess", axis.right + 6, blindY + (near ? away * sizes.small : 0));
  if (Number.isNaN(summary.mean)) return;
  const level = [[axis.left, meanY], [axis.right, meanY]];
  context.strokeStyle = theme.ground;
  context.lineWidth = 4.5;
  context.globalAlpha = 0.6;
  stroke(context, level);
  context.globalAlpha = 1;
  context.strokeStyle = context.fillStyle = theme.text;
  context.lineWidth = 2;
  context.setLineDash([7, 4]);
  stroke(context, level);
  context.setLineDash([]);
  context.font = `650 ${sizes.small}px ${theme.font}`;
  const place = near ? meanY - away * sizes.small * 0.6 : meanY;
  context.fillText(`mean ${amount(summary.mean)}`, axis.right + 6, place);
}

function drawLine(context, { chart, theme, view }) {
  const { axis } = chart;
  const wide = (axis.right - axis.left) / view.tokens.length;
  context.strokeStyle = context.fillStyle = theme.accent;
  context.lineWidth = wide > 4 ? 1.8 : 1.2;
  context.lineJoin = context.lineCap = "round";
  context.beginPath();
  let pen = false;
  view.surprise.forEach((nats, t) => {
    const drawn = Number.isFinite(nats);
    const [px, py] = [axis.centre(t), chart.y(nats)];
    if (drawn && pen) context.lineTo(px, py);
    if (drawn && !pen) {
      context.moveTo(px, py);
      context.lineTo(px + 0.01, py); // a single point shows as a dot
    }
    pen = drawn;
  });
  context.stroke();
  context.lineCap = "butt";
  if (wide < 8) return;
  view.surprise.forEach((nats, t) => {
    if (!Number.isFinite(nats)) return;
    context.beginPath();
    context.arc(axis.centre(t), chart.y(nats), 2.6, 0, 7);
    context.fill();
  });
}

/* Infinite: a diamond in the lane above. Beyond the scale: a wedge at its end. None: hatched. */
function drawOdd(context, { chart, theme, view }) {
  const { axis } = chart;
  const wide = (axis.right - axis.left) / view.tokens.length;
  const r = clamp(0.7 * wide, 2, 5);
  view.surprise.forEach((nats, t) => {
    const px = axis.centre(t);
    if (nats === Infinity) {
      context.fillStyle = theme.text;
      polygon(context, [[px - r, chart.laneY], [px, chart.laneY - 1.3 * r], [px + r, chart.laneY],
        [px, chart.laneY + 1.3 * r]]);
    } else if (nats > chart.high) {
      context.fillStyle = theme.accent;
      polygon(context, [[px - r, chart.top + 1], [px + r, chart.top + 1], [px, chart.top - r - 1]]);
    } else if (Number.isNaN(nats)) {
      hatch(context, axis.edge(t), Math.max(wide, 2), chart, theme);
    }
  });
}

function hatch(context, left, wide, chart, theme) {
  context.save();
  context.beginPath();
  context.rect(left, chart.top, wide, chart.bottom - chart.top);
  context.clip();
  context.strokeStyle = theme.faint;
  context.lineWidth = 1.5;
  const tall = chart.bottom - chart.top;
  for (let from = -tall; from < wide; from += 6) {
    stroke(context, [[left + from, chart.bottom], [left + from + tall, chart.top]]);
  }
  context.restore();
}

function stroke(context, points) {
  context.beginPath();
  points.forEach(([px, py], at) => (at ? context.lineTo(px, py) : context.moveTo(px, py)));
  context.stroke();
}

function polygon(context, points) {
  context.beginPath();
  points.forEach(([px, py], at) => (at ? context.lineTo(px, py) : context.moveTo(px, py)));
  context.closePath();
  context.fill();
}

/** Draws the cursor with its dot. */
export function overlayChart({ chart, parts, state, theme, view, sizes }) {
  const context = sized(parts.chart.overlay, chart.width, chart.height);
  const px = chart.axis.centre(state.cursor);
  const nats = view.surprise[state.cursor];
  context.strokeStyle = theme.cursor;
  context.lineWidth = 2;
  context.globalAlpha = 0.7;
  stroke(context, [[px, 0], [px, chart.bottom]]);
  context.globalAlpha = 1;
  if (Number.isNaN(nats)) return;
  context.fillStyle = theme.cursor;
  context.strokeStyle = theme.ground;
  context.beginPath();
  const py = nats === Infinity ? chart.laneY : chart.y(nats);
  context.arc(px, py, 5 * Math.min(sizes.scale, 1.3), 0, 7);
  context.fill();
  context.stroke();
}
