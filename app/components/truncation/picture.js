// One row: the unrolled network over its text, the way back of one loss, and the cuts.
import { sized } from "../shared/dom.js";
import { cut, visible } from "../shared/signs.js";
import { grouped } from "../shared/words.js";
import { arrowBack, chip, scissors, stretch, stroke } from "./cuts.js";
import { numbered } from "./layout.js";
import { cutsOf, reachOf, segmentsOf } from "./segments.js";

/** Draws one row's picture as its plan says. */
export function drawRow(x, line, plan) {
  const { theme, sizes, view, state, width } = x;
  const context = sized(line.canvas, width, plan.tall);
  const t = state.cursor;
  const scene = { ...reachOf(line.row, t), t, plan, row: line.row, steps: view.tokens.length };
  context.save();
  context.beginPath();
  context.rect(0, 0, plan.count * plan.cell, plan.bottom);
  context.clip();
  drawGrounds(context, scene, x);
  drawForward(context, scene, theme);
  for (let step = plan.from; step < plan.from + plan.count; step++) {
    drawArrow(context, scene, step, theme, sizes);
    drawBox(context, scene, step, theme, sizes);
    drawToken(context, scene, step, x);
  }
  drawCuts(context, scene, x);
  context.restore();
  if (plan.numbers) drawNumbers(context, plan, theme, sizes);
  drawChips(context, scene, x);
}

function within({ from, t }, step) {
  return step >= from && step <= t;
}

function drawGrounds(context, { plan, row, steps, from, t }, { theme }) {
  const [top, bottom] = [plan.boxes - 3, plan.bottom];
  const inset = 2;
  for (const [first, last] of segmentsOf(row, steps)) {
    if (last < plan.from || first > plan.from + plan.count) continue;
    stretch(context, plan.left(first) + inset, plan.left(last + 1) - inset, top, bottom, theme.hair);
  }
  context.globalAlpha = 0.2;
  stretch(context, plan.left(from) + inset, plan.left(t + 1) - inset, top, bottom, theme.gradient);
  context.globalAlpha = 1;
}

/* The state goes on forwards, through every cut. */
function drawForward(context, { plan, steps }, theme) {
  const y = plan.boxes + plan.box / 2;
  context.strokeStyle = theme.muted;
  context.lineWidth = 1.2;
  stroke(context, plan.centre(0), y, plan.centre(steps - 1), y);
}

function drawBox(context, scene, step, theme, { scale }) {
  const { plan, t } = scene;
  const wide = Math.min(0.62 * plan.cell, 2.2 * plan.box);
  const reached = within(scene, step);
  context.beginPath();
  context.roundRect(plan.centre(step) - wide / 2, plan.boxes, wide, plan.box, 4 * scale);
  context.fillStyle = step === t ? theme.cursor : reached ? theme.gradient : theme.ground;
  context.fill();
  context.strokeStyle = step === t ? theme.cursor : reached ? theme.gradient : theme.muted;
  context.lineWidth = 1.4;
  context.stroke();
}

/* From each step to the one before: heavy where the chosen loss goes, absent where it is cut. */
function drawArrow(context, scene, step, theme, { scale }) {
  const { plan, row, from, t } = scene;
  if (step === 0 || (row.sliding === null && row.starts.includes(step))) return;
  if (row.sliding !== null && step === from) return;
  const heavy = step > from && step <= t;
  const [start, end] = [plan.centre(step) - 0.12 * plan.cell, plan.centre(step - 1) + 0.12 * plan.cell];
  const width = (heavy ? 2.2 : 1) * scale;
  const colour = heavy ? theme.gradient : theme.faint;
  arrowBack(context, start, end, plan.arcs + 2, 1.15 * plan.arc, width, colour);
}

function drawToken(context, scene, step, x) {
  const { theme, sizes } = x;
  const { plan, t } = scene;
  const reached = within(scene, step);
  const words = shownAt(context, plan, step, x);
  context.font = fontOf(x, step === t ? 750 : reached ? 650 : 400);
  context.fillStyle = step === t ? theme.cursor : reached ? theme.text : theme.muted;
  context.textAlign = plan.upright ? "center" : "right";
  context.textBaseline = "middle";
  const px = plan.centre(step);
  if (plan.upright) {
    context.fillText(words, px, plan.words + 0.9 * sizes.small);
    return;
  }
  context.save();
  context.translate(px, plan.words + 2);
  context.rotate(-Math.PI / 2);
  context.fillText(words, 0, 0);
  context.restore();
}

function fontOf({ view, theme, sizes }, weight) {
  const letters = view.kind === "character";
  return `${weight} ${(letters ? 1.15 : 1) * sizes.small}px ${letters ? theme.mono : theme.font}`;
}

/* A token as far as it fits its column, in its widest weight; worked out once for all rows. */
function shownAt(context, plan, step, x) {
  const known = x.shown.get(step);
  if (known !== undefined) return known;
  context.font = fontOf(x, 750);
  const room = plan.upright ? plan.cell - 6 : 5.7 * x.sizes.small;
  const text = visible(x.view.tokens[step]);
  let most = 24;
  let words = cut(text, most);
  while (most > 1 && context.measureText(words).width > room) {
    most -= 1;
    words = cut(text, most);
  }
  x.shown.set(step, words);
  return words;
}

function drawCuts(context, { plan, row, from, t }, { theme, sizes }) {
  for (const step of cutsOf(row, t)) {
    if (step < plan.from || step >= plan.from + plan.count) continue;
    const own = step === from;
    const px = plan.left(step);
    const colour = own ? theme.text : theme.muted;
    context.strokeStyle = colour;
    context.lineWidth = own ? 2 : 1.2;
    context.setLineDash([4, 3]);
    stroke(context, px, plan.boxes - 3, px, plan.bottom);
    context.setLineDash([]);
    const size = Math.min((own ? 8.5 : 6.5) * sizes.scale, 0.45 * plan.cell);
    scissors(context, px, plan.arcs + 0.62 * plan.arc, size, colour, theme.ground);
  }
}

function drawNumbers(context, plan, theme, { small }) {
  context.font = `${small}px ${theme.font}`;
  context.fillStyle = theme.muted;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const step of numbered(plan.from, plan.count, plan.cell, small)) {
    context.fillText(grouped(step + 1), plan.centre(step), 0.65 * small);
  }
}

/* The loss over its step, and the number of the step where its way is cut. */
function drawChips(context, { plan, from, t, cut: ended }, { theme, sizes }) {
  const { small } = sizes;
  const edges = [0, plan.count * plan.cell];
  const tall = 1.25 * small;
  const top = plan.boxes - tall - 0.2 * small;
  context.font = `650 ${small}px ${theme.font}`;
  const colours = [theme.cursor, theme.ground];
  const [left] = chip(context, `loss ${grouped(t + 1)}`, plan.centre(t), top, tall, edges, colours);
  const px = plan.centre(from);
  const words = grouped(from + 1);
  const wide = context.measureText(words).width;
  if (!ended || from === t || from < plan.from || px + wide / 2 + 4 > left) return;
  context.fillStyle = theme.text;
  context.textAlign = "center";
  context.fillText(words, Math.max(px, wide / 2), top + tall / 2 + 0.5);
}
