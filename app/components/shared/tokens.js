// Tokens on screen: any text, so that none disturbs its neighbours or the page.
import { clamp, separated } from "./format.js";
import { calm, isBlank, visible } from "./signs.js";

/**
 * A stretch of running text: line ends and tabs get a sign and stay; what is endless is cut.
 * @param {number} length code points of the whole stretch, where `text` is only its beginning
 */
export function flowing(text, length = 0, most = 300) {
  let shown = calm(text.replace(/\r\n?/g, "\n"));
  const points = Array.from(shown);
  const rest = Math.max(points.length - most, 0) + Math.max(length - Array.from(text).length, 0);
  if (rest > 0) shown = `${points.slice(0, most).join("")}… [${separated(String(rest))} more]`;
  return shown.replace(/[\n\t]/g, (sign) => visible(sign) + sign);
}

/** A token among its neighbours in running text: a space is a gap, all else is seen. */
export function inText(token) {
  return token === "" || (token !== " " && isBlank(token)) ? visible(token) : flowing(token);
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

/**
 * The first line to show, so that the lines `row` to `row + rows` are in sight and, where the text
 * goes on, one more line around them; as it is where they are already. Lines count from 0. Pure.
 * @param {number} first the line that is shown first now
 * @param {number} seen how many lines the box shows
 * @param {number} all how many there are
 */
export function firstLine(first, seen, all, row, rows = 1) {
  const edge = seen > rows + 1 ? 1 : 0;
  const above = first > 0 ? edge : 0;
  const below = first + seen < all ? edge : 0;
  if (row >= first + above && row + rows <= first + seen - below) return first;
  return clamp(row - Math.max(edge, Math.floor((seen - rows) / 3)), 0, Math.max(all - seen, 0));
}

/**
 * The lines of a box of running text, whose line height is the same everywhere: how tall one is in
 * px, how many there are and how many are seen. Asks the browser for the layout: not at each frame.
 */
export function linesIn(box) {
  const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(box);
  const [tall, top] = [parseFloat(lineHeight), parseFloat(paddingTop)];
  const padding = top + parseFloat(paddingBottom);
  const count = (px) => Math.max(1, Math.floor((px - padding) / tall + 0.1));
  return { tall, top, all: count(box.scrollHeight), seen: count(box.clientHeight) };
}

/** The line that a token begins in; the box must be its offsetParent. */
export function lineOf({ tall, top }, node) {
  return Math.round((node.offsetTop - top) / tall);
}

/**
 * The lines of a box, the one of each token, and the one that is shown first. Where they broke
 * elsewhere before, the box comes to rest anew.
 * @param {HTMLElement[]} spans the tokens
 */
export function restingLines(box, spans) {
  const lines = linesIn(box);
  const first = Math.round(box.scrollTop / lines.tall);
  box.scrollTop = first * lines.tall;
  return { ...lines, rows: spans.map((each) => lineOf(lines, each)), first };
}

/** Scrolls a box by whole lines, so that token `t` is in sight. */
export function showLine(box, lines, t) {
  if (lines.all <= lines.seen) return;
  const goal = firstLine(lines.first, lines.seen, lines.all, lines.rows[t]);
  if (goal === lines.first) return;
  lines.first = goal;
  box.scrollTop = goal * lines.tall;
}

/** Remembers where the user scrolled a box to. */
export function heardScroll(box, lines) {
  if (lines) lines.first = Math.round(box.scrollTop / lines.tall);
}

/** Scrolls a box of running text by whole lines, so that one of its tokens is in sight. */
export function lineIntoSight(box, node) {
  const lines = linesIn(box);
  const rows = Math.max(1, Math.round(node.offsetHeight / lines.tall));
  const now = box.scrollTop / lines.tall;
  const goal = firstLine(Math.round(now), lines.seen, lines.all, lineOf(lines, node), rows);
  if (Math.abs(goal - now) > 0.05) box.scrollTop = goal * lines.tall;
}

/**
 * Lets a box of running text (class `passage`) rest on whole lines however it was scrolled.
 * @returns {() => void} marks the edges where the text goes on: to be called when text or size
 *   changed, the rest is heard
 */
export function keepLines(box) {
  const mark = () => {
    const rest = box.scrollHeight - box.clientHeight;
    box.classList.toggle("goes-up", box.scrollTop > 1);
    box.classList.toggle("goes-down", box.scrollTop < rest - 1);
  };
  box.addEventListener("scroll", mark, { passive: true });
  box.addEventListener("scrollend", () => {
    const { tall } = linesIn(box);
    const goal = Math.round(box.scrollTop / tall) * tall;
    if (Math.abs(goal - box.scrollTop) > 1) box.scrollTop = goal;
  });
  return mark;
}
