// The cursor on a canvas with a time axis.

/** The step's column as a box at least 5 px wide, with a halo of the ground. */
export function markColumn(context, axis, t, top, tall, theme) {
  const wide = Math.max(axis.edge(t + 1) - axis.edge(t), 5);
  const left = axis.centre(t) - wide / 2;
  for (const [colour, width] of [[theme.ground, 4.5], [theme.cursor, 2.2]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(left, top - 1, wide, tall + 2);
  }
}
