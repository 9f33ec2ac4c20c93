// The lower picture: the chosen window's inputs over its targets, shifted by one.
import { el } from "../shared/dom.js";
import { cut, visible } from "../shared/signs.js";
import { grouped } from "../shared/words.js";
import { sentence } from "./choice.js";
import { detailCells, detailPlan, tokensOf } from "./layout.js";
import { svg } from "./skeleton.js";

/** Writes the sentence and draws the window; when another is chosen or the size changed. */
export function drawDetail(x) {
  const { view, chosen, parts, sizes, width } = x;
  if (!chosen) {
    parts.sentence.textContent =
      `No window of ${grouped(view.steps)} tokens begins among the tokens shown.`;
    parts.detail.replaceChildren();
    parts.legend.textContent = "";
    return;
  }
  const words = sentence(view, chosen);
  if (parts.sentence.textContent !== words) parts.sentence.textContent = words;
  const [row, window] = chosen;
  const [start, stop] = view.rows[row].windows[window];
  const { tokens, first } = tokensOf(view, row);
  const at = (place) => (place < first ? undefined : tokens[place - first]);
  const length = stop - start;
  const known = Math.min(length, Math.max(first + tokens.length - start, 0));
  const label = x.columns.label;
  const { slots, cell } = detailCells(view.kind, length, width - label - 4, sizes.scale);
  const plan = detailPlan(length, known, slots);
  const rise = Math.round(2.5 * sizes.base);
  const gap = Math.round(3.1 * sizes.base);
  const top = Math.round(1.5 * sizes.small);
  const y = { inputs: top, targets: top + rise + gap, rise, cell, label };
  const tall = y.targets + rise + Math.round(1.6 * sizes.small);
  parts.detail.style.height = `${tall}px`;
  const picture = lines(plan.shown, y, tall, label + slots * cell);
  parts.detail.replaceChildren(
    picture,
    rowOf("inputs", "reads", plan, y, (offset) => [start + offset, at(start + offset)]),
    rowOf("targets", "must guess", plan, y, (offset) => [start + offset + 1, at(start + offset + 1)]),
  );
  parts.legend.textContent =
    "Solid arrow: reading this token, the network must guess that one. Dashed: the same token " +
    "again, what was to be guessed is read next." +
    (plan.torn ? " Torn: tokens beyond those shown." : "");
}

function rowOf(name, words, { shown, left, torn }, y, read) {
  const box = el("div", { class: `side ${name}`, "data-testid": name, role: "list" });
  box.style.top = `${y[name]}px`;
  box.style.height = `${y.rise}px`;
  box.append(el("span", { class: "called", text: words }));
  shown.forEach((offset, slot) => {
    const node = offset === null ? gapCell(left, torn) : tokenCell(...read(offset));
    node.style.left = `${y.label + slot * y.cell}px`;
    node.style.width = `${y.cell}px`;
    box.append(node);
  });
  return box;
}

function tokenCell(place, token) {
  const lost = token === undefined;
  const text = lost ? "…" : cut(visible(token), 24);
  const node = el("div", { class: lost ? "big lost" : "big", role: "listitem" }, [
    el("span", { class: "face" }, [el("bdi", { class: "sign", text })]),
    el("span", { class: "place", text: grouped(place + 1) }),
  ]);
  node.dataset.place = String(place);
  node.title = lost ? "beyond the tokens shown" : `token ${grouped(place + 1)}`;
  if (!lost) node.dataset.token = token;
  return node;
}

function gapCell(left, torn) {
  return el("div", { class: torn ? "gap torn" : "gap", role: "listitem" }, [
    el("span", { class: "note", text: `${grouped(left)} more` }),
  ]);
}

/* Arrows from each input to its target; dashed lines from a target to the next input. */
function lines(shown, y, tall, wide) {
  const from = y.inputs + y.rise;
  const centre = (slot) => y.label + (slot + 0.5) * y.cell;
  const nodes = [];
  shown.forEach((offset, slot) => {
    if (offset === null) return;
    const x = centre(slot);
    const next = slot + 1 < shown.length && shown[slot + 1] === offset + 1;
    if (next) {
      const away = Math.min(0.3 * y.cell, 16);
      nodes.push(svg("line", {
        class: "again", x1: x + away, y1: y.targets - 1, x2: centre(slot + 1) - away, y2: from + 1,
      }));
    }
    nodes.push(svg("line", { class: "guess", x1: x, y1: from + 2, x2: x, y2: y.targets - 9 }));
    nodes.push(svg("path", {
      class: "point", d: `M${x} ${y.targets - 2} l-5.5 -9.5 h11 Z`,
    }));
  });
  return svg("svg", { class: "lines", width: wide, height: tall, "aria-hidden": "true" }, nodes);
}
