// The function Streamlit calls at mount and again on every change of data or theme.
import { dress, readTheme, themeKey } from "../shared/colours.js";
import { presentation } from "../shared/dom.js";
import { significant } from "../shared/format.js";
import { follow } from "../shared/link.js";
import { keepLines } from "../shared/tokens.js";
import { captionDiagram, diagramLabel, headDiagram, runNews } from "./caption.js";
import { diagramGoal, drawDiagram, layDiagram } from "./diagram.js";
import { listen } from "./events.js";
import {
  advance, foldAsChosen, halt, moveTo, newFilm, originShown, playBack, showPlaying,
} from "./film.js";
import { drawDetail } from "./details.js";
import { drawGradient, overlayGradient } from "./gradient.js";
import { drawHeatmap, overlayHeatmap } from "./heatmap.js";
import { buildInspector, summary, tighten, writeInspector } from "./inspector.js";
import { budget, heights, plan } from "./layout.js";
import { referenceWords } from "./references.js";
import { skeleton } from "./skeleton.js";
import { CHOICES, fitTo, newState, stepsWords } from "./state.js";
import { buildStrip, colourStrip, markStrip } from "./text_strip.js";
import { extraKey, readMeta, unitOrder, unpack } from "./unpack.js";

const SIGNS = { vanishing: "↘", healthy: "✓", exploding: "↗", undecided: "?" };
const PADDING = 10; // left and right of the root together, as in shared.css
const instances = new WeakMap();

/** Mounts the component, or hands it new data or a new theme. */
export default function explorerComponent({ data, parentElement, setStateValue }) {
  let x = instances.get(parentElement);
  if (!x) {
    x = mount(parentElement);
    instances.set(parentElement, x);
  }
  x.setStateValue = setStateValue;
  receive(x, data);
  return () => unmount(x, parentElement);
}

function mount(parentElement) {
  const x = { parts: skeleton(), state: newState(), wanted: new Set(), start: null };
  x.film = newFilm();
  x.still = window.matchMedia("(prefers-reduced-motion: reduce)");
  x.ask = (what) => {
    x.wanted.add(what);
    x.frame ??= requestAnimationFrame(() => redraw(x));
  };
  parentElement.append(x.parts.root);
  x.resizer = new ResizeObserver(() => x.ask("size"));
  x.resizer.observe(x.parts.root);
  x.onWindow = () => x.ask("size");
  window.addEventListener("resize", x.onWindow);
  document.fonts?.ready.then(() => x.ask("size"));
  listen(x);
  x.markEdges = keepLines(x.parts.strip.tokens);
  showPlaying(x);
  x.unlink = follow(x, (step, written) => {
    if (step !== x.state.cursor) halt(x);
    x.ahead = written;
    x.ask("cursor");
    moveTo(x, step, false);
  });
  return x;
}

function unmount(x, parentElement) {
  x.unlink();
  clearTimeout(x.resting);
  clearTimeout(x.showing);
  clearTimeout(x.speaking);
  cancelAnimationFrame(x.frame);
  x.resizer.disconnect();
  window.removeEventListener("resize", x.onWindow);
  x.parts.root.remove();
  instances.delete(parentElement);
}

/* New data; or the same data again, after a rerun or under another theme. */
function receive(x, data) {
  const meta = readMeta(data);
  const { root, heatmap } = x.parts;
  const fresh = meta.identity !== x.view?.identity || meta.layer !== x.view?.layer;
  const { waiting } = x.film;
  if (fresh) {
    x.start = x.ahead = null;
    if (!(x.film.run?.kind === "forward" && x.film.run.moving)) halt(x);
  }
  const more = extraKey(meta) !== x.view?.extra;
  const view = fresh || more
    ? unpack(data)
    : Object.assign(x.view, choices(meta), { heard: meta.heard });
  x.view = view;
  const before = JSON.stringify(choices(x.state));
  fitTo(x.state, view);
  x.order = unitOrder(view, x.state.order);
  showMotion(x);
  x.film.waiting = waiting === x.state.origin ? waiting : null;
  if (waiting !== null && waiting === x.state.origin && waiting === originShown(view)) playBack(x);
  else if (waiting !== null) x.ask("diagram");
  const chosen = before !== JSON.stringify(choices(x.state));
  heatmap.box.removeAttribute("aria-busy");
  root.dataset.identity = view.identity;
  root.dataset.steps = String(view.steps);
  if (fresh) {
    buildStrip(x);
    buildInspector(x);
  }
  writeHeadline(x);
  heatmap.layer.value = view.layer;
  if (fresh || more || chosen || themeKey(readTheme(root)) !== x.themeKey) x.ask("all");
}

