// Run by tests/test_decay_component.py, which puts the folders of app/components that it needs
// beside this one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, decodeView } from "../decay/decode.js";
import { hiddenKey, hiddenOf } from "../decay/events.js";
import { beyondRuns, flagRuns } from "../decay/flags.js";
import { contrast, dashOf, inksOf } from "../decay/ink.js";
import { besides, endOf, gutterOf, lastOnAxes, namesIn } from "../decay/labels.js";
import { decadeTicks, lagTicks, panelAt, panels } from "../decay/plan.js";
import {
  decadesApart, firstVisible, flagCounts, judged, labelParts, lagRead, measuredText, predictedText,
  readingWords, theoryWords, verdictWords,
} from "../decay/reading.js";
import { rgb } from "../shared/colours.js";

const base64 = (array) => btoa(String.fromCharCode(...new Uint8Array(array.buffer)));
const theory = (key, log10, own = {}) => ({
  key, label: key, kind: "estimate", log10: base64(Float64Array.from(log10)), error: "", why: "", ...own,
});
const sent = (networks) => ({
  networks: networks.map(([name, measured, status, predictions]) => ({
    key: name, name, colour: "#E69F00", word: "healthy", text: "", predictions,
    measured: base64(Float64Array.from(measured)), status: base64(Uint8Array.from(status)),
  })),
});
const sample = () => decodeView(sent([
  ["one", [0, -400.25, NaN], [0, 0, 2], [theory("a", [0.5, -399, -Infinity]), theory("b", [NaN, 0, 1])]],
  ["two", [-1, NaN, NaN], [0, 1, 3], [theory("c", [-1, -2, -3], { error: "off", why: "it bends" }), theory("a", [0, 0, 0])]],
]));
const sizes = { small: 13, scale: 1 };
const plans = (groups, own = {}) => panels({
  across: 900, tall: 400, groups, gutter: 60, axis: 40, stacked: false, lags: 101, range: [-30, 10],
  sizes, ...own,
});

test("arrays come back exactly, and every theory has one letter in all networks", () => {
  const values = Float64Array.from([1 / 3, NaN, -Infinity, -400.25]);
  assert.deepEqual(decode(base64(values), Float64Array), values);
  const view = sample();
  assert.deepEqual(view.theories.map(({ key, letter, at }) => [key, letter, at]),
    [["a", "a", 0], ["b", "b", 1], ["c", "c", 2]]);
  assert.equal(view.lags, 3);
  assert.equal(view.networks[1].by.a.log10[0], 0);
  assert.equal(view.networks[1].by.b, undefined);
});

test("numbers: powers of ten far below float64, and what is none in words", () => {
  const [one, two] = sample().networks;
  assert.equal(measuredText(one, 1), "5.62e-401");
  assert.equal(measuredText(one, 2), "underflow");
  assert.equal(measuredText(two, 1), "0 exactly");
  assert.equal(measuredText(two, 2), "non-finite");
  assert.equal(predictedText(-Infinity), "0 exactly");
  assert.equal(predictedText(NaN), "–");
  assert.equal(decadesApart(-399, one, 1), "+1.25");
  assert.equal(decadesApart(-0.5, one, 0), "−0.50");
  assert.equal(decadesApart(12.34, one, 0), "+12.3");
  assert.equal(decadesApart(300, one, 0), "+300");
  assert.equal(decadesApart(-1, one, 2), "");
  assert.equal(decadesApart(-Infinity, one, 0), "");
});

test("flags are counted and joined to stretches; none is lost", () => {
  const [one, two] = sample().networks;
  assert.deepEqual(flagCounts(one).map(({ words }) => words), ["underflow at 1 lag"]);
  assert.deepEqual(flagCounts(two).map(({ flag }) => flag), [1, 3]);
  assert.deepEqual(flagRuns(Uint8Array.from([0, 2, 2, 1, 0, 1])), [
    { flag: 2, from: 1, to: 2 }, { flag: 1, from: 3, to: 3 }, { flag: 1, from: 5, to: 5 },
  ]);
  assert.deepEqual(beyondRuns([0, 5, 6, NaN, -9, -Infinity], [-8, 4]), [
    { above: true, from: 1, to: 2 }, { above: false, from: 4, to: 5 },
  ]);
});

