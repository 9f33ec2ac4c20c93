// Mouse and keyboard on the text. Each handler changes the state and asks for a redraw.
import { stepFor, tell } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";
import { placeOf } from "../shared/tokens.js";
import { speakSoon } from "./options.js";
import { play } from "./player.js";
import { SPEEDS } from "./skeleton.js";

const REST = 300; // ms after the last move until Python hears of it

/** The state of a component that has seen no data yet. */
export function newState() {
  return {
    cursor: null, shown: 0, speed: 15, playing: false, pinned: false, over: false, node: null,
    heard: {}, sent: {},
  };
}

/** To a written token; one that is ahead gets written. */
export function moveTo(x, place) {
  const { state, view } = x;
  const goal = clamp(place, 0, view.choices.length - 1);
  if (goal === state.cursor) return;
  state.cursor = goal;
  state.shown = Math.max(state.shown, goal + 1);
  x.ask("cursor");
  clearTimeout(x.resting);
  x.resting = setTimeout(x.rest, REST);
}

/** Tells Python where the cursor rests. */
export function tellRest(x) {
  clearTimeout(x.resting);
  if (!x.state.playing && x.state.cursor !== null) {
    tell(x.state, "cursor", x.state.cursor, x.setStateValue);
  }
}

/** Stops what still waits. */
export function stop(x) {
  clearTimeout(x.resting);
  clearTimeout(x.speaking);
  clearInterval(x.player);
}

/** Binds everything once per mount. */
export function listen(x) {
  const { text, root, control } = x.parts;
  x.rest = () => tellRest(x);
  text.onpointermove = (event) => onPoint(x, event);
  text.onpointerleave = () => {
    x.state.over = false;
    x.pointer = null;
  };
  text.onclick = (event) => onClick(x, event);
  root.onkeydown = (event) => onKey(x, event);
  control.play.onclick = () => toggle(x);
  control.speeds.forEach((button, at) => {
    button.onclick = () => {
      x.state.speed = SPEEDS[at];
      x.ask("cursor");
    };
  });
}

function toggle(x) {
  play(x, !x.state.playing);
  x.rest();
  x.ask("cursor");
}

/* Scrolling under a resting pointer sends moves too: only one that moves is meant. */
function onPoint(x, event) {
  if (event.pointerType === "touch" || x.state.playing) return;
  const place = `${event.clientX} ${event.clientY}`;
  if (place === x.pointer) return;
  x.pointer = place;
  x.state.over = true;
  const t = x.state.pinned ? null : placeOf(event);
  if (t !== null && t < x.state.shown) moveTo(x, t);
}

function onClick(x, event) {
  x.root.focus({ preventScroll: true });
  const t = placeOf(event);
  if (t === null || t >= x.state.shown) return;
  if (x.state.playing) play(x, false);
  x.state.pinned = !(x.state.pinned && x.state.cursor === t);
  moveTo(x, t);
  x.rest();
  x.ask("cursor");
}

function onKey(x, event) {
  if (event.altKey || event.ctrlKey || event.metaKey || !x.view.choices.length) return;
  const { state, view } = x;
  const button = event.target instanceof Element && event.target.closest("button");
  const step = stepFor(event.key, event.shiftKey, state.cursor ?? -1, view.choices.length);
  if (step !== null) {
    if (state.playing) play(x, false);
    state.over = false;
    moveTo(x, step);
    speakSoon(x);
  } else if (event.key === " " && !button) {
    toggle(x);
  } else if (event.key === "Escape" && state.pinned) {
    state.pinned = false;
  } else {
    return;
  }
  x.ask("cursor");
  event.preventDefault();
  event.stopPropagation(); // Streamlit has shortcuts of its own
}
