// The component's elements, made once per mount. Words only; no numbers.
import { el } from "../shared/dom.js";

const ENDS = [["low", "First rank of the fits"], ["high", "Last rank of the fits"]];
const HOW =
  "Each mark is one n-gram; rank 1 is the most frequent. On these axes a power law is a straight " +
  "line, and its slope is minus the exponent. Drag the two handles: the lines are fitted to the " +
  "ranks between them.";

function handle([name, label]) {
  const line = el("span", { class: "line" });
  const pill = el("span", { class: "pill" });
  const node = el(
    "div",
    {
      class: `handle ${name}`, role: "slider", tabindex: "0", "aria-label": label,
      "aria-orientation": "horizontal", "aria-valuemin": "1", "data-testid": `handle-${name}`,
    },
    [line, pill],
  );
  return { node, line, pill };
}

/**
 * Builds everything.
 * @returns an object of the elements the other files write to
 */
export function skeleton() {
  const shade = el("div", { class: "shade", "data-testid": "shade" });
  const base = el("canvas", {
    role: "img", "data-testid": "plot", "aria-label": "How often n-grams occur, by their rank",
  });
  const overlay = el("canvas", {
    class: "overlay", tabindex: "0", role: "application", "data-testid": "points",
    "aria-label": "Points of the plot: arrow keys read them out, up and down change the curve",
  });
  const handles = ENDS.map(handle);
  const stage = el("div", { class: "stage" }, [
    shade, base, overlay, ...handles.map(({ node }) => node),
  ]);
  const legend = el("table", { class: "legend", "data-testid": "legend" });
  const how = el("p", { class: "how", text: HOW });
  const aside = el("div", { class: "aside" }, [legend, how]);
  const tip = el("div", { class: "tip", "aria-hidden": "true", "data-testid": "tip" });
  const live = el("div", { class: "hidden", "aria-live": "polite" });
  const root = el(
    "div",
    {
      class: "unrolled zipf", "data-testid": "zipf", role: "group",
      "aria-label": "How often n-grams occur, by their rank, on logarithmic axes",
    },
    [stage, aside, tip, live],
  );
  return { root, stage, shade, base, overlay, handles, legend, how, aside, tip, live };
}
