// Tokens and numbers inside a sentence of ours.
import { separated } from "./format.js";
import { cut, graphemes, isolated, visible } from "./signs.js";

/**
 * One or several tokens as quoted in a sentence: blanks visible, cut, of their own direction.
 * @param {string} text
 * @param {"character" | "word"} kind in words a blank only sets them apart
 * @param {number} most signs
 */
export function quoted(text, kind, most = 48) {
  const shown = kind === "character" ? graphemes(text).map(visible).join("") : visible(text);
  return `“${isolated(cut(shown, most))}”`;
}

/** A whole number as people write it: 12,500. */
export function grouped(count) {
  return separated(String(count));
}
