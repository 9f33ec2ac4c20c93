// Mouse, touch, keyboard and controls. Each handler changes the state and asks for a redraw.
import { stepFor, tell } from "../shared/cursor.js";
import { showTip } from "../shared/dom.js";
import { clamp } from "../shared/format.js";
import { announce } from "../shared/link.js";
import { repaired } from "./networks.js";
import { cellReading, normsReading } from "./reading.js";
import { cellUnder } from "./room.js";

const REST = 250; // ms after the last key press until Python hears of the step

/** The state of a component that has seen no data yet. */
export function newState() {
  return { cursor: null, order: null, pair: null, heard: {}, sent: {} };
}

/**
 * Moves the cursor; Python is not told.
 * @param {boolean} own whether it moved here and not in a linked component
 */
export function moveTo(x, step, own = true) {
  const goal = clamp(step, 0, x.view.steps - 1);
  if (goal === x.state.cursor) return;
  x.state.cursor = goal;
  if (own) announce(x, goal);
  x.ask("cursor");
}

function commit(x) {
  clearTimeout(x.resting);
  tell(x.state, "cursor", x.state.cursor, x.setStateValue);
}

/** Binds what stays as long as the component. */
export function listen(x) {
  const { root, strip, states, gradient } = x.parts;
  root.onkeydown = (event) => onKey(x, event);
  strip.tokens.onscroll = () => {
    if (x.lines) x.lines.first = Math.round(strip.tokens.scrollTop / x.lines.tall);
  };
  scrub(x, strip.tokens, (px, py, event) => tokenUnder(x, event));
  scrub(x, gradient.overlay, (px) => x.axis.stepAt(px));
  hover(x, gradient.overlay, (px) => px >= x.axis.left && normsReading(x.view, x.axis.stepAt(px)));
  states.order.onchange = () => choose(x, "order", states.order.value);
  states.quantity.onchange = () => {
    if (states.quantity.value === x.view.quantity) return;
    states.box.setAttribute("aria-busy", "true");
    x.setStateValue("quantity", states.quantity.value);
  };
  [strip.one, strip.other].forEach((control, place) => {
    control.onchange = () => {
      const told = (name, pair) => x.setStateValue(name, pair.split(" "));
      choose(x, "pair", repaired(x.state.pair, place, control.value), told);
    };
  });
}

/** Binds the lane of one network. */
export function listenLane(x, { overlay }, at) {
  scrub(x, overlay, (px) => x.axis.stepAt(px));
  hover(x, overlay, (px, py) => {
    const network = x.view.networks[at];
    if (px < x.axis.left) return "";
    const { t, row } = cellUnder(x.axis, x.heat, network.units, px, py);
    return cellReading(x.view, network, t, x.rows[at][row]);
  });
}

function choose(x, name, value, told = x.setStateValue) {
  x.state[name] = value;
  tell(x.state, name, value, told);
  x.ask("all");
}

function onKey(x, event) {
  const target = event.composedPath()[0];
  if (event.altKey || event.ctrlKey || event.metaKey || target.tagName === "SELECT") return;
  const step = stepFor(event.key, event.shiftKey, x.state.cursor, x.view.steps);
  if (step === null) return;
  moveTo(x, step);
  clearTimeout(x.resting);
  x.resting = setTimeout(() => commit(x), REST);
  event.preventDefault();
  event.stopPropagation(); // Streamlit has shortcuts of its own
}

/* Dragging in any picture moves the cursor; letting go tells Python. */
function scrub(x, node, stepAt) {
  let held = null;
  let before = 0;
  const follow = (event) => {
    const box = node.getBoundingClientRect();
    const step = stepAt(event.clientX - box.left, event.clientY - box.top, event);
    if (step !== null) moveTo(x, step);
  };
  node.onpointerdown = (event) => {
    if (event.button !== 0 || !x.axis) return;
    held = event.pointerId;
    before = x.state.cursor;
    x.dragging = node;
    node.setPointerCapture(held);
    x.parts.root.focus({ preventScroll: true });
    follow(event);
    event.preventDefault();
  };
  node.onpointermove = (event) => {
    if (event.pointerId === held) follow(event);
  };
  node.onpointerup = node.onpointercancel = (event) => {
    if (event.pointerId !== held) return;
    held = null;
    x.dragging = null;
    if (event.type === "pointercancel") moveTo(x, before); // the touch became a scroll
    else commit(x);
    x.ask("cursor");
  };
}

function tokenUnder(x, event) {
  const ground = x.parts.root.getRootNode();
  const at = (y) => ground.elementFromPoint(event.clientX, y)?.dataset?.t;
  const found = at(event.clientY) ?? at(event.clientY - 6) ?? at(event.clientY + 6); // between lines
  return found === undefined ? null : Number(found);
}

/* The tooltip that follows the pointer, and goes with it. */
function hover(x, node, words) {
  const { tip, root } = x.parts;
  node.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || !x.axis) return;
    const box = node.getBoundingClientRect();
    showTip(tip, root, event, words(event.clientX - box.left, event.clientY - box.top));
  });
  node.addEventListener("pointerleave", () => showTip(tip, root, null, ""));
}
