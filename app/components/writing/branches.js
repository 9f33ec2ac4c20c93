// Mouse and keyboard on the beam tree.
import { el } from "../shared/dom.js";
import { nodeAfter } from "./layout.js";
import { followText, nodeIntoSight, showSides } from "./tree.js";
import { nodeSentence } from "./words.js";

/** Binds everything once per mount. */
export function listenTree(x) {
  const { scroll } = x.parts.beam;
  scroll.onpointermove = scroll.onpointerdown = (event) => {
    const g = event.target instanceof Element ? event.target.closest("[data-node]") : null;
    choose(x, g ? Number(g.dataset.node) : null);
  };
  scroll.onpointerleave = () => choose(x, null);
  scroll.onkeydown = (event) => onTreeKey(x, event);
  scroll.onblur = () => choose(x, null);
  scroll.onscroll = () => showSides(x);
  x.sides = sides(scroll);
  scroll.before(x.sides.row);
  // The root says where the text's cursor is, whoever moved it.
  const watch = new MutationObserver(() => followText(x));
  watch.observe(x.root, { attributes: true, attributeFilter: ["data-cursor"] });
}

/* The buttons over the tree that say on which sides it goes on, and lead there. */
function sides(scroll) {
  const side = (text, label, way) => {
    const button = el("button", { type: "button", text, "aria-label": label });
    button.onclick = () => (scroll.scrollLeft += way * 0.8 * scroll.clientWidth);
    return button;
  };
  const [left, right] = [side("← more", "Earlier steps", -1), side("more →", "Later steps", 1)];
  return { row: el("div", { class: "sides", "data-testid": "sides" }, [left, right]), left, right };
}

function choose(x, index) {
  if (x.state.node === index) return;
  x.state.node = index;
  x.ask("node");
}

function onTreeKey(x, event) {
  if (event.altKey || event.ctrlKey || event.metaKey || !x.view.tree) return;
  const { nodes } = x.view.tree;
  const { columns } = x.tree.plan;
  if (event.key === "Escape" && x.state.node !== null) {
    choose(x, null);
  } else if (/^Arrow/.test(event.key)) {
    const next = x.state.node === null
      ? x.view.tree.best[0] ?? columns[0][0]
      : nodeAfter(event.key, nodes, columns, x.state.node) ?? x.state.node;
    choose(x, next);
    nodeIntoSight(x, next);
    x.parts.live.textContent = nodeSentence(x.view, next);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}
