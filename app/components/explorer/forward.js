// What of a step is there while the network reads it: the token enters, the state updates, the
// prediction appears. Pure.
import { clamp } from "../shared/format.js";

/** Steps a second, to choose from. */
export const SPEEDS = [0.5, 1, 2, 4, 8, 16];
/** The gradient runs back this many times as fast as the network reads. */
export const BACK_PACE = 4;
const THIRD = 1 / 3;

/** When a part appears within its step, as [begin, end] in shares of the step. */
export function moment(part, level, levels) {
  if (part === "xh" && level === 0) return [0, THIRD];
  if (part === "hq") return [2 * THIRD, 0.88];
  if (part === "guess") return [0.85, 1];
  const share = THIRD / levels; // the levels update one after the other, the lowest first
  const begin = THIRD + level * share;
  return part === "node" ? [begin + 0.4 * share, begin + share] : [begin, begin + 0.5 * share];
}

/** How much of a part is there, 0 to 1, when `done` of its step has passed. */
export function appeared(part, level, levels, done) {
  const [begin, end] = moment(part, level, levels);
  return clamp((done - begin) / (end - begin), 0, 1);
}

/** The phase that is under way, in words. */
export function phaseWords(done) {
  if (done < THIRD) return "the token enters";
  return done < 2 * THIRD ? "the state updates" : "the prediction appears";
}

/** The sentence beside a network that is reading. */
export function readingWords(view, t, done) {
  const both = view.layers.some((layer) => layer.reverse);
  return `Reading t = ${t + 1}: ${phaseWords(done)}.` +
    (both ? " A bidirectional network needs the whole text at every step: what stands to the " +
      "right has been computed before." : "");
}
