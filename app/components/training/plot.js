// What the pictures have in common: where they stand, their axes, their lines.
import { clamp } from "../shared/format.js";
import { grouped } from "../shared/words.js";
import { stepTicks, tickText } from "./ticks.js";

/**
 * Where a picture stands in its canvas, with its axis of training steps. Pure.
 * @param {number} gutter px right of the picture for names
 */
export function plotPlan(width, height, { scale, small }, steps, gutter) {
  const left = Math.round(3.4 * small);
  const right = Math.round(width - gutter);
  const unit = (right - left) / (steps[1] - steps[0]);
  return {
    width,
    height,
    left,
    right,
    top: Math.round(7 * scale),
    bottom: height - Math.round(1.75 * small),
    steps,
    at: (step) => left + (step - steps[0]) * unit,
    stepAt: (px) => steps[0] + (clamp(px, left, right) - left) / unit,
  };
}

/** Adds a vertical log axis from log10 `low` to `high`; what is beyond stands at an edge. */
export function withLogAxis(plan, [low, high]) {
  const { top, bottom } = plan;
  const y = (value) => {
    if (Number.isNaN(value)) return top; // as much beyond as ∞ is
    return clamp(bottom - ((Math.log10(value) - low) / (high - low)) * (bottom - top), top, bottom);
  };
  return { ...plan, low, high, y, beyond: (value) => !(Math.log10(value) <= high + 1e-9) };
}

/** The numbers of the axis of training steps and the frame's lower line. */
export function drawSteps(context, plan, { theme, sizes }) {
  const { left, right, bottom, height } = plan;
  context.font = `${sizes.small}px ${theme.font}`;
  context.lineWidth = 1;
  segment(context, left, Math.round(bottom) + 0.5, right, Math.round(bottom) + 0.5, theme.faint);
  context.fillStyle = theme.muted;
  context.textBaseline = "alphabetic";
  const ticks = stepTicks(plan.steps[1], (right - left) / (4.2 * sizes.small));
  for (const step of ticks) {
    const px = plan.at(step);
    segment(context, Math.round(px) + 0.5, bottom, Math.round(px) + 0.5, bottom + 4, theme.faint);
    const label = step === 0 ? "step 0" : grouped(step);
    const half = context.measureText(label).width / 2;
    context.textAlign = "left";
    context.fillText(label, clamp(px - half, left - 0.6 * half, right - half), height - 4);
  }
}

/** Grid lines and names of the vertical axis. */
export function drawRows(context, plan, ticks, { theme, sizes }) {
  context.font = `${sizes.small}px ${theme.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.lineWidth = 1;
  for (const value of ticks) {
    const y = Math.round(plan.y(value)) + 0.5;
    segment(context, plan.left, y, plan.right, y, theme.hair);
    context.fillStyle = theme.muted;
    context.fillText(tickText(value), plan.left - 7, y);
  }
}

/** One straight line. */
export function segment(context, x0, y0, x1, y1, colour) {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** A curve through its points; those beyond the axis run along its edge. */
export function drawCurve(context, plan, steps, values, colour, width) {
  if (!steps.length) return;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = context.lineCap = "round";
  context.beginPath();
  context.moveTo(plan.at(steps[0]), plan.y(values[0]));
  if (steps.length === 1) context.lineTo(plan.at(steps[0]) + 0.01, plan.y(values[0]));
  for (let at = 1; at < steps.length; at++) context.lineTo(plan.at(steps[at]), plan.y(values[at]));
  context.stroke();
  context.lineCap = "butt";
}

/** Wedges at the upper edge for what is beyond it; returns how many points are. */
export function drawBeyond(context, plan, steps, values, colour, theme, size) {
  let [count, last] = [0, -Infinity];
  for (let at = 0; at < steps.length; at++) {
    if (!plan.beyond(values[at])) continue;
    count += 1;
    const px = plan.at(steps[at]);
    if (px - last < 1.2 * size) continue; // one wedge for a crowd
    last = px;
    context.beginPath();
    context.moveTo(px - size, plan.top + size);
    context.lineTo(px, plan.top - size);
    context.lineTo(px + size, plan.top + size);
    context.closePath();
    context.fillStyle = colour;
    context.strokeStyle = theme.ground;
    context.lineWidth = 1.5;
    context.stroke();
    context.fill();
  }
  return count;
}

/** Words on a patch of the ground, so that a curve behind them does not disturb. */
export function haloed(context, text, px, y, colour, theme) {
  context.lineJoin = "round";
  context.strokeStyle = theme.ground;
  context.lineWidth = 4;
  context.strokeText(text, px, y);
  context.fillStyle = colour;
  context.fillText(text, px, y);
}
