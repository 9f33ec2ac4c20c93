// The function Streamlit calls at mount and again on every change of data or theme.
import { table } from "../shared/colours.js";
import { clamp } from "../shared/format.js";
import { lifecycle } from "../shared/lifecycle.js";
import { drawCrosshair, listen, newState } from "./crosshair.js";
import { drawNorm, drawPerplexity } from "./curves.js";
import { decodeRun } from "./decode.js";
import { drawHeat } from "./heat.js";
import { between, rangesOf } from "./ranges.js";
import { skeleton } from "./skeleton.js";
import { writeSample, writeStatus } from "./status.js";
import { writeValues } from "./values.js";

const SLIDE = 450; // ms in which an axis grows
const HEAT_LIGHT = ["#fbeaf3", "#e6a5c8", "#b0528a", "#6b1f50", "#2c0822"];
const HEAT_DARK = ["#241621", "#57304a", "#a4527f", "#e69ac6", "#ffe6f3"];

const trainingLife = lifecycle({ mount, receive, draw, leave });

/** Mounts the component, or hands it new data or a new theme. */
export default function trainingComponent(given) {
  return trainingLife(given);
}

function mount() {
  const parts = skeleton();
  const x = { root: parts.root, parts, state: newState(), plans: {}, ranges: null, said: null };
  x.still = window.matchMedia("(prefers-reduced-motion: reduce)");
  listen(x);
  x.onHeight = () => x.ask("all"); // the pictures are as tall as the window lets them
  window.addEventListener("resize", x.onHeight);
  return x;
}

function leave(x) {
  window.removeEventListener("resize", x.onHeight);
}

/* Twice a second the whole view. Only another run is new; of the same one the pictures go on. */
function receive(x, sent) {
  const view = decodeRun(sent);
  const fresh = view.run !== x.view?.run;
  if (!fresh && view.identity === x.view.identity) return false;
  const taller = Boolean(view.message) !== Boolean(x.view?.message);
  const other = Boolean(view.per_step) !== Boolean(x.view?.per_step);
  x.view = view;
  if (fresh) {
    Object.assign(x.state, newState());
    x.goal = x.ranges = rangesOf(view);
    x.slide = null;
  } else {
    grow(x, rangesOf(view, x.goal));
  }
  x.ask("data");
  return fresh || taller || other;
}

/* Axes slide to where they go, from where they are just now. */
function grow(x, goal) {
  const same = JSON.stringify(goal) === JSON.stringify(x.goal);
  x.goal = goal;
  if (same) return;
  x.slide = x.still.matches ? null : { from: x.ranges, since: performance.now() };
  if (!x.slide) x.ranges = goal;
}

function slideOn(x) {
  if (!x.slide) return;
  const share = (performance.now() - x.slide.since) / SLIDE;
  x.ranges = between(x.slide.from, x.goal, Math.max(share, 0));
  if (share >= 1) x.slide = null;
  else x.ask("pictures");
}

function draw(x, wanted) {
  const { view, parts } = x;
  if (wanted.has("all") || wanted.has("data")) {
    writeStatus(x);
    writeSample(x);
    Object.assign(x.root.dataset, { state: view.running, step: String(view.step), run: view.run });
  }
  if (wanted.has("all")) layAll(x);
  const pictures = ["all", "data", "pictures"].some((each) => wanted.has(each));
  if (pictures) {
    slideOn(x);
    const { upper, lower, wide, side } = x.lay;
    drawPerplexity(x, wide, upper);
    drawNorm(x, side, upper);
    if (view.per_step) drawHeat(x, wide, lower, wide - x.plans.perplexity.right);
    parts.panels.heat.dataset.range = x.ranges.heat.join();
  }
  writeValues(x);
  drawCrosshair(x);
}

/* Sizes: the pictures share what the window leaves, two rows of them; one below the other where
   it is narrow. */
function layAll(x) {
  const { parts, view, theme, sizes, width, root } = x;
  theme.heat = table(theme.dark ? HEAT_DARK : HEAT_LIGHT, theme.nan);
  const narrow = width < 720;
  parts.panels.heat.hidden = !view.per_step;
  if (!view.per_step) x.plans.heat = null;
  root.classList.toggle("flat", !view.per_step);
  const gap = Math.round(1.3 * sizes.base);
  const wide = narrow ? width : Math.round(0.57 * (width - gap));
  const side = narrow ? width : width - gap - wide;
  const heads = narrow ? 0 : 2 * 2.1 * sizes.base + gap;
  const whole = clamp(0.78 * window.innerHeight, 480, 1200);
  const free = whole - parts.status.offsetHeight - heads;
  const upper = narrow ? 230 : Math.round((view.per_step ? 0.54 : 0.66) * free);
  const lower = narrow ? 190 : Math.round(free - upper);
  x.lay = { upper, lower, wide, side };
  const places = { wide: `${wide}px`, side: `${side}px`, lower: `${lower}px`, gap: `${gap}px` };
  for (const [name, value] of Object.entries(places)) root.style.setProperty(`--${name}`, value);
}
