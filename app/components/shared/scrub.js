// A pointer in a picture with a time axis: dragging moves the cursor, hovering tells.
import { showTip } from "./dom.js";

/**
 * Dragging moves the cursor; letting go tells Python. A touch that becomes a scroll is taken back.
 * @param {object} x the component; `x.dragging` is the node while a drag lasts
 * @param {HTMLElement} node what is dragged in
 * @param {(px: number, py: number, event: PointerEvent) => number | null} stepAt
 * @param {{begin?: () => boolean | void, moveTo: (step: number) => void, commit: () => void,
 *   cancel?: () => void}} does `begin` may refuse a drag with false; `cancel` takes back what else
 *   it did
 */
export function scrub(x, node, stepAt, { begin, moveTo, commit, cancel }) {
  let held = null;
  let before = 0;
  const follow = (event) => {
    const box = node.getBoundingClientRect();
    const step = stepAt(event.clientX - box.left, event.clientY - box.top, event);
    if (step !== null) moveTo(step);
  };
  node.onpointerdown = (event) => {
    if (event.button !== 0 || begin?.() === false) return;
    held = event.pointerId;
    before = x.state.cursor;
    x.dragging = node;
    node.setPointerCapture(held);
    (x.root ?? x.parts.root).focus({ preventScroll: true });
    follow(event);
    event.preventDefault();
  };
  node.onpointermove = (event) => {
    if (event.pointerId === held) follow(event);
  };
  node.onpointerup = node.onpointercancel = (event) => {
    if (event.pointerId !== held) return;
    held = null;
    x.dragging = null;
    if (event.type === "pointercancel") {
      moveTo(before);
      cancel?.();
    } else {
      commit();
    }
    x.ask("cursor");
  };
}

/** The step of the token under a pointer, also between two lines of text; null beside it. */
export function tokenUnder(x, event) {
  const ground = (x.root ?? x.parts.root).getRootNode();
  const at = (y) => ground.elementFromPoint(event.clientX, y)?.dataset?.t;
  const found = at(event.clientY) ?? at(event.clientY - 6) ?? at(event.clientY + 6);
  return found === undefined ? null : Number(found);
}

/**
 * The tooltip that follows the pointer, and goes with it.
 * @param {(px: number, py: number) => string} words "" for none
 * @param {() => void} left what else happens when the pointer leaves
 */
export function hover(x, node, words, left = () => {}) {
  const { tip, root } = x.parts;
  node.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || !x.axis) return;
    const box = node.getBoundingClientRect();
    showTip(tip, root, event, words(event.clientX - box.left, event.clientY - box.top));
  });
  node.addEventListener("pointerleave", () => {
    showTip(tip, root, null, "");
    left();
  });
}
