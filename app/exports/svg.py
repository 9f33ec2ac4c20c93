"""SVG as text: elements with everything escaped, and words of unknown width made to fit."""

import base64
import unicodedata
from html import escape

from app.components.shared.signs import is_blank, isolated, visible

WIDTH = 960
"""of every picture, in px"""
SMALL = 13.5
"""px of labels: 7 points on A4"""
LEFT, RIGHT = 66, 952
"""where the time axis of a picture begins and ends"""
FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
_WIDE = {"W", "F"}


def tag(name: str, *inside: str, **attributes: object) -> str:
    """An element.

    Args:
        name: of the element.
        inside: markup, already escaped.
        attributes: `text_anchor` is written text-anchor; numbers with two decimals at most.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_plain(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return escape(str(value))


def safe(text: str) -> str:
    """Escaped text on one line; what XML forbids or would reorder the text around is named."""
    return escape(safe_label(text))


def shown(token: str) -> str:
    """A token on its own, of its own direction; ready to stand in markup."""
    return escape(isolated(visible(token)))


def text(content: str, x: float, y: float, size: float = 13, **more: object) -> str:
    """Words at a place; `content` is markup."""
    return tag("text", content, x=float(x), y=float(y), font_size=float(size), **more)


def width_of(words: str, size: float) -> float:
    """About how wide words are: a guess, as the reader's font is not known here."""
    signs = [sign for sign in words if not unicodedata.combining(sign)]
    wide = sum(
        unicodedata.east_asian_width(sign) in _WIDE or unicodedata.category(sign) == "So"
        for sign in signs
    )
    return size * (0.58 * (len(signs) - wide) + 1.1 * wide)


def fitted(words: str, x: float, y: float, size: float, room: float, **more: object) -> str:
    """One token, visible and centred on x, squeezed where it would not fit."""
    if width_of(visible(words), size) > room:
        more |= {"textLength": float(room), "lengthAdjust": "spacingAndGlyphs"}
    return text(shown(words), x, y, size, text_anchor="middle", **more)


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, **more: object) -> str:
    """A straight line."""
    return tag(
        "line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), stroke=stroke, **more
    )


def box(x: float, y: float, width: float, height: float, fill: str, **more: object) -> str:
    """A rectangle."""
    return tag("rect", x=float(x), y=float(y), width=float(width), height=float(height),
               fill=fill, **more)  # fmt: skip


def image(png: bytes, x: float, y: float, width: float, height: float) -> str:
    """A PNG stretched to a place, its pixels left sharp."""
    data = base64.b64encode(png).decode()
    return tag("image", x=float(x), y=float(y), width=float(width), height=float(height),
               preserveAspectRatio="none", style="image-rendering: pixelated",
               href=f"data:image/png;base64,{data}")  # fmt: skip


def lines_of(sentence: str, size: float, room: float) -> list[str]:
    """A sentence broken into lines that should fit."""
    lines = [""]
    for word in sentence.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def drawing(inside: str, height: float, label: str) -> str:
    """A whole SVG document.

    Args:
        inside: markup.
        height: in px.
        label: what is read out for it.
    """
    return tag(
        "svg", inside, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height:g}",
        width=WIDTH, height=float(height), role="img", aria_label=safe_label(label),
        font_family=FONT,
    )  # fmt: skip


def safe_label(label: str) -> str:
    """Words for an attribute, which is escaped when it is written."""
    return visible(label) if label and not is_blank(label) else label
