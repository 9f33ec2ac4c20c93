// Run by tests/test_stages_component.py, which puts the component's files beside this folder.
import assert from "node:assert/strict";
import { test } from "node:test";

import { stepFor } from "../shared/cursor.js";
import { alone, calm } from "../shared/signs.js";
import { flowing } from "../shared/tokens.js";
import { droppedParts, placesOf, sentence, shareOf, tokenParts, writtenForms } from "../stages/words.js";

const view = {
  tokens: ["t", " ", "q"],
  indices: [21, 0, 1],
  unknown: 1,
  unknown_name: "<unk>",
  size: 28,
  start: 16,
  total: 173428,
  facts: { 21: [12345, 2], 0: [29927, 1], 1: [1, 4] },
  raw: [["T", 0, 1], [",", 1, 1], [" ", 1, 1], ["q", 2, 1]],
};
view.written = writtenForms(view);

test("the readout says place, token, index, how often and which rank", () => {
  assert.equal(
    sentence(tokenParts({ ...view, written: view.tokens }, 0)),
    "Token 17 of the text: “t” → index 21 of 28 · occurs 12,345 times (7.1 %) · rank 2",
  );
});

test("the readout says how the token was written where the cleaning changed it", () => {
  assert.match(sentence(tokenParts(view, 0)), / · written “T”$/);
  assert.match(sentence(tokenParts(view, 1)), /: “␣” → .* · written “, ”$/);
  assert.doesNotMatch(sentence(tokenParts(view, 2)), /written/);
});

test("an unknown token has no rank, and says so", () => {
  assert.equal(
    sentence(tokenParts(view, 2)),
    "Token 19 of the text: “q” → index 1 of 28, <unk>: not in the vocabulary · " +
      "1 token is read so (0.0006 %)",
  );
});

test("dropped text: what it is; blanks only separate", () => {
  assert.equal(sentence(droppedParts("!?")), "“!?” is dropped.");
  assert.equal(sentence(droppedParts(" ")), "“␣” separates tokens and becomes none itself.");
});

test("a share is never rounded to a false 0 or 100", () => {
  assert.equal(shareOf(1, 3), "33.3 %");
  assert.equal(shareOf(72, 10000), "0.72 %");
  assert.equal(shareOf(1, 1e9), "<0.0001 %");
  assert.equal(shareOf(99999, 100000), ">99.9 %");
  assert.equal(shareOf(5, 5), "100.0 %");
  assert.equal(shareOf(0, 5), "0.0 %");
});

test("the places of each index", () => {
  assert.deepEqual([...placesOf([3, 0, 3])], [[3, [0, 2]], [0, [1]]]);
});

test("running text keeps line ends and tabs beside their signs", () => {
  assert.equal(flowing("a\n\tb"), "a⏎\n⇥\tb");
  assert.equal(flowing("a\r\nb\rc"), "a⏎\nb⏎\nc");
  assert.equal(flowing("plain text"), "plain text");
});

test("what is endless is cut by code points, and says by how much", () => {
  assert.equal(flowing("🙂".repeat(400)), `${"🙂".repeat(300)}… [100 more]`);
  assert.equal(flowing("x".repeat(400), 1400), `${"x".repeat(300)}… [1,100 more]`);
  assert.equal(flowing("x".repeat(300)), "x".repeat(300));
});

test("heaps of marks, turned directions and control signs reach no neighbour", () => {
  assert.equal(calm("z" + "\u0301".repeat(10000) + "a"), "z" + "\u0301".repeat(5) + "…a");
  assert.equal(calm("e\u0301"), "e\u0301");
  assert.equal(calm("\u202eabc\u202c"), "[U+202E]abc[U+202C]");
  assert.equal(calm("\u0000\u001b"), "␀␛");
  assert.equal(calm("👩‍👩‍👧 عربي"), "👩‍👩‍👧 عربي");
});

test("a token alone: blanks visible, long ones cut", () => {
  assert.equal(alone(" "), "␣");
  assert.equal(alone("\n"), "⏎");
  assert.equal(alone("constructor", 5), "cons…");
  assert.equal(Array.from(alone("z" + "\u0301".repeat(10000))).length, 7);
});

test("a key enters a text that has no cursor yet", () => {
  assert.equal(stepFor("ArrowRight", false, -1, 9), 0);
  assert.equal(stepFor("ArrowLeft", true, -1, 9), 8);
  assert.equal(stepFor("ArrowRight", true, 3, 9), 8);
  assert.equal(stepFor("ArrowRight", true, 3, 50), 13);
  assert.equal(stepFor("Home", false, 3, 9), 0);
  assert.equal(stepFor("x", false, 3, 9), null);
  assert.equal(stepFor("toString", false, 3, 9), null);
});
