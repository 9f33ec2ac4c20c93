// The picture that stands still: axes, curves, flags and names.
import { sized } from "../shared/dom.js";
import { tenTo } from "../shared/format.js";
import { cut } from "../shared/signs.js";
import { grouped } from "../shared/words.js";
import { drawBeyond, drawFlags } from "./flags.js";
import { dashOf, drawSign, segment } from "./ink.js";
import { drawNames, gutterOf, namesIn } from "./labels.js";
import { decadeTicks, lagTicks, panels, shownNetworks } from "./plan.js";
import { judged } from "./reading.js";

const SIGN_EVERY = 90; // px between a network's signs on its curve

/** Lays the panels out and draws them; sets `x.plans` and `x.beyond`. */
export function drawPlot(x) {
  const { view, width, sizes, theme, hidden, state, parts } = x;
  const shown = shownNetworks(view, hidden);
  const alone = state.layout === "apart" && view.networks.length > 1;
  const groups = alone ? shown.map((each) => [each]) : [shown];
  if (!groups.length) groups.push([]);
  const stacked = alone && width < 720;
  const tall = tallOf(stacked);
  const context = sized(parts.picture.base, width, stacked ? tall * groups.length : tall);
  context.font = `700 ${sizes.small}px ${theme.font}`;
  const names = groups.map((each) => namesIn(view, each, hidden, alone));
  const across = (width - 4 * sizes.small) / (stacked ? 1 : groups.length);
  const gutter = gutterOf(context, names.flat(), across, sizes);
  const axis = axisRoom(context, view.y_range);
  x.plans = panels({
    across: width, tall, groups, gutter: gutter.px, axis, stacked, lags: view.lags,
    range: view.y_range, sizes,
  });
  x.pictureTall = stacked ? tall * groups.length : tall;
  x.beyond = 0;
  x.plans.forEach((panel, at) => drawPanel(context, panel, { names: names[at], gutter, alone }, x));
  parts.picture.base.setAttribute("aria-label", pictureWords(view, shown));
}

/* As tall as the window lets it, but the same whatever is drawn. */
function tallOf(stacked) {
  const free = Math.round(Math.min(Math.max(0.5 * window.innerHeight, 280), 680));
  return stacked ? Math.min(free, 280) : free;
}

function axisRoom(context, [low, high]) {
  const widest = decadeTicks([low, high], 30).map((tick) => context.measureText(tenTo(tick)).width);
  return Math.round(Math.max(...widest, 20) + 10);
}

function drawPanel(context, panel, { names, gutter, alone }, x) {
  const { sizes, theme, inks } = x;
  drawAxes(context, panel, x);
  if (alone) drawTitle(context, panel, x);
  context.save();
  context.beginPath();
  context.rect(panel.left - 4, panel.top, panel.right - panel.left + 8, panel.bottom - panel.top);
  context.clip();
  for (const network of panel.networks) {
    drawCurve(context, panel, network.measured, inks[network.at].line, 2.9 * sizes.scale);
  }
  for (const { network, theory } of names.filter((each) => each.theory)) {
    drawTheory(context, panel, network, theory, x);
  }
  context.restore();
  panel.networks.forEach((network, place) => {
    const { line } = inks[network.at];
    drawSigns(context, panel, network, line, x);
    drawFlags(context, panel, network, place, line, x);
    x.beyond += drawBeyond(context, panel, network.measured, line, x);
  });
  for (const { network, theory } of names.filter((each) => each.theory)) {
    const { log10 } = network.by[theory.key];
    x.beyond += drawBeyond(context, panel, log10, inks[network.at].theory, x);
  }
  if (!panel.networks.length) {
    context.textAlign = "center";
    context.fillStyle = theme.muted;
    const middle = (panel.left + panel.right) / 2;
    context.fillText("every network is switched off", middle, (panel.top + panel.bottom) / 2);
  }
  drawNames(context, panel, names, gutter.whole, x);
}

