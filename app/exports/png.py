"""PNG images, one pixel a value."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from app.exports.colours import painted
from app.exports.screen import Contents

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EIGHT_BITS, _RGB = 8, 2


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Write an image.

    Args:
        pixels: (height, width, 3), red, green and blue.

    Returns:
        The file; the same bytes for the same pixels.

    Source: W3C, Portable Network Graphics (third edition).
    """
    height, width, _ = pixels.shape
    lines = np.zeros((height, 1 + 3 * width), np.uint8)  # each begins with its filter: 0, none
    lines[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, _EIGHT_BITS, _RGB, 0, 0, 0)
    data = zlib.compress(lines.tobytes(), 6)
    return _SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    checked = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checked)


def lane_scale(of: Contents, lane: str) -> tuple[str, float, float]:
    """The colours of a lane: the table's name, the values at its two ends.

    As in the explorer: gates from 0 to 1, bounded states from -1 to 1, all else up to its own
    largest finite size.
    """
    chosen = next(each for each in of.view.lanes if each.key == lane)
    if chosen.scale == "unit":
        return "gates", 0.0, 1.0
    if chosen.scale == "signed_unit":
        return "states", -1.0, 1.0
    finite = np.abs(chosen.values[np.isfinite(chosen.values)])
    most = float(finite.max()) if finite.size else 0.0
    return "states", -(most or 1.0), most or 1.0


def lane_png(of: Contents, lane: str) -> bytes:
    """A lane as an image: a column a step, a row a unit in the order on screen.

    Args:
        of: the screen.
        lane: key of one of its lanes.
    """
    values = next(each.values for each in of.view.lanes if each.key == lane)
    table, low, high = lane_scale(of, lane)
    return png(painted(values.T[of.rows], low, high, table))
