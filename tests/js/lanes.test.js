// Run by tests/test_lanes_component.py, which puts the folders of app/components that it needs
// beside this one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { flagRowCount } from "../lanes/curves.js";
import { gapRows, gapScale } from "../lanes/difference.js";
import { decodeLanes, oneScale, pairOf, repaired, rowUnits, surpriseAt, surpriseGap, valueOf } from
  "../lanes/networks.js";
import {
  cellReading, gapWords, guessAt, headWords, normBrief, normsReading, perplexityWords, rowsAt, sizeName,
  stepWords, summaryAt,
} from "../lanes/reading.js";
import { cellUnder, laneHeights, laneSizes } from "../lanes/room.js";
import { statePixels } from "../lanes/states.js";
import { timeAxis } from "../shared/axis.js";
import { firstLine } from "../shared/tokens.js";

const base64 = (array) => btoa(String.fromCharCode(...new Uint8Array(array.buffer)));
const doubles = (...values) => base64(Float64Array.from(values));
const bytes = (...values) => base64(Uint8Array.from(values));
// Two steps of different units a network: sizes are pairwise different.
const network = (key, units, own = {}) => ({
  key, name: `net ${key}`, colour: "#E69F00", word: "vanishing", verdict: "vanishes",
  scale: "signed_unit", guesses: [], units, range: [-1, 1], perplexity: 2,
  levels: bytes(...Array.from({ length: 2 * units }, (_, at) => 10 * at)), odd: "",
  size: doubles(1.5, 0.25), similarity: "", gradient: doubles(-3, 0.5), flags: bytes(0, 0),
  surprise: doubles(1.25, 9), guess_probability: "", ...own,
});
const sent = (networks, own = {}) => ({
  identity: "one", inputs: ["a", " "], targets: [" ", "c"], kind: "character", start: 0,
  vocabulary_size: 8, networks, quantity: "h", quantities: [["h", "hidden state h"]],
  decades: [-4, 1], pair: "a b", link: "", note: "", how: "", cursor: 0, order: "index", ...own,
});
const view = (own) => decodeLanes(sent([network("a", 3), network("b", 4, {
  surprise: doubles(0.25, 3), gradient: doubles(NaN, -1), flags: bytes(2, 0),
}), network("c", 5, { surprise: doubles(NaN, 1) })], own));

test("arrays come back exactly, and every network knows its place", () => {
  const [a, b, c] = view().networks;
  assert.equal(view().steps, 2);
  assert.deepEqual([a.at, b.at, c.at], [0, 1, 2]);
  assert.deepEqual([...b.gradient], [NaN, -1]);
  assert.deepEqual([...b.levels], [0, 10, 20, 30, 40, 50, 60, 70]);
  assert.deepEqual([a.odd, a.similarity, a.guess_probability], [null, null, null]);
  const words = decodeLanes(sent([network("a", 1, { perplexity: "Infinity", range: [-1, 1] }),
    network("b", 1, { perplexity: "NaN" })]));
  assert.deepEqual(words.networks.map(perplexityWords), ["perplexity ∞", "perplexity not a number"]);
  assert.equal(perplexityWords({ perplexity: 6.7012 }), "perplexity 6.70");
});

test("the surprise by a token is that of the prediction a step earlier", () => {
  const [a, b, c] = view().networks;
  assert.ok(Number.isNaN(surpriseAt(a, 0)));
  assert.equal(surpriseAt(a, 1), 1.25);
  assert.equal(surpriseGap([a, b], 1), 1);
  assert.equal(gapScale({ vocabulary_size: 8 }), Math.log(8));
  assert.equal(gapScale({ vocabulary_size: 1 }), Math.log(2));
  const more = Math.round((0.5 + 0.5 / Math.log(8)) * 255);
  assert.deepEqual(gapRows(view(), "a b"), [256, more]);
  assert.deepEqual(gapRows(view(), "b a"), [256, 255 - more]);
  assert.deepEqual(gapRows(view(), "a c"), [256, 256]); // NaN has its own row
  assert.equal(gapWords(view(), "a b", 1), "net a − net b: +1.0000 nats, so net b expected it more.");
  assert.equal(gapWords(view(), "b a", 1), "net b − net a: −1.0000 nats, so net b expected it more.");
  assert.match(gapWords(view(), "a c", 1), /not a number/);
  assert.match(gapWords(view(), "a b", 0), /Nothing predicted/);
});

