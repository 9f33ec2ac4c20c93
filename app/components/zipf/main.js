// The function Streamlit calls at mount and again on every change of data or theme.
import { adopt } from "../shared/cursor.js";
import { lifecycle } from "../shared/lifecycle.js";
import { grouped } from "../shared/words.js";
import { buildLegend, paintMarks, writeLegend } from "./legend.js";
import { drawBase, drawOverlay, layPlot } from "./plot.js";
import { listenRange, placeRange, rangeKey, shownRange } from "./range.js";
import { listenReading } from "./reading.js";
import { fitRange } from "./scales.js";
import { skeleton } from "./skeleton.js";

const SIDE_BY_SIDE = 820; // px of width from which the legend stands beside the plot

const render = lifecycle({ mount, receive, draw, leave });

/** Mounts the component, or hands it new data or a new theme. */
export default function zipfComponent(streamlit) {
  return render(streamlit);
}

function mount() {
  const parts = skeleton();
  const state = { range: null, heard: {}, sent: {} };
  const x = { root: parts.root, parts, state, read: null, stale: false };
  listenRange(x);
  listenReading(x);
  x.onHeight = () => x.ask("all"); // the picture is as tall as the window lets it
  window.addEventListener("resize", x.onHeight);
  return x;
}

function leave(x) {
  x.telling.drop();
  window.removeEventListener("resize", x.onHeight);
}

/* New curves, or only new fits, or the same data again. */
function receive(x, data) {
  const fresh = data.identity !== x.view?.identity;
  const fitted = data.fit_identity !== x.view?.fit_identity;
  const before = x.view ? rangeKey(shownRange(x)) : "";
  if (fresh) {
    x.view = { ...data, most: Math.max(1, ...data.curves.map((curve) => curve.distinct)) };
    x.read = null;
    x.parts.tip.classList.remove("shown");
    buildLegend(x);
  } else {
    x.view.range = data.range;
    x.view.fit_identity = data.fit_identity;
    if (fitted) data.curves.forEach(({ fits }, at) => (x.view.curves[at].fits = fits));
  }
  adopt(x.state, "range", rangeKey(data.range));
  x.asked = fitRange(data.range, x.view.most);
  x.ask(fitted || before !== rangeKey(shownRange(x)) ? "fits" : "range");
  return fresh;
}

function draw(x, wanted) {
  if (wanted.has("all")) layAll(x);
  const stale = rangeKey(shownRange(x)) !== rangeKey(x.asked);
  const turned = stale !== x.stale;
  x.stale = stale;
  placeRange(x);
  writeLegend(x);
  if (turned || ["all", "fits", "reading"].some((each) => wanted.has(each))) drawOverlay(x);
  Object.assign(x.root.dataset, {
    range: rangeKey(shownRange(x)), stale: String(stale), fits: x.view.fit_identity,
  });
}

function layAll(x) {
  const { root, width } = x;
  const { stage } = x.parts;
  const beside = width >= SIDE_BY_SIDE;
  const aside = beside ? Math.min(0.37 * width, 30 * x.sizes.base) : 0;
  const wide = Math.floor(width - (aside ? aside + 1.4 * x.sizes.base : 0));
  const tall = Math.round(Math.max(300, Math.min(0.7 * window.innerHeight, 0.95 * wide)));
  root.classList.toggle("beside", beside);
  root.style.setProperty("--aside", `${Math.floor(aside)}px`);
  stage.style.width = `${wide}px`;
  layPlot(x, wide, tall);
  const places = { top: x.box.top, bottom: x.box.bottom, tall: x.box.bottom - x.box.top };
  for (const [name, value] of Object.entries(places)) {
    stage.style.setProperty(`--${name}`, `${value}px`);
  }
  drawBase(x);
  paintMarks(x);
  x.parts.base.setAttribute("aria-label", pictureWords(x.view));
}

function pictureWords({ curves }) {
  const each = curves.map(({ label, distinct, counts }) => counts.length
    ? `${label}: ${grouped(distinct)} ranks, from ${grouped(counts[0])} to ` +
      `${grouped(counts[counts.length - 1])} times seen`
    : `${label}: none`);
  return `Log-log plot of rank and frequency. ${each.join("; ")}.`;
}
