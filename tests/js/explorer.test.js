// Run by tests/test_explorer_component.py, which puts the folders of app/components that it
// needs beside this one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { css, ink, level, rgb, table } from "../shared/colours.js";
import { columnEdges, edgeAt, edgeWidth } from "../explorer/edges.js";
import { chance, gradientNorm, number, power, probability, tenTo } from "../shared/format.js";
import { budget, diagramPlan, heights, plan, windowStart } from "../explorer/layout.js";
import {
  blindGuess, difference, namedReference, referenceWords, stripOptions, surprises,
} from "../explorer/references.js";
import { fitTo, newState } from "../explorer/state.js";
import { timeAxis, timeTicks } from "../shared/axis.js";
import { adopt, stepFor, tell } from "../shared/cursor.js";
import { countingReports } from "../shared/reports.js";
import { loopWords } from "../explorer/folded.js";
import { alone } from "../shared/signs.js";
import { decades, scaleRange, surprise } from "../explorer/unpack.js";

test("long tokens are cut by what a reader sees", () => {
  assert.equal(alone("keeper", 4), "kee…");
  assert.equal(alone("🙂🙂", 2), "🙂🙂");
  assert.equal(alone("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 2), "👩‍👩‍👧…");
});

test("numbers keep their size, also beyond float64", () => {
  assert.equal(power(-400.5), "3.16e-401");
  assert.equal(power(Math.log10(6.77e-5)), "6.77e-05");
  assert.equal(power(-5 - 1e-17), "1.00e-05");
  assert.equal(power(-1e-9), "1.00e+00");
  assert.equal(number(-0.25), "−0.2500");
  assert.equal(number(0), "0");
  assert.equal(number(12345), "1.23e+04");
  assert.equal(number(NaN), "NaN");
  assert.equal(number(-Infinity), "−∞");
  assert.equal(tenTo(-12), "10⁻¹²");
});

test("a probability is never rounded to a false 0 or 1", () => {
  assert.equal(probability(1e-7), "<0.0001");
  assert.equal(probability(0), "0.0000");
  assert.equal(probability(1 - 1e-7), ">0.9999");
  assert.equal(probability(1), "1.0000");
  assert.equal(chance(0.004), "<.01");
  assert.equal(chance(0.996), ">.99");
});

test("exact zero, underflow and non-finite are told apart", () => {
  const words = [1, 2, 3].map((flag) => gradientNorm(NaN, flag));
  assert.equal(new Set(words).size, 3);
  assert.match(words[0], /0/);
  assert.match(words[1], /underflow/);
});

test("lookup tables hit both ends and the middle; NaN has its own row", () => {
  const lut = table(["#0000ff", "#ffffff", "#ff8800"], "#888888");
  assert.equal(css(lut, level(-1, -1, 1)), "rgb(0, 0, 255)");
  assert.equal(css(lut, level(1, -1, 1)), "rgb(255, 136, 0)");
  assert.equal(css(lut, level(99, -1, 1)), "rgb(255, 136, 0)");
  assert.equal(css(lut, level(NaN, -1, 1)), "rgb(136, 136, 136)");
  const middle = lut.subarray(3 * level(0, -1, 1), 3 * level(0, -1, 1) + 3);
  assert.ok([...middle].every((part) => part > 252));
  assert.equal(ink(lut, 0), "#fff");
  assert.deepEqual(rgb("rgb(1, 2, 3)"), [1, 2, 3]);
  assert.deepEqual(rgb("#0f8"), [0, 255, 136]);
});

test("the time axis maps each step's centre back to the step", () => {
  for (const steps of [1, 2, 109, 500]) {
    const axis = timeAxis(52, 690, steps);
    for (let t = 0; t < steps; t++) assert.equal(axis.stepAt(axis.centre(t)), t);
    assert.equal(axis.stepAt(-5), 0);
    assert.equal(axis.stepAt(9999), steps - 1);
  }
});

test("time ticks start at 1, end at T and repeat nothing", () => {
  for (const steps of [1, 2, 7, 109, 500]) {
    const ticks = timeTicks(steps, 12);
    assert.equal(new Set(ticks).size, ticks.length);
    assert.ok(ticks.includes(0) && ticks.includes(steps - 1));
    assert.ok(ticks.every((t) => t >= 0 && t < steps));
  }
});

test("the diagram's window holds the cursor and never leaves the text", () => {
  for (const steps of [1, 5, 30]) {
    const shown = Math.min(steps, 11);
    for (let t = 0; t < steps; t++) {
      const start = windowStart(t, shown, steps);
      assert.ok(Number.isInteger(start) && start >= 0 && start + shown <= Math.max(steps, shown));
      assert.ok(t >= start && t < start + shown);
    }
  }
});

const network = (levels, both, steps = 20) => ({
  steps, units: 6,
  layers: Array.from({ length: levels * (both ? 2 : 1) }, (_, n) => ({
    level: both ? n >> 1 : n, reverse: both && n % 2 === 1, label: "", name: `l${n}`,
  })),
});

test("the component fills the window under its upper edge, and is never too low to read", () => {
  assert.equal(budget(720, 60), 636);
  assert.equal(budget(300, 60), 560);
  assert.equal(budget(720, 2000), 616);
});

test("four layers in two directions fit: no node overlaps another", () => {
  for (const [levels, both] of [[1, false], [4, false], [2, true], [4, true]]) {
    const view = network(levels, both);
    const sizes = plan(960, 610);
    const tall = heights(360, view.layers.length, sizes.scale);
    const drawn = diagramPlan(sizes.main, tall.diagram, sizes, view);
    const tops = drawn.nodes.map((node) => node.y).sort((a, b) => a - b);
    tops.forEach((y, at) => at && assert.ok(y - tops[at - 1] >= drawn.tall));
    assert.ok(tops[0] > drawn.top && tops.at(-1) + drawn.tall < drawn.bottom);
    assert.ok(drawn.tall >= 6 && drawn.wide > 8);
  }
});

test("presenting makes the type larger, and on a phone no picture is squeezed", () => {
  const [usual, large] = [plan(1230, 640), plan(1230, 640, { presenting: true, type: 1.2 })];
  for (const name of ["base", "small"]) {
    assert.ok(large[name] >= 1.19 * usual[name], name);
  }
  assert.equal(large.width, usual.width);
  const phone = heights(150, 1, 0.9, true);
  assert.ok(phone.heatmap >= 130 && phone.gradient >= 100, JSON.stringify(phone));
  const wide = heights(700, 1, 1, false);
  assert.deepEqual(heights(700, 1, 1, true), wide); // with room enough nothing changes
});

test("an edge carries its own number and is found where it is drawn", () => {
  const view = network(1, false);
  const numbers = Float64Array.from({ length: 40 }, (_, at) => at + 1);
  view.arrays = { edges_forward: numbers, head_forward: new Float64Array(20).fill(7) };
  const sizes = plan(960, 610);
  const drawn = diagramPlan(sizes.main, 200, sizes, view);
  const edges = columnEdges(view, drawn, 3, 200, false);
  assert.deepEqual(edges.map((edge) => [edge.kind, edge.value]), [["xh", 7], ["hh", 8], ["hq", 7]]);
  const [input] = edges;
  assert.equal(edgeAt(edges, input.x0 + 2, (input.y0 + input.y1) / 2, 7), input);
  assert.equal(edgeAt(edges, -100, -100, 7), null);
});

test("edge widths: absolute and logarithmic for gradients, none for zero and non-numbers", () => {
  assert.equal(edgeWidth(0, true, 1, 1), 0);
  assert.equal(edgeWidth(NaN, false, 1, 1), 0);
  assert.equal(edgeWidth(1e-30, true, 1, 1), edgeWidth(1e-8, true, 5, 1));
  const step = edgeWidth(1e-4, true, 1, 1) - edgeWidth(1e-5, true, 1, 1);
  assert.ok(Math.abs(step - (edgeWidth(1e-1, true, 1, 1) - edgeWidth(1e-2, true, 1, 1))) < 1e-12);
  assert.ok(edgeWidth(2, false, 2, 1) > edgeWidth(1, false, 2, 1));
});

test("Python's echo never fights the user, Python's word does win", () => {
  const state = newState();
  const sent = [];
  const say = (name, value) => sent.push([name, value]);
  adopt(state, "cursor", 4);
  state.cursor = 9;
  assert.equal(tell(state, "cursor", 9, say), true);
  assert.equal(tell(state, "cursor", 9, say), false);
  state.cursor = 12;
  tell(state, "cursor", 12, say);
  adopt(state, "cursor", 9); // the echo of the first, while the user is already at 12
  assert.equal(state.cursor, 12);
  adopt(state, "cursor", 12);
  adopt(state, "cursor", 12);
  assert.equal(state.cursor, 12);
  adopt(state, "cursor", 2); // Python says so
  assert.equal(state.cursor, 2);
  assert.deepEqual(sent, [["cursor", 9], ["cursor", 12]]);
});

test("the same choice made once more is another report, also of a page loaded later", (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const reports = [];
  const component = ({ data, setStateValue }) => setStateValue("fold", data);
  const streamlit = { data: "1", setStateValue: (...report) => reports.push(report) };
  const first = countingReports(component);
  for (let time = 0; time < 2; time++) first(streamlit);
  t.mock.timers.tick(5000);
  countingReports(component)(streamlit);
  assert.deepEqual(reports.map(([name, [value]]) => [name, value]), Array(3).fill(["fold", "1"]));
  const [one, two, later] = reports.map(([, [, number]]) => number);
  assert.ok(two > one);
  assert.ok(later > two);
});

test("a Back that Python answers instead of the choice counts, not what was chosen since", () => {
  const state = newState();
  let number = 0;
  const report = () => (number += 1);
  adopt(state, "fold", "", undefined);
  state.fold = "1";
  tell(state, "fold", "1", report);
  adopt(state, "fold", "", 0); // an answer to something else: Python has not heard of it
  assert.equal(state.fold, "1");
  state.fold = "0";
  adopt(state, "fold", "", 1); // chosen since, and not told yet
  assert.equal(state.fold, "0");
  state.fold = "1";
  adopt(state, "fold", "", 1); // Python heard, and says otherwise
  assert.equal(state.fold, "");
  state.fold = "1";
  assert.equal(tell(state, "fold", "1", report), true);
  adopt(state, "fold", "1", 2);
  adopt(state, "fold", "", 2); // Back, after the answer
  assert.equal(state.fold, "");
});

test("choices that Python answers together leave nothing behind that would swallow Back", () => {
  const state = newState();
  adopt(state, "fold", "");
  for (const fold of ["1", "", "1"]) {
    state.fold = fold;
    tell(state, "fold", fold, () => {});
  }
  adopt(state, "fold", "1");
  adopt(state, "fold", ""); // Back
  assert.equal(state.fold, "");
});

test("a page that always passes the same cursor leaves the user's alone; shorter text clamps it", () => {
  const view = (steps) => ({
    steps, units: 4, cursor: 0, lane: "h", order: "index", strip: "surprise", edges: "forward",
    lanes: [{ key: "h" }], arrays: {}, references: [],
  });
  const state = newState();
  fitTo(state, view(100));
  state.cursor = 60;
  state.unit = 3;
  fitTo(state, view(100));
  assert.equal(state.cursor, 60);
  fitTo(state, { ...view(40), units: 2 });
  assert.equal(state.cursor, 39);
  assert.equal(state.unit, 1);
});

test("keys", () => {
  assert.equal(stepFor("ArrowRight", false, 5, 50), 6);
  assert.equal(stepFor("ArrowRight", true, 45, 50), 49);
  assert.equal(stepFor("ArrowLeft", true, 5, 50), 0);
  assert.equal(stepFor("PageDown", false, 5, 50), 6);
  assert.equal(stepFor("Home", false, 5, 50), 0);
  assert.equal(stepFor("End", false, 5, 50), 49);
  assert.equal(stepFor("x", false, 5, 50), null);
  assert.equal(stepFor("toString", false, 5, 50), null);
});

test("the loop says how often it has been passed, a layer that reads from the end later", () => {
  const layers = (...reverse) => reverse.map((each) => ({ reverse: each }));
  assert.deepEqual(loopWords({ layers: layers(false), steps: 110 }, 4), ["round 5 of 110,"]);
  assert.deepEqual(loopWords({ layers: layers(false, false), steps: 110 }, 109), ["round 110 of 110,"]);
  assert.deepEqual(loopWords({ layers: layers(true), steps: 110 }, 4), ["round 106 of 110,"]);
  assert.deepEqual(loopWords({ layers: layers(false, true), steps: 110 }, 0),
    ["→ round 1 of 110,", "← round 110 of 110,"]);
  assert.deepEqual(loopWords({ layers: layers(false), steps: 1 }, 0), ["round 1 of 1,"]);
});

test("ranges: whole decades, at least two; nothing to draw is null; NaN and inf are no magnitude", () => {
  assert.deepEqual(decades([-3.2, NaN, -1.5]), [-4, -1]);
  assert.deepEqual(decades([-3, -3]), [-5, -3]);
  assert.equal(decades([NaN, NaN]), null);
  assert.deepEqual(scaleRange("signed_own", [0.5, -2, NaN, Infinity]), [-2, 2]);
  assert.deepEqual(scaleRange("signed_own", [0, 0]), [-1, 1]);
  assert.deepEqual(scaleRange("unit", [0.5]), [0, 1]);
});

test("a token's surprise comes from the prediction one step earlier", () => {
  const view = { arrays: { surprise: [Math.log(2), 1.5] } };
  assert.ok(Number.isNaN(surprise(view, 0)));
  assert.equal(surprise(view, 1), Math.log(2));
});

const reference = (key, surprise, perplexity) => ({ key, label: key, surprise, perplexity });
const counted = (note = "") => ({
  steps: 3, units: 1, cursor: 0, lane: "h", order: "index", strip: "difference", edges: "forward",
  vocabulary: ["a", "b"], lanes: [{ key: "h" }], arrays: { surprise: [1, 3, 9] },
  references: [reference("unigram", [2, 2, 9], 7.389), reference("bigram", [0.5, Infinity, 9], Infinity)],
  reference_note: note,
});

test("references are offered as colours of the text only where there are any", () => {
  const values = (view) => stripOptions(view).map(([value]) => value);
  assert.deepEqual(values({ references: [] }), ["surprise", "gradient", "unit"]);
  assert.deepEqual(stripOptions(counted()).slice(0, 4), [
    ["surprise", "surprise"],
    ["reference:unigram", "surprise: unigram"],
    ["reference:bigram", "surprise: bigram"],
    ["difference", "network − bigram"],
  ]);
  assert.equal(namedReference(counted(), "reference:bigram").key, "bigram");
  assert.equal(namedReference(counted(), "surprise"), undefined);
});

test("a colour of the text that is not there falls back to surprise, one that is there stays", () => {
  const shown = (view, strip) => {
    const state = newState();
    fitTo(state, { ...view, strip });
    return state.strip;
  };
  const bare = { ...counted(), references: [] };
  for (const strip of ["difference", "reference:bigram", "reference:unigram"]) {
    assert.equal(shown(counted(), strip), strip);
    assert.equal(shown(bare, strip), "surprise");
  }
  assert.equal(shown(counted(), "reference:trigram"), "surprise");
  assert.equal(shown(bare, "gradient"), "gradient");
});

test("all models are compared on the same token, and nothing came before the first", () => {
  const view = counted();
  assert.deepEqual(surprises(view, 2).map(({ key, nats }) => [key, nats]), [
    ["network", 3], ["unigram", 2], ["bigram", Infinity],
  ]);
  assert.ok(surprises(view, 0).every(({ nats }) => Number.isNaN(nats)));
  assert.equal(difference(view, 1), 0.5);
  assert.equal(difference(view, 2), -Infinity);
  assert.ok(Number.isNaN(difference(view, 0)));
  assert.equal(blindGuess(view), Math.log(2));
});

test("the best reference is named with what it was counted on", () => {
  assert.equal(referenceWords({ references: [] }), "");
  assert.equal(referenceWords(counted()), " A unigram: perplexity 7.39.");
  assert.equal(referenceWords(counted("counted elsewhere")),
    " A unigram counted elsewhere: perplexity 7.39.");
  const lost = { references: [reference("trigram", [], Infinity)], reference_note: "" };
  assert.equal(referenceWords(lost), " A trigram: perplexity ∞.");
});

test("a token that is read as <unk> has no surprise of its own, by no model", () => {
  const view = { arrays: { surprise: [1, 2, 3] }, unread: new Set([2]),
    references: [{ key: "trigram", label: "trigram", surprise: [4, 5, 6] }] };
  assert.equal(surprise(view, 1), 1);
  assert.ok(Number.isNaN(surprise(view, 2)));
  assert.ok(Number.isNaN(difference(view, 2)));
  assert.ok(surprises(view, 2).every(({ nats }) => Number.isNaN(nats)));
  assert.equal(surprise(view, 3), 3);
});
