"""From bytes, or a pasted string, to a text that can be tokenised, with what was done to it."""

import codecs
import hashlib
import re
from dataclasses import dataclass, replace

from core.errors import CoreError, TextError
from core.text.detection import (
    MOST_ALTERNATIVES,
    kana_without_mark,
    legacy,
    seven_bit,
    without_mark,
)
from core.text.encodings import NAMES, codec_of
from core.text.kinds import known_kind, markup_note

MAX_BYTES = 2_000_000

# Longer marks first: UTF-32's little-endian mark begins with UTF-16's.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf_8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf_32_le", "UTF-32 (little endian)"),
    (codecs.BOM_UTF32_BE, "utf_32_be", "UTF-32 (big endian)"),
    (codecs.BOM_UTF16_LE, "utf_16_le", "UTF-16 (little endian)"),
    (codecs.BOM_UTF16_BE, "utf_16_be", "UTF-16 (big endian)"),
)

_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# Tab, line ends and escape (coloured logs) are left out: texts do hold those.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_CONTROL_BYTES = bytes(b for b in (*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F))
_MAX_CONTROL_SHARE = 0.05  # random bytes hold a tenth, texts next to none
_MAX_REPLACED_SHARE = 0.05
_LINE_SEARCHED = 20_000
"""characters at the end of a cut text in which a line end is looked for"""


@dataclass(frozen=True, slots=True)
class DecodedText:
    r"""A text, ready to be tokenised.

    Attributes:
        text: With "\n" for every line end: "\r\n", "\r", U+0085, U+2028 and U+2029 become it
            (form feeds and vertical tabs stay); not empty, not white space only.
        encoding: What the bytes were, for people: "UTF-8", "Windows-1251 (Cyrillic)".
        note: One sentence to tell the user when the encoding was not plain UTF-8 or something was
            replaced; else "".
        findings: The part of the note that holds whatever the encoding is called: what was
            replaced, what the text looks like, how much of it was read.
        digest: SHA-256 of the text in UTF-8, in hexadecimal: a cache key.
        codec: The encoding as Python names it: "utf_8", "cp1251".
        guessed: Whether the encoding is a guess, so that the text may be another.
        alternatives: The codecs of the other likely encodings, the likeliest first; each gives
            another text, with `decode_text(data, encoding=...)`. Empty unless guessed.
    """

    text: str
    encoding: str
    note: str
    digest: str
    codec: str = "utf_8"
    guessed: bool = False
    alternatives: tuple[str, ...] = ()
    findings: str = ""


def decode_text(
    data: bytes, encoding: str | None = None, *, limit: int = MAX_BYTES, cut: bool = False
) -> DecodedText:
    """Reads the bytes of a file as a text.

    UTF-8 with or without a byte order mark, UTF-16 and UTF-32 with or without one, ISO 2022 and
    HZ; otherwise a legacy encoding, detected on a sample and named in `note`. A few broken
    characters are shown as U+FFFD and counted in `note`.

    Args:
        data: The file, whole.
        encoding: What the bytes are in, as Python or `DecodedText` names it; None detects it.
        limit: Largest number of bytes.
        cut: Whether only the first part of a larger file is read, to the end of a line if one is
            near; otherwise it is refused.

    Returns:
        The text, its encoding, what to tell the user, and its digest.

    Raises:
        TextError: Over the limit, empty, binary, or in no encoding that can be recognised.
        CoreError: `encoding` is none of those listed.

    Source: chardet, for the statistics of legacy encodings; Unicode 17, section 5.8, for line ends.
    """
    codec = _required_codec(encoding)
    if not cut:
        _require_size("data", len(data), limit)
    if kind := known_kind(data):
        raise _binary("data", f"is {kind[0]}", kind[1])
    read = _Bytes(data[:limit], len(data))
    if codec is not None:
        return _decode_chosen(read, codec)
    for mark, marked, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            rest = _Bytes(read.data[len(mark) :], len(data) - len(mark))
            return _decode_marked(rest, marked, name)
    return _decode_unmarked(read)


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