/* What Python may set without sending other content. */
function choices(of) {
  return Object.fromEntries(CHOICES.map((name) => [name, of[name]]));
}

/* The controls of what moves say what is chosen; a network that comes folded does not move. */
function showMotion(x) {
  const { strip, diagram } = x.parts;
  strip.speed.value = x.state.speed;
  for (const [input, name] of [[diagram.window, "truncate"], [diagram.origin, "origin"]]) {
    if (stepsWords(input.value, x.view.steps) !== x.state[name]) input.value = x.state[name];
  }
  diagram.origin.parentElement.hidden = !x.view.offers?.includes("origin");
  foldAsChosen(x, !x.themeKey || x.still.matches);
}

const LOSSES = {
  last: () => "at the last step",
  step: (view) => `at step ${view.loss.step + 1} alone`,
  mean: () => "over all steps",
};
const MORE = {
  last: () => "",
  step: () => " Below, its gradient; the verdict is on the last step's.",
  mean: (view) => `${referenceWords(view)} Below, the losses of all steps add up: choose “last ` +
    "step” to see the gradient that the verdict is on.",
};

function writeHeadline({ parts, view }) {
  const { title, pill, sign, verdict, reason, loss } = parts.headline;
  title.textContent = view.title;
  sign.textContent = SIGNS[view.verdict.word] ?? "?";
  verdict.textContent = view.verdict.text;
  pill.dataset.word = view.verdict.word;
  pill.title = view.verdict.reason;
  reason.textContent = view.verdict.reason;
  loss.textContent =
    `Loss ${LOSSES[view.loss.at](view)}: ${significant(view.loss.value)} nats, ` +
    `perplexity ${significant(view.loss.perplexity)}.${MORE[view.loss.at](view)}`;
}

/* One frame: only what was asked for. */
function redraw(x) {
  const wanted = x.wanted;
  x.wanted = new Set();
  x.frame = null;
  if (!x.parts.root.isConnected || x.parts.root.clientWidth === 0) {
    x.sizeKey = null; // hidden: all is drawn when it gets a width again
    return;
  }
  const moved = advance(x, performance.now());
  if (wanted.has("all") || wanted.has("size")) everything(x, wanted.has("all"));
  if (wanted.has("unit")) unitChanged(x);
  if (wanted.has("cursor")) cursorChanged(x);
  if (moved) x.slid = false;
  if (wanted.has("diagram")) drawDiagram(x, x.start);
  else slide(x);
  markPainted(x);
}

function everything(x, changed) {
  const { root, main, detail } = x.parts;
  const width = root.clientWidth - PADDING;
  const tallest = budget(window.innerHeight, topOf(root));
  const shown = presentation();
  const key = `${width} ${tallest} ${window.devicePixelRatio} ${Object.values(shown)}`;
  if (!changed && key === x.sizeKey && x.fontsDrawn) return;
  x.fontsDrawn = document.fonts ? document.fonts.status === "loaded" : true;
  x.sizeKey = key;
  x.theme = readTheme(root);
  x.themeKey = themeKey(x.theme);
  x.sizes = plan(width, tallest, shown);
  styleRoot(x);
  colourStrip(x);
  captionDiagram(x);
  drawDetail(x);
  x.writeDetail();
  const below = x.sizes.narrow ? 0 : detail.box.offsetHeight;
  const room = x.sizes.budget - (main.offsetTop - root.offsetTop) - below;
  const tall = share(x, room);
  layDiagram(x, x.sizes.main, tall.diagram);
  drawHeatmap(x, x.sizes.main, tall.heatmap);
  drawGradient(x, x.sizes.main, tall.gradient);
  x.lines = null; // the text may break elsewhere now
  x.start ??= diagramGoal(x);
  cursorChanged(x);
  drawDiagram(x, x.start);
  tighten(x);
}

