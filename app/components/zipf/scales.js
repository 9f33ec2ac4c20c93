// The plot's axes and the range of ranks on them. Pure; nothing here touches the page.
import { clamp, tenTo } from "../shared/format.js";
import { grouped } from "../shared/words.js";

const STEP = 1.1; // an arrow key multiplies the rank by it
const LEAP = 2; // with shift

/**
 * A log axis from 1 to at least 10.
 * @param {number} most the largest number on it
 * @param {number} start px of 1
 * @param {number} end px of the other end, on either side of `start`
 */
export function logAxis(most, start, end) {
  const top = Math.max(most, 10);
  const unit = (end - start) / Math.log(top);
  return {
    top,
    at: (value) => start + Math.log(value) * unit,
    atLog: (log) => start + log * unit,
    rankAt: (px) => clamp(Math.round(Math.exp((px - start) / unit)), 1, Math.max(most, 1)),
  };
}

/** Powers of ten up to `top`, thinned so that at most `room` of them are named. */
export function powerTicks(top, room) {
  const last = Math.floor(Math.log10(top) + 1e-9);
  const jump = Math.max(1, Math.ceil((last + 1) / Math.max(room, 2)));
  const ticks = [];
  for (let power = 0; power <= last; power += jump) ticks.push(10 ** power);
  return ticks;
}

/** The fine grid: 2 to 9 times each power of ten, up to `top`. */
export function fineTicks(top) {
  const ticks = [];
  for (let power = 1; power <= top; power *= 10) {
    for (let times = 2; times < 10 && times * power <= top; times++) ticks.push(times * power);
  }
  return ticks;
}

/** A power of ten on an axis. */
export function tickLabel(value) {
  return value < 1e6 ? grouped(value) : tenTo(Math.round(Math.log10(value)));
}

/** The range kept inside 1 to `most`, at least two ranks where there are two. */
export function fitRange([low, high], most) {
  if (most < 2) return [1, 1];
  const last = clamp(high, 2, most);
  return [clamp(low, 1, last - 1), last];
}

/** The ranks one end (0 low, 1 high) may have while the other stands. */
export function reach(range, end, most) {
  if (most < 2) return [1, 1];
  return end === 0 ? [1, range[1] - 1] : [range[0] + 1, most];
}

/** The range with one end moved to a rank, as far as the other end lets it. */
export function moveEnd(range, end, rank, most) {
  const [least, last] = reach(range, end, most);
  const moved = [...range];
  moved[end] = clamp(rank, least, last);
  return moved;
}

/** The rank one key press away: a fixed step on the log axis, at least one rank. */
export function stepRank(rank, direction, far) {
  const factor = far ? LEAP : STEP;
  return direction > 0
    ? Math.max(rank + 1, Math.round(rank * factor))
    : Math.max(1, Math.min(rank - 1, Math.round(rank / factor)));
}

/**
 * The range after a key, or null when the key moves nothing.
 * @param {number} end 0 for the lower handle, 1 for the upper
 */
export function rangeAfter(key, shift, range, end, most) {
  const [least, last] = reach(range, end, most);
  const directions = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
  Object.assign(directions, { PageDown: -1, PageUp: 1 });
  if (key === "Home") return moveEnd(range, end, least, most);
  if (key === "End") return moveEnd(range, end, last, most);
  if (!Object.hasOwn(directions, key)) return null;
  const far = shift || key.startsWith("Page");
  return moveEnd(range, end, stepRank(range[end], directions[key], far), most);
}

/**
 * Centres of the two handles' labels: over their handles, pushed apart where they would touch.
 * @returns {[number, number]} px
 */
export function labelCentres([low, high], [lowWide, highWide], width, gap = 6) {
  const apart = (lowWide + highWide) / 2 + gap;
  const push = Math.max(0, (apart - (high - low)) / 2);
  const left = clamp(low - push, lowWide / 2, width - highWide - gap - lowWide / 2);
  const right = clamp(Math.max(high + push, left + apart), left + apart, width - highWide / 2);
  return [Math.min(left, right - apart), right];
}
