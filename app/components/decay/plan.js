// Where the axes stand and which numbers they carry. Pure.
import { clamp } from "../shared/format.js";

const JUMPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** The networks that are not switched off. */
export function shownNetworks({ networks }, hidden) {
  return networks.filter(({ key }) => !hidden.has(key));
}

/**
 * One panel for all networks, or one for each: side by side, or below each other where it is
 * narrow. The axes and what stands under them need the same room whatever the curves are.
 * @param {object} of
 * @param {number} of.across px of the whole, `of.tall` px of one panel
 * @param {number[][]} of.groups the networks' indices in each panel
 * @param {number} of.gutter px right of each panel for the curves' names
 * @param {number} of.axis px left of it for the powers of ten
 */
export function panels({ across, tall, groups, gutter, axis, stacked, lags, range, sizes }) {
  const { small, scale } = sizes;
  const count = stacked ? 1 : groups.length;
  const gap = Math.round(0.5 * small);
  const share = (across - (count - 1) * gap - axis) / count;
  const title = groups.length > 1 ? 1.7 * small : 0;
  return groups.map((networks, at) => {
    const first = stacked || at === 0;
    const left = Math.round(axis + (stacked ? 0 : at * (share + gap)));
    const right = Math.round(left + share - gutter);
    const over = stacked ? at * tall : 0;
    const rows = Math.max(1, networks.length);
    const row = Math.round(9 * scale);
    const top = Math.round(over + title + row + 4);
    const bottom = Math.round(over + tall - 2.9 * small - rows * row - 3);
    return withAxes({ networks, left, right, top, bottom, first, row, over, tall }, lags, range);
  });
}

/** Adds the maps between lags and px, and between decades and px. */
export function withAxes(panel, lags, [low, high]) {
  const { left, right, top, bottom } = panel;
  const last = Math.max(lags - 1, 1);
  return {
    ...panel,
    low,
    high,
    at: (lag) => left + (lag / last) * (right - left),
    lagAt: (px) => clamp(Math.round(((px - left) / (right - left)) * last), 0, lags - 1),
    y: (log10) => bottom - ((log10 - low) / (high - low)) * (bottom - top),
  };
}

/** The panel that a px belongs to: the one it is in or nearest to. */
export function panelAt(plans, px, py) {
  const away = ({ left, right, over, tall }) =>
    Math.max(left - px, px - right, 0) + Math.max(over - py, py - over - tall, 0);
  return plans.reduce((best, each) => (away(each) < away(best) ? each : best));
}

/** Powers of ten that get a name: as many as have room, at round distances. */
export function decadeTicks([low, high], room) {
  const least = (high - low) / Math.max(room, 1);
  const jump = JUMPS.find((each) => each >= least) ?? Math.ceil(least / 1000) * 1000;
  const ticks = [];
  for (let at = Math.ceil(low / jump - 1e-9); at * jump <= high + 1e-9; at++) ticks.push(at * jump);
  return ticks.map((tick) => (tick === 0 ? 0 : tick)); // no -0
}

/** Lags that get a number: 0 and round ones, at most `room` beside 0. */
export function lagTicks(lags, room) {
  const last = lags - 1;
  const jump = JUMPS.find((each) => each >= last / Math.max(room, 1)) ?? 2000;
  const ticks = [];
  for (let lag = 0; lag <= last; lag += jump) ticks.push(lag);
  return ticks;
}
