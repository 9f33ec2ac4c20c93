// Run by tests/test_training_component.py, which puts the folders of app/components that it needs
// beside this one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { table } from "../shared/colours.js";
import { spread } from "../shared/spread.js";
import { placeReferences, thresholdWords } from "../training/curves.js";
import { decode } from "../training/decode.js";
import { columnEdges, heatPixels } from "../training/heat.js";
import { plotPlan, withLogAxis } from "../training/plot.js";
import { between, extremes, perplexityRange, rangesOf, rung, stepRange } from "../training/ranges.js";
import {
  figure, heatFigure, lastUntil, nearest, readingAt, readingWords,
} from "../training/reading.js";
import { clock, progressParts, speed } from "../training/status.js";
import { logTicks, stepTicks, tickText } from "../training/ticks.js";

const references = [["a blind guess V = 74", 74], ["unigram", 22], ["bigram", 10.4], ["trigram", 7.6]];

function run(perplexity, { before = [0.5], after = before, ...more } = {}) {
  return {
    steps_total: 800, step: perplexity.length, references, threshold: 1, per_step: null,
    train: { steps: perplexity.map((_, at) => at), perplexity },
    validation: { steps: [], perplexity: [] },
    norm: { steps: before.map((_, at) => at), before, after },
    ...more,
  };
}

test("the ladder leads to a round number on either side, and a round number stays", () => {
  assert.equal(rung(74, true), 80);
  assert.equal(rung(74, false), 60);
  assert.equal(rung(80, true), 80);
  assert.equal(rung(100, false), 100);
  assert.equal(rung(97, true), 100);
  assert.ok(Math.abs(rung(0.034, false, [1, 2, 5, 10]) - 0.02) < 1e-12);
});

test("the perplexity axis stands still from V down to the trigram", () => {
  const first = perplexityRange(run([74]));
  assert.ok(10 ** first[0] <= 7.6 && 10 ** first[1] >= 74);
  let before = null;
  let changes = 0;
  for (let step = 1; step <= 400; step++) {
    const now = perplexityRange(run([74, 74 * Math.exp(-step / 250)]), before);
    if (before && (now[0] !== before[0] || now[1] !== before[1])) changes += 1;
    before = now;
  }
  assert.equal(changes, 0);
});

test("ranges only grow: a thinned curve that lost its extremes moves no axis", () => {
  const full = rangesOf(run([90, 74, 30, 5], { before: [40, 0.001], after: [1, 0.001] }));
  const thinned = rangesOf(run([74, 30], { before: [0.5] }), full);
  assert.deepEqual([thinned.perplexity, thinned.norm], [full.perplexity, full.norm]);
  const steps = Array.from({ length: 801 }, (_, step) => stepRange({ steps_total: 800, step })[1]);
  steps.forEach((end, step) => assert.ok(end >= step && (!step || end >= steps[step - 1])));
  assert.ok(new Set(steps).size <= 5);
  assert.deepEqual(stepRange({ steps_total: 3, step: 3 }), [0, 3]);
  assert.deepEqual(stepRange({ steps_total: 400, step: 9 }, [0, 800]), [0, 400]);
});

test("∞, NaN and what is absurd do not stretch the axis and stand at its upper edge", () => {
  const range = perplexityRange(run([74, Infinity, NaN, 3e14]));
  assert.deepEqual(range, perplexityRange(run([74])));
  const plan = withLogAxis(plotPlan(500, 200, { scale: 1, small: 13 }, [0, 100], 90), range);
  for (const value of [Infinity, NaN, 3e14]) {
    assert.equal(plan.y(value), plan.top);
    assert.ok(plan.beyond(value));
  }
  assert.ok(!plan.beyond(74) && plan.y(74) > plan.top);
  assert.equal(plan.y(0), plan.bottom);
  assert.deepEqual(extremes([[NaN, 3, Infinity], [0.5, 12]], 10), [0.5, 3]);
});

test("axes slide from one range to the next and arrive", () => {
  const [from, to] = [rangesOf(run([74])), rangesOf(run([74, 2]))];
  const half = between(from, to, 0.3).perplexity[0];
  assert.ok(half < from.perplexity[0] && half > to.perplexity[0]);
  assert.deepEqual(between(from, to, 1), to);
  assert.deepEqual(between(from, to, 7), to);
});

test("log ticks are round, inside, apart and at least two on every range an axis can have", () => {
  for (const low of [-6, -1, 0, Math.log10(6)]) {
    for (const span of [0.31, 0.7, 1, 1.5, 3, 8, 40]) {
      for (const length of [90, 200, 600]) {
        const ticks = logTicks(low, low + span, length, 22);
        assert.ok(ticks.length >= (length > 100 ? 2 : 1), `${low} ${span} ${length}: ${ticks}`);
        ticks.forEach((tick, at) => {
          const place = Math.log10(tick);
          assert.ok(place >= low - 1e-6 && place <= low + span + 1e-6);
          if (at) assert.ok(((place - Math.log10(ticks[at - 1])) / span) * length >= 22 - 1e-6);
        });
      }
    }
  }
  assert.deepEqual(logTicks(-1, 1, 200, 40), [0.1, 0.3, 1, 3, 10]);
});

test("numbers at the axes", () => {
  assert.deepEqual([1000, 50, 1.5, 0.05, 1e-6, 2e-7, 1e8].map(tickText),
    ["1,000", "50", "1.5", "0.05", "10⁻⁶", "2·10⁻⁷", "10⁸"]);
  assert.equal(thresholdWords(1), "clip at 1");
  assert.deepEqual(stepTicks(800, 5), [0, 200, 400, 600, 800]);
  assert.deepEqual(stepTicks(3, 9), [0, 1, 2, 3]);
  assert.deepEqual(stepTicks(10, 1), [0, 10]);
});

