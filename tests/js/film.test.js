// Run by tests/test_explorer_motion.py: the clock of what moves in the diagram.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  advance, foldAsChosen, halt, newFilm, originShown, play, playBack, playStep, setOrigin, setWindow, toggleFold,
} from "../explorer/film.js";
import { note, noteSoon, reportSoon } from "../explorer/choosing.js";
import { SPEEDS } from "../explorer/forward.js";
import { fitTo, newState, windowOf } from "../explorer/state.js";
import { windowEnd } from "../explorer/truncated.js";
import { layersOf, steadily, viewOf } from "./motion_views.js";

/* The component without a page: what film.js touches. */
function stage(view, { still = false, cursor = 0 } = {}) {
  const element = () => ({ textContent: "", value: "", dataset: {}, setAttribute() {} });
  const named = () => new Proxy({}, { get: (all, key) => (all[key] ??= element()) });
  const x = { view: { ...view, link: "" }, film: newFilm(), asked: [], told: [] };
  x.state = {
    cursor, edges: "forward", fold: "", speed: "2", truncate: "", origin: "", untold: new Set(), sent: {}, heard: {}, held: null,
  };
  x.still = { matches: still };
  x.plan = { levels: 1, both: false };
  x.ask = (what) => x.asked.push(what);
  x.setStateValue = (...news) => x.told.push(news);
  const diagram = Object.assign(named(), { flow: named(), weights: {} });
  x.parts = { strip: named(), diagram, root: element() };
  return x;
}

/* Lets the clock run in frames of 16 ms, as a browser does. */
function passing(x, from, ms) {
  const steps = [];
  for (let now = from; now <= from + ms; now += 16) {
    advance(x, now);
    if (steps.at(-1) !== x.state.cursor) steps.push(x.state.cursor);
  }
  return steps;
}

test("reading goes step by step at its tempo, ends at the last one and tells Python once", () => {
  const x = stage(viewOf(layersOf(1, false), 6, () => 0), { cursor: 2 });
  x.state.speed = "4";
  play(x);
  const { since } = x.film.run;
  assert.deepEqual(passing(x, since, 740), [2, 3, 4]);
  assert.deepEqual(passing(x, since + 740, 610), [4, 5]);
  assert.equal(x.film.run, null);
  assert.deepEqual(x.told, [["cursor", 5]]);
});

test("no step is passed over at the fastest, even when frames are late", () => {
  const x = stage(viewOf(layersOf(1, false), 30, () => 0));
  x.state.speed = String(SPEEDS.at(-1));
  play(x);
  const steps = [];
  for (let now = x.film.run.since; x.film.run; now += 300) {
    if (steps.at(-1) !== x.state.cursor) steps.push(x.state.cursor);
    advance(x, now);
    assert.ok(!x.film.run || x.film.run.done <= 1); // nor does it hurry afterwards
  }
  assert.deepEqual(steps, Array.from({ length: 30 }, (_, t) => t));
});

test("a pause holds the place within a step, a single step ends by itself", () => {
  const x = stage(viewOf(layersOf(1, false), 6, () => 0), { cursor: 2 });
  play(x);
  advance(x, x.film.run.since + 200);
  play(x);
  assert.equal(x.film.run.moving, false);
  assert.ok(Math.abs(x.film.run.done - 0.4) < 1e-9);
  playStep(x); // to the end of the step under way
  passing(x, x.film.run.since, 900);
  assert.deepEqual([x.state.cursor, x.film.run.done, x.film.run.moving], [2, 1, false]);
  playStep(x);
  passing(x, x.film.run.since, 900);
  assert.equal(x.state.cursor, 3);
  play(x);
  passing(x, x.film.run.since, 100);
  assert.equal(x.state.cursor, 4);
});

test("the gradient takes the cursor with it from the loss to where it dies", () => {
  const x = stage(viewOf(layersOf(1, false), 20, steadily), { cursor: 2 });
  playBack(x);
  assert.equal(x.state.cursor, 19);
  const steps = passing(x, x.film.run.since, 3000);
  assert.deepEqual(steps, [19, 18, 17, 16, 15, 14, 13, 12, 11, 10]);
  assert.equal(x.film.run.ended, true);
  assert.deepEqual(x.told, [["cursor", 10]]);
  playBack(x);
  assert.deepEqual([x.film.run.ended, x.state.cursor], [false, 19]);
});

test("with a loss at every step the run begins at the cursor; so does the window", () => {
  const x = stage(viewOf(layersOf(1, false), 20, () => -1, "mean"), { cursor: 8 });
  assert.equal(windowEnd(x), 8);
  playBack(x);
  assert.equal(x.film.run.way.from, 8);
  x.state.cursor = 4;
  assert.equal(windowEnd(x), 8);
  const last = stage(viewOf(layersOf(1, false), 20, () => -1), { cursor: 8 });
  assert.equal(windowEnd(last), 19);
});

