// Mouse and keyboard on the beam tree.
import { nodeAfter } from "./layout.js";
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
    into(x, next);
    x.parts.live.textContent = nodeSentence(x.view, next);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/* Scrolls the box, and only the box, until the node is in sight. */
function into(x, index) {
  const { scroll } = x.parts.beam;
  const { left, y } = x.at(index);
  const { wide, tall } = x.pill;
  if (left < scroll.scrollLeft) scroll.scrollLeft = left - wide;
  if (left + wide > scroll.scrollLeft + scroll.clientWidth) {
    scroll.scrollLeft = left + 2 * wide - scroll.clientWidth;
  }
  if (y - tall < scroll.scrollTop) scroll.scrollTop = y - 2 * tall;
  if (y + tall > scroll.scrollTop + scroll.clientHeight) {
    scroll.scrollTop = y + 2 * tall - scroll.clientHeight;
  }
}
