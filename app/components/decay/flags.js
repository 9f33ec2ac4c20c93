// Norms that are no number, as signs at the edges of the picture: never left out.

/** The signs of exact zero, underflow and not finite. */
export const FLAG_SIGNS = ["", "○", "▽", "×"];

/** Consecutive lags with the same flag: {flag, from, to}, both ends included. Pure. */
export function flagRuns(status) {
  const runs = [];
  status.forEach((flag, lag) => {
    const last = runs[runs.length - 1];
    if (last && last.flag === flag && last.to === lag - 1) last.to = lag;
    else if (flag) runs.push({ flag, from: lag, to: lag });
  });
  return runs;
}

/** Stretches of lags whose value lies beyond an edge: {above, from, to}. Pure. */
export function beyondRuns(values, [low, high]) {
  const status = Array.from(values, (value) => (value > high ? 2 : value < low ? 1 : 0));
  return flagRuns(status).map(({ flag, from, to }) => ({ above: flag === 2, from, to }));
}

/** Draws a network's flags: zero and underflow under the axis, in its own row; the rest above. */
export function drawFlags(context, panel, network, place, colour, { sizes }) {
  const size = 3.4 * sizes.scale;
  for (const { flag, from, to } of flagRuns(network.status)) {
    const y = flag === 3 ? panel.top - 0.6 * panel.row : panel.bottom + (place + 0.65) * panel.row;
    const [left, right] = [panel.at(from), panel.at(to)];
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(right, y);
    context.stroke();
    const count = Math.max(1, Math.min(to - from, Math.floor((right - left) / (3.2 * size))));
    for (let at = 0; at <= (to > from ? count : 0); at++) {
      drawFlag(context, flag, left + (at / count) * (right - left), y, size, colour);
    }
  }
}

function drawFlag(context, flag, x, y, size, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1.4;
  context.beginPath();
  if (flag === 1) context.arc(x, y, size, 0, 2 * Math.PI);
  if (flag === 2) {
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y - size);
    context.lineTo(x, y + size);
    context.closePath();
  }
  if (flag === 3) {
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x - size, y + size);
    context.lineTo(x + size, y - size);
  }
  context.stroke();
}

/** Wedges where a curve leaves the axis and where it comes back; returns how many stretches. */
export function drawBeyond(context, panel, values, colour, { theme, sizes }) {
  const size = 4.4 * sizes.scale;
  const runs = beyondRuns(values, [panel.low, panel.high]);
  for (const { above, from, to } of runs) {
    const [edge, way] = above ? [panel.top, -1] : [panel.bottom, 1];
    for (const lag of from === to ? [from] : [from, to]) {
      const px = panel.at(lag);
      context.beginPath();
      context.moveTo(px - size, edge - way * 1.5 * size);
      context.lineTo(px + size, edge - way * 1.5 * size);
      context.lineTo(px, edge);
      context.closePath();
      context.strokeStyle = theme.ground;
      context.lineWidth = 1.5;
      context.fillStyle = colour;
      context.stroke();
      context.fill();
    }
  }
  return runs.length;
}
