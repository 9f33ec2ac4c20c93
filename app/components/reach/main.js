// The function Streamlit calls at mount and again on every change of data or theme.
import { adopt } from "../shared/cursor.js";
import { clamp } from "../shared/format.js";
import { lifecycle } from "../shared/lifecycle.js";
import { keepLines } from "../shared/tokens.js";
import { decoded } from "./decode.js";
import { leave, listen, lossStep, newState, sourceStep } from "./events.js";
import { writeLegend } from "./legend.js";
import { drawMatrix } from "./matrix.js";
import { overlayMatrix } from "./overlay.js";
import { writePanel } from "./panel.js";
import { fallsOf } from "./reading.js";
import { skeleton } from "./skeleton.js";
import { buildStrip, colourStrip, dyeStrip, markStrip } from "./strip.js";

const reachLife = lifecycle({ mount, receive, draw, leave });

/** Mounts the component, or hands it new data or a new theme. */
export default function reachComponent(given) {
  return reachLife(given);
}

function mount() {
  const parts = skeleton();
  const x = { root: parts.root, parts, state: newState(), marked: {}, pointer: null };
  listen(x);
  x.markEdges = keepLines(parts.strip);
  return x;
}

function receive(x, incoming) {
  const { state } = x;
  const fresh = incoming.identity !== x.view?.identity;
  const before = [state.cursor, state.scale];
  adopt(state, "cursor", incoming.cursor);
  adopt(state, "scale", incoming.scale);
  if (state.cursor !== null) state.cursor = clamp(state.cursor, 0, incoming.tokens.length - 1);
  if (fresh) {
    x.view = decoded(incoming);
    Object.assign(x.view, fallsOf(x.view));
    state.pinned = false;
    state.source = null;
    x.parts.title.textContent = incoming.title;
    x.parts.title.style.borderColor = incoming.colour || "transparent";
    x.parts.how.textContent = incoming.how;
    buildStrip(x);
  } else if (before[1] !== state.scale) {
    x.ask("all");
  } else if (before[0] !== state.cursor) {
    x.ask("cursor");
  }
  return fresh;
}

function draw(x, wanted) {
  if (wanted.has("all")) {
    for (const name of ["scale", "axis"]) press(x.parts[name].buttons, x.state[name]);
    writeLegend(x);
    drawMatrix(x);
    dyeStrip(x);
    x.markEdges();
  }
  if (wanted.has("all") || wanted.has("cursor")) {
    const [t, s] = [lossStep(x), sourceStep(x)];
    Object.assign(x.root.dataset, {
      cursor: String(t), source: s === null ? "" : String(s), pinned: String(x.state.pinned),
      scale: x.state.scale, axis: x.state.axis,
    });
    colourStrip(x, t);
    markStrip(x, t, s);
    overlayMatrix(x, t, s);
    writePanel(x, t, s);
  }
}

function press(buttons, chosen) {
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.value === chosen));
  }
}
