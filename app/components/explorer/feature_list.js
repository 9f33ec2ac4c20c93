// The unit that follows each feature of the text best, with its score where it was not chosen.
import { el } from "../shared/dom.js";
import { followUnit } from "./choosing.js";

/** A correlation as it stands on screen: "r = −.81"; never rounded to a false 1. */
export function correlationWords(r) {
  const size = Math.abs(r);
  if (size < 1 && size > 0.995) return r < 0 ? "r <−.99" : "r >.99";
  const text = size === 1 ? "1" : size.toFixed(2).replace("0.", ".");
  return `r = ${r < 0 && text !== ".00" ? "−" : ""}${text}`;
}

/**
 * What is said of one feature's unit.
 * @param {{unit: number, lane: string, chosen: number, held_out: number}} feature
 * @param {number} half tokens on which the unit was chosen
 */
export function featureScore({ unit, chosen, held_out }, half, steps) {
  if (unit < 0) return `none: all the same in the first ${half} tokens`;
  const first = `${correlationWords(chosen)} where it was chosen`;
  if (Number.isNaN(held_out)) return `no score: all the same in the other ${steps - half} tokens (${first})`;
  return `${correlationWords(held_out)} on held-out text (${first})`;
}

/** Makes the list; each line follows its unit when it is pressed. */
export function buildFeatures(x) {
  const { view } = x;
  if (!view.features) return { nodes: [el("p", { class: "how", text: "Looking for units …" })], write: () => {} };
  const half = Math.floor(view.steps / 2);
  if (!view.features.length) {
    const words = "The text is too short to choose a unit and to judge it: 4 tokens are the least.";
    return { nodes: [el("p", { class: "how", text: words })], write: () => {} };
  }
  const rows = view.features.map((feature) => featureRow(x, feature, half));
  const how =
    `Pearson's r of a unit's state with a feature of what was read so far. The unit was chosen on ` +
    `tokens 1 to ${half}; the score that counts is on tokens ${half + 1} to ${view.steps}. ` +
    "Pressing one follows it through the text; the order above sorts all units by the first r.";
  const list = el("ul", { class: "features", "data-testid": "features" }, rows.map(({ node }) => node));
  const write = () => rows.forEach(({ mark }) => mark(x.state));
  return { nodes: [list, el("p", { class: "how", text: how })], write };
}

function featureRow(x, feature, half) {
  const name = el("span", { class: "name", text: `${feature.label}:` });
  const score = el("span", { text: featureScore(feature, half, x.view.steps) });
  const data = { "data-feature": feature.key, "data-held-out": String(feature.held_out) };
  if (feature.unit < 0) return { node: el("li", data, [name, score]), mark: () => {} };
  const button = el("button", { type: "button", text: `unit ${feature.unit + 1} (${feature.lane})` });
  button.onclick = () => followUnit(x, feature.unit, feature.lane);
  const mark = ({ unit, lane }) => {
    const here = unit === feature.unit && lane === feature.lane;
    button.setAttribute("aria-pressed", String(here));
  };
  return { node: el("li", data, [name, button, score]), mark };
}
