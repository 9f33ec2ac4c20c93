"""From bytes, or a pasted string, to a text that can be tokenised, with what was done to it."""

import codecs
import hashlib
import re
from dataclasses import dataclass

import charset_normalizer

from core.errors import TextError

MAX_BYTES = 2_000_000

# Longer marks first: UTF-32's little-endian mark begins with UTF-16's.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf_8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf_32_le", "UTF-32 (little endian)"),
    (codecs.BOM_UTF32_BE, "utf_32_be", "UTF-32 (big endian)"),
    (codecs.BOM_UTF16_LE, "utf_16_le", "UTF-16 (little endian)"),
    (codecs.BOM_UTF16_BE, "utf_16_be", "UTF-16 (big endian)"),
)

# The legacy encodings considered, the likelier first: the order decides between equals.
_LEGACY_ENCODINGS = {
    "cp1252": "Windows-1252 (Western European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1250": "Windows-1250 (Central European)",
    "cp932": "Shift JIS (Japanese)",
    "gb18030": "GB 18030 (Simplified Chinese)",
    "big5": "Big5 (Traditional Chinese)",
    "cp949": "EUC-KR (Korean)",
    "euc_jp": "EUC-JP (Japanese)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp874": "Windows-874 (Thai)",
    "iso8859_2": "ISO 8859-2 (Central European)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "cp866": "DOS 866 (Cyrillic)",
    "mac_roman": "Mac Roman (Western European)",
}
# Windows-1252 and -1250 often score the same; the language recognised then tells them apart.
_CENTRAL_EUROPEAN = frozenset(("Czech", "Slovak", "Polish", "Hungarian", "Croatian", "Slovene"))
_HIRAGANA = re.compile("[\u3041-\u3096]")

_SIGNATURES = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive, perhaps a Word, OpenDocument or EPUB file"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"MZ\x90\x00", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
)

