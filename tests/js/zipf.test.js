// Run by tests/test_zipf_component.py, which puts the folders of app/components that it needs
// beside this one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { cut } from "../shared/signs.js";
import { grouped, quoted } from "../shared/words.js";
import { exponentWords } from "../zipf/legend.js";
import { nearestPoint, placePoints, pointAfter, pointWords } from "../zipf/points.js";
import { throttle } from "../zipf/range.js";
import {
  fineTicks, fitRange, labelCentres, logAxis, moveEnd, powerTicks, rangeAfter, reach, stepRank, tickLabel,
} from "../zipf/scales.js";

test("ticks are powers of ten inside the axis, thinned where there is no room", () => {
  assert.deepEqual(powerTicks(29882, 30), [1, 10, 100, 1000, 10000]);
  assert.deepEqual(powerTicks(1000, 30), [1, 10, 100, 1000]);
  assert.deepEqual(powerTicks(999, 30), [1, 10, 100]);
  assert.deepEqual(powerTicks(29882, 3), [1, 100, 10000]);
  assert.ok(powerTicks(10, 0).length >= 1);
  assert.deepEqual(fineTicks(30), [2, 3, 4, 5, 6, 7, 8, 9, 20, 30]);
  assert.equal(tickLabel(100000), "100,000");
  assert.equal(tickLabel(1e6), "10⁶");
});

test("every rank's place leads back to the rank, and places outside to the ends", () => {
  for (const most of [1, 2, 7, 10, 4579, 2000000]) {
    const axis = logAxis(most, 61, 640);
    const ranks = most < 5000 ? Array.from({ length: most }, (_, at) => at + 1) : [1, 999999, most];
    for (const rank of ranks) assert.equal(axis.rankAt(axis.at(rank)), rank);
    assert.equal(axis.rankAt(-500), 1);
    assert.equal(axis.rankAt(5000), most);
    assert.ok(axis.top >= 10);
    assert.ok(Math.abs(axis.atLog(Math.log(5)) - axis.at(5)) < 1e-9);
  }
  const up = logAxis(100, 400, 20);
  assert.ok(up.at(1) === 400 && Math.abs(up.at(100) - 20) < 1e-9 && up.at(10) > up.at(11));
});

test("a step is a factor on the axis, at least one rank, and can be taken back", () => {
  assert.equal(stepRank(1, 1, false), 2);
  assert.equal(stepRank(1000, 1, false), 1100);
  assert.equal(stepRank(1100, -1, false), 1000);
  assert.equal(stepRank(1000, 1, true), 2000);
  assert.equal(stepRank(1, -1, true), 1);
  for (let rank = 2; rank < 400; rank++) {
    assert.ok(stepRank(rank, 1, false) > rank && stepRank(rank, -1, false) < rank);
  }
});

test("keys move one end, never through the other", () => {
  assert.deepEqual(rangeAfter("ArrowRight", false, [10, 1000], 0, 5000), [11, 1000]);
  assert.deepEqual(rangeAfter("ArrowDown", false, [10, 1000], 1, 5000), [10, 909]);
  assert.deepEqual(rangeAfter("PageUp", false, [10, 1000], 1, 5000), [10, 2000]);
  assert.deepEqual(rangeAfter("ArrowLeft", true, [10, 1000], 0, 5000), [5, 1000]);
  assert.deepEqual(rangeAfter("Home", false, [10, 1000], 1, 5000), [10, 11]);
  assert.deepEqual(rangeAfter("End", false, [10, 1000], 1, 5000), [10, 5000]);
  assert.deepEqual(rangeAfter("End", false, [10, 1000], 0, 5000), [999, 1000]);
  assert.deepEqual(rangeAfter("ArrowRight", false, [10, 11], 0, 5000), [10, 11]);
  assert.equal(rangeAfter("toString", false, [10, 1000], 0, 5000), null);
  assert.deepEqual(moveEnd([10, 1000], 0, 4000, 5000), [999, 1000]);
  assert.deepEqual(reach([1, 1], 0, 1), [1, 1]);
});

test("a range beyond the ranks there are keeps two of them where there are two", () => {
  assert.deepEqual(fitRange([10, 1000], 5000), [10, 1000]);
  assert.deepEqual(fitRange([10, 1000], 400), [10, 400]);
  assert.deepEqual(fitRange([10, 1000], 7), [6, 7]);
  assert.deepEqual(fitRange([3, 3], 7), [2, 3]);
  assert.deepEqual(fitRange([1, 1], 2), [1, 2]);
  assert.deepEqual(fitRange([10, 1000], 1), [1, 1]);
});

test("the handles' labels touch neither each other nor the picture's edge", () => {
  for (const places of [[60, 600], [60, 60], [590, 600], [300, 310], [60, 90]]) {
    const [left, right] = labelCentres(places, [70, 90], 610);
    assert.ok(right - left >= 80 + 6 - 1e-9, String(places));
    assert.ok(left >= 35 - 1e-9 && right <= 610 - 45 + 1e-9, String(places));
  }
  assert.deepEqual(labelCentres([100, 400], [70, 90], 610), [100, 400]);
  const [left, right] = labelCentres([300, 310], [70, 90], 610);
  assert.equal(left + right, 610); // both give way alike
});

