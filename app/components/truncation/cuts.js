// Strokes of the picture: arrows back, scissors, a stretch's ground, a chip.
import { clamp } from "../shared/format.js";

/** One straight line. */
export function stroke(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** An arc below the boxes from one step to the step before, with its head. */
export function arrowBack(context, from, to, y, deep, width, colour) {
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = width;
  const head = 2.4 + 1.6 * width;
  context.beginPath();
  context.moveTo(from, y);
  context.bezierCurveTo(from, y + deep, to, y + deep, to, y + 0.7 * head);
  context.stroke();
  context.beginPath();
  context.moveTo(to, y - 0.5);
  context.lineTo(to - 0.62 * head, y + 1.15 * head);
  context.lineTo(to + 0.62 * head, y + 1.15 * head);
  context.closePath();
  context.fill();
}

/** Open scissors, their blades upwards; `size` is half their height. */
export function scissors(context, x, y, size, colour, ground) {
  context.lineCap = "round";
  const ring = 0.36 * size;
  for (const [ink, more] of [[ground, 3.5], [colour, 0]]) {
    context.strokeStyle = ink;
    context.lineWidth = Math.max(1.3, 0.22 * size) + more;
    stroke(context, x - 0.42 * size, y + 0.35 * size, x + 0.45 * size, y - size);
    stroke(context, x + 0.42 * size, y + 0.35 * size, x - 0.45 * size, y - size);
    for (const way of [-1, 1]) {
      context.beginPath();
      context.arc(x + way * 0.52 * size, y + 0.66 * size, ring, 0, 2 * Math.PI);
      context.stroke();
    }
  }
  context.lineCap = "butt";
}

/** The ground of a stretch of steps; beyond the picture's edges it goes on. */
export function stretch(context, left, right, top, bottom, colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(left, top, Math.max(right - left, 1), bottom - top, 5);
  context.fill();
}

/** Words on a pill of colour, kept inside [low, high]; returns [left, right]. */
export function chip(context, words, centre, top, tall, [low, high], [colour, ink]) {
  const wide = context.measureText(words).width + 0.8 * tall;
  const left = clamp(centre - wide / 2, low, Math.max(low, high - wide));
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(left, top, wide, tall, tall / 2);
  context.fill();
  context.fillStyle = ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(words, left + wide / 2, top + tall / 2 + 0.5);
  return [left, left + wide];
}
