// Each network's units x time. The base is drawn once; the cursor lies on a canvas above it.
import { ramp } from "../shared/colours.js";
import { fill, sized } from "../shared/dom.js";
import { brief } from "../shared/format.js";
import { drawUnits } from "../shared/heat.js";
import { markColumn } from "../shared/marker.js";
import { oneScale, rowUnits } from "./networks.js";
import { perplexityWords } from "./reading.js";

const EDGE = 4; // px above and below the image, so that the cursor's box is not cut
const VERDICT_SIGNS = { vanishing: "↘", healthy: "✓", exploding: "↗", undecided: "?" };

/**
 * One pixel a value, RGBA, a row of units below the other; the mask is opaque on what is not
 * finite. Pure.
 * @param {ArrayLike<number>} rows the unit in each row
 * @param {Uint8ClampedArray} lut of shared/colours.js
 */
export function statePixels({ levels, odd, units }, rows, steps, lut) {
  const pixels = new Uint8ClampedArray(4 * steps * units);
  const mask = new Uint8ClampedArray(4 * steps * units);
  for (let row = 0; row < units; row++) {
    for (let t = 0; t < steps; t++) {
      const from = t * units + rows[row];
      const at = 4 * (row * steps + t);
      const colour = 3 * (odd?.[from] ? 256 : levels[from]);
      pixels[at] = lut[colour];
      pixels[at + 1] = lut[colour + 1];
      pixels[at + 2] = lut[colour + 2];
      pixels[at + 3] = 255;
      if (odd?.[from]) mask[at + 3] = 255;
    }
  }
  return { pixels, mask };
}

/** Draws all heatmaps at this height; writes headings and legends. */
export function drawStates(x, height) {
  const { view, theme, parts, state } = x;
  x.heat = { height, top: EDGE, tall: height - 2 * EDGE };
  x.rows = view.networks.map((network) => rowUnits(network, state.order));
  x.crowded = false;
  view.networks.forEach((network, at) => drawState(x, network, parts.lanes[at]));
  captionStates(x);
  parts.states.stack.style.setProperty("--gutter", `${x.axis.left}px`);
  const shared = oneScale(view);
  parts.states.scale.hidden = !shared;
  writeBar(parts.states, view.networks[0], theme);
  for (const network of view.networks) {
    parts.lanes[network.at].scale.hidden = shared;
    writeBar(parts.lanes[network.at], network, theme);
  }
}

function drawState(x, network, part) {
  const { view, heat, theme, sizes } = x;
  const context = sized(part.base, sizes.main, heat.height);
  const image = statePixels(network, x.rows[network.at], view.steps, tableOf(network, theme));
  const crowded = drawUnits(context, x, image, view.steps, network.units, Boolean(network.odd));
  x.crowded ||= crowded;
  labelEnds(context, x, x.rows[network.at]);
}

function tableOf({ scale }, theme) {
  return scale === "unit" ? theme.gates : theme.states;
}

function labelEnds(context, { axis, heat, theme, sizes }, rows) {
  context.font = `${sizes.small}px ${theme.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = theme.muted;
  const right = axis.left - 7;
  context.fillText(`unit ${rows[0] + 1}`, right, heat.top + sizes.small / 2, right);
  if (rows.length < 2) return;
  context.fillText(String(rows.at(-1) + 1), right, heat.top + heat.tall - sizes.small / 2, right);
}

function writeBar({ low, high, ramp: bar }, network, theme) {
  low.textContent = brief(network.range[0]);
  high.textContent = brief(network.range[1]);
  bar.style.backgroundImage = ramp(tableOf(network, theme));
}

function captionStates({ view, parts, state, crowded }) {
  const { quantity, order, how } = parts.states;
  fill(quantity, view.quantities, view.quantity);
  quantity.hidden = view.quantities.length < 2;
  order.value = state.order;
  order.hidden = !view.networks.some(({ similarity }) => similarity);
  const odd = view.networks.some((network) => network.odd);
  const label = view.quantities.find(([key]) => key === view.quantity)[1];
  how.textContent =
    (quantity.hidden ? `Colour: ${label}. ` : "") + "Row: unit. Column: step." +
    (oneScale(view) ? "" : " Each lane has its own scale.") +
    (crowded ? " Units that share a pixel: their mean." : "") +
    (odd ? " Grey, hatched: not finite." : "");
  view.networks.forEach((network, at) => {
    const { verdict, perplexity, base } = parts.lanes[at];
    verdict.textContent = `${VERDICT_SIGNS[network.word] ?? "?"} ${network.verdict}`;
    verdict.dataset.word = network.word;
    perplexity.textContent = perplexityWords(network);
    base.setAttribute("aria-label", `${network.name}: ${label}, ${network.units} units over time`);
  });
}

/** Draws the cursor on every heatmap. */
export function overlayStates({ view, axis, heat, theme, sizes, state, parts }) {
  for (const { at } of view.networks) {
    const context = sized(parts.lanes[at].overlay, sizes.main, heat.height);
    markColumn(context, axis, state.cursor, heat.top, heat.tall, theme);
  }
}
