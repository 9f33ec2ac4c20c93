// An axis of tokens, and its numbers. Pure.
import { clamp } from "./format.js";

/** Maps tokens to px from the canvas's left edge and back: `steps` of them from left to right. */
export function timeAxis(left, right, steps) {
  const width = right - left;
  return {
    left,
    right,
    steps,
    edge: (t) => left + (t / steps) * width,
    centre: (t) => left + ((t + 0.5) / steps) * width,
    stepAt: (x) => clamp(Math.floor(((x - left) / width) * steps), 0, steps - 1),
  };
}

/** Places (0-based) that get a number: the first, round ones, the last. */
export function timeTicks(steps, room) {
  const fits = Math.max(2, Math.floor(room));
  const jump = [1, 2, 5, 10, 20, 50, 100, 200].find((each) => each >= steps / fits) ?? 500;
  const ticks = steps > 1 ? [0, steps - 1] : [0];
  for (let shown = jump; shown < steps; shown += jump) {
    if (shown > 1 && shown - 1 >= 0.6 * jump && steps - shown >= 0.6 * jump) ticks.push(shown - 1);
  }
  return ticks;
}
