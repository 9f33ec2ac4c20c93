// The pictures on the page: each lives in a component's shadow root.
import { KINDS } from "./groups.js";

const READY = "[tabindex='0']"; // what can have the focus; buttons and fields have no tabindex

/**
 * All pictures that can be seen and have keys, from the top of the page.
 * @returns {{kind: string, target: HTMLElement}[]} `target` is the element that hears the keys: the
 *   component's root, or the first one in it that can have the focus
 */
export function pictures() {
  const found = [];
  for (const host of document.querySelectorAll("*")) {
    const root = host.shadowRoot?.querySelector(".unrolled");
    if (!root || !KINDS.has(root.dataset.testid) || !root.getClientRects().length) continue;
    const target = root.matches(READY) ? root : root.querySelector(READY);
    if (target) found.push({ kind: root.dataset.testid, target });
  }
  return found;
}

/** The element that has the focus, also inside a shadow root. */
export function focused() {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node;
}

/** Whether keys go into a field that takes text. */
export function typing(node) {
  return Boolean(node?.closest?.("input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable='true'], [role=textbox], [role=combobox]"));
}
