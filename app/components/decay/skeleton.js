// The component's elements, made once per mount. Words only; no numbers.
import { el, stage } from "../shared/dom.js";

const KEYS =
  "Lag read out, in steps back. Left and right arrow go to another lag, with shift ten further, " +
  "Home and End to the ends; Escape lets go.";
const LAYOUTS = [["together", "Together"], ["apart", "Apart"]];
const SVG = "http://www.w3.org/2000/svg"; // a name, nothing is asked there

/** Makes an SVG element. */
export function svg(tag, attributes = {}, children = []) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/**
 * Builds everything.
 * @returns an object of the elements the other files write to
 */
export function skeleton() {
  const title = el("h3", { "data-testid": "decay-title" });
  const layouts = LAYOUTS.map(([value, text]) => el("button", {
    type: "button", text, "data-layout": value, "aria-pressed": "false",
  }));
  const toggle = el(
    "span", { class: "toggle", role: "group", "aria-label": "The networks' axes" }, layouts,
  );
  const picture = stage("Gradient norm against lag");
  picture.overlay.removeAttribute("aria-hidden");
  for (const [name, set] of Object.entries({
    tabindex: "0", role: "slider", "aria-valuenow": "0", "aria-label": KEYS, "data-testid": "decay-cursor",
  })) picture.overlay.setAttribute(name, set);
  const marks = el("span", { class: "how marks" });
  const table = el("table", { class: "legend", "data-testid": "decay-legend" });
  const scroller = el("div", { class: "scroller" }, [table]);
  const detail = el("p", { class: "detail", "data-testid": "decay-detail" });
  const note = el("p", { class: "note", "data-testid": "decay-note" });
  const how = el("p", { class: "how", "data-testid": "decay-how" });
  const live = el("div", { class: "hidden", "aria-live": "polite", "data-testid": "decay-live" });
  const root = el(
    "div",
    { class: "unrolled decay", "data-testid": "decay", role: "group",
      "aria-label": "Gradient norm against lag, measured and predicted" },
    [el("div", { class: "row top" }, [title, marks, toggle]), how, picture.box, scroller, detail,
      note, live],
  );
  return { root, title, toggle, layouts, picture, marks, table, detail, note, how, live };
}
