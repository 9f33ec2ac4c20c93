// Run by tests/test_writing_component.py, which puts the folders of app/components that it needs
// beside this one.
import assert from "node:assert/strict";
import { test } from "node:test";

import { nodeAfter, thickness, treeLayout } from "../writing/layout.js";
import { shownAfter } from "../writing/player.js";
import { followText, showSides } from "../writing/tree.js";
import {
  brisk, choiceSentence, loopText, nodeSentence, pathTo, rankText, rowsOf, signed, unsureText,
} from "../writing/words.js";

const choice = (token, rest = {}) => ({
  token, probability: 0.25, rank: 2, entropy: Math.log(3.4),
  among: [["a", 0.5, 0.8], ["b", 0.25, 0.2], ["c", 0.1, 0]], ...rest,
});
const node = (parent, token, log, cumulative, step, state = "alive") => {
  return { parent, token, log_probability: log, cumulative, step, state, score: cumulative / 2 };
};
const nodes = [
  node(-1, "t", -0.2, -0.2, 0), node(-1, "a", -1, -1, 0), node(-1, "q", -4, -4, 0, "pruned"),
  node(1, "n", -0.1, -1.1, 1), node(0, "h", -0.3, -0.5, 1), node(0, "o", -2, -2.2, 1, "pruned"),
  node(4, " ", -0.5, -1, 2, "finished"),
];

test("the written token is marked among the options, or stands after them with its rank", () => {
  assert.deepEqual(rowsOf(choice("b")).map(({ chosen }) => chosen), [false, true, false]);
  const late = rowsOf(choice("z", { rank: 9, probability: 0.01 }));
  assert.deepEqual(late.at(-1), { token: "z", model: 0.01, ruled: null, rank: 9, chosen: true, late: true });
  assert.equal(late.length, 4);
  const twins = choice("a", { rank: 2, among: [["a", 0.3, 1], ["a", 0.3, 0]] });
  assert.deepEqual(rowsOf(twins).map(({ chosen }) => chosen), [false, true]);
});

test("entropy is said as so many equal choices", () => {
  assert.equal(unsureText(Math.log(3.4)), "as unsure as among 3.4 equal choices");
  assert.equal(unsureText(Math.log(28)), "as unsure as among 28 equal choices");
  assert.equal(unsureText(Math.log(9.96)), "as unsure as among 10 equal choices");
  assert.equal(unsureText(-1e-9), "quite sure: as good as one choice");
});

test("probabilities are never rounded to a false 0 or 1, only a cut one is 0", () => {
  assert.deepEqual([0, 1e-9, 0.31, 0.9999, 1].map(brisk), ["0", "<.01", ".31", ">.99", "1"]);
  assert.equal(rankText(1, 1000), "its first choice of 1,000");
  assert.equal(rankText(12, 28), "choice 12 of 28");
  assert.equal(signed(-3.2149), "−3.21");
});

test("a place and a loop in a sentence", () => {
  const view = { choices: [choice("b"), choice(" "), choice("b"), choice(" ")], size: 28, kind: "character" };
  assert.equal(choiceSentence(view, 1),
    "Token 2 of 4, “␣”: p = 0.2500, choice 2 of 28; as unsure as among 3.4 equal choices");
  assert.equal(loopText({ ...view, loop: [0, 2] }),
    "From token 1 on it goes in a loop: the same 2 characters again and again, “b ”.");
  assert.match(loopText({ ...view, loop: [2, 1], kind: "word" }), /the same word again and again, “b”/);
});

test("a node in a sentence, with the text up to it", () => {
  assert.deepEqual(pathTo(nodes, 6), [0, 4, 6]);
  assert.equal(nodeSentence({ tree: { nodes }, kind: "character" }, 4),
    "Step 2, “h”: p = 0.7408; so far “th”, log p −0.50, score −0.25; kept");
  assert.match(nodeSentence({ tree: { nodes }, kind: "word" }, 5), /so far “t o”.*; cut$/);
  const plain = nodes.map((each) => ({ ...each, score: each.cumulative }));
  assert.match(nodeSentence({ tree: { nodes: plain }, kind: "word" }, 4), /log p −0.50; kept$/);
});

