// The component's elements, made once per mount. Words only; no numbers.

/**
 * Makes an element.
 * @param {string} tag
 * @param {Record<string, string>} attributes `text` becomes textContent
 * @param {(Node | string)[]} children
 */
export function el(tag, attributes = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** W with a subscript, as elements. */
export function symbol(letter, subscript) {
  return el("span", { class: "math" }, [el("i", { text: letter }), el("sub", { text: subscript })]);
}

function select(label, options) {
  const control = el("select", { "aria-label": label, title: label });
  for (const [value, text] of options) control.append(el("option", { value, text }));
  return control;
}

function stage(label) {
  const base = el("canvas", { role: "img", "aria-label": label });
  const overlay = el("canvas", { class: "overlay", "aria-hidden": "true" });
  return { box: el("div", { class: "stage" }, [base, overlay]), base, overlay };
}

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
  const tokens = el("div", { class: "tokens", dir: "auto", "data-testid": "strip" });
  const play = el("button", { type: "button", class: "play", "aria-label": "Play" });
  const colour = select("Colour of the text", [
    ["surprise", "surprise"],
    ["gradient", "gradient norm"],
    ["unit", "chosen unit"],
  ]);
  const low = el("span", { class: "end" });
  const ramp = el("span", { class: "ramp" });
  const high = el("span", { class: "end" });
  const how = el("p", { class: "how" });
  const scale = el("span", { class: "scale" }, [low, ramp, high]);
  const row = el("div", { class: "row" }, [play, colour, scale, how]);
  return { box: el("section", {}, [tokens, row]), tokens, play, colour, low, ramp, high, how };
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
  const canvas = el("canvas", { role: "img", "data-testid": "diagram" });
  const how = el("p", { class: "how" });
  const row = el("div", { class: "row" }, [heading, legend, toggle]);
  return { box: el("section", {}, [row, canvas, how]), heading, weights, flow, canvas, how };
}

function heatmap() {
  const heading = el("h3");
  const lane = select("What the heatmap shows", []);
  const layer = select("Layer", []);
  const order = select("Order of the units", [
    ["index", "by index"],
    ["similarity", "by similarity"],
  ]);
  const low = el("span", { class: "end" });
  const ramp = el("span", { class: "ramp" });
  const high = el("span", { class: "end" });
  const scale = el("span", { class: "scale" }, [low, ramp, high]);
  const pictures = stage("Heatmap of units over time");
  pictures.overlay.setAttribute("data-testid", "heatmap");
  const how = el("p", { class: "how" });
  const row = el("div", { class: "row" }, [heading, lane, layer, order, scale, how]);
  const box = el("section", {}, [row, pictures.box]);
  return { ...pictures, box, heading, lane, layer, order, low, ramp, high, how };
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
  parts.inspector = el("aside", { class: "inspector", "aria-label": "This step in numbers" });
  parts.main = el("div", { class: "main" }, [
    parts.diagram.box, parts.heatmap.box, parts.gradient.box,
  ]);
  parts.tip = el("div", { class: "tip", "aria-hidden": "true" });
  parts.live = el("div", { class: "hidden", "aria-live": "polite", "data-testid": "live" });
  parts.root = el(
    "div",
    {
      class: "explorer", "data-testid": "explorer", tabindex: "0", role: "group",
      "aria-label": "Explorer of the recurrent network, step by step. Arrow keys move the " +
        "time cursor, shift and arrow ten steps, up and down choose a unit, space plays.",
      "aria-keyshortcuts": "ArrowLeft ArrowRight Home End PageUp PageDown Space ArrowUp ArrowDown",
    },
    [
      parts.headline.box, parts.strip.box,
      el("div", { class: "body" }, [parts.main, parts.inspector]), parts.tip, parts.live,
    ],
  );
  return parts;
}

/** Sets a canvas's size in CSS px and its pixels for the screen; returns its context. */
export function sized(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const wide = Math.max(1, Math.round(width * ratio));
  const tall = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== wide || canvas.height !== tall) {
    canvas.width = wide;
    canvas.height = tall;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Replaces the options of a select. */
export function fill(control, options, chosen) {
  const wanted = options.map(([value, text]) => `${value}\u0000${text}`).join("\u0001");
  if (control.dataset.options !== wanted) {
    control.replaceChildren(...options.map(([value, text]) => el("option", { value, text })));
    control.dataset.options = wanted;
  }
  control.value = chosen;
}