test("a pair is never a network against itself", () => {
  const keys = (pair) => pairOf(view(), pair).map(({ key }) => key);
  assert.deepEqual(keys("c a"), ["c", "a"]);
  for (const wrong of ["", "a", "a a", "a z", "a b c"]) assert.deepEqual(keys(wrong), ["a", "b"]);
  assert.equal(repaired("a b", 0, "c"), "c b");
  assert.equal(repaired("a b", 1, "c"), "a c");
  assert.equal(repaired("a b", 0, "b"), "b a");
  assert.equal(repaired("a b", 1, "a"), "b a");
});

test("one colour bar only where all colours mean the same", () => {
  assert.ok(oneScale(view()));
  const own = { scale: "signed_own", range: [-7, 7] };
  assert.ok(!oneScale(decodeLanes(sent([network("a", 3), network("b", 3, own)]))));
  assert.ok(oneScale(decodeLanes(sent([network("a", 3, own), network("b", 3, own)]))));
});

test("a colour stands for a value no further than half a level away", () => {
  for (const [low, high] of [[-1, 1], [0, 1], [-1e308, 1e308]]) {
    assert.equal(valueOf({ range: [low, high] }, 0).value, low);
    const { value, within } = valueOf({ range: [low, high] }, 255);
    assert.ok(Math.abs(value / high - 1) < 1e-12);
    assert.ok(Math.abs(within / (high / 510 - low / 510) - 1) < 1e-12);
  }
});

test("pixels: a row a unit, in the order asked for; what is not finite is grey and masked", () => {
  const lut = new Uint8ClampedArray(3 * 257).map((_, at) => Math.floor(at / 3) % 256);
  lut.set([7, 8, 9], 3 * 256);
  const { networks: [one] } = decodeLanes(sent([network("a", 3, { odd: bytes(0, 0, 0, 0, 1, 0) }), network("b", 1)]));
  const { pixels, mask } = statePixels(one, [2, 0, 1], 2, lut);
  const reds = Array.from({ length: 6 }, (_, at) => pixels[4 * at]);
  assert.deepEqual(reds, [20, 50, 0, 30, 10, 7]); // (units x time)
  assert.deepEqual(Array.from({ length: 6 }, (_, at) => mask[4 * at + 3]), [0, 0, 0, 0, 0, 255]);
  assert.ok(pixels.every((value, at) => at % 4 !== 3 || value === 255));
  assert.match(cellReading(view(), one, 1, 1), /net a, unit 2, t = 2: not finite/);
  assert.equal(cellReading(view(), one, 1, 2), "net a, unit 3, t = 2: −0.608 ± 0.0039, by its colour");
  assert.deepEqual([...rowUnits({ units: 3, similarity: null }, "similarity")], [0, 1, 2]);
  assert.deepEqual(rowUnits({ units: 2, similarity: [1, 0] }, "similarity"), [1, 0]);
  assert.deepEqual([...rowUnits({ units: 2, similarity: [1, 0] }, "index")], [0, 1]);
});

test("the numbers of a step, flags as words, a dash where nothing predicted", () => {
  const rows = rowsAt(view(), 0);
  assert.deepEqual(rows, [
    ["size", "‖h‖", ["1.5000", "1.5000", "1.5000"]],
    ["gradient", "‖∂L/∂h‖", ["0.00100", "underflow", "0.00100"]],
    ["surprise", "surprise, nats", ["–", "–", "–"]],
  ]);
  assert.deepEqual(rowsAt(view(), 1)[2][2], ["1.2500", "0.2500", "NaN"]);
  assert.equal(normBrief({ gradient: [-400.25], flags: [0] }, 0), "5.62e-401");
  assert.equal(normBrief({ gradient: [Math.log10(3.8912)], flags: [0] }, 0), "3.89"); // as above
  assert.equal(stepWords(view(), 1), "t = 2 reads “␣”");
  assert.match(summaryAt(view(), 0), /^t = 1 reads “a”\. net a: ‖h‖ 1\.5000, .*\. net b: .*underflow/);
  assert.match(normsReading(view(), 0), /net a 0\.00100; net b underflow: not 0/);
  const gates = decodeLanes(sent([network("a", 1, { scale: "unit" }), network("b", 1)], {
    quantity: "carry", quantities: [["h", "hidden state h"], ["carry", "carry gate f/z"]],
  }));
  assert.equal(sizeName(gates), "mean f/z");
});

test("a guess that came true is marked by more than colour", () => {
  const guessed = decodeLanes(sent([network("a", 1, {
    guesses: [" ", "x"], guess_probability: doubles(0.5, 0.99999),
  }), network("b", 1)]));
  assert.deepEqual(rowsAt(guessed, 0)[3], ["guess", "guesses next", ["“␣” 0.5000 ✓", "–"]]);
  assert.deepEqual(guessAt(guessed, guessed.networks[0], 1), { text: "“x” >0.9999", right: false });
});

