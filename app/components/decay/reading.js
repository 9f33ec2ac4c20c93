// The numbers at one lag, and as words. Pure.
import { FLAG_WORDS, fixed, magnitude } from "../shared/format.js";
import { grouped } from "../shared/words.js";

const VERDICT_SIGNS = { vanishing: "↘", healthy: "→", exploding: "↗" };

/** A verdict, after the sign of where the curve goes on the way back; "" where none is given. */
export function verdictWords(word) {
  return word && `${VERDICT_SIGNS[word] ?? "?"} ${word}`;
}

/** A network and its verdict, where one is given. */
export function judged({ name, word }) {
  return word ? `${name}: ${word}` : name;
}

/** The lag that the numbers are of: the cursor's, or the last where there is no cursor. */
export function lagRead({ lags }, cursor) {
  return cursor < 0 ? lags - 1 : Math.min(cursor, lags - 1);
}

/** A measured norm in words: three digits and an exponent, or what it is instead of a number. */
export function measuredText({ measured, status }, lag) {
  if (status[lag] === 1) return "0 exactly";
  return status[lag] ? FLAG_WORDS[status[lag]] : magnitude(measured[lag]);
}

/** A predicted norm in words; "–" where the theory says nothing. */
export function predictedText(log10) {
  if (Number.isNaN(log10)) return "–";
  return log10 === -Infinity ? "0 exactly" : magnitude(log10);
}

/** How far the prediction lies from the measurement: "+3.10", in decades; "" where either is none. */
export function decadesApart(predicted, { measured, status }, lag) {
  if (status[lag] !== 0 || !Number.isFinite(predicted)) return "";
  const apart = predicted - measured[lag];
  const digits = Math.abs(apart) >= 99.995 ? 0 : Math.abs(apart) >= 9.995 ? 1 : 2;
  return `${apart < 0 ? "" : "+"}${fixed(apart, digits)}`;
}

/** All numbers at a lag, in a sentence for those who do not see the picture. */
export function readingWords(view, lag, hidden) {
  const networks = view.networks.filter(({ key }) => !hidden.has(key));
  const each = networks.map((network) => {
    const predicted = view.theories
      .filter(({ key }) => !hidden.has(key) && network.by[key])
      .map(({ key, label }) => {
        const value = network.by[key].log10[lag];
        const apart = decadesApart(value, network, lag);
        return `${label} ${predictedText(value)}${apart ? `, ${apart} decades` : ""}`;
      });
    return [`${network.name}: measured ${measuredText(network, lag)}`, ...predicted].join("; ");
  });
  return `lag ${grouped(lag)}. ${each.join(". ")}`;
}

/** Which lags of a network are no number: "▽ underflow at 12 lags", one for each kind. */
export function flagCounts({ status }) {
  const counts = [0, 0, 0, 0];
  for (const flag of status) counts[flag] += 1;
  return [1, 2, 3].filter((flag) => counts[flag]).map((flag) => {
    const lags = `${grouped(counts[flag])} ${counts[flag] === 1 ? "lag" : "lags"}`;
    return { flag, words: `${FLAG_WORDS[flag]} at ${lags}` };
  });
}

/** The first theory that a curve is drawn of; undefined where all are switched off. */
export function firstVisible(view, hidden) {
  const networks = view.networks.filter(({ key }) => !hidden.has(key));
  return view.theories.find(({ key }) => !hidden.has(key) && networks.some(({ by }) => by[key]));
}

/** What a theory says of itself: one {name, words} for each network it speaks of. */
export function theoryWords(view, key) {
  return view.networks.filter(({ by }) => by[key]).map(({ name, by }) => {
    const { error, why } = by[key];
    return { name, words: [error, why].filter(Boolean).join("; ") };
  }).filter(({ words }) => words);
}

/**
 * A label with lowered and raised parts, as [text, place] with place "", "sub" or "sup":
 * "h_{T−k}" is h and a lowered T−k.
 */
export function labelParts(text) {
  const parts = [];
  for (const [, mark, group, sign, plain] of text.matchAll(/([_^])(?:\{([^}]*)\}|(.))|([^_^]+|[_^])/gsu)) {
    if (plain !== undefined) parts.push([plain, ""]);
    else parts.push([group ?? sign, mark === "_" ? "sub" : "sup"]);
  }
  return parts;
}
