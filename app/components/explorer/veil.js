// A text that is being written: steps that do not stand there yet are veiled.

/** How many steps can be seen. */
export function seen({ view, ahead }) {
  return Math.min(ahead ?? Infinity, view.steps);
}

/** Covers the steps of a lane that are not there yet. */
export function veil(context, x, top, tall) {
  const steps = seen(x);
  if (steps >= x.view.steps) return;
  const left = x.axis.edge(steps);
  context.fillStyle = x.theme.ground;
  context.fillRect(left, top, x.axis.right - left + 1, tall);
}

/** The same for the tokens; they keep their room. */
export function veilTokens(x) {
  const steps = seen(x);
  const before = x.veiled ?? x.view.steps;
  const [from, to] = [Math.min(before, steps), Math.max(before, steps)];
  for (let t = from; t < to; t++) x.spans[t]?.classList.toggle("ahead", t >= steps);
  x.veiled = steps;
}
