// Tokens on screen: any text, so that none disturbs its neighbours or the page.
import { short } from "./format.js";

const MARKS = /(\p{M}{5})\p{M}+/gu; // a letter may carry thousands: five show that there are many
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g; // these would turn the order of all that follows
const CONTROLS = /[\u0000-\u0008\u000b-\u001f]/g; // Unicode has a picture for each, from U+2400 on

/** A text without what would reach beyond it: heaps of marks, turned directions, control signs. */
export function calm(text) {
  return text
    .replace(MARKS, "$1…")
    .replace(TURNS, (sign) => `[U+${sign.codePointAt(0).toString(16).toUpperCase()}]`)
    .replace(CONTROLS, (sign) => String.fromCodePoint(0x2400 + sign.codePointAt(0)));
}

/**
 * A stretch of running text: line ends and tabs get a sign and stay; what is endless is cut.
 * @param {number} length code points of the whole stretch, where `text` is only its beginning
 */
export function flowing(text, length = 0, most = 300) {
  let shown = calm(text.replace(/\r\n?/g, "\n"));
  const points = Array.from(shown);
  const rest = Math.max(points.length - most, 0) + Math.max(length - Array.from(text).length, 0);
  if (rest > 0) shown = `${points.slice(0, most).join("")}… [${rest.toLocaleString("en")} more]`;
  return shown.replaceAll("\n", "⏎\n").replaceAll("\t", "⇥\t");
}

/** A token standing alone, at most `most` code points of it. */
export function alone(token, most = 16) {
  return short(calm(token.slice(0, 64 * most).replace(MARKS, "$1…")), most);
}

/** The place in the text written on the element an event met, or null: `data-t`. */
export function placeOf(event) {
  const node = event.target instanceof Element ? event.target.closest("[data-t]") : null;
  return node ? Number(node.dataset.t) : null;
}

/** Scrolls a box so that one of its tokens is in sight; the box must be their offsetParent. */
export function intoSight(box, node) {
  const { offsetTop: top, offsetHeight: tall } = node;
  const room = box.clientHeight;
  if (top < box.scrollTop + 4 || top + tall > box.scrollTop + room - 4) {
    box.scrollTop = top - Math.max(0, (room - tall) / 3);
  }
}
