// Choices that are made in more than one place: the picture changes at once, Python hears of it.
import { tell } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";

const SETTLE = 250; // ms after the last one until Python hears of the unit

/** Chooses a value of one of the controls. */
export function choose(x, name, value) {
  x.state[name] = value;
  tell(x.state, name, value, x.setStateValue);
  x.ask("all");
}

/** Chooses a unit; Python hears of the one it rests on. */
export function chooseUnit(x, unit) {
  if (unit === x.state.unit) return;
  x.state.unit = clamp(unit, 0, x.view.units - 1);
  x.ask("unit");
  clearTimeout(x.settling);
  x.settling = setTimeout(() => tell(x.state, "unit", x.state.unit, x.setStateValue), SETTLE);
}

/** Follows one unit in one lane over the whole text: heatmap, text and numbers. */
export function followUnit(x, unit, lane) {
  if (lane !== x.state.lane) choose(x, "lane", lane);
  if (x.state.strip !== "unit") choose(x, "strip", "unit");
  chooseUnit(x, unit);
}
