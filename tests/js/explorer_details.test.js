// Run by tests/test_explorer_details.py: the pure parts of what opens below the pictures.
import assert from "node:assert/strict";
import { test } from "node:test";

import { alternatives, askedChange, changeDecades, changeWords, fading } from "../explorer/change.js";
import { correlationWords, featureScore } from "../explorer/feature_list.js";
import { equationParts } from "../explorer/mathml.js";
import { stripOptions } from "../explorer/references.js";
import { fitTo, newState } from "../explorer/state.js";
import { laneMean, reachDecades } from "../explorer/strip_scales.js";
import { functionOf, sumAt } from "../explorer/sums.js";
import { extraKey, orderOptions, unitOrder } from "../explorer/unpack.js";

const f64 = (...values) => Float64Array.from(values);

test("an equation falls into names with subscripts, numbers and signs", () => {
  const parts = equationParts("h_{t−1} = 1 − W_xh x_t");
  assert.deepEqual(parts.map(({ text }) => text), ["h", "=", "1", "−", "W", "x"]);
  assert.deepEqual(parts.map(({ below }) => below), ["t−1", "", "", "", "xh", "t"]);
  assert.deepEqual(parts.map(({ kind }) => kind), ["name", "sign", "number", "sign", "name", "name"]);
});

test("a sum is the arrays' own numbers; only the new gate's state bias stands in the bracket", () => {
  const sums = {
    kept: 2, units: 3, count: 2, bracket: 1, // two steps, two gates
    from_input: f64(1, 2, 3, 4), bias_input: f64(0.5, 0.25), bias_state: f64(0.125, 2),
    factor: f64(1, 0.5, 1, 0.75), largest: Int32Array.of(0, 1, 1, 2, 2, 0, 2, 1),
    largest_term: f64(1, 2, 3, 4, 5, 6, 7, 8), weights: f64(10, 11, 12, 20, 21, 22),
    rest: f64(0.1, 0.2, 0.3, 0.4), pre_activation: f64(9, 8, 7, 6), activation: f64(1, 0, 1, 0),
  };
  const plain = sumAt(sums, 0, 1);
  assert.deepEqual(plain.terms, [
    { unit: 2, value: 5, weight: 12 }, { unit: 0, value: 6, weight: 10 },
  ]);
  assert.deepEqual([plain.input, plain.bias, plain.inside, plain.rest], [3, 0.625, 0, 0.3]);
  const inner = sumAt(sums, 1, 1);
  assert.deepEqual([inner.bias, inner.inside, inner.factor, inner.total], [0.25, 2, 0.75, 6]);
  assert.deepEqual(inner.terms.map(({ unit }) => unit), [2, 1]);
  assert.equal(inner.terms[0].weight, 22);
  assert.deepEqual(["h", "new", "cell", "forget"].map((key) => functionOf("gru", key)),
    ["tanh", "tanh", "tanh", "σ"]);
  assert.equal(functionOf("rnn_relu", "h"), "relu");
});

test("a correlation is never rounded to a false 1, nor to a negative 0", () => {
  assert.equal(correlationWords(0.814), "r = .81");
  assert.equal(correlationWords(-0.5), "r = −.50");
  assert.equal(correlationWords(0.9999), "r >.99");
  assert.equal(correlationWords(-0.9999), "r <−.99");
  assert.equal(correlationWords(1), "r = 1");
  assert.equal(correlationWords(-0.001), "r = .00");
});

test("a feature without a score says why", () => {
  const found = { unit: 11, chosen: 0.84, held_out: 0.81 };
  assert.equal(featureScore(found, 55, 110), "r = .81 on held-out text (r = .84 where it was chosen)");
  assert.match(featureScore({ ...found, held_out: NaN }, 55, 111), /^no score: .* other 56 tokens/);
  assert.match(featureScore({ unit: -1 }, 55, 110), /^none: all the same in the first 55 tokens/);
});

test("what was asked for is read strictly", () => {
  assert.deepEqual(askedChange("34-17"), { step: 33, token: 17 });
  for (const odd of ["", "0-1", "3", "3-", "-3-1", "3-1-1", "a-b", undefined]) {
    assert.equal(askedChange(odd), null);
  }
});

