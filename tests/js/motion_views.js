// Views for the tests of what moves.

/** Layers of `levels` levels in one direction or two, in the order data flows. */
export function layersOf(levels, both) {
  const names = both ? [false, true] : [false];
  return Array.from({ length: levels }, (_, level) =>
    names.map((reverse) => ({
      name: `l${level}${reverse ? "_reverse" : ""}`, label: `layer ${level + 1}`, reverse, level,
    })),
  ).flat();
}

/** A view whose gradient is `log10(n, t)`, flagged where that gives a string. */
export function viewOf(layers, steps, log10, at = "last", step = 0) {
  const flags = { zero: 1, underflow: 2, odd: 3 };
  const view = { layers, layer: layers[0].name, steps, units: 3, thickest: 1, loss: { at, step } };
  view.arrays = {
    gradient: new Float64Array(layers.length * steps),
    gradient_flags: new Uint8Array(layers.length * steps),
    edges_gradient: new Float64Array(2 * layers.length * steps).fill(0.1),
    edges_forward: new Float64Array(2 * layers.length * steps).fill(1),
    head_forward: new Float64Array(steps).fill(1),
    head_gradient: new Float64Array(steps).fill(0.1),
  };
  for (let n = 0; n < layers.length; n++) {
    for (let t = 0; t < steps; t++) {
      const value = log10(n, t);
      const odd = typeof value === "string";
      view.arrays.gradient[n * steps + t] = odd ? NaN : value;
      view.arrays.gradient_flags[n * steps + t] = odd ? flags[value] : 0;
    }
  }
  return view;
}

/** One decade a step back, from 1 at step 19 (0-based). */
export const steadily = (n, t) => t - 19;
