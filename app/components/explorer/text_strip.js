// The text as read: one span per token, coloured by a choice, the cursor as a box.
import { css, ink, level, ramp } from "../shared/colours.js";
import { el, fill } from "../shared/dom.js";
import { brief, tenTo } from "../shared/format.js";
import { visible } from "../shared/signs.js";
import { restingLines, showLine } from "../shared/tokens.js";
import { blindGuess, difference, namedReference, stripOptions } from "./references.js";
import { isUnread, layerIndex, surprise } from "./unpack.js";
import { changeScale, meanScale, reachScale } from "./strip_scales.js";
import { veilTokens } from "./veil.js";

/** Makes the tokens' spans anew; only when the text changed. */
export function buildStrip(x) {
  const words = x.view.kind === "word";
  const spans = x.view.inputs.map((token, t) => {
    const text = token === " " ? " " : visible(token);
    const span = el("span", { class: "token", "data-t": String(t), text });
    if (isUnread(x.view, t)) {
      span.classList.add("unread");
      span.title = "read as <unk>: not in the vocabulary of this network";
    }
    return span;
  });
  const nodes = words ? spans.flatMap((span) => [span, " "]) : spans;
  x.parts.strip.tokens.replaceChildren(...nodes);
  x.parts.strip.tokens.classList.toggle("characters", !words);
  x.spans = spans;
  x.marked = null;
  x.lines = null;
  x.veiled = x.view.steps;
}

/**
 * What the strip's colour means: per step a row of a lookup table, and words for the legend;
 * `first` is the first step that should have a number.
 */
export function stripScale(x) {
  const { view, theme, state } = x;
  if (state.strip === "unit") return unitScale(x);
  if (state.strip === "difference") return differenceScale(x);
  if (state.strip === "reach") return reachScale(x);
  if (state.strip === "change") return changeScale(x);
  if (state.strip.startsWith("mean:")) return meanScale(x);
  if (state.strip === "gradient") {
    const n = layerIndex(view);
    const span = view.decades ?? [0, 1];
    const at = (t) => view.arrays.gradient[n * view.steps + t];
    return {
      first: 0,
      lut: theme.magnitude,
      low: view.decades ? tenTo(span[0]) : "",
      high: view.decades ? tenTo(span[1]) : "",
      row: (t) => level(at(t), span[0], span[1]),
      how: "Stronger colour: larger gradient at that token (log scale); hatched: no number.",
    };
  }
  const reference = namedReference(view, state.strip);
  const most = 2 * blindGuess(view);
  return {
    first: 1,
    lut: theme.surprise, low: "0", high: `${most.toFixed(1)} nats`,
    row: (t) => level(surprise(view, t, reference?.surprise), 0, most),
    how: reference
      ? referenceHow(reference, view)
      : "Stronger colour: less expected, −log p; the middle of the scale is a blind guess.",
  };
}

function referenceHow({ label, surprise: by }, { reference_note: note }) {
  const beyond = by.includes(Infinity) ? "; ∞ in full colour" : "";
  return `A ${label}${note && ` ${note}`}, on the network’s scale${beyond}.`;
}

function differenceScale({ view, theme }) {
  const most = blindGuess(view);
  return {
    first: 1,
    lut: theme.states, low: `−${most.toFixed(1)}`, high: `${most.toFixed(1)} nats`,
    row: (t) => level(difference(view, t), -most, most),
    how: `Blue: the network expected it more than the ${view.references.at(-1).label}; orange: less.`,
  };
}

function unitScale({ view, theme, state }) {
  const lane = view.lanes.find((each) => each.key === state.lane);
  const [low, high] = lane.range;
  return {
    first: 0,
    lut: lane.scale === "unit" ? theme.gates : theme.states,
    low: brief(low), high: brief(high),
    row: (t) => level(lane.values[t * view.units + state.unit], low, high),
    how: `Colour: ${lane.label} of unit ${state.unit + 1}, the row marked in the heatmap.`,
  };
}

/** Colours every token and the legend. */
export function colourStrip(x) {
  const scale = stripScale(x);
  const last = 256;
  x.spans.forEach((span, t) => {
    const row = scale.row(t);
    span.classList.toggle("unknown", row === last && t >= scale.first);
    span.style.backgroundColor = row === last ? "transparent" : css(scale.lut, row);
    span.style.color = row === last ? "" : ink(scale.lut, row);
  });
  const { ramp: bar, low, high, how, colour } = x.parts.strip;
  bar.style.backgroundImage = ramp(scale.lut);
  low.textContent = scale.low;
  high.textContent = scale.high;
  how.textContent = scale.how;
  fill(colour, stripOptions(x.view), x.state.strip);
}

/** Moves the cursor box and keeps its line in sight. */
export function markStrip(x) {
  veilTokens(x);
  const span = x.spans[x.state.cursor];
  if (x.marked !== span) {
    x.marked?.classList.remove("here");
    span.classList.add("here");
    x.marked = span;
  }
  const box = x.parts.strip.tokens;
  if (!x.lines) {
    x.lines = restingLines(box, x.spans); // once: asking at each frame would lay the page out
    x.markEdges();
  }
  if (x.dragging !== box) showLine(box, x.lines, x.state.cursor);
}
