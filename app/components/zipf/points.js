// The points of the curves on screen: where each stands, which is nearest, what it says.
import { grouped, quoted } from "../shared/words.js";

/** Gives every curve the places of its points: `xs` and `ys` in px. */
export function placePoints(curves, across, up) {
  for (const curve of curves) {
    curve.xs = Float64Array.from(curve.ranks, across.at);
    curve.ys = Float64Array.from(curve.counts, up.at);
  }
}

/**
 * The point nearest to a place on screen.
 * @returns {{curve: number, index: number} | null} null when none is within reach
 */
export function nearestPoint(curves, px, py, within) {
  let found = null;
  let least = within * within;
  curves.forEach(({ xs, ys }, curve) => {
    for (let index = 0; index < xs.length; index++) {
      const away = (xs[index] - px) ** 2 + (ys[index] - py) ** 2;
      if (away < least) [least, found] = [away, { curve, index }];
    }
  });
  return found;
}

/**
 * The point that a key leads to: along the curve, or to the other curve's point of nearest rank.
 * @returns {{curve: number, index: number} | null} null when the key moves nothing
 */
export function pointAfter(key, shift, curves, from) {
  const filled = curves.map((_, at) => at).filter((at) => curves[at].ranks.length);
  if (!filled.length) return null;
  const here = from ?? { curve: filled[0], index: 0 };
  const { ranks } = curves[here.curve];
  const along = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 };
  const beside = { ArrowUp: -1, ArrowDown: 1 };
  if (key === "Home") return { ...here, index: 0 };
  if (key === "End") return { ...here, index: ranks.length - 1 };
  if (Object.hasOwn(along, key)) {
    if (!from) return here;
    const index = here.index + along[key] * (shift ? 10 : 1);
    return { ...here, index: Math.min(Math.max(index, 0), ranks.length - 1) };
  }
  if (!Object.hasOwn(beside, key)) return null;
  const at = (filled.indexOf(here.curve) + beside[key] + filled.length) % filled.length;
  const other = curves[filled[at]].ranks;
  const rank = ranks[here.index];
  let index = 0;
  while (index < other.length - 1 && other[index] < rank) index++;
  return { curve: filled[at], index };
}

/** What a point says. */
export function pointWords(view, { curve, index }) {
  const { ranks, counts, examples } = view.curves[curve];
  const times = counts[index] === 1 ? "once" : `${grouped(counts[index])} times`;
  return `rank ${grouped(ranks[index])}: ${quoted(examples[index], view.kind)}, ${times}`;
}
