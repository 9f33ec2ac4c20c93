// The chosen unit's pre-activations, term by term, for the step under the cursor.
import { el } from "../shared/dom.js";
import { clamp, number } from "../shared/format.js";
import { quoted } from "../shared/words.js";
import { outputLetter } from "./letters.js";
import { equation } from "./mathml.js";
import { layerIndex } from "./unpack.js";

const FORMULAS = {
  rnn_tanh: (was) => [`a_t = W_xh x_t + W_hh h_{${was}} + b`, "h_t = tanh(a_t)"],
  rnn_relu: (was) => [`a_t = W_xh x_t + W_hh h_{${was}} + b`, "h_t = relu(a_t)"],
  lstm: (was) => [
    `a_t = W_xh x_t + W_hh h_{${was}} + b`, "i_t, f_t, o_t = σ(a_t)", "g_t = tanh(a_t)",
    `c_t = f_t ⊙ c_{${was}} + i_t ⊙ g_t`, "h_t = o_t ⊙ tanh(c_t)",
  ],
  gru: (was) => [
    `a_t = W_xh x_t + W_hh h_{${was}} + b`, "r_t, z_t = σ(a_t)",
    `n_t = tanh(W_xh x_t + b + r_t ⊙ (W_hh h_{${was}} + b_h))`,
    `h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{${was}}`,
  ],
};
const LETTERS = {
  h: "h", input: "i", forget: "f", cell: "g", output: "o", reset: "r", update: "z", new: "n",
};

/**
 * One gate's sum at one step, pure. The new gate of a GRU has the recurrent part in brackets.
 * @param sums the arrays by name and {kept, units, gates: number}
 * @returns {{input, bias, factor, terms: {unit, value, weight}[], rest, others, inside, total, active}}
 *   total = input + bias + factor (Σ terms + rest + inside)
 */
export function sumAt(sums, gate, t) {
  const { kept, units, count } = sums;
  const at = t * count + gate;
  const bracket = sums.bracket === gate;
  const [own, state] = [sums.bias_input[gate], sums.bias_state[gate]];
  const terms = Array.from({ length: kept }, (_, rank) => {
    const unit = sums.largest[at * kept + rank];
    const value = sums.largest_term[at * kept + rank];
    return { unit, value, weight: sums.weights[gate * units + unit] };
  });
  return {
    input: sums.from_input[at],
    bias: bracket ? own : own + state,
    factor: sums.factor[at],
    terms,
    rest: sums.rest[at],
    others: units - kept,
    inside: bracket ? state : 0,
    total: sums.pre_activation[at],
    active: sums.activation[at],
    bracket,
  };
}

/** The arrays that Python sent for one unit, under their own names. */
export function sumsOf(view) {
  const { arrays, sums, units, cell } = view;
  const named = Object.entries(arrays).filter(([name]) => name.startsWith("sums_"));
  const count = sums.gates.length;
  return {
    ...Object.fromEntries(named.map(([name, array]) => [name.slice(5), array])),
    units, count, bracket: cell === "gru" ? 2 : -1,
    kept: arrays.sums_largest.length / (count * view.steps),
  };
}

function place(name, testid = "") {
  return el("td", { class: name, ...(testid && { "data-part": testid }) });
}

function gateRow(kept, others, bracket) {
  const bar = el("span", { class: "fill" });
  const parts = {
    input: place("xh", "input"),
    bias: place("", "bias"),
    factor: place("factor", "factor"),
    terms: Array.from({ length: kept }, () => place("hh", "term")),
    rest: place("hh", "rest"),
    inside: place("", "inside"),
    total: place("total", "total"),
    active: place("total", "active"),
    bar,
  };
  const box = el("span", { class: "bar" }, [bar]);
  const name = el("th", { scope: "row" });
  const optional = bracket ? [parts.factor] : [];
  const node = el("tr", {}, [
    name, parts.input, parts.bias, ...optional, ...parts.terms, ...(others ? [parts.rest] : []),
    ...(bracket ? [parts.inside] : []), parts.total, parts.active, el("td", {}, [box]),
  ]);
  return { node, name, ...parts };
}

function sumHeads(kept, others, gru, was) {
  const terms = [equation(`W_hh h_{${was}}`), ...Array.from({ length: kept - 1 }, () => "")];
  const names = [
    "", equation("W_xh x_t"), equation("b"), ...(gru ? [""] : []), ...terms,
    ...(others ? [`${others} other${others > 1 ? "s" : ""}`] : []),
    ...(gru ? [equation("b_h")] : []), equation("a_t"), "", "",
  ];
  return el("tr", {}, names.map((each) => el("th", { scope: "col" }, [each])));
}

