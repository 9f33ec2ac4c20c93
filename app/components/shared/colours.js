// Every colour of the pictures, once. A lookup table holds 256 RGB colours and one for NaN.
//
// - weights, gradient, surprise: Okabe & Ito, "Color Universal Design" (2008): blue #0072B2,
//   vermillion #D55E00, bluish green #009E73, reddish purple #CC79A7, yellow #F0E442; lightened on
//   a dark ground (sky blue #56B4E9 is theirs too).
// - states: blue - ground - orange, made from the same blue and vermillion: safe for red-green and
//   for blue-yellow blindness, its middle is the page's own ground, so that 0 is no colour.
// - the cursor: a violet that no weight, state or gate has, always with a halo of the ground.
// - gates: viridis (Smith & van der Walt, matplotlib, CC0), eleven of its colours interpolated.

const VIRIDIS =
  "#440154 #482475 #414487 #355f8d #2a788e #21918c #22a884 #44bf70 #7ad151 #bddf26 #fde725";
const LIGHT = {
  weights: { xh: "#0072b2", hh: "#bd5300", hq: "#007f5c" }, // darkened to 4.7 : 1 on white
  gradient: "#b0528a",
  cursor: "#6a35d4",
  negative: ["#084a82", "#2f86c6", "#a9cfec"],
  positive: ["#fbcb9d", "#ec7f24", "#a84300"],
  surprise: ["#fffdf2", "#f6eba6", "#dba800"],
  magnitude: ["#ecc9dd", "#cc79a7", "#8a3668"],
  nan: "#8d8d8d",
};
const DARK = {
  weights: { xh: "#56b4e9", hh: "#ff8a3d", hq: "#2fc99a" },
  gradient: "#e69ac6",
  cursor: "#c9a8ff",
  negative: ["#a5dcff", "#3f9fe0", "#1b5482"],
  positive: ["#84450f", "#e9842c", "#ffd0a0"],
  surprise: ["#1c1b14", "#5a5420", "#d8c840"],
  magnitude: ["#4d2b40", "#a95c88", "#f3b4d8"],
  nan: "#8d8d8d",
};
const LEVELS = 256;

/** [red, green, blue] of a CSS colour such as #08f, #0088ff or rgb(0, 136, 255). */
export function rgb(colour) {
  const text = colour.trim();
  if (text.startsWith("#")) {
    const wide = text.length < 7 ? Array.from(text.slice(1), (c) => c + c).join("") : text.slice(1);
    return [0, 2, 4].map((at) => parseInt(wide.slice(at, at + 2), 16));
  }
  const parts = text.match(/[\d.]+/g);
  return parts ? parts.slice(0, 3).map(Number) : [255, 255, 255];
}

/** The perceived lightness of [red, green, blue], 0 to 1. */
export function lightness([red, green, blue]) {
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}

/** A lookup table through the given colours, evenly spaced. */
export function table(colours, nan) {
  const stops = colours.map(rgb);
  const lut = new Uint8ClampedArray(3 * (LEVELS + 1));
  for (let level = 0; level < LEVELS; level++) {
    const place = (level / (LEVELS - 1)) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    for (let part = 0; part < 3; part++) {
      const low = stops[below][part];
      lut[3 * level + part] = low + (place - below) * (stops[below + 1][part] - low);
    }
  }
  lut.set(rgb(nan), 3 * LEVELS);
  return lut;
}

/** The row of a lookup table for a value on [low, high]; NaN has its own. */
export function level(value, low, high) {
  if (Number.isNaN(value)) return LEVELS;
  const place = ((value - low) / (high - low)) * (LEVELS - 1);
  return place <= 0 ? 0 : place >= LEVELS - 1 ? LEVELS - 1 : Math.round(place);
}

/** The CSS colour in one row of a lookup table. */
export function css(lut, row) {
  return `rgb(${lut[3 * row]}, ${lut[3 * row + 1]}, ${lut[3 * row + 2]})`;
}

/** Black or white, whichever reads better on that row's colour. */
export function ink(lut, row) {
  return lightness(lut.subarray(3 * row, 3 * row + 3)) > 0.52 ? "#111" : "#fff";
}

/** A CSS gradient showing a whole table. */
export function ramp(lut) {
  const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map((row) => css(lut, row));
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

/** All colours and fonts for the theme that the element stands in. */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const read = (name, otherwise) => {
    const value = style.getPropertyValue(name).trim();
    return value && value !== "unset" ? value : otherwise;
  };
  const ground = read("--st-background-color", "#ffffff");
  const dark = lightness(rgb(ground)) < 0.5;
  const own = dark ? DARK : LIGHT;
  const [red, green, blue] = rgb(read("--st-text-color", dark ? "#fafafa" : "#1f2430"));
  return {
    dark,
    ground,
    text: `rgb(${red}, ${green}, ${blue})`,
    muted: `rgba(${red}, ${green}, ${blue}, 0.72)`,
    faint: `rgba(${red}, ${green}, ${blue}, 0.28)`,
    hair: `rgba(${red}, ${green}, ${blue}, 0.12)`,
    cursor: own.cursor,
    accent: read("--st-primary-color", own.cursor),
    font: read("--st-font", "sans-serif"),
    mono: read("--st-code-font", "monospace"),
    weights: own.weights,
    gradient: own.gradient,
    nan: own.nan,
    states: table([...own.negative, ground, ...own.positive], own.nan),
    gates: table(VIRIDIS.split(" "), own.nan),
    surprise: table([ground, ...own.surprise], own.nan),
    magnitude: table([ground, ...own.magnitude], own.nan),
  };
}

/** A string that changes when the theme does. */
export function themeKey(theme) {
  return [theme.ground, theme.text, theme.accent, theme.font, theme.mono].join();
}

/** Hands the theme to shared.css: the class `dark` and the colours as --xh, --muted and so on. */
export function dress(root, theme) {
  root.classList.toggle("dark", theme.dark);
  for (const [name, colour] of Object.entries(theme.weights)) {
    root.style.setProperty(`--${name}`, colour);
  }
  for (const name of ["cursor", "accent", "muted", "faint", "hair", "gradient"]) {
    root.style.setProperty(`--${name}`, theme[name]);
  }
}
