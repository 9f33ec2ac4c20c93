// The chosen window in the upper picture: its frame, its columns and its two bars.
import { clamp } from "../shared/format.js";
import { box, tokensOf } from "./layout.js";

/** Lights the chosen window and puts out the one before. */
export function markChosen(x) {
  const { view, chosen, parts } = x;
  for (const node of parts.sheet.querySelectorAll('[aria-selected="true"]')) {
    node.setAttribute("aria-selected", "false");
  }
  for (const band of x.bands) band.classList.remove("lit");
  for (const { reads, guesses } of x.strips) reads.hidden = guesses.hidden = true;
  x.guide.hidden = !chosen;
  parts.scroller.removeAttribute("aria-activedescendant");
  if (!chosen) return;
  const [row, window] = chosen;
  const node = x.boxes[row][window];
  node.setAttribute("aria-selected", "true");
  x.bands[row].classList.add("lit");
  parts.scroller.setAttribute("aria-activedescendant", node.id);
  const [start, stop] = view.rows[row].windows[window];
  const { tokens, first } = tokensOf(view, row);
  const { reads, guesses, cells } = x.strips[row];
  place(reads, box([start, stop], first, tokens.length));
  place(guesses, box([start + 1, stop + 1], first, tokens.length));
  place(x.guide, box([start, stop], first, tokens.length));
  const top = offset(cells, parts.sheet);
  x.guide.style.top = `${top}px`;
  x.guide.style.height = `${offset(node, parts.sheet) - top}px`;
}

function place(node, found) {
  node.hidden = !found;
  if (!found) return;
  node.style.setProperty("--from", String(found.left));
  node.style.setProperty("--wide", String(found.wide));
  node.classList.toggle("torn-right", found.tornRight);
  node.classList.toggle("torn-left", found.tornLeft);
}

function offset(node, sheet) {
  return node.getBoundingClientRect().top - sheet.getBoundingClientRect().top;
}

/** Scrolls the picture, never the page, until the chosen window is in view. */
export function bringIntoView(x) {
  if (!x.chosen) return;
  const { scroller } = x.parts;
  const [row, window] = x.chosen;
  const node = x.boxes[row][window];
  const here = scroller.getBoundingClientRect();
  const there = node.getBoundingClientRect();
  const head = scroller.querySelector(".head")?.offsetHeight ?? 0;
  const from = here.left + x.columns.label;
  const right = Math.max(there.right - here.right + 8, 0);
  const left = Math.min(there.left - from - 8, 0);
  const down = Math.max(there.bottom - here.bottom + 24, 0);
  const up = Math.min(there.top - here.top - head - 6, 0);
  // A window wider than the view shows its beginning.
  const wide = there.width > here.right - from;
  const across = left || (wide ? Math.max(there.left - from - 8, 0) : right);
  const along = up || clamp(down, 0, Math.max(there.top - here.top - head - 6, 0));
  if (!across && !along) return;
  scroller.scrollBy({ left: across, top: along, behavior: x.still.matches ? "auto" : "smooth" });
}
