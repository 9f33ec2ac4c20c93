// What moves on the matrix: the row of the loss, the chosen cell in it, and the axes' numbers, which
// make room for theirs.
import { timeTicks } from "../shared/axis.js";
import { sized } from "../shared/dom.js";
import { clamp } from "../shared/format.js";

const LEAST = 4; // px: a thinner cell is framed with so much of its neighbours

/** Columns that get a number: lags count from 0, steps from 1. Pure. */
export function columnTicks(columns, axis, room) {
  if (axis === "step") return timeTicks(columns, room);
  const least = columns / Math.max(2, room);
  const jump = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((each) => each >= least) ?? 1000;
  return Array.from({ length: Math.ceil(columns / jump) }, (_, at) => at * jump);
}

/* The frame lies around the cells, so that their colours stay to be seen. */
function outline(context, theme, left, top, wide, tall, thick) {
  const [w, h] = [Math.max(wide, LEAST) + thick + 1, Math.max(tall, LEAST) + thick + 1];
  const box = [left + (wide - w) / 2, top + (tall - h) / 2, w, h];
  for (const [colour, width] of [[theme.ground, thick + 2], [theme.cursor, thick]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(...box);
  }
}

/** Draws numbers and frames of row t and of cell (t, s); s may be null. */
export function overlayMatrix(x, t, s) {
  const { plan, parts, theme, sizes } = x;
  const context = sized(parts.matrix.overlay, plan.width, plan.height);
  const { across, down, axis, columns } = plan;
  const [top, tall] = [down.edge(t), down.edge(t + 1) - down.edge(t)];
  const end = Math.min(t + 1, columns);
  const lag = s === null ? null : t - s;
  const column = axis === "step" ? s : lag;
  const chosen = column !== null && column < columns ? column : null;
  context.font = `${sizes.small}px ${theme.font}`;
  numberRows(context, x, t);
  numberColumns(context, x, chosen);
  outline(context, theme, across.left, top, across.edge(end) - across.left, tall, 1.8);
  if (chosen === null) return;
  context.strokeStyle = theme.cursor;
  context.lineWidth = 1.2;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(across.centre(chosen), top + tall + 3);
  context.lineTo(across.centre(chosen), plan.bottom);
  context.stroke();
  context.setLineDash([]);
  const wide = across.edge(chosen + 1) - across.edge(chosen);
  outline(context, theme, across.edge(chosen), top, wide, tall, 2.6);
}

/* One number along an axis; that of the cursor bold, the others where they leave it free. */
function write(context, { theme, sizes }, text, px, py, own) {
  context.font = `${own ? 700 : 400} ${sizes.small}px ${theme.font}`;
  context.fillStyle = own ? theme.cursor : theme.muted;
  context.fillText(text, px, py);
}

function numberRows(context, x, t) {
  const { plan, sizes, view } = x;
  const { down, across } = plan;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const at of timeTicks(view.steps, (plan.bottom - plan.top) / (2.2 * sizes.small))) {
    const free = Math.abs(down.centre(at) - down.centre(t)) > 1.2 * sizes.small;
    if (free) write(context, x, String(at + 1), across.left - 6, down.centre(at), false);
  }
  write(context, x, String(t + 1), across.left - 6, down.centre(t), true);
}

function numberColumns(context, x, chosen) {
  const { plan, sizes } = x;
  const { across, axis, columns, bottom } = plan;
  const shift = axis === "step" ? 1 : 0;
  const y = bottom + 1.15 * sizes.small;
  const room = (across.right - across.left) / (3.6 * sizes.small);
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  const put = (at, own) => {
    const text = String(at + shift);
    const half = 0.3 * sizes.small * text.length;
    write(context, x, text, clamp(across.centre(at), half, plan.width - half), y, own);
  };
  for (const at of columnTicks(columns, axis, room)) {
    const away = chosen === null ? Infinity : Math.abs(across.centre(at) - across.centre(chosen));
    if (away > 2.4 * sizes.small) put(at, false);
  }
  if (chosen !== null) put(chosen, true);
}
