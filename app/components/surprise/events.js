// Mouse, touch and keyboard. Each handler changes the state and asks for a redraw.
import { stepFor, tell } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";
import { scrub } from "../shared/scrub.js";
import { placeOf } from "../shared/tokens.js";
import { speakSoon } from "./guesses.js";

const REST = 300; // ms after the last move until Python hears of it

/** The state of a component that has seen no data yet. */
export function newState() {
  return { cursor: null, pinned: false, over: false, heard: {}, sent: {} };
}

function moveTo(x, step) {
  const goal = clamp(step, 0, x.view.tokens.length - 1);
  if (goal === x.state.cursor) return;
  x.state.cursor = goal;
  x.ask("cursor");
  commitSoon(x);
}

function commitSoon(x) {
  clearTimeout(x.resting);
  x.resting = setTimeout(() => commit(x), REST);
}

function commit(x) {
  clearTimeout(x.resting);
  tell(x.state, "cursor", x.state.cursor, x.setStateValue);
}

/** Stops what still waits. */
export function leave(x) {
  clearTimeout(x.resting);
  clearTimeout(x.speaking);
}

/** Binds everything once per mount. */
export function listen(x) {
  const { strip, chart, root } = x.parts;
  strip.onpointermove = (event) => onPoint(x, event);
  strip.onpointerleave = () => {
    x.state.over = false;
    x.pointer = null;
  };
  strip.onclick = (event) => onClick(x, event);
  root.onkeydown = (event) => onKey(x, event);
  scrub(x, chart.overlay, (px) => x.chart.axis.stepAt(px), {
    begin: () => {
      x.state.over = false;
      return Boolean(x.chart);
    },
    moveTo: (step) => moveTo(x, step),
    commit: () => commit(x),
  });
}

/* Scrolling under a resting pointer sends moves too: only one that moves is meant. */
function onPoint(x, event) {
  if (event.pointerType === "touch") return;
  const place = `${event.clientX} ${event.clientY}`;
  if (place === x.pointer) return;
  x.pointer = place;
  x.state.over = true;
  const t = x.state.pinned ? null : placeOf(event);
  if (t !== null) moveTo(x, t);
}

function onClick(x, event) {
  x.root.focus({ preventScroll: true });
  const t = placeOf(event);
  if (t === null) return;
  x.state.pinned = !(x.state.pinned && x.state.cursor === t);
  moveTo(x, t);
  commit(x);
  x.ask("cursor");
}

function onKey(x, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { state, view } = x;
  const step = stepFor(event.key, event.shiftKey, state.cursor, view.tokens.length);
  if (step !== null) {
    state.over = false;
    moveTo(x, step);
    speakSoon(x);
  } else if (event.key === "Enter" || event.key === " ") {
    state.pinned = !state.pinned;
  } else if (event.key === "Escape" && state.pinned) {
    state.pinned = false;
  } else {
    return;
  }
  x.ask("cursor");
  event.preventDefault();
  event.stopPropagation(); // Streamlit has shortcuts of its own
}
