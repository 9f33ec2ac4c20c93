// The component's elements, made once per mount. Words only; no numbers.
import { colourBar, el, select, stage, symbol } from "../shared/dom.js";
import { detailBox } from "./details.js";
import { BACK_PACE, SPEEDS } from "./forward.js";

const SPEED_OPTIONS = SPEEDS.map((speed) => [String(speed), `${speed} a second`]);

function headline() {
  const title = el("p", { class: "title" });
  const sign = el("span", { class: "sign", "aria-hidden": "true" });
  const verdict = el("span", { class: "words" });
  const pill = el("span", { class: "pill", "data-testid": "verdict" }, [sign, verdict]);
  const reason = el("span", { class: "reason" });
  const loss = el("span", { class: "reason" });
  const box = el("header", { class: "headline" }, [title, pill, reason, loss]);
  return { box, title, sign, verdict, pill, reason, loss };
}

function strip() {
  const tokens = el("div", { class: "tokens passage", dir: "auto", "data-testid": "strip" });
  const play = el("button", { type: "button", class: "play", "aria-label": "Play" });
  const step = el("button", { type: "button", text: "Step", title: "Read one step (key .)" });
  const speed = select(
    `Steps a second; the gradient runs back ${BACK_PACE} times as fast`, SPEED_OPTIONS,
  );
  const colour = select("Colour of the text", []);
  const bar = colourBar();
  const how = el("p", { class: "how" });
  const row = el("div", { class: "row" }, [play, step, speed, colour, bar.scale, how]);
  return { ...bar, box: el("section", {}, [tokens, row]), tokens, play, step, speed, colour, how };
}

function diagram() {
  const heading = el("h3");
  const weights = {};
  const legend = el("span", { class: "legend" });
  for (const [key, words] of [["xh", "input"], ["hh", "recurrent"], ["hq", "output"]]) {
    weights[key] = el(
      "button",
      { type: "button", class: `weight ${key}`, "aria-pressed": "false",
        "aria-label": `Show all copies of the ${words} weights W_${key}` },
      [symbol("W", key), ` ${words}`],
    );
    legend.append(weights[key]);
  }
  const flow = {};
  const toggle = el("span", { class: "toggle", role: "group", "aria-label": "Edges show" });
  const ways = [["forward", "signal forward →"], ["gradient", "← gradient back"]];
  for (const [key, words] of ways) {
    flow[key] = el("button", { type: "button", text: words });
    toggle.append(flow[key]);
  }
  const canvas = el("canvas", {
    role: "img", "aria-label": "The network unrolled over the text", "data-testid": "diagram",
  });
  const how = el("p", { class: "how" });
  const row = el("div", { class: "row" }, [heading, legend, toggle]);
  const moving = motion();
  const below = el("div", { class: "row" }, [moving.box, how]);
  const box = el("section", {}, [row, canvas, below]);
  return { ...moving, box, heading, weights, flow, canvas, how };
}

/* What folds the network, runs the gradient back from a loss, and cuts its way. */
function motion() {
  const fold = el("button", { type: "button", class: "fold", title: "Fold or unfold (key u)" });
  const backward = el("button", {
    type: "button", class: "backward", title: "The gradient's way back from the loss (key b)",
  });
  const origin = stepsField("origin", "loss at t", "off",
    "Step whose loss alone the gradient is of; empty for the loss chosen beside the page",
    "The loss whose gradient is shown and runs back, alone (key l: the one at the cursor)");
  const window = stepsField("window", "window k", "off",
    "Truncation window k, in steps; empty for none",
    "Truncation window k, in steps (key k): where truncated backpropagation would cut");
  const labels = [origin, window].map(({ label }) => label);
  const box = el("span", { class: "motion" }, [fold, backward, ...labels]);
  return { box, fold, backward, origin: origin.input, window: window.input };
}

/* A field for a number of steps, which may be empty. */
function stepsField(key, words, placeholder, name, title) {
  const input = el("input", {
    type: "number", min: "1", step: "1", placeholder, "data-testid": key, "aria-label": name, title,
  });
  return { input, label: el("label", { class: "steps" }, [el("span", { text: words }), input]) };
}

function heatmap() {
  const heading = el("h3");
  const lane = select("What the heatmap shows", []);
  const layer = select("Layer", []);
  const order = select("Order of the units", []);
  const bar = colourBar();
  const pictures = stage("Heatmap of units over time");
  pictures.overlay.setAttribute("data-testid", "heatmap");
  const how = el("p", { class: "how" });
  const row = el("div", { class: "row" }, [heading, lane, layer, order, bar.scale, how]);
  const box = el("section", {}, [row, pictures.box]);
  return { ...pictures, ...bar, box, heading, lane, layer, order, how };
}

function gradient() {
  const heading = el("h3", {}, ["Gradient ‖∂L/∂", symbol("h", "t"), "‖"]);
  const flags = el("span", { class: "flags" });
  const pictures = stage("Gradient norm per step on a log scale");
  pictures.overlay.setAttribute("data-testid", "gradient");
  const how = el("p", { class: "how" });
  const row = el("div", { class: "row" }, [heading, flags, how]);
  return { ...pictures, box: el("section", {}, [row, pictures.box]), heading, flags, how };
}

/**
 * Builds everything under one focusable group.
 * @returns an object of the elements the other files write to
 */
export function skeleton() {
  const parts = { headline: headline(), strip: strip(), diagram: diagram(), heatmap: heatmap() };
  parts.gradient = gradient();
  parts.detail = detailBox();
  parts.inspector = el("aside", { class: "inspector", "aria-label": "This step in numbers" });
  parts.main = el("div", { class: "main" }, [
    parts.diagram.box, parts.heatmap.box, parts.gradient.box,
  ]);
  parts.tip = el("div", { class: "tip", "aria-hidden": "true" });
  parts.live = el("div", { class: "hidden", "aria-live": "polite", "data-testid": "live" });
  parts.root = el(
    "div",
    {
      class: "unrolled explorer", "data-testid": "explorer", tabindex: "0", role: "group",
      "aria-label": "Explorer of the recurrent network, step by step. Arrow keys move the " +
        "time cursor, shift and arrow ten steps, up and down choose a unit, space plays, dot reads " +
        "one step, plus and minus set the speed, u folds the network or unfolds it, b runs the " +
        "gradient back, l takes the loss at the cursor alone, k goes to the truncation window, " +
        "escape ends a run.",
      "aria-keyshortcuts": "ArrowLeft ArrowRight Home End PageUp PageDown Space ArrowUp " +
        "ArrowDown . + - u b l k Escape",
    },
    [
      parts.headline.box, parts.strip.box,
      el("div", { class: "body" }, [parts.main, parts.inspector]), parts.tip, parts.live,
    ],
  );
  return parts;
}
