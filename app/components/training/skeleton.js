// The component's elements, made once per mount. Words only; no numbers.
import { colourBar, el, stage } from "../shared/dom.js";

const KEYS =
  "Training step read out. Left and right arrow go to another step, with shift ten further, Home " +
  "and End to the ends; up and down choose a time step of the window; Escape lets go.";

/* One value of a legend: how it is drawn, what it is, its number. */
function value(kind, words) {
  const number = el("b", { class: "number", "data-testid": `value-${kind}` });
  const swatch = el("span", { class: `swatch ${kind}`, "aria-hidden": "true" });
  const node = el("span", { class: "value" }, [swatch, el("span", { text: words }), number]);
  return { node, number };
}

function panel(name, title, picture, values, more = []) {
  const head = el("div", { class: "head" }, [
    el("h3", { text: title }), ...values.map(({ node }) => node), ...more,
  ]);
  return el("section", { class: `panel ${name}`, "data-testid": name }, [head, picture.box]);
}

/**
 * Builds everything.
 * @returns an object of the elements the other files write to
 */
export function skeleton() {
  const sign = el("span", { class: "sign", "aria-hidden": "true" });
  const word = el("span", { class: "word", "data-testid": "state" });
  const progress = [0, 1, 2, 3].map(() => el("span"));
  const message = el("p", { class: "message", "data-testid": "message" });
  const fill = el("span", { class: "fill" });
  const bar = el(
    "div",
    {
      class: "progress", role: "progressbar", "aria-label": "Progress of the training",
      "aria-valuemin": "0",
    },
    [fill],
  );
  const status = el("header", { class: "status" }, [
    el("div", { class: "line" }, [
      el("span", { class: "pill" }, [sign, word]),
      el("span", { class: "words", "data-testid": "progress" }, progress),
    ]),
    bar,
    message,
  ]);

  const perplexity = stage("Perplexity");
  const norm = stage("Gradient norm");
  const heat = stage("Gradient norm per time step");
  perplexity.overlay.removeAttribute("aria-hidden");
  for (const [name, set] of Object.entries({
    tabindex: "0", role: "slider", "aria-label": KEYS, "data-testid": "cursor",
  })) perplexity.overlay.setAttribute(name, set);
  const values = {
    train: value("train", "training"),
    validation: value("validation", "validation"),
    before: value("before", "before clipping"),
    after: value("after", "after"),
    heat: value("heat", ""),
  };
  const scale = colourBar();
  const beyond = el("span", { class: "beyond how", hidden: "" });
  const notFinite = el("span", { class: "nan how", hidden: "", text: "grey: not finite" });
  const panels = {
    perplexity: panel("perplexity", "Perplexity", perplexity,
      [values.train, values.validation], [beyond]),
    norm: panel("norm", "Gradient norm", norm, [values.before, values.after]),
    heat: panel("heat", "Gradient at each time step", heat, [values.heat],
      [scale.scale, notFinite]),
  };
  const sampleHead = el("h3", { "data-testid": "sample-head" });
  const text = el("pre", { class: "text", tabindex: "0", "data-testid": "sample", dir: "auto" });
  text.setAttribute("aria-label", "What the network writes");
  const sample = { box: el("section", { class: "panel sample" }, [
    el("div", { class: "head" }, [sampleHead]), text,
  ]), head: sampleHead, text };
  const pictures = el("div", { class: "pictures" }, [
    panels.perplexity, panels.norm, panels.heat, sample.box,
  ]);
  const live = el("div", { class: "hidden", "aria-live": "polite", "data-testid": "live" });
  const root = el(
    "div",
    { class: "unrolled training", "data-testid": "training", role: "group",
      "aria-label": "A training run" },
    [status, pictures, live],
  );
  return {
    root, status, sign, word, progress, message, bar, fill, perplexity, norm, heat, values, scale,
    beyond, notFinite, panels, sample, pictures, live,
  };
}
