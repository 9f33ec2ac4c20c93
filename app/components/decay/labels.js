// The curves' names at the right edge, apart from each other, each tied to its curve.
import { clamp } from "../shared/format.js";
import { spread } from "../shared/spread.js";
import { cut } from "../shared/words.js";
import { drawSign, segment } from "./ink.js";

const MOST_SIGNS = 26; // of a theory's name at its curve; the legend has it whole

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

/** The px right of a panel that its names need: whole names where there is room, else letters. */
export function gutterOf(context, names, across, { small, scale }) {
  const most = Math.max(0, ...names.map(({ words }) => context.measureText(words).width));
  const whole = most + 12 * scale + 20;
  return whole <= 0.34 * across && across >= 340 ? { px: whole, whole: true }
    : { px: 1.1 * small + 22, whole: false };
}

/** Draws the names of one panel. */
export function drawNames(context, panel, names, whole, x) {
  const { theme, sizes, inks, view } = x;
  const placed = names
    .map((each) => {
      const values = each.theory ? each.network.by[each.theory.key].log10 : each.network.measured;
      return { ...each, end: lastOnAxes(values, view.y_range) };
    })
    .filter(({ end }) => end)
    .map((each) => ({ ...each, y: clamp(panel.y(each.end.value), panel.top, panel.bottom) }))
    .sort((a, b) => a.y - b.y);
  const [top, bottom] = [panel.top + 4, panel.bottom - 4];
  const gap = Math.min(1.22 * sizes.small, (bottom - top) / Math.max(placed.length - 1, 1));
  const apart = spread(placed.map(({ y }) => y), gap, top, bottom);
  context.textAlign = "left";
  context.textBaseline = "middle";
  placed.forEach(({ network, theory, words, end, y }, at) => {
    const ink = inks[network.at];
    context.globalAlpha = 0.7;
    context.lineWidth = 1;
    const px = panel.at(end.lag);
    if (px < panel.right - 4) {
      context.setLineDash([1, 4]);
      segment(context, px, y, panel.right, y, ink.theory);
      context.setLineDash([]);
    }
    segment(context, panel.right + 1, y, panel.right + 12, apart[at], ink.theory);
    context.globalAlpha = 1;
    const left = panel.right + 15;
    if (!theory) {
      const size = 3.8 * sizes.scale;
      drawSign(context, network.at, left + size, apart[at], size, ink.line, theme.ground);
    }
    context.font = `${theory ? 400 : 700} ${sizes.small}px ${theme.font}`;
    context.fillStyle = theory ? ink.theory : theme.text;
    const shown = whole ? words : theory ? theory.letter : "";
    context.fillText(shown, left + (theory ? 0 : 11 * sizes.scale), apart[at] + 0.5);
  });
}
