// The two pictures of curves: perplexity, and the gradient's norm.
import { sized } from "../shared/dom.js";
import { spread } from "../shared/spread.js";
import {
  drawBeyond, drawCurve, drawRows, drawSteps, haloed, plotPlan, segment, withLogAxis,
} from "./plot.js";
import { figure } from "./reading.js";
import { logTicks, tickText } from "./ticks.js";

const DASH = [7, 5];

/** The names at the right edge, apart from each other. Pure; returns [label, value, y, label's y]. */
export function placeReferences(references, plan, gap) {
  const placed = references
    .map(([label, perplexity]) => ({ label, perplexity, y: plan.y(perplexity) }))
    .sort((a, b) => a.y - b.y);
  const apart = spread(placed.map(({ y }) => y), gap, plan.top, plan.bottom - gap / 3);
  return placed.map((each, at) => ({ ...each, labelY: apart[at] }));
}

/** The px that the references' names need, in lines of words where they are long. */
export function gutterOf(context, references, room) {
  const widest = references.map(([label]) => context.measureText(label).width);
  return Math.min(Math.max(0, ...widest) + 22, room);
}

function ticksOf(plan, { small }) {
  return logTicks(plan.low, plan.high, plan.bottom - plan.top, 1.75 * small);
}

/** Draws perplexity over training steps. */
export function drawPerplexity(x, width, height) {
  const { view, parts, theme, sizes, ranges } = x;
  const context = sized(parts.perplexity.base, width, height);
  context.font = `${sizes.small}px ${theme.font}`;
  const gutter = gutterOf(context, view.references, 0.4 * width);
  const plan = withLogAxis(plotPlan(width, height, sizes, ranges.steps, gutter), ranges.perplexity);
  x.plans.perplexity = plan;
  drawRows(context, plan, ticksOf(plan, sizes), x);
  drawSteps(context, plan, x);
  drawSnapshots(context, plan, x);
  drawReferences(context, plan, x);
  const { train, validation } = view;
  const [own, held] = [theme.weights.xh, theme.weights.hh];
  drawCurve(context, plan, train.steps, train.perplexity, own, 1.8 * sizes.scale);
  drawCurve(context, plan, validation.steps, validation.perplexity, theme.ground, 3.8 * sizes.scale);
  drawCurve(context, plan, validation.steps, validation.perplexity, held, 2 * sizes.scale);
  drawDots(context, plan, validation, held, x);
  const size = 4.5 * sizes.scale;
  x.beyond = drawBeyond(context, plan, train.steps, train.perplexity, own, theme, size);
  x.beyond += drawBeyond(context, plan, validation.steps, validation.perplexity, held, theme, size);
  parts.perplexity.base.setAttribute("aria-label", perplexityWords(view));
}

function drawDots(context, plan, { steps, perplexity }, colour, { theme, sizes }) {
  context.lineWidth = 1.5;
  for (let at = 0; at < steps.length; at++) {
    if (plan.beyond(perplexity[at])) continue;
    context.beginPath();
    context.arc(plan.at(steps[at]), plan.y(perplexity[at]), 3.4 * sizes.scale, 0, 7);
    context.fillStyle = colour;
    context.strokeStyle = theme.ground;
    context.fill();
    context.stroke();
  }
}

function drawReferences(context, plan, { view, theme, sizes }) {
  context.font = `${sizes.small}px ${theme.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const each of placeReferences(view.references, plan, 1.25 * sizes.small)) {
    const { label, y, labelY } = each;
    context.lineWidth = 1.3;
    context.setLineDash(DASH);
    segment(context, plan.left, y, plan.right, y, theme.muted);
    context.setLineDash([]);
    context.lineWidth = 1;
    segment(context, plan.right, y, plan.right + 13, labelY, theme.faint);
    context.fillStyle = theme.text;
    context.fillText(label, plan.right + 16, labelY + 0.5, plan.width - plan.right - 16);
  }
}

/* Where weights were kept: small triangles standing on the axis of steps. */
function drawSnapshots(context, plan, { view, theme, sizes }) {
  const size = 4 * sizes.scale;
  for (const step of view.snapshots) {
    if (step > plan.steps[1]) continue;
    const px = plan.at(step);
    context.beginPath();
    context.moveTo(px - size, plan.bottom);
    context.lineTo(px, plan.bottom - 1.7 * size);
    context.lineTo(px + size, plan.bottom);
    context.closePath();
    context.fillStyle = theme.muted;
    context.fill();
  }
  if (!view.snapshots.length) return;
  const left = plan.right + 1.6 * sizes.small;
  context.font = `${sizes.small}px ${theme.font}`;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText("▴ weights kept", left, plan.height - 4, plan.width - left);
}

/** Draws the gradient's norm before and after clipping. */
export function drawNorm(x, width, height) {
  const { view, parts, theme, sizes, ranges } = x;
  const context = sized(parts.norm.base, width, height);
  const plan = withLogAxis(
    plotPlan(width, height, sizes, ranges.steps, 0.9 * sizes.small), ranges.norm);
  x.plans.norm = plan;
  drawRows(context, plan, ticksOf(plan, sizes), x);
  drawSteps(context, plan, x);
  const { steps, before, after } = view.norm;
  context.globalAlpha = 0.4;
  drawCurve(context, plan, steps, before, theme.gradient, 3.4 * sizes.scale);
  context.globalAlpha = 1;
  drawCurve(context, plan, steps, after, theme.gradient, 1.5 * sizes.scale);
  drawThreshold(context, plan, x);
  drawBeyond(context, plan, steps, before, theme.gradient, theme, 4.5 * sizes.scale);
  parts.norm.base.setAttribute("aria-label", normWords(view));
}

function drawThreshold(context, plan, { view, theme, sizes }) {
  if (view.threshold === null) return;
  const y = plan.y(view.threshold);
  context.lineWidth = 1.6;
  context.setLineDash(DASH);
  segment(context, plan.left, y, plan.right, y, theme.text);
  context.setLineDash([]);
  context.font = `650 ${sizes.small}px ${theme.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  const room = 0.95 * sizes.small;
  const above = y - room > plan.top ? y - room : y + room;
  haloed(context, thresholdWords(view.threshold), plan.right - 3, above, theme.text, theme);
}

/** "clip at 1" */
export function thresholdWords(threshold) {
  return `clip at ${tickText(threshold)}`;
}

function perplexityWords({ train, validation, references }) {
  const curve = (name, { steps, perplexity }) => steps.length
    ? `${name} from ${figure(perplexity[0])} at step ${steps[0]} to ` +
      `${figure(perplexity[perplexity.length - 1])} at step ${steps[steps.length - 1]}`
    : `no ${name} yet`;
  const lines = references.map(([label, value]) => `${label}: ${figure(value)}`);
  return ["Perplexity over training steps, log axis", curve("training", train),
    curve("validation", validation), ...lines].join("; ");
}

function normWords({ norm, threshold }) {
  const last = norm.steps.length - 1;
  const now = last < 0 ? "none yet" : `${figure(norm.before[last])} before clipping, ` +
    `${figure(norm.after[last])} after, at step ${norm.steps[last]}`;
  const clip = threshold === null ? "not clipped" : thresholdWords(threshold);
  return `Norm of the gradient over training steps, log axis; ${now}; ${clip}`;
}
