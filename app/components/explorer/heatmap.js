// Units x time as one image: the base is drawn once, the cursor lies on a second canvas above it.
import { timeAxis } from "../shared/axis.js";
import { level, ramp } from "../shared/colours.js";
import { fill, sized } from "../shared/dom.js";
import { brief, rounded } from "../shared/format.js";
import { drawUnits } from "../shared/heat.js";
import { markColumn } from "../shared/marker.js";
import { orderOptions, unitOrder } from "./unpack.js";
import { veil } from "./veil.js";

const PAD = 4; // px above and below the image, so that frames are not cut

/** The chosen lane. */
export function chosenLane({ view, state }) {
  return view.lanes.find((lane) => lane.key === state.lane);
}

/** One pixel a value: the lane's colours, and a mask that is opaque on what is not a number. */
export function laneImage(lane, order, steps, lut) {
  const units = order.length;
  const pixels = new Uint8ClampedArray(4 * steps * units);
  const mask = new Uint8ClampedArray(4 * steps * units);
  const [low, high] = lane.range;
  let odd = 0;
  for (let row = 0; row < units; row++) {
    for (let t = 0; t < steps; t++) {
      const value = lane.values[t * units + order[row]];
      const at = 4 * (row * steps + t);
      const from = 3 * level(value, low, high);
      pixels[at] = lut[from];
      pixels[at + 1] = lut[from + 1];
      pixels[at + 2] = lut[from + 2];
      pixels[at + 3] = 255;
      if (!Number.isNaN(value)) continue;
      mask[at + 3] = 255;
      odd += 1;
    }
  }
  return { pixels, mask, odd };
}

/** Draws the image and its axis; when data, lane, order, size or theme changed. */
export function drawHeatmap(x, width, height) {
  const { view, theme, sizes, parts, state } = x;
  const lane = chosenLane(x);
  x.order = unitOrder(view, state.order);
  x.axis = timeAxis(sizes.gutter, width - 2, view.steps);
  x.heat = { width, height, top: PAD, tall: height - 2 * PAD };
  const lut = lane.scale === "unit" ? theme.gates : theme.states;
  const image = laneImage(lane, x.order, view.steps, lut);
  const context = sized(parts.heatmap.base, width, height);
  x.crowded = drawUnits(context, x, image, view.steps, view.units, image.odd > 0);
  captionHeatmap(x, lane, lut, image.odd);
}

function captionHeatmap({ parts, view, state, crowded }, lane, lut, odd) {
  const { heading, low, high, ramp: bar, how, order, layer, lane: choice } = parts.heatmap;
  heading.textContent = "Units × time";
  fill(choice, view.lanes.map((each) => [each.key, each.label]), lane.key);
  fill(layer, view.layers.map((each) => [each.name, each.label]), view.layer);
  layer.hidden = view.layers.length < 2;
  fill(order, orderOptions(view), state.order);
  order.hidden = orderOptions(view).length < 2 || view.units < 3;
  low.textContent = brief(lane.range[0]);
  high.textContent = brief(lane.range[1]);
  bar.style.backgroundImage = ramp(lut);
  how.textContent =
    "Row: unit. Column: step. Frames: cursor and unit." +
    (lane.scale === "signed_own" ? " Scale: this picture's own largest size." : "") +
    (crowded ? " Units that share a pixel: their mean." : "") +
    (odd ? ` Grey, hatched: not a number (${odd}).` : "");
}

/** Draws cursor, chosen unit and labels. */
export function overlayHeatmap(x) {
  const { axis, heat, order, theme, sizes, state, view, parts } = x;
  const context = sized(parts.heatmap.overlay, heat.width, heat.height);
  const row = order.indexOf(state.unit);
  const tall = heat.tall / view.units;
  const y = heat.top + row * tall;
  veil(context, x, heat.top, heat.tall);
  markRow(context, axis, y, tall, theme);
  markColumn(context, axis, state.cursor, heat.top, heat.tall, theme);
  labelRows(context, x, row, y + tall / 2, sizes);
}

function markRow(context, axis, y, tall, theme) {
  const top = Math.round(y - (tall < 4 ? (4 - tall) / 2 : 0)) - 0.5;
  const height = Math.max(Math.round(tall), 4) + 1;
  for (const [colour, width, dash] of [[theme.ground, 3, []], [theme.text, 1.3, []]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.strokeRect(axis.left - 0.5, top, axis.right - axis.left + 1, height);
  }
}

function labelRows(context, { axis, heat, theme, order, view }, row, middle, { small }) {
  context.font = `${small}px ${theme.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  const right = axis.left - 7;
  const y = Math.min(Math.max(middle, heat.top + small / 2), heat.top + heat.tall - small / 2);
  const ends = [[0, heat.top + small / 2], [view.units - 1, heat.top + heat.tall - small / 2]];
  context.fillStyle = theme.muted;
  for (const [at, place] of ends) {
    const free = Math.abs(place - y) > 1.1 * small && view.units > 1;
    if (free) context.fillText(String(order[at] + 1), right, place);
  }
  context.fillStyle = theme.text;
  context.font = `700 ${small}px ${theme.font}`;
  context.fillText(`unit ${order[row] + 1}`, right, y, axis.left - 8);
}

/** The step and unit under a point of the heatmap. */
export function cellAt({ axis, heat, order, view }, px, py) {
  const place = Math.floor(((py - heat.top) / heat.tall) * view.units);
  const row = Math.min(Math.max(place, 0), view.units - 1);
  return { t: axis.stepAt(px), unit: order[row] };
}

/** What the tooltip says about one cell. */
export function cellWords(x, { t, unit }) {
  const lane = chosenLane(x);
  const value = lane.values[t * x.view.units + unit];
  return `${lane.label}, unit ${unit + 1}, t = ${t + 1}: ${exact(value)}`;
}

/* A float32 with the digits that tell it from its neighbours. */
function exact(value) {
  return rounded(value, 8);
}
