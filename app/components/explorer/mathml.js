// Equations as MathML: written as "h_t = tanh(W_xh x_t)", drawn with the colours of the weights.

const MATHML = ["http", "//www.w3.org/1998/Math/MathML"].join(":");
const WEIGHTS = ["xh", "hh", "hq"]; // classes in explorer.css
const TERM = /([A-Za-zσ]+)(?:_(?:\{([^{}]+)\}|([A-Za-z0-9]+)))?|(\d+)|(\S)/gu;

/**
 * The parts of an equation, pure: {kind: "name" | "number" | "sign", text, below}.
 * @param {string} written names with an optional subscript, "_x" or "_{t−1}", numbers and signs
 */
export function equationParts(written) {
  return Array.from(written.matchAll(TERM), ([, name, braced, plain, digits, sign]) => {
    if (name) return { kind: "name", text: name, below: braced ?? plain ?? "" };
    return { kind: digits ? "number" : "sign", text: digits ?? sign, below: "" };
  });
}

function mathNode(tag, children, name = "") {
  const made = document.createElementNS(MATHML, tag);
  made.append(...children);
  if (name) made.setAttribute("class", name);
  return made;
}

/* Brackets as tall as letters: grown ones make one line taller than the next. */
function bracket(sign) {
  sign.setAttribute("stretchy", "false");
  return sign;
}

function mathPart({ kind, text, below }) {
  if (kind === "sign") return bracket(mathNode("mo", [text]));
  if (kind === "number") return mathNode("mn", [text]);
  if (!below) return mathNode("mi", [text]);
  const colour = text === "W" && WEIGHTS.includes(below) ? below : "";
  const under = equationParts(below).map(mathPart);
  return mathNode("msub", [mathNode("mi", [text]), under.length > 1 ? mathNode("mrow", under) : under[0]], colour);
}

/** One equation as an element; W_xh, W_hh and W_hq take the colours of the diagram. */
export function equation(written) {
  return mathNode("math", [mathNode("mrow", equationParts(written).map(mathPart))], "formula");
}