const curves = () => [
  { label: "1-grams", order: 0, ranks: [1, 2, 5], counts: [100, 50, 1], examples: ["the", "of", "a"] },
  { label: "2-grams", order: 1, ranks: [], counts: [], examples: [] },
  { label: "3-grams", order: 2, ranks: [1, 4], counts: [9, 1], examples: ["e e", "שלום"] },
];

test("the nearest point is found, and nothing far away", () => {
  const all = curves();
  const [across, up] = [logAxis(10, 0, 100), logAxis(100, 100, 0)];
  placePoints(all, across, up);
  assert.deepEqual(nearestPoint(all, across.at(2) + 3, up.at(50) - 2, 20), { curve: 0, index: 1 });
  assert.deepEqual(nearestPoint(all, across.at(4), up.at(1), 20), { curve: 2, index: 1 });
  assert.equal(nearestPoint(all, 50, -200, 20), null);
});

test("keys walk along a curve and to the next one that has points", () => {
  const all = curves();
  assert.deepEqual(pointAfter("ArrowRight", false, all, null), { curve: 0, index: 0 });
  assert.deepEqual(pointAfter("ArrowRight", false, all, { curve: 0, index: 1 }), { curve: 0, index: 2 });
  assert.deepEqual(pointAfter("ArrowRight", true, all, { curve: 0, index: 0 }), { curve: 0, index: 2 });
  assert.deepEqual(pointAfter("ArrowDown", false, all, { curve: 0, index: 2 }), { curve: 2, index: 1 });
  assert.deepEqual(pointAfter("ArrowUp", false, all, { curve: 2, index: 0 }), { curve: 0, index: 0 });
  assert.deepEqual(pointAfter("PageDown", false, all, { curve: 0, index: 1 }), { curve: 0, index: 2 });
  assert.deepEqual(pointAfter("PageUp", false, all, { curve: 0, index: 1 }), { curve: 0, index: 0 });
  assert.equal(pointAfter("x", false, all, null), null);
  assert.equal(pointAfter("Home", false, [all[1]], null), null);
});

test("a point's words: blanks show in characters, separate words, and scripts keep their direction", () => {
  const all = curves();
  const words = (kind, curve, index) => pointWords({ curves: all, kind }, { curve, index });
  assert.equal(words("word", 0, 0), "rank 1: “the”, 100 times");
  assert.equal(words("word", 0, 2), "rank 5: “a”, once");
  assert.equal(words("word", 2, 0), "rank 1: “e e”, 9 times");
  assert.equal(words("character", 2, 0), "rank 1: “e␣e”, 9 times");
  assert.equal(words("word", 2, 1), "rank 4: “\u2068שלום\u2069”, once");
  assert.equal(quoted("👩‍👩‍👧👩‍👩‍👧", "character", 2), "“👩‍👩‍👧👩‍👩‍👧”");
  assert.ok(!quoted("a\u202eb", "word").includes("\u202e"));
  assert.equal(cut("abcdef", 4), "abc…");
  assert.equal(grouped(1234567), "1,234,567");
});

test("an exponent says which ranks it is of when they are fewer, and why there is none", () => {
  const fit = { exponent: 1.0444, low: 10, high: 1000 };
  const curve = { distinct: 5000 };
  assert.deepEqual(exponentWords(curve, fit, [10, 1000]), {
    text: "1.044", note: "", title: "Fitted to ranks 10 to 1,000.",
  });
  assert.equal(exponentWords(curve, { ...fit, high: 512 }, [10, 1000]).note, "ranks 10 to 512");
  const none = { exponent: null, low: 10, high: 10 };
  assert.equal(exponentWords({ distinct: 10 }, none, [10, 1000]).text, "–");
  assert.match(exponentWords({ distinct: 10 }, none, [10, 1000]).title, /one rank/);
  assert.match(exponentWords({ distinct: 3 }, none, [10, 1000]).title, /no rank/);
  assert.match(exponentWords(curve, { ...none, why: "too short" }, [1, 9]).title, /too short/);
  assert.equal(exponentWords(curve, { ...fit, exponent: -0.5 }, [10, 1000]).text, "−0.500");
});

test("telling is throttled: at once, then each pause, and the last one always", async () => {
  const said = [];
  let value = 0;
  const telling = throttle(() => said.push(value), 60);
  for (value = 1; value <= 10; value++) {
    telling.soon();
    await new Promise((go) => setTimeout(go, 10));
  }
  value = 99;
  telling.soon();
  await new Promise((go) => setTimeout(go, 100));
  assert.equal(said[0], 1);
  assert.equal(said.at(-1), 99);
  assert.ok(said.length <= 4, String(said));
});
