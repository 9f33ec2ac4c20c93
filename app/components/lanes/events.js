// Mouse, touch, keyboard and controls. Each handler changes the state and asks for a redraw.
import { stepFor, tell } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";
import { announce } from "../shared/link.js";
import { hover, scrub, tokenUnder } from "../shared/scrub.js";
import { heardScroll } from "../shared/tokens.js";
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
  strip.tokens.onscroll = () => heardScroll(strip.tokens, x.lines);
  scrub(x, strip.tokens, (px, py, event) => tokenUnder(x, event), dragging(x));
  scrub(x, gradient.overlay, (px) => x.axis.stepAt(px), dragging(x));
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

/* What a drag does, once there is something to drag in. */
function dragging(x) {
  return {
    begin: () => Boolean(x.axis),
    moveTo: (step) => moveTo(x, step),
    commit: () => commit(x),
  };
}

/** Binds the lane of one network. */
export function listenLane(x, { overlay }, at) {
  scrub(x, overlay, (px) => x.axis.stepAt(px), dragging(x));
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
