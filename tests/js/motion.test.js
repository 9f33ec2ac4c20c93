// Run by tests/test_explorer_motion.py, which puts the component's folder beside this one.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  arrived, backMoment, backwardRun, crossed, endWords, frameOf, gradientShare, lossStep, lossWords,
  passingWords, sweepsOf, windowCut,
} from "../explorer/backward.js";
import { columnEdges } from "../explorer/edges.js";
import { newFilm } from "../explorer/film.js";
import { appeared, moment, phaseWords, readingWords } from "../explorer/forward.js";
import { KEYS } from "../explorer/keys.js";
import { diagramPlan, plan } from "../explorer/layout.js";
import { trail } from "../explorer/trail.js";
import {
  beginning, bend, drawnSteps, eased, folding, loopCurve,
} from "../explorer/unfold.js";
import { layersOf, steadily, viewOf } from "./motion_views.js";

test("one direction is one sweep of all layers; two are swept level by level from the top", () => {
  assert.deepEqual(sweepsOf(layersOf(4, false)), [{ traces: [0, 1, 2, 3], reverse: false, head: true }]);
  const order = sweepsOf(layersOf(2, true));
  assert.deepEqual(order.map(({ traces, reverse, head }) => [traces[0], reverse, head]), [
    [2, false, true], [3, true, true], [0, false, false], [1, true, false],
  ]);
});

test("a gradient that dies ends where it falls below the floor, and the words say where", () => {
  const view = viewOf(layersOf(1, false), 20, steadily);
  const run = backwardRun(view, 19, null);
  assert.deepEqual(run.sweeps[0].steps, [19, 18, 17, 16, 15, 14, 13, 12, 11, 10]);
  assert.deepEqual(run.sweeps[0].end, { why: "below", t: 10 });
  assert.deepEqual(run.frames.at(-1), [0, 10]);
  assert.match(endWords(view, run), /last step, t = 20\. Died out at t = 11, 9 steps .* 1\.00e-09/);
});

test("a gradient that dips below the floor and comes back is followed", () => {
  const view = viewOf(layersOf(1, false), 20, (n, t) => (t === 12 ? -11 : t === 3 ? -2 : -9));
  const { sweeps } = backwardRun(view, 19, null);
  assert.deepEqual(sweeps[0].end, { why: "below", t: 2 });
  assert.equal(sweeps[0].steps.length, 18);
});

test("in a stack the run goes on while any layer has a gradient", () => {
  const view = viewOf(layersOf(4, false), 20, (n, t) => (n === 2 ? -1 : steadily(n, t)));
  assert.deepEqual(backwardRun(view, 19, null).sweeps[0].end, { why: "edge", t: 0 });
});

test("a gradient that blows up runs to the first step, or to the first that is no number", () => {
  const grows = viewOf(layersOf(1, false), 20, (n, t) => 19 - t);
  const run = backwardRun(grows, 19, null);
  assert.deepEqual(run.sweeps[0].end, { why: "edge", t: 0 });
  assert.match(endWords(grows, run), /Came to t = 1: ‖∂L\/∂h‖ = 1\.00e\+19, 1\.00e\+19 times that at t = 20/);
  const breaks = viewOf(layersOf(1, false), 20, (n, t) => (t < 8 ? "odd" : 19 - t));
  const broken = backwardRun(breaks, 19, null);
  assert.deepEqual(broken.sweeps[0].end, { why: "broken", t: 7 });
  assert.match(endWords(breaks, broken), /Blown up at t = 8: the gradient is not a finite number/);
});

test("exact zeros and underflow are below the floor, each in its own words", () => {
  for (const [word, said] of [["zero", /= 0 \(exactly\)/], ["underflow", /underflow/]]) {
    const view = viewOf(layersOf(1, false), 20, (n, t) => (t < 15 ? word : 0));
    const run = backwardRun(view, 19, null);
    assert.deepEqual(run.sweeps[0].end, { why: "below", t: 14 });
    assert.match(endWords(view, run), said);
  }
  const none = viewOf(layersOf(1, false), 1, () => "zero");
  assert.deepEqual(backwardRun(none, 0, null).frames, [[0, 0]]);
});

