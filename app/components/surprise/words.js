// Numbers and sentences of surprise. Pure.
import { chance, fixed, significant, magnitude } from "../shared/format.js";
import { alone } from "../shared/signs.js";
import { grouped } from "../shared/words.js";

/** A probability; where it is tiny, from its surprise, which still holds it when p underflows. */
export function probabilityText(p, nats) {
  if (Number.isNaN(nats)) return "none";
  if (nats === Infinity) return "0";
  if (p > 0.9999 && p < 1) return ">0.9999";
  if (p >= 1) return "1";
  return p >= 0.001 ? significant(p) : magnitude(-nats / Math.LN10);
}

/** A surprise or another amount with two decimals, never a false 0. */
export function amount(value) {
  if (value === Infinity) return "∞";
  if (value > 0 && value < 0.005) return "<0.01";
  return fixed(Math.max(value, 0), 2);
}

/** .31: a chance with two digits and no zero before the point. */
export function shortChance(p) {
  return chance(p).replace(/^0\./, ".");
}

/** A perplexity as people say it. */
export function choicesText(value) {
  if (value === Infinity) return "∞";
  return significant(value, 3, 1e6);
}

/** “t”, and what the model reads it as when that is another token. */
export function named({ tokens, read }, t) {
  const own = `“${alone(tokens[t], 24)}”`;
  return read[t] === tokens[t] ? own : `${own} (read as ${alone(read[t], 24)})`;
}

/** What is known of the token at the cursor, without the guesses. */
export function numbersText(view, t) {
  const nats = view.surprise[t];
  if (Number.isNaN(nats)) return "the model made no guess here.";
  const p = probabilityText(view.probability[t], nats);
  if (nats === Infinity) return `p = ${p}, surprise ∞: thought impossible`;
  return `p = ${p}, surprise ${amount(nats)} nats (${amount(nats / Math.LN2)} bits)`;
}

/** The whole readout in a sentence. */
export function sentenceAt(view, t) {
  const head = `Token ${named(view, t)}: ${numbersText(view, t)}`;
  const best = view.guesses[t].map(([token, p]) => `“${alone(token, 24)}” ${shortChance(p)}`);
  return best.length ? `${head}; the model’s best guesses: ${best.join(", ")}` : head;
}

/** How many tokens have a finite surprise, an infinite one and none, and the mean of the finite. */
export function summaryOf(surprise) {
  let [sum, finite, infinite, missing] = [0, 0, 0, 0];
  for (const nats of surprise) {
    if (Number.isNaN(nats)) missing += 1;
    else if (nats === Infinity) infinite += 1;
    else {
      finite += 1;
      sum += nats;
    }
  }
  return { finite, infinite, missing, mean: finite ? sum / finite : NaN };
}

/** What the perplexity says. */
export function perplexityText({ perplexity, size, bits }) {
  const tail = bits === null ? "" : ` · ${amount(bits)} bits per character`;
  if (Number.isNaN(perplexity)) return "Nothing was guessed: there is no perplexity.";
  const shown = `Perplexity ${choicesText(perplexity)}`;
  const among = grouped(size);
  if (perplexity === Infinity) return `${shown}: a token came that was thought impossible${tail}`;
  if (perplexity === 1) return `${shown}: every token was foreseen${tail}`;
  if (perplexity > size * (1 + 1e-9)) {
    return `${shown}: worse than a blind guess among ${among} tokens${tail}`;
  }
  const even = `an even choice among ${choicesText(perplexity)} of ${among} tokens`;
  return `${shown}: as unsure as ${even}${tail}`;
}