test("nodes of a column keep apart, in the order of their parents, the more probable above", () => {
  const { rows, tall, steps, columns } = treeLayout(nodes);
  assert.equal(steps, 3);
  assert.deepEqual(columns, [[0, 1, 2], [4, 5, 3], [6]]);
  for (const column of columns) {
    column.forEach((index, at) => {
      if (at) assert.ok(rows[index] - rows[column[at - 1]] >= 1 - 1e-9);
    });
  }
  assert.equal(Math.min(...rows), 0);
  assert.ok(Math.abs(tall - 1 - Math.max(...rows)) < 1e-9);
});

test("a beam of 8 over 12 steps with its cut nodes stays low", () => {
  const many = [];
  let alive = [-1];
  for (let step = 0; step < 12; step++) {
    const next = [];
    for (const parent of alive) {
      for (let k = 0; k < (step ? 2 : 16); k++) {
        const kept = next.length < 8 && (k === 0 || parent === alive[0] || !step);
        many.push(node(parent, "x", -1, -step - 0.1 * k, step, kept ? "alive" : "pruned"));
        if (kept) next.push(many.length - 1);
      }
    }
    alive = next;
  }
  const { tall } = treeLayout(many);
  assert.ok(tall <= 20, String(tall));
});

test("a single node and a chain are trees", () => {
  assert.deepEqual(treeLayout(nodes.slice(0, 1)).rows, [0]);
  const chain = [node(-1, "a", -1, -1, 0), node(0, "b", -1, -2, 1), node(1, "c", -1, -3, 2)];
  assert.deepEqual(treeLayout(chain).rows, [0, 0, 0]);
});

test("arrow keys walk the tree and stay in it", () => {
  const { columns } = treeLayout(nodes);
  const after = (key, index) => nodeAfter(key, nodes, columns, index);
  assert.equal(after("ArrowRight", 0), 4); // the best child
  assert.equal(after("ArrowRight", 6), null);
  assert.equal(after("ArrowLeft", 4), 0);
  assert.equal(after("ArrowLeft", 0), null);
  assert.equal(after("ArrowDown", 5), 3);
  assert.equal(after("ArrowUp", 4), null);
  assert.equal(after("Enter", 4), null);
});

test("a more probable token has the thicker line, within bounds", () => {
  assert.deepEqual([0, -50].map(thickness), [7, 1]);
  assert.ok(thickness(-0.5) > thickness(-1));
});

test("as many tokens are written as the time allows, and no more than there are", () => {
  assert.equal(shownAfter(3, 0, 15, 100), 3);
  assert.equal(shownAfter(3, 1000, 15, 100), 18);
  assert.equal(shownAfter(0, 499, 2, 100), 0);
  assert.equal(shownAfter(0, 500, 2, 100), 1);
  assert.equal(shownAfter(0, 9e9, 50, 100), 100);
});

test("the tree follows the text to its end, and says where it goes on", () => {
  const best = Array.from({ length: 30 }, (_, step) => step);
  const classes = new Set();
  const toggle = (name, on) => (on ? classes.add(name) : classes.delete(name));
  const scroll = { scrollLeft: 0, scrollTop: 0, clientWidth: 300, clientHeight: 200, scrollWidth: 1200,
    classList: { toggle } };
  const x = {
    view: { tree: { best }, choices: best }, state: { cursor: 0, node: null },
    parts: { beam: { scroll } }, at: (index) => ({ left: 30 * index, y: 50 }),
    pill: { wide: 20, tall: 10 }, sides: { row: {}, left: {}, right: {} },
  };
  const follow = (cursor) => {
    x.state.cursor = cursor;
    followText(x);
    scroll.scrollLeft = Math.min(scroll.scrollLeft, 900); // as a browser does
    showSides(x);
    return scroll.scrollLeft;
  };
  assert.equal(follow(5), 0);
  assert.deepEqual([...classes], ["goes-right"]);
  const inside = follow(15);
  assert.ok(inside <= 450 && inside + 300 >= 470);
  assert.deepEqual([x.sides.left.disabled, x.sides.right.disabled, x.sides.row.hidden], [false, false, false]);
  assert.equal(follow(29), 900);
  assert.deepEqual([...classes], ["goes-left"]);
  assert.equal(follow(0), 0);
  x.state.node = 3; // one who reads a node is not moved
  assert.equal(follow(29), 0);
  scroll.clientWidth = 1200;
  showSides(x);
  assert.equal(x.sides.row.hidden, true);
});