test("a window of k steps cuts: the run ends there and the edge beyond is not crossed", () => {
  assert.deepEqual([windowCut(19, null), windowCut(19, 4), windowCut(3, 9)], [0, 16, 0]);
  const view = viewOf(layersOf(1, false), 20, (n, t) => (t - 19) / 10);
  const run = backwardRun(view, 19, 4);
  assert.deepEqual(run.sweeps[0].steps, [19, 18, 17, 16]);
  const at = (kind, t) => crossed(run, { kind, n: 0, t }, 0, 1, 4);
  assert.deepEqual([at("hh", 17), at("hh", 16), at("xh", 16), at("hh", 15)], [1, 0, 1, 0]);
  const words = endWords(view, run);
  assert.match(words, /Stopped at t = 17, where k = 4 cuts: .* = 0\.501\. Beyond .* 0\.398 at t = 16/);
  assert.equal(backwardRun(view, 19, 25).sweeps[0].end.why, "edge");
});

test("the reverse direction runs to the right, from the first step with a gradient", () => {
  const layers = layersOf(2, true);
  const view = viewOf(layers, 20, (n, t) =>
    n === 3 ? (t === 19 ? 0 : "zero") : n === 1 ? t / 10 - 9 : steadily(n, t),
  );
  const run = backwardRun(view, 19, null);
  const [, top, , low] = run.sweeps;
  assert.deepEqual(top.steps, [19]);
  assert.deepEqual([low.steps[0], low.steps.at(-1)], [10, 19]);
  assert.equal(frameOf(low, 12), low.offset + 2);
  assert.equal(frameOf(low, 9), Infinity);
  assert.equal(run.frames.length, run.sweeps.reduce((sum, { steps }) => sum + steps.length, 0));
  run.frames.forEach(([at, t], place) => assert.equal(frameOf(run.sweeps[at], t), place));
});

test("one loss alone is followed from its step, and beyond it where a layer reads from the end", () => {
  const before = viewOf(layersOf(1, false), 20, (n, t) => (t > 8 ? "zero" : t - 8), "step", 8);
  assert.equal(lossStep(before), 8);
  const run = backwardRun(before, 8, null);
  assert.deepEqual(run.sweeps[0].steps, [8, 7, 6, 5, 4, 3, 2, 1, 0]);
  assert.deepEqual(backwardRun(before, 8, 3).sweeps[0].end, { why: "cut", t: 6 });
  const certain = viewOf(layersOf(1, false), 20, (n, t) => (t > 8 ? "zero" : -12), "step", 8);
  assert.deepEqual(backwardRun(certain, 8, null).frames, [[0, 8]]); // less than can be drawn
  const grows = viewOf(layersOf(1, false), 20, (n, t) => (t > 8 ? "zero" : -2 * t), "step", 8);
  assert.deepEqual(backwardRun(grows, 8, null).frames.map(([, t]) => t), [8, 7, 6, 5, 4, 3, 2, 1, 0]);
  const both = viewOf(layersOf(2, true), 20, (n, t) =>
    n === 2 ? (t > 8 ? "zero" : -1) : n === 3 ? (t < 8 ? "zero" : -1) : t > 12 ? "zero" : -2, "step", 8);
  const [top, reverse, low, lowReverse] = backwardRun(both, 8, null).sweeps;
  assert.deepEqual([top.steps[0], top.steps.at(-1)], [8, 0]);
  assert.deepEqual([reverse.steps[0], reverse.steps.at(-1)], [8, 19]);
  assert.deepEqual([low.steps[0], low.steps.at(-1)], [12, 0]);
  assert.deepEqual(lowReverse.end, { why: "below", t: 13 });
  const cut = backwardRun(both, 8, 4);
  assert.deepEqual(cut.sweeps.map(({ steps }) => [steps[0], steps.at(-1)]), [
    [8, 5], [8, 8], [8, 5], [5, 8],
  ]);
});

