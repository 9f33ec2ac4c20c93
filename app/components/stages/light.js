// Which token is lit: classes and words only, so that pointing stays at the screen's own pace.
import { el } from "../shared/dom.js";
import { intoSight } from "../shared/tokens.js";
import { COLUMNS } from "./skeleton.js";
import { droppedParts, sentence, tokenParts } from "./words.js";

const HINT = "Tap or point at any token, or press an arrow key: it lights up at every stage.";
const STILL = 400; // ms without a key until a screen reader speaks

/** Shows what the state says: the lit token, its like, the readout. */
export function showLight(x) {
  const { state, view } = x;
  const lit = state.piece ? -1 : state.lit;
  if (lit >= 0) bringIntoSight(x, lit);
  for (const node of x.marked) node.classList.remove("here", "like");
  x.marked = state.piece ? [state.piece] : [];
  state.piece?.classList.add("here");
  if (lit >= 0) mark(x, lit);
  x.root.dataset.cursor = lit >= 0 ? String(lit) : "";
  x.root.dataset.pinned = String(state.pinned);
  x.parts.pin.hidden = !state.pinned;
  const parts = state.piece
    ? droppedParts(state.piece.dataset.text)
    : lit >= 0 ? tokenParts(view, lit) : [["quiet", HINT]];
  x.parts.readout.replaceChildren(
    ...parts.map(([kind, text]) => (kind ? el("span", { class: kind, text }) : text)),
  );
}

function mark(x, lit) {
  for (const [name] of COLUMNS) {
    const { byToken } = x.nodes[name];
    for (const t of x.places.get(x.view.indices[lit])) {
      for (const node of byToken[t]) {
        node.classList.add(t === lit ? "here" : "like");
        x.marked.push(node);
      }
    }
  }
}

/* Every column but the one under the pointer, whose text must not move away from it. */
function bringIntoSight(x, lit) {
  for (const [name] of COLUMNS) {
    const [node] = x.nodes[name].byToken[lit];
    if (node && name !== x.state.under) intoSight(x.parts.columns[name].box, node);
  }
}

/** Speaks the readout once the keys rest. */
export function speakSoon(x) {
  clearTimeout(x.speaking);
  x.speaking = setTimeout(() => {
    const { lit } = x.state;
    x.parts.live.textContent = lit >= 0 ? sentence(tokenParts(x.view, lit)) : "";
  }, STILL);
}
