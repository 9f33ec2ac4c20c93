"""Which encoding bytes are in: chardet's statistics, and what no language writes."""

import codecs
import math
import re

import chardet
import regex

from core.text.alphabets import strangers
from core.text.encodings import RARITY, codec_of

MOST_ALTERNATIVES = 6
_SAMPLE_BYTES = 16_384  # more costs time and tells nothing
_LEAST_CONFIDENCE = 1e-3
_ODD = 5.0
"""nats that a text loses if every letter or sign that is not ASCII is where none is written"""
_WITHOUT_MARK = ("utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be")
_UNICODE = (*_WITHOUT_MARK, "utf_8")
_JAPANESE = ("cp932", "euc_jis_2004")
_USUAL = ("cp1252", "cp1250", "cp1251", *_JAPANESE)
_MOST_SCORED = 24
_SCORED = 4_096
"""characters in which oddities are counted"""
_LEAST_LIKELY = -3.5
"""nats; a text of at least `_MANY` bytes that are not ASCII is far above it in its encoding"""
_MANY = 64
_FAR, _FEW = 3.5, 4
"""nats below the likeliest from which on an encoding is no choice, and how many are kept anyway"""
_FOREIGN = re.compile("[^\x00-\x7f]")
# What no orthography writes; each match counts once. Overlaps matter little.
_ODDITIES = tuple(
    regex.compile(pattern, regex.VERSION1)
    for pattern in (
        # Letters of two alphabets in one word. A Greek mu or omega may be a unit of measurement.
        r"[\p{Latin}&&\p{L}](?=[\p{L}--[\p{Latin}ªºµ]])",
        r"[\p{L}--[\p{Latin}ªºµ]](?=[\p{Latin}&&\p{L}])",
        r"\p{Greek}(?=[\p{L}--\p{Greek}])|\p{Cyrillic}(?=[\p{L}--\p{Cyrillic}])",
        r"\p{Hebrew}(?=[\p{L}--\p{Hebrew}])|\p{Arabic}(?=[\p{L}--\p{Arabic}])",
        r"\p{Thai}(?=[\p{L}--\p{Thai}])",
        # A capital after a small letter, where one of the two is not ASCII.
        r"\p{Ll}(?=[\p{Lu}--[A-Z]])|[\p{Ll}--[a-z]](?=\p{Lu})",
        # A sign of currency, mathematics or drawing, a fraction or a quotation mark inside a word.
        r"(?<=\p{L})[[\p{S}\p{No}\p{Pi}\p{Pf}„‚¡¿¶§†‡…‰ªº]--[\x00-\x7f’]](?=\p{L})",
        r"(?<=\p{L})[\p{Sc}\p{So}\p{No}¡¿„‚\u00ad--[\x00-\x7f]]|[\p{So}¤¶†‡--[\x00-\x7f]](?=\p{L})",
        # A letter hanging on a digit; ordinals and units are other signs.
        r"[\p{L}--[\x00-\x7fªº]](?=\d)",
        r"(?<=\d)[[\p{L}--[\x00-\x7fªºµ]]&&[\p{Latin}\p{Greek}\p{Cyrillic}]]",
        # An opening mark without the closing one.
        r"„(?![^“”\n]{1,300}[“”])",
        r"¡(?![^!\n]{1,200}!)|¿(?![^?\n]{1,200}\?)",
        # What hardly any text holds: C1 controls, private use, presentation forms, boxes.
        r"[\x80-\x9f\p{Co}\p{Cn}\ufb50-\ufdff\ufe70-\ufefe¤\u2500-\u259f]",
    )
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_MOST_CONTROLS = 0.05
_NO_TEXT = regex.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\p{Cn}\p{Co}\p{Cs}]")
_SCRIPTS = tuple(
    regex.compile(pattern)
    for pattern in (
        r"[\p{Latin}]", r"\p{Cyrillic}", r"\p{Greek}", r"\p{Hebrew}", r"\p{Arabic}", r"\p{Thai}",
        r"[\p{Han}\p{Hiragana}\p{Katakana}ー]", r"[\p{Hangul}\p{Han}]", r"\p{Devanagari}",
        r"\p{Bengali}", r"\p{Tamil}", r"\p{Telugu}", r"\p{Armenian}", r"\p{Georgian}",
        r"\p{Ethiopic}", r"\p{Khmer}", r"\p{Lao}", r"\p{Myanmar}", r"\p{Sinhala}",
    )
)  # fmt: skip
_ISO_2022 = re.compile(rb"\x1b(?:\$[@AB]|\$\([A-DO-Q]|\$\)[AC]|\([BIJ]|\.[AF])")
_ISO_2022_CODECS = ("iso2022_jp", "iso2022_jp_2", "iso2022_jp_2004", "iso2022_jp_ext", "iso2022_kr")
# GB 2312's punctuation, kana and more frequent half of its characters, between the marks of HZ.
_HZ = re.compile(rb"~\{((?:[\x21-\x25\x30-\x57][\x21-\x7e])+)~\}")
# One byte, or two from a foreign one on: true of every legacy encoding whose characters can be cut.
_WHOLE_CHARACTERS = re.compile(rb"(?:[\x00-\x7f]|[\x80-\xff].)*+", re.DOTALL)
_HIRAGANA = re.compile("[\u3041-\u3096]")


