// Run by tests/test_windows_component.py, which puts the folders of app/components that it needs
// beside this one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { choiceAfter, choiceKey, choiceOf, nearestChoice, seen, sentence } from "../windows/choice.js";
import { beyond, box, carries, columnCount, columns, detailCells, detailPlan } from "../windows/layout.js";

const row = (label, windows, own = {}) => ({ label, windows, dropped: [], tokens: null, first: 0, ...own });
const view = (rows, own = {}) => ({
  tokens: Array.from("abcdefghij"), first: 0, steps: 3, scheme: "disjoint", kind: "character", rows, ...own,
});

test("a box stands over its columns and is torn where the text goes on", () => {
  assert.deepEqual(box([2, 5], 0, 10), { left: 2, wide: 3, tornLeft: false, tornRight: false });
  assert.deepEqual(box([7, 12], 0, 10), { left: 7, wide: 3, tornLeft: false, tornRight: true });
  assert.deepEqual(box([98, 103], 100, 10), { left: 0, wide: 3, tornLeft: true, tornRight: false });
  assert.deepEqual(box([90, 190], 100, 10), { left: 0, wide: 10, tornLeft: true, tornRight: true });
  assert.equal(box([10, 12], 0, 10), null);
  assert.equal(box([90, 100], 100, 10), null);
});

test("columns: words that fit stand upright, else they are turned; characters never", () => {
  assert.equal(columns("word", 5, 800, 1).upright, true);
  assert.equal(columns("word", 60, 800, 1).upright, false);
  assert.equal(columns("character", 120, 300, 1).upright, true);
  for (const kind of ["word", "character"]) {
    for (const count of [1, 7, 40, 120]) {
      const { cell } = columns(kind, count, 800, 1);
      assert.ok(cell >= 16 && cell <= 104);
    }
  }
});

test("the lower picture: all steps, or both ends, or what is known", () => {
  assert.deepEqual(detailPlan(4, 4, 9), { shown: [0, 1, 2, 3], left: 0, torn: false });
  assert.deepEqual(detailPlan(500, 500, 7), {
    shown: [0, 1, 2, null, 497, 498, 499], left: 494, torn: false,
  });
  assert.deepEqual(detailPlan(500, 2, 7), { shown: [0, 1, null], left: 498, torn: true });
  assert.deepEqual(detailPlan(500, 90, 5), { shown: [0, 1, 2, 3, null], left: 496, torn: true });
  assert.equal(detailPlan(10, 10, 1).shown.length, 3);
  for (const room of [260, 400, 1200]) {
    const { slots, cell } = detailCells("word", 500, room, 1);
    assert.ok(slots * cell <= room + 1e-9 && slots >= 3);
  }
});

test("only touching windows of consecutive streams carry the state", () => {
  const rows = [row("stream 1", [[0, 3], [3, 6], [7, 9]])];
  assert.deepEqual([0, 1, 2, -1].map((w) => carries(view(rows, { scheme: "consecutive" }), 0, w)),
    [true, false, false, false]);
  assert.equal(carries(view(rows), 0, 0), false);
});

test("windows beyond the tokens are counted, not chosen", () => {
  const all = view([row("offset 0", [[0, 3], [9, 12], [12, 15], [15, 18]]), row("none", [[20, 23]])]);
  assert.equal(beyond(all, 0), 2);
  assert.deepEqual(seen(all, 0), [0, 1]);
  assert.deepEqual(nearestChoice(all, [1, 0]), [0, 0]);
  assert.deepEqual(nearestChoice(all, [0, 99]), [0, 1]);
  assert.equal(nearestChoice(view([row("none", [])]), [0, 0]), null);
  assert.equal(columnCount(view([row("a", [], { tokens: ["x"] })], { tokens: [] })), 1);
});

test("keys: along the row and on into the next, up and down between rows", () => {
  const all = view([row("a", [[0, 3], [3, 6]]), row("gap", []), row("b", [[1, 4]])]);
  assert.deepEqual(choiceAfter("ArrowRight", all, [0, 0]), [0, 1]);
  assert.deepEqual(choiceAfter("ArrowRight", all, [0, 1]), [2, 0]);
  assert.deepEqual(choiceAfter("ArrowRight", all, [2, 0]), [2, 0]);
  assert.deepEqual(choiceAfter("ArrowLeft", all, [2, 0]), [0, 1]);
  assert.deepEqual(choiceAfter("ArrowLeft", all, [0, 0]), [0, 0]);
  assert.deepEqual(choiceAfter("ArrowDown", all, [0, 1]), [2, 0]);
  assert.deepEqual(choiceAfter("ArrowUp", all, [2, 0]), [0, 0]);
  assert.deepEqual(choiceAfter("End", all, [0, 0]), [0, 1]);
  assert.deepEqual(choiceAfter("PageDown", all, [0, 1]), [2, 0]); // a clicker's keys
  assert.deepEqual(choiceAfter("PageUp", all, [2, 0]), [0, 1]);
  assert.equal(choiceAfter("x", all, [0, 0]), null);
  assert.deepEqual(choiceOf(choiceKey([3, 12])), [3, 12]);
});

test("the sentence counts places from 1 and says where the state comes from", () => {
  const disjoint = view([row("offset 0", [[0, 32]]), row("offset 3", [[3, 35], [35, 67]])], { steps: 32 });
  assert.equal(
    sentence(disjoint, [1, 1]),
    "Window 2 of row offset 3: reads tokens 36 to 67 and must guess tokens 37 to 68; " +
      "its state starts at zero.",
  );
  const streams = view([row("stream 1", [[1000, 1001], [1001, 1002]])], { scheme: "consecutive" });
  assert.equal(
    sentence(streams, [0, 1]),
    "Window 2 of row stream 1: reads token 1,002 and must guess token 1,003; " +
      "its state is carried over from the window before.",
  );
  const stairs = view([row("window 5", [[4, 7]])], { scheme: "overlapping" });
  assert.match(sentence(stairs, [0, 0]), /^Window 5: reads tokens 5 to 7 and/);
});
