// The window of truncated backpropagation, drawn over the unrolled network.
import { lossStep, windowCut } from "./backward.js";
import { windowOf } from "./state.js";

/**
 * The step the window ends with: where a run started; else the loss that is shown, or, when every
 * step has one, the cursor's.
 */
export function windowEnd({ film, view, state }) {
  if (film.run?.kind === "backward") return film.run.way.from;
  return lossStep(view) ?? state.cursor;
}

/** What lies outside the window fades; a dashed line and a word stand where the gradient is cut. */
export function drawWindow(context, x) {
  const { plan, shape, theme, view } = x;
  const k = windowOf(x.state);
  if (!k) return;
  const end = windowEnd(x);
  const cut = windowCut(end, k);
  const left = Math.max(shape.centre(cut) - plan.column / 2, plan.left);
  const right = Math.min(shape.centre(end) + plan.column / 2, plan.left + plan.room);
  context.fillStyle = theme.ground;
  context.globalAlpha = 0.62;
  context.fillRect(plan.left, 0, Math.max(left - plan.left, 0), plan.height);
  if (end < view.steps - 1) {
    context.fillRect(right, 0, Math.max(plan.left + plan.room - right, 0), plan.height);
  }
  context.globalAlpha = 1;
  if (cut === 0 || left <= plan.left || left >= plan.left + plan.room) return;
  context.strokeStyle = context.fillStyle = theme.text;
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.beginPath();
  context.moveTo(left, 2);
  context.lineTo(left, plan.height - 2);
  context.stroke();
  context.setLineDash([]);
  context.font = `600 ${plan.small}px ${theme.font}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  const words = `cut, k = ${k}`;
  const wide = context.measureText(words).width;
  const y = (plan.top + Math.min(...plan.nodes.map((node) => node.y))) / 2;
  const at = Math.min(left + 5, plan.left + plan.room - wide - 2);
  context.fillStyle = theme.ground;
  context.fillRect(at - 2, y - 0.65 * plan.small, wide + 4, 1.3 * plan.small);
  context.fillStyle = theme.text;
  context.fillText(words, at, y);
}
