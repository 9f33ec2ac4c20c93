// The matrix as pixels: one for each cell, or, where there are more cells than room, the largest
// number of those that share one. Pure.
import { level } from "../shared/colours.js";
import { decadesOf, originOf } from "./scale.js";

const EMPTY = 255;
// Of cells that share a pixel: not finite tells most, then a number, then underflow, then 0.
const WEIGHT = [2, 0, 1, 3];

/**
 * The largest number and the strongest flag of each bin.
 * @param {{across: number, down: number, columns: number, axis: "step" | "lag"}} plan bins across
 *   and down, and the matrix columns (steps or lags) that they hold
 */
export function binned(view, scale, { across, down, columns, axis }) {
  const most = new Float32Array(across * down).fill(-Infinity);
  const kinds = new Uint8Array(across * down).fill(EMPTY);
  const { steps, log10, flags } = view;
  for (let t = 0, first = 0; t < steps; first += t + 1, t++) {
    const origin = originOf(view, scale, t);
    const row = Math.floor((t * down) / steps) * across;
    const end = axis === "step" ? t : Math.min(t, columns - 1);
    for (let column = 0; column <= end; column++) {
      const at = first + (axis === "step" ? column : t - column);
      const bin = row + Math.floor((column * across) / columns);
      const flag = flags[at];
      if (kinds[bin] === EMPTY || WEIGHT[flag] > WEIGHT[kinds[bin]]) kinds[bin] = flag;
      if (flag === 0 && log10[at] - origin > most[bin]) most[bin] = log10[at] - origin;
    }
  }
  return { most, kinds };
}

/**
 * The colours of the bins, and one mask for each flag that is opaque where it holds.
 * @returns {{colours: Uint8ClampedArray, masks: Record<number, Uint8ClampedArray>}}
 */
export function matrixPixels(view, scale, plan, lut) {
  const { most, kinds } = binned(view, scale, plan);
  const [low, high] = decadesOf(view, scale);
  const colours = new Uint8ClampedArray(4 * kinds.length);
  const masks = {};
  for (let bin = 0; bin < kinds.length; bin++) {
    const kind = kinds[bin];
    if (kind === EMPTY) continue;
    if (kind === 0) {
      const shade = 3 * level(most[bin], low, high);
      for (let part = 0; part < 3; part++) colours[4 * bin + part] = lut[shade + part];
      colours[4 * bin + 3] = 255;
    } else {
      masks[kind] ??= new Uint8ClampedArray(4 * kinds.length);
      masks[kind][4 * bin + 3] = 255;
    }
  }
  return { colours, masks };
}
