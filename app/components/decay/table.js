// The legend: which curve is which, its number at the cursor, and the buttons that switch it off.
import { el } from "../shared/dom.js";
import { grouped } from "../shared/words.js";
import { FLAG_SIGNS } from "./flags.js";
import { dashOf, signOf } from "./ink.js";
import {
  decadesApart, firstVisible, flagCounts, lagRead, measuredText, predictedText, theoryWords,
  verdictWords,
} from "./reading.js";
import { svg } from "./skeleton.js";

/** Makes the rows anew, when other networks or theories came; else their nodes stay. */
export function buildTable(x) {
  const { view, parts } = x;
  const shape = JSON.stringify([
    view.networks.map(({ key, name }) => [key, name]),
    view.theories.map(({ key, label, kind }) => [key, label, kind]),
  ]);
  if (shape === x.shape) return;
  x.shape = shape;
  parts.table.style.setProperty("--count", String(view.networks.length));
  x.heads = view.networks.map(head);
  x.at = el("th", { scope: "col", class: "at" });
  x.rows = [row(view, null), ...view.theories.map((theory) => row(view, theory))];
  parts.table.replaceChildren(
    el("caption", { class: "hidden", text: "The curves, with their values at the cursor" }),
    el("thead", {}, [el("tr", {}, [x.at, ...x.heads.map(({ node }) => node)])]),
    el("tbody", {}, x.rows.map(({ node }) => node)),
  );
}

function head(network) {
  const sign = el("span", { class: "sign", "aria-hidden": "true", text: signOf(network.at) });
  const button = el("button", {
    type: "button", class: "switch", "data-key": network.key, "data-testid": "decay-switch",
    title: "Switch this network off or on",
  }, [sign, el("bdi", { text: network.name })]);
  const word = el("span", { class: "word", "data-testid": "decay-word" });
  const text = el("span", { class: "said" });
  const flags = el("span", { class: "flags", "data-testid": "decay-flags" });
  const node = el("th", { scope: "col", "data-network": network.key }, [button, word, text, flags]);
  return { node, button, sign, word, text, flags };
}

function row(view, theory) {
  const swatch = svg("svg", {
    class: "swatch", viewBox: "0 0 46 8", "aria-hidden": "true",
  }, [svg("line", {
    x1: 1, y1: 4, x2: 45, y2: 4, "stroke-width": theory ? 2.4 : 4,
    "stroke-dasharray": theory ? dashOf(theory.at).join(" ") : "none",
  })]);
  const words = theory
    ? [el("b", { class: "letter", text: theory.letter }), el("bdi", { text: theory.label }),
      el("span", { class: "kind", text: theory.kind })]
    : [el("span", { text: "measured" })];
  const button = theory && el("button", {
    type: "button", class: "switch", "data-key": theory.key, "data-testid": "decay-switch",
    title: "Switch this curve off or on",
  }, [swatch, ...words]);
  const name = button ?? el("span", { class: "switch plain" }, [swatch, ...words]);
  const cells = view.networks.map(({ key }) => {
    const number = el("b", { class: "number" });
    const apart = el("span", { class: "apart" });
    const node = el("td", {
      "data-testid": "decay-value", "data-network": key, "data-theory": theory?.key ?? "",
    }, [number, apart]);
    return { node, number, apart };
  });
  const node = el("tr", { "data-row": theory?.key ?? "" }, [
    el("th", { scope: "row" }, [name]), ...cells.map((each) => each.node),
  ]);
  return { node, button, cells, theory };
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Writes verdicts, flags and what is switched off; when data or choice changed. */
export function writeHeads(x) {
  const { view, hidden, inks } = x;
  view.networks.forEach((network, at) => {
    const { node, button, sign, word, text, flags } = x.heads[at];
    sign.style.color = inks[at].line;
    button.setAttribute("aria-pressed", String(!hidden.has(network.key)));
    node.classList.toggle("off", hidden.has(network.key));
    write(word, verdictWords(network.word));
    word.dataset.word = network.word;
    write(text, network.text);
    write(flags, flagCounts(network).map(({ flag, words }) => `${FLAG_SIGNS[flag]} ${words}`).join("; "));
  });
  for (const { node, button, theory } of x.rows) {
    if (!theory) continue;
    button.setAttribute("aria-pressed", String(!hidden.has(theory.key)));
    node.classList.toggle("off", hidden.has(theory.key));
  }
}

/** Writes the numbers at the cursor; at the last lag where there is none. */
export function writeValues(x) {
  const { view, state, hidden } = x;
  const lag = lagRead(view, state.cursor);
  write(x.at, state.cursor < 0 ? `at the last lag, ${grouped(lag)}` : `at lag ${grouped(lag)}`);
  for (const { cells, theory } of x.rows) {
    view.networks.forEach((network, at) => {
      const { node, number, apart } = cells[at];
      const own = theory && network.by[theory.key];
      if (theory && !own) {
        write(number, "");
        write(apart, "");
        return;
      }
      const value = own ? own.log10[lag] : network.measured[lag];
      write(number, own ? predictedText(value) : measuredText(network, lag));
      const away = own ? decadesApart(value, network, lag) : "";
      write(apart, away && `${away} decades`);
      node.dataset.value = String(value);
      node.classList.toggle("off", hidden.has(network.key));
    });
  }
}

/** Writes what the theory that is pointed at says of itself; else the first that is drawn. */
export function writeDetail(x) {
  const { view, parts } = x;
  const theory = view.theories.find(({ key }) => key === x.active) ?? firstVisible(view, x.hidden);
  for (const { node, theory: own } of x.rows) node.classList.toggle("lit", own && own.key === x.active);
  parts.detail.hidden = !view.theories.some(({ key }) => theoryWords(view, key).length);
  if (parts.detail.hidden) return;
  if (!theory) {
    delete parts.detail.dataset.text;
    parts.detail.replaceChildren(); // its room stays
    return;
  }
  const said = theoryWords(view, theory.key);
  const nodes = said.flatMap(({ name, words }) => [
    el("span", {}, [el("i", { text: `${name}: ` }), /[.!?]$/.test(words) ? words : `${words}.`]), " ",
  ]);
  const text = [theory.label, ...said.map(({ name, words }) => name + words)].join("\n");
  if (parts.detail.dataset.text === text) return;
  parts.detail.dataset.text = text;
  parts.detail.replaceChildren(
    el("b", {}, [el("span", { class: "letter", text: theory.letter }), ` ${theory.label}. `]),
    ...(nodes.length ? nodes : ["Nothing more is said of it."]),
  );
}
