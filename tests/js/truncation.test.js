// Run by tests/test_truncation_component.py, which puts the folders of app/components that it
// needs beside this one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsFor, numbered, planOf, slideTo } from "../truncation/layout.js";
import { overviewStep } from "../truncation/overview.js";
import { cutsOf, reachOf, reachSentence, segmentsOf, stepWords } from "../truncation/segments.js";

const cutAt = (starts) => ({ starts, sliding: null });
const last = (sliding) => ({ starts: [], sliding });

test("a loss stays in its segment: held against walking back step by step", () => {
  const rows = [cutAt([0]), cutAt([0, 4, 8, 12]), cutAt([0, 1, 7, 9, 15]), last(1), last(4), last(99)];
  for (const row of rows) {
    for (let t = 0; t < 16; t++) {
      const stops = (step) =>
        step === 0 || (row.sliding === null ? row.starts.includes(step) : t - step + 1 === row.sliding);
      let from = t;
      while (!stops(from)) from -= 1;
      assert.deepEqual(reachOf(row, t), { from, cut: from > 0 });
    }
  }
});

test("segments cover all steps once, and a sliding row has its cut where the loss has it", () => {
  assert.deepEqual(segmentsOf(cutAt([0, 3, 4]), 9), [[0, 2], [3, 3], [4, 8]]);
  assert.deepEqual(segmentsOf(last(3), 9), []);
  assert.deepEqual(cutsOf(cutAt([0, 3, 4]), 1), [3, 4]);
  assert.deepEqual(cutsOf(last(3), 7), [5]);
  assert.deepEqual(cutsOf(last(3), 2), []);
});

test("sentences count from 1", () => {
  assert.equal(reachSentence(cutAt([0, 48, 56]), 55), "Loss at step 56 reaches back to step 49 (7 steps); cut there.");
  assert.equal(reachSentence(last(9), 56), "Loss at step 57 reaches back to step 49 (8 steps); cut there.");
  assert.equal(reachSentence(cutAt([0]), 1), "Loss at step 2 reaches back to step 1 (1 step), the first; not cut.");
  assert.equal(reachSentence(cutAt([0, 5]), 5), "Loss at step 6 reaches no earlier step; cut right before it.");
  assert.equal(reachSentence(cutAt([0]), 0), "Loss at step 1 is at the first step; there is no earlier one.");
  const view = { tokens: ["a", " "], kind: "character", start: 1199 };
  assert.equal(stepWords(view, 1), "Step 2 of 2: “␣”, character 1,201 of the text");
});

test("the window keeps the cursor in sight, stands still inside, and shows what lies behind a jump", () => {
  const [count, steps] = [40, 500];
  let from = slideTo(-Infinity, count, steps, 0);
  assert.equal(from, 0);
  for (let cursor = 0; cursor < steps; cursor++) {
    const next = slideTo(from, count, steps, cursor);
    assert.ok(next - from <= 1 && next >= from);
    assert.ok(cursor >= next && cursor < next + count);
    from = next;
  }
  assert.equal(from, 460);
  for (let cursor = 462; cursor <= 497; cursor++) assert.equal(slideTo(460, count, steps, cursor), 460);
  const jumped = slideTo(0, count, steps, 300);
  assert.equal(300 - jumped, 30);
  assert.equal(slideTo(7, 12, 12, 5), 0);
  assert.equal(slideTo(0, 1, 9, 4), 4);
});

test("columns fill the room and words that do not fit are turned", () => {
  for (const kind of ["character", "word"]) {
    for (const steps of [1, 3, 20, 60, 500]) {
      for (const room of [360, 950, 1500]) {
        const { cell, count } = columnsFor(kind, steps, room, 1);
        assert.ok(count >= 1 && count <= steps && cell * count <= room + 1e-9 && cell >= 20);
      }
    }
  }
  assert.equal(columnsFor("word", 10, 950, 1).upright, true);
  assert.equal(columnsFor("word", 55, 950, 1).upright, false);
  assert.equal(columnsFor("character", 500, 360, 1).upright, true);
});

test("the step under a px is the one drawn there", () => {
  const plan = planOf({ from: 30, count: 40, cell: 24, upright: true }, { small: 13, scale: 1 },
    { overview: true, numbers: true });
  for (let step = 30; step < 70; step++) assert.equal(plan.stepAt(plan.centre(step)), step);
  assert.deepEqual([plan.stepAt(-5), plan.stepAt(9999)], [30, 69]);
  assert.ok(plan.boxes < plan.arcs && plan.arcs < plan.words && plan.words < plan.overview);
  assert.ok(plan.overview + plan.bar < plan.tall);
  assert.deepEqual([overviewStep(-1, 900, 500), overviewStep(450, 900, 500), overviewStep(901, 900, 500)],
    [0, 250, 499]);
  assert.deepEqual(numbered(30, 12, 24, 13), [31, 33, 35, 37, 39, 41]);
  assert.deepEqual(numbered(0, 3, 60, 13), [0, 1, 2]);
});