test("names at the edge keep their order and their distance, near their lines", () => {
  const plan = withLogAxis(plotPlan(500, 200, { scale: 1, small: 13 }, [0, 9], 90), [0.7, 1.9]);
  const close = [["a", 74], ["b", 10], ["c", 10.1], ["d", 9.9], ["e", 9.8]];
  const placed = placeReferences(close, plan, 16);
  placed.forEach((each, at) => {
    if (at) assert.ok(each.labelY - placed[at - 1].labelY >= 16 - 1e-9);
    assert.ok(each.labelY >= plan.top && each.labelY <= plan.bottom);
  });
  assert.deepEqual(placed.map(({ label }) => label), ["a", "c", "b", "d", "e"]);
  assert.equal(placed[0].labelY, placed[0].y);
});

test("spread keeps what has room, centres a crowd and stays inside", () => {
  assert.deepEqual(spread([10, 50, 90], 16), [10, 50, 90]);
  assert.deepEqual(spread([50, 50, 50], 10), [40, 50, 60]);
  assert.deepEqual(spread([1, 2], 10, 0, 100), [0, 10]);
  assert.deepEqual(spread([99, 99], 10, 0, 100), [90, 100]);
  assert.deepEqual(spread([], 10), []);
});

test("the arrays come back exactly", () => {
  const values = Float64Array.from([1.5, Infinity, NaN, 1 / 3]);
  const text = btoa(String.fromCharCode(...new Uint8Array(values.buffer)));
  assert.deepEqual(decode(text, Float64Array), values);
  assert.equal(decode("", Int32Array).length, 0);
});

test("the step nearest and the last until", () => {
  const steps = [0, 10, 20, 50];
  assert.deepEqual([-5, 0, 4, 5, 6, 15, 34, 36, 99].map((step) => nearest(steps, step)),
    [0, 0, 0, 0, 1, 1, 2, 3, 3]);
  assert.deepEqual([-1, 0, 9, 10, 99].map((step) => lastUntil(steps, step)), [-1, 0, 0, 1, 3]);
  assert.equal(nearest([], 3), -1);
});

test("a reading holds the numbers of its step, the newest without one", () => {
  const view = run([74, 30, 9], {
    before: [4, 2, 0.5], after: [1, 1, 0.5],
    validation: { steps: [1], perplexity: [33] },
    per_step: { steps: [0, 2], log10: [-3, -2, -1, -Infinity], window: 2 },
  });
  const now = readingAt(view, null);
  assert.deepEqual([now.step, now.train, now.validation, now.before, now.after], [2, 9, 33, 0.5, 0.5]);
  const then = readingAt(view, 0, 1);
  assert.deepEqual([then.train, then.validation, then.heat], [74, null, -2]);
  assert.equal(readingWords(view, then), "step 0: training perplexity 74.0; gradient norm 4.00, " +
    "clipped to 1.00; at time step 2 of 2 0.0100");
  assert.match(readingWords(view, readingAt(view, 2, 1)),
    /validation 33\.0 at step 1; gradient norm 0\.500; at time step 2 of 2 0 \(exactly\)$/);
  const empty = readingAt(run([], { before: [] }), null);
  assert.deepEqual([empty.step, empty.train, empty.before], [null, null, null]);
});

test("numbers in words", () => {
  assert.deepEqual([9.8123, 999.6, 74, 12345, 3e14, 0.0012, Infinity, NaN, 0, null].map(figure),
    ["9.81", "1,000", "74.0", "12,345", "3.00e+14", "0.00120", "∞", "not finite", "0", "–"]);
  assert.equal(heatFigure(NaN), "not finite");
  assert.deepEqual([0, 42.3, 59.7, 725, 3725].map(clock), ["0:00", "0:42", "1:00", "12:05", "1:02:05"]);
  assert.deepEqual([31234, 999.9, 3.456, 0].map(speed), ["31,000", "1,000", "3.5", "0"]);
  const parts = progressParts({ step: 120, steps_total: 1800, epoch: 2.44, tokens_per_second: 31234,
    seconds_left: 42 });
  assert.equal(parts.join(", "),
    "step 120 of 1,800, epoch 2.4, 31,000 tokens a second, 0:42 left");
});

test("columns reach half way to their neighbours; the last time step is on top", () => {
  assert.deepEqual(columnEdges([10, 20, 40]), [5, 15, 30, 50]);
  assert.deepEqual(columnEdges([7]), [6.5, 7.5]);
  assert.deepEqual(columnEdges([]), []);
  const lut = table(["#000000", "#ffffff"], "#808080");
  const heat = { steps: [1, 3], log10: [-6, 0, NaN, -Infinity], window: 2 };
  const { data, holes } = heatPixels(heat, 4, (px) => px + 0.01, [-6, 0], lut);
  const at = (px, row) => [...data.slice(4 * (row * 4 + px), 4 * (row * 4 + px) + 4)];
  assert.deepEqual(at(0, 0), [255, 255, 255, 255]); // the last time step
  assert.deepEqual(at(0, 1), [0, 0, 0, 255]);
  assert.deepEqual(at(3, 1), [128, 128, 128, 255]); // not finite
  assert.deepEqual(at(3, 0), [0, 0, 0, 255]); // an exact zero
  assert.ok(holes);
  assert.equal(heatPixels(heat, 4, () => 9, [-6, 0], lut).data[3], 0); // nothing there yet
});
