"""What is not plain text: known by its first bytes, with the way to get the text out."""

import re

_COPY = "open it, select all, copy, and paste the text, or save it as plain text (.txt) in UTF-8"
_SAVE = "open it and save it as plain text (.txt) in UTF-8"
_UNPACK = "unpack it and give a text file (.txt) that is in it"
_TYPE = "copy its words out with a program for text recognition and save them as .txt in UTF-8"
_SPEECH = "save a transcript of it as plain text (.txt) in UTF-8"
_CHECKPOINT = "open it as a network, under Weights, or give a plain text (.txt) in UTF-8"
_PLAIN = "save it as a text file (.txt) in UTF-8"

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF document", _COPY),
    (b"%!PS", "a PostScript document", _COPY),
    (b"AT&TFORM", "a DjVu document", _COPY),
    (b"ITSF", "a compiled help file", _COPY),
    (b"{\\rtf", "an RTF document", _SAVE),
    (b"\xd0\xcf\x11\xe0", "an old Office document", _SAVE),
    (b"\x89PNG", "a PNG image", _TYPE),
    (b"\xff\xd8\xff", "a JPEG image", _TYPE),
    (b"GIF87a", "a GIF image", _TYPE),
    (b"GIF89a", "a GIF image", _TYPE),
    (b"II*\x00", "a TIFF image", _TYPE),
    (b"MM\x00*", "a TIFF image", _TYPE),
    (b"8BPS", "a Photoshop image", _TYPE),
    (b"\x00\x00\x01\x00", "an icon", _TYPE),
    (b"ID3", "an MP3 recording", _SPEECH),
    (b"\xff\xfb", "an MP3 recording", _SPEECH),
    (b"OggS", "an Ogg recording", _SPEECH),
    (b"fLaC", "a FLAC recording", _SPEECH),
    (b"\x1aE\xdf\xa3", "a video", _SPEECH),
    (b"PK\x05\x06", "an empty ZIP archive", _UNPACK),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"SQLite format 3\x00", "a database", _PLAIN),
    (b"PAR1", "a Parquet table", _PLAIN),
    (b"\x93NUMPY", "a NumPy array", _PLAIN),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _PLAIN),
    (b"\x80\x02}", "a pickled object", _CHECKPOINT),
    (b"\x80\x02\x8a\x0a", "a PyTorch file", _CHECKPOINT),
    (b"MZ\x90\x00", "a Windows program", _PLAIN),
    (b"\x7fELF", "a Linux program", _PLAIN),
    (b"\xcf\xfa\xed\xfe", "a macOS program", _PLAIN),
    (b"\xca\xfe\xba\xbe", "a program", _PLAIN),
    (b"\x00asm", "a WebAssembly program", _PLAIN),
    (b"wOF2", "a font", _PLAIN),
    (b"\x00\x01\x00\x00\x00", "a font", _PLAIN),
)
# Where the name of the kind is, if not at the start.
_INSIDE: tuple[tuple[int, bytes, str, str], ...] = (
    (4, b"ftypheic", "a HEIC image", _TYPE),
    (4, b"ftypavif", "an AVIF image", _TYPE),
    (4, b"ftypM4A", "an M4A recording", _SPEECH),
    (4, b"ftyp", "a video", _SPEECH),
    (8, b"WAVE", "a WAV recording", _SPEECH),
    (8, b"WEBP", "a WebP image", _TYPE),
    (8, b"AVI ", "a video", _SPEECH),
    (60, b"BOOKMOBI", "a Kindle book", _COPY),
    (257, b"ustar", "a tar archive", _UNPACK),
)
# A document that is a ZIP archive: by the names of the files in it.
_ZIPPED: tuple[tuple[bytes, str, str], ...] = (
    (b"word/", "a Word document (DOCX)", _SAVE),
    (b"vnd.oasis.opendocument.text", "an OpenDocument text (ODT)", _SAVE),
    (b"vnd.oasis.opendocument", "an OpenDocument file", _SAVE),
    (b"application/epub+zip", "an EPUB book", _COPY),
    (b"xl/", "an Excel table (XLSX)", "save the table as CSV in UTF-8"),
    (b"ppt/", "a PowerPoint presentation (PPTX)", _COPY),
    (b"/data.pkl", "a PyTorch file", _CHECKPOINT),
    (b".npy", "a NumPy archive", _PLAIN),
)
_ZIP_OTHER = "a ZIP archive, perhaps a Word, OpenDocument or EPUB file"
_ZIP_WAY = "unpack it, or open it and save it as plain text (.txt) in UTF-8"
_LOOK = 65_536
_HTML = re.compile(r"\s{0,99}(?:<\?xml[^>]{0,200}>\s{0,99})?(?:<!doctype html|<html[\s>])", re.I)


def known_kind(data: bytes) -> tuple[str, str] | None:
    """What a file is, if it is certainly no plain text.

    Args:
        data: The file.

    Returns:
        Its kind ("a PDF document") and how to get the text out, as an imperative; or None.
    """
    for signature, kind, way in _SIGNATURES:
        if data.startswith(signature):
            return kind, way
    for place, signature, kind, way in _INSIDE:
        # Riddled with NULs or not, a text may hold these letters: the frame around decides.
        if data[place : place + len(signature)] == signature and b"\0" in data[:_LOOK]:
            return kind, way
    if data.startswith(b"PK\x03\x04"):
        names = data[:_LOOK] + data[-_LOOK:]
        for mark, kind, way in _ZIPPED:
            if mark in names:
                return kind, way
        return _ZIP_OTHER, _ZIP_WAY
    return None


def markup_note(text: str) -> str:
    """What to say of a text that is a web page; "" for any other.

    Args:
        text: The file as text.
    """
    if not _HTML.match(text[:1_000]):
        return ""
    return (
        "The file is a web page and is read with its tags: for its words alone open it in a "
        "browser, select all, copy, and paste them."
    )
