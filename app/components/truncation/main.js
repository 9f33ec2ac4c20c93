// The function Streamlit calls at mount and again on every change of data or theme.
import { adopt } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";
import { lifecycle } from "../shared/lifecycle.js";
import { leave, listen, newState } from "./events.js";
import { columnsFor, planOf, slideTo } from "./layout.js";
import { drawOverview } from "./overview.js";
import { drawRow } from "./picture.js";
import { reachOf, reachSentence, stepWords } from "./segments.js";
import { buildRows, skeleton } from "./skeleton.js";

const truncationLife = lifecycle({ mount, receive, draw, leave });

/** Mounts the component, or hands it new data or a new theme. */
export default function truncationComponent(given) {
  return truncationLife(given);
}

function mount() {
  const parts = skeleton();
  const x = { root: parts.root, parts, state: newState(), from: -Infinity };
  listen(x);
  return x;
}

function receive(x, incoming) {
  const fresh = incoming.identity !== x.view?.identity;
  const before = x.state.cursor;
  adopt(x.state, "cursor", incoming.cursor);
  x.state.cursor = clamp(x.state.cursor, 0, incoming.tokens.length - 1);
  if (fresh) {
    x.view = incoming;
    buildRows(x);
  } else if (before !== x.state.cursor) {
    x.ask("cursor");
  }
  return fresh;
}

function draw(x, wanted) {
  if (wanted.has("all")) {
    x.shown = new Map(); // by step, what of its token fits
    x.columns = columnsFor(x.view.kind, x.view.tokens.length, x.width, x.sizes.scale);
  }
  if (!wanted.has("all") && !wanted.has("cursor")) return;
  const { view, state, parts, root, columns } = x;
  const steps = view.tokens.length;
  x.from = slideTo(x.from, columns.count, steps, state.cursor);
  const overview = columns.count < steps;
  x.plans = x.lines.map((_, at) =>
    planOf({ ...columns, from: x.from }, x.sizes, { overview, numbers: at === 0 }));
  write(parts.step, stepWords(view, state.cursor));
  parts.pin.hidden = !state.pinned;
  x.lines.forEach((line, at) => drawLine(x, line, x.plans[at]));
  Object.assign(root.dataset, {
    cursor: String(state.cursor), pinned: String(state.pinned),
    window: `${x.from} ${x.from + columns.count}`,
  });
}

function drawLine(x, line, plan) {
  const words = reachSentence(line.row, x.state.cursor);
  const { from } = reachOf(line.row, x.state.cursor);
  write(line.sentence, words);
  line.node.dataset.reach = `${from} ${x.state.cursor}`;
  line.canvas.setAttribute("aria-label", `${line.row.label}. ${words}`);
  drawRow(x, line, plan);
  drawOverview(x, line, plan);
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
