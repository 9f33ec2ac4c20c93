// What the user chose, and how it agrees with what Python sends. No drawing here.
import { clamp } from "../shared/format.js";
import { stripOptions } from "./references.js";

const CHOICES = ["cursor", "lane", "order", "strip", "edges"];

/** The state of a component that has seen no data yet. */
export function newState() {
  const state = { unit: 0, lit: null, held: null, playing: false, heard: {}, sent: {} };
  for (const name of CHOICES) {
    state[name] = null;
    state.sent[name] = [];
  }
  return state;
}

/**
 * Takes over what Python sent: the first value always; later only a value that changed and is not
 * the echo of one the user chose meanwhile. So Python may pass back what it heard, or a constant.
 */
export function adopt(state, name, incoming) {
  const sent = state.sent[name];
  if (state[name] === null) {
    state[name] = incoming;
  } else if (incoming !== state.heard[name]) {
    const echo = sent.indexOf(incoming);
    if (echo < 0) state[name] = incoming;
    sent.splice(0, echo < 0 ? sent.length : echo + 1);
  }
  state.heard[name] = incoming;
}

/** Fits the state to new data: cursor, unit, lane and strip survive where they can. */
export function fitTo(state, view) {
  for (const name of CHOICES) adopt(state, name, view[name]);
  state.cursor = clamp(Math.round(state.cursor), 0, view.steps - 1);
  state.unit = clamp(state.unit, 0, view.units - 1);
  if (!view.lanes.some((lane) => lane.key === state.lane)) state.lane = view.lanes[0].key;
  if (!view.arrays.similarity) state.order = "index";
  if (!stripOptions(view).some(([value]) => value === state.strip)) state.strip = "surprise";
}

/**
 * Tells Python a choice, once: not when Python already knows it.
 * @param {(name: string, value: unknown) => void} setStateValue Streamlit's
 */
export function tell(state, name, value, setStateValue) {
  const sent = state.sent[name] ?? (state.sent[name] = []);
  const known = sent.length ? sent[sent.length - 1] : state.heard[name];
  if (value === known) return false;
  sent.push(value);
  if (sent.length > 8) sent.shift(); // else a page that never answers would never be heard again
  setStateValue(name, value);
  return true;
}

/** The step a key leads to, or null when the key moves no cursor. */
export function stepFor(key, shift, cursor, steps) {
  const moves = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 };
  if (key === "Home") return 0;
  if (key === "End") return steps - 1;
  if (!Object.hasOwn(moves, key)) return null;
  return clamp(cursor + moves[key] * (shift ? 10 : 1), 0, steps - 1);
}
