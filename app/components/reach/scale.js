// Which colour a number has: on the absolute scale, or beside its row's largest. Pure.
import { level } from "../shared/colours.js";
import { placeAt } from "./decode.js";

/** Decades below its row's largest at which the relative colours end. */
export const RELATIVE = 6;

/** The decades between which the colours run. */
export function decadesOf(view, scale) {
  return scale === "relative" ? [-RELATIVE, 0] : view.range;
}

/** What row t's log10 is measured from: its largest number, or 1. */
export function originOf(view, scale, t) {
  if (scale === "absolute") return 0;
  return view.largest[t] < 0 ? NaN : view.log10[placeAt(t, view.largest[t])];
}

/** The row of the colour table at (t, s); that of NaN where there is no number. */
export function shadeAt(view, scale, t, s) {
  const [low, high] = decadesOf(view, scale);
  return level(view.log10[placeAt(t, s)] - originOf(view, scale, t), low, high);
}

/**
 * The longest lag at which any number stands above the lower end of the scale, or is not finite;
 * at least 9 where there are so many, so that the picture stays one.
 */
export function longestLag(view, scale) {
  const { log10, flags, steps } = view;
  const [low] = decadesOf(view, scale);
  let longest = Math.min(9, steps - 1);
  for (let t = longest + 1; t < steps; t++) {
    const first = placeAt(t, 0);
    const limit = low + originOf(view, scale, t);
    for (let s = 0; s < t - longest; s++) {
      if (log10[first + s] > limit || flags[first + s] === 3) longest = t - s;
    }
  }
  return longest;
}

/** The longest lag drawn. */
export function drawnLag(view, scale) {
  return view.lags === null ? longestLag(view, scale) : Math.min(view.lags, view.steps - 1);
}
