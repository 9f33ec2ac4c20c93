// The text as read: one span a token, the cursor as a box.
import { el } from "../shared/dom.js";
import { visible } from "../shared/signs.js";
import { restingLines, showLine } from "../shared/tokens.js";

/** Makes the tokens' spans anew: when the text changed. */
export function buildText(x) {
  const { inputs, kind } = x.view;
  const words = kind === "word";
  const box = x.parts.strip.tokens;
  x.spans = inputs.map((token, t) => el("span", {
    class: "token", "data-t": String(t), text: token === " " ? " " : visible(token),
  }));
  box.replaceChildren(...(words ? x.spans.flatMap((span) => [span, " "]) : x.spans));
  box.classList.toggle("characters", !words);
  x.marked = x.lines = null;
}

/** Moves the cursor's box and keeps its line in sight. */
export function markText(x) {
  const span = x.spans[x.state.cursor];
  if (x.marked !== span) {
    x.marked?.classList.remove("here");
    span.classList.add("here");
    x.marked = span;
  }
  const box = x.parts.strip.tokens;
  if (!x.lines) {
    x.lines = restingLines(box, x.spans); // once: asking at each frame would lay the page out
    x.markEdges();
  }
  if (x.dragging !== box) showLine(box, x.lines, x.state.cursor);
}
