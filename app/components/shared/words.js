// Tokens and numbers inside a sentence of ours.
import { visible } from "./format.js";
import { calm } from "./tokens.js";

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const FIRST_STRONG = "\u2068"; // isolates: the sentence around keeps its own direction
const POP = "\u2069";

/** What a reader sees as single signs: an emoji or a letter with its accents stays whole. */
export function signs(text) {
  return Array.from(new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text),
    ({ segment }) => segment);
}

/** The text in at most `most` signs, the last one "…" where it was cut. */
export function cut(text, most) {
  if (text.length <= most) return text;
  const all = signs(text.slice(0, 64 * most));
  return all.length <= most ? text : all.slice(0, most - 1).join("") + "…";
}

/**
 * One or several tokens as quoted in a sentence: blanks visible, cut, of their own direction.
 * @param {string} text
 * @param {"character" | "word"} kind in words a blank only sets them apart
 * @param {number} most signs
 */
export function quoted(text, kind, most = 48) {
  const tame = calm(text);
  const shown = kind === "character" ? signs(tame).map(visible).join("") : visible(tame);
  const kept = cut(shown, most);
  return RIGHT_TO_LEFT.test(kept) ? `“${FIRST_STRONG}${kept}${POP}”` : `“${kept}”`;
}

/** A whole number as people write it: 12,500. */
export function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
