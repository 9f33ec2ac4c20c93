// Simpler models of the same text beside the network: what can be shown of them, in which words.
import { significant } from "../shared/format.js";
import { surprise } from "./unpack.js";

const NO_GATES = ["h", "c", "from_input", "from_state"];

/** The surprise of a blind guess among V tokens, ln V nats: half of the scale of surprises. */
export function blindGuess(view) {
  return Math.log(Math.max(view.vocabulary.length, 2));
}

/** What the text may be coloured by, as [value, text]; `value` is what Python hears. */
export function stripOptions(view) {
  const last = view.references.at(-1);
  return [
    ["surprise", "surprise"],
    ...view.references.map(({ key, label }) => [`reference:${key}`, `surprise: ${label}`]),
    ...(last ? [["difference", `network − ${last.label}`]] : []),
    ["gradient", "gradient norm"],
    ["unit", "chosen unit"],
    ...gateOptions(view),
    ...(view.offers?.includes("reach") ? [["reach", "reach of the cursor's loss"]] : []),
    ...(view.offers?.includes("change") ? [["change", "change after another token"]] : []),
  ];
}

/* A gate's mean over the units. */
function gateOptions(view) {
  if (!view.offers?.includes("mean")) return [];
  const gates = view.lanes.filter(({ key }) => !NO_GATES.includes(key));
  return gates.map(({ key, label }) => [`mean:${key}`, `${label}, mean of units`]);
}

/** The reference that `strip` names, or undefined. */
export function namedReference(view, strip) {
  return view.references.find(({ key }) => strip === `reference:${key}`);
}

/** How much more the network was surprised by token t than the last reference; NaN for t = 0. */
export function difference(view, t) {
  return surprise(view, t) - surprise(view, t, view.references.at(-1).surprise);
}

/** All models' surprise by token t, the network first: {key, label, nats}. */
export function surprises(view, t) {
  return [
    { key: "network", label: "network", nats: surprise(view, t) },
    ...view.references.map((reference) => ({
      key: reference.key, label: reference.label, nats: surprise(view, t, reference.surprise),
    })),
  ];
}

/** " A trigram counted on ...: perplexity 6.70." of the best reference; empty without one. */
export function referenceWords({ references, reference_note: note }) {
  if (!references.length) return "";
  const best = references.reduce((low, each) => (each.perplexity < low.perplexity ? each : low));
  const perplexity = best.perplexity === Infinity ? "∞" : significant(best.perplexity);
  return ` A ${best.label}${note && ` ${note}`}: perplexity ${perplexity}.`;
}
