// The life of a component: mounted once, handed data often, drawn at most once a frame.
import { dress, readTheme, themeKey } from "./colours.js";
import { presentation } from "./dom.js";
import { clamp } from "./format.js";

const PATIENCE = 500; // ms that a patient component waits at most for its first drawing
const PADDING = 10; // left and right of the root together, as in shared.css

/**
 * Font sizes for a component so many px wide: to be read from the back of a room.
 * @param {number} type how many times larger than usual the page's type is
 */
export function typeSizes(width, type = 1) {
  const scale = clamp(width / 960, 0.95, 1.5);
  return { scale, base: type * 15 * scale, small: type * 13.2 * scale };
}

/** The object that a component sent as bytes of JSON. */
export function readJson(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/**
 * What Streamlit calls, from four functions of the component.
 * @param {object} of
 * @param {() => object} of.mount makes x with its `root`; listeners may use x.ask and x.view. With
 *   `patient` in it, the first drawing waits until the browser has nothing else to do
 * @param {(x: object, view: object) => boolean} of.receive whether the view has other content;
 *   it stands in x.view afterwards
 * @param {(x: object, wanted: Set<string>) => void} of.draw one frame; "all" after new content,
 *   size or theme, which stand in x.width, x.sizes and x.theme
 * @param {(x: object) => void} of.leave stops what still runs
 */
export function lifecycle({ mount, receive, draw, leave }) {
  const instances = new WeakMap();
  return ({ data, parentElement, setStateValue }) => {
    let x = instances.get(parentElement);
    if (!x) {
      x = begin(mount(), parentElement, draw);
      instances.set(parentElement, x);
    }
    x.setStateValue = setStateValue;
    const fresh = receive(x, readJson(data));
    x.root.dataset.identity = x.view.identity;
    if (fresh || themeKey(readTheme(x.root)) !== x.themeKey) x.ask("all");
    return () => {
      leave(x);
      cancelAnimationFrame(x.frame);
      x.resizer.disconnect();
      window.removeEventListener("resize", x.onWindow);
      x.root.remove();
      instances.delete(parentElement);
    };
  };
}

function begin(x, parentElement, draw) {
  x.wanted = new Set();
  x.frame = null;
  x.ask = (what) => {
    x.wanted.add(what);
    x.frame ??= requestAnimationFrame(() => inTurn(x, () => frame(x, draw)));
  };
  parentElement.append(x.root);
  x.resizer = new ResizeObserver(() => x.ask("size"));
  x.resizer.observe(x.root);
  x.onWindow = () => x.ask("size"); // presenting makes the type larger, not always the width
  window.addEventListener("resize", x.onWindow);
  document.fonts?.ready.then(() => x.ask("all"));
  return x;
}

/* The first drawing of what stands below others waits for theirs. */
function inTurn(x, run) {
  if (x.patient && window.requestIdleCallback) {
    x.patient = false;
    window.requestIdleCallback(run, { timeout: PATIENCE });
  } else {
    run();
  }
}

function frame(x, draw) {
  const wanted = x.wanted;
  x.wanted = new Set();
  x.frame = null;
  const width = x.root.clientWidth - PADDING;
  if (!x.root.isConnected || width <= 0) {
    x.sizeKey = null; // hidden: all is drawn when it gets a width again
    return;
  }
  const key = `${width} ${window.devicePixelRatio} ${presentation().type}`;
  if (wanted.delete("size") && key !== x.sizeKey) wanted.add("all");
  if (wanted.has("all")) measure(x, width, key);
  draw(x, wanted);
  markPainted(x);
}

function measure(x, width, key) {
  x.sizeKey = key;
  x.width = width;
  x.sizes = typeSizes(width, presentation().type);
  x.theme = readTheme(x.root);
  x.themeKey = themeKey(x.theme);
  dress(x.root, x.theme);
  x.root.style.setProperty("--base", `${x.sizes.base}px`);
  x.root.style.setProperty("--small", `${x.sizes.small}px`);
  x.root.classList.toggle("narrow", width < 720);
}

/* For measurements and tests: set once the first frame with new data is on screen. */
function markPainted(x) {
  const { identity } = x.view;
  if (x.root.dataset.painted === identity || x.painting === identity) return;
  x.painting = identity;
  setTimeout(() => {
    x.root.dataset.painted = identity;
  }, 0);
}
