// The function Streamlit calls at mount and again on every change of data or theme.
import { adopt } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";
import { lifecycle } from "../shared/lifecycle.js";
import { announce, follow } from "../shared/link.js";
import { keepLines } from "../shared/tokens.js";
import { listenTree } from "./branches.js";
import { listen, moveTo, newState, stop } from "./events.js";
import { buildOptions, writeOptions } from "./options.js";
import { play, writeControls } from "./player.js";
import { skeleton } from "./skeleton.js";
import { buildText, colourText, markText, reveal } from "./text.js";
import { drawTree, markNode, writeHypotheses } from "./tree.js";
import { rowsOf } from "./words.js";

const writingLife = lifecycle({ mount, receive, draw, leave });

/** Mounts the component, or hands it new data or a new theme. */
export default function writingComponent(given) {
  return writingLife(given);
}

function mount() {
  const parts = skeleton();
  const x = { root: parts.root, parts, state: newState(), pointer: null };
  x.still = window.matchMedia("(prefers-reduced-motion: reduce)");
  buildOptions(x);
  listen(x);
  listenTree(x);
  x.markEdges = keepLines(parts.text);
  x.unlink = follow(x, (step) => goTo(x, step));
  return x;
}

function leave(x) {
  x.unlink();
  stop(x);
}

/* Token k was chosen after reading all before it: at the step of the one before it. */
function stepOf({ view }, place) {
  return view.prefix.length + place - 1;
}

/* Another component moved to a step: to the token that was chosen there. */
function goTo(x, step) {
  const place = step - stepOf(x, 0);
  if (place < 0 || place >= x.view.choices.length) return;
  if (x.state.playing) play(x, false);
  moveTo(x, place);
}

function receive(x, incoming) {
  const { state } = x;
  const fresh = incoming.identity !== x.view?.identity;
  const before = state.cursor;
  const longer = fresh && x.view && extend(x.view, incoming);
  if (fresh && !longer && incoming.cursor === null) state.cursor = null;
  adopt(state, "cursor", incoming.cursor);
  if (fresh) take(x, incoming, longer);
  else if (state.cursor !== before) {
    place(x);
    x.ask("cursor");
  }
  return fresh;
}

/* Whether a text goes on from where another one, or what was read of it, ends. */
function extend(old, { prefix, choices, kind }) {
  const same = (a, b, most) => a.length <= most && a.every((each, at) => each === b[at]);
  const tokens = (list) => list.map(({ token }) => token);
  return kind === old.kind && old.choices.length > 0 && prefix.length === old.prefix.length &&
    same(old.prefix, prefix, prefix.length) &&
    same(tokens(old.choices), tokens(choices), choices.length);
}

function take(x, view, longer) {
  const { state, parts } = x;
  const { playing, shown } = state;
  const ended = longer && shown >= x.view.choices.length;
  x.view = view;
  Object.assign(state, { pinned: false, node: null });
  x.mostRows = Math.max(0, ...view.choices.map((choice) => rowsOf(choice).length));
  x.root.classList.toggle("compact", view.compact);
  parts.body.hidden = view.choices.length === 0 && view.prefix.length === 0;
  parts.control.row.hidden = parts.option.box.hidden = view.choices.length === 0;
  parts.beam.box.hidden = !view.tree;
  parts.option.rule.textContent = `after the rule: ${view.rule}`;
  buildText(x);
  if (view.tree) writeHypotheses(x);
  if (longer) state.shown = Math.min(shown, view.choices.length);
  else state.shown = 0;
  const write = !x.still.matches && !view.compact && (longer ? playing || ended : state.cursor === null);
  play(x, false);
  if (write && view.choices.length) play(x, true);
  else place(x);
}

/* A cursor that Python set, or none where nothing shall move: the text stands up to it or whole. */
function place(x) {
  const { state, view } = x;
  const last = view.choices.length - 1;
  if (last < 0) {
    state.cursor = null;
    return;
  }
  state.cursor = state.cursor === null ? last : clamp(state.cursor, 0, last);
  if (!state.playing) state.shown = view.choices.length;
}

function draw(x, wanted) {
  const { view, state } = x;
  const all = wanted.has("all");
  if (all) {
    x.root.classList.toggle("narrow", x.width < 560); // two short columns fit beside each other
    colourText(x);
    x.markEdges();
    if (view.tree) drawTree(x);
  }
  if (all || wanted.has("cursor")) {
    reveal(x);
    markText(x);
    writeControls(x);
    writeOptions(x);
    const { cursor, shown } = state;
    if (cursor !== null) {
      const all = shown >= view.choices.length;
      announce(x, stepOf(x, cursor), all ? Infinity : stepOf(x, shown));
    }
    Object.assign(x.root.dataset, {
      cursor: String(state.cursor ?? ""), shown: String(state.shown),
      playing: String(state.playing), pinned: String(state.pinned),
    });
  }
  if (view.tree && (all || wanted.has("node"))) markNode(x);
}
