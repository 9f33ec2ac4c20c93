"""The explorer's content as one picture."""

from app.exports.axis import Piece
from app.exports.colours import GROUND, MUTED, TEXT
from app.exports.gradient_line import gradient_line
from app.exports.heat_map import heat_map
from app.exports.screen import Contents
from app.exports.svg import WIDTH, box, drawing, lines_of, safe, tag, text
from app.exports.token_strip import token_strip
from app.exports.unrolled import unrolled

_MARGIN = 8


def pieces(of: Contents) -> tuple[Piece, ...]:
    """The pictures of the screen, from the top."""
    return token_strip(of), unrolled(of), heat_map(of), gradient_line(of)


def picture_svg(of: Contents) -> str:
    """One SVG document: headline, verdict, and every picture with how to read it.

    It stands alone: images are inside, nothing is loaded, user text is escaped.

    Args:
        of: the screen.
    """
    y, parts = 30.0, []
    for each in lines_of(of.sentence, 19, WIDTH - 2 * _MARGIN):
        parts.append(text(safe(each), _MARGIN, y, 19, font_weight=600, fill=TEXT))
        y += 26
    for each in lines_of(of.layer.verdict.reason, 13, WIDTH - 2 * _MARGIN):
        parts.append(text(safe(each), _MARGIN, y, 13, fill=MUTED))
        y += 19
    for piece in pieces(of):
        y += 22
        parts.append(text(piece.title, _MARGIN, y, 15, font_weight=600, fill=TEXT))
        y += 4
        parts.append(tag("g", piece.markup, transform=f"translate(0 {y:g})"))
        y += piece.height + 12
        for each in lines_of(piece.how, 12, WIDTH - 2 * _MARGIN):
            parts.append(text(safe(each), _MARGIN, y, 12, fill=MUTED))
            y += 16
    ground = box(0, 0, WIDTH, y + 4, GROUND)
    return drawing(ground + "".join(parts), y + 4, of.sentence)