test("within a frame the gradient comes down the levels, then goes back in time", () => {
  const order = [["hq", 0], ["xh", 3], ["xh", 2], ["xh", 1], ["hh", 2], ["xh", 0]];
  const begins = order.map(([kind, level]) => backMoment(kind, level, 4)[0]);
  begins.forEach((begin, at) => assert.ok(at === 0 || begin >= begins[at - 1]));
  const view = viewOf(layersOf(1, false), 20, (n, t) => (t - 19) / 10);
  const run = backwardRun(view, 19, null);
  let before = -1;
  for (let position = 0; position <= 20; position += 0.125) {
    const share = crossed(run, { kind: "hh", n: 0, t: 12 }, 0, 1, position);
    assert.ok(share >= before);
    assert.equal(share > 0, position > 7.5);
    assert.equal(arrived(run, 0, 12, position), position > 7.25);
    before = share;
  }
  assert.equal(before, 1);
});

test("colours stand on the widths' absolute scale", () => {
  assert.deepEqual([-9, -8, -3.5, 1, 5].map(gradientShare), [0, 0, 0.5, 1, 1]);
});

test("which loss it is stands in every sentence of a run", () => {
  const last = viewOf(layersOf(1, false), 20, () => 0);
  assert.equal(lossWords(last, 19), "Loss at the last step, t = 20.");
  const mean = viewOf(layersOf(1, false), 20, () => 0, "mean");
  assert.equal(lossWords(mean, 19), "Mean loss of all 20 steps, from t = 20.");
  assert.match(lossWords(mean, 8), /from t = 9, with what later losses sent back/);
  const run = backwardRun(mean, 8, null);
  const alone = viewOf(layersOf(1, false), 20, () => 0, "step", 8);
  assert.equal(lossWords(alone, 8), "Loss at t = 9 alone.");
  assert.match(passingWords(mean, run, [0, 5]), /Mean loss .* Back at t = 6: ‖∂L\/∂h‖ = 1\.00/);
});

test("the token enters, then the states update from the lowest level, then the prediction", () => {
  for (const levels of [1, 4]) {
    let before = 0;
    for (let level = 0; level < levels; level++) {
      const [edge, node] = [moment("hh", level, levels), moment("node", level, levels)];
      assert.ok(edge[0] >= before - 1e-12 && node[0] >= edge[0] && node[1] > edge[1]);
      before = node[1];
    }
    assert.ok(moment("xh", 0, levels)[1] <= moment("hh", 0, levels)[0]);
    assert.ok(moment("hq", -1, levels)[0] >= before - 1e-12);
    for (const part of ["xh", "hh", "node", "hq", "guess"]) {
      assert.equal(appeared(part, 0, levels, 0), 0);
      assert.equal(appeared(part, levels - 1, levels, 1), 1);
    }
  }
  const phases = [0.1, 0.5, 0.9].map(phaseWords);
  assert.equal(new Set(phases).size, 3);
  assert.match(readingWords(viewOf(layersOf(1, true), 5, () => 0), 2, 0.1), /whole text/);
});

test("what lies ahead is veiled while one direction reads, and stays where two do", () => {
  for (const both of [false, true]) {
    const view = viewOf(layersOf(2, both), 20, () => 0);
    const x = { view, film: newFilm(), state: { cursor: 7 }, plan: { levels: 2, both } };
    x.still = { matches: false };
    assert.equal(trail(x), null);
    x.film.run = { kind: "forward", done: 0 };
    const share = (t) => trail(x).edge({ kind: "hh", n: 0, t });
    assert.deepEqual([share(6), share(7), share(8)], [1, 0, both ? 1 : 0]);
    x.still.matches = true;
    assert.equal(share(7), 1);
  }
});