/* The state that a step starts from. */
function before(view) {
  return view.layers[layerIndex(view)].reverse ? "t+1" : "t−1";
}

/** Makes the table of the chosen unit; `write` fills in the cursor's step. */
export function buildSums(x) {
  const { view, state } = x;
  const was = before(view);
  const formulas = [...FORMULAS[view.cell](was), `${outputLetter(view)}_t = W_hq h_t + b_q`]
    .map(equation);
  const top = el("p", { class: "formulas" }, formulas.flatMap((each) => [each, " "]));
  if (view.sums?.unit !== state.unit) {
    const waiting = el("p", { class: "how", text: `Taking unit ${state.unit + 1} apart …` });
    return { nodes: [top, waiting], write: () => {} };
  }
  const sums = sumsOf(view);
  const gru = sums.bracket >= 0;
  const others = view.units - sums.kept;
  const rows = view.sums.gates.map(() => gateRow(sums.kept, others, gru));
  const table = el("table", { class: "sums", "data-testid": "sums" }, [
    el("thead", {}, [sumHeads(sums.kept, others, gru, was)]),
    el("tbody", {}, rows.map(({ node }) => node)),
  ]);
  table.style.setProperty("--parts", String(rows[0].node.children.length));
  const how = el("p", {
    class: "how",
    text: `How to read it: unit ${state.unit + 1}, one sum a row; of the ${view.units} terms ` +
      "w h the largest stand alone, over the unit they come from. Each number is rounded by itself." +
      (view.cell === "lstm" ? " y is the output, for o is a gate here." : ""),
  });
  return { nodes: [top, el("div", { class: "wide" }, [table]), how], write: () => writeSums(x, sums, rows) };
}

function writeSums(x, sums, rows) {
  const { view, state } = x;
  const t = state.cursor;
  const own = view.layers[layerIndex(view)];
  const first = own.reverse ? t === view.steps - 1 : t === 0;
  rows.forEach((row, gate) => {
    const sum = sumAt(sums, gate, t);
    const lane = view.lanes.find(({ key }) => key === view.sums.gates[gate]);
    row.name.textContent = LETTERS[lane.key];
    row.name.title = lane.label;
    putNumber(row.input, sum.input, own.level ? "layer below" : quoted(view.inputs[t], view.kind, 24));
    putNumber(row.bias, sum.bias, sums.bracket === gate ? "bₓ" : "bias");
    sum.terms.forEach((term, rank) => {
      putNumber(row.terms[rank], term.value, first ? "h₀" : `unit ${term.unit + 1}`);
      row.terms[rank].title = first ? "" : `weight ${number(term.weight)}`;
      row.terms[rank].dataset.unit = String(term.unit + 1);
    });
    putNumber(row.rest, sum.rest, "");
    row.factor.textContent = sum.bracket ? `${number(sum.factor)} × (` : "";
    row.factor.dataset.value = String(sum.factor);
    putNumber(row.inside, sum.inside, "");
    row.inside.textContent = sum.bracket ? `${number(sum.inside)} )` : "";
    putNumber(row.total, sum.total, "");
    row.total.textContent = `= ${number(sum.total)}`;
    putNumber(row.active, sum.active, "");
    row.active.textContent = `${functionOf(view.cell, lane.key)} = ${number(sum.active)}`;
    fillBar(row.bar, lane, sum.active);
  });
}

/** The function that a gate's pre-activation goes through, in letters. */
export function functionOf(cell, key) {
  if (cell === "rnn_relu") return "relu";
  return ["h", "cell", "new"].includes(key) ? "tanh" : "σ";
}

function putNumber(node, value, label) {
  node.replaceChildren(number(value), ...(label ? [el("small", { text: label })] : []));
  node.dataset.value = String(value);
}

function fillBar(bar, lane, value) {
  const [low, high] = lane.range;
  const zero = low < 0 ? 0.5 : 0;
  const share = Number.isNaN(value) ? zero : clamp((value - low) / (high - low), 0, 1);
  bar.style.left = `${100 * Math.min(share, zero)}%`;
  bar.style.width = `${100 * Math.abs(share - zero)}%`;
}
