// The function Streamlit calls at mount and again on every change of data or theme.
import { el } from "../shared/dom.js";
import { lifecycle } from "../shared/lifecycle.js";
import { grouped } from "../shared/words.js";
import { columnNodes } from "./columns.js";
import { listen, newState } from "./events.js";
import { showLight } from "./light.js";
import { COLUMNS, skeleton } from "./skeleton.js";
import { placesOf, writtenForms } from "./words.js";

const stagesLife = lifecycle({ mount, receive, draw, leave: (x) => clearTimeout(x.speaking) });

/** Mounts the component, or hands it new data or a new theme. */
export default function stagesComponent(given) {
  return stagesLife(given);
}

function mount() {
  const parts = skeleton();
  const x = { root: parts.root, parts, state: newState(), marked: [], pointer: null };
  listen(x);
  return x;
}

function receive(x, view) {
  if (view.identity === x.view?.identity) return false;
  x.view = view;
  x.state = newState();
  x.marked = [];
  view.written = writtenForms(view);
  x.places = placesOf(view.indices);
  x.nodes = columnNodes(view);
  for (const [name] of COLUMNS) {
    const { box } = x.parts.columns[name];
    box.replaceChildren(...x.nodes[name].nodes);
    box.scrollTop = 0;
    box.dir = name === "raw" || name === "cleaned" ? "auto" : "ltr";
  }
  x.root.classList.toggle("words", view.kind === "word");
  const digits = String(view.size - 1).length;
  x.root.style.setProperty("--digits", String(Math.max(digits, 1)));
  describe(x);
  writeKey(x);
  return true;
}

/* What stands beside each heading, and what a screen reader is told of the column. */
function describe({ view, parts }) {
  const text = (pieces) => pieces.map(([piece]) => piece).join("");
  const characters = view.raw.reduce((sum, [, , length]) => sum + length, 0);
  const last = view.start + view.tokens.length;
  const about = {
    raw: `${grouped(characters)} characters`,
    cleaned: view.scheme_label,
    tokens: `${grouped(view.start + 1)} to ${grouped(last)} of ${grouped(view.total)}`,
    indices: `0 to ${grouped(view.size - 1)}`,
  };
  const said = {
    raw: `The text as written: ${text(view.raw)}`,
    cleaned: `Cleaned (${view.scheme_label}): ${text(view.cleaned)}`,
    tokens: `${view.tokens.length} tokens, ${about.tokens}`,
    indices: `Their indices, from ${about.indices}: ${view.indices.slice(0, 30).join(", ")}` +
      (view.indices.length > 30 ? " and so on" : ""),
  };
  for (const [name] of COLUMNS) {
    parts.columns[name].about.textContent = parts.columns[name].about.title = about[name];
    parts.columns[name].box.setAttribute("aria-label", said[name].slice(0, 2000));
  }
}

/* Only the signs that occur in this stretch are explained. */
function writeKey({ view, parts }) {
  const signs = [
    ["dropped", "dropped", parts.root.querySelector(".box .dropped s")],
    ["changed", "changed by the cleaning", parts.root.querySelector(".box .changed")],
    ["unknown", `${view.unknown_name}: not in the vocabulary`, view.indices.includes(view.unknown)],
    ["like", "the same index again", true],
  ];
  parts.key.replaceChildren(
    ...signs.filter(([, , occurs]) => occurs).map(([kind, words]) =>
      el("span", {}, [sample(kind), ` ${words}`])),
  );
}

function sample(kind) {
  const inner = el(kind === "dropped" ? "s" : "span", { text: "text" });
  return el("span", { class: `piece ${kind}` }, [inner]);
}

function draw(x, wanted) {
  if (wanted.has("all") || wanted.has("light")) showLight(x);
}
