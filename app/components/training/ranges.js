// How far the axes reach. They only grow, and in steps, so that they stand still while points
// come. Pure. Logarithmic ends are log10.

const LADDER = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
const COARSE = [1, 2, 5, 10];
const BEYOND = 1000; // a perplexity this many times a blind guess's stands at the upper edge
const SHARES = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];
const FULL = 0.97; // an axis of steps grows before the curve touches its end

/** The next number of the ladder, times a power of ten, on the side `up` of a value above 0. */
export function rung(value, up, ladder = LADDER) {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = value / power;
  const found = up
    ? ladder.find((each) => each >= digit * (1 - 1e-9))
    : ladder.findLast((each) => each <= digit * (1 + 1e-9));
  return (found ?? (up ? 10 : 1)) * power;
}

/** A range that holds both; either may be null. */
export function widen(before, [low, high]) {
  return before ? [Math.min(before[0], low), Math.max(before[1], high)] : [low, high];
}

/** The smallest and largest number that an axis can show, those up to `most` only. */
export function extremes(arrays, most = Infinity) {
  let [low, high] = [Infinity, -Infinity];
  for (const array of arrays) {
    for (const value of array) {
      if (!Number.isFinite(value) || value > most) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

/** The perplexity axis: all references, and the curves; starts at the first reference. */
export function perplexityRange({ train, validation, references }, before = null) {
  const named = references.map(([, perplexity]) => perplexity);
  const blind = named.length ? named[0] : 100;
  const most = BEYOND * blind;
  const [low, high] = extremes([train.perplexity, validation.perplexity, named, [blind]], most);
  const least = Math.max(1, rung(Math.max(1, 0.97 * low), false));
  const top = rung(Math.max(1.03 * high, 2 * least), true);
  return widen(before, [Math.log10(least), Math.log10(top)]);
}

/** The axis of gradient norms: the curves and the threshold; at least one decade. */
export function normRange({ norm, threshold }, before = null) {
  const positive = [norm.before, norm.after].map((array) => array.filter((value) => value > 0));
  const [least, most] = extremes([...positive, threshold ? [threshold] : []]);
  if (least > most) return widen(before, [-1, 0]);
  let low = Math.log10(rung(0.92 * least, false, COARSE));
  const high = Math.log10(rung(1.08 * most, true, COARSE));
  if (high - low < 1) low = high - 1;
  return widen(before, [low, high]);
}

/** The colour scale of norms over time steps, in whole decades. */
export function heatRange({ per_step: perStep }, before = null) {
  const [low, high] = extremes([perStep?.log10 ?? []]);
  if (low > high) return before ?? [-6, 0];
  const floor = Math.floor(low);
  return widen(before, [floor, Math.max(Math.ceil(high), floor + 1)]);
}

/** The axis of steps: from 0 to a share of the run that is doubled when it is full. */
export function stepRange({ steps_total: total, step }, before = null) {
  const ends = SHARES.map((share) => Math.min(total, Math.max(10, Math.ceil(share * total))));
  const end = ends.find((each) => step <= FULL * each) ?? total;
  // A run may be given fewer steps than it had: nothing is drawn beyond its total then.
  return [0, Math.min(total, Math.max(end, before ? before[1] : 0))];
}

/** All four, never narrower than before. */
export function rangesOf(view, before = null) {
  return {
    steps: stepRange(view, before?.steps),
    perplexity: perplexityRange(view, before?.perplexity),
    norm: normRange(view, before?.norm),
    heat: heatRange(view, before?.heat),
  };
}

/** Ranges part of the way from one set to another; `share` from 0 to 1 is eased. */
export function between(from, to, share) {
  const eased = share >= 1 ? 1 : 1 - (1 - share) ** 3;
  const mix = (a, b) => [0, 1].map((end) => a[end] + eased * (b[end] - a[end]));
  return {
    steps: mix(from.steps, to.steps),
    perplexity: mix(from.perplexity, to.perplexity),
    norm: mix(from.norm, to.norm),
    heat: to.heat, // colours that slide would say that the numbers change
  };
}
