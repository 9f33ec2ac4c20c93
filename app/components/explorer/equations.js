// The chosen unit's own equation with this step's numbers. Only from lanes that are there: a value
// that was not sent (the state before the first step) stays a letter.
import { el } from "../shared/dom.js";
import { fixed } from "../shared/format.js";
import { equation } from "./mathml.js";
import { layerIndex } from "./unpack.js";

const NEEDS = {
  rnn_tanh: ["from_input", "from_state"],
  rnn_relu: ["from_input", "from_state"],
  lstm: ["c", "input", "forget", "cell", "output"],
  gru: ["update", "new"],
};

function figure(value) {
  return Number.isFinite(value) ? fixed(value, 3) : String(value);
}

/* A second factor: a negative one in brackets. */
function factor(value) {
  return value < 0 ? `(${figure(value)})` : figure(value);
}

/** What a value of one lane is at step t; null outside the text. */
function valueAt({ view, state }, key, t) {
  const lane = view.lanes.find((each) => each.key === key);
  return t < 0 || t >= view.steps ? null : lane.values[t * view.units + state.unit];
}

/** The lines of numbers for the cursor's step; an empty list when the lanes do not suffice. */
export function equationNumbers(x) {
  const { view, state } = x;
  const needs = NEEDS[view.cell];
  if (!needs?.every((key) => view.lanes.some((lane) => lane.key === key))) return [];
  const t = state.cursor;
  const before = t + (view.layers[layerIndex(view)].reverse ? 1 : -1);
  const now = (key) => figure(valueAt(x, key, t));
  const kept = (key, letter) => {
    const value = valueAt(x, key, before);
    return value === null ? letter : factor(value);
  };
  if (view.cell.startsWith("rnn")) {
    const sum = `${now("from_input")} + ${factor(valueAt(x, "from_state", t))}`;
    return [`= ${view.cell === "rnn_relu" ? "relu" : "tanh"}(${sum}) = ${now("h")}`];
  }
  if (view.cell === "gru") {
    const z = valueAt(x, "update", t);
    const fresh = `${figure(1 - z)}·${factor(valueAt(x, "new", t))}`;
    return [`= ${fresh} + ${figure(z)}·${kept("h", "h₀")} = ${now("h")}`];
  }
  const squashed = factor(Math.tanh(valueAt(x, "c", t)));
  const candidate = factor(valueAt(x, "cell", t));
  return [
    `= ${now("forget")}·${kept("c", "c₀")} + ${now("input")}·${candidate} = ${now("c")}`,
    `= ${now("output")}·${squashed} = ${now("h")}`,
  ];
}

/** Makes the formulas and the places for their numbers. */
export function buildEquations(x) {
  const before = x.view.layers[layerIndex(x.view)].reverse ? "t+1" : "t−1";
  const formulas = {
    rnn_tanh: [`h_t = tanh(W_xh x_t + b + W_hh h_{${before}})`],
    rnn_relu: [`h_t = relu(W_xh x_t + b + W_hh h_{${before}})`],
    gru: [`h_t = (1 − z) ⊙ n + z ⊙ h_{${before}}`],
    lstm: [`c_t = f ⊙ c_{${before}} + i ⊙ g`, "h_t = o ⊙ tanh(c_t)"],
  }[x.view.cell];
  const lines = equationNumbers(x).map(() => el("span"));
  const rows = lines.map((line, at) =>
    el("p", { class: "equation" }, [equation(formulas[at]), " ", line]),
  );
  const title = lines.length ? [el("h4", { text: "The step in numbers" })] : [];
  return { lines, nodes: [...title, ...rows] };
}

/** Writes the numbers of the cursor's step. */
export function writeEquations(x) {
  const numbers = equationNumbers(x);
  x.inspector.equations.lines.forEach((line, at) => {
    line.textContent = numbers[at] ?? "";
  });
}
