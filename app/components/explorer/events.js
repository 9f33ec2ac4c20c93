// Mouse, touch, keyboard and controls. Each handler changes the state and asks for a redraw.
import { stepFor } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";
import { hover, scrub, tokenUnder } from "../shared/scrub.js";
import { heardScroll } from "../shared/tokens.js";
import { choose, chooseUnit, note, noteSoon, reportSoon } from "./choosing.js";
import { bindDetails } from "./details.js";
import {
  changeSpeed, commit, halt, moveTo, play, playBack, playStep, setOrigin, setWindow, toggleFold,
} from "./film.js";
import { gradientWords } from "./gradient.js";
import { cellAt, cellWords } from "./heatmap.js";
import { diagramWords, edgeUnder, unitAt } from "./pointing.js";

/** Binds everything once per mount. */
export function listen(x) {
  const { strip, diagram, heatmap, gradient, root } = x.parts;
  bindControls(x);
  root.onkeydown = (event) => onKey(x, event);
  let unitBefore = 0;
  const does = {
    begin: () => {
      unitBefore = x.state.unit;
      halt(x);
    },
    moveTo: (step) => moveTo(x, step),
    commit: () => commit(x),
    cancel: () => chooseUnit(x, unitBefore),
  };
  scrub(x, heatmap.overlay, (px, py, event) => {
    const { t, unit } = cellAt(x, px, py);
    if (event.type === "pointerdown") chooseUnit(x, unit);
    return t;
  }, does);
  scrub(x, gradient.overlay, (px) => x.axis.stepAt(px), does);
  scrub(x, diagram.canvas, (px) => diagramStep(x, px), does);
  strip.tokens.onscroll = () => heardScroll(strip.tokens, x.lines);
  scrub(x, strip.tokens, (px, py, event) => tokenUnder(x, event), does);
  hover(x, heatmap.overlay, (px, py) => px >= x.axis.left && cellWords(x, cellAt(x, px, py)));
  hover(x, gradient.overlay, (px) => px >= x.axis.left && gradientWords(x, x.axis.stepAt(px)));
  hover(x, diagram.canvas, (px, py) => {
    light(x, unitAt(x, px, py) ? null : (edgeUnder(x, px, py)?.kind ?? null));
    return diagramWords(x, px, py);
  }, () => light(x, null));
}

function bindControls(x) {
  const { strip, diagram, heatmap } = x.parts;
  bindMotion(x);
  bindDetails(x);
  strip.colour.onchange = () => choose(x, "strip", strip.colour.value);
  heatmap.lane.onchange = () => choose(x, "lane", heatmap.lane.value);
  heatmap.order.onchange = () => choose(x, "order", heatmap.order.value);
  heatmap.layer.onchange = () => {
    if (heatmap.layer.value === x.view.layer) return;
    heatmap.box.setAttribute("aria-busy", "true");
    x.setStateValue("layer", heatmap.layer.value);
  };
  for (const [key, button] of Object.entries(diagram.flow)) {
    button.onclick = () => showEdges(x, key);
  }
  for (const [key, button] of Object.entries(diagram.weights)) {
    button.onpointerenter = button.onfocus = () => light(x, key);
    button.onpointerleave = button.onblur = () => light(x, null);
    button.onclick = () => {
      x.state.held = x.state.held === key ? null : key;
      x.ask("all");
    };
  }
}

/* What moves by itself. */
function bindMotion(x) {
  const { strip, diagram } = x.parts;
  strip.play.onclick = () => onPlay(x);
  strip.step.onclick = () => onStep(x);
  strip.speed.onchange = () => note(x, "speed", strip.speed.value);
  diagram.fold.onclick = () => toggleFold(x);
  diagram.backward.onclick = () => onBack(x);
  diagram.window.oninput = () => setWindow(x, diagram.window.value);
  diagram.origin.oninput = () => chooseOrigin(x, diagram.origin.value);
  diagram.window.onchange = () => (diagram.window.value = x.state.truncate); // what was made of it
  diagram.origin.onchange = () => (diagram.origin.value = x.state.origin);
}

/* Edges show the signal while the network reads, and the gradient while that runs back. */
function showEdges(x, key) {
  if (key === x.state.edges) return;
  if (x.film.run) halt(x);
  choose(x, "edges", key);
}

function onPlay(x) {
  if (x.film.run?.kind !== "backward" || x.film.run.ended) showEdges(x, "forward");
  play(x);
}

function onStep(x) {
  showEdges(x, "forward");
  playStep(x);
}

function onBack(x) {
  showEdges(x, "gradient");
  playBack(x);
}

/* The gradient of one loss is looked at from there. */
function chooseOrigin(x, words) {
  if (x.state.edges !== "gradient") {
    halt(x);
    noteSoon(x, "edges", "gradient");
    x.ask("all");
  }
  setOrigin(x, words);
}

/* The loss at the cursor, or, where that is chosen, the one that the sidebar says. */
function toggleOrigin(x) {
  const { origin } = x.parts.diagram;
  if (origin.parentElement.hidden) return;
  const here = String(x.state.cursor + 1);
  origin.value = x.state.origin === here ? "" : here;
  chooseOrigin(x, origin.value);
}

/* Keys of what moves by itself: whether it was one. */
function motionKey(x, key) {
  const { diagram, root } = x.parts;
  if (key === "u") toggleFold(x);
  else if (key === "b") onBack(x);
  else if (key === ".") onStep(x);
  else if (key === "+" || key === "=" || key === "-") changeSpeed(x, key === "-" ? -1 : 1);
  else if (key === "k") diagram.window.focus();
  else if (key === "l") toggleOrigin(x);
  else if (key === "Escape" && (x.film.run || x.film.waiting !== null)) halt(x);
  else return false;
  if (key !== "k") root.focus({ preventScroll: true });
  return true;
}

function light(x, key) {
  if (x.state.lit === key) return;
  x.state.lit = key;
  x.ask("diagram");
}

function onKey(x, event) {
  const target = event.composedPath()[0];
  if (event.altKey || event.ctrlKey || event.metaKey || target.tagName === "SELECT") return;
  if (target.tagName === "INPUT") {
    if (event.key === "Enter" || event.key === "Escape") x.parts.root.focus();
    return event.stopPropagation();
  }
  const step = stepFor(event.key, event.shiftKey, x.state.cursor, x.view.steps);
  if (step !== null) {
    halt(x);
    moveTo(x, step);
    reportSoon(x, "cursor");
  } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    const row = x.order.indexOf(x.state.unit) + (event.key === "ArrowDown" ? 1 : -1);
    chooseUnit(x, x.order[clamp(row, 0, x.view.units - 1)]);
  } else if (event.key === " " && target.tagName !== "BUTTON") {
    onPlay(x);
  } else if (!motionKey(x, event.key)) {
    return;
  }
  event.preventDefault();
  event.stopPropagation(); // Streamlit has shortcuts of its own
}

/* While a drag lasts the window stands still, and slides on only at its two ends. */
function diagramStep(x, px) {
  const { plan } = x;
  if (x.film.amount > 0) return null; // all steps stand in one place
  if (px < plan.left && x.dragging !== x.parts.diagram.canvas) return null;
  const place = Math.floor((px - plan.left) / plan.column + x.start);
  return clamp(place, Math.floor(x.start), Math.ceil(x.start) + plan.shown - 1);
}
