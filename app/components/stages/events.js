// Mouse, touch and keyboard. Each handler changes the state and asks for the light.
import { stepFor } from "../shared/cursor.js";
import { placeOf } from "../shared/tokens.js";
import { speakSoon } from "./light.js";

/** The state of a component that has seen no data yet. */
export function newState() {
  return { lit: -1, piece: null, pinned: false, under: null, byKey: false };
}

/** Binds everything once per mount; the columns' tokens need no listeners of their own. */
export function listen(x) {
  const columns = x.parts.columns.box;
  columns.onpointermove = (event) => onMove(x, event);
  columns.onpointerleave = () => onLeave(x);
  columns.onclick = (event) => onClick(x, event);
  x.root.onkeydown = (event) => onKey(x, event);
}

/* Scrolling under a resting pointer sends moves too: only one that moves is meant. */
function onMove(x, event) {
  if (event.pointerType === "touch") return;
  const place = `${event.clientX} ${event.clientY}`;
  if (place === x.pointer) return;
  x.pointer = place;
  const { state } = x;
  state.under = event.target.closest?.("[data-column]")?.dataset.column ?? null;
  if (!state.pinned) point(x, event);
}

/* Between two tokens the last one stays lit. */
function point(x, event) {
  const { state } = x;
  const t = placeOf(event);
  const piece = t === -1 ? event.target.closest("[data-t]") : null;
  if (t === null || (t === state.lit && piece === state.piece)) return;
  Object.assign(state, { lit: t, piece, byKey: false });
  x.ask("light");
}

function onLeave(x) {
  const { state } = x;
  state.under = null;
  x.pointer = null;
  if (state.pinned || (state.byKey && !state.piece)) return;
  Object.assign(state, { lit: -1, piece: null });
  x.ask("light");
}

function onClick(x, event) {
  const { state } = x;
  x.root.focus({ preventScroll: true });
  const t = placeOf(event);
  if (t === null || t < 0) {
    if (t === null || !state.pinned) point(x, event);
    return;
  }
  state.under = event.target.closest("[data-column]").dataset.column;
  state.pinned = !(state.pinned && state.lit === t);
  Object.assign(state, { lit: t, piece: null, byKey: false });
  x.ask("light");
}

function onKey(x, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { state } = x;
  const step = stepFor(event.key, event.shiftKey, state.lit, x.view.tokens.length);
  if (step !== null) {
    Object.assign(state, { lit: step, piece: null, under: null, byKey: true });
  } else if ((event.key === "Enter" || event.key === " ") && state.lit >= 0) {
    state.pinned = !state.pinned;
  } else if (event.key === "Escape" && (state.pinned || state.lit >= 0)) {
    const lit = state.pinned ? state.lit : -1; // the first escape frees, the second puts out
    Object.assign(state, { lit, pinned: false, byKey: lit >= 0 });
  } else {
    return;
  }
  x.ask("light");
  speakSoon(x);
  event.preventDefault();
  event.stopPropagation(); // Streamlit has shortcuts of its own
}
