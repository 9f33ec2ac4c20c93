// One cursor over all pictures: mouse, touch, keys, and how it is drawn.
import { stepFor } from "../shared/cursor.js";
import { sized } from "../shared/dom.js";
import { clamp } from "../shared/format.js";
import { grouped } from "../shared/words.js";
import { segment } from "./plot.js";
import { nearest, readingAt, stepsOf } from "./reading.js";

const PICTURES = ["perplexity", "norm", "heat"];

/** The state of a component that has seen no data yet. */
export function newState() {
  return { cursor: null, row: null };
}

/** Binds everything once per mount. */
export function listen(x) {
  for (const name of PICTURES) {
    const { overlay } = x.parts[name];
    overlay.onpointermove = overlay.onpointerdown = (event) => point(x, name, event);
    overlay.onpointerleave = (event) => {
      if (event.pointerType !== "touch") release(x);
    };
  }
  x.parts.perplexity.overlay.onkeydown = (event) => onKey(x, event);
  x.parts.perplexity.overlay.onblur = () => release(x);
}

function release(x) {
  Object.assign(x.state, newState());
  x.ask("cursor");
}

function point(x, name, event) {
  const plan = x.plans[name];
  const steps = x.view ? stepsOf(x.view) : [];
  if (!plan || !steps.length) return;
  const box = x.parts[name].overlay.getBoundingClientRect();
  const at = nearest(steps, plan.stepAt(event.clientX - box.left));
  x.state.cursor = steps[at];
  x.state.row = name === "heat" ? plan.rowAt(event.clientY - box.top) : null;
  x.ask("cursor");
}

function onKey(x, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { state, view } = x;
  const steps = stepsOf(view);
  const rows = view.per_step?.window ?? 0;
  const place = state.cursor === null ? -1 : nearest(steps, state.cursor);
  const next = steps.length ? stepFor(event.key, event.shiftKey, place, steps.length) : null;
  const turn = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (next !== null) {
    state.cursor = steps[next];
  } else if (turn && rows && steps.length) {
    state.cursor ??= steps[steps.length - 1];
    state.row = state.row === null ? rows - 1 : clamp(state.row + turn, 0, rows - 1);
  } else if (event.key === "Escape" && state.cursor !== null) {
    Object.assign(state, newState());
  } else {
    return;
  }
  x.ask("cursor");
  event.preventDefault();
  event.stopPropagation(); // Streamlit has shortcuts of its own
}

/** Draws the cursor over every picture. */
export function drawCrosshair(x) {
  const { view, state, plans } = x;
  const reading = readingAt(view, state.cursor, state.row);
  for (const name of PICTURES) {
    const plan = plans[name];
    if (!plan) continue;
    const context = sized(x.parts[name].overlay, plan.width, plan.height);
    if (state.cursor === null) continue;
    const px = plan.at(state.cursor);
    context.globalAlpha = 0.75;
    context.lineWidth = 4.5;
    segment(context, px, plan.top - 4, px, plan.bottom + 4, x.theme.ground);
    context.lineWidth = 2;
    segment(context, px, plan.top - 4, px, plan.bottom + 4, x.theme.cursor);
    context.globalAlpha = 1;
    stepLabel(context, plan, px, state.cursor, x);
    if (name === "perplexity") {
      dot(context, plan, state.cursor, reading.train, x.theme.weights.xh, x);
      dot(context, plan, reading.validationStep, reading.validation, x.theme.weights.hh, x);
    } else if (name === "norm") {
      dot(context, plan, state.cursor, reading.before, x.theme.gradient, x);
      if (reading.after !== reading.before) {
        dot(context, plan, state.cursor, reading.after, x.theme.gradient, x);
      }
    } else if (state.row !== null) {
      ring(context, px, plan.rowY(state.row), x);
    }
  }
}

function stepLabel(context, plan, px, step, { theme, sizes }) {
  const label = grouped(step);
  context.font = `650 ${sizes.small}px ${theme.font}`;
  const wide = context.measureText(label).width + 12;
  const left = clamp(px - wide / 2, 0, plan.width - wide);
  const tall = 1.45 * sizes.small;
  context.fillStyle = theme.cursor;
  context.beginPath();
  context.roundRect(left, plan.height - tall, wide, tall, tall / 2);
  context.fill();
  context.fillStyle = theme.ground;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(label, left + wide / 2, plan.height - tall / 2 + 1);
}

function dot(context, plan, step, value, colour, { theme, sizes }) {
  if (value === null) return;
  context.beginPath();
  context.arc(plan.at(step), plan.y(value), 4.6 * sizes.scale, 0, 7);
  context.fillStyle = colour;
  context.strokeStyle = theme.ground;
  context.lineWidth = 2;
  context.fill();
  context.stroke();
}

function ring(context, px, y, { theme, sizes }) {
  for (const [colour, width] of [[theme.ground, 5], [theme.cursor, 2.2]]) {
    context.beginPath();
    context.arc(px, y, 5.5 * sizes.scale, 0, 7);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}
