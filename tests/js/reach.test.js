// Run by tests/test_reach_component.py, which puts the component's files beside this folder.
import assert from "node:assert/strict";
import { test } from "node:test";

import { decoded, placeAt } from "../reach/decode.js";
import { stepsFor } from "../reach/events.js";
import { namedDecades } from "../reach/legend.js";
import { laterWords, matrixPlan, stepsAt } from "../reach/matrix.js";
import { columnTicks } from "../reach/overlay.js";
import { binned, matrixPixels } from "../reach/pixels.js";
import {
  cellText, certainDigits, fallOf, fallsOf, medianOf, ratioText, reachText, textAt,
} from "../reach/reading.js";
import { magnitude } from "../shared/format.js";
import { drawnLag, longestLag, shadeAt } from "../reach/scale.js";

const encode = (array) => Buffer.from(array.buffer).toString("base64");

/** A view as the browser has it, from rows of log10 (a word instead for what is no number). */
function viewOf(rows, changes = {}) {
  const words = ["", "zero", "underflow", "bad"];
  const flat = rows.flat();
  const status = Uint8Array.from(flat, (each) => Math.max(words.indexOf(each), 0));
  const numbers = Float32Array.from(flat, (each) => (typeof each === "number" ? each : NaN));
  const view = decoded({
    tokens: Array.from("the cat sat ".repeat(4)).slice(0, rows.length),
    targets: Array.from("he cat sat t".repeat(4)).slice(0, rows.length),
    kind: "character", what: "|dL/dh|", range: [-12, 2], lags: null,
    status: status.some(Boolean) ? encode(status) : null,
    numbers: { float32: encode(numbers) }, ...changes,
  });
  return Object.assign(view, fallsOf(view));
}

/** T rows that lose `rate` decades a step. */
const decaying = (steps, rate, changes) =>
  viewOf(Array.from({ length: steps }, (_, t) =>
    Array.from({ length: t + 1 }, (_, s) => -rate * (t - s))), changes);

test("the triangle is read row after row", () => {
  const view = viewOf([[1], [2, "zero"], ["bad", "underflow", 3]]);
  assert.equal(placeAt(2, 1), 4);
  assert.deepEqual([...view.log10], [1, 2, NaN, NaN, NaN, 3]);
  assert.deepEqual([...view.flags], [0, 0, 1, 3, 2, 0]);
  assert.deepEqual(view.counts, [3, 1, 1, 1]);
  assert.deepEqual([...view.largest], [0, 0, 2]);
  assert.equal(viewOf([[1], ["bad", "zero"]]).largest[1], -1);
});

test("what float32 rounds grows with the size of log10", () => {
  const { error } = viewOf([[1], ["zero", -640]]);
  assert.deepEqual([...error], [32 * 2 ** -24, 640 * 2 ** -24]);
});

test("sixteen bits are read with each row's own low end and step", () => {
  const view = decoded({
    tokens: ["a", "b"], status: encode(Uint8Array.from([0, 0, 1])),
    numbers: {
      codes: encode(Uint16Array.from([0, 65535, 9])),
      low: encode(Float64Array.from([-1, -60])), step: encode(Float64Array.from([0, 0.001])),
    },
  });
  assert.equal(view.log10[0], -1);
  assert.ok(Math.abs(view.log10[1] - 5.535) < 1e-5);
  assert.ok(Number.isNaN(view.log10[2]));
  assert.ok(Math.abs(view.error[1] - 0.0005) < 1e-5);
});

test("sizes have the digits that are certain", () => {
  assert.equal(magnitude(Math.log10(0.001234), 3), "0.00123");
  assert.equal(magnitude(-12.5, 3), "3.16e-13");
  assert.equal(magnitude(-400.2, 2), "6.3e-401");
  assert.equal(magnitude(Math.log10(9.996e-9), 3), "1.00e-08");
  assert.equal(magnitude(3.2, 3), "1,580");
  assert.equal(magnitude(5, 1), "1e+05");
  assert.deepEqual([1e-6, 2e-4, 3e-4, 2e-3, 3e-3].map(certainDigits), [3, 3, 2, 2, 1]);
});

test("the words of a number that is none", () => {
  const view = viewOf([[0], ["zero", "underflow"], ["bad", 0, 0]]);
  assert.equal(textAt(view, 1, 0), "0 (exactly)");
  assert.equal(textAt(view, 1, 1), "underflow");
  assert.equal(textAt(view, 2, 0), "not finite");
  assert.equal(ratioText(view, 1, 0, 1), null);
});

