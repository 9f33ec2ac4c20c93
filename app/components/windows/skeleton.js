// The component's elements, made once per mount. Words only; no numbers.
import { el } from "../shared/dom.js";

/** What stands under the pictures, by scheme. */
export const HOW = {
  overlapping:
    "Each box is one window over the tokens above it; the next begins one token later, so that " +
    "nearly every token is read in many windows.",
  disjoint:
    "Each box is one window over the tokens above it. Windows stand side by side; a row begins at " +
    "its offset. Hatched: tokens that no window of the row reads.",
  consecutive:
    "Each row is one stream of the text. A window goes on where the one before stopped, and the " +
    "arrows carry the state from each to the next.",
};

/**
 * Builds everything.
 * @returns an object of the elements the other files write to
 */
export function skeleton() {
  const sheet = el("div", { class: "sheet", role: "rowgroup" });
  const scroller = el(
    "div",
    {
      class: "scroller", tabindex: "0", role: "grid", "data-testid": "bands",
      "aria-label": "Windows over the tokens. Arrow keys choose a window, up and down a row",
    },
    [sheet],
  );
  const sentence = el("p", {
    class: "sentence", "aria-live": "polite", dir: "auto", "data-testid": "sentence",
  });
  const detail = el("div", {
    class: "detail", role: "group", "aria-label": "The chosen window, inputs over targets",
    "data-testid": "detail",
  });
  const legend = el("p", { class: "how" });
  const how = el("p", { class: "how" });
  const root = el(
    "div",
    {
      class: "unrolled windows", "data-testid": "windows", role: "group",
      "aria-label": "How the text is cut into windows",
    },
    [scroller, how, sentence, detail, legend],
  );
  return { root, scroller, sheet, sentence, detail, how, legend };
}

const SVG = "http://www.w3.org/2000/svg"; // a name, nothing is asked there

/** Makes an SVG element. */
export function svg(tag, attributes = {}, children = []) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}
