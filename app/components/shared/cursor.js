// A cursor that the user moves and Python may set: how both agree. No drawing here.
import { clamp } from "./format.js";

/**
 * Takes over what Python sent: the first value always; later only a value that changed and is not
 * the echo of one the user chose meanwhile. So Python may pass back what it heard, or a constant.
 * Where Python says which report it heard last, its value counts once that is our last one: then
 * also that of a "Back" that followed at once, which Python answered instead of the choice.
 * @param {{heard: object, sent: Record<string, unknown[]>}} state null under `name` at first
 * @param {number} [report] the number of the last report that Python heard
 */
export function adopt(state, name, incoming, report) {
  const sent = (state.sent[name] ??= []);
  const last = state.told?.[name];
  if (state[name] === null) {
    state[name] = incoming;
  } else if (last?.number !== undefined && report >= last.number && state[name] === last.value) {
    state[name] = incoming;
    state.told[name] = undefined;
    sent.length = 0;
  } else if (incoming === sent.at(-1)) {
    sent.length = 0; // Python has heard all, and perhaps not answered each
  } else if (incoming !== state.heard[name]) {
    const echo = sent.indexOf(incoming);
    if (echo < 0) state[name] = incoming;
    sent.splice(0, echo < 0 ? sent.length : echo + 1);
  }
  state.heard[name] = incoming;
}

/**
 * Tells Python a choice, once: not when Python already knows it.
 * @param {(name: string, value: unknown) => number | undefined} setStateValue Streamlit's, numbered
 */
export function tell(state, name, value, setStateValue) {
  const sent = (state.sent[name] ??= []);
  const known = sent.length ? sent[sent.length - 1] : state.heard[name];
  if (value === known) return false;
  sent.push(value);
  if (sent.length > 8) sent.shift(); // else a page that never answers would never be heard again
  (state.told ??= {})[name] = { value, number: setStateValue(name, value) };
  return true;
}

/**
 * The place a key leads to, or null when the key moves no cursor.
 * @param {number} cursor 0-based; -1 where there is none yet: the first key then enters the text
 */
export function stepFor(key, shift, cursor, steps) {
  const moves = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 };
  if (key === "Home") return 0;
  if (key === "End") return steps - 1;
  if (!Object.hasOwn(moves, key)) return null;
  if (cursor < 0) return moves[key] > 0 ? 0 : steps - 1;
  return clamp(cursor + moves[key] * (shift ? 10 : 1), 0, steps - 1);
}
