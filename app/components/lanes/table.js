// The numbers at the cursor, a column for each network.
import { el } from "../shared/dom.js";
import { gapWords, headWords, rowsAt, stepWords, summaryAt } from "./reading.js";
import { nameTag } from "./skeleton.js";

const QUIET = 400; // ms without news until a screen reader hears the step

/** Makes the table anew: when networks, quantity or guesses changed. */
export function buildTable({ parts, view }) {
  const { common, heads: words } = headWords(view.networks);
  const heads = view.networks.map(({ at, name }) => el("th", { scope: "col", title: name }, [
    nameTag({ at, name: words[at] }),
  ]));
  const rows = rowsAt(view, 0).map(([key, name]) => el("tr", { "data-row": key }, [
    el("th", { scope: "row", text: name }),
    ...view.networks.map((network) => el("td", { "data-network": network.key })),
  ]));
  parts.table.replaceChildren(
    el("thead", {}, [el("tr", {}, [el("td", { class: "common", text: common }), ...heads])]), el("tbody", {}, rows),
  );
}

/** Writes the numbers of the step. */
export function writeTable({ parts, view, state }) {
  parts.step.textContent = stepWords(view, state.cursor);
  parts.gap.textContent = gapWords(view, state.pair, state.cursor);
  const [, body] = parts.table.children;
  rowsAt(view, state.cursor).forEach(([, , texts], at) => {
    const cells = body.children[at].children;
    texts.forEach((text, place) => {
      const cell = cells[place + 1];
      if (cell.textContent !== text) cell.textContent = text;
    });
  });
}

/** Says the step once it rests. */
export function speakStep(x) {
  clearTimeout(x.speaking);
  x.speaking = setTimeout(() => {
    x.parts.live.textContent = `${summaryAt(x.view, x.state.cursor)}. ${gapWords(x.view, x.state.pair, x.state.cursor)}`;
  }, QUIET);
}
