// Run by tests/test_surprise_component.py, which puts the component's files beside this folder.
import assert from "node:assert/strict";
import { test } from "node:test";

import { timeAxis, timeTicks } from "../shared/axis.js";
import { adopt, tell } from "../shared/cursor.js";
import { chartPlan } from "../surprise/chart.js";
import { BLIND, BREAK, choicePlace, choiceTicks } from "../surprise/choices.js";
import { rowsAt } from "../surprise/guesses.js";
import {
  amount, choicesText, numbersText, perplexityText, probabilityText, sentenceAt, shortChance, summaryOf,
} from "../surprise/words.js";

const view = {
  tokens: ["t", "q", "a", "x"],
  read: ["t", "<unk>", "a", "x"],
  surprise: [4.398, Infinity, NaN, 800],
  probability: [0.0123, 0, NaN, 0],
  guesses: [[["e", 0.31], ["t", 0.0123]], [["e", 1]], [], [["e", 0.5]]],
};

test("the readout: probability, nats, bits and the best guesses", () => {
  assert.equal(
    sentenceAt(view, 0),
    "Token “t”: p = 0.0123, surprise 4.40 nats (6.34 bits); the model’s best guesses: " +
      "“e” .31, “t” .01",
  );
});

test("the impossible, the unguessed and the underflown are told apart", () => {
  assert.match(sentenceAt(view, 1), /^Token “q” \(read as <unk>\): p = 0, surprise ∞: thought imp/);
  assert.equal(sentenceAt(view, 2), "Token “a”: the model made no guess here.");
  assert.equal(numbersText(view, 3), "p = 3.67e-348, surprise 800.00 nats (1,154.16 bits)");
});

test("a probability or an amount is never rounded to a false 0 or 1", () => {
  assert.equal(probabilityText(1 - 1e-7, 1e-7), ">0.9999");
  assert.equal(probabilityText(1, 0), "1");
  assert.equal(probabilityText(0.5, Math.LN2), "0.500");
  assert.equal(probabilityText(9.99e-4, -Math.log(9.99e-4)), "9.99e-04");
  assert.equal(amount(0.001), "<0.01");
  assert.equal(amount(0), "0.00");
  assert.equal(amount(-1e-12), "0.00");
  assert.equal(shortChance(0.004), "<.01");
  assert.equal(shortChance(0.31), ".31");
  assert.equal(shortChance(1), "1.00");
});

test("the true token is marked among the guesses, or stands after them", () => {
  assert.deepEqual(rowsAt(view, 0).map((row) => row.right), [false, true]);
  assert.deepEqual(rowsAt(view, 1).at(-1), { token: "<unk>", p: 0, right: true, late: true });
  assert.deepEqual(rowsAt(view, 2), []);
});

test("the mean leaves out what is infinite or missing, and counts it", () => {
  assert.deepEqual(summaryOf([1, Infinity, 3, NaN]), { finite: 2, infinite: 1, missing: 1, mean: 2 });
  assert.ok(Number.isNaN(summaryOf([NaN]).mean));
});

test("the limits stand at their places on the axis of choices", () => {
  for (const size of [1, 2, 28, 50000]) {
    assert.equal(choicePlace(size, 1), 0);
    assert.ok(Math.abs(choicePlace(size, Math.max(size, 2)) - BLIND) < 1e-12);
    assert.equal(choicePlace(size, Infinity), 1);
    assert.equal(choicePlace(size, NaN), null);
  }
  assert.ok(Math.abs(choicePlace(100, 10) - BLIND / 2) < 1e-12);
});

test("a larger perplexity always stands further right; a finite one before the break", () => {
  const rising = [1, 1.01, 5, 27.9, 28, 28.1, 40, 1e3, 1e9, 1e300, Infinity];
  const places = rising.map((each) => choicePlace(28, each));
  places.forEach((place, at) => at && assert.ok(place > places[at - 1], String(rising[at])));
  assert.ok(places.at(-2) < BREAK[0]);
});

test("round numbers on the axis keep apart from each other and from V", () => {
  for (const size of [2, 3, 28, 101, 5000, 1e6]) {
    const places = [0, ...choiceTicks(size, 0.05).map(([, place]) => place), BLIND];
    places.forEach((place, at) => at && assert.ok(place - places[at - 1] >= 0.05 - 1e-12, String(size)));
  }
  assert.deepEqual(choiceTicks(28, 0.05).map(([number]) => number), [2, 5, 10, 20]);
});

test("the words at the perplexity", () => {
  const say = (perplexity, bits = null) => perplexityText({ perplexity, size: 28, bits });
  assert.equal(say(6.92, 2.79),
    "Perplexity 6.92: as unsure as an even choice among 6.92 of 28 tokens · 2.79 bits per character");
  assert.match(say(1), /every token was foreseen/);
  assert.match(say(28), /even choice among 28\.0 of 28/);
  assert.match(say(31), /worse than a blind guess among 28/);
  assert.match(say(Infinity, Infinity), /^Perplexity ∞: .* · ∞ bits/);
  assert.match(say(NaN), /Nothing was guessed/);
  assert.equal(choicesText(12345.6), "12,346");
  assert.equal(choicesText(4.2e45), "4.20e+45");
});

test("the chart's heights: 0 at the foot, twice a blind guess at the top, more stays inside", () => {
  const plan = chartPlan(800, { scale: 1, small: 13 }, { tokens: Array(50), size: 28 }, 1);
  assert.equal(plan.y(0), plan.bottom);
  assert.equal(plan.y(2 * Math.log(28)), plan.top);
  assert.equal(plan.y(99), plan.top);
  assert.ok(plan.laneY < plan.top);
  for (let t = 0; t < 50; t++) assert.equal(plan.axis.stepAt(plan.axis.centre(t)), t);
});

test("an axis of tokens ends inside, its numbers are the first, round ones and the last", () => {
  const axis = timeAxis(40, 700, 500);
  assert.deepEqual([axis.stepAt(-9), axis.stepAt(9999)], [0, 499]);
  assert.deepEqual(timeTicks(500, 6), [0, 499, 99, 199, 299, 399]);
  assert.deepEqual(timeTicks(1, 6), [0]);
});

test("Python's echo never fights the user, Python's word does win", () => {
  const state = { cursor: null, heard: {}, sent: {} };
  const told = [];
  const say = (name, value) => told.push([name, value]);
  adopt(state, "cursor", 4);
  state.cursor = 9;
  assert.equal(tell(state, "cursor", 9, say), true);
  assert.equal(tell(state, "cursor", 9, say), false);
  state.cursor = 12;
  tell(state, "cursor", 12, say);
  adopt(state, "cursor", 9); // the echo of the first, while the user is already at 12
  assert.equal(state.cursor, 12);
  adopt(state, "cursor", 12);
  adopt(state, "cursor", 2); // Python says so
  assert.equal(state.cursor, 2);
  assert.deepEqual(told, [["cursor", 9], ["cursor", 12]]);
});