test("what is said at a lag leaves out what is switched off", () => {
  const view = sample();
  assert.equal(readingWords(view, 0, new Set(["b", "two"])),
    "lag 0. one: measured 1.00; a 3.16, +0.50 decades");
  assert.match(readingWords(view, 2, new Set(["a", "b"])), /measured underflow\. two: measured non-finite; c 0\.00100$/);
  assert.deepEqual(theoryWords(view, "c"), [{ name: "two", words: "off; it bends" }]);
  assert.deepEqual(theoryWords(view, "a"), []);
  assert.deepEqual([lagRead(view, -1), lagRead(view, 1), lagRead(view, 9)], [2, 1, 2]);
  assert.deepEqual(hiddenOf(hiddenKey(["a", "b"])), ["a", "b"]);
  assert.deepEqual(hiddenOf(hiddenKey([])), []);
});

test("a verdict has its sign, and none where none is given", () => {
  assert.equal(verdictWords("vanishing"), "↘ vanishing");
  assert.equal(verdictWords("undecided"), "? undecided");
  assert.equal(verdictWords(""), "");
  assert.equal(judged({ name: "GRU", word: "healthy" }), "GRU: healthy");
  assert.equal(judged({ name: "GRU", word: "" }), "GRU");
});

test("labels with lowered and raised parts", () => {
  assert.deepEqual(labelParts("|∂L_T/∂h_{T−k}|"),
    [["|∂L", ""], ["T", "sub"], ["/∂h", ""], ["T−k", "sub"], ["|", ""]]);
  assert.deepEqual(labelParts("x^2_"), [["x", ""], ["2", "sup"], ["_", ""]]);
});

test("panels: the same axes on the same heights, whatever is shown", () => {
  const [a, b, c] = plans([[0], [1], [2]]);
  assert.ok(a.right < b.left && b.right < c.left && c.right <= 900);
  for (const panel of [b, c]) {
    assert.deepEqual([panel.top, panel.bottom], [a.top, a.bottom]);
    assert.equal(panel.y(-10), a.y(-10));
    assert.ok(Math.abs(panel.right - panel.left - (a.right - a.left)) <= 1);
    assert.equal(panel.first, false);
  }
  const stacked = plans([[0], [1]], { stacked: true, across: 380 });
  assert.equal(stacked[0].left, stacked[1].left);
  assert.equal(stacked[1].top - stacked[0].top, 400);
  assert.ok(stacked.every(({ first }) => first));
  assert.equal(panelAt([a, b, c], b.left + 5, 200), b);
  assert.equal(panelAt(stacked, 100, 700), stacked[1]);
});

test("a lag is found under the px it is drawn at, and ends are kept", () => {
  const [panel] = plans([[0, 1]]);
  for (let lag = 0; lag < 101; lag++) assert.equal(panel.lagAt(panel.at(lag)), lag);
  assert.deepEqual([panel.lagAt(-99), panel.lagAt(9999)], [0, 100]);
  const [single] = plans([[0]], { lags: 1 });
  assert.equal(single.lagAt(500), 0);
  assert.ok(Number.isFinite(single.at(0)));
});

test("ticks are round, inside and few enough on every range an axis can have", () => {
  for (const range of [[-400, 10], [-30, 4], [-0.5, 0.5], [2, 3], [-5000, 0], [-7.3, 11.9]]) {
    for (const room of [3, 8, 20]) {
      const ticks = decadeTicks(range, room);
      assert.ok(ticks.length >= 1 && ticks.length <= room + 1, `${range} ${room}: ${ticks}`);
      for (const tick of ticks) {
        assert.ok(Number.isInteger(tick) && tick >= range[0] && tick <= range[1]);
        assert.ok(!Object.is(tick, -0));
      }
    }
  }
  assert.deepEqual(lagTicks(200, 4), [0, 50, 100, 150]);
  assert.deepEqual(lagTicks(1, 4), [0]);
  assert.equal(lagTicks(2000, 5).length, 4);
});

