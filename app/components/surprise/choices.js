// Where a number of choices stands on the axis: 1 to V on a log scale, then V to ∞ drawn
// together. Pure; places are shares of the axis's length.

/** Where V stands, where the axis breaks, and where it goes on to ∞. */
export const BLIND = 0.62;
export const BREAK = [0.88, 0.905];

/**
 * The place of a perplexity, or null when there is none. Between V and the break the scale is no
 * log scale any more, but still in order: V² stands half way.
 */
export function choicePlace(size, perplexity) {
  if (Number.isNaN(perplexity)) return null;
  if (perplexity === Infinity) return 1;
  const blind = Math.log(Math.max(size, 2));
  const own = Math.log(Math.max(perplexity, 1));
  if (own <= blind) return (BLIND * own) / blind;
  return BLIND + (BREAK[0] - 0.02 - BLIND) * (1 - blind / own);
}

/** Round numbers between 1 and V that get a mark: [number, place], at least `gap` apart. */
export function choiceTicks(size, gap) {
  const ticks = [];
  let last = 0;
  for (let ten = 1; ten < size; ten *= 10) {
    for (const step of size > 2000 ? [10] : [2, 5, 10]) {
      const number = step * ten;
      const place = choicePlace(size, number);
      if (number >= size || place - last < gap || BLIND - place < gap) continue;
      ticks.push([number, place]);
      last = place;
    }
  }
  return ticks;
}