test("the reach of a loss that falls by a fixed factor", () => {
  const view = decaying(8, 0.6);
  assert.equal(fallOf(view, 7), 3); // 10 ** -2.4 after four steps, 10 ** -1.8 after three
  assert.equal(
    reachText(view, 7),
    "The loss at step 8 (“␣” → “s”) reaches back 4 steps before it falls below a hundredth of its " +
      "value at its own step: 0.00398 at step 4 (“␣”), against 1.00 at step 8.",
  );
  assert.equal(fallOf(view, 3), -1);
  assert.match(reachText(view, 3), /reaches back all 3 steps shown, never below .*: 0\.0158 there, /);
  assert.match(reachText(view, 0), /no earlier step in what is shown: 1\.00 at its own\.$/);
  assert.deepEqual([view.fallen, view.median], [4, 4]);
});

test("exactly a hundredth is no fall, whatever the rounding", () => {
  const view = decaying(6, 1);
  assert.equal(fallOf(view, 5), 2);
});

test("what rises above the hundredth again is told", () => {
  const view = viewOf([[0], [0, 0], [0, 0, 0], [-1.5, -1.9, -3, 0]]);
  assert.match(
    reachText(view, 3),
    /reaches back 1 step before .* Further back it stands above that hundredth again: 0\.0316 at step 1\.$/,
  );
});

test("zero and underflow are below a hundredth, not finite cannot be told", () => {
  const view = viewOf([[0], ["zero", 0], ["underflow", -1, 0], [0, "bad", -1, 0], [0, 0, 0, 0, "zero"]]);
  assert.deepEqual(view.falls, [-1, 0, 0, null, null]);
  assert.match(reachText(view, 1), /0 \(exactly\) at step 1 \(“t”\), against 1\.00 at step 2\.$/);
  assert.match(reachText(view, 2), /underflow at step 1/);
  assert.match(reachText(view, 3), /not finite; how far it reaches cannot be told\.$/);
  assert.match(reachText(view, 4), /at its own step the number is 0 \(exactly\)/);
});

