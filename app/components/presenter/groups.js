// Which keys the help lists: of every kind of picture, and of the page.
import { KEYS } from "../explorer/keys.js";

const ENDS = ["Home End", "go to the first or the last"];
const PIN = ["Enter", "pin, Esc frees"];

/** The kind of picture (its data-testid), what to call it, and its keys. */
export const GROUPS = [
  ["explorer", "The explorer", KEYS],
  ["decay", "How far back", [
    ["← →", "move along the steps back, with shift ten"],
    ENDS,
    ["Esc", "let the cursor go"],
  ]],
  ["reach", "Which token reaches which", [
    ["↑ ↓", "choose the loss, with shift ten"],
    ["← →", "choose the earlier step, with shift ten"],
    ["PgUp PgDn", "move the loss ten steps"],
    ["Home End", "go to the first step or to the loss’s own"],
    PIN,
  ]],
  ["truncation", "Truncation", [["← →", "choose the loss, with shift ten"], ENDS, PIN]],
  ["training", "Training", [
    ["← →", "read out a training step, with shift ten"],
    ENDS,
    ["↑ ↓", "choose a time step"],
    ["Esc", "let the cursor go"],
  ]],
  ["writing", "Writing", [
    ["space", "write on or pause"],
    ["← →", "move the cursor, with shift ten"],
    ENDS,
    ["← → ↑ ↓", "in a beam tree: go from node to node"],
  ]],
  ["surprise", "Surprise", [["← →", "move the cursor, with shift ten"], ENDS, PIN]],
  ["stages", "Text to indices", [["← →", "move through the tokens, with shift ten"], ENDS, PIN]],
  ["zipf", "Rank and frequency", [
    ["← →", "read out the points of a curve, with shift ten"],
    ["↑ ↓", "go to another curve"],
    ENDS,
    ["← →", "on a handle: move that end of the range, with shift further"],
  ]],
  ["windows", "Windows", [["← →", "choose a window"], ["↑ ↓", "choose a row"], ENDS]],
  ["lanes", "Networks side by side", [["← →", "move the time cursor, with shift ten"], ENDS]],
];

/** The kinds of pictures that have keys. */
export const KINDS = new Set(GROUPS.map(([kind]) => kind));

/** The keys that work everywhere. */
export const EVERYWHERE = [
  ["?", "show or hide this list"],
  ["p", "present: large, without what stands around the pictures"],
  ["Tab", "go to the next control or picture"],
  ["PgUp PgDn", "while presenting: step the first picture, as a clicker does"],
];

/** What a finger does, where there is one. */
export const TOUCH = [
  ["tap", "move the cursor there: a step, a token, a point of a curve"],
  ["drag", "sideways over a picture: its cursor follows"],
  ["swipe", "up or down: the page goes on, the cursor stays"],
];

/**
 * The groups to list, from the kinds of pictures on the page. Pure.
 * @param {Set<string>} kinds
 * @param {boolean} touch whether the screen is touched
 * @returns {[string, string[][]][]} title and pairs
 */
export function groupsFor(kinds, touch = false) {
  const own = GROUPS.filter(([kind]) => kinds.has(kind)).map(([, title, keys]) => [title, keys]);
  return [...(touch ? [["Touch", TOUCH]] : []), ["Everywhere", EVERYWHERE], ...own];
}
