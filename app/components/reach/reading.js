// What the numbers say: sizes with the digits that are certain, and how far a loss reaches. Pure.
import { gradientNorm, magnitude } from "../shared/format.js";
import { quoted } from "../shared/words.js";
import { placeAt } from "./decode.js";

const HUNDREDTH = 2; // decades
const FINITE = 0;
const NON_FINITE = 3;

/** Digits of a size that are certain to within one unit of the last, its log10 being off by so much. */
export function certainDigits(error) {
  const relative = error * Math.LN10;
  return relative <= 5e-4 ? 3 : relative <= 5e-3 ? 2 : 1;
}

/** The number at (t, s) in words: its size, or why it has none. */
export function textAt(view, t, s) {
  const at = placeAt(t, s);
  if (view.flags[at] !== FINITE) return gradientNorm(NaN, view.flags[at]).replace(/:.*/, "");
  return magnitude(view.log10[at], certainDigits(view.error[t]));
}

/** How large the number at (t, s) is beside that at (t, by); null where either is none. */
export function ratioText(view, t, s, by) {
  const decades = view.log10[placeAt(t, s)] - view.log10[placeAt(t, by)];
  return Number.isNaN(decades) ? null : magnitude(decades, certainDigits(2 * view.error[t]));
}

/**
 * The first earlier step, going back from t, at which row t stands below a hundredth of its value
 * at t (0 and underflow do): -1 where none does, null where that cannot be said, because the own
 * value or one met on the way is not known.
 */
export function fallOf({ log10, flags, error }, t) {
  const first = placeAt(t, 0);
  if (flags[first + t] !== FINITE) return null;
  const limit = log10[first + t] - HUNDREDTH - 2 * error[t]; // rounding alone is no fall
  for (let s = t - 1; s >= 0; s--) {
    const flag = flags[first + s];
    if (flag === NON_FINITE) return null;
    if (flag !== FINITE || log10[first + s] < limit) return s;
  }
  return -1;
}

/** The largest number before step `before` that stands above the hundredth again: its s, or -1. */
export function risesAgain({ log10, error }, t, before) {
  const first = placeAt(t, 0);
  let [most, place] = [log10[first + t] - HUNDREDTH + 2 * error[t], -1];
  for (let s = before - 1; s >= 0; s--) {
    if (log10[first + s] > most) [most, place] = [log10[first + s], s];
  }
  return place;
}

/** The lag at which each row falls (null where it does not), how many do, and their median. */
export function fallsOf(view) {
  const falls = Array.from({ length: view.steps }, (_, t) => fallOf(view, t));
  const lags = falls.map((s, t) => (s === null || s < 0 ? null : t - s));
  return { falls, lagsOfFall: lags, fallen: lags.filter((lag) => lag !== null).length, median: medianOf(lags) };
}

/** The median of the lags that are there; null where none is. */
export function medianOf(lags) {
  const known = lags.filter((lag) => lag !== null).sort((a, b) => a - b);
  const half = known.length / 2;
  return known.length ? (known[Math.ceil(half) - 1] + known[Math.floor(half)]) / 2 : null;
}

/** “e”: a token in a sentence. */
export function tokenText(view, t) {
  return quoted(view.tokens[t], view.kind, 24);
}

/** What each row is of: the loss of its step, or the logit of the token that came next. */
export function subjectOf(view) {
  return view.subject ?? "loss";
}

/** The loss step in words: step 87 (“e” → “r”). */
export function lossText(view, t) {
  return `step ${t + 1} (${tokenText(view, t)} → ${quoted(view.targets[t], view.kind, 24)})`;
}

const steps = (count) => `${count} step${count === 1 ? "" : "s"}`;

/** How far the loss at step t reaches, in a sentence or two. */
export function reachText(view, t) {
  const whose = subjectOf(view) === "loss" ? "The loss" : "The true next token's logit";
  const loss = `${whose} at ${lossText(view, t)}`;
  const own = textAt(view, t, t);
  const flag = view.flags[placeAt(t, t)];
  if (flag !== FINITE) return `${loss}: at its own step the number is ${own}; there is no reach to tell.`;
  if (t === 0) return `${loss} has no earlier step in what is shown: ${own} at its own.`;
  const s = view.falls[t];
  if (s === null) return `${loss}: a number before it is not finite; how far it reaches cannot be told.`;
  const against = `against ${own} at step ${t + 1}`;
  if (s < 0) {
    const there = `${textAt(view, t, 0)} there, ${against}`;
    return `${loss} reaches back all ${steps(t)} shown, never below a hundredth of its value at ` +
      `its own step: ${there}.`;
  }
  const again = risesAgain(view, t, s);
  const more = again < 0 ? "" : " Further back it stands above that hundredth again: " +
    `${textAt(view, t, again)} at step ${again + 1}.`;
  return `${loss} reaches back ${steps(t - s)} before it falls below a hundredth of its value at ` +
    `its own step: ${textAt(view, t, s)} at step ${s + 1} (${tokenText(view, s)}), ${against}.${more}`;
}

/** One cell of the matrix in words. */
export function cellText(view, t, s) {
  const own = ratioText(view, t, s, t);
  const beside = s === t || own === null ? "" : `, ${own} times the value at its own step`;
  const lag = s === t ? `the ${subjectOf(view)}'s own step` : `${steps(t - s)} back`;
  return `${view.what} at t = ${t + 1}, s = ${s + 1} (${tokenText(view, s)}, ${lag}): ` +
    `${textAt(view, t, s)}${beside}`;
}
