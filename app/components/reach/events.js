// Mouse, touch and keyboard. Each handler changes the state and asks for a redraw.
import { tell } from "../shared/cursor.js";
import { showTip } from "../shared/dom.js";
import { clamp } from "../shared/format.js";
import { placeOf } from "../shared/tokens.js";
import { stepsAt } from "./matrix.js";
import { speakSoon, spokenText } from "./panel.js";
import { cellText } from "./reading.js";

const REST = 300; // ms after the last move until Python hears of it

/** The state of a component that has seen no data yet. */
export function newState() {
  return {
    cursor: null, scale: null, axis: "step", source: null, pinned: false, over: false,
    heard: {}, sent: {},
  };
}

/** The loss step shown: the last one before anybody chose. */
export function lossStep({ state, view }) {
  return state.cursor ?? view.steps - 1;
}

/** The chosen earlier step, or null; never after the loss. */
export function sourceStep(x) {
  return x.state.source === null ? null : Math.min(x.state.source, lossStep(x));
}

function moveTo(x, step, source) {
  const { state, view } = x;
  const t = clamp(step, 0, view.steps - 1);
  const s = source === null ? null : clamp(source, 0, t);
  if (t === lossStep(x) && s === sourceStep(x)) return;
  if (t !== lossStep(x)) {
    state.cursor = t;
    clearTimeout(x.resting);
    x.resting = setTimeout(() => commit(x), REST);
  }
  state.source = s;
  x.ask("cursor");
}

function commit(x) {
  clearTimeout(x.resting);
  if (x.state.cursor !== null) tell(x.state, "cursor", x.state.cursor, x.setStateValue);
}

/** Stops what still waits. */
export function leave(x) {
  clearTimeout(x.resting);
  clearTimeout(x.speaking);
}

/** Binds everything once per mount. */
export function listen(x) {
  const { strip, matrix, root, scale, axis } = x.parts;
  strip.onpointermove = (event) => onStrip(x, event);
  strip.onpointerleave = () => away(x);
  strip.onclick = (event) => onStripClick(x, event);
  root.onkeydown = (event) => onKey(x, event);
  listenMatrix(x, matrix.overlay);
  choose(x, scale.buttons, "scale");
  choose(x, axis.buttons, "axis");
}

function choose(x, buttons, name) {
  for (const button of buttons) {
    button.onclick = () => {
      x.state[name] = button.dataset.value;
      if (name === "scale") tell(x.state, "scale", x.state.scale, x.setStateValue);
      x.ask("all");
    };
  }
}

function away(x) {
  x.state.over = false;
  x.pointer = null;
  showTip(x.parts.tip);
}

/* Scrolling under a resting pointer sends moves too: only one that moves is meant. */
function moved(x, event) {
  const place = `${event.clientX} ${event.clientY}`;
  if (event.pointerType === "touch" || place === x.pointer) return false;
  x.pointer = place;
  return true;
}

/* A pinned loss stays: then the pointer chooses an earlier token. */
function onStrip(x, event) {
  if (!moved(x, event)) return;
  x.state.over = true;
  const at = placeOf(event);
  if (at === null) return;
  if (x.state.pinned) moveTo(x, lossStep(x), at <= lossStep(x) ? at : sourceStep(x));
  else moveTo(x, at, null);
}

function onStripClick(x, event) {
  x.root.focus({ preventScroll: true });
  const at = placeOf(event);
  if (at === null) return;
  const again = x.state.pinned && lossStep(x) === at;
  x.state.pinned = !again;
  moveTo(x, at, null);
  commit(x);
  x.ask("cursor");
}

function listenMatrix(x, node) {
  let held = null;
  let before = null;
  const point = (event, pinned) => {
    if (!x.plan) return;
    const box = node.getBoundingClientRect();
    const { t, s } = stepsAt(x.plan, event.clientX - box.left, event.clientY - box.top);
    const loss = pinned ? lossStep(x) : t;
    const column = pinned && x.plan.axis === "lag" ? loss - (t - s) : s;
    moveTo(x, loss, column);
    const words = cellText(x.view, lossStep(x), sourceStep(x));
    showTip(x.parts.tip, x.root, event, words);
  };
  node.onpointermove = (event) => {
    if (event.pointerId === held || moved(x, event)) point(event, x.state.pinned);
  };
  node.onpointerleave = () => away(x);
  node.onpointerdown = (event) => {
    if (event.button !== 0) return;
    x.root.focus({ preventScroll: true });
    held = event.pointerId;
    before = [lossStep(x), sourceStep(x)];
    point(event, false);
    event.preventDefault();
  };
  node.onpointerup = node.onpointercancel = (event) => {
    if (event.pointerId !== held) return;
    held = null;
    if (event.type === "pointercancel") moveTo(x, ...before); // the touch became a scroll
    if (event.pointerType === "touch") away(x);
    commit(x);
  };
}

/**
 * Where a key leads, or null when it moves nothing.
 * @param {number | null} s the earlier step; the first key right or left enters at the loss's own
 * @returns {{t: number, s: number | null, moved: "t" | "s"} | null}
 */
export function stepsFor(key, shift, t, s, steps) {
  const far = shift ? 10 : 1;
  const down = { ArrowUp: -far, ArrowDown: far, PageUp: -10, PageDown: 10 }[key];
  if (down !== undefined) return { t: clamp(t + down, 0, steps - 1), s, moved: "t" };
  const across = { ArrowLeft: -far, ArrowRight: far }[key];
  if (across !== undefined) return { t, s: clamp((s ?? t) + across, 0, t), moved: "s" };
  if (key === "Home") return { t, s: 0, moved: "s" };
  return key === "End" ? { t, s: t, moved: "s" } : null;
}

function onKey(x, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { state, view } = x;
  const goal = stepsFor(event.key, event.shiftKey, lossStep(x), sourceStep(x), view.steps);
  const button = event.target instanceof Element && event.target.closest("button");
  if (goal) {
    state.over = false;
    moveTo(x, goal.t, goal.s);
    speakSoon(x, () => spokenText(x.view, lossStep(x), sourceStep(x), goal.moved));
  } else if (!button && (event.key === "Enter" || event.key === " ")) {
    state.pinned = !state.pinned;
  } else if (event.key === "Escape" && (state.pinned || state.source !== null)) {
    state.pinned = false;
    state.source = null;
  } else {
    return;
  }
  x.ask("cursor");
  event.preventDefault();
  event.stopPropagation(); // Streamlit has shortcuts of its own
}