_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# Tab, line ends and escape (coloured logs) are left out: texts do hold those.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_CONTROL_BYTES = bytes(b for b in (*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F))
_MAX_CONTROL_SHARE = 0.05  # random bytes hold a tenth, texts next to none
_MAX_REPLACED_SHARE = 0.05
_SAMPLE_BYTES = 16_384  # detection looks at chunks only: more costs time and tells nothing
# One byte, or two from a foreign one on: true of every legacy encoding whose characters can be cut.
_WHOLE_CHARACTERS = re.compile(rb"(?:[\x00-\x7f]|[\x80-\xff].)*+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class DecodedText:
    r"""A text, ready to be tokenised.

    Attributes:
        text: With "\n" for every line end: "\r\n", "\r", U+0085, U+2028 and U+2029 become it
            (form feeds and vertical tabs stay); not empty, not white space only.
        encoding: What the bytes were, for people: "UTF-8", "Windows-1251 (Cyrillic)".
        note: One sentence to tell the user when the encoding was not plain UTF-8 or something was
            replaced; else "".
        digest: SHA-256 of the text in UTF-8, in hexadecimal: a cache key.
    """

    text: str
    encoding: str
    note: str
    digest: str


def decode_text(data: bytes, *, limit: int = MAX_BYTES) -> DecodedText:
    """Reads the bytes of a file as a text.

    UTF-8 with or without a byte order mark, UTF-16 and UTF-32 with one; otherwise a legacy
    encoding, detected on a sample by charset-normalizer and named in `note`. A few broken
    characters are shown as U+FFFD and counted in `note`.

    Args:
        data: The file, whole.
        limit: Largest number of bytes.

    Returns:
        The text, its encoding, what to tell the user, and its digest.

    Raises:
        TextError: Over the limit, empty, binary, or in no encoding that can be recognised.

    Source: charset-normalizer, for the detection; Unicode 17, section 5.8, for line ends.
    """
    _require_size("data", len(data), limit)
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            raise _binary("data", f"is {kind}")
    for mark, codec, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode_marked(data[len(mark) :], codec, name)
    _refuse_control_bytes(data)
    try:
        return _decoded("data", data.decode("utf_8"), "UTF-8", "")
    except UnicodeDecodeError:
        pass
    return _decode_damaged_utf_8(data) or _decode_legacy(data)


def check_text(text: str, *, limit: int = MAX_BYTES) -> DecodedText:
    """Reads a pasted text by the same rules as a file.

    Args:
        text: What was pasted. Surrogate pairs are joined, half ones shown as U+FFFD.
        limit: Largest number of bytes it may take in UTF-8.

    Returns:
        The text with its line ends normalised, what to tell the user, and its digest.

    Raises:
        TextError: Over the limit, empty, or holding what no text holds.
    """
    _require_size("text", len(text.encode("utf_8", "surrogatepass")), limit)
    joined = text.encode("utf_16_le", "surrogatepass").decode("utf_16_le", "replace")
    replaced = joined.count("\ufffd") - text.count("\ufffd")
    return _decoded("text", joined.lstrip("\ufeff"), "UTF-8", _replaced_note(replaced, "Unicode"))


def _decode_marked(data: bytes, codec: str, name: str) -> DecodedText:
    text = data.decode(codec, "replace")
    replaced = 0
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        replaced = text.count("\ufffd")
    if replaced > max(1, _MAX_REPLACED_SHARE * len(text)):
        raise TextError(
            f"`data` (of {len(data):,} bytes) begins with the byte order mark of {name} and does "
            f"not hold valid {name}: save it again as UTF-8."
        )
    if codec == "utf_8":
        note = "The byte order mark at the start of the file was left out."
    else:
        note = f"The file was read as {name}, as its byte order mark says."
    return _decoded("data", text.lstrip("\ufeff"), name, _replaced_note(replaced, name) or note)


def _decode_damaged_utf_8(data: bytes) -> DecodedText | None:
    text = data.decode("utf_8", "replace")
    replaced = text.count("\ufffd")
    intact = len(text) - len(text.encode("ascii", "ignore")) - replaced
    # Bytes of another encoding hardly ever form valid UTF-8 sequences by chance.
    if intact < 4 * replaced:
        return None
    return _decoded("data", text, "UTF-8", _replaced_note(replaced, "UTF-8"))


def _decode_legacy(data: bytes) -> DecodedText:
    codec = _detect(_sample(data))
    text = data.decode(codec, "replace") if codec else ""
    if codec is None or text.count("\ufffd") > _MAX_REPLACED_SHARE * len(text):
        raise TextError(
            f"`data` (of {len(data):,} bytes) is neither UTF-8 nor in an encoding that could be "
            "recognised: save it as UTF-8 and try again."
        )
    name = _LEGACY_ENCODINGS[codec]
    note = f"The file was read as {name}, a guess: if letters look wrong, save it as UTF-8."
    return _decoded("data", text, name, note)


def _detect(sample: bytes) -> str | None:
    for codec in ("cp932", "euc_jp"):
        if _is_japanese(sample, codec):
            return codec
    matches = charset_normalizer.from_bytes(
        sample,
        steps=8,
        chunk_size=1024,
        cp_isolation=list(_LEGACY_ENCODINGS),
        preemptive_behaviour=False,  # a text may well speak of an encoding it is not in
    )
    best = min(matches, key=_unlikeliness, default=None)
    return None if best is None else _name_of(best)


def _is_japanese(sample: bytes, codec: str) -> bool:
    """Whether the sample makes Japanese: charset-normalizer takes some of it for Korean or Thai.

    Nothing but Japanese becomes full of hiragana when read as Japanese.
    """
    try:
        text = codecs.getincrementaldecoder(codec)().decode(sample)
    except UnicodeDecodeError:
        return False
    return len(_HIRAGANA.findall(text)) > 0.1 * len(text)


def _unlikeliness(match: charset_normalizer.CharsetMatch) -> tuple[float, float, int]:
    rank = list(_LEGACY_ENCODINGS).index(_name_of(match))
    if match.language in _CENTRAL_EUROPEAN and "cp1250" in match.could_be_from_charset:
        rank = -1
    # A difference in the third digit says nothing.
    return round(match.chaos, 2), -round(match.coherence, 2), rank


def _name_of(match: charset_normalizer.CharsetMatch) -> str:
    """The likeliest of the encodings that all give this text."""
    return next(name for name in _LEGACY_ENCODINGS if name in match.could_be_from_charset)


def _sample(data: bytes) -> bytes:
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


def _decoded(argument: str, text: str, encoding: str, note: str) -> DecodedText:
    text = _LINE_ENDS.sub("\n", text)
    if "\0" in text or len(_CONTROLS.findall(text)) > _MAX_CONTROL_SHARE * len(text):
        raise _binary(argument, "is full of control characters")
    if not text.strip():
        raise TextError(
            f"`{argument}` is empty or holds only white space: give a text of at least two tokens."
        )
    return DecodedText(text, encoding, note, hashlib.sha256(text.encode()).hexdigest())


def _refuse_control_bytes(data: bytes) -> None:
    if b"\0" in data:
        raise _binary(
            "data", "holds NUL bytes, as a program, an image or UTF-16 without its mark does,"
        )
    controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
    if controls > _MAX_CONTROL_SHARE * len(data):
        raise _binary("data", "is full of control characters")


def _require_size(argument: str, size: int, limit: int) -> None:
    if size > limit:
        raise TextError(
            f"`{argument}` (of {size:,} bytes) must hold at most {limit:,} bytes: "
            "give a part of the text."
        )


def _binary(argument: str, found: str) -> TextError:
    return TextError(
        f"`{argument}` {found} and is not plain text: save it as a text file (.txt) in UTF-8."
    )


def _replaced_note(replaced: int, name: str) -> str:
    if replaced == 0:
        return ""
    places = "1 place was" if replaced == 1 else f"{replaced:,} places were"
    return f"{places} not valid {name} and shown as \ufffd."