const sizes = plan(960, 610);

test("folded, all columns stand in one place and the recurrent edge is the loop", () => {
  for (const both of [false, true]) {
    const view = viewOf(layersOf(2, both), 20, () => 0);
    const drawn = diagramPlan(sizes.main, 240, sizes, view);
    const flat = folding(drawn, 0, 3);
    assert.equal(flat.centre(4) - flat.centre(3), drawn.column);
    assert.equal(flat.centre(3), drawn.left + drawn.column / 2);
    const shape = folding(drawn, 1, 3);
    assert.equal(shape.centre(3), shape.centre(9));
    assert.equal(shape.centre(3), drawn.width / 2);
    const edges = columnEdges(view, shape, 5, shape.centre(5), false);
    for (const edge of edges.filter(({ kind }) => kind === "hh")) {
      const { reverse } = view.layers[edge.n];
      bend(edge, shape, shape.centre(5), reverse, 1);
      const node = shape.nodes[edge.n];
      const right = shape.centre(5) + node.shift + shape.wide / 2;
      const middle = node.y + shape.tall / 2;
      assert.deepEqual(edge.curve, loopCurve(right, middle, shape.tall, 1, reverse));
      assert.equal(edge.curve[3][1] < edge.curve[0][1], reverse); // its arrow ends above
      assert.ok(edge.x0 > right && edge.x0 === edge.x1); // and there the pointer finds it
    }
  }
});

test("unfolded, a bent edge is the straight one", () => {
  const view = viewOf(layersOf(1, false), 20, () => 0);
  const shape = folding(diagramPlan(sizes.main, 200, sizes, view), 0, 0);
  const edge = columnEdges(view, shape, 5, shape.centre(5), false).find(({ kind }) => kind === "hh");
  bend(edge, shape, shape.centre(5), false, 1);
  assert.deepEqual(edge.curve[0], [edge.x0, edge.y0]);
  assert.deepEqual(edge.curve[3], [edge.x1, edge.y1]);
});

test("the way there is slow at both ends and never turns back", () => {
  assert.deepEqual([eased(-1), eased(0), eased(0.5), eased(1), eased(Infinity)], [0, 0, 0.5, 1, 1]);
  for (let share = 0; share < 1; share += 0.05) assert.ok(eased(share + 0.05) > eased(share));
});

test("the cursor's column lies on top, and alone once all stand in one place", () => {
  assert.deepEqual(drawnSteps({ shown: 5 }, 0, 4, 20, 6), [3, 4, 5, 7, 8, 9, 10, 6]);
  assert.deepEqual(drawnSteps({ shown: 5 }, 0.5, 4, 20, 6), [4, 5, 7, 8, 6]);
  assert.deepEqual(drawnSteps({ shown: 5 }, 1, 4, 20, 6), [6]);
  assert.deepEqual(drawnSteps({ shown: 5 }, 0, 0, 2, 6), [0, 1]); // the rest is not written yet
});

test("the beginning of a curve is a curve on it", () => {
  const curve = [[0, 0], [1, 3], [4, 3], [5, 0]];
  const at = (s) => [0, 1].map((part) =>
    (1 - s) ** 3 * curve[0][part] + 3 * s * (1 - s) ** 2 * curve[1][part] +
    3 * s * s * (1 - s) * curve[2][part] + s ** 3 * curve[3][part]);
  const half = beginning(curve, 0.3);
  assert.deepEqual(half[0], [0, 0]);
  half[3].forEach((value, part) => assert.ok(Math.abs(value - at(0.3)[part]) < 1e-12));
  beginning(curve, 1).flat().forEach((value, at) => assert.equal(value, curve.flat()[at]));
});

test("every key is listed once, with words", () => {
  assert.equal(new Set(KEYS.map(([key]) => key)).size, KEYS.length);
  for (const [key, words] of KEYS) assert.ok(key.length && words.length > 5);
});
