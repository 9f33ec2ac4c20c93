// The beam tree as a picture, and the hypotheses under it.
import { el } from "../shared/dom.js";
import { alone } from "../shared/signs.js";
import { thickness, treeLayout } from "./layout.js";
import { nodeLabel, nodeSentence, pathTo, signed } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

function shape(tag, attributes, text = "") {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text) node.textContent = text;
  return node;
}

/** Draws the tree; when data or size changed. */
export function drawTree(x) {
  const { view, parts, sizes, width } = x;
  const { nodes, best } = view.tree;
  const plan = treeLayout(nodes);
  const { small } = sizes;
  const labels = nodes.map(({ token }) => nodeLabel(token));
  const longest = Math.max(...labels.map((label) => Array.from(label).length));
  const pill = { wide: (Math.max(longest, 1) * 0.72 + 1.1) * small, tall: 1.55 * small };
  const lead = 3.6 * small;
  const room = (width - lead - 12) / plan.steps;
  const across = Math.min(Math.max(room, pill.wide + 2.4 * small), pill.wide + 7 * small);
  const down = pill.tall + 0.5 * small;
  const at = (index) => ({
    left: lead + nodes[index].step * across + (across - pill.wide),
    y: (plan.rows[index] + 0.5) * down + 4,
  });
  const start = { right: lead, y: (plan.start + 0.5) * down + 4 };
  const svg = shape("svg", {
    width: Math.ceil(lead + plan.steps * across + 10), height: Math.ceil(plan.tall * down + 8),
    role: "img", "aria-label": `Beam tree of ${nodes.length} nodes in ${plan.steps} steps`,
  });
  const onBest = new Set(best);
  x.tree = { plan, groups: [], lines: [], svg };
  const [under, over] = [shape("g", {}), shape("g", {})];
  nodes.forEach((node, index) => {
    const to = at(index);
    const from = node.parent < 0
      ? start : { right: at(node.parent).left + pill.wide, y: at(node.parent).y };
    const kind = onBest.has(index) ? "best" : node.state;
    const line = shape("path", {
      class: `edge ${kind} ${node.state}`, d: curve(from.right, from.y, to.left, to.y),
      "stroke-width": thickness(node.log_probability).toFixed(2),
    });
    under.append(line);
    x.tree.lines.push(line);
    over.append(group(x, node, index, kind, labels[index], to, pill, small));
  });
  under.append(shape("text", { class: "start", x: 0, y: start.y + 0.35 * small }, "prefix"));
  svg.append(under, over);
  svg.style.fontSize = `${small}px`;
  parts.beam.scroll.replaceChildren(svg);
  x.at = at;
  x.pill = pill;
  if (x.scrolledFor !== view.identity) {
    x.scrolledFor = view.identity; // a tall tree opens where it begins
    parts.beam.scroll.scrollTop = start.y - parts.beam.scroll.clientHeight / 2;
    parts.beam.scroll.scrollLeft = 0;
  }
  followText(x);
  showSides(x);
}

function curve(x0, y0, x1, y1) {
  const bend = 0.5 * (x1 - x0);
  return `M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
}

function group(x, node, index, kind, label, { left, y }, { wide, tall }, small) {
  const g = shape("g", {
    class: `node ${kind} ${node.state}`, "data-node": index, "data-state": node.state,
    "data-best": kind === "best",
  });
  g.append(
    shape("rect", { x: left, y: y - tall / 2, width: wide, height: tall, rx: tall / 2 }),
    shape("text", { x: left + wide / 2, y: y + 0.36 * small, "text-anchor": "middle" }, label),
  );
  if (node.state === "finished") {
    g.append(shape("rect", {
      class: "stop", x: left + wide + 2, y: y - tall / 2, width: 4, height: tall, rx: 1,
    }));
  }
  x.tree.groups.push(g);
  return g;
}

/** Scrolls to the token at the text's cursor on the best path: to the end once all is written. */
export function followText(x) {
  const { state, view, parts } = x;
  if (!view?.tree || !x.at || state.node !== null) return; // one who points at a node reads there
  const { best } = view.tree;
  if (state.cursor === null || !best.length) return;
  const last = state.cursor >= Math.min(best.length, view.choices.length) - 1;
  nodeIntoSight(x, best[Math.min(state.cursor, best.length - 1)]);
  if (last) parts.beam.scroll.scrollLeft = parts.beam.scroll.scrollWidth;
  else if (state.cursor === 0) parts.beam.scroll.scrollLeft = 0;
}

/** Scrolls the box, and only the box, until the node is in sight. */
export function nodeIntoSight(x, index) {
  const { scroll } = x.parts.beam;
  const { left, y } = x.at(index);
  const { wide, tall } = x.pill;
  if (left < scroll.scrollLeft) scroll.scrollLeft = left - wide;
  if (left + wide > scroll.scrollLeft + scroll.clientWidth) {
    scroll.scrollLeft = left + 2 * wide - scroll.clientWidth;
  }
  if (y - tall < scroll.scrollTop) scroll.scrollTop = y - 2 * tall;
  if (y + tall > scroll.scrollTop + scroll.clientHeight) {
    scroll.scrollTop = y + 2 * tall - scroll.clientHeight;
  }
}

/** Says on which sides the tree goes on beyond its box. */
export function showSides(x) {
  const { scroll } = x.parts.beam;
  const rest = scroll.scrollWidth - scroll.clientWidth;
  const [left, right] = [scroll.scrollLeft > 1, scroll.scrollLeft < rest - 1];
  scroll.classList.toggle("goes-left", left);
  scroll.classList.toggle("goes-right", right);
  x.sides.row.hidden = rest <= 1;
  x.sides.left.disabled = !left;
  x.sides.right.disabled = !right;
}

/** Lights the node that is read, the way to it, and writes its numbers. */
export function markNode(x) {
  const { state, view, tree, parts } = x;
  const index = state.node ?? view.tree.best[view.tree.best.length - 1] ?? null;
  const path = new Set(index === null ? [] : pathTo(view.tree.nodes, index));
  tree.lines.forEach((line, at) => line.classList.toggle("lit", state.node !== null && path.has(at)));
  tree.groups.forEach((g, at) => g.classList.toggle("lit", at === state.node));
  const words = index === null ? "" : nodeSentence(view, index);
  parts.beam.reading.textContent = state.node === null && words ? `Best: ${words}` : words;
  parts.beam.reading.dataset.read = String(state.node ?? "");
}

/** Writes the ranked hypotheses; when data changed. */
export function writeHypotheses({ view, parts }) {
  const head = ["", "Hypothesis", "log p", "score"].map((text) => el("th", { scope: "col", text }));
  const rows = view.tree.hypotheses.map(([text, logProbability, score], at) => el("tr", {}, [
    el("td", { class: "rank", text: `${at + 1}` }),
    el("td", { class: "said", dir: "auto", text: alone(text, 160) }),
    el("td", { class: "number", text: signed(logProbability) }),
    el("td", { class: "number", text: signed(score) }),
  ]));
  parts.beam.table.hidden = rows.length === 0;
  parts.beam.table.replaceChildren(
    el("caption", { class: "hidden", text: "The texts that beam search found, the best first" }),
    el("thead", {}, [el("tr", {}, head)]),
    el("tbody", {}, rows),
  );
}