test("a run back waits for the gradient of the loss that was chosen, or no longer", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const x = stage(viewOf(layersOf(1, false), 20, () => -1), { cursor: 2 });
  setOrigin(x, "9");
  assert.equal(x.state.cursor, 8);
  playBack(x);
  assert.deepEqual([x.film.waiting, x.film.run], ["9", null]);
  playBack(x); // pressed again: never mind
  assert.deepEqual([x.film.waiting, x.film.run], [null, null]);
  playBack(x);
  setOrigin(x, ""); // another loss: never mind either
  setOrigin(x, "9");
  assert.equal(x.film.waiting, null);
  t.mock.timers.tick(1000);
  assert.deepEqual(x.told, [["origin", "9"], ["cursor", 8]]);
  playBack(x);
  play(x); // what runs now does not stop for it
  assert.deepEqual([x.film.waiting, x.film.run.kind], [null, "forward"]);
  halt(x);
  playBack(x);
  halt(x);
  assert.equal(x.film.waiting, null);
  Object.assign(x.view, viewOf(layersOf(1, false), 20, (n, s) => (s > 8 ? "zero" : -1), "step", 8));
  assert.equal(originShown(x.view), "9");
  assert.equal(windowEnd(x), 8);
  playBack(x);
  assert.deepEqual([x.film.waiting, x.film.run.way.from, x.state.cursor], [null, 8, 8]);
  setOrigin(x, ""); // what runs is of another loss
  assert.equal(x.film.run, null);
  setOrigin(x, "400");
  assert.deepEqual([x.state.origin, x.state.cursor], ["20", 19]);
});

test("folding takes its time, turns round on the way, and is at once where motion is unwelcome", () => {
  const x = stage(viewOf(layersOf(1, false), 6, () => 0));
  toggleFold(x);
  const { begun } = x.film;
  advance(x, begun + 350);
  assert.ok(Math.abs(x.film.amount - 0.5) < 1e-9);
  const turned = x.film.amount;
  toggleFold(x);
  assert.equal(x.film.from, turned);
  advance(x, x.film.begun + 701);
  assert.deepEqual([x.film.amount, x.film.begun, x.film.folded], [0, null, false]);
  const still = stage(viewOf(layersOf(1, false), 6, () => 0), { still: true });
  toggleFold(still);
  advance(still, 0);
  assert.equal(still.film.amount, 1);
});

test("what Python sends folds at once at first and in motion afterwards; folding is told once", () => {
  const x = stage(viewOf(layersOf(1, false), 6, () => 0));
  x.state.fold = "1";
  foldAsChosen(x, true);
  advance(x, 0);
  assert.equal(x.film.amount, 1);
  x.state.fold = "";
  foldAsChosen(x);
  advance(x, x.film.begun + 350);
  assert.ok(x.film.amount > 0 && x.film.amount < 1);
  toggleFold(x);
  toggleFold(x);
  assert.deepEqual(x.told, [["fold", "1"], ["fold", ""]]);
});

test("speed and window that cannot be are made possible", () => {
  const view = { ...viewOf(layersOf(1, false), 6, () => 0), units: 3, lanes: [{ key: "h", scale: "unit" }] };
  Object.assign(view, { references: [], gates: [] });
  const sent = { cursor: 0, lane: "h", order: "index", strip: "surprise", edges: "forward" };
  for (const [asked, speed, truncate, k] of [
    [{ speed: "8", truncate: "3" }, "8", "3", 3],
    [{ speed: "7", truncate: "600" }, "2", "6", 6],
    [{ speed: "", truncate: "-2" }, "2", "", null],
    [{ truncate: "2.6" }, "2", "3", 3],
    [{}, "2", "", null],
  ]) {
    const state = newState();
    fitTo(state, { ...view, ...sent, ...asked });
    assert.deepEqual([state.speed, state.truncate, windowOf(state)], [speed, truncate, k]);
  }
});

test("what rests is told together, and at once with what is told at once", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const x = stage(viewOf(layersOf(1, false), 20, () => -1));
  noteSoon(x, "truncate", "3");
  reportSoon(x, "cursor");
  assert.deepEqual(x.told, []);
  note(x, "fold", "1");
  assert.deepEqual(x.told, [["truncate", "3"], ["cursor", 0], ["fold", "1"]]);
  t.mock.timers.tick(1000);
  assert.equal(x.told.length, 3);
});

test("a window that is typed is there at once, and told when it has rested", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const x = stage(viewOf(layersOf(1, false), 20, () => -1));
  for (const words of ["1", "12"]) setWindow(x, words);
  assert.equal(windowOf(x.state), 12);
  assert.deepEqual(x.told, []);
  t.mock.timers.tick(1000);
  assert.deepEqual(x.told, [["truncate", "12"]]);
});
