// The component's elements, made once per mount; the rows anew when other rows came.
import { el } from "../shared/dom.js";

const HOW =
  "Each box is the network at one step. The line through the boxes is the state, which goes on " +
  "forwards; the arrows below are the gradient on its way back. Filled: what the chosen loss " +
  "reaches. Scissors: the way back is cut.";

/** Builds everything that stays. */
export function skeleton() {
  const step = el("h3", { class: "step", "data-testid": "truncation-step" });
  const pin = el("span", { class: "how pin", hidden: "", text: "pinned · Esc frees it" });
  const rows = el("div", { class: "rows" });
  const how = el("p", { class: "how", text: HOW });
  const live = el("div", {
    class: "hidden", "aria-live": "polite", "data-testid": "truncation-live",
  });
  const root = el(
    "div",
    {
      class: "unrolled truncation", "data-testid": "truncation", tabindex: "0", role: "group",
      "aria-label": "How far back the gradient of a loss reaches when it is cut. Arrow keys move " +
        "the loss, shift and arrow ten steps, enter pins it, escape frees it.",
      "aria-keyshortcuts": "ArrowLeft ArrowRight Home End PageUp PageDown Enter Escape",
    },
    [el("div", { class: "row" }, [step, pin]), rows, how, live],
  );
  return { root, step, pin, rows, live };
}

/** Builds the rows: head and picture of each. */
export function buildRows(x) {
  x.lines = x.view.rows.map((row, at) => {
    const sentence = el("span", { class: "sentence", "data-testid": "truncation-sentence" });
    const note = el("span", { class: "note", dir: "auto", text: row.note });
    const canvas = el("canvas", {
      role: "img", "data-at": String(at), "aria-label": `${row.label}. How far back it reaches`,
    });
    const head = el("div", { class: "head" }, [
      el("b", { class: "label", dir: "auto", text: row.label }), sentence, note,
    ]);
    const node = el("section", { class: "line", "data-row": row.key }, [head, canvas]);
    return { row, node, sentence, canvas };
  });
  x.parts.rows.replaceChildren(...x.lines.map(({ node }) => node));
}