def with_newlines(text: str) -> str:
    r"""The text with "\n" for every line end, as every text is read.

    Args:
        text: Any text.
    """
    return _LINE_ENDS.sub("\n", text)


@dataclass(frozen=True, slots=True)
class _Bytes:
    """What is read of a file.

    Attributes:
        data: Its first part, or all of it.
        size: How many bytes the whole file has.
    """

    data: bytes
    size: int

    def text(self, codec: str) -> tuple[str, int]:
        """The text in one encoding, and in how many places it was not valid."""
        whole = len(self.data) == self.size
        try:
            return codecs.getincrementaldecoder(codec)().decode(self.data, whole), 0
        except ValueError:
            text = codecs.getincrementaldecoder(codec)("replace").decode(self.data, whole)
            return text, text.count("\ufffd")


def _decode_marked(read: _Bytes, codec: str, name: str) -> DecodedText:
    text, replaced = read.text(codec)
    if replaced > max(1, _MAX_REPLACED_SHARE * len(text)):
        raise TextError(
            f"`data` (of {read.size:,} bytes) begins with the byte order mark of {name} and does "
            f"not hold valid {name}: save it again as UTF-8."
        )
    if codec == "utf_8":
        note = "The byte order mark at the start of the file was left out."
    else:
        note = f"The file was read as {name}, as its byte order mark says."
    named = "" if replaced else note
    return _read(read, text.lstrip("\ufeff"), codec, named, _replaced_note(replaced, name))


def _decode_unmarked(read: _Bytes) -> DecodedText:
    """Detects the encoding of a file that does not begin with a mark."""
    if read.data.isascii() and (codec := seven_bit(read.data)):
        return _decode_guess(read, codec, ("utf_8",) if codec == "hz" else ())
    if _looks_binary(read.data) and (codec := without_mark(read.data)):
        return _decode_guess(read, codec, ())
    _refuse_control_bytes(read.data)
    text, replaced = read.text("utf_8")
    if replaced == 0:
        return _read(read, text, "utf_8", "", "")
    intact = len(text) - len(text.encode("ascii", "ignore")) - replaced
    # Bytes of another encoding hardly ever form valid UTF-8 sequences by chance.
    if intact >= 4 * replaced:
        note, others = _replaced_note(replaced, "UTF-8"), legacy(read.data)[:MOST_ALTERNATIVES]
        return _read(read, text, "utf_8", "", note, guessed=True, alternatives=others)
    if (codec := kana_without_mark(read.data)) is not None:
        return _decode_guess(read, codec, ())
    likely = legacy(read.data)
    if not likely:
        raise TextError(
            f"`data` (of {read.size:,} bytes) is neither UTF-8 nor in an encoding that could be "
            "recognised: save it as UTF-8 and try again."
        )
    return _decode_guess(read, likely[0], likely[1 : MOST_ALTERNATIVES + 1])


def _decode_guess(read: _Bytes, codec: str, others: tuple[str, ...]) -> DecodedText:
    text, replaced = read.text(codec)
    name = NAMES[codec]
    if replaced > max(2, _MAX_REPLACED_SHARE * len(text)):
        raise TextError(
            f"`data` (of {read.size:,} bytes) is neither UTF-8 nor in an encoding that could be "
            "recognised: save it as UTF-8 and try again."
        )
    note = f"The file was read as {name}, a guess: if letters look wrong, save it as UTF-8."
    found = _replaced_note(replaced, name)
    return _read(read, text, codec, note, found, guessed=True, alternatives=others)


