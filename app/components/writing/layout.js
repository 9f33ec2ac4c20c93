// Where the nodes of a beam tree stand. Pure.
import { clamp } from "../shared/format.js";
import { spread } from "../shared/spread.js";

const LOYAL = 0.45; // how far a child stays beside its parent rather than in the middle of its column

/**
 * A row for each node, in units of rows, 0 for the topmost; its column is its step. Children stand
 * around their parent, in its order, the more probable above; lines of one column never cross.
 * @param {{parent: number, step: number, cumulative: number}[]} nodes a node after its parent
 * @returns {{rows: number[], tall: number, steps: number, columns: number[][], start: number}}
 */
export function treeLayout(nodes) {
  const steps = 1 + Math.max(...nodes.map(({ step }) => step));
  const columns = Array.from({ length: steps }, () => []);
  nodes.forEach(({ step }, index) => columns[step].push(index));
  const rows = new Array(nodes.length).fill(0);
  const order = new Array(nodes.length).fill(0);
  for (const column of columns) {
    const above = (index) => (nodes[index].parent < 0 ? 0 : order[nodes[index].parent]);
    column.sort((a, b) => above(a) - above(b) || nodes[b].cumulative - nodes[a].cumulative || a - b);
    column.forEach((index, at) => (order[index] = at));
    const wished = column.map((index, at) => {
      const family = column.filter((other) => nodes[other].parent === nodes[index].parent);
      const middle = nodes[index].parent < 0 ? 0 : rows[nodes[index].parent];
      const beside = middle + family.indexOf(index) - (family.length - 1) / 2;
      return LOYAL * beside + (1 - LOYAL) * (at - (column.length - 1) / 2);
    });
    spread(wished, 1).forEach((row, at) => (rows[column[at]] = row));
  }
  const top = rows.reduce((least, row) => Math.min(least, row), Infinity);
  const moved = rows.map((row) => row - top);
  const tall = 1 + moved.reduce((most, row) => Math.max(most, row), 0);
  return { rows: moved, tall, steps, columns, start: -top };
}

/** A line's thickness in px for a token's log probability: p = 1 is 7, p = 0.1 is 4. */
export function thickness(logProbability) {
  return clamp(7 + 1.3 * logProbability, 1, 7);
}

/** The node one arrow key away from another, or null. */
export function nodeAfter(key, nodes, columns, index) {
  const node = nodes[index];
  if (key === "ArrowLeft") return node.parent < 0 ? null : node.parent;
  if (key === "ArrowRight") {
    const children = (columns[node.step + 1] ?? []).filter((each) => nodes[each].parent === index);
    if (!children.length) return null;
    return children.reduce((a, b) => (nodes[b].cumulative > nodes[a].cumulative ? b : a));
  }
  const turn = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (!turn) return null;
  const column = columns[node.step];
  return column[column.indexOf(index) + turn] ?? null;
}
