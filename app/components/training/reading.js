// The numbers at one training step, and as words. Pure.
import { gradientNorm, significant } from "../shared/format.js";
import { grouped } from "../shared/words.js";

/** The index of the step nearest to one, -1 where there is none; `steps` rise. */
export function nearest(steps, step) {
  const after = firstAbove(steps, step);
  if (after === 0) return steps.length ? 0 : -1;
  if (after === steps.length) return steps.length - 1;
  return step - steps[after - 1] <= steps[after] - step ? after - 1 : after;
}

/** The index of the last step not after one, -1 where there is none. */
export function lastUntil(steps, step) {
  return firstAbove(steps, step) - 1;
}

function firstAbove(steps, step) {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The steps a cursor can stand on: those with any number, rising. */
export function stepsOf({ train, norm, validation }) {
  if (train.steps.length) return train.steps;
  return norm.steps.length ? norm.steps : validation.steps;
}

/**
 * All numbers at a step: of the recorded step nearest to it; validation, which is rarer, as last
 * known.
 * @param {number | null} step null for the newest of each
 * @param {number | null} row a time step of the window, 0-based
 */
export function readingAt({ train, validation, norm, per_step: perStep }, step, row = null) {
  const find = (steps) => (step === null ? steps.length - 1 : nearest(steps, step));
  const [own, bound] = [find(train.steps), find(norm.steps)];
  const seen = step === null ? validation.steps.length - 1 : lastUntil(validation.steps, step);
  const column = perStep ? find(perStep.steps) : -1;
  const at = (array, index) => (index < 0 ? null : array[index]);
  return {
    step: at(train.steps, own) ?? at(norm.steps, bound) ?? at(validation.steps, seen),
    train: at(train.perplexity, own),
    validation: at(validation.perplexity, seen),
    validationStep: at(validation.steps, seen),
    before: at(norm.before, bound),
    after: at(norm.after, bound),
    heatStep: perStep ? at(perStep.steps, column) : null,
    row,
    heat: row === null || column < 0 ? null : perStep.log10[column * perStep.window + row],
  };
}

/** A perplexity or a norm with three digits; ∞ and what is no number as words. */
export function figure(value) {
  if (value === null) return "–";
  if (Number.isNaN(value)) return "not finite";
  if (value === Infinity) return "∞";
  return significant(value, 3, 1e6);
}

/** log10 of a norm as a number, exact zeros and what is not finite as words. */
export function heatFigure(log10) {
  return gradientNorm(log10, log10 === -Infinity ? 1 : 0);
}

/** The whole reading in a sentence. */
export function readingWords(view, reading) {
  const parts = [`step ${grouped(reading.step ?? 0)}: training perplexity ${figure(reading.train)}`];
  if (reading.validation !== null) {
    const at = reading.validationStep === reading.step ? "" : ` at step ${grouped(reading.validationStep)}`;
    parts.push(`validation ${figure(reading.validation)}${at}`);
  }
  if (reading.before !== null) {
    const after = reading.after === reading.before ? "" : `, clipped to ${figure(reading.after)}`;
    parts.push(`gradient norm ${figure(reading.before)}${after}`);
  }
  if (reading.heat !== null) {
    const which = `time step ${reading.row + 1} of ${view.per_step.window}`;
    parts.push(`at ${which} ${heatFigure(reading.heat)}`);
  }
  return parts.join("; ");
}
