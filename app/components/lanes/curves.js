// The gradient lane: every network's norms on one absolute log axis, aligned with the heatmaps.
import { drawBeyond, drawFlags, FLAG_SIGNS } from "../decay/flags.js";
import { drawSign, segment } from "../decay/ink.js";
import { decadeTicks, withAxes } from "../decay/plan.js";
import { timeTicks } from "../shared/axis.js";
import { el, sized } from "../shared/dom.js";
import { FLAG_WORDS, clamp, tenTo } from "../shared/format.js";
import { markColumn } from "../shared/marker.js";
import { nameTag } from "./skeleton.js";

const SIGNS_APART = 110; // px between a network's signs on its curve

/** How many rows of flag signs stand under the axis: one a network once any has such a sign. Pure. */
export function flagRowCount({ networks }) {
  return networks.some(({ flags }) => flags.some((flag) => flag === 1 || flag === 2))
    ? networks.length : 0;
}

/** Draws axis, curves, signs and flagged steps. */
export function drawCurves(x, height) {
  const { view, theme, sizes, parts, axis } = x;
  const context = sized(parts.gradient.base, sizes.main, height);
  const row = 10 * sizes.scale;
  const under = flagRowCount(view) * row + sizes.small + 8;
  x.panel = withAxes(
    { left: axis.centre(0), right: axis.centre(view.steps - 1), top: row + 4,
      bottom: height - under, row },
    view.steps, view.decades,
  );
  x.curvesTall = height;
  context.font = `${sizes.small}px ${theme.font}`;
  drawScales(context, x, height);
  for (const network of view.networks) drawNorms(context, x, network);
  let beyond = 0;
  for (const network of view.networks) {
    const { line } = x.inks[network.at];
    drawSignsOn(context, x, network, line);
    drawFlags(context, x.panel, { status: network.flags }, network.at, line, { sizes });
    beyond += drawBeyond(context, x.panel, network.gradient, line, { theme, sizes });
  }
  captionCurves(x, beyond);
}

function drawScales(context, x, height) {
  const { view, panel, axis, theme, sizes } = x;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const room = (panel.bottom - panel.top) / (1.6 * sizes.small);
  for (const tick of decadeTicks(view.decades, room)) {
    const y = Math.round(panel.y(tick)) + 0.5;
    segment(context, axis.left, y, axis.right, y, tick === 0 ? theme.faint : theme.hair);
    context.fillStyle = theme.muted;
    context.fillText(tenTo(tick), axis.left - 7, y);
  }
  segment(context, axis.left, panel.bottom + 0.5, axis.right, panel.bottom + 0.5, theme.faint);
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  for (const t of timeTicks(view.steps, (axis.right - axis.left) / (4.2 * sizes.small))) {
    const words = t === 0 ? "t = 1" : String(t + 1);
    const half = context.measureText(words).width / 2;
    context.fillText(words, clamp(axis.centre(t), axis.left + half, axis.right - half), height - 4);
  }
}

function drawNorms(context, { view, panel, axis, inks, sizes }, { gradient, at }) {
  const { top, bottom } = panel;
  context.save();
  context.beginPath();
  context.rect(axis.left, top - 2, axis.right - axis.left, bottom - top + 4);
  context.clip();
  context.strokeStyle = inks[at].line;
  context.lineWidth = 2.3 * sizes.scale;
  context.lineJoin = context.lineCap = "round";
  context.beginPath();
  let pen = false;
  for (let t = 0; t < view.steps; t++) {
    const drawn = Number.isFinite(gradient[t]);
    const [px, py] = [panel.at(t), drawn ? panel.y(gradient[t]) : 0];
    if (drawn && pen) context.lineTo(px, py);
    if (drawn && !pen) {
      context.moveTo(px, py);
      context.lineTo(px + 0.01, py); // a single point shows as a dot
    }
    pen = drawn;
  }
  context.stroke();
  context.restore();
}

/* A network's sign now and then on its curve: no curve is told by colour alone. */
function drawSignsOn(context, { view, panel, theme, sizes }, { gradient, at }, colour) {
  const wide = panel.right - panel.left;
  const count = Math.max(1, Math.round(wide / SIGNS_APART));
  const [low, high] = view.decades;
  for (let place = 0; place < count; place++) {
    const t = panel.lagAt(panel.left + ((place + (at + 0.5) / 3) / count) * wide);
    if (!(gradient[t] >= low && gradient[t] <= high)) continue;
    drawSign(context, at, panel.at(t), panel.y(gradient[t]), 3.4 * sizes.scale, colour, theme.ground);
  }
}

function captionCurves({ parts, view }, beyond) {
  const { legend, how } = parts.gradient;
  const flagged = [1, 2, 3].filter((flag) => view.networks.some(({ flags }) => flags.includes(flag)));
  const counts = (flag) => view.networks
    .map(({ flags, name }) => [name, flags.reduce((sum, each) => sum + (each === flag), 0)])
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`).join(", ");
  legend.replaceChildren(...view.networks.map(nameTag), ...flagged.map((flag) => {
    return el("span", { class: "flag", text: `${FLAG_SIGNS[flag]} ${FLAG_WORDS[flag]}: ${counts(flag)}` });
  }));
  how.textContent = "How strongly the loss feels each step; one absolute log scale." +
    (beyond ? " ▲ ▼ the curve goes on beyond the axis." : "");
}

/** Draws the cursor and each network's sign at it. */
export function overlayCurves({ view, panel, axis, theme, sizes, state, inks, parts, curvesTall }) {
  const context = sized(parts.gradient.overlay, sizes.main, curvesTall);
  context.globalAlpha = 0.55;
  markColumn(context, axis, state.cursor, panel.top - 4, panel.bottom - panel.top + 8, theme);
  context.globalAlpha = 1;
  const [low, high] = view.decades;
  for (const { gradient, at } of view.networks) {
    const value = gradient[state.cursor];
    if (!(value >= low && value <= high)) continue;
    const [px, py] = [panel.at(state.cursor), panel.y(value)];
    drawSign(context, at, px, py, 4.8 * sizes.scale, inks[at].line, theme.ground);
  }
}
