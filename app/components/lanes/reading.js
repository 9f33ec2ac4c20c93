// What stands in words and digits: the table under the cursor, tooltips, the live region. Pure.
import { FLAG_WORDS, fixed, gradientNorm, number, probability, significant } from "../shared/format.js";
import { quoted } from "../shared/words.js";
import { pairOf, surpriseAt, surpriseGap, valueOf } from "./networks.js";

/** The name of the number that stands for all units: ‖h‖, or the mean of a gate. */
export function sizeName({ quantities, quantity, networks }) {
  const symbol = quantities.find(([key]) => key === quantity)[1].split(" ").at(-1);
  return networks[0].scale === "unit" ? `mean ${symbol}` : `‖${symbol}‖`;
}

/** A network's perplexity for its heading. */
export function perplexityWords({ perplexity }) {
  if (Number.isNaN(perplexity)) return "perplexity not a number";
  return `perplexity ${perplexity === Infinity ? "∞" : significant(perplexity)}`;
}

/** A gradient norm in few signs: 3.89, 6.77e-05, or the word for a norm that is no number. */
export function normBrief({ gradient, flags }, t) {
  return flags[t] ? FLAG_WORDS[flags[t]] : gradientNorm(gradient[t], 0);
}

/**
 * The heads of the table's columns, where there is little room: what all names have in common, from
 * comma to comma, stands once. "RNN, untrained" and "LSTM, untrained": "untrained", RNN and LSTM.
 * @returns {{common: string, heads: string[]}} the names themselves where nothing else would be left
 */
export function headWords(networks) {
  const parts = networks.map(({ name }) => name.split(", "));
  const shared = parts[0].filter((part) => parts.every((each) => each.includes(part)));
  const heads = parts.map((each) => each.filter((part) => !shared.includes(part)).join(", "));
  return heads.every(Boolean)
    ? { common: shared.join(", "), heads }
    : { common: "", heads: networks.map(({ name }) => name) };
}

/** A surprise in nats; a dash for the first token, which nothing predicted. */
export function natsBrief(network, t) {
  return t === 0 ? "–" : number(surpriseAt(network, t));
}

/** The guess after step t: {text, right}, or null without one. */
export function guessAt({ kind, targets }, { guesses, guess_probability: given }, t) {
  if (!given) return null;
  const right = guesses[t] === targets[t];
  return { text: `${quoted(guesses[t], kind, 8)} ${probability(given[t])}`, right };
}

/** The numbers at step t as rows of [key, name, one text a network]. */
export function rowsAt(view, t) {
  const { networks } = view;
  const each = (text) => networks.map((network) => text(network));
  const rows = [
    ["size", sizeName(view), each(({ size }) => number(size[t]))],
    ["gradient", "‖∂L/∂h‖", each((network) => normBrief(network, t))],
    ["surprise", "surprise, nats", each((network) => natsBrief(network, t))],
  ];
  if (networks.some(({ guesses }) => guesses.length)) {
    rows.push(["guess", "guesses next", each((network) => {
      const guess = guessAt(view, network, t);
      return guess ? guess.text + (guess.right ? " ✓" : "") : "–";
    })]);
  }
  return rows;
}

/** What the colour of the token at t stands for, in digits: the pair's difference of surprise. */
export function gapWords(view, pair, t) {
  const [one, other] = pairOf(view, pair);
  if (t === 0) return "Nothing predicted the first token.";
  const nats = surpriseGap([one, other], t);
  if (Number.isNaN(nats)) return `${one.name} − ${other.name}: not a number.`;
  const said = `${one.name} − ${other.name}: ${nats > 0 ? "+" : ""}${number(nats)} nats`;
  if (nats === 0) return `${said}, both expected it alike.`;
  return `${said}, so ${(nats < 0 ? one : other).name} expected it more.`;
}

/** Step t and its token. */
export function stepWords({ inputs, kind }, t) {
  return `t = ${t + 1} reads ${quoted(inputs[t], kind, 24)}`;
}

/** All numbers of step t in a sentence a network. */
export function summaryAt(view, t) {
  const rows = rowsAt(view, t);
  const said = view.networks.map(({ name }, at) => {
    return `${name}: ${rows.map(([, label, texts]) => `${label} ${texts[at]}`).join(", ")}`;
  });
  return `${stepWords(view, t)}. ${said.join(". ")}`;
}

/** The tooltip of one cell of a heatmap: its number is read off its colour, and says so. */
export function cellReading(view, network, t, unit) {
  const at = t * network.units + unit;
  const where = `${network.name}, unit ${unit + 1}, t = ${t + 1}`;
  if (network.odd?.[at]) return `${where}: not finite`;
  const { value, within } = valueOf(network, network.levels[at]);
  return `${where}: ${threeDecimals(value)} ± ${number(within)}, by its colour`;
}

function threeDecimals(value) {
  const size = Math.abs(value);
  return size < 1e3 ? fixed(value, 3) : number(value);
}

/** The tooltip of the gradient lane. */
export function normsReading({ networks }, t) {
  const norms = networks.map(({ name, gradient, flags }) => {
    return `${name} ${gradientNorm(gradient[t], flags[t])}`;
  });
  return `t = ${t + 1}: ‖∂L/∂h‖ of ${norms.join("; ")}`;
}
