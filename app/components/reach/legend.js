// What the colours and patterns mean.
import { ramp } from "../shared/colours.js";
import { el } from "../shared/dom.js";
import { FLAG_WORDS, tenTo } from "../shared/format.js";
import { grouped } from "../shared/words.js";
import { decadesOf } from "./scale.js";

/** Powers of ten on the scale that get a name: both ends, and between them as many as fit. */
export function namedDecades([low, high], most) {
  const jump = [1, 2, 3, 4, 5, 10, 20, 50, 100].find((each) => (high - low) / each <= most) ?? 200;
  const ticks = [low];
  for (let power = Math.ceil(low / jump) * jump; power < high; power += jump) {
    if (Math.min(power - low, high - power) >= 0.6 * jump) ticks.push(power);
  }
  return [...ticks, high];
}

/** Writes the legend; when data, scale or theme changed. */
export function writeLegend({ parts, view, state, theme, sizes, width }) {
  const range = decadesOf(view, state.scale);
  const [low, high] = range;
  const { bar, ticks, meaning, marks } = parts.legend;
  bar.style.backgroundImage = ramp(theme.magnitude);
  const room = Math.min(width, 20 * sizes.small) / (3.4 * sizes.small);
  const named = namedDecades(range, Math.max(1, room));
  ticks.replaceChildren(...named.map((power) => {
    const end = power === low ? "≤ " : power === high ? "≥ " : "";
    const node = el("span", { text: state.scale === "relative" && power === 0 ? "1" : end + tenTo(power) });
    node.style.left = `${(100 * (power - low)) / (high - low)}%`;
    return node;
  }));
  const unit = view.unit && `, ${view.unit}`;
  meaning.textContent = state.scale === "absolute"
    ? `${view.what}${unit}; the same colours in every row`
    : `${view.what}, each row relative to its own largest number`;
  marks.replaceChildren(...[1, 2, 3].filter((flag) => view.counts[flag]).map((flag) => {
    return el("span", { class: "mark", "data-flag": String(flag) }, [
      el("span", { class: `swatch flag${flag}` }), `${FLAG_WORDS[flag]}: ${grouped(view.counts[flag])}`,
    ]);
  }));
}
