// The text as read: one span a token, the cursor as a box.
import { el } from "../shared/dom.js";
import { visible } from "../shared/format.js";
import { calm, firstLine, lineOf, linesIn } from "../shared/tokens.js";

/** Makes the tokens' spans anew: when the text changed. */
export function buildText(x) {
  const { inputs, kind } = x.view;
  const words = kind === "word";
  const box = x.parts.strip.tokens;
  x.spans = inputs.map((token, t) => el("span", {
    class: "token", "data-t": String(t), text: token === " " ? " " : visible(calm(token)),
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
  x.lines ??= measured(x, box); // once: asking at each frame would lay the page out each time
  const { tall, seen, all, rows, first } = x.lines;
  if (all <= seen || x.dragging === box) return;
  const goal = firstLine(first, seen, all, rows[x.state.cursor]);
  if (goal === first) return;
  x.lines.first = goal;
  box.scrollTop = goal * tall;
}

/* The lines, and the one of each token. Where they broke elsewhere before, the box rests anew. */
function measured(x, box) {
  const lines = linesIn(box);
  const first = Math.round(box.scrollTop / lines.tall);
  box.scrollTop = first * lines.tall;
  x.markEdges();
  return { ...lines, rows: x.spans.map((each) => lineOf(lines, each)), first };
}
