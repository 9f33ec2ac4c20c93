// Choices that are made in more than one place: the picture changes at once, Python hears of it.
import { tell } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";

const SETTLE = 250; // ms after the last one until Python hears of it

/** Chooses a value of one of the controls. */
export function choose(x, name, value) {
  note(x, name, value);
  x.ask("all");
}

/** Chooses what leaves most of the picture as it is: whoever calls asks for the rest. */
export function note(x, name, value) {
  x.state[name] = value;
  x.state.untold.add(name);
  report(x);
}

/** Python hears of a choice once it has rested: of what is typed or run through. */
export function noteSoon(x, name, value) {
  x.state[name] = value;
  reportSoon(x, name);
}

/** Tells Python once the last of several changes has rested. */
export function reportSoon(x, name) {
  x.state.untold.add(name);
  clearTimeout(x.resting);
  x.resting = setTimeout(() => report(x), SETTLE);
}

/** Tells Python, in one go, all that it has not heard. */
export function report({ state, resting, setStateValue }) {
  clearTimeout(resting);
  for (const name of state.untold) tell(state, name, state[name], setStateValue);
  state.untold.clear();
}

/** Chooses a unit; Python hears of the one it rests on. */
export function chooseUnit(x, unit) {
  if (unit === x.state.unit) return;
  noteSoon(x, "unit", clamp(unit, 0, x.view.units - 1));
  x.ask("unit");
}

/** Follows one unit in one lane over the whole text: heatmap, text and numbers. */
export function followUnit(x, unit, lane) {
  if (lane !== x.state.lane) choose(x, "lane", lane);
  if (x.state.strip !== "unit") choose(x, "strip", "unit");
  chooseUnit(x, unit);
}
