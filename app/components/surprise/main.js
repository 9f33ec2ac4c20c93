// The function Streamlit calls at mount and again on every change of data or theme.
import { adopt } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";
import { lifecycle } from "../shared/lifecycle.js";
import { drawChart, overlayChart } from "./chart.js";
import { leave, listen, newState } from "./events.js";
import { buildGuesses, writePanel } from "./guesses.js";
import { writeChoices } from "./scale.js";
import { skeleton } from "./skeleton.js";
import { buildStrip, colourStrip, markStrip } from "./strip.js";
import { summaryOf } from "./words.js";

const surpriseLife = lifecycle({ mount, receive, draw, leave });

/** Mounts the component, or hands it new data or a new theme. */
export default function surpriseComponent(given) {
  return surpriseLife(given);
}

function mount() {
  const parts = skeleton();
  const x = { root: parts.root, parts, state: newState(), marked: null, pointer: null };
  buildGuesses(x);
  listen(x);
  return x;
}

function receive(x, incoming) {
  const fresh = incoming.identity !== x.view?.identity;
  const before = x.state.cursor;
  adopt(x.state, "cursor", incoming.cursor);
  x.state.cursor = clamp(x.state.cursor, 0, incoming.tokens.length - 1);
  if (fresh) {
    x.view = numbered(incoming);
    x.summary = summaryOf(x.view.surprise);
    x.state.pinned = false;
    x.parts.model.textContent = incoming.model;
    buildStrip(x);
  } else if (before !== x.state.cursor) {
    x.ask("cursor");
  }
  return fresh;
}

/* JSON has no NaN and no infinity: they came as words. */
function numbered(view) {
  view.surprise = Float64Array.from(view.surprise, Number);
  view.probability = Float64Array.from(view.probability, Number);
  view.perplexity = Number(view.perplexity);
  view.bits = view.bits === null ? null : Number(view.bits);
  return view;
}

function draw(x, wanted) {
  if (wanted.has("all")) {
    colourStrip(x);
    writeChoices(x);
    drawChart(x);
  }
  if (wanted.has("all") || wanted.has("cursor")) {
    x.root.dataset.cursor = String(x.state.cursor);
    x.root.dataset.pinned = String(x.state.pinned);
    markStrip(x);
    overlayChart(x);
    writePanel(x);
  }
}
