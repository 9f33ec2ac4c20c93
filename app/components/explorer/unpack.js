// The bytes that pack.py wrote, as typed arrays. See pack.py for the layout.

const TYPES = { float32: Float32Array, float64: Float64Array, int32: Int32Array };
TYPES.uint8 = Uint8Array;
const FEATURES = [
  ["quotes", "quotation marks"], ["brackets", "brackets"], ["line", "position in the line"],
  ["space", "after a space"], ["capital", "capital letter"],
];

function head(bytes) {
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (magic !== "UNR1") throw new Error(`explorer: unknown data (${magic})`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  return { length, first: Math.ceil((8 + length) / 8) * 8 };
}

/** A string that changes with what Python sends on demand. */
export function extraKey({ sums, features, change, reached }) {
  return JSON.stringify([sums, features, change, reached]);
}

/** The meta object alone, without touching the arrays. */
export function readMeta(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + head(bytes).length)));
}

/**
 * Reads one block of bytes.
 * @param {Uint8Array} bytes what Streamlit hands over, at any alignment
 * @returns the meta object with `arrays`, `lanes[i].values` and the ranges the pictures share
 */
export function unpack(bytes) {
  const { first } = head(bytes);
  const view = readMeta(bytes);
  const buffer = bytes.slice().buffer; // typed arrays must start at a multiple of their size
  const array = ({ dtype, shape, offset }) => {
    const size = shape.reduce((product, each) => product * each, 1);
    return new TYPES[dtype](buffer, first + offset, size);
  };
  const places = view.arrays;
  view.arrays = Object.fromEntries(
    Object.entries(places).map(([name, place]) => [name, array(place)]),
  );
  for (const lane of view.lanes) lane.values = array(lane.place);
  view.extra = extraKey(view);
  view.steps = view.inputs.length;
  view.units = view.hidden_size;
  view.kept = places.top.shape[1];
  for (const name of ["value", "perplexity"]) view.loss[name] = Number(view.loss[name]);
  for (const reference of view.references) {
    reference.surprise = view.arrays[reference.array];
    reference.perplexity = Number(reference.perplexity);
  }
  for (const [index, feature] of (view.features ?? []).entries()) {
    feature.order = view.arrays[`feature${index}`];
    for (const name of ["chosen", "held_out"]) feature[name] = Number(feature[name]);
  }
  view.unread = new Set(view.unread);
  addRanges(view);
  return view;
}

function addRanges(view) {
  const { hidden, edges_forward, head_forward } = view.arrays;
  const size = view.steps * view.units;
  for (const lane of view.lanes) lane.range = scaleRange(lane.scale, lane.values);
  const bounded = view.cell !== "rnn_relu";
  view.hiddenRange = view.layers.map((_, n) =>
    bounded ? [-1, 1] : scaleRange("signed_own", hidden.subarray(n * size, (n + 1) * size)),
  );
  view.odd = hidden.some((value) => Number.isNaN(value));
  view.thickest = Math.max(largest(edges_forward), largest(head_forward));
}

/** [low, high] that a lane's colours span. */
export function scaleRange(scale, values) {
  if (scale === "unit") return [0, 1];
  if (scale === "signed_unit") return [-1, 1];
  const most = largest(values) || 1;
  return [-most, most];
}

function largest(values) {
  let most = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/**
 * Whole powers of ten around the finite log10 norms, at least two apart; null when none is. For what
 * is computed here; the gradient's axis comes from Python, which has the same rule.
 */
export function decades(log10) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of log10) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return null;
  const span = [Math.floor(low), Math.ceil(high)];
  if (span[1] - span[0] < 2) span[0] = span[1] - 2;
  return span;
}

/** Whether token t, from 0 to the number of steps, is read as <unk>. */
export function isUnread(view, t) {
  return Boolean(view.unread?.has(t));
}

/**
 * Surprise of token t, -log p in nats, by the prediction made one step earlier; NaN for t = 0, and
 * where the network reads <unk>: what it expected then was not this token.
 * @param by the network's array, or that of a reference
 */
export function surprise(view, t, by = view.arrays.surprise) {
  return t === 0 || isUnread(view, t) ? NaN : by[t - 1];
}

/** Index of the chosen layer among the layer traces. */
export function layerIndex(view) {
  return view.layers.findIndex((layer) => layer.name === view.layer);
}

/** What the units may be ordered by, as [value, text]; `value` is what Python hears. */
export function orderOptions(view) {
  const features = view.offers?.includes("units") ? FEATURES : [];
  return [
    ["index", "by index"],
    ...(view.arrays.similarity ? [["similarity", "by similarity"]] : []),
    ...features.map(([key, words]) => [`feature:${key}`, `by r with: ${words}`]),
  ];
}

/** The unit drawn in each row; by index as long as Python has not sent the order. */
export function unitOrder(view, order) {
  const feature = view.features?.find(({ key }) => order === `feature:${key}`);
  if (feature) return feature.order;
  if (order === "similarity" && view.arrays.similarity) return view.arrays.similarity;
  return Int32Array.from({ length: view.units }, (_, unit) => unit);
}
