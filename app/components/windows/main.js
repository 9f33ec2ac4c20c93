// The function Streamlit calls at mount and again on every change of data or theme.
import { adopt } from "../shared/cursor.js";
import { lifecycle } from "../shared/lifecycle.js";
import { buildBands, layBands } from "./bands.js";
import { choiceKey, choiceOf, nearestChoice } from "./choice.js";
import { drawDetail } from "./detail.js";
import { listen } from "./events.js";
import { bringIntoView, markChosen } from "./marks.js";
import { HOW, skeleton } from "./skeleton.js";

const render = lifecycle({ mount, receive, draw, leave: (x) => clearTimeout(x.resting) });

/** Mounts the component, or hands it new data or a new theme. */
export default function windowsComponent(streamlit) {
  return render(streamlit);
}

function mount() {
  const parts = skeleton();
  const x = { root: parts.root, parts, chosen: null };
  x.state = { chosen: null, heard: {}, sent: {} };
  x.still = window.matchMedia("(prefers-reduced-motion: reduce)");
  listen(x);
  return x;
}

/* New windows, or the same data again with another choice. */
function receive(x, data) {
  const fresh = data.identity !== x.view?.identity;
  if (fresh) {
    x.view = data;
    buildBands(x);
    x.parts.how.textContent = HOW[data.scheme];
  }
  adopt(x.state, "chosen", choiceKey(data.chosen));
  const before = String(x.chosen);
  x.chosen = nearestChoice(x.view, choiceOf(x.state.chosen));
  if (before !== String(x.chosen)) x.ask("chosen");
  return fresh;
}

function draw(x, wanted) {
  const all = wanted.has("all");
  if (all) layBands(x);
  if (!all && !wanted.has("chosen")) return;
  markChosen(x);
  drawDetail(x);
  bringIntoView(x);
  x.root.dataset.chosen = x.chosen ? x.chosen.join(" ") : "";
}
