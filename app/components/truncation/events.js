// Mouse, touch and keyboard. Each handler changes the state and asks for a redraw.
import { stepFor, tell } from "../shared/cursor.js";
import { overviewStep } from "./overview.js";
import { reachSentence, stepWords } from "./segments.js";

const REST = 300; // ms after the last move until Python hears of it
const STILL = 400; // ms after the last key until a screen reader does

/** The state of a component that has seen no data yet. */
export function newState() {
  return { cursor: null, pinned: false, heard: {}, sent: {} };
}

function commit(x) {
  clearTimeout(x.resting);
  tell(x.state, "cursor", x.state.cursor, x.setStateValue);
}

function moveTo(x, step) {
  if (step === x.state.cursor) return;
  x.state.cursor = step;
  x.ask("cursor");
  clearTimeout(x.resting);
  x.resting = setTimeout(() => commit(x), REST);
}

/** Stops what still waits. */
export function leave(x) {
  clearTimeout(x.resting);
  clearTimeout(x.speaking);
}

/* The step under the pointer, and whether it is on the bar of all steps; null beside both. */
function stepUnder(x, event) {
  const line = x.lines?.find(({ canvas }) => canvas === event.target);
  if (!line || !x.plans) return null;
  const plan = x.plans[x.lines.indexOf(line)];
  const box = line.canvas.getBoundingClientRect();
  const [px, py] = [event.clientX - box.left, event.clientY - box.top];
  const wide = plan.count * plan.cell;
  if (px > wide) return null;
  const all = plan.bar > 0 && py >= plan.overview - 4;
  return { all, step: all ? overviewStep(px, wide, x.view.tokens.length) : plan.stepAt(px) };
}

/** Binds everything once per mount. */
export function listen(x) {
  const { rows, root } = x.parts;
  rows.onpointermove = (event) => onPoint(x, event);
  rows.onpointerdown = (event) => onPress(x, event);
  rows.onpointerup = rows.onpointercancel = () => {
    x.held = false;
  };
  rows.onclick = (event) => onClick(x, event);
  root.onkeydown = (event) => onKey(x, event);
}

/* Over the boxes the cursor follows the mouse; on the bar of all steps only while it is held. */
function onPoint(x, event) {
  const place = `${event.clientX} ${event.clientY}`;
  if (place === x.pointer) return; // scrolling under a resting pointer sends moves too
  x.pointer = place;
  const found = stepUnder(x, event);
  if (!found || (found.all ? !x.held : x.held || x.state.pinned || event.pointerType === "touch")) {
    return;
  }
  moveTo(x, found.step);
}

function onPress(x, event) {
  const found = stepUnder(x, event);
  if (event.button !== 0 || !found?.all) return;
  x.held = true;
  event.target.setPointerCapture(event.pointerId);
  moveTo(x, found.step);
}

function onClick(x, event) {
  x.root.focus({ preventScroll: true });
  const found = stepUnder(x, event);
  if (!found) return;
  if (!found.all) x.state.pinned = !(x.state.pinned && x.state.cursor === found.step);
  moveTo(x, found.step);
  commit(x);
  x.ask("cursor");
}

function onKey(x, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { state, view } = x;
  const step = stepFor(event.key, event.shiftKey, state.cursor, view.tokens.length);
  if (step !== null) {
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

function speakSoon(x) {
  clearTimeout(x.speaking);
  x.speaking = setTimeout(() => {
    const { view, state } = x;
    const each = view.rows.map((row) => `${row.label}: ${reachSentence(row, state.cursor)}`);
    x.parts.live.textContent = `${stepWords(view, state.cursor)}. ${each.join(" ")}`;
  }, STILL);
}
