// What the text is coloured by on demand: the mean of a gate, the reach of a loss, a change.
import { level } from "../shared/colours.js";
import { brief, tenTo } from "../shared/format.js";
import { askedChange, changeDecades } from "./change.js";
import { decades } from "./unpack.js";

const DECADES = 12; // a longer way down is all the faintest colour

/** The mean of one lane over the units, per step; pure. */
export function laneMean(lane, steps, units) {
  return Float64Array.from({ length: steps }, (_, t) => {
    let sum = 0;
    for (let unit = 0; unit < units; unit++) sum += lane.values[t * units + unit];
    return sum / units;
  });
}

/** A gate's mean over the units, on the lane's own scale. */
export function meanScale({ view, theme, state }) {
  const lane = view.lanes.find(({ key }) => state.strip === `mean:${key}`);
  const [low, high] = lane.range;
  const means = laneMean(lane, view.steps, view.units);
  return {
    first: 0,
    lut: lane.scale === "unit" ? theme.gates : theme.states,
    low: brief(low), high: brief(high),
    row: (t) => level(means[t], low, high),
    how: `Colour: ${lane.label}, the mean of all ${view.units} units.`,
  };
}

/** The decades of all reaches together, so that colours keep their meaning while the cursor moves. */
export function reachDecades(reach) {
  const span = decades(reach);
  return span && [Math.max(span[0], span[1] - DECADES), span[1]];
}

/** How strongly the loss at the cursor depends on the state at each token. */
export function reachScale({ view, theme, state }) {
  const reach = view.arrays.reach;
  if (!reach) return unasked(theme, "The reach of every loss is being computed …");
  view.reachSpan ??= reachDecades(reach) ?? [-1, 0];
  const [low, high] = view.reachSpan;
  const from = state.cursor * view.steps;
  return {
    first: Infinity,
    lut: theme.magnitude, low: `≤ ${tenTo(low)}`, high: tenTo(high),
    row: (t) => level(reach[from + t], low, high),
    how: `‖∂L/∂h‖ of the loss at step ${state.cursor + 1} alone, at each token (log scale); no ` +
      "colour: no way leads there.",
  };
}

/** How much another token at one step changed the state at each. */
export function changeScale({ view, theme, state }) {
  if (!view.change || !askedChange(state.asked)) {
    const waiting = state.asked && view.asked !== state.asked;
    return unasked(theme, waiting ? "Reading again …" : "“Change a token”, below, says which.");
  }
  const relative = view.arrays.change_relative;
  const [low, high] = changeDecades(relative) ?? [-1, 0];
  return {
    first: 0,
    lut: theme.magnitude, low: tenTo(low), high: tenTo(high),
    row: (t) => (relative[t] === 0 ? 0 : level(Math.log10(relative[t]), low, high)),
    how: "Stronger colour: ‖Δh‖ / ‖h‖ is larger after the change (log scale); no colour: unchanged.",
  };
}

function unasked(theme, how) {
  return { first: Infinity, lut: theme.magnitude, low: "", high: "", row: () => 256, how };
}
