// The axis of choices: from certain over a blind guess to impossible, and where the model stands.
import { el } from "../shared/dom.js";
import { grouped } from "../shared/words.js";
import { BLIND, BREAK, choicePlace, choiceTicks } from "./choices.js";
import { choicesText, perplexityText } from "./words.js";

const at = (place) => `${100 * place}%`;

function piece(kind, from, to) {
  const node = el("span", { class: kind });
  node.style.left = at(from);
  if (to !== undefined) node.style.width = at(to - from);
  return node;
}

/* A label that leans inward near either end, so that it never sticks out. */
function label(kind, place, parts) {
  const node = el("span", { class: kind }, parts);
  node.style.left = at(place);
  node.style.transform = `translateX(-${at(place)})`;
  return node;
}

/** Writes sentence and axis anew. */
export function writeChoices(x) {
  const { view, parts, sizes } = x;
  const place = choicePlace(view.size, view.perplexity);
  const size = grouped(view.size);
  const ticks = choiceTicks(view.size, (3 * sizes.small) / x.width);
  const limits = [
    [0, "start", "1", ": every token foreseen"],
    [BLIND, "middle", `V = ${size}`, ": a blind guess"],
    [1, "last", "∞", ": one token thought impossible"],
  ];
  parts.choices.words.textContent = perplexityText(view);
  parts.choices.axis.dataset.perplexity = String(view.perplexity);
  parts.choices.axis.dataset.place = String(place);
  parts.choices.axis.setAttribute(
    "aria-label",
    `Axis of choices from 1 (every token foreseen) over V = ${size} (a blind guess) to infinity ` +
      `(one token thought impossible). ${perplexityText(view)}.`,
  );
  parts.choices.axis.replaceChildren(
    piece("line", 0, BLIND), piece("line beyond", BLIND, BREAK[0]),
    piece("line", BREAK[1], 1),
    ...BREAK.map((each) => piece("slash", each)),
    ...(place === null ? [] : marker(view, place)),
    ...limits.map(([where]) => piece("tick limit", where)),
    ...ticks.map(([, where]) => piece("tick", where)),
    ...ticks.map(([number, where]) => centred("number", where, grouped(number))),
    ...limits.map(([where, side, name, words]) => {
      const node = el("span", { class: `words ${side}` }, [el("b", { text: name }), words]);
      node.style.left = at(where);
      return node;
    }),
  );
}

function marker(view, place) {
  return [
    piece("line filled", 0, Math.min(place, BLIND)),
    ...(place > BLIND ? [piece("line beyond filled", BLIND, Math.min(place, BREAK[0]))] : []),
    ...(place === 1 ? [piece("line filled", BREAK[1], 1)] : []),
    label("value", place, [choicesText(view.perplexity)]),
    piece("needle", place),
  ];
}

function centred(kind, place, text) {
  const node = el("span", { class: kind, text });
  node.style.left = at(place);
  return node;
}
