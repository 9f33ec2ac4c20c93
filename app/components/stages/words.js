// What is said about a token. Pure: parts are [class, text] pairs, "" where the text is plain.
import { alone } from "../shared/signs.js";
import { grouped } from "../shared/words.js";

/** A share in per cent with two digits at least, never a false 0 or 100. */
export function shareOf(count, total) {
  const percent = (100 * count) / total;
  if (count > 0 && count < total) {
    if (percent < 0.0001) return "<0.0001 %";
    if (percent > 99.9) return ">99.9 %";
  }
  const digits = percent >= 1 ? 1 : Math.min(4, 1 - Math.floor(Math.log10(percent || 1)));
  return `${percent.toFixed(digits)} %`;
}

const inQuotes = (text) => `“${alone(text, 24)}”`;

/** The readout of one token. */
export function tokenParts(view, t) {
  const index = view.indices[t];
  const [count, rank] = view.facts[index];
  const share = shareOf(count, view.total);
  const parts = [
    ["", "Token "],
    ["strong", grouped(view.start + t + 1)],
    ["", " of the text: "],
    ["strong", inQuotes(view.tokens[t])],
    ["", " → index "],
    ["strong", String(index)],
    ["", ` of ${grouped(view.size)}`],
  ];
  if (index === view.unknown) {
    const read = count === 1 ? "1 token is read so" : `${grouped(count)} tokens are read so`;
    parts.push(
      ["", ", "],
      ["strong", view.unknown_name],
      ["", `: not in the vocabulary · ${read} (${share})`],
    );
  } else {
    const times = count === 1 ? "1 time" : `${grouped(count)} times`;
    parts.push(["", ` · occurs ${times} (${share}) · rank ${grouped(rank)}`]);
  }
  const written = view.written[t];
  if (written !== view.tokens[t]) parts.push(["quiet", ` · written ${inQuotes(written)}`]);
  return parts;
}

/** The readout of text that became no token. */
export function droppedParts(text) {
  const what = /^\s+$/u.test(text) ? "separates tokens and becomes none itself" : "is dropped";
  return [["strong", inQuotes(text)], ["", ` ${what}.`]];
}

/** The readout's plain sentence. */
export function sentence(parts) {
  return parts.map(([, text]) => text).join("");
}

/** The raw text that each token came from. */
export function writtenForms(view) {
  const written = view.tokens.map(() => "");
  for (const [text, token] of view.raw) if (token >= 0) written[token] += text;
  return written.map((text, t) => text || view.tokens[t]);
}

/** For each index the places of the tokens that have it. */
export function placesOf(indices) {
  const places = new Map();
  indices.forEach((index, t) => {
    if (!places.has(index)) places.set(index, []);
    places.get(index).push(t);
  });
  return places;
}
