// The upper picture: the tokens, and under them one band of boxes for each row.
import { el } from "../shared/dom.js";
import { cut, visible } from "../shared/signs.js";
import { grouped } from "../shared/words.js";
import { beyond, box, carries, columnCount, columns, oneEach, tokensOf } from "./layout.js";
import { svg } from "./skeleton.js";

const EVERY = 10; // a place number over each tenth token

/** Makes the whole picture anew; when the data changed. */
export function buildBands(x) {
  const { view, parts } = x;
  const nodes = [];
  const shared = view.rows.some((row) => !row.tokens) ? strip(view, view, true) : null;
  if (shared) nodes.push(shared.node);
  x.strips = [];
  x.boxes = view.rows.map(() => []);
  x.bands = view.rows.map((row, at) => {
    const own = row.tokens ? strip(view, row, false) : null;
    x.strips.push(own ?? shared);
    const track = el("div", { class: "track" }, stretches(x, at));
    const label = el("div", { class: "label", role: "rowheader" }, [
      el("bdi", { text: row.label }),
      el("span", { class: "note", dir: "auto", text: row.note }),
    ]);
    const columnsOf = el("div", { class: "over" }, own ? [own.cells, track] : [track]);
    return el("div", { class: own ? "band own" : "band", role: "row" }, [label, columnsOf]);
  });
  x.guide = el("div", { class: "guide", "aria-hidden": "true" });
  parts.sheet.replaceChildren(x.guide, ...nodes, ...x.bands);
}

/* A row of tokens; under them the two bars that show what the chosen window reads and guesses. */
function strip(view, { tokens, first }, named) {
  const cells = tokens.map((token, at) => {
    const place = first + at + 1;
    const number = el("span", { class: "place", text: tick(place, at) });
    const sign = el("span", { class: "sign", dir: "auto", text: cut(visible(token), 24) });
    return el("div", { class: "cell", title: `token ${grouped(place)}` }, [number, sign]);
  });
  const reads = el("div", { class: "bar reads" }, named ? [el("span", { text: "reads" })] : []);
  const guesses = el("div", { class: "bar guesses" },
    named ? [el("span", { text: "must guess" })] : []);
  const bars = el("div", { class: "bars" }, [reads, guesses]);
  const row = el("div", { class: "tokens" }, cells);
  const all = el("div", { class: "strip", "aria-hidden": "true" }, [row, bars]);
  if (!named) return { cells: all, reads, guesses };
  const label = el("div", { class: "label" }, [el("span", { text: "tokens" })]);
  const node = el("div", { class: "band head", "aria-hidden": "true" }, [label, el("div", { class: "over" }, [all])]);
  return { node, cells: all, reads, guesses };
}

function tick(place, at) {
  return at === 0 || place % EVERY === 0 ? grouped(place) : "";
}

function stretches(x, at) {
  const { view } = x;
  const row = view.rows[at];
  const { tokens, first } = tokensOf(view, at);
  const alone = oneEach(view);
  const nodes = [];
  for (const stretch of row.dropped) {
    const place = box(stretch, first, tokens.length);
    if (!place) continue;
    const words = `tokens ${grouped(stretch[0] + 1)} to ${grouped(stretch[1])}: read by no window`;
    nodes.push(placed(el("div", { class: "dropped", title: words }), place));
  }
  row.windows.forEach((stretch, w) => {
    const place = box(stretch, first, tokens.length);
    if (!place) return;
    const [start, stop] = [grouped(stretch[0] + 1), grouped(stretch[1])];
    const name = el("span", { class: "name" }, alone
      ? [el("span", { class: "long", text: `tokens ${start} to ${stop}` })]
      : [el("span", { class: "long", text: "window " }), String(w + 1)]);
    const node = el("div", {
      class: "box", role: "gridcell", id: `window-${at}-${w}`, "data-row": String(at),
      "data-window": String(w), "data-parity": String((alone ? at : w) % 2),
      "aria-selected": "false",
      "aria-label": `window ${w + 1}, tokens ${start} to ${stop}`,
    }, [name]);
    x.boxes[at][w] = placed(node, place);
    nodes.push(node);
    if (carries(view, at, w)) nodes.push(carried(place.left + place.wide, place.wide));
  });
  const more = beyond(view, at);
  if (more) nodes.push(el("div", { class: "more", text: `+ ${grouped(more)} more` }));
  return nodes;
}

/* Sizes are in columns, so that another width of the page changes one CSS variable only. */
function placed(node, { left, wide, tornLeft, tornRight }) {
  node.style.setProperty("--from", String(left));
  node.style.setProperty("--wide", String(wide));
  node.dataset.columns = String(wide);
  node.classList.toggle("torn-left", tornLeft);
  node.classList.toggle("torn-right", tornRight);
  return node;
}

/* The arrow under two windows that touch. */
function carried(column, wide) {
  const arrow = svg("svg", { class: "arrow", viewBox: "0 0 56 20", "aria-hidden": "true" }, [
    svg("path", { d: "M6 1 C 8 17, 44 17, 48 6", class: "stem" }),
    svg("path", { d: "M49.5 0 L 53 10 L 43 8 Z", class: "tip-of" }),
  ]);
  const words = el("span", { class: "state", text: "state" });
  const node = el("div", { class: "carry", "aria-hidden": "true" }, [arrow, words]);
  node.style.setProperty("--from", String(column));
  node.dataset.columns = String(wide);
  return node;
}

/** Lays the picture out for the width there is; when data, size or theme changed. */
export function layBands(x) {
  const { view, sizes, root, width } = x;
  const { sheet, scroller } = x.parts;
  const label = Math.round(width < 560 ? 5.4 * sizes.base : 7.4 * sizes.base);
  const count = columnCount(view);
  const room = width - label - 2;
  const { cell, upright } = columns(view.kind, count, room, sizes.scale);
  x.columns = { label, count, cell };
  root.classList.toggle("turned", !upright);
  root.classList.toggle("letters", view.kind === "character");
  root.dataset.scheme = view.scheme;
  for (const [name, value] of Object.entries({ cell, label })) {
    root.style.setProperty(`--${name}`, `${value}px`);
  }
  root.style.setProperty("--count", String(count));
  sheet.style.width = `${label + count * cell}px`;
  scroller.style.maxHeight = `${Math.round(Math.max(220, 0.5 * window.innerHeight))}px`;
  const signs = (oneEach(view) ? 15 : 10) * 0.6 * sizes.base; // "window 12", else its number alone
  for (const node of sheet.querySelectorAll(".box, .carry")) {
    node.classList.toggle("roomy", Number(node.dataset.columns) * cell > signs);
  }
}
