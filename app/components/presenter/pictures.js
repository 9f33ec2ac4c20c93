// The pictures on the page: each lives in a component's shadow root.

/** The roots of all pictures that can be seen, from the top of the page. */
export function pictures() {
  const found = [];
  for (const host of document.querySelectorAll("*")) {
    const root = host.shadowRoot?.querySelector(".unrolled[tabindex='0']");
    if (root && root.getClientRects().length) found.push(root);
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
