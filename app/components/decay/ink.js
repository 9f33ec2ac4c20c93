// Colours, dashes and signs: a network is told by its hue, lightness and sign, a theory by its dash.
import { rgb } from "../shared/colours.js";

const ENOUGH = 3; // contrast with the ground that a line needs (WCAG 1.4.11)
const DASHES = [[9, 5], [2.5, 4], [13, 4, 2.5, 4], [5, 3], [16, 4, 3, 4, 3, 4]];
const NETWORK_SIGNS = ["●", "■", "▲"];

function luminance(parts) {
  const [red, green, blue] = parts.map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of two colours, each [red, green, blue]: 1 to 21 (WCAG 2). */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** The colour `share` of the way from one to the other, both [red, green, blue]. */
export function between(one, other, share) {
  return one.map((part, at) => Math.round(part + share * (other[at] - part)));
}

function cssOf(parts) {
  return `rgb(${parts.join(", ")})`;
}

/**
 * Each network's line colour and the one of its predictions, as CSS. A hue that the ground would
 * swallow is taken nearer to the text's colour until it shows, and so is one used before.
 */
export function inksOf(networks, { ground, text }) {
  const [paper, ink] = [rgb(ground), rgb(text)];
  const used = {};
  return networks.map(({ colour }) => {
    const before = used[colour] ?? 0;
    used[colour] = before + 1;
    const hue = rgb(colour);
    let share = 0.38 * before;
    while (share < 1 && contrast(between(hue, ink, share), paper) < ENOUGH) share += 0.04;
    const line = between(hue, ink, Math.min(share, 1));
    return { line: cssOf(line), theory: cssOf(between(line, ink, 0.42)) };
  });
}

/** The dash pattern of the n-th theory, in px. */
export function dashOf(at, scale = 1) {
  return DASHES[at % DASHES.length].map((each) => each * scale);
}

/** The sign of the n-th network as a letter. */
export function signOf(at) {
  return NETWORK_SIGNS[at];
}

/** Draws the sign of the n-th network, haloed by the ground. */
export function drawSign(context, at, x, y, size, colour, ground) {
  context.beginPath();
  if (at === 0) {
    context.arc(x, y, size, 0, 2 * Math.PI);
  } else if (at === 1) {
    context.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
  } else {
    context.moveTo(x, y - 1.25 * size);
    context.lineTo(x + 1.15 * size, y + 0.85 * size);
    context.lineTo(x - 1.15 * size, y + 0.85 * size);
    context.closePath();
  }
  context.lineJoin = "round";
  context.strokeStyle = ground;
  context.lineWidth = 2.4;
  context.stroke();
  context.fillStyle = colour;
  context.fill();
}

/** One straight line. */
export function segment(context, x0, y0, x1, y1, colour) {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}
