// The reach picture's elements, made once per mount. Words only; no numbers.
import { el, stage } from "../shared/dom.js";

function choice(label, name, options) {
  const buttons = options.map(([value, text, title]) =>
    el("button", { type: "button", "data-value": value, "data-testid": `${name}-${value}`, text, title }),
  );
  return { box: el("span", { class: "toggle", role: "group", "aria-label": label }, buttons), buttons };
}

function legend() {
  const bar = el("span", { class: "ramp" });
  const ticks = el("span", { class: "ticks" });
  const scale = el("span", { class: "decades" }, [bar, ticks]);
  const meaning = el("span", { class: "how meaning" });
  const marks = el("span", { class: "marks" });
  const box = el("div", { class: "legend", "data-testid": "reach-legend" }, [scale, meaning, marks]);
  return { box, bar, ticks, meaning, marks };
}

function matrix() {
  const pictures = stage("Matrix of steps and earlier steps");
  pictures.overlay.setAttribute("data-testid", "reach-matrix");
  const note = el("p", { class: "how", "data-testid": "reach-note" });
  return { ...pictures, section: el("section", { class: "matrix" }, [pictures.box, note]), note };
}

function panel() {
  const heading = el("h2", { "data-testid": "reach-loss" });
  const sentence = el("p", { class: "sentence", "data-testid": "reach-sentence" });
  const numbers = el("dl", { class: "numbers", "data-testid": "reach-numbers" });
  const pin = el("p", { class: "pin", text: "row pinned · Esc frees it", hidden: "" });
  const box = el("aside", { class: "panel", "aria-label": "The row at the cursor" }, [
    heading, sentence, numbers, pin,
  ]);
  return { box, heading, sentence, numbers, pin };
}

/** Builds everything under one focusable group. */
export function skeleton() {
  const parts = { legend: legend(), matrix: matrix(), panel: panel() };
  parts.title = el("h3", { class: "title", "data-testid": "reach-title" });
  parts.how = el("p", { class: "how", "data-testid": "reach-how" });
  parts.scale = choice("Colour scale", "scale", [
    ["absolute", "absolute", "One scale for all rows and all networks"],
    ["relative", "each row by its largest", "Each row relative to its own largest number"],
  ]);
  parts.axis = choice("Horizontal axis", "axis", [
    ["step", "earlier step s", "Columns stand under each other as in the text"],
    ["lag", "lag t − s", "Columns count steps back from the row's own step"],
  ]);
  // role img: one name for a screen reader; the arrow keys read step by step
  parts.strip = el("div", {
    class: "strip passage", role: "img", dir: "auto", tabindex: "0", "data-testid": "reach-strip",
    "aria-label": "The text",
  });
  parts.live = el("div", { class: "hidden", "aria-live": "polite", "data-testid": "reach-live" });
  parts.tip = el("div", { class: "tip", "aria-hidden": "true" });
  const controls = el("div", { class: "controls" }, [
    el("span", { class: "named" }, ["colour: ", parts.scale.box]),
    el("span", { class: "named" }, ["across: ", parts.axis.box]),
  ]);
  parts.root = el(
    "div",
    {
      class: "unrolled reach", "data-testid": "reach", tabindex: "0", role: "group",
      "aria-label": "How far each step reaches back. Up and down choose the step, left and right " +
        "the earlier step, with shift ten at once; page up and down move ten steps, home and end go " +
        "to the first step and to the row's own; enter pins, escape frees.",
      "aria-keyshortcuts":
        "ArrowUp ArrowDown ArrowLeft ArrowRight PageUp PageDown Home End Enter Escape",
    },
    [
      el("div", { class: "top" }, [parts.title, controls]), parts.how, parts.strip, parts.legend.box,
      el("div", { class: "body" }, [parts.matrix.section, parts.panel.box]), parts.live, parts.tip,
    ],
  );
  return parts;
}