def _decode_chosen(read: _Bytes, codec: str) -> DecodedText:
    """Reads a file in the encoding asked for; a byte order mark of it is left out."""
    text, replaced = read.text(codec)
    if replaced > max(1, _MAX_REPLACED_SHARE * len(text)):
        raise TextError(
            f"`data` (of {read.size:,} bytes) is not in {NAMES[codec]}: {replaced:,} places are "
            "not valid in it: choose another encoding."
        )
    note = f"The file was read as {NAMES[codec]}, as chosen."
    named, found = "" if replaced else note, _replaced_note(replaced, NAMES[codec])
    return _read(read, text.lstrip("\ufeff"), codec, named, found)


def _required_codec(encoding: str | None) -> str | None:
    """The codec that is asked for.

    Raises:
        CoreError: It is no encoding of texts that is known here.
    """
    if encoding is None:
        return None
    codec = codec_of(encoding) if isinstance(encoding, str) else None
    if codec is None:
        raise CoreError(
            f"`encoding` (={str(encoding)[:40]!r}) must name an encoding of texts such as 'utf-8' "
            "or 'cp1252': leave it out to have it detected."
        )
    return codec


def _read(
    read: _Bytes,
    text: str,
    codec: str,
    named: str,
    found: str,
    *,
    guessed: bool = False,
    alternatives: tuple[str, ...] = (),
) -> DecodedText:
    """The text of a file; where only its first part was read, to the end of a line or a word.

    `named` is a sentence on its encoding, `found` one on what was not valid in it.
    """
    notes = [found, markup_note(text)]
    if len(read.data) < read.size:
        text = _to_line_end(text)
        notes.append(
            f"Only the first part of the file is read: some {len(read.data):,} of its "
            f"{read.size:,} bytes."
        )
    findings = " ".join(filter(None, notes))
    decoded = _decoded("data", text, NAMES[codec], " ".join(filter(None, (named, findings))))
    return replace(
        decoded, codec=codec, guessed=guessed, alternatives=alternatives, findings=findings
    )


def _to_line_end(text: str) -> str:
    """A text that was cut somewhere, cut where a line or at least a word ends, if one is near."""
    start = max(0, len(text) - _LINE_SEARCHED)
    line = max(text.rfind(end, start) for end in "\n\r\x85\u2028\u2029")
    if line >= 0:
        return text[: line + 1]
    word = max(text.rfind(blank, start) for blank in " \t\u3000")
    return text[: word + 1] if word >= 0 else text


def _decoded(argument: str, text: str, encoding: str, note: str) -> DecodedText:
    text = with_newlines(text)
    if "\0" in text or len(_CONTROLS.findall(text)) > _MAX_CONTROL_SHARE * len(text):
        raise _binary(argument, "is full of control characters")
    if not text.strip():
        raise TextError(
            f"`{argument}` is empty or holds only white space: give a text of at least two tokens."
        )
    return DecodedText(text, encoding, note, hashlib.sha256(text.encode()).hexdigest())


def _looks_binary(data: bytes) -> bool:
    """Whether bytes hold what no text in an encoding of bytes holds."""
    controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
    return b"\0" in data or controls > _MAX_CONTROL_SHARE * len(data)


def _refuse_control_bytes(data: bytes) -> None:
    if b"\0" in data:
        raise _binary(
            "data", "holds NUL bytes, as a program, an image or UTF-16 without its mark does,"
        )
    if _looks_binary(data):
        raise _binary("data", "is full of control characters")


def _require_size(argument: str, size: int, limit: int) -> None:
    if size > limit:
        raise TextError(
            f"`{argument}` (of {size:,} bytes) must hold at most {limit:,} bytes: "
            "give a part of the text."
        )


def _binary(
    argument: str, found: str, way: str = "save it as a text file (.txt) in UTF-8"
) -> TextError:
    return TextError(f"`{argument}` {found} and is not plain text: {way}.")


def _replaced_note(replaced: int, name: str) -> str:
    if replaced == 0:
        return ""
    places = "1 place was" if replaced == 1 else f"{replaced:,} places were"
    return f"{places} not valid {name} and shown as \ufffd."
