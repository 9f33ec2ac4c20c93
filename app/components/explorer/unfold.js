// Between the unrolled network and the folded one: where columns stand, how an edge becomes the
// loop. Pure.

const GROWTH = 0.5; // the folded network's boxes are wider by this share
const BENDING = 0.5; // when the boxes cover each other, and what is left can bow out of them
const BULGE = 18; // px that a loop reaches out beyond its box, at scale 1

/** A share of the way, slow at both ends. */
export function eased(share) {
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  return share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
}

/**
 * The diagram's plan on the way from unrolled (amount 0) to folded (1): all columns run together in
 * the middle, so that at 1 every step stands where every other stands.
 * @param plan as diagramPlan gives it
 * @param {number} start first step of the window
 */
export function folding(plan, amount, start) {
  const grown = 1 + GROWTH * amount;
  const home = plan.width / 2;
  const unrolled = (t) => plan.left + (t - start + 0.5) * plan.column;
  return {
    ...plan,
    amount,
    home,
    column: plan.column * (1 - amount),
    wide: plan.wide * grown,
    nodes: plan.nodes.map((node) => ({ ...node, shift: node.shift * grown })),
    centre: (t) => (1 - amount) * unrolled(t) + amount * home,
  };
}

/** The steps to draw, the cursor's last: it lies on top when all stand in one place. */
export function drawnSteps(plan, amount, start, seenSteps, cursor) {
  const rim = amount > 0 ? 0 : 1; // columns that slide in stand half outside
  const first = Math.max(0, Math.floor(start) - rim);
  const last = Math.min(seenSteps - 1, Math.ceil(start + plan.shown) - 1 + 2 * rim);
  const steps = [];
  if (amount < 1) for (let t = first; t <= last; t++) if (t !== cursor) steps.push(t);
  if (cursor < seenSteps) steps.push(cursor);
  return steps;
}

/** The loop at the right of a box, as a cubic curve from its start to its tip. */
export function loopCurve(right, y, tall, scale, reverse) {
  const far = right + BULGE * scale;
  const half = Math.min(0.3 * tall, 0.62 * BULGE * scale);
  const down = [[right, y - half], [far, y - 1.6 * half], [far, y + 1.6 * half], [right, y + half]];
  return reverse ? down.reverse() : down;
}

/** The recurrent edge of a column on its way into the loop; the edge gets a `curve`. */
export function bend(edge, shape, centre, reverse, scale) {
  const node = shape.nodes[edge.n];
  const right = centre + node.shift + shape.wide / 2;
  const loop = loopCurve(right, node.y + shape.tall / 2, shape.tall, scale, reverse);
  const straight = [0, 1 / 3, 2 / 3, 1].map((share) => [
    edge.x0 + share * (edge.x1 - edge.x0),
    edge.y0 + share * (edge.y1 - edge.y0),
  ]);
  const amount = eased((shape.amount - BENDING) / (1 - BENDING));
  edge.curve = straight.map(([x, y], at) => [
    (1 - amount) * x + amount * loop[at][0],
    (1 - amount) * y + amount * loop[at][1],
  ]);
  if (amount === 1) upright(edge);
}

/** The straight line by which the pointer finds a loop: through the middle of its bow. */
export function upright(edge) {
  const [from, out, , to] = edge.curve;
  edge.x0 = edge.x1 = from[0] + 0.75 * (out[0] - from[0]);
  [edge.y0, edge.y1] = [from[1], to[1]];
}

/** The beginning of a cubic curve, up to the given share of its parameter (de Casteljau). */
export function beginning(curve, share) {
  const between = (a, b) => [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
  const [a, b, c, d] = curve;
  const [ab, bc, cd] = [between(a, b), between(b, c), between(c, d)];
  const [abc, bcd] = [between(ab, bc), between(bc, cd)];
  return [a, ab, abc, between(abc, bcd)];
}