test("one cell in words", () => {
  const view = decaying(5, 1);
  assert.equal(
    cellText(view, 4, 1),
    "|dL/dh| at t = 5, s = 2 (“h”, 3 steps back): 0.00100, 0.00100 times the value at its own step",
  );
  assert.match(cellText(view, 4, 4), /s = 5 \(“c”, the loss's own step\): 1\.00$/);
});

test("medians leave out what is not there", () => {
  assert.equal(medianOf([null, 3, 1, null, 2]), 2);
  assert.equal(medianOf([4, 1]), 2.5);
  assert.equal(medianOf([null]), null);
});

test("colours: absolute by the decades, relative by the row's largest", () => {
  const view = viewOf([[-5], [-7, -4], ["zero", -12, -20]]);
  assert.equal(shadeAt(view, "absolute", 0, 0), Math.round((255 * 7) / 14));
  assert.equal(shadeAt(view, "absolute", 2, 2), 0);
  assert.equal(shadeAt(view, "relative", 0, 0), 255);
  assert.equal(shadeAt(view, "relative", 1, 0), Math.round(255 / 2));
  assert.equal(shadeAt(view, "relative", 2, 1), 255);
  assert.equal(shadeAt(view, "absolute", 2, 0), 256);
});

test("lags are drawn as far as any number stands above the scale's lower end", () => {
  const view = decaying(40, 0.5);
  assert.equal(longestLag(view, "absolute"), 23); // 24 steps are 12 decades: the end itself
  assert.equal(longestLag(view, "relative"), 11);
  assert.equal(longestLag(decaying(40, 9), "absolute"), 9);
  assert.equal(longestLag(decaying(4, 9), "absolute"), 3);
  assert.equal(drawnLag({ ...view, lags: 30 }, "absolute"), 30);
  assert.equal(drawnLag({ ...view, lags: 99 }, "absolute"), 39);
  const rows = Array.from({ length: 30 }, (_, t) => Array.from({ length: t + 1 }, (_, s) =>
    (t === 29 && s === 2 ? "bad" : -20)));
  assert.equal(longestLag(viewOf(rows), "absolute"), 27);
});

test("where there is room, a bin is a cell; by step and by lag", () => {
  const view = viewOf([[1], [2, 3], [4, "zero", 6]]);
  const plan = { across: 3, down: 3, columns: 3, axis: "step" };
  const step = binned(view, "absolute", plan);
  const gap = -Infinity;
  assert.deepEqual([...step.most], [1, gap, gap, 2, 3, gap, 4, gap, 6]);
  assert.deepEqual([...step.kinds], [0, 255, 255, 0, 0, 255, 0, 1, 0]);
  const lag = binned(view, "absolute", { ...plan, axis: "lag" });
  assert.deepEqual([...lag.most], [1, gap, gap, 3, 2, gap, 6, gap, 4]);
  const cut = binned(view, "absolute", { across: 2, down: 3, columns: 2, axis: "lag" });
  assert.deepEqual([...cut.most], [1, gap, 3, 2, 6, gap]);
  const relative = binned(view, "relative", plan);
  assert.deepEqual([...relative.most].slice(6), [-2, gap, 0]);
});

test("cells that share a pixel: the largest, and not finite before all", () => {
  const view = viewOf([[1], [-2, 3], ["zero", 5, "bad"], ["zero", "zero", "underflow", -1]]);
  const { most, kinds } = binned(view, "absolute", { across: 2, down: 2, columns: 4, axis: "step" });
  assert.deepEqual([...most], [3, -Infinity, 5, -1]);
  assert.deepEqual([...kinds], [0, 255, 0, 3]);
});

test("flags become masks and not colours", () => {
  const view = viewOf([["zero"], ["underflow", "bad"]]);
  const { colours, masks } = matrixPixels(
    view, "absolute", { across: 2, down: 2, columns: 2, axis: "step" }, new Uint8ClampedArray(771));
  assert.ok(colours.every((part) => part === 0));
  assert.deepEqual(Object.keys(masks), ["1", "2", "3"]);
  const opaque = (mask) => [3, 7, 11, 15].map((at) => mask[at] / 255);
  assert.deepEqual(opaque(masks[1]), [1, 0, 0, 0]);
  assert.deepEqual(opaque(masks[2]), [0, 0, 1, 0]);
  assert.deepEqual(opaque(masks[3]), [0, 0, 0, 1]);
});

test("a point gives its steps; an empty place the nearest that is there", () => {
  const sizes = { scale: 1, small: 13 };
  const step = matrixPlan(500, 720, sizes, 20, "step", 19);
  const { across, down } = step;
  assert.deepEqual(stepsAt(step, across.centre(3), down.centre(7)), { t: 7, s: 3 });
  assert.deepEqual(stepsAt(step, across.centre(15), down.centre(7)), { t: 7, s: 7 });
  const lag = matrixPlan(500, 720, sizes, 20, "lag", 9);
  assert.equal(lag.columns, 10);
  assert.deepEqual(stepsAt(lag, lag.across.centre(3), down.centre(7)), { t: 7, s: 4 });
  assert.deepEqual(stepsAt(lag, lag.across.centre(9), down.centre(7)), { t: 7, s: 0 });
  assert.ok(matrixPlan(60, 720, sizes, 20, "lag", 9).across.right > 0);
});

test("keys move the loss and the earlier step, and neither leaves the text", () => {
  const go = (key, t, s, shift = false) => {
    const goal = stepsFor(key, shift, t, s, 30);
    return goal && [goal.t, goal.s, goal.moved];
  };
  assert.deepEqual(go("ArrowDown", 5, null), [6, null, "t"]);
  assert.deepEqual(go("ArrowUp", 5, 2, true), [0, 2, "t"]);
  assert.deepEqual(go("PageDown", 25, 2), [29, 2, "t"]);
  assert.deepEqual(go("PageUp", 25, 2), [15, 2, "t"]);
  assert.deepEqual(go("ArrowLeft", 5, null), [5, 4, "s"]);
  assert.deepEqual(go("ArrowRight", 5, 5), [5, 5, "s"]);
  assert.deepEqual(go("ArrowLeft", 15, 12, true), [15, 2, "s"]);
  assert.deepEqual(go("Home", 5, null), [5, 0, "s"]);
  assert.deepEqual(go("End", 5, 1), [5, 5, "s"]);
  assert.equal(go("a", 5, 1), null);
});

test("names on the scale and on the axes", () => {
  assert.deepEqual(namedDecades([-12, 2], 6), [-12, -9, -6, -3, 0, 2]);
  assert.deepEqual(namedDecades([-6, 0], 6), [-6, -5, -4, -3, -2, -1, 0]);
  assert.deepEqual(namedDecades([-1, 0], 6), [-1, 0]);
  assert.deepEqual(columnTicks(7, "lag", 4), [0, 2, 4, 6]);
  assert.deepEqual(columnTicks(5, "step", 9), [0, 4, 1, 2, 3]);
});

test("the words are those of a loss, or of a logit, and of what the empty half is", () => {
  const rows = [[0], [-1, 0], [-2, -1, 0]];
  const [loss, logit] = [viewOf(rows), viewOf(rows, { subject: "logit" })];
  assert.match(reachText(loss, 2), /^The loss at step 3/);
  assert.match(reachText(logit, 2), /^The true next token's logit at step 3/);
  assert.match(cellText(logit, 2, 2), /the logit's own step/);
  for (const words of [reachText(logit, 2), reachText(logit, 0), cellText(logit, 2, 2)]) {
    assert.doesNotMatch(words, /loss/);
  }
  assert.equal(laterWords(loss), "no loss depends on a later step");
  assert.equal(laterWords(logit), "no logit depends on a later step");
  assert.equal(laterWords(viewOf(rows, { later: true })), "later steps: not drawn");
});
