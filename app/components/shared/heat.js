// Units x time: pixels become a picture with a frame, hatched where there is no number.
import { el } from "./dom.js";

const STRIPE = 6; // px between two stripes

/**
 * Draws one image of `units` rows and `steps` columns into its place.
 * @param {CanvasRenderingContext2D} context
 * @param {{axis: object, heat: {top: number, tall: number}, theme: object}} x where, and colours
 * @param {{pixels: Uint8ClampedArray, mask: Uint8ClampedArray}} image RGBA, a row of units below
 *   the other; the mask is opaque on what is not a number
 * @param {boolean} odd whether the mask is opaque anywhere
 * @returns {boolean} whether units share a pixel: then neighbours are averaged, and none is dropped
 */
export function drawUnits(context, { axis, heat, theme }, { pixels, mask }, steps, units, odd) {
  const source = asImage(pixels, steps, units);
  const lines = Math.max(1, Math.round(heat.tall * (window.devicePixelRatio || 1)));
  const crowded = units > lines;
  const wide = axis.right - axis.left;
  context.imageSmoothingEnabled = false;
  context.drawImage(crowded ? averaged(source, lines) : source, axis.left, heat.top, wide, heat.tall);
  if (odd) stripe(context, { axis, heat, theme }, asImage(mask, steps, units));
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.strokeRect(axis.left - 0.5, heat.top - 0.5, wide + 1, heat.tall + 1);
  return crowded;
}

function blank(width, height) {
  const canvas = el("canvas");
  canvas.width = width;
  canvas.height = height;
  return [canvas, canvas.getContext("2d")];
}

function asImage(pixels, steps, units) {
  const [canvas, context] = blank(steps, units);
  context.putImageData(new ImageData(pixels, steps, units), 0, 0);
  return canvas;
}

/* Averaged in height only: the steps stay apart. */
function averaged(source, lines) {
  const [canvas, context] = blank(source.width, lines);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/* Stripes over the mask's opaque pixels. */
function stripe(context, { axis, heat, theme }, mask) {
  const wide = axis.right - axis.left;
  const [stripes, pen] = blank(Math.ceil(wide), Math.ceil(heat.tall));
  pen.imageSmoothingEnabled = false;
  pen.drawImage(mask, 0, 0, wide, heat.tall);
  pen.globalCompositeOperation = "source-in";
  pen.strokeStyle = theme.ground;
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (let shift = -heat.tall; shift < wide; shift += STRIPE) {
    pen.moveTo(shift, heat.tall);
    pen.lineTo(shift + heat.tall, 0);
  }
  pen.stroke();
  context.drawImage(stripes, axis.left, heat.top);
}
