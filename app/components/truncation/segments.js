// Which steps a loss reaches, and the sentence that says so. Pure; steps count from 0.
import { grouped, quoted } from "../shared/words.js";

/**
 * How far the gradient of the loss at step t goes back.
 * @returns {{from: number, cut: boolean}} the earliest step reached, and whether it was a cut that
 *   ended it rather than the beginning
 */
export function reachOf({ starts, sliding }, t) {
  const from = sliding === null ? startBefore(starts, t) : Math.max(t - sliding + 1, 0);
  return { from, cut: from > 0 };
}

function startBefore(starts, t) {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= t) low = middle;
    else high = middle - 1;
  }
  return starts[low];
}

/** The segments as [first, last], both ends included; a sliding row has none. */
export function segmentsOf({ starts, sliding }, steps) {
  if (sliding !== null) return [];
  return starts.map((start, at) => [start, (starts[at + 1] ?? steps) - 1]);
}

/** The steps before which the way back is cut, for the loss at step t. */
export function cutsOf(row, t) {
  if (row.sliding === null) return row.starts.slice(1);
  const { from, cut } = reachOf(row, t);
  return cut ? [from] : [];
}

function stepCount(count) {
  return `${grouped(count)} ${count === 1 ? "step" : "steps"}`;
}

/** "Loss at step 57 reaches back to step 49 (8 steps); cut there." */
export function reachSentence(row, t) {
  const { from, cut } = reachOf(row, t);
  const loss = `Loss at step ${grouped(t + 1)}`;
  if (from === t) {
    return cut ? `${loss} reaches no earlier step; cut right before it.`
      : `${loss} is at the first step; there is no earlier one.`;
  }
  const way = `${loss} reaches back to step ${grouped(from + 1)} (${stepCount(t - from)})`;
  return cut ? `${way}; cut there.` : `${way}, the first; not cut.`;
}

/** What stands at a step: 'Step 57: “e”, character 157 of the text.' */
export function stepWords({ tokens, kind, start }, t) {
  const place = `${kind} ${grouped(start + t + 1)} of the text`;
  return `Step ${grouped(t + 1)} of ${grouped(tokens.length)}: ${quoted(tokens[t], kind, 24)}, ${place}`;
}