test("every line shows on its ground, and two networks of one hue differ", () => {
  const networks = ["#E69F00", "#E69F00", "#E69F00"].map((colour) => ({ colour }));
  for (const theme of [{ ground: "#ffffff", text: "#1b1f27" }, { ground: "#12151b", text: "#e8ebf0" }]) {
    const inks = inksOf([...networks, { colour: "#009E73" }, { colour: "#CC79A7" }], theme);
    for (const { line, theory: own } of inks) {
      assert.ok(contrast(rgb(line), rgb(theme.ground)) >= 3);
      assert.ok(contrast(rgb(own), rgb(theme.ground)) >= 3);
      assert.notEqual(line, own);
    }
    assert.equal(new Set(inks.map(({ line }) => line)).size, 5);
  }
  assert.ok(Math.abs(contrast([0, 0, 0], [255, 255, 255]) - 21) < 1e-9);
  const dashes = [0, 1, 2, 3, 4].map((at) => dashOf(at).join());
  assert.equal(new Set(dashes).size, 5);
});

test("names stand where their curve last is on the axes", () => {
  assert.deepEqual(lastOnAxes([0, -5, -20, -40], [-30, 10]), { lag: 2, value: -20 });
  assert.equal(lastOnAxes([NaN, -99], [-30, 10]), null);
  const view = sample();
  const words = namesIn(view, view.networks, new Set(["b"]), false).map((each) => each.words);
  assert.deepEqual(words, ["one", "a  a", "two", "a  a", "c  c"]);
});

test("a curve that ends before the last lag has its name at the edge it leaves by", () => {
  const range = [-30, 10];
  const height = (values, status) => endOf(values, range, status).height;
  assert.deepEqual(endOf([0, -5, -20], range), { lag: 2, value: -20, early: false, height: -20 });
  assert.equal(height([0, -20, -40]), -30);
  assert.equal(height([0, 5, 12]), 10);
  assert.equal(height([0, -9, -Infinity]), -30);
  assert.equal(height([0, -9, NaN]), -9); // a theory that says nothing from there on
  assert.deepEqual([1, 2, 3].map((flag) => height([0, -9, NaN], [0, 0, flag])), [-30, -30, 10]);
  assert.equal(endOf([NaN, -99], range), null);
  assert.deepEqual(besides([{ px: 10, py: 50 }, { px: 12, py: 52 }, { px: 11, py: 90 }], 9, 13),
    [{ px: 10, py: 50 }, { px: 19, py: 52 }, { px: 11, py: 90 }]);
});

test("names of 20 signs are whole and have room beside a sidebar on a projector", () => {
  const view = decodeView(sent([["one", [0], [0], [theory("gates, largest unit", [0]), theory("gates, mean, by unit", [0])]]]));
  const names = namesIn(view, view.networks, new Set(), false);
  assert.deepEqual(names.map(({ words }) => words), ["one", "a  gates, largest unit", "b  gates, mean, by unit"]);
  const context = { measureText: (words) => ({ width: 0.6 * 12.6 * words.length }) };
  assert.equal(gutterOf(context, names, 1280 - 300 - 160 - 60, { small: 12.6, scale: 0.95 }).whole, true);
});

test("before anybody points, the first theory that is drawn explains itself", () => {
  const view = sample();
  const first = (...hidden) => firstVisible(view, new Set(hidden))?.key;
  assert.equal(first(), "a");
  assert.equal(first("a"), "b");
  assert.equal(first("a", "one"), "c"); // nobody shows b
  assert.equal(first("a", "b", "c"), undefined);
  assert.equal(first("one", "two"), undefined);
});
