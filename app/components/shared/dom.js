// Elements, canvases and the tooltip, as every component makes them. Words only; no numbers.

/**
 * Makes an element. A picture has words from its first moment, not only once it is drawn.
 * @param {string} tag
 * @param {Record<string, string>} attributes `text` becomes textContent
 * @param {(Node | string)[]} children
 */
export function el(tag, attributes = {}, children = []) {
  if (attributes.role === "img" && !attributes["aria-label"]) {
    throw new Error(`a picture without words: ${tag}`);
  }
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

/** A select with a label for screen readers; options are [value, text] pairs. */
export function select(label, options) {
  const control = el("select", { "aria-label": label, title: label });
  for (const [value, text] of options) control.append(el("option", { value, text }));
  return control;
}

/** Replaces the options of a select, only where they differ. */
export function fill(control, options, chosen) {
  const wanted = options.map(([value, text]) => `${value}\u0000${text}`).join("\u0001");
  if (control.dataset.options !== wanted) {
    control.replaceChildren(...options.map(([value, text]) => el("option", { value, text })));
    control.dataset.options = wanted;
  }
  control.value = chosen;
}

/** Two canvases on each other: a picture, and above it what moves. */
export function stage(label) {
  const base = el("canvas", { role: "img", "aria-label": label });
  const overlay = el("canvas", { class: "overlay", "aria-hidden": "true" });
  return { box: el("div", { class: "stage" }, [base, overlay]), base, overlay };
}

/** The legend of a colour scale: lowest value, colours, highest value. */
export function colourBar() {
  const low = el("span", { class: "end" });
  const ramp = el("span", { class: "ramp" });
  const high = el("span", { class: "end" });
  return { scale: el("span", { class: "scale" }, [low, ramp, high]), low, ramp, high };
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

/**
 * How the page is shown: whether the pictures are presented alone, and how many times larger than
 * its usual 16 px the page's type is.
 */
export function presentation() {
  const { documentElement: page } = document;
  return {
    presenting: page.dataset.presenting === "true",
    type: parseFloat(getComputedStyle(page).fontSize) / 16,
  };
}

/** Puts the tooltip beside the pointer, inside the root; without words it goes away. */
export function showTip(tip, root, event, words) {
  tip.classList.toggle("shown", Boolean(words));
  if (!words) return;
  tip.textContent = words;
  const box = root.getBoundingClientRect();
  const right = event.clientX - box.left > box.width - 320;
  tip.style.left = right ? "auto" : `${event.clientX - box.left + 14}px`;
  tip.style.right = right ? `${box.right - event.clientX + 14}px` : "auto";
  tip.style.top = `${event.clientY - box.top + 16}px`;
}
