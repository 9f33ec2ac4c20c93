// The curves' names at the right edge, apart from each other, each tied to its curve: by a line to
// one that ends there, by its letter at the end of one that ends before.
import { clamp } from "../shared/format.js";
import { cut } from "../shared/signs.js";
import { spread } from "../shared/spread.js";
import { drawSign, segment } from "./ink.js";

const MOST_SIGNS = 28; // of a theory's name at its curve; the legend has it whole

/** The names that belong into one panel: for each curve its words and what it is. Pure. */
export function namesIn(view, networks, hidden, alone) {
  return networks.flatMap((network) => [
    { network, theory: null, words: alone ? "measured" : cut(network.name, MOST_SIGNS) },
    ...view.theories
      .filter(({ key }) => !hidden.has(key) && network.by[key])
      .map((theory) => ({
        network, theory, words: `${theory.letter}  ${cut(theory.label, MOST_SIGNS)}`,
      })),
  ]);
}

/** The last lag at which a curve stands on the axes, and its value; null when it never does. Pure. */
export function lastOnAxes(values, [low, high]) {
  for (let lag = values.length - 1; lag >= 0; lag--) {
    const value = values[lag];
    if (value >= low && value <= high) return { lag, value };
  }
  return null;
}

/**
 * Where a curve ends, and the height for its name: its own where it ends at the last lag or nothing
 * is said from there on, else the edge that it leaves by. Null when it never stands on the axes.
 * @param {ArrayLike<number>} values decades
 * @param {number[]} range of the axis
 * @param {ArrayLike<number> | null} status the flags of a measured curve
 */
export function endOf(values, [low, high], status = null) {
  const end = lastOnAxes(values, [low, high]);
  if (!end) return null;
  const next = end.lag + 1;
  const early = next < values.length;
  if (!early) return { ...end, early, height: end.value };
  const flag = status?.[next] ?? 0;
  if (values[next] > high || flag === 3) return { ...end, early, height: high };
  return { ...end, early, height: values[next] < low || flag ? low : end.value };
}

/** Px for letters at curves' ends, each right of those it would lie on. Pure. */
export function besides(places, wide, tall) {
  const kept = [];
  for (const { px, py } of places) {
    let free = px;
    const lies = (each) => Math.abs(each.px - free) < wide && Math.abs(each.py - py) < tall;
    for (let hit = kept.find(lies); hit; hit = kept.find(lies)) free = hit.px + wide;
    kept.push({ px: free, py });
  }
  return kept;
}

/** The px right of a panel that its names need: whole names where there is room, else letters. */
export function gutterOf(context, names, across, { small, scale }) {
  const most = Math.max(0, ...names.map(({ words }) => context.measureText(words).width));
  const whole = most + 12 * scale + 20;
  return whole <= 0.34 * across && across >= 340 ? { px: whole, whole: true }
    : { px: 1.1 * small + 22, whole: false };
}

/** Draws the names of one panel. */
export function drawNames(context, panel, names, whole, x) {
  const placed = names
    .map((each) => ({ ...each, end: endOfCurve(each, x.view.y_range) }))
    .filter(({ end }) => end)
    .map((each) => ({ ...each, y: clamp(panel.y(each.end.height), panel.top, panel.bottom) }))
    .sort((a, b) => a.y - b.y);
  const [top, bottom] = [panel.top + 4, panel.bottom - 4];
  const gap = Math.min(1.22 * x.sizes.small, (bottom - top) / Math.max(placed.length - 1, 1));
  const apart = spread(placed.map(({ y }) => y), gap, top, bottom);
  context.textAlign = "left";
  context.textBaseline = "middle";
  placed.forEach((each, at) => drawName(context, panel, each, apart[at], whole, x));
  drawEnds(context, panel, placed.filter(({ end, theory }) => end.early && theory), x);
}

function endOfCurve({ network, theory }, range) {
  return theory ? endOf(network.by[theory.key].log10, range)
    : endOf(network.measured, range, network.status);
}

function drawName(context, panel, { network, theory, words, end, y }, to, whole, x) {
  const { theme, sizes } = x;
  const ink = x.inks[network.at];
  if (!end.early) {
    context.globalAlpha = 0.7;
    context.lineWidth = 1;
    segment(context, panel.right + 1, y, panel.right + 12, to, ink.theory);
    context.globalAlpha = 1;
  }
  const left = panel.right + 15;
  if (!theory) {
    const size = 3.8 * sizes.scale;
    drawSign(context, network.at, left + size, to, size, ink.line, theme.ground);
  }
  context.font = `${theory ? 400 : 700} ${sizes.small}px ${theme.font}`;
  context.fillStyle = theory ? ink.theory : theme.text;
  const shown = whole ? words : theory ? theory.letter : "";
  context.fillText(shown, left + (theory ? 0 : 11 * sizes.scale), to + 0.5);
}

/* The letters of theories whose curves end inside the picture; measured ones carry their signs. */
function drawEnds(context, panel, placed, { theme, sizes, inks }) {
  const { small } = sizes;
  const [top, bottom] = [panel.top + 0.6 * small, panel.bottom - 0.8 * small];
  const ends = [...placed].sort((a, b) => a.end.lag - b.end.lag);
  const wished = ends.map(({ end }) => ({
    px: panel.at(end.lag) + 0.6 * small, py: clamp(panel.y(end.value), top, bottom),
  }));
  context.font = `700 ${small}px ${theme.font}`;
  context.lineJoin = "round";
  besides(wished, 0.9 * small, small).forEach(({ px, py }, at) => {
    const { network, theory } = ends[at];
    const left = Math.min(px, panel.right - 0.7 * small);
    context.lineWidth = 3.5;
    context.strokeStyle = theme.ground;
    context.strokeText(theory.letter, left, py);
    context.fillStyle = inks[network.at].theory;
    context.fillText(theory.letter, left, py);
  });
}
