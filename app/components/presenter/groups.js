// Which keys the help lists: of every kind of picture, and of the page.
import { KEYS } from "../explorer/keys.js";

/** The kind of picture (its data-testid), what to call it, and its keys. */
export const GROUPS = [
  ["explorer", "The explorer", KEYS],
  ["decay", "How far back", [
    ["← →", "move along the steps back, with shift ten"],
    ["Home End", "go to the first or the last"],
    ["Esc", "let the cursor go"],
  ]],
  ["reach", "Which token reaches which", [
    ["↑ ↓", "choose the loss, with shift ten"],
    ["← →", "choose the earlier step, with shift ten"],
    ["PgUp PgDn", "move the loss ten steps"],
    ["Enter", "pin, Esc frees"],
  ]],
  ["truncation", "Truncation", [["← →", "choose the loss, with shift ten"]]],
  ["writing", "Writing", [
    ["space", "write on or pause"],
    ["← →", "move the cursor, with shift ten"],
    ["Home End", "go to the first or the last token"],
  ]],
  ["surprise", "Surprise", [["← →", "move the cursor, with shift ten"]]],
  ["stages", "Text to indices", [["← →", "move through the tokens"], ["↑ ↓", "change the column"]]],
  ["zipf", "Ranks", [["← →", "move the range’s end, with shift further"]]],
  ["windows", "Windows", [["← →", "choose a window"]]],
  ["lanes", "Networks side by side", [["← →", "move the time cursor, with shift ten"]]],
];

/** The keys that work everywhere. */
export const EVERYWHERE = [
  ["?", "show or hide this list"],
  ["p", "present: large, without what stands around the pictures"],
  ["Tab", "go to the next control or picture"],
  ["PgUp PgDn", "while presenting: step the first picture, as a clicker does"],
];

/**
 * The groups to list, from the kinds of pictures on the page. Pure.
 * @param {Set<string>} kinds
 * @returns {[string, string[][]][]} title and pairs
 */
export function groupsFor(kinds) {
  const own = GROUPS.filter(([kind]) => kinds.has(kind)).map(([, title, keys]) => [title, keys]);
  return [["Everywhere", EVERYWHERE], ...own];
}
