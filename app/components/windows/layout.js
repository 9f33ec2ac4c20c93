// Where things stand in the two pictures. Pure; nothing here touches the page.
import { clamp } from "../shared/format.js";

/** The tokens over a row and the place in the text of the first of them. */
export function tokensOf(view, row) {
  const own = view.rows[row].tokens;
  return own ? { tokens: own, first: view.rows[row].first } : view;
}

/** How many columns the upper picture has. */
export function columnCount(view) {
  return Math.max(...view.rows.map((_, row) => tokensOf(view, row).tokens.length));
}

/**
 * The columns of the upper picture: as wide as there is room, then it scrolls.
 * @param {number} room px beside the rows' labels
 * @returns {{cell: number, upright: boolean}} words that do not fit their column are turned
 */
export function columns(kind, count, room, scale) {
  const share = room / count;
  if (kind === "character") {
    return { cell: clamp(share, 16.5 * scale, 40 * scale), upright: true };
  }
  const readable = 74 * scale;
  return share >= readable
    ? { cell: Math.min(share, 104 * scale), upright: true }
    : { cell: clamp(share, 25 * scale, 44 * scale), upright: false };
}

/**
 * A stretch of the text as a box over the columns, in columns.
 * @returns {{left: number, wide: number, tornLeft: boolean, tornRight: boolean} | null} null when
 *   it lies wholly outside
 */
export function box([start, stop], first, count) {
  const left = Math.max(start - first, 0);
  const right = Math.min(stop - first, count);
  if (right <= left) return null;
  return { left, wide: right - left, tornLeft: start < first, tornRight: stop - first > count };
}

/** How many of a row's windows begin after the tokens shown. */
export function beyond(view, row) {
  const { tokens, first } = tokensOf(view, row);
  return view.rows[row].windows.filter(([start]) => start >= first + tokens.length).length;
}

/** Whether each row is one window, the next begun one token later: the row's label names it. */
export function oneEach(view) {
  return view.scheme === "overlapping" && view.rows.every((row) => row.windows.length < 2);
}

/** Whether window w + 1 goes on with the state of window w. */
export function carries(view, row, w) {
  const { windows } = view.rows[row];
  if (view.scheme !== "consecutive" || w < 0 || w + 1 >= windows.length) return false;
  return windows[w][1] === windows[w + 1][0];
}

/**
 * Which steps of a window the lower picture shows, as offsets from its start.
 * @param {number} steps the window's length
 * @param {number} known how many of its inputs are among the tokens shown
 * @param {number} slots how many cells there is room for
 * @returns {{shown: (number | null)[], left: number, torn: boolean}} null where steps are left
 *   out; `torn` when the end is left out because its tokens were not sent
 */
export function detailPlan(steps, known, slots) {
  const room = Math.max(slots, 3);
  const count = (length, from = 0) => Array.from({ length }, (_, at) => from + at);
  if (known < steps) {
    const head = clamp(known, 0, room - 1);
    return { shown: [...count(head), null], left: steps - head, torn: true };
  }
  if (steps <= room) return { shown: count(steps), left: 0, torn: false };
  const head = Math.ceil((room - 1) / 2);
  const tail = room - 1 - head;
  return {
    shown: [...count(head), null, ...count(tail, steps - tail)],
    left: steps - head - tail,
    torn: false,
  };
}

/** Width of a cell in the lower picture and how many stand side by side. */
export function detailCells(kind, steps, room, scale) {
  const word = room < 420 ? 60 : 82; // on a phone long words are cut sooner
  const least = (kind === "character" ? 38 : word) * scale;
  const most = (kind === "character" ? 62 : 132) * scale;
  const slots = Math.max(3, Math.floor(room / least));
  return { slots, cell: clamp(room / Math.min(slots, steps), Math.min(least, room / 3), most) };
}
