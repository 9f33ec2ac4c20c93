// What pack.py sent, as typed arrays: the lower triangle, row after row. Pure.

/** The bytes of a base64 text. */
export function unpacked(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

/** Place of (loss step t, earlier step s) in the triangle; s may not be above t. */
export function placeAt(t, s) {
  return (t * (t + 1)) / 2 + s;
}

/**
 * Adds to the view: `steps`; `log10` (Float32Array, NaN where there is no number); `flags`
 * (Uint8Array); `counts` of each flag; `error`, by how many decades a number may be off in each
 * row; `largest`, the place s of each row's largest number, or -1.
 */
export function decoded(view) {
  const steps = view.tokens.length;
  const size = placeAt(steps, 0);
  view.steps = steps;
  view.flags = view.status === null ? new Uint8Array(size) : unpacked(view.status);
  Object.assign(view, numbersOf(view.numbers, steps, view.flags));
  delete view.status; // megabytes that nobody needs any more
  delete view.numbers;
  view.counts = [0, 0, 0, 0];
  for (const flag of view.flags) view.counts[flag] += 1;
  view.largest = Int32Array.from({ length: steps }, (_, t) => largestOf(view, t));
  return view;
}

function numbersOf(numbers, steps, flags) {
  const read = (Type, name) => new Type(unpacked(numbers[name]).buffer);
  if (numbers.float32) {
    const log10 = read(Float32Array, "float32");
    return { log10, error: Float64Array.from({ length: steps }, (_, t) => rounding(log10, t)) };
  }
  const [codes, low, step] = [
    read(Uint16Array, "codes"), read(Float64Array, "low"), read(Float64Array, "step"),
  ];
  const log10 = new Float32Array(codes.length);
  for (let t = 0, at = 0; t < steps; t++) {
    for (const end = at + t + 1; at < end; at++) {
      log10[at] = flags[at] ? NaN : low[t] + codes[at] * step[t];
    }
  }
  return { log10, error: step.map((each, t) => each / 2 + rounding(log10, t)) };
}

/* float32 keeps 24 bits: by how much a row's log10 are off depends on their size. */
function rounding(log10, t) {
  let most = 32;
  for (let at = placeAt(t, 0), end = at + t; at <= end; at++) {
    if (Math.abs(log10[at]) > most) most = Math.abs(log10[at]);
  }
  return most * 2 ** -24;
}

function largestOf({ log10 }, t) {
  const first = placeAt(t, 0);
  let [most, place] = [-Infinity, -1];
  for (let s = t; s >= 0; s--) {
    if (log10[first + s] > most) [most, place] = [log10[first + s], s];
  }
  return place;
}
