// What is no number, told by pattern and not by colour alone: dots for 0, stripes for underflow,
// a lattice for what is not finite.
import { el } from "../shared/dom.js";

const TILE = 6; // px
const GROUNDS = [null, 0.16, 0.3, 0.9]; // how much of the text's colour lies under each pattern

/** Whether the pattern's lines have the page's ground colour, on a ground nearly as the text. */
function inverted(flag) {
  return flag === 3;
}

/** A tile of the pattern for a flag (1 to 3), in device pixels. */
export function hatchTile(flag, theme, ratio) {
  const tile = el("canvas");
  tile.width = tile.height = Math.round(TILE * ratio);
  const pen = tile.getContext("2d");
  pen.scale(tile.width / TILE, tile.height / TILE);
  pen.fillStyle = theme.text;
  pen.globalAlpha = GROUNDS[flag];
  pen.fillRect(0, 0, TILE, TILE);
  pen.globalAlpha = 1;
  pen.fillStyle = pen.strokeStyle = inverted(flag) ? theme.ground : theme.text;
  pen.lineWidth = 1.1;
  pen.beginPath();
  if (flag === 1) pen.arc(TILE / 2, TILE / 2, 0.9, 0, 7);
  for (const shift of flag === 1 ? [] : [-TILE, 0, TILE]) {
    pen.moveTo(shift - 1, TILE + 1);
    pen.lineTo(shift + TILE + 1, -1);
    if (flag !== 3) continue;
    pen.moveTo(shift - 1, -1);
    pen.lineTo(shift + TILE + 1, TILE + 1);
  }
  if (flag === 1) pen.fill();
  else pen.stroke();
  return tile;
}

/** Fills the opaque pixels of `mask` with the pattern of a flag. */
export function fillMask(mask, flag, theme, ratio) {
  const pen = mask.getContext("2d");
  pen.globalCompositeOperation = "source-in";
  pen.fillStyle = pen.createPattern(hatchTile(flag, theme, ratio), "repeat");
  pen.fillRect(0, 0, mask.width, mask.height);
}
