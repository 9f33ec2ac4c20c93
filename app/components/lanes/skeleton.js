// The component's elements, made once per mount; those of a network once per set of networks.
import { signOf } from "../decay/ink.js";
import { colourBar, el, select, stage, symbol } from "../shared/dom.js";

function strip() {
  const tokens = el("div", {
    class: "tokens passage", dir: "auto", tabindex: "0", role: "group", "aria-label": "The text",
    "data-testid": "lanes-strip",
  });
  const heading = el("h3", { text: "Surprise" });
  const one = select("First network of the difference", []);
  const other = select("Second network of the difference", []);
  const minus = el("span", { class: "minus" });
  const bar = colourBar();
  const how = el("p", { class: "how" });
  const row = el("div", { class: "row" }, [heading, one, minus, other, bar.scale, how]);
  return { ...bar, box: el("section", {}, [row, tokens]), tokens, one, minus, other, how };
}

function states() {
  const heading = el("h3", { text: "Units × time" });
  const quantity = select("What the lanes show", []);
  const order = select("Order of the units", [
    ["index", "by index"],
    ["similarity", "by similarity"],
  ]);
  const bar = colourBar();
  const how = el("p", { class: "how" });
  const row = el("div", { class: "row" }, [heading, quantity, order, bar.scale, how]);
  const stack = el("div", { class: "stack" });
  return { ...bar, box: el("section", {}, [row, stack]), stack, quantity, order, how };
}

function gradient() {
  const heading = el("h3", {}, ["Gradient ‖∂L/∂", symbol("h", "t"), "‖"]);
  const legend = el("span", { class: "legend" });
  const how = el("p", { class: "how" });
  const pictures = stage("Gradient norm of each network per step on one log scale");
  pictures.overlay.setAttribute("data-testid", "lanes-gradient");
  const row = el("div", { class: "row" }, [heading, legend, how]);
  return { ...pictures, box: el("section", {}, [row, pictures.box]), legend, how };
}

/** One network's sign and name, in its colour once the theme is known. */
export function nameTag({ at, name }) {
  const sign = el("span", { class: "sign", "aria-hidden": "true", text: signOf(at) });
  const tag = el("span", { class: "name", "data-at": String(at) }, [sign, el("bdi", { text: name })]);
  return tag;
}

/** One network's lane. */
export function laneOf(network) {
  const verdict = el("span", { class: "verdict", "data-testid": "lanes-verdict" });
  const perplexity = el("span", { class: "perplexity" });
  const bar = colourBar();
  const pictures = stage(`Heatmap of the units of ${network.name} over time`);
  pictures.overlay.setAttribute("data-testid", "lanes-states");
  pictures.overlay.setAttribute("data-network", network.key);
  const row = el("div", { class: "row" }, [nameTag(network), verdict, perplexity, bar.scale]);
  const box = el("div", { class: "lane", "data-network": network.key }, [row, pictures.box]);
  return { ...pictures, ...bar, box, verdict, perplexity };
}

/**
 * Builds everything under one focusable group.
 * @returns an object of the elements the other files write to
 */
export function skeleton() {
  const parts = { strip: strip(), states: states(), gradient: gradient(), lanes: [] };
  parts.step = el("h2", { "data-testid": "lanes-step" });
  parts.table = el("table", { "data-testid": "lanes-table" });
  parts.gap = el("p", { class: "gap", "data-testid": "lanes-gap" });
  parts.note = el("p", { class: "how" });
  parts.how = el("p", { class: "how" });
  parts.tip = el("div", { class: "tip", "aria-hidden": "true" });
  parts.live = el("div", { class: "hidden", "aria-live": "polite", "data-testid": "lanes-live" });
  const side = el("aside", { class: "side", "aria-label": "This step in numbers" }, [
    parts.step, parts.table, parts.gap, parts.note, parts.how,
  ]);
  parts.main = el("div", { class: "main" }, [parts.states.box, parts.gradient.box]);
  parts.root = el(
    "div",
    {
      class: "unrolled lanes", "data-testid": "lanes", tabindex: "0", role: "group",
      "aria-label": "Networks compared step by step. Arrow keys move the time cursor, shift and " +
        "arrow ten steps, Home and End to the ends.",
      "aria-keyshortcuts": "ArrowLeft ArrowRight Home End PageUp PageDown",
    },
    [
      parts.strip.box, el("div", { class: "body" }, [parts.main, side]), parts.tip, parts.live,
    ],
  );
  return parts;
}
