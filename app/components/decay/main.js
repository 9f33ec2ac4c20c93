// The function Streamlit calls at mount and again on every change of data or theme.
import { adopt } from "../shared/cursor.js";
import { el } from "../shared/dom.js";
import { clamp } from "../shared/format.js";
import { lifecycle } from "../shared/lifecycle.js";
import { drawCrosshair } from "./crosshair.js";
import { decodeView } from "./decode.js";
import { hiddenKey, hiddenOf, listen, newState } from "./events.js";
import { inksOf } from "./ink.js";
import { drawPlot } from "./plot.js";
import { judged, labelParts, lagRead, readingWords } from "./reading.js";
import { skeleton } from "./skeleton.js";
import { buildTable, writeDetail, writeHeads, writeValues } from "./table.js";

const STILL = 700; // ms without news until a screen reader hears the verdicts

const decayLife = lifecycle({ mount, receive, draw, leave });

/** Mounts the component, or hands it new data or a new theme. */
export default function decayComponent(given) {
  return decayLife(given);
}

function mount() {
  const parts = skeleton();
  const x = { root: parts.root, parts, state: newState(), active: null, said: null };
  listen(x);
  x.onHeight = () => x.ask("all"); // the picture is as tall as the window lets it
  window.addEventListener("resize", x.onHeight);
  return x;
}

function leave(x) {
  clearTimeout(x.resting);
  clearTimeout(x.speaking);
  window.removeEventListener("resize", x.onHeight);
}

/* While a slider is dragged, new curves several times a second: all is drawn in one frame, in
   place. What the user chose stays. */
function receive(x, sent) {
  const fresh = sent.identity !== x.view?.identity;
  const { state } = x;
  const before = [state.cursor, state.hidden, state.layout].join();
  adopt(state, "cursor", sent.cursor);
  adopt(state, "hidden", hiddenKey(sent.hidden));
  adopt(state, "layout", sent.layout);
  if (fresh) x.view = decodeView(sent);
  if (state.cursor >= 0) state.cursor = clamp(state.cursor, 0, x.view.lags - 1);
  if (!fresh && before !== [state.cursor, state.hidden, state.layout].join()) x.ask("choice");
  return fresh;
}

function draw(x, wanted) {
  const { view, state, root } = x;
  const pictures = wanted.has("all") || wanted.has("choice");
  if (pictures) {
    x.hidden = new Set(hiddenOf(state.hidden));
    x.inks = inksOf(view.networks, x.theme);
    writeWords(x);
    buildTable(x);
    writeHeads(x);
    drawPlot(x);
    x.parts.marks.classList.toggle("none", !x.beyond); // its room stays: nothing may jump
    x.parts.marks.textContent = "▼ ▲ the curve goes on beyond the axis";
    speakSoon(x);
  }
  writeValues(x);
  writeDetail(x);
  drawCrosshair(x);
  writeSlider(x);
  Object.assign(root.dataset, {
    cursor: state.cursor < 0 ? "" : String(state.cursor), hidden: state.hidden,
    layout: state.layout, range: view.y_range.join(" "), beyond: String(x.beyond),
  });
}

function writeWords({ view, parts, state }) {
  const said = `${view.y_label}`;
  if (parts.title.dataset.label !== said) {
    parts.title.dataset.label = said;
    const nodes = labelParts(said).map(([text, place]) => (place ? el(place, { text }) : text));
    parts.title.replaceChildren(...nodes);
  }
  parts.toggle.hidden = view.networks.length < 2;
  for (const button of parts.layouts) {
    button.setAttribute("aria-pressed", String(button.dataset.layout === state.layout));
  }
  for (const [name, text] of [["note", view.note], ["how", view.how_to_read]]) {
    if (parts[name].textContent !== text) parts[name].textContent = text;
    parts[name].hidden = !text;
  }
}

function writeSlider({ view, parts, state, hidden }) {
  const { overlay } = parts.picture;
  const lag = lagRead(view, state.cursor);
  const words = state.cursor < 0 ? "no lag chosen" : readingWords(view, lag, hidden);
  overlay.setAttribute("aria-valuemin", "0");
  overlay.setAttribute("aria-valuemax", String(view.lags - 1));
  overlay.setAttribute("aria-valuenow", String(Math.max(state.cursor, 0)));
  if (overlay.getAttribute("aria-valuetext") !== words) overlay.setAttribute("aria-valuetext", words);
}

/* The verdicts, once they rest: not each one that a dragged slider passes. */
function speakSoon(x) {
  const words = x.view.networks.map(judged).join("; ");
  if (words === x.said) return;
  const first = x.said === null;
  x.said = words;
  clearTimeout(x.speaking);
  if (!first) x.speaking = setTimeout(() => (x.parts.live.textContent = words), STILL);
}