def seven_bit(data: bytes) -> str | None:
    """The encoding of a text that is written in 7-bit bytes with escape sequences, or None.

    Args:
        data: Bytes that are all ASCII.

    Returns:
        A codec: one of ISO 2022's, "hz", or None for a plain ASCII text.

    Source: RFC 1468, 1554, 1557 (ISO-2022-JP, -JP-2, -KR), RFC 1843 (HZ).
    """
    sample = data[:_SAMPLE_BYTES] if _ISO_2022.search(data, 0, _SAMPLE_BYTES) else data
    if _ISO_2022.search(sample):
        for codec in _ISO_2022_CODECS:
            text = _begun(sample, codec)
            if text is not None and not text.isascii():
                return codec
    if len(data) == len(data.replace(b"~{", b"")) or not _HZ.search(data):
        return None
    text = _begun(data, "hz")
    return "hz" if text is not None and not text.isascii() else None


def without_mark(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark, or None.

    Args:
        data: Any bytes, those of a program or an image too.

    Returns:
        The codec, if the bytes decode in it to what texts are made of.
    """
    sample = data[: _SAMPLE_BYTES // 4 * 4]
    likely = []
    for codec in _WITHOUT_MARK:
        whole = len(data) % (2 if "16" in codec else 4) == 0
        text = _begun(sample, codec) if whole else None
        if text and _is_text(text):
            # The other byte order scatters the characters and has no ASCII space.
            likely.append((len({ord(sign) >> 8 for sign in text}), -text.count(" "), codec))
    return min(likely)[2] if likely else None


def kana_without_mark(data: bytes) -> str | None:
    """UTF-16 of Japanese without a mark, which may hold neither NULs nor control characters."""
    for codec in ("utf_16_le", "utf_16_be"):
        text = _begun(data[:_SAMPLE_BYTES], codec)
        if text is not None and _is_japanese(text) and _is_text(text):
            return codec
    return None


def legacy(data: bytes) -> tuple[str, ...]:
    """The encodings that some bytes may be in, the likeliest first.

    Args:
        data: Bytes that are not UTF-8.

    Returns:
        Codecs, each giving another text; none where nothing fits.

    Source: chardet 7, whose confidence compares pairs of bytes with those of 99 encodings in their
        languages; it is corrected by how much is in a place where no language writes it.
    """
    sample = sample_of(data)
    confidences: dict[str, float] = {}
    for found in chardet.detect_all(sample, ignore_threshold=True, compat_names=False):
        codec = codec_of(found["encoding"] or "")
        if codec is not None and codec not in _UNICODE:
            confidences[codec] = max(confidences.get(codec, 0.0), found["confidence"])
    ranked: dict[str, tuple[float, str]] = {}
    for codec, confidence in _likely(confidences).items():
        text = _begun(sample, codec)
        if text and _CONTROL.subn("", text)[1] <= _MOST_CONTROLS * len(text):
            sure = codec in _JAPANESE and _is_japanese(text)
            score = likelihood(text, 1.0 if sure else confidence) - RARITY[codec]
            # The same text under another name is no choice.
            ranked[text] = max(ranked.get(text, (-math.inf, "")), (score, codec))
    best_first = sorted(ranked.values(), reverse=True)
    if not best_first or (best_first[0][0] < _LEAST_LIKELY and _foreign(sample) >= _MANY):
        return ()
    near = [codec for score, codec in best_first if score > best_first[0][0] - _FAR]
    return tuple(near) if len(near) >= _FEW else tuple(codec for _, codec in best_first[:_FEW])


def likelihood(text: str, confidence: float) -> float:
    """How likely a text is what was written, in nats.

    Args:
        text: The sample in one encoding.
        confidence: What chardet gives that encoding, from 0 to 1.

    Returns:
        The logarithm of the confidence, less what no orthography writes.
    """
    text = text[:_SCORED]
    foreign = len(_FOREIGN.findall(text)) or 1
    odd = strangers(text) + sum(len(pattern.findall(text)) for pattern in _ODDITIES)
    return math.log(max(confidence, _LEAST_CONFIDENCE)) - _ODD * min(odd / foreign, 1.0)


def sample_of(data: bytes) -> bytes:
    """A stretch that holds what is not ASCII, cut where no character is cut."""
    lines = b"\n".join(line for line in data.split(b"\n") if not line.isascii())
    first = re.search(rb"[\x80-\xff]", lines)
    # Everything before the first foreign byte is ASCII, so any place there is a boundary.
    start = max(0, first.start() - 64) if first else 0
    if len(lines) - start <= _SAMPLE_BYTES:
        return lines[start:]
    whole = _WHOLE_CHARACTERS.match(lines, start, start + _SAMPLE_BYTES)
    assert whole
    return whole[0]


def _likely(confidences: dict[str, float]) -> dict[str, float]:
    """The most confident ones, and the usual ones, which chardet may leave out of short texts."""
    most = sorted(confidences.items(), key=lambda each: -each[1])[:_MOST_SCORED]
    return dict.fromkeys(_USUAL, _LEAST_CONFIDENCE) | dict(most)


def _foreign(sample: bytes) -> int:
    """How many bytes are not ASCII."""
    return sum(byte > 0x7F for byte in sample)


def _is_text(text: str) -> bool:
    """Whether UTF-16 or UTF-32 was read right: letters of one script, and nothing unassigned."""
    if len(set(text)) < 3 or _NO_TEXT.search(text):
        return False
    letters = regex.findall(r"\p{L}", text)
    most = max(len(pattern.findall(text)) for pattern in _SCRIPTS)
    return 2 * len(letters) > len(text) - text.count(" ") and most >= 0.8 * len(letters)


def _is_japanese(text: str) -> bool:
    """Whether a text is rich in hiragana, as nothing but Japanese is when read as Japanese."""
    return len(_HIRAGANA.findall(text)) > 0.1 * len(text)


def _begun(data: bytes, codec: str) -> str | None:
    """The text, which may end inside a character, or None where the bytes are not valid."""
    try:
        return codecs.getincrementaldecoder(codec)().decode(data)
    except (UnicodeDecodeError, ValueError):
        return None
