// The function Streamlit calls at mount and again on every change of data or theme.
import { inksOf } from "../decay/ink.js";
import { timeAxis } from "../shared/axis.js";
import { adopt } from "../shared/cursor.js";
import { presentation } from "../shared/dom.js";
import { clamp } from "../shared/format.js";
import { lifecycle } from "../shared/lifecycle.js";
import { follow } from "../shared/link.js";
import { keepLines } from "../shared/tokens.js";
import { drawCurves, flagRowCount, overlayCurves } from "./curves.js";
import { colourDifference } from "./difference.js";
import { listen, listenLane, moveTo, newState } from "./events.js";
import { decodeLanes, pairOf } from "./networks.js";
import { laneHeights, laneSizes } from "./room.js";
import { laneOf, skeleton } from "./skeleton.js";
import { drawStates, overlayStates } from "./states.js";
import { buildText, markText } from "./strip.js";
import { buildTable, speakStep, writeTable } from "./table.js";

const lanesLife = lifecycle({ mount, receive, draw, leave });

/** Mounts the component, or hands it new data or a new theme. */
export default function lanesComponent(given) {
  return lanesLife(given);
}

function mount() {
  const parts = skeleton();
  const x = { root: parts.root, parts, state: newState(), patient: true };
  listen(x);
  x.markEdges = keepLines(parts.strip.tokens);
  x.onHeight = () => x.ask("all"); // the pictures are as tall as the window lets them
  window.addEventListener("resize", x.onHeight);
  x.unlink = follow(x, (step) => moveTo(x, step, false));
  return x;
}

function leave(x) {
  x.unlink();
  clearTimeout(x.resting);
  clearTimeout(x.speaking);
  window.removeEventListener("resize", x.onHeight);
}

function receive(x, sent) {
  const { state, parts } = x;
  const fresh = sent.identity !== x.view?.identity;
  const before = [state.cursor, state.order, state.pair].join();
  for (const name of ["cursor", "order", "pair"]) adopt(state, name, sent[name]);
  const old = x.view;
  if (fresh) x.view = decodeLanes(sent);
  x.view.link = sent.link;
  state.cursor = clamp(Math.round(state.cursor), 0, x.view.steps - 1);
  state.pair = pairOf(x.view, state.pair).map(({ key }) => key).join(" ");
  parts.states.box.removeAttribute("aria-busy");
  parts.states.quantity.value = x.view.quantity;
  if (fresh) takeNetworks(x, old);
  if (!fresh && before !== [state.cursor, state.order, state.pair].join()) x.ask("all");
  return fresh;
}

function takeNetworks(x, old) {
  const { view, parts } = x;
  const text = ({ inputs, kind }) => [kind, ...inputs].join("\u0000");
  if (!old || text(old) !== text(view)) buildText(x);
  const names = (of) => of?.networks.map(({ key, name }) => `${key} ${name}`).join("\u0000");
  if (names(old) !== names(view)) {
    parts.lanes = view.networks.map((network) => laneOf(network));
    parts.states.stack.replaceChildren(...parts.lanes.map(({ box }) => box));
    parts.lanes.forEach((lane, at) => listenLane(x, lane, at));
  }
  buildTable(x);
  for (const name of ["note", "how"]) {
    parts[name].textContent = view[name];
    parts[name].hidden = !view[name];
  }
}

function draw(x, wanted) {
  if (wanted.has("all")) drawAll(x);
  x.root.dataset.step = String(x.state.cursor + 1);
  markText(x);
  overlayStates(x);
  overlayCurves(x);
  writeTable(x);
  speakStep(x);
}

function drawAll(x) {
  const { view, root, width, state, theme } = x;
  x.sizes = laneSizes(width, window.innerHeight, presentation());
  dressRoot(x);
  x.inks = inksOf(view.networks, theme);
  x.axis = timeAxis(x.sizes.gutter, x.sizes.main - 2, view.steps);
  colourDifference(x);
  x.lines = null; // those of the text may break elsewhere now
  // Twice at most: captions written by the first drawing may change what they leave to the pictures.
  for (let time = 0, before = -1; time < 2 && before !== root.offsetHeight; time++) {
    before = root.offsetHeight;
    const tall = laneHeights(roomOf(x), view.networks.length, x.sizes.scale, flagRowCount(view));
    drawStates(x, tall.states);
    drawCurves(x, tall.gradient);
  }
  for (const tag of root.querySelectorAll(".name")) {
    tag.firstChild.style.color = x.inks[Number(tag.dataset.at)].line;
  }
  root.dataset.order = state.order;
  root.dataset.pair = state.pair;
  root.dataset.quantity = view.quantity;
}

function dressRoot({ root, sizes }) {
  root.classList.toggle("narrow", sizes.narrow);
  for (const name of ["base", "small", "gap"]) root.style.setProperty(`--${name}`, `${sizes[name]}px`);
  root.style.setProperty("--side", `${sizes.side}px`);
}

/* What the window leaves beside the rows of words. */
function roomOf({ parts, sizes }) {
  const rows = [...parts.root.querySelectorAll(".main .row")];
  const words = rows.reduce((sum, row) => sum + row.offsetHeight, 0);
  return sizes.tall - parts.strip.box.offsetHeight - words - 24;
}
