// The four columns' contents: running text in pieces, and chips.
import { el } from "../shared/dom.js";
import { alone } from "../shared/signs.js";
import { flowing } from "../shared/tokens.js";

/* One span a piece; what became a token knows its place, what was dropped knows its words. */
function flow(pieces, view) {
  const byToken = view.tokens.map(() => []);
  const nodes = pieces.map(([text, token, length]) => {
    const node = el("span", { class: "piece", "data-t": String(token) });
    if (token < 0) {
      node.dataset.text = text.slice(0, 200);
      node.classList.add("dropped");
      node.append(...struck(flowing(text, length)));
    } else {
      node.textContent = flowing(text, length);
      byToken[token].push(node);
      if (text !== view.tokens[token]) node.classList.add("changed");
      if (view.indices[token] === view.unknown) node.classList.add("unknown");
    }
    return node;
  });
  return { nodes, byToken };
}

/* A line through what was dropped, but none through the blanks around it. */
function struck(text) {
  const parts = text.split(/([\s⏎⇥]+)/u).filter(Boolean);
  return parts.map((part) => (/^[\s⏎⇥]/u.test(part) ? part : el("s", { text: part })));
}

/*
 * Characters stand in a grid. A word's chip holds the other column's text too, unseen, and is as
 * wide as the wider of the two: so both columns break alike.
 */
function chips(texts, others, view) {
  const nodes = texts.map((text, t) => {
    const node = view.kind === "word"
      ? el("span", { class: "chip", "data-other": others[t] }, [el("span", { dir: "auto", text })])
      : el("span", { class: "chip", dir: "auto", text });
    node.dataset.t = String(t);
    if (view.indices[t] === view.unknown) {
      node.classList.add("unknown");
      node.title = `${view.unknown_name}: not in the vocabulary`;
    }
    return node;
  });
  return { nodes, byToken: nodes.map((node) => [node]) };
}

/** The nodes of every column, and those of each token: {raw, cleaned, tokens, indices}. */
export function columnNodes(view) {
  const tokens = view.tokens.map((token) => alone(token));
  const indices = view.indices.map(String);
  return {
    raw: flow(view.raw, view),
    cleaned: flow(view.cleaned, view),
    tokens: chips(tokens, indices, view),
    indices: chips(indices, tokens, view),
  };
}
