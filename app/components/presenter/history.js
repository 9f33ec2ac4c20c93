// One entry in the browser's history for each page visited and each thing the user changed.
//
// Streamlit adds an entry for every parameter that it writes into the address by itself: several
// when a page opens, one more when it is left. Then "Back" has to be pressed five times.

const TOGETHER = 100; // ms within which what the server writes is of one thing
const TOUCHES = ["keydown", "pointerdown", "input"];

/** What is known of the user and the pages. */
export function newMemory() {
  return { touched: -Infinity, opened: 0, pushed: -Infinity, leaving: false, wrote: false };
}

/**
 * Whether an address replaces the current entry instead of adding one. Pure but for `memory`.
 * @param {{touched: number, opened: number, pushed: number, leaving: boolean, wrote: boolean}}
 *   memory ms of the last key, pointer press or input, of the page's opening and of the last entry;
 *   whether a link to another page was chosen, and an address written since
 * @param {boolean} moves whether the page changes
 */
export function replaces(memory, moves, now) {
  const { leaving, wrote } = memory;
  if (moves) {
    Object.assign(memory, { leaving: false, wrote: false, opened: now });
    return leaving && wrote; // what was written on the way out becomes the new page's entry
  }
  memory.wrote = leaving;
  if (leaving) return wrote;
  const { touched, opened, pushed } = memory;
  if (touched <= opened) return true; // until somebody does something
  if (touched <= pushed && now - pushed < TOGETHER) return true; // one thing, in several writes
  memory.pushed = now;
  return false;
}

/* A press on a link that leads to another page. */
function leads(event) {
  const link = event.composedPath().find((node) => node.tagName === "A");
  return Boolean(link) && link.pathname !== window.location.pathname &&
    (event.type === "pointerdown" || event.key === "Enter");
}

/** Watches the address until the function it returns is called. */
export function watchHistory() {
  const memory = newMemory();
  const push = window.history.pushState;
  const touch = (event) => {
    memory.touched = performance.now();
    Object.assign(memory, { leaving: leads(event), wrote: false });
  };
  window.history.pushState = function pushState(state, unused, url) {
    const goal = url == null ? window.location : new URL(url, document.baseURI);
    const moves = goal.pathname !== window.location.pathname;
    const over = replaces(memory, moves, performance.now());
    return (over ? window.history.replaceState : push).call(window.history, state, unused, url);
  };
  for (const kind of TOUCHES) window.addEventListener(kind, touch, true);
  return () => {
    window.history.pushState = push;
    for (const kind of TOUCHES) window.removeEventListener(kind, touch, true);
  };
}
