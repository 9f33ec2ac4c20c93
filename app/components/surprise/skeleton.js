// The surprise strip's elements, made once per mount. Words only; no numbers.
import { el, stage } from "../shared/dom.js";

function legend() {
  const ramp = el("span", { class: "ramp" });
  const ends = ["low", "middle", "high"].map((name) => el("span", { class: name }));
  const scale = el("span", { class: "scalebar" }, [ramp, el("span", { class: "numbers" }, ends)]);
  const signs = el("span", { class: "signs" });
  const box = el("div", { class: "legend", "data-testid": "surprise-legend" }, [scale, signs]);
  return { box, ramp, ends, signs };
}

function chart() {
  const pictures = stage("Surprise per token");
  pictures.overlay.setAttribute("data-testid", "surprise-chart");
  const mean = el("span", { class: "how", "data-testid": "surprise-mean" });
  const head = el("div", { class: "row" }, [
    el("h3", { text: "Surprise of each token, −log p in nats" }), mean,
  ]);
  return { ...pictures, section: el("section", {}, [head, pictures.box]), mean };
}

function panel() {
  const token = el("h2", { "data-testid": "surprise-token" });
  const numbers = el("p", { class: "numbers", "data-testid": "surprise-numbers" });
  const heading = el("h4", { text: "The model’s best guesses" });
  const rows = el("div", { class: "guesses", "data-testid": "surprise-guesses" });
  const pin = el("p", { class: "pin", text: "pinned · Esc frees it", hidden: "" });
  const box = el("aside", { class: "panel", "aria-label": "The token at the cursor" }, [
    token, numbers, heading, rows, pin,
  ]);
  return { box, token, numbers, heading, rows, pin };
}

function choices() {
  const words = el("p", { class: "said", "data-testid": "surprise-perplexity" });
  const axis = el("div", {
    class: "axis", role: "img", "data-testid": "surprise-choices",
    "aria-label": "Effective number of choices per token",
  });
  const head = el("div", { class: "row" }, [
    el("h3", { text: "Effective number of choices" }), words,
  ]);
  return { section: el("section", { class: "choices" }, [head, axis]), words, axis };
}

/** Builds everything under one focusable group. */
export function skeleton() {
  const parts = { legend: legend(), chart: chart(), panel: panel(), choices: choices() };
  const model = el("h3", { class: "model", "data-testid": "surprise-model" });
  parts.model = model;
  // role img: one name for a screen reader; the arrow keys read token by token
  parts.strip = el("div", {
    class: "strip", role: "img", dir: "auto", tabindex: "-1", "data-testid": "surprise-strip",
    "aria-label": "The text",
  });
  parts.live = el("div", {
    class: "hidden", "aria-live": "polite", "data-testid": "surprise-live",
  });
  const top = el("div", { class: "top" }, [model, parts.legend.box]);
  const main = el("div", { class: "main" }, [top, parts.strip, parts.chart.section]);
  parts.root = el(
    "div",
    {
      class: "unrolled surprise", "data-testid": "surprise", tabindex: "0", role: "group",
      "aria-label": "A text coloured by a model’s surprise. Arrow keys move from token to token, " +
        "shift and arrow ten tokens, enter pins, escape frees.",
      "aria-keyshortcuts": "ArrowLeft ArrowRight Home End PageUp PageDown Enter Escape",
    },
    [
      el("div", { class: "body" }, [main, parts.panel.box]), parts.choices.section, parts.live,
    ],
  );
  return parts;
}
