// Sizes: how much room there is and who gets it. Pure.
import { clamp } from "../shared/format.js";

const HEADER = 104; // px of the window for the page's header and below the component
const BARE = 36; // the same while presenting
const USUAL = { presenting: false, type: 1 };
const SLIM = 800; // px of width under which the numbers stand below the pictures

/**
 * The overall sizes: those of explorer/layout.js, so that both axes begin and end alike.
 * @param {number} width of the component in px
 * @param {number} windowHeight in px
 * @param {{presenting: boolean, type: number}} shown see `presentation` in shared/dom.js
 */
export function laneSizes(width, windowHeight, { presenting, type } = USUAL) {
  const tall = clamp(windowHeight - (presenting ? BARE : HEADER), 560, 1100);
  const scale = clamp(Math.min(width / 960, tall / 610), 0.9, 1.6);
  const narrow = width < SLIM;
  const gap = Math.round(16 * scale);
  const side = narrow ? width : Math.round(clamp(0.25 * width, 236, 420));
  return {
    tall,
    scale,
    narrow,
    gap,
    side,
    main: narrow ? width : width - side - gap,
    base: type * clamp(13.2 * scale, 12.8, 19),
    small: type * clamp(12 * scale, 12, 16),
    gutter: Math.round(52 * scale),
  };
}

/**
 * The height of one heatmap and of the gradient lane.
 * @param {number} rest px for all pictures together
 * @param {number} count networks
 * @param {number} scale of the type
 * @param {number} flagRows rows of signs that the gradient lane needs
 */
export function laneHeights(rest, count, scale, flagRows) {
  const marks = 10 * flagRows * scale;
  const states = clamp((0.62 * (rest - marks)) / count, 58 * scale, 230 * scale);
  const gradient = clamp(rest - marks - count * states, 118 * scale, 300 * scale) + marks;
  return { states: Math.round(states), gradient: Math.round(gradient) };
}

/** The step and the row of units under a point of a heatmap of `units` rows from `top`. */
export function cellUnder(axis, { top, tall }, units, px, py) {
  const row = Math.floor(((py - top) / tall) * units);
  return { t: axis.stepAt(px), row: clamp(row, 0, units - 1) };
}
