// The stages' elements, made once per mount. Words only; no numbers.
import { el } from "../shared/dom.js";

/** Name, heading and kind of content of each column, in the order the text passes through. */
export const COLUMNS = [
  ["raw", "Raw", "flow"],
  ["cleaned", "Cleaned", "flow"],
  ["tokens", "Tokens", "chips"],
  ["indices", "Indices", "chips"],
];

function column(name, heading, kind) {
  const about = el("span", { class: "about" });
  // role img: one name for a screen reader; the arrow keys read token by token
  const box = el("div", {
    class: `box ${kind}`, role: "img", tabindex: "0", "data-column": name,
    "data-testid": `stages-${name}`, "aria-label": heading,
  });
  const head = el("header", {}, [el("h3", { text: heading }), about]);
  return { about, box, section: el("section", { class: "column" }, [head, box]) };
}

/** Builds everything under one focusable group. */
export function skeleton() {
  const columns = {};
  for (const [name, heading, kind] of COLUMNS) columns[name] = column(name, heading, kind);
  columns.box = el("div", { class: "columns" }, COLUMNS.map(([name]) => columns[name].section));
  const readout = el("p", { class: "readout", "data-testid": "stages-readout" });
  const pin = el("span", { class: "pin", text: "pinned · Esc frees it", hidden: "" });
  const bar = el("div", { class: "bar" }, [readout, pin]);
  const key = el("p", { class: "key", "data-testid": "stages-key" });
  const live = el("div", { class: "hidden", "aria-live": "polite", "data-testid": "stages-live" });
  const root = el(
    "div",
    {
      class: "unrolled stages", "data-testid": "stages", tabindex: "0", role: "group",
      "aria-label": "A text at four stages: raw, cleaned, tokens, indices. Arrow keys move from " +
        "token to token, shift and arrow ten tokens, enter pins, escape frees.",
      "aria-keyshortcuts": "ArrowLeft ArrowRight Home End PageUp PageDown Enter Escape",
    },
    [
      bar, columns.box, key, live,
    ],
  );
  return { root, columns, readout, pin, key, live };
}
