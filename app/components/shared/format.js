// Numbers as they stand on screen, as app/digits.py writes them: no exponent from .001 to 9,999.

const PLAIN_FROM = 1e-3; // below it, and from PLAIN_TO on, a number is written with an exponent
const PLAIN_TO = 1e4;
const PLACES_TO = 1e9; // from here on nobody counts decimals

/** The value kept inside [low, high]. */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The digits before the point in threes: 12,345.67. */
export function separated(text) {
  return text.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");
}

/* What is no plain number, in words; null for every other. */
function special(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+∞" : "−∞";
  return value === 0 ? "0" : null;
}

/* 1.5e-7 as 1.5e-07 */
function padded(text) {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

/*
 * A size as `text`, or with an exponent where that is clearer: below .001, and from `most` on. What
 * is rounded up to .001 is .001.
 */
function plainOr(text, size, digits, most) {
  const plain = Number(size.toPrecision(digits)) >= PLAIN_FROM && size < most;
  return plain ? separated(text) : padded(size.toExponential(digits - 1));
}

/** 10 ** log10 as 6.77e-05, also far outside what a float64 can hold. */
export function power(log10, digits = 3) {
  let exponent = Math.floor(log10);
  let mantissa = (10 ** (log10 - exponent)).toFixed(digits - 1);
  if (Number(mantissa) === 10) {
    mantissa = (1).toFixed(digits - 1);
    exponent += 1;
  }
  return padded(`${mantissa}e${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`);
}

/** Four decimals, or three digits and an exponent. */
export function number(value) {
  const size = Math.abs(value);
  return special(value) ?? (value < 0 ? "−" : "") + plainOr(size.toFixed(4), size, 3, PLAIN_TO);
}

/** So many decimals up to a billion; never −0. */
export function fixed(value, decimals) {
  if (!(Math.abs(value) < PLACES_TO)) return significant(value);
  const text = Math.abs(value).toFixed(decimals);
  return (value < 0 && Number(text) > 0 ? "−" : "") + separated(text);
}

/** So many significant digits, and every digit before the point: 0.500, 1,234. */
export function significant(value, digits = 3, most = PLAIN_TO) {
  const size = Math.abs(value);
  const words = special(value);
  if (words !== null) return words;
  const exponent = Number(size.toExponential(digits - 1).split("e")[1]);
  const text = size.toFixed(Math.min(Math.max(0, digits - 1 - exponent), 100));
  return (value < 0 ? "−" : "") + plainOr(text, size, digits, most);
}

/** A number without zeros at its end. */
export function trimmed(text) {
  return text.replace(/\.(\d*?)0+(?=e|$)/, (_, kept) => (kept ? `.${kept}` : ""));
}

/** Four decimals at most. */
export function brief(value) {
  return trimmed(number(value));
}

/** So many significant digits at most: 0.5, 1,234. */
export function rounded(value, digits = 3) {
  return trimmed(significant(value, digits));
}

/** 10 ** log10 with so many digits, of which all are certain: 0.00123, 1,200, 1.2e-13. */
export function magnitude(log10, digits = 3) {
  if (log10 < -4 || log10 > 5) return power(log10, digits);
  const size = 10 ** log10; // 9,999 with one digit is 10,000
  const most = size < PLAIN_TO ? Infinity : PLAIN_TO;
  return significant(Number(size.toPrecision(digits)), digits, most);
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
  return magnitude(log10);
}

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴" };
Object.assign(SUPERSCRIPT, { 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" });

/** An axis label 10⁻⁵. */
export function tenTo(exponent) {
  return "10" + Array.from(String(exponent), (sign) => SUPERSCRIPT[sign]).join("");
}
