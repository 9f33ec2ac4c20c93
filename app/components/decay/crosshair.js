// The cursor over every panel, and the theory that the legend points at.
import { sized } from "../shared/dom.js";
import { clamp } from "../shared/format.js";
import { grouped } from "../shared/words.js";
import { drawSign, segment } from "./ink.js";
import { drawTheory } from "./plot.js";
import { lagRead } from "./reading.js";

/** Draws what moves. */
export function drawCrosshair(x) {
  const { view, state, theme, sizes, plans, width, parts } = x;
  const context = sized(parts.picture.overlay, width, x.pictureTall);
  for (const panel of plans) {
    if (x.active) drawActive(context, panel, x);
    if (state.cursor < 0) continue;
    const lag = lagRead(view, state.cursor);
    const px = panel.at(lag);
    context.globalAlpha = 0.8;
    context.lineWidth = 4.5;
    segment(context, px, panel.top - 3, px, panel.bottom + 5, theme.ground);
    context.lineWidth = 2;
    segment(context, px, panel.top - 3, px, panel.bottom + 5, theme.cursor);
    context.globalAlpha = 1;
    drawDots(context, panel, lag, x);
    drawChip(context, panel, px, lag, { theme, sizes });
  }
}

function drawActive(context, panel, x) {
  const theory = x.view.theories.find(({ key }) => key === x.active);
  if (!theory || x.hidden.has(theory.key)) return;
  context.save();
  context.beginPath();
  context.rect(panel.left, panel.top, panel.right - panel.left, panel.bottom - panel.top);
  context.clip();
  for (const network of panel.networks) {
    if (network.by[theory.key]) drawTheory(context, panel, network, theory, x, 2);
  }
  context.restore();
}

function drawDots(context, panel, lag, { view, hidden, inks, theme, sizes }) {
  const [low, high] = view.y_range;
  const on = (value) => value >= low && value <= high;
  for (const network of panel.networks) {
    for (const { key } of view.theories) {
      const value = network.by[key]?.log10[lag];
      if (hidden.has(key) || !on(value)) continue;
      context.beginPath();
      context.arc(panel.at(lag), panel.y(value), 3.2 * sizes.scale, 0, 7);
      context.fillStyle = theme.ground;
      context.strokeStyle = inks[network.at].theory;
      context.lineWidth = 1.8;
      context.fill();
      context.stroke();
    }
    const value = network.measured[lag];
    if (!on(value)) continue;
    const { line } = inks[network.at];
    drawSign(context, network.at, panel.at(lag), panel.y(value), 5 * sizes.scale, line, theme.ground);
  }
}

function drawChip(context, panel, px, lag, { theme, sizes }) {
  const label = grouped(lag);
  context.font = `650 ${sizes.small}px ${theme.font}`;
  const wide = context.measureText(label).width + 12;
  const tall = 1.4 * sizes.small;
  const left = clamp(px - wide / 2, 0, panel.right + 20 - wide);
  const floor = panel.bottom + Math.max(1, panel.networks.length) * panel.row + 3;
  const top = floor + 0.65 * sizes.small - tall / 2;
  context.fillStyle = theme.cursor;
  context.beginPath();
  context.roundRect(left, top, wide, tall, tall / 2);
  context.fill();
  context.fillStyle = theme.ground;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(label, left + wide / 2, top + tall / 2 + 1);
}
