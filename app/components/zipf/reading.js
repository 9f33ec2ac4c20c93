// Reading single points: by the pointer, and by the keys when the picture has the focus.
import { el } from "../shared/dom.js";
import { clamp } from "../shared/format.js";
import { nearestPoint, pointAfter, pointWords } from "./points.js";

const WITHIN = 26; // px from the pointer to the nearest point

/** Binds the picture once per mount. */
export function listenReading(x) {
  const { overlay, stage } = x.parts;
  stage.onpointermove = (event) => {
    if (x.dragging) return;
    const box = overlay.getBoundingClientRect();
    const found = nearestPoint(
      x.view.curves, event.clientX - box.left, event.clientY - box.top, WITHIN,
    );
    readPoint(x, found, false);
  };
  stage.onpointerleave = () => readPoint(x, null, false);
  overlay.onblur = () => readPoint(x, null, false);
  overlay.onkeydown = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") return readPoint(x, null, false);
    const after = pointAfter(event.key, event.shiftKey, x.view.curves, x.read);
    if (!after) return undefined;
    readPoint(x, after, true);
    event.preventDefault();
    event.stopPropagation(); // Streamlit has shortcuts of its own
    return undefined;
  };
}

/* Rings the point and shows its words; by keys they are also read out. */
function readPoint(x, point, aloud) {
  const known = x.read?.curve === point?.curve && x.read?.index === point?.index;
  if (known) return;
  x.read = point;
  x.ask("reading");
  const { tip, live } = x.parts;
  tip.classList.toggle("shown", Boolean(point));
  if (!point) return;
  const curve = x.view.curves[point.curve];
  const words = pointWords(x.view, point);
  tip.replaceChildren(el("b", { text: curve.label }), el("br"), words);
  placeTip(x, curve.xs[point.index], curve.ys[point.index]);
  if (aloud) live.textContent = `${curve.label}, ${words}`;
}

/* Above and right of the point where there is room, always inside the picture's width. */
function placeTip({ parts, box, sizes }, px, py) {
  const { tip, base, root } = parts;
  const away = 14 * sizes.scale;
  const [wide, tall] = [tip.offsetWidth, tip.offsetHeight];
  const from = base.getBoundingClientRect();
  const to = root.getBoundingClientRect();
  const left = clamp(px + away, 0, Math.max(0, root.clientWidth - wide - 8));
  const above = py - away - tall;
  tip.style.left = `${left + from.left - to.left}px`;
  tip.style.top = `${(above > box.top ? above : py + away) + from.top - to.top}px`;
}