test("heights fill the room, and stay readable where there is none", () => {
  for (const [rest, count, rows] of [[360, 3, 0], [420, 2, 3], [900, 3, 3]]) {
    const { states, gradient } = laneHeights(rest, count, 1, rows);
    assert.ok(count * states + gradient <= rest + 20, `${rest}: ${states} ${gradient}`);
  }
  assert.deepEqual(laneHeights(0, 3, 1, 0), { states: 58, gradient: 118 });
  assert.deepEqual(laneHeights(5000, 2, 1, 2), { states: 230, gradient: 320 });
  assert.equal(flagRowCount(view()), 3);
  assert.equal(flagRowCount({ networks: [{ flags: [0, 3] }] }), 0);
});

test("sizes: the explorer's, so that both axes lie under each other", async () => {
  const { budget, plan } = await import("../explorer/layout.js");
  for (const width of [390, 760, 944, 1280, 1900]) {
    for (const tall of [600, 720, 1080, 1400]) {
      const [own, other] = [laneSizes(width, tall), plan(width, budget(tall, 80))];
      for (const name of ["main", "gutter", "gap", "base", "small", "narrow"]) {
        assert.equal(own[name], other[name], `${name} at ${width} x ${tall}`);
      }
    }
  }
});

test("a cell is found under its px; outside the picture the nearest", () => {
  const axis = timeAxis(50, 450, 4);
  const heat = { top: 4, tall: 30 };
  assert.deepEqual(cellUnder(axis, heat, 3, 51, 5), { t: 0, row: 0 });
  assert.deepEqual(cellUnder(axis, heat, 3, 449, 33), { t: 3, row: 2 });
  assert.deepEqual(cellUnder(axis, heat, 3, 0, -9), { t: 0, row: 0 });
  assert.deepEqual(cellUnder(axis, heat, 3, 999, 99), { t: 3, row: 2 });
});

test("presenting: larger type, and the room that the page's header leaves", () => {
  const shown = { presenting: true, type: 1.2 };
  for (const [width, tall] of [[390, 844], [1280, 720], [1900, 1080]]) {
    const [usual, large] = [laneSizes(width, tall), laneSizes(width, tall, shown)];
    assert.ok(large.base >= 1.19 * usual.base && large.small >= 1.19 * usual.small);
    assert.ok(large.tall >= usual.tall);
  }
  assert.equal(laneSizes(1280, 720, shown).tall, 684);
});

test("the heads of the table: what all names share stands once", () => {
  const heads = (...names) => headWords(names.map((name) => ({ name })));
  assert.deepEqual(heads("RNN, untrained", "GRU, untrained", "LSTM, untrained"),
    { common: "untrained", heads: ["RNN", "GRU", "LSTM"] });
  assert.deepEqual(heads("LSTM, trained", "LSTM, untrained"),
    { common: "LSTM", heads: ["trained", "untrained"] });
  assert.deepEqual(heads("a", "b"), { common: "", heads: ["a", "b"] });
  assert.deepEqual(heads("a", "a, b"), { common: "", heads: ["a", "a, b"] }); // none stays empty
  assert.deepEqual(heads("a", "a"), { common: "", heads: ["a", "a"] });
});

test("a text scrolls by whole lines, with a line of context where it goes on", () => {
  assert.equal(firstLine(0, 3, 9, 0), 0);
  assert.equal(firstLine(0, 3, 9, 1), 0);
  assert.equal(firstLine(0, 3, 9, 2), 1); // the last line seen is faded: the cursor leaves it
  assert.equal(firstLine(4, 3, 9, 4), 3);
  assert.equal(firstLine(0, 3, 9, 8), 6); // never beyond the end
  assert.equal(firstLine(6, 3, 9, 8), 6);
  assert.equal(firstLine(5, 10, 40, 30), 27);
  assert.equal(firstLine(0, 3, 2, 1), 0); // all is seen
  assert.equal(firstLine(0, 1, 9, 5), 5);
  assert.equal(firstLine(0, 3, 9, 4, 5), 4); // a token of more lines than the box: its beginning
  for (let row = 0; row < 20; row++) {
    const first = firstLine(7, 4, 20, row);
    assert.ok(Number.isInteger(first) && first >= 0 && first <= 16);
    assert.ok(row >= first && row < first + 4, `line ${row} from ${first}`);
  }
});