/* The upper edge in the unscrolled page: what the ancestors are scrolled by is added again. */
function topOf(root) {
  let top = root.getBoundingClientRect().top;
  for (let node = root; node; node = node.parentElement ?? node.getRootNode().host) {
    top += node.scrollTop;
  }
  return top;
}

/* The canvases get what the rows of words leave. */
function share(x, room) {
  const { diagram, heatmap, gradient } = x.parts;
  const words = [diagram, heatmap, gradient].reduce((sum, { box }) => {
    const fixed = [...box.children].filter((node) => node.matches(".row, .how"));
    return sum + fixed.reduce((all, node) => all + node.offsetHeight, 0);
  }, 0);
  const between = 2 * x.sizes.gap * 0.5 + 14;
  const { scale, type, narrow } = x.sizes;
  const rest = Math.max(room - words - between, 0);
  return heights(rest, x.view.layers.length, scale * type, narrow);
}

function styleRoot({ parts, sizes, theme }) {
  const { style, classList } = parts.root;
  dress(parts.root, theme);
  classList.toggle("narrow", sizes.narrow);
  classList.toggle("presenting", sizes.presenting);
  const own = { base: `${sizes.base}px`, small: `${sizes.small}px`, gap: `${sizes.gap}px` };
  own.side = `${sizes.inspector}px`;
  for (const [name, value] of Object.entries(own)) style.setProperty(`--${name}`, value);
}

function unitChanged(x) {
  overlayHeatmap(x);
  writeInspector(x);
  drawDetail(x);
  x.writeDetail();
  if (x.state.strip === "unit") colourStrip(x);
}

function cursorChanged(x) {
  const { root, diagram, live } = x.parts;
  root.dataset.step = String(x.state.cursor + 1);
  markStrip(x);
  overlayHeatmap(x);
  overlayGradient(x);
  writeInspector(x);
  x.writeDetail();
  if (x.state.strip === "reach") colourStrip(x);
  headDiagram(x);
  x.slid = false;
  clearTimeout(x.speaking);
  x.speaking = setTimeout(() => {
    if (x.film.run?.moving) return;
    live.textContent = runNews(x) + summary(x);
    diagram.canvas.setAttribute("aria-label", diagramLabel(x));
  }, 400);
}

/* The diagram's window glides to the cursor; at once when motion is unwelcome or the way is far. */
function slide(x) {
  if (x.slid) return;
  const goal = diagramGoal(x);
  const way = goal - x.start;
  if (x.dragging === x.parts.diagram.canvas) {
    edgeOn(x);
  } else if (x.still.matches || Math.abs(way) > 1.5 * x.plan.shown || Math.abs(way) < 0.02) {
    x.start = goal;
  } else {
    x.start += 0.3 * way;
  }
  drawDiagram(x, x.start);
  x.slid = x.start === goal || x.dragging === x.parts.diagram.canvas;
  if (!x.slid) x.ask("slide");
}

/* Dragged to the window's end: the window moves on by one step. */
function edgeOn(x) {
  const { cursor } = x.state;
  const most = Math.max(0, x.view.steps - x.plan.shown);
  if (cursor <= x.start) x.start = Math.max(0, cursor - 1);
  if (cursor >= x.start + x.plan.shown - 1) x.start = Math.min(most, x.start + 1);
}

/* For measurements: set once the first frame with new data is on screen. */
function markPainted(x) {
  const { root } = x.parts;
  const { identity } = x.view;
  if (root.dataset.painted === identity || x.painting === identity) return;
  x.painting = identity;
  setTimeout(() => {
    root.dataset.painted = identity;
    performance.mark("explorer:painted", { detail: identity });
  }, 0);
}
