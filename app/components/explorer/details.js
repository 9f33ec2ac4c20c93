// What opens below the pictures: equations, units, a changed token. One at a time.
import { el } from "../shared/dom.js";
import { buildChange } from "./change.js";
import { choose } from "./choosing.js";
import { buildFeatures } from "./feature_list.js";
import { buildSums } from "./sums.js";

const PANELS = {
  equations: ["Equations in numbers", buildSums],
  units: ["What units follow", buildFeatures],
  change: ["Change a token", buildChange],
};

/** The elements: a row of buttons and the place for what they open. */
export function detailBox() {
  const tabs = {};
  const row = el("div", { class: "row details", role: "group", "aria-label": "Details" });
  for (const [key, [words]] of Object.entries(PANELS)) {
    tabs[key] = el("button", { type: "button", text: words, "aria-expanded": "false" });
    row.append(tabs[key]);
  }
  const panel = el("div", { class: "panel", "data-testid": "detail" });
  return { box: el("section", {}, [row, panel]), tabs, panel };
}

/** Binds the buttons; once per mount. */
export function bindDetails(x) {
  for (const [key, tab] of Object.entries(x.parts.detail.tabs)) {
    tab.onclick = () => {
      choose(x, "detail", x.state.detail === key ? "" : key);
      x.reveal = x.state.detail;
    };
  }
}

/** Makes what is open anew; after new data, another unit, layer or button. */
export function drawDetail(x) {
  const { main, detail: { box, tabs, panel } } = x.parts;
  const offered = (key) => Boolean(x.view.offers?.includes(key));
  if (!Object.keys(PANELS).some(offered)) box.remove();
  else if (!box.isConnected) main.append(box);
  for (const [key, tab] of Object.entries(tabs)) {
    tab.hidden = !offered(key);
    tab.setAttribute("aria-expanded", String(x.state.detail === key));
  }
  const open = offered(x.state.detail) ? PANELS[x.state.detail] : null;
  const made = open ? open[1](x) : { nodes: [], write: () => {} };
  panel.replaceChildren(...made.nodes);
  panel.dataset.open = open ? x.state.detail : "";
  x.writeDetail = made.write;
  if (!x.reveal) return;
  clearTimeout(x.showing);
  x.showing = setTimeout(() => box.scrollIntoView({ block: "nearest" })); // once all has its size
  if (x.view.detail === x.reveal) x.reveal = ""; // Python has answered: no more will come
}
