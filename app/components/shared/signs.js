// Signs that are not seen, or that act on those around them: how each is shown. As signs.py does.
import TABLE from "./signs.json" with { type: "json" };

const CODES = TABLE.rows.map(([first, last, kind]) => [parseInt(first, 16), parseInt(last, 16), kind]);
const OWN = new Map(Object.entries(TABLE.own).map(([code, sign]) => [parseInt(code, 16), sign]));
const classOf = (kinds) => TABLE.rows.filter(([, , kind]) => kinds.includes(kind))
  .map(([first, last]) => `\\u{${first}}-\\u{${last}}`).join("");
const UNSEEN = new RegExp(`[${classOf(["line", "picture", "joiner", "hidden"])}]`, "u");
const BLANK = new RegExp(`^[${classOf(["blank"])}]+$`, "u");
const MARKS = /(\p{M}{5})\p{M}+/gu; // a letter may carry thousands: five show that there are many
// Hebrew to Arabic, their presentation forms, and the right-to-left scripts beyond the first plane.
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const FIRST_STRONG = "\u2068"; // isolates: what is around keeps its own direction
const POP = "\u2069";

/* The row of the table for a code point: its kind, or undefined for a sign that is seen. */
function kindOf(code) {
  let [low, high] = [0, CODES.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last, kind] = CODES[middle];
    if (code < first) high = middle - 1;
    else if (code > last) low = middle + 1;
    else return kind;
  }
  return undefined;
}

/* The sign that stands for one in the table. */
function standIn(code, kind) {
  if (OWN.has(code)) return OWN.get(code);
  if (kind === "picture") return String.fromCodePoint(0x2400 + code);
  return `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
}

function written(text, kept) {
  const cut = text.replace(MARKS, "$1…");
  if (!UNSEEN.test(cut) && kept.includes("blank")) return cut;
  let seen = false; // whether a sign that a joiner can shape stands before
  return Array.from(cut, (sign) => {
    const code = sign.codePointAt(0);
    const kind = kindOf(code);
    if (kind === undefined || (kind === "joiner" && seen)) {
      seen = true;
      return sign;
    }
    seen = false;
    return kept.includes(kind) ? sign : standIn(code, kind);
  }).join("");
}

/**
 * Running text without what would reach beyond it: heaps of marks, signs of direction, controls.
 * Blanks, line ends and tabs stay; joiners stay where they shape a glyph.
 */
export function calm(text) {
  return written(text, ["blank", "line"]);
}

/** Whether a text is nothing but blanks, at least one. */
export function isBlank(text) {
  return BLANK.test(text);
}

/** A token on its own, on one line: something is always seen. */
export function visible(token) {
  if (token === "") return "∅";
  return written(token, isBlank(token) ? [] : ["blank"]);
}

/** A text of its own direction: what stands around is not reordered. Plain where it cannot be. */
export function isolated(text) {
  return RIGHT_TO_LEFT.test(text) ? FIRST_STRONG + text + POP : text;
}

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What a reader sees as single signs: an emoji or a letter with its accents stays whole. */
export function graphemes(text) {
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

/** The text in at most `most` graphemes, the last one "…" where it was cut. */
export function cut(text, most) {
  if (text.length <= most) return text;
  const all = graphemes(text.slice(0, 64 * most));
  return all.length <= most ? text : all.slice(0, most - 1).join("") + "…";
}

/** A token standing alone, of its own direction, at most `most` graphemes of it. */
export function alone(token, most = 16) {
  return cut(visible(token.slice(0, 64 * most)), most);
}
