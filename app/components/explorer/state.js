// What the user chose, and how it agrees with what Python sends. No drawing here.
import { adopt } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";
import { SPEEDS } from "./forward.js";
import { stripOptions } from "./references.js";
import { orderOptions } from "./unpack.js";

/** What the user may choose and Python may set. */
export const CHOICES = [
  "cursor", "lane", "order", "strip", "edges", "unit", "detail", "asked", "fold", "speed",
  "truncate", "origin",
];
const UNSENT = { unit: 0, detail: "", asked: "", fold: "", speed: "2", truncate: "", origin: "" };

/** The state of a component that has seen no data yet. */
export function newState() {
  const state = { unit: 0, lit: null, held: null, playing: false, heard: {}, sent: {} };
  state.untold = new Set();
  for (const name of CHOICES) {
    state[name] = null;
    state.sent[name] = [];
  }
  return state;
}

/** Fits the state to new data: cursor, unit, lane and strip survive where they can. */
export function fitTo(state, view) {
  for (const name of CHOICES) adopt(state, name, view[name] ?? UNSENT[name], view.heard?.[name]);
  state.cursor = clamp(Math.round(state.cursor), 0, view.steps - 1);
  state.unit = clamp(state.unit, 0, view.units - 1);
  if (!view.lanes.some((lane) => lane.key === state.lane)) state.lane = view.lanes[0].key;
  if (!orderOptions(view).some(([value]) => value === state.order)) state.order = "index";
  if (!stripOptions(view).some(([value]) => value === state.strip)) state.strip = "surprise";
  if (!SPEEDS.includes(Number(state.speed))) state.speed = UNSENT.speed;
  state.truncate = stepsWords(state.truncate, view.steps);
  state.origin = stepsWords(state.origin, view.steps);
}

/** A number of steps that was asked for, made possible, in words; "" for none. */
export function stepsWords(asked, steps) {
  const k = Math.round(Number(asked));
  return asked !== "" && k >= 1 ? String(Math.min(k, steps)) : "";
}

/** The truncation window k in steps, or null. */
export function windowOf({ truncate }) {
  return truncate ? Number(truncate) : null;
}
