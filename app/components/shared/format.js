// Numbers as they stand on screen.

/** The value kept inside [low, high]. */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** 10 ** log10 as 6.77e-05, also far below the smallest float64. */
export function power(log10) {
  let exponent = Math.floor(log10);
  let mantissa = (10 ** (log10 - exponent)).toFixed(2);
  if (mantissa === "10.00") {
    mantissa = "1.00";
    exponent += 1;
  }
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** A float as a short exact-enough number: 4 decimals, or 3 digits and an exponent. */
export function number(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+∞" : "−∞";
  const size = Math.abs(value);
  const text =
    size === 0 ? "0" : size < 1e-3 || size >= 1e4 ? power(Math.log10(size)) : size.toFixed(4);
  return (value < 0 ? "−" : "") + text;
}

/** Three digits, as a headline needs them. */
export function threeDigits(value) {
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e4 ? value.toPrecision(3) : number(value);
}

/** The same without zeros at the end. */
export function brief(value) {
  const text = number(value);
  return /^−?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text;
}

/** A probability with four digits, never rounded to a false 0 or 1. */
export function probability(p) {
  if (!Number.isFinite(p)) return "NaN";
  if (p > 0 && p < 0.00005) return "<0.0001";
  if (p < 1 && p > 0.99995) return ">0.9999";
  return p.toFixed(4);
}

/** A probability with two digits for the diagram, never rounded to a false 0 or 1. */
export function chance(p) {
  if (!Number.isFinite(p)) return "NaN";
  if (p > 0 && p < 0.005) return "<.01";
  if (p < 1 && p > 0.995) return ">.99";
  return p.toFixed(2);
}

/** A share as a whole per cent. */
export function percent(share) {
  return `${Math.round(100 * share)} %`;
}

/** The words for a gradient norm's flag. */
export const FLAG_WORDS = ["", "exact zero", "underflow", "non-finite"];

/** A gradient norm given as log10 and flag. */
export function gradientNorm(log10, flag) {
  if (flag === 1) return "0 (exactly)";
  if (flag === 2) return "underflow: not 0, but below what a float64 can hold";
  if (flag === 3 || Number.isNaN(log10)) return "not finite";
  return log10 >= -3 && log10 < 4 ? (10 ** log10).toPrecision(3) : power(log10);
}

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴" };
Object.assign(SUPERSCRIPT, { 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" });

/** An axis label 10⁻⁵. */
export function tenTo(exponent) {
  return "10" + Array.from(String(exponent), (sign) => SUPERSCRIPT[sign]).join("");
}
