// The picture: axes, grid, points, and above them the fitted lines and the point that is read.
import { rgb } from "../shared/colours.js";
import { sized } from "../shared/dom.js";
import { clamp } from "../shared/format.js";
import { placePoints } from "./points.js";
import { fineTicks, logAxis, powerTicks, tickLabel } from "./scales.js";

const DASH = [9, 6];

/** The ink of each curve: blue, vermillion, green of Okabe & Ito, as the theme has them. */
export function inks({ weights }) {
  return [weights.xh, weights.hh, weights.hq];
}

/** Where the plot stands in its canvas; sets `x.box`, `x.across` and `x.up`. */
export function layPlot(x, width, height) {
  const { view, sizes, theme } = x;
  const context = sized(x.parts.base, width, height);
  context.font = `${sizes.small}px ${theme.font}`;
  const counts = view.curves.map((curve) => curve.counts[0] ?? 1);
  const highest = Math.max(1, ...counts);
  const widest = Math.max(
    ...powerTicks(Math.max(highest, 10), 9).map((each) => context.measureText(tickLabel(each)).width),
  );
  const pad = 12 * sizes.scale;
  const band = 2.1 * sizes.base;
  const frame = {
    width,
    height,
    left: Math.round(widest + 12 + 1.5 * sizes.small),
    right: width - 8,
    top: Math.round(band),
    bottom: height - Math.round(3.1 * sizes.small),
  };
  x.box = frame;
  x.across = logAxis(view.most, frame.left + pad, frame.right - pad);
  x.up = logAxis(highest, frame.bottom - pad, frame.top + pad);
  placePoints(view.curves, x.across, x.up);
}

/** Draws axes, grid and points: when data, size or theme changed. */
export function drawBase(x) {
  const { box, parts, view, theme, sizes } = x;
  const context = sized(parts.base, box.width, box.height);
  drawGrid(context, x);
  const size = clamp(2.7 * sizes.scale, 2.5, 4.4);
  const colours = inks(theme);
  // The longest curve lies lowest: the rarer 3-grams would hide the few 1-grams.
  const order = view.curves.map((_, at) => at).sort((a, b) => view.curves[b].order - view.curves[a].order);
  for (const at of order) {
    const curve = view.curves[at];
    context.fillStyle = colours[curve.order];
    context.globalAlpha = 0.8;
    for (let index = 0; index < curve.xs.length; index++) {
      drawMark(context, curve.order, curve.xs[index], curve.ys[index], size);
    }
  }
  context.globalAlpha = 1;
}

function drawGrid(context, { box, across, up, theme, sizes }) {
  context.font = `${sizes.small}px ${theme.font}`;
  context.lineWidth = 1;
  const stroke = (x0, y0, x1, y1, colour) => {
    context.strokeStyle = colour;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  };
  const column = (rank, colour) => {
    const at = Math.round(across.at(rank)) + 0.5;
    stroke(at, box.top, at, box.bottom, colour);
  };
  const row = (count, colour) => {
    const at = Math.round(up.at(count)) + 0.5;
    stroke(box.left, at, box.right, at, colour);
  };
  context.globalAlpha = 0.4;
  for (const rank of fineTicks(across.top)) column(rank, theme.hair);
  for (const count of fineTicks(up.top)) row(count, theme.hair);
  context.globalAlpha = 1;
  const wide = (box.right - box.left) / (5.2 * sizes.small);
  const tall = (box.bottom - box.top) / (2 * sizes.small);
  for (const rank of powerTicks(across.top, 30)) column(rank, theme.hair);
  for (const count of powerTicks(up.top, 30)) row(count, theme.hair);
  context.strokeStyle = theme.faint;
  context.strokeRect(box.left + 0.5, box.top + 0.5, box.right - box.left - 1, box.bottom - box.top - 1);
  context.fillStyle = theme.text;
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  for (const rank of powerTicks(across.top, wide)) {
    context.fillText(tickLabel(rank), across.at(rank), box.bottom + 1.25 * sizes.small);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const count of powerTicks(up.top, tall)) {
    context.fillText(tickLabel(count), box.left - 7, up.at(count));
  }
  nameAxes(context, box, theme, sizes);
}

function nameAxes(context, box, theme, sizes) {
  context.font = `600 ${sizes.small}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.fillText("rank", (box.left + box.right) / 2, box.height - 0.4 * sizes.small);
  context.save();
  context.translate(1.1 * sizes.small, (box.top + box.bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText("times seen", 0, 0);
  context.restore();
}

/** One mark: circle, square or triangle, by the curve's order. */
export function drawMark(context, order, x, y, size) {
  context.beginPath();
  if (order === 0) {
    context.arc(x, y, size, 0, 2 * Math.PI);
  } else if (order === 1) {
    context.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
  } else {
    context.moveTo(x, y - 1.25 * size);
    context.lineTo(x + 1.15 * size, y + 0.85 * size);
    context.lineTo(x - 1.15 * size, y + 0.85 * size);
    context.closePath();
  }
  context.fill();
}

/** Draws the fitted lines and the ring around the point that is read. */
export function drawOverlay(x) {
  const { box, parts, view, theme, sizes, stale } = x;
  const context = sized(parts.overlay, box.width, box.height);
  const colours = inks(theme);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  context.lineCap = "butt";
  context.globalAlpha = stale ? 0.45 : 1;
  for (const curve of [...view.curves].sort((a, b) => b.order - a.order)) {
    const solidFirst = [...curve.fits].sort((a) => (a.estimator === "least squares" ? -1 : 1));
    for (const fit of solidFirst) drawFit(context, x, fit, colours[curve.order]);
  }
  context.restore();
  if (!x.read) return;
  const { xs, ys } = view.curves[x.read.curve];
  context.lineWidth = 2.5;
  context.strokeStyle = theme.text;
  context.beginPath();
  context.arc(xs[x.read.index], ys[x.read.index], 7 * sizes.scale, 0, 2 * Math.PI);
  context.stroke();
}

/* Nearer to the text's colour, so that the dashes show on the solid line where both lie alike. */
function mixed(colour, { text }) {
  const [one, other] = [rgb(colour), rgb(text)];
  return `rgb(${one.map((part, at) => Math.round(0.35 * part + 0.65 * other[at])).join(", ")})`;
}

/* Solid for least squares, dashed for maximum likelihood, over the ranks really used. */
function drawFit(context, { across, up, theme, sizes }, fit, colour) {
  if (fit.exponent === null) return;
  const at = (rank) => [
    across.at(rank), up.atLog(fit.log_intercept - fit.exponent * Math.log(rank)),
  ];
  const solid = fit.estimator === "least squares";
  const width = clamp(2.6 * sizes.scale, 2.4, 4);
  const strokes = solid ? [[theme.ground, width + 2.5], [colour, width]] : [[mixed(colour, theme), width]];
  for (const [ink, wide] of strokes) {
    context.strokeStyle = ink;
    context.lineWidth = wide;
    context.setLineDash(solid ? [] : DASH.map((each) => each * sizes.scale));
    context.beginPath();
    context.moveTo(...at(fit.low));
    context.lineTo(...at(fit.high));
    context.stroke();
  }
  context.setLineDash([]);
}