/** One theory's curve, dashed, on a thin halo so that it shows on the measured one. */
export function drawTheory(context, panel, network, theory, { inks, theme, sizes }, wider = 0) {
  const { log10 } = network.by[theory.key];
  const width = 1.7 * sizes.scale + wider;
  context.setLineDash(dashOf(theory.at, sizes.scale));
  drawCurve(context, panel, log10, theme.ground, width + 1.4, "butt");
  drawCurve(context, panel, log10, inks[network.at].theory, width, "butt");
  context.setLineDash([]);
}

function drawCurve(context, panel, values, colour, width, cap = "round") {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.lineCap = cap;
  context.beginPath();
  let pen = false;
  values.forEach((value, lag) => {
    const drawn = Number.isFinite(value);
    const px = panel.at(lag);
    const py = drawn ? panel.y(value) : 0;
    if (drawn && pen) context.lineTo(px, py);
    if (drawn && !pen) {
      context.moveTo(px, py);
      context.lineTo(px + 0.01, py); // a single point shows as a dot
    }
    pen = drawn;
  });
  context.stroke();
  context.lineCap = "butt";
}

/* A network's sign now and then on its curve: no curve is told by colour alone. */
function drawSigns(context, panel, network, colour, { view, theme, sizes }) {
  const [low, high] = view.y_range;
  const count = Math.max(2, Math.round((panel.right - panel.left) / SIGN_EVERY));
  const shift = (network.at + 0.5) / 3; // so that curves that lie alike show all their signs
  let before = -1;
  for (let at = 0; at < count; at++) {
    const lag = panel.lagAt(panel.left + ((at + shift) / count) * (panel.right - panel.left));
    const value = network.measured[lag];
    if (lag === before || !(value >= low && value <= high)) continue;
    before = lag;
    const size = 3.4 * sizes.scale;
    drawSign(context, network.at, panel.at(lag), panel.y(value), size, colour, theme.ground);
  }
}

function drawAxes(context, panel, { view, theme, sizes }) {
  const { left, right, top, bottom, first, row } = panel;
  context.font = `${sizes.small}px ${theme.font}`;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const power of decadeTicks(view.y_range, (bottom - top) / (1.7 * sizes.small))) {
    const y = Math.round(panel.y(power)) + 0.5;
    segment(context, left, y, right, y, power === 0 ? theme.faint : theme.hair);
    context.fillStyle = theme.muted;
    if (first) context.fillText(tenTo(power), left - 7, y);
  }
  segment(context, left + 0.5, top, left + 0.5, bottom, theme.faint);
  const floor = bottom + Math.max(1, panel.networks.length) * row + 3;
  segment(context, left, Math.round(bottom) + 0.5, right, Math.round(bottom) + 0.5, theme.faint);
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  for (const lag of lagTicks(view.lags, (right - left) / (3.4 * sizes.small))) {
    const px = Math.round(panel.at(lag)) + 0.5;
    segment(context, px, bottom, px, bottom + 4, theme.muted);
    context.fillStyle = theme.muted;
    context.fillText(grouped(lag), px, floor + 1.1 * sizes.small);
  }
  context.fillStyle = theme.text;
  context.fillText(cut(view.x_label, 60), (left + right) / 2, floor + 2.5 * sizes.small, right - left);
}

function drawTitle(context, panel, { theme, sizes, inks }) {
  const [network] = panel.networks;
  const { left, right, top, row } = panel;
  if (!network) return;
  const y = top - row - 0.85 * sizes.small;
  const size = 4.2 * sizes.scale;
  drawSign(context, network.at, left + size, y, size, inks[network.at].line, theme.ground);
  context.font = `700 ${sizes.small}px ${theme.font}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = theme.text;
  const from = left + 3.2 * size;
  context.fillText(judged({ ...network, name: cut(network.name, 40) }), from, y + 0.5, right + 20 - from);
}

function pictureWords({ lags }, shown) {
  const each = shown.map((network) => [judged(network), network.text].filter(Boolean).join(", "));
  return `Gradient norm at lag 0 to ${lags - 1}, log axis. ${each.join(". ")}`;
}
