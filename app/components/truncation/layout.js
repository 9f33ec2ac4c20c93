// Where the steps stand: columns, the window around the cursor, and heights. Pure.
import { clamp } from "../shared/format.js";

const MARGIN = 2; // steps kept in sight beyond the cursor, where there are any

/**
 * The columns: as wide as there is room, at most so many that each can be read.
 * @returns {{cell: number, count: number, upright: boolean}} words that do not fit are turned
 */
export function columnsFor(kind, steps, room, scale) {
  const least = (kind === "character" ? 21 : 64) * scale;
  const most = (kind === "character" ? 44 : 110) * scale;
  const turned = kind === "word" && room / Math.min(steps, 24) < least;
  const floor = turned ? 27 * scale : least;
  const count = clamp(Math.floor(room / floor), 1, steps);
  return { cell: Math.min(room / count, most), count, upright: !turned };
}

/**
 * The first step in sight after the cursor moved: as before while the cursor stays inside; else
 * it moves just as far as needed, and a jump leaves three quarters of the window for what lies
 * behind, where gradients go.
 */
export function slideTo(from, count, steps, cursor) {
  const last = Math.max(steps - count, 0);
  const margin = Math.min(MARGIN, Math.floor((count - 1) / 2));
  const [low, high] = [cursor - count + 1 + margin, cursor - margin];
  if (from >= low && from <= high) return clamp(from, 0, last);
  const near = from > high ? high : low;
  const jump = Math.abs(near - from) > count / 2;
  return clamp(jump ? cursor - Math.floor(0.75 * count) : near, 0, last);
}

/** Heights in one row's picture, from its top, and its columns' places in px. */
export function planOf({ from, count, cell, upright }, { small, scale }, { overview, numbers }) {
  const chip = (numbers ? 1.3 * small : 0) + 1.55 * small;
  const box = Math.round(clamp(0.8 * cell, 17 * scale, 26 * scale));
  const arc = Math.round(clamp(0.55 * cell, 11 * scale, 17 * scale));
  const word = Math.round(upright ? 1.75 * small : 5.9 * small);
  const bar = overview ? Math.round(9 * scale) : 0;
  const boxes = Math.round(chip);
  const arcs = boxes + box;
  const words = arcs + arc + 3;
  const bottom = words + word;
  return {
    from, count, cell, upright, numbers, boxes, box, arcs, arc, words, bottom, bar,
    overview: bottom + 5,
    tall: bottom + (bar ? bar + 9 : 3),
    left: (step) => (step - from) * cell,
    centre: (step) => (step - from + 0.5) * cell,
    stepAt: (px) => clamp(from + Math.floor(px / cell), from, from + count - 1),
  };
}

/** Steps that get a number: round ones far enough apart, among those in sight. */
export function numbered(from, count, cell, small) {
  const jump = [1, 2, 5, 10, 20, 50].find((each) => each * cell >= 2.6 * small) ?? 100;
  const steps = [];
  for (let step = from; step < from + count; step++) if ((step + 1) % jump === 0) steps.push(step);
  return steps;
}
