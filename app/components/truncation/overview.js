// The bar below a row that shows all steps: segments, what is reached, what is in sight.
import { clamp } from "../shared/format.js";
import { cutsOf, reachOf, segmentsOf } from "./segments.js";

/** The step under a px of the bar. */
export function overviewStep(px, wide, steps) {
  return clamp(Math.floor((px / wide) * steps), 0, steps - 1);
}

/** Draws the bar where it has a place in the plan. */
export function drawOverview(x, line, plan) {
  if (!plan.bar) return;
  const { theme, view, state } = x;
  const context = line.canvas.getContext("2d");
  const steps = view.tokens.length;
  const wide = plan.count * plan.cell;
  const place = (step) => (step / steps) * wide;
  const [top, tall] = [plan.overview, plan.bar];
  const t = state.cursor;
  const { from } = reachOf(line.row, t);
  const segments = segmentsOf(line.row, steps);
  context.fillStyle = theme.faint;
  for (const [first, last] of segments.length ? segments : [[0, steps - 1]]) {
    context.fillRect(place(first), top, place(last + 1) - place(first), tall);
  }
  context.fillStyle = theme.gradient;
  context.fillRect(place(from), top, place(t + 1) - place(from), tall);
  context.fillStyle = theme.ground;
  for (const step of cutsOf(line.row, t)) context.fillRect(place(step) - 0.6, top, 1.2, tall);
  context.fillStyle = theme.cursor;
  context.fillRect(clamp(place(t + 0.5) - 1.5, 0, wide - 3), top - 2, 3, tall + 4);
  context.strokeStyle = theme.text;
  context.lineWidth = 1.4;
  const left = clamp(place(plan.from), 1, wide - 1);
  const right = clamp(place(plan.from + plan.count), 1, wide - 1);
  context.strokeRect(left, top - 2, right - left, tall + 4);
}
