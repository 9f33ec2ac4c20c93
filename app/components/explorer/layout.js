// Sizes: everything that depends on how much room there is. Pure; nothing here touches the page.
import { clamp } from "../shared/format.js";

const NARROW = 800; // below this the inspector stands under the pictures
const LEAST = 560; // px of height under which the pictures can no longer be read
const MOST = 1100;
const USUAL = { presenting: false, type: 1 };
const BELOW = 24; // px left free under the component

/**
 * The height the component should take: what the window leaves under its upper edge. When it
 * begins far down the page, a window's height without the page's header.
 * @param {number} windowHeight in px
 * @param {number} top of the component in the unscrolled page, in px
 */
export function budget(windowHeight, top) {
  const above = top < 0.4 * windowHeight ? top : 80;
  return clamp(windowHeight - above - BELOW, LEAST, MOST);
}

/**
 * The overall sizes.
 * @param {number} width of the component in px
 * @param {number} budget its height in px, see `budget`
 * @param {{presenting: boolean, type: number}} shown see `presentation` in shared/dom.js
 */
export function plan(width, budget, { presenting, type } = USUAL) {
  const scale = clamp(Math.min(width / 960, budget / 610), 0.9, 1.6);
  const narrow = width < NARROW;
  const gap = Math.round(16 * scale);
  const inspector = narrow ? width : Math.round(clamp(0.25 * width, 236, 420));
  return {
    width,
    budget,
    scale,
    type,
    presenting,
    narrow,
    gap,
    inspector,
    main: narrow ? width : width - inspector - gap,
    base: type * clamp(13.2 * scale, 12.8, 19),
    small: type * clamp(12 * scale, 12, 16),
    gutter: Math.round(52 * scale),
  };
}

/**
 * How the three pictures share the height that is left for them.
 * @param {number} rest px for the three canvases together
 * @param {number} traces layer traces drawn in the diagram
 * @param {boolean} narrow whether the page is scrolled anyway: then none is squeezed
 */
export function heights(rest, traces, scale, narrow = false) {
  const need = Math.round(100 * scale + 6 + 26 * traces);
  const diagram = Math.round(Math.max(need, (0.42 + 0.03 * traces) * rest));
  const left = Math.max(rest - diagram, (narrow ? 270 : 170) * Math.min(scale, 1));
  const heatmap = Math.round(0.56 * left);
  return { diagram, heatmap, gradient: Math.round(left - heatmap) };
}

/**
 * Where everything in the unrolled diagram stands.
 * @param {{steps: number, layers: {level: number, reverse: boolean}[], units: number}} view
 */
export function diagramPlan(width, height, { scale, base, small }, view) {
  const both = view.layers.some((layer) => layer.reverse);
  const levels = Math.max(...view.layers.map((layer) => layer.level)) + 1;
  const left = Math.round((both || levels > 1 ? 112 : 92) * scale);
  const room = width - left;
  const fit = clamp(Math.floor(room / (54 * scale)), 5, 15);
  const odd = fit - 1 + (fit % 2); // so that the cursor can stand in the middle
  const shown = view.steps <= fit ? view.steps : odd;
  const column = Math.min(room / shown, 100 * scale);
  const token = clamp(1.3 * base, 15, 28);
  const top = small + token + 12;
  const bottom = height - small - token - 13;
  const rows = nodeRows(top, bottom, levels, both, scale);
  const dx = both ? 0.22 * column : 0;
  const wide = both ? 2 * dx - 3 : Math.min(0.6 * column, Math.max(1.1 * rows.tall, 22));
  return {
    width, height, left, room, shown, column, token, small, top, bottom, both, levels, dx, wide,
    tall: rows.tall,
    nodes: view.layers.map((layer) => ({
      level: layer.level,
      reverse: layer.reverse,
      shift: both ? (layer.reverse ? dx : -dx) : 0,
      y: rows.y(layer.level, layer.reverse),
    })),
    bus: (level) => rows.bus(level),
  };
}

/* Node height and the top of each node: levels stack upward, a reverse layer above its forward. */
function nodeRows(top, bottom, levels, both, scale) {
  const space = bottom - top;
  const gap = clamp(space / (2.6 * levels + 1), 13, 40 * scale);
  const perLevel = (space - gap * (levels + 1)) / levels;
  const tall = Math.max(both ? (perLevel - 4) / 2 : perLevel, 6);
  const floor = (level) => bottom - gap - level * (perLevel + gap);
  return {
    tall,
    y: (level, reverse) => floor(level) - tall - (both && reverse ? tall + 4 : 0),
    bus: (level) => floor(level) - perLevel - 0.3 * gap,
  };
}

/** First step of the diagram's window, with the cursor in the middle where there is room. */
export function windowStart(cursor, shown, steps) {
  return clamp(cursor - Math.floor((shown - 1) / 2), 0, Math.max(steps - shown, 0));
}