test("a change fades where it stays below 1 %, and not where it only dips", () => {
  const relative = f64(0, 0, 0.5, 0.004, 0.02, 0.003, 0.001);
  assert.deepEqual(fading(relative, 2, false), { first: 0.5, last: 0.001, faded: 5 });
  assert.equal(fading(f64(0.5, 0.004, 0.02), 0, false).faded, null);
  assert.deepEqual(fading(f64(0.001, 0.2, 0.5, 0), 2, true), { first: 0.5, last: 0.001, faded: 0 });
  assert.equal(fading(f64(0.5, NaN), 0, false).faded, null);
  assert.deepEqual(changeDecades(f64(0, 2, 1e-3)), [-3, 1]);
  assert.deepEqual(changeDecades(f64(0, 2, 1e-30)), [-11, 1]);
  assert.equal(changeDecades(f64(0, 0)), null);
});

const view = () => ({
  steps: 3, kept: 2, units: 2, cell: "gru", layer: "a",
  inputs: ["x", "y", "x"], vocabulary: ["<unk>", "x", "y", "z"],
  layers: [{ name: "a", reverse: false }],
  references: [],
  lanes: [{ key: "h", label: "h" }, { key: "reset", label: "reset gate r" }],
  arrays: {
    top: Int32Array.of(2, 3, 1, 0, 3, 1), top_probability: Float32Array.of(0.5, 0.25, 0.5, 0, 1, 0),
    surprise: f64(1, 2, 4), change_surprise: f64(1, 3, 7), change_relative: f64(0, 0.5, 0.0005),
  },
  change: { step: 1, token: 3 },
});

test("alternatives are what the network expected, never the token that stands there", () => {
  assert.deepEqual(alternatives(view(), 1), [{ token: 3, p: 0.25 }]); // y itself was first
  assert.deepEqual(alternatives(view(), 2), [{ token: 0, p: 0 }]);
  assert.deepEqual(alternatives(view(), 0), [{ token: 2, p: null }]);
});

test("the sentence gives the numbers of the change", () => {
  const words = changeWords(view());
  assert.match(words, /“y” → “z” at step 2 changes ‖h‖ by 50 % there/);
  assert.match(words, /from step 3 on the change stays below 1 % \(by 0.0500 % at step 3\)/);
  assert.match(words, /3.0000 → 5.0000 nats/);
});

test("only what the page offers can be chosen", () => {
  const values = (more) => stripOptions({ ...view(), ...more }).map(([value]) => value);
  assert.deepEqual(values({}), ["surprise", "gradient", "unit"]);
  assert.deepEqual(values({ offers: ["mean", "reach", "change"] }),
    ["surprise", "gradient", "unit", "mean:reset", "reach", "change"]);
  const state = newState();
  const asked = { ...view(), strip: "mean:forget", order: "feature:quotes", unit: 1, cursor: 0 };
  fitTo(state, { ...asked, lane: "h", edges: "forward", offers: ["mean"] });
  assert.deepEqual([state.strip, state.order, state.unit], ["surprise", "index", 1]);
});

test("units stand in the order of a feature once Python has sent it", () => {
  const features = [{ key: "quotes", order: Int32Array.of(1, 0) }];
  assert.deepEqual([...unitOrder(view(), "feature:quotes")], [0, 1]);
  assert.deepEqual([...unitOrder({ ...view(), features }, "feature:quotes")], [1, 0]);
  assert.equal(orderOptions({ ...view(), offers: ["units"] }).length, 6);
  assert.notEqual(extraKey(view()), extraKey({ ...view(), features }));
});

test("means and decades", () => {
  assert.deepEqual([...laneMean({ values: f64(1, 3, -1, 0) }, 2, 2)], [2, -0.5]);
  assert.deepEqual(reachDecades(f64(-30.5, -1.2, NaN)), [-13, -1]);
  assert.equal(reachDecades(f64(NaN)), null);
});
