// Mouse, touch, keys and buttons, and when Python hears of them.
import { stepFor, tell } from "../shared/cursor.js";
import { panelAt } from "./plan.js";

const REST = 300; // ms after the last move until Python hears of the lag

/** The state of a component that has seen no data yet; the cursor is -1 where there is none. */
export function newState() {
  return { cursor: null, hidden: null, layout: null, heard: {}, sent: {} };
}

/** The keys switched off as one value, and back. */
export function hiddenKey(keys) {
  return [...keys].join(" ");
}

/** The keys of such a value. */
export function hiddenOf(key) {
  return key ? key.split(" ") : [];
}

function commit(x) {
  clearTimeout(x.resting);
  tell(x.state, "cursor", x.state.cursor, (name, lag) => x.setStateValue(name, lag < 0 ? null : lag));
}

function moveTo(x, lag) {
  if (lag === x.state.cursor) return;
  x.state.cursor = lag;
  x.ask("cursor");
  clearTimeout(x.resting);
  x.resting = setTimeout(() => commit(x), REST);
}

function point(x, event) {
  if (!x.plans) return;
  const box = x.parts.picture.overlay.getBoundingClientRect();
  const [px, py] = [event.clientX - box.left, event.clientY - box.top];
  moveTo(x, panelAt(x.plans, px, py).lagAt(px));
}

function onKey(x, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { state, view } = x;
  const next = stepFor(event.key, event.shiftKey, state.cursor, view.lags);
  if (next !== null) moveTo(x, next);
  else if (event.key === "Escape" && state.cursor >= 0) moveTo(x, -1);
  else return;
  event.preventDefault();
  event.stopPropagation(); // Streamlit has shortcuts of its own
}

function toggleKey(x, key) {
  const keys = new Set(hiddenOf(x.state.hidden));
  if (!keys.delete(key)) keys.add(key);
  x.state.hidden = hiddenKey(keys);
  tell(x.state, "hidden", x.state.hidden, (name, value) => x.setStateValue(name, hiddenOf(value)));
  x.ask("choice");
}

function setLayout(x, layout) {
  if (layout === x.state.layout) return;
  x.state.layout = layout;
  tell(x.state, "layout", layout, x.setStateValue);
  x.ask("choice");
}

function light(x, event) {
  const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
  const key = row?.dataset.row || null;
  if (!key || key === x.active) return;
  x.active = key;
  x.ask("cursor");
}

function dim(x) {
  if (x.active === null) return;
  x.active = null;
  x.ask("cursor");
}

/** Binds everything once per mount. */
export function listen(x) {
  const { picture, table, layouts } = x.parts;
  picture.overlay.onpointermove = picture.overlay.onpointerdown = (event) => point(x, event);
  picture.overlay.onclick = () => commit(x);
  picture.overlay.onkeydown = (event) => onKey(x, event);
  table.onclick = (event) => {
    const button = event.target.closest("[data-key]");
    if (button) toggleKey(x, button.dataset.key);
  };
  table.onpointerover = (event) => light(x, event);
  table.addEventListener("focusin", (event) => light(x, event));
  table.addEventListener("focusout", () => dim(x));
  table.onpointerleave = () => dim(x);
  for (const button of layouts) button.onclick = () => setLayout(x, button.dataset.layout);
}
