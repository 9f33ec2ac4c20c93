// The range of ranks: its two handles, moved by pointer and keys, and when Python hears of it.
import { tell } from "../shared/cursor.js";
import { grouped } from "../shared/words.js";
import { fitRange, labelCentres, moveEnd, rangeAfter, reach } from "./scales.js";

const PAUSE = 250; // ms between two tellings while a handle moves

/** A range as one value, "10 1000", so that two can be compared. */
export function rangeKey(range) {
  return range.join(" ");
}

function ranksOf(key) {
  return key.split(" ").map(Number);
}

/** The range on screen: as chosen, inside the ranks there are. */
export function shownRange({ state, view }) {
  return fitRange(ranksOf(state.range), view.most);
}

/**
 * Says things not too often: at once, then at most once per `pause` ms, and always the last one.
 * @param {() => void} say
 * @param {number} pause in ms
 */
export function throttle(say, pause) {
  let timer = null;
  let last = -Infinity;
  const now = () => {
    clearTimeout(timer);
    timer = null;
    last = performance.now();
    say();
  };
  const soon = () => {
    const wait = last + pause - performance.now();
    if (wait <= 0) now();
    else timer ??= setTimeout(now, wait);
  };
  return { now, soon, drop: () => clearTimeout(timer) };
}

function setRange(x, range) {
  if (rangeKey(shownRange(x)) === rangeKey(range)) return;
  x.state.range = rangeKey(range);
  x.ask("range");
}

/** Binds pointer and keys once per mount. */
export function listenRange(x) {
  const { base, handles } = x.parts;
  x.telling = throttle(
    () => tell(x.state, "range", x.state.range, (name, key) => x.setStateValue(name, ranksOf(key))),
    PAUSE,
  );
  handles.forEach(({ node }, end) => {
    let held = null;
    let offset = 0;
    const place = (event) => event.clientX - base.getBoundingClientRect().left;
    node.onpointerdown = (event) => {
      if (event.button !== 0) return;
      held = event.pointerId;
      x.dragging = true;
      offset = place(event) - x.across.at(shownRange(x)[end]);
      node.setPointerCapture(held);
      node.classList.add("held");
      node.focus({ preventScroll: true });
      event.preventDefault();
    };
    node.onpointermove = (event) => {
      if (event.pointerId !== held) return;
      const rank = x.across.rankAt(place(event) - offset);
      setRange(x, moveEnd(shownRange(x), end, rank, x.view.most));
      x.telling.soon();
    };
    node.onpointerup = node.onpointercancel = (event) => {
      if (event.pointerId !== held) return;
      held = null;
      x.dragging = false;
      node.classList.remove("held");
      x.telling.now();
    };
    node.onkeydown = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const after = rangeAfter(event.key, event.shiftKey, shownRange(x), end, x.view.most);
      if (!after) return;
      setRange(x, after);
      x.telling.soon();
      event.preventDefault();
      event.stopPropagation(); // Streamlit has shortcuts of its own
    };
  });
}

/** Puts handles, labels and shade where the range is: the only work of a drag's frame. */
export function placeRange(x) {
  const { box, across, parts } = x;
  const range = shownRange(x);
  const places = range.map(across.at);
  const reached = [range[0] <= 1, range[1] >= x.view.most];
  // At an end of the ranks the shade takes the margin too, so that no point stands half outside.
  const left = reached[0] ? box.left : places[0];
  const right = reached[1] ? box.right : places[1];
  parts.shade.style.transform = `translateX(${left}px) scaleX(${Math.max(right - left, 1)})`;
  parts.handles.forEach(({ node, pill }, end) => {
    const [least, last] = reach(range, end, x.view.most);
    const words = `rank ${grouped(range[end])}`;
    if (pill.textContent !== words) pill.textContent = words;
    node.style.transform = `translateX(${places[end]}px)`;
    const values = { valuemin: least, valuemax: last, valuenow: range[end], valuetext: words };
    for (const [name, value] of Object.entries(values)) node.setAttribute(`aria-${name}`, value);
    node.setAttribute("aria-disabled", String(least === last));
  });
  const wides = parts.handles.map(({ pill }) => pill.offsetWidth);
  labelCentres(places, wides, box.width).forEach((centre, end) => {
    const { pill } = parts.handles[end];
    pill.style.transform = `translateX(calc(-50% + ${centre - places[end]}px))`;
  });
}
