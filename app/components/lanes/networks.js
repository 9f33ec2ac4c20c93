// The networks that pack.py wrote, their arrays, and what two of them differ in. Pure.
import { decode } from "../decay/decode.js";

/** The view with its arrays: every network knows its place in `at`; `steps` is T. */
export function decodeLanes(sent) {
  const networks = sent.networks.map((network, at) => ({
    ...network,
    at,
    perplexity: Number(network.perplexity),
    range: network.range.map(Number),
    levels: decode(network.levels, Uint8Array),
    odd: network.odd ? decode(network.odd, Uint8Array) : null,
    size: decode(network.size, Float64Array),
    similarity: network.similarity ? decode(network.similarity, Int32Array) : null,
    gradient: decode(network.gradient, Float64Array),
    flags: decode(network.flags, Uint8Array),
    surprise: decode(network.surprise, Float64Array),
    guess_probability: network.guesses.length
      ? decode(network.guess_probability, Float64Array) : null,
  }));
  return { ...sent, networks, steps: sent.inputs.length };
}

/** The unit drawn in each row. */
export function rowUnits({ units, similarity }, order) {
  if (order === "similarity" && similarity) return similarity;
  return Int32Array.from({ length: units }, (_, unit) => unit);
}

/** Whether one colour bar tells the colours of all networks. */
export function oneScale({ networks }) {
  const [first, ...others] = networks;
  return others.every(({ scale, range }) => scale === first.scale && range[1] === first.range[1]);
}

/** Surprise by the token read at t, from the prediction a step earlier, in nats; NaN for t = 0. */
export function surpriseAt(network, t) {
  return t === 0 ? NaN : network.surprise[t - 1];
}

/** The two networks of a pair of keys; where it names others, the first two. */
export function pairOf({ networks }, pair) {
  const found = pair.split(" ").map((key) => networks.find((each) => each.key === key));
  return found.length === 2 && found.every(Boolean) && found[0] !== found[1]
    ? found : networks.slice(0, 2);
}

/** How much more the first of two networks was surprised by the token at t, in nats. */
export function surpriseGap([one, other], t) {
  return surpriseAt(one, t) - surpriseAt(other, t);
}

/** The pair after one of its two places was given another network: never one against itself. */
export function repaired(pair, place, key) {
  const [one, other] = pair.split(" ");
  const kept = place === 0 ? other : one;
  const swapped = place === 0 ? one : other;
  const opposite = kept === key ? swapped : kept;
  return (place === 0 ? [key, opposite] : [opposite, key]).join(" ");
}

/** The value that a colour stands for, and how far the true one can be from it. */
export function valueOf({ range: [low, high] }, level) {
  const share = level / 255; // weighed, as the span itself may be beyond float64
  return { value: low * (1 - share) + high * share, within: high / 510 - low / 510 };
}
